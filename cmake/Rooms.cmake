# SPDX-License-Identifier: Apache-2.0
# The kinds of targets that this project has besides plugins.

# tcn_room(NAME SOURCES a.c b.c [PUBLIC ...] [PRIVATE ...]): the static library of core/NAME.
# PUBLIC names what its headers need, PRIVATE what only its sources need.
function(tcn_room name)
    cmake_parse_arguments(ROOM "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
    add_library(tcn_${name} STATIC ${ROOM_SOURCES})
    target_include_directories(tcn_${name} PUBLIC ${CMAKE_SOURCE_DIR})
    target_link_libraries(tcn_${name} PUBLIC ${ROOM_PUBLIC} PRIVATE tcn_warnings ${ROOM_PRIVATE})
endfunction()

# tcn_unit_test(NAME TARGET...): NAME.c of this folder as one cmocka program and one ctest case.
function(tcn_unit_test name)
    add_executable(${name} ${name}.c)
    target_link_libraries(${name} PRIVATE tcn_warnings ${ARGN} PkgConfig::cmocka)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT 120 LABELS unit
        WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
endfunction()

# tcn_bench(NAME TARGET...): NAME.c of this folder as build/<preset>/bench/NAME, which prints one
# JSON object a row. Built by the target "benches" only.
add_custom_target(benches)
function(tcn_bench name)
    add_executable(${name} EXCLUDE_FROM_ALL ${name}.c)
    target_link_libraries(${name} PRIVATE tcn_warnings ${ARGN})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
    add_dependencies(benches ${name})
endfunction()

# tcn_bench_tool(NAME TARGET...): as tcn_bench, but a helper that benches start: it goes to
# build/<preset>/bench/tools and is not run by itself.
function(tcn_bench_tool name)
    tcn_bench(${name} ${ARGN})
    set_target_properties(${name} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench/tools)
endfunction()

# tcn_fuzz(NAME TARGET...): NAME.c of this folder, which defines LLVMFuzzerTestOneInput. With
# TOCSIN_FUZZ it is build/fuzz/fuzz/NAME, else a test that feeds it the files of corpus/NAME.
function(tcn_fuzz name)
    if(TOCSIN_FUZZ)
        add_executable(${name} ${name}.c)
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
        set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
        target_link_libraries(${name} PRIVATE tcn_warnings ${ARGN})
    elseif(TOCSIN_TESTS)
        set(test test_fuzz_${name})
        add_executable(${test} ${name}.c feed.c)
        target_link_libraries(${test} PRIVATE tcn_warnings ${ARGN})
        set_target_properties(${test} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
        add_test(NAME ${test} COMMAND ${test} ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name})
        set_tests_properties(${test} PROPERTIES TIMEOUT 120 LABELS unit)
    endif()
endfunction()
