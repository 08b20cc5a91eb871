/* SPDX-License-Identifier: Apache-2.0 */
/* test_skip.c - what counts as JSON inside of a payload. */
#include "core/event/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#define FRONT                                                                          \
    "{\"occurred\":0,\"event\":\"e\",\"id\":\"01a2036f-3ff5-7bad-8627-db9441e65bed\"," \
    "\"resource\":{\"prefect.resource.id\":\"r\"},\"payload\":{\"x\":"

/* Decodes an event whose payload is {"x":VALUE}. */
static int decode_value(const char *value, uint32_t depth, tcn_event_error *err)
{
    tcn_buf json;
    tcn_buf_init(&json, SIZE_MAX);
    (void)tcn_buf_printf(&json, "%s%s}}", FRONT, value);
    tcn_arena arena;
    tcn_arena_init(&arena, 0);
    tcn_event_limits limits = tcn_event_limits_default;
    limits.json_depth = depth;
    tcn_event event;
    /* An exact copy, so that a sanitizer sees a byte too far. */
    char *exact = malloc(json.len);
    assert_non_null(exact);
    memcpy(exact, json.ptr, json.len);
    int rc = tcn_event_decode(tcn_str_of(exact, json.len), &limits, &arena, &event, err);
    if (rc == 0)
        assert_int_equal(event.payload.len, strlen(value) + 6);
    free(exact);
    tcn_arena_deinit(&arena);
    tcn_buf_deinit(&json);
    return rc;
}

static void takes_every_form_of_json(void **state)
{
    (void)state;
    static const char *const values[] = {
        "0",
        "-0",
        "1",
        "-1",
        "10",
        "0.5",
        "-0.05",
        "1e5",
        "1E+5",
        "1.5e-05",
        "123456789012345678901234567890",
        "true",
        "false",
        "null",
        "\"\"",
        "\"a\"",
        "\"\\\"\"",
        "\"\\\\\"",
        "\"\\/\\b\\f\\n\\r\\t\"",
        "\"\\u0000\"",
        "\"\\u00e9\"",
        "\"\\uD83D\\uDE00\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"\x7f\"",
        "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
        "\"sixteen bytes and a quote behind\"",
        "[]",
        "{}",
        "[ ]",
        "{ }",
        "[[]]",
        "[{}]",
        "[[],[]]",
        "[1,2]",
        "[1 , 2 ]",
        "{\"a\":1}",
        "{ \"a\" : 1 , \"b\" : [ ] }",
        "{\"a\":{\"b\":{\"c\":[1,[2,{}]]}}}",
        "{\"a\":1,\"a\":2}",
        "{\"\":0}",
        "{\"\\u0061\":0}",
        "[1,[2,[3,[4]],5],6]",
        "[\"a\",\"b\"]",
        "\n\t\r [\n1\t]\r\n",
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        tcn_event_error err = {0};
        if (decode_value(values[i], 64, &err) != 0)
            fail_msg("%s was refused: %s", values[i], err.text);
    }
}

static void refuses_what_is_not_json(void **state)
{
    (void)state;
    static const char *const values[] = {
        "",
        "01",
        "-",
        "+1",
        ".5",
        "1.",
        "1.e5",
        "1e",
        "1e+",
        "1x",
        "0x10",
        "--1",
        "1 2",
        "tru",
        "truE",
        "True",
        "nul",
        "nullx",
        "NaN",
        "Infinity",
        "-Infinity",
        "undefined",
        "\"",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\U0041\"",
        "'a'",
        "\"a\nb\"",
        "\"a\tb\"",
        "\"\x01\"",
        "\"\x1f\"",
        "[",
        "]",
        "{",
        "}",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1,,2]",
        "[1 2]",
        "[1}",
        "{1}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "{\"a\" 1}",
        "{\"a\":1 \"b\":2}",
        "{a:1}",
        "{\"a\":1]",
        "[\"a\":1]",
        "{null:1}",
        "[1],",
        ",",
        ":",
        "// x\n1",
        "/* x */1",
        "[}",
        "{]",
        "\"\x80\"",
        "\"\xc3\"",
        "\"\xc0\xaf\"",
        "\"\xed\xa0\x80\"",
        "\"\xf4\x90\x80\x80\"",
        "\xc3\xa9",
        "\xef\xbb\xbf"
        "1",
        "1\f",
        "1\v",
        "\xa0"
        "1",
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        tcn_event_error err = {0};
        int rc = decode_value(values[i], 64, &err);
        if (rc != TCN_E_INVALID)
            fail_msg("%s was taken: %d", values[i], rc);
        assert_string_equal(err.type, "json_invalid");
        assert_int_equal(strncmp(err.text, "JSON decode error: ", 19), 0);
    }
}

/* A value inside of so many brackets. */
static void fill_nested(tcn_buf *out, size_t depth, bool is_object)
{
    tcn_buf_reset(out);
    for (size_t i = 0; i < depth; i++)
        (void)tcn_buf_add_c(out, is_object ? "{\"a\":" : "[");
    (void)tcn_buf_add_char(out, '1');
    for (size_t i = 0; i < depth; i++)
        (void)tcn_buf_add_char(out, is_object ? '}' : ']');
}

static void nesting_is_limited(void **state)
{
    (void)state;
    tcn_buf value;
    tcn_buf_init(&value, SIZE_MAX);
    static const struct {
        size_t nested;
        uint32_t limit;
        int rc;
    } forms[] = {
        {62, 64, 0},   {63, 64, TCN_E_INVALID},    {998, 1000, 0},
        {2, 4, 0},     {3, 4, TCN_E_INVALID},      {60000, UINT32_MAX, TCN_E_INVALID},
        {130, 200, 0}, {60000, 64, TCN_E_INVALID},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        for (int is_object = 0; is_object < 2; is_object++) {
            tcn_event_error err = {0};
            fill_nested(&value, forms[i].nested, is_object != 0);
            int rc = decode_value(value.ptr, forms[i].limit, &err);
            if (rc != forms[i].rc)
                fail_msg("%zu deep of %u: %d %s", forms[i].nested, forms[i].limit, rc,
                         err.text);
            if (rc != 0)
                assert_string_equal(err.text, "JSON decode error: Nested too deeply");
        }
    }
    tcn_buf_deinit(&value);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(takes_every_form_of_json),
    cmocka_unit_test(refuses_what_is_not_json),
    cmocka_unit_test(nesting_is_limited),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
