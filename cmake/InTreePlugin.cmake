# SPDX-License-Identifier: Apache-2.0
# tcn_plugin(NAME source...): a plugin of this tree, with our warnings, as
# lib/tocsin/plugins/NAME.so below the build folder. The rest is what third parties get.
function(tcn_plugin name)
    tocsin_add_plugin(${name} ${ARGN})
    target_link_libraries(${name} PRIVATE tcn_warnings)
    set_target_properties(${name} PROPERTIES
        LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib/tocsin/plugins)
endfunction()
