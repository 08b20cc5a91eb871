/* SPDX-License-Identifier: Apache-2.0 */
/* test_directory.c - which files the plugin directories hold. */
#include "core/gate/directory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/folder.h"

static void the_first_of_two_with_one_name_stays(void **state)
{
    folder first, second;
    tcn_plugin_paths paths = {0};
    tcn_problems problems;
    (void)state;
    tcn_problems_init(&problems);
    folder_make(&first);
    folder_make(&second);
    folder_write(&first, "b.so", "", 0, 0644);
    folder_write(&first, "a.so", "", 0, 0644);
    folder_write(&first, "README", "", 0, 0644);
    folder_write(&second, "a.so", "", 0, 0644);
    folder_write(&second, "c.so", "", 0, 0644);
    assert_true(tcn_plugin_paths_read(first.path, &paths, &problems));
    assert_true(tcn_plugin_paths_read(second.path, &paths, &problems));
    assert_int_equal(problems.count, 0);
    assert_int_equal(paths.count, 3);
    assert_string_equal(paths.items[0], folder_path(&first, "a.so"));
    assert_string_equal(paths.items[1], folder_path(&first, "b.so"));
    assert_string_equal(paths.items[2], folder_path(&second, "c.so"));
    tcn_plugin_paths_deinit(&paths);
    folder_remove(&first);
    folder_remove(&second);
    tcn_problems_deinit(&problems);
}

static void one_that_is_not_there_is_no_problem(void **state)
{
    tcn_plugin_paths paths = {0};
    tcn_problems problems;
    (void)state;
    tcn_problems_init(&problems);
    assert_false(tcn_plugin_paths_read("/no/where", &paths, &problems));
    assert_int_equal(problems.count, 0);
    assert_false(tcn_plugin_paths_read("/dev/null", &paths, &problems));
    assert_int_equal(problems.errors, 1);
    assert_string_equal(problems.items[0].err.text,
                        "plugin directory /dev/null cannot be read: Not a directory");
    tcn_problems_deinit(&problems);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(the_first_of_two_with_one_name_stays),
    cmocka_unit_test(one_that_is_not_there_is_no_problem),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
