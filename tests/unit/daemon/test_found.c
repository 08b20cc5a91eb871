/* SPDX-License-Identifier: Apache-2.0 */
/* test_found.c - objects of a file of definitions: as many as the limit, and one word
 * about the rest, or about a file that holds none. */
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

#include "core/base/compiler.h"

typedef struct reading {
    tcn_found found;
    tcn_problems problems;
} reading;

/* With at most 3 objects. */
static void read_text(reading *r, const char *name, const char *text)
{
    const tcn_found_options options = {.list_key = "automations", .limit = 3};
    char path[64];
    int fd = memfd_create(name, 0);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    *r = (reading){0};
    tcn_problems_init(&r->problems);
    tcn_found_read_file(&r->found, path, &options, &r->problems);
    (void)close(fd);
}

static void drop(reading *r)
{
    tcn_found_deinit(&r->found);
    tcn_problems_deinit(&r->problems);
}

static void what_is_beyond_the_limit_is_told_once(void **state)
{
    reading r;
    (void)state;
    read_text(&r, "automations.json",
              "[{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"c\"},\n"
              " {\"name\":\"d\"},{\"name\":\"e\"}]");
    assert_int_equal(r.found.count, 3);
    assert_int_equal(r.problems.count, 1);
    const tcn_err *err = &r.problems.items[0].err;
    assert_string_equal(
        err->text, "more than 3 automations: this one and those behind it are not read");
    assert_int_equal(err->line, 2);
    assert_int_equal(err->column, 2);
    drop(&r);
}

static void a_list_that_is_none_is_told_in_one_line(void **state)
{
    static const struct {
        const char *text, *field, *problem;
    } rows[] = {
        {"\nautomations: {a: b}", "automations", "must be a list"},
        {"\nautomations: x", "automations", "must be a list"},
        {"\nautomation: [{name: a}]", "automation",
         "is not known; the list stands below \"automations\""},
    };
    (void)state;
    for (size_t i = 0; i < TCN_COUNT(rows); i++) {
        reading r;
        read_text(&r, "automations.yaml", rows[i].text);
        assert_int_equal(r.found.count, 0);
        assert_int_equal(r.problems.count, 1);
        const tcn_err *err = &r.problems.items[0].err;
        assert_string_equal(err->field, rows[i].field);
        assert_string_equal(err->text, rows[i].problem);
        assert_int_equal(err->line, 2);
        drop(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_beyond_the_limit_is_told_once),
        cmocka_unit_test(a_list_that_is_none_is_told_in_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
