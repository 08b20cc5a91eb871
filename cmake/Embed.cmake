# SPDX-License-Identifier: Apache-2.0
# tcn_embed(TARGET HEADER SYMBOL NAME=FILE...): files as a table of texts in the program.
# HEADER declares the type tcn_embedded and "extern const tcn_embedded SYMBOL[]", which ends with a
# NULL name.
function(tcn_embed target header symbol)
    set(rows "")
    set(arrays "")
    set(number 0)
    foreach(pair IN LISTS ARGN)
        string(REGEX MATCH "^([^=]+)=(.+)$" found "${pair}")
        set(name "${CMAKE_MATCH_1}")
        set(file "${CMAKE_MATCH_2}")
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
        file(READ "${file}" bytes HEX)
        string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
        string(APPEND arrays "static const char text_${number}[] = {${bytes}0};\n")
        string(APPEND rows "    {\"${name}\", text_${number}},\n")
        math(EXPR number "${number} + 1")
    endforeach()
    set(output "${CMAKE_CURRENT_BINARY_DIR}/${symbol}.c")
    file(CONFIGURE OUTPUT "${output}" @ONLY CONTENT
        "#include \"@header@\"\n@arrays@const tcn_embedded @symbol@[] = {\n@rows@    {0},\n};\n")
    target_sources(${target} PRIVATE "${output}")
endfunction()
