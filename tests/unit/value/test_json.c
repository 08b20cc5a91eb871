/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/value/json.h"

/* Reads the text and writes it again. */
static int round_trip(const char *text, tcn_buf *out, tcn_err *err)
{
    tcn_arena arena;
    tcn_value v;
    tcn_arena_init(&arena, 0);
    tcn_buf_init(out, 1 << 20);
    int rc = tcn_json_read(tcn_str_c(text), &arena, NULL, &v, err);
    if (rc >= 0)
        rc = tcn_json_write(v, out);
    tcn_arena_deinit(&arena);
    return rc;
}

static void expect_text(const char *text, const char *expected)
{
    tcn_buf out;
    tcn_err err = {0};
    assert_int_equal(round_trip(text, &out, &err), 0);
    assert_string_equal(out.ptr, expected);
    tcn_buf_deinit(&out);
}

static void expect_error(const char *text, int code, uint32_t line, uint32_t column)
{
    tcn_buf out;
    tcn_err err = {0};
    assert_int_equal(round_trip(text, &out, &err), code);
    assert_int_equal(err.line, line);
    assert_int_equal(err.column, column);
    tcn_buf_deinit(&out);
}

static void keeps_what_it_reads(void **state)
{
    (void)state;
    expect_text("{\"a\": [1, -2.5, 1e3, true, null], \"b\": {\"c\": \"\\u00e9\\n\"}}",
                "{\"a\":[1,-2.5,1000.0,true,null],\"b\":{\"c\":\"\xc3\xa9\\n\"}}");
}

static void keeps_integers_beyond_64_bits(void **state)
{
    (void)state;
    expect_text(
        "[123456789012345678901234567890, -9223372036854775808, 9223372036854775808]",
        "[123456789012345678901234567890,-9223372036854775808,9223372036854775808]");
}

static void takes_the_last_of_equal_keys(void **state)
{
    (void)state;
    expect_text("{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":3,\"b\":2}");
}

static void replaces_lone_surrogates(void **state)
{
    (void)state;
    expect_text("[\"\\ud83d\\ude00 \\ud800x\"]", "[\"\xf0\x9f\x98\x80 \xef\xbf\xbdx\"]");
}

static void says_where_a_text_is_wrong(void **state)
{
    (void)state;
    expect_error("{\"a\":\n  01}", TCN_E_SYNTAX, 2, 3);
    expect_error("[1,]", TCN_E_SYNTAX, 1, 4);
    expect_error("[\"\\x\"]", TCN_E_SYNTAX, 1, 4);
    expect_error("", TCN_E_SYNTAX, 1, 1);
}

static void refuses_deep_nesting(void **state)
{
    (void)state;
    char text[500];
    memset(text, '[', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    expect_error(text, TCN_E_LIMIT, 1, 201);
}

int main(void)
{
    static const struct CMUnitTest cases[] = {
        cmocka_unit_test(keeps_what_it_reads),
        cmocka_unit_test(keeps_integers_beyond_64_bits),
        cmocka_unit_test(takes_the_last_of_equal_keys),
        cmocka_unit_test(replaces_lone_surrogates),
        cmocka_unit_test(says_where_a_text_is_wrong),
        cmocka_unit_test(refuses_deep_nesting),
    };
    return cmocka_run_group_tests(cases, NULL, NULL);
}
