# SPDX-License-Identifier: Apache-2.0
# tcn_room(NAME SOURCES a.c b.c [PUBLIC ...] [PRIVATE ...]): the static library of core/NAME.
# PUBLIC names what its headers need, PRIVATE what only its sources need.
function(tcn_room name)
    cmake_parse_arguments(ROOM "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
    foreach(source IN LISTS ROOM_SOURCES)
        if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${source})
            message(STATUS "core/${name}: ${source} is not there yet")
            list(REMOVE_ITEM ROOM_SOURCES ${source})
        endif()
    endforeach()
    if(NOT ROOM_SOURCES)
        return()
    endif()
    add_library(tcn_${name} STATIC ${ROOM_SOURCES})
    target_include_directories(tcn_${name} PUBLIC ${CMAKE_SOURCE_DIR})
    target_link_libraries(tcn_${name} PUBLIC ${ROOM_PUBLIC} PRIVATE tcn_warnings ${ROOM_PRIVATE})
endfunction()

# tcn_unit_test(NAME ROOM...): tests/unit/<room>/NAME.c as one cmocka program and one ctest case.
function(tcn_unit_test name)
    if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${name}.c)
        message(STATUS "tests: ${name}.c is not there yet")
        return()
    endif()
    add_executable(${name} ${name}.c)
    target_link_libraries(${name} PRIVATE tcn_warnings ${ARGN} PkgConfig::cmocka)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT 120 LABELS unit
        WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
endfunction()
