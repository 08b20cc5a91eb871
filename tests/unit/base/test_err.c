/* SPDX-License-Identifier: Apache-2.0 */
/* test_err.c - codes, errors for people, and lists of problems. */
#include "core/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void every_code_has_a_name_and_a_text(void **state)
{
    (void)state;
    assert_string_equal(tcn_err_name(TCN_E_NOMEM), "TCN_E_NOMEM");
    assert_string_equal(tcn_err_text(TCN_E_LIMIT), "over a limit");
    assert_string_equal(tcn_err_name(-2), "ENOENT");
    assert_string_equal(tcn_err_text(-2), "no such file or directory");
    assert_string_equal(tcn_err_text(-19000), "unknown error");
    assert_string_equal(tcn_err_text(0), "success");
    assert_true(TCN_E_NOMEM < -19000 && TCN_E_INTERNAL < -19000);
}

static void the_first_error_stays(void **state)
{
    (void)state;
    tcn_err err = {0};
    assert_int_equal(tcn_err_set(&err, TCN_E_IO, "first"), TCN_E_IO);
    assert_int_equal(tcn_err_at(&err, TCN_E_LIMIT, 1, 2, "second"), TCN_E_LIMIT);
    assert_string_equal(err.text, "first");
    assert_int_equal(err.code, TCN_E_IO);
    assert_int_equal(tcn_err_set(NULL, TCN_E_IO, "nobody listens"), TCN_E_IO);
}

static void formats_what_is_known(void **state)
{
    (void)state;
    char out[300];
    tcn_err err = {0};
    (void)tcn_err_at(&err, TCN_E_SYNTAX, 7, 3, "unknown key \"%s\"", "listn");
    assert_string_equal(tcn_err_format(&err, out, sizeof out),
                        "7:3: unknown key \"listn\"");
    tcn_err_source(&err, "tocsin.yaml");
    tcn_err_source(&err, "other.yaml");
    assert_string_equal(tcn_err_format(&err, out, sizeof out),
                        "tocsin.yaml:7:3: unknown key \"listn\"");
    tcn_err field = {0};
    (void)tcn_err_field(&field, TCN_E_INVALID, "within", "too small");
    tcn_err_within(&field, "[0]");
    tcn_err_within(&field, "triggers");
    assert_string_equal(tcn_err_format(&field, out, sizeof out),
                        "triggers[0].within: too small");
    tcn_err bare = {.code = TCN_E_FULL};
    assert_string_equal(tcn_err_format(&bare, out, sizeof out), "full");
    assert_string_equal(tcn_err_format(&field, out, 9), "triggers");
    tcn_err quoted = {0};
    (void)tcn_err_set(&quoted, TCN_E_INVALID, "no \"\x1b[31m\xc2\x9b\n\"");
    assert_string_equal(tcn_err_format(&quoted, out, sizeof out),
                        "no \"\\x1b[31m\\u009b\\x0a\"");
    assert_string_equal(tcn_err_format(&quoted, out, 8), "no \"");
}

static void cuts_long_texts_between_characters(void **state)
{
    (void)state;
    char text[1200];
    for (size_t i = 0; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    text[sizeof text - 2] = '\0';
    tcn_err err = {0};
    (void)tcn_err_set(&err, TCN_E_INVALID, "%s", text);
    assert_int_equal(strlen(err.text), 510);
    tcn_err long_field = {0};
    (void)tcn_err_field(&long_field, TCN_E_INVALID, text, "x");
    tcn_err_within(&long_field, "a");
    assert_true(strlen(long_field.field) < sizeof long_field.field);
}

static void counts_problems_and_keeps_a_thousand(void **state)
{
    (void)state;
    tcn_problems problems;
    tcn_problems_init(&problems);
    tcn_err err = {.code = TCN_E_INVALID};
    tcn_problems_warn(&problems, &err);
    for (int i = 0; i < 1500; i++)
        tcn_problems_add(&problems, &err);
    assert_int_equal(problems.count, 1000);
    assert_int_equal(problems.dropped, 501);
    assert_int_equal(problems.errors, 1500);
    assert_true(problems.items[0].is_warning);
    assert_false(problems.items[1].is_warning);
    tcn_problems_deinit(&problems);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(every_code_has_a_name_and_a_text),
    cmocka_unit_test(the_first_error_stays),
    cmocka_unit_test(formats_what_is_known),
    cmocka_unit_test(cuts_long_texts_between_characters),
    cmocka_unit_test(counts_problems_and_keeps_a_thousand),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
