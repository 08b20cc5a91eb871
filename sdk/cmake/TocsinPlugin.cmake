# SPDX-License-Identifier: Apache-2.0
# tocsin_add_plugin(NAME source...): a plugin of tocsin as a module NAME.so, built as the daemon's
# loading gate wants it. The target is called NAME; link more libraries to it as to any other.
# Its own sources see the public header only. It is installed into TOCSIN_PLUGIN_DIR.
set(TOCSIN_PLUGIN_DIR lib/tocsin/plugins CACHE STRING "Where plugins are installed")

function(tocsin_add_plugin name)
    add_library(${name} MODULE ${ARGN})
    target_link_libraries(${name} PRIVATE Tocsin::plugin)
    target_compile_features(${name} PRIVATE c_std_11)
    # Unique symbols would be shared by two versions of a plugin; clang makes none in C.
    target_compile_options(${name} PRIVATE
        $<$<OR:$<C_COMPILER_ID:GNU>,$<CXX_COMPILER_ID:GNU>>:-fno-gnu-unique>
        $<$<COMPILE_LANGUAGE:C>:-Werror=incompatible-pointer-types>)
    set(map ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
    target_link_options(${name} PRIVATE
        -Wl,--no-undefined,-z,now,-z,relro,-z,noexecstack,--build-id,--version-script=${map})
    set_target_properties(${name} PROPERTIES
        LINK_DEPENDS ${map}
        PREFIX ""
        C_VISIBILITY_PRESET hidden
        CXX_VISIBILITY_PRESET hidden
        VISIBILITY_INLINES_HIDDEN ON
        POSITION_INDEPENDENT_CODE ON)
    install(TARGETS ${name} LIBRARY DESTINATION ${TOCSIN_PLUGIN_DIR})
endfunction()
