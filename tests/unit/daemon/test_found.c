/* SPDX-License-Identifier: Apache-2.0 */
/* test_found.c - objects of a file of definitions: as many as the limit, and one word
 * about the rest. */
#include "core/daemon/found.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void what_is_beyond_the_limit_is_told_once(void **state)
{
    static const char text[] = "[{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"c\"},\n"
                               " {\"name\":\"d\"},{\"name\":\"e\"}]";
    const tcn_found_options options = {.list_key = "automations", .limit = 3};
    tcn_found found = {0};
    tcn_problems problems;
    char path[64];
    (void)state;
    int fd = memfd_create("automations.json", 0);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    tcn_problems_init(&problems);
    tcn_found_read_file(&found, path, &options, &problems);
    assert_int_equal(found.count, 3);
    assert_int_equal(problems.count, 1);
    const tcn_err *err = &problems.items[0].err;
    assert_string_equal(
        err->text, "more than 3 automations: this one and those behind it are not read");
    assert_int_equal(err->line, 2);
    assert_int_equal(err->column, 2);
    tcn_found_deinit(&found);
    tcn_problems_deinit(&problems);
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_beyond_the_limit_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
