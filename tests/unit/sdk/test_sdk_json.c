/* SPDX-License-Identifier: Apache-2.0 */
/* test_sdk_json.c - the reader of json.h: what is JSON, what it holds, what its strings
 * mean.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <tocsin/json.h>

static void json_is_read_and_nothing_else(void **state)
{
    static const char *const good[] = {
        "null",
        " true ",
        "false",
        "0",
        "-1.5e+3",
        "1E5",
        "\"\"",
        "\"\\u00e9\\n\\/\"",
        "[]",
        "{}",
        "[ 1 , [ ] , { } ]",
        "{\"a\":1,\"b\":[{\"c\":null}]}",
        "\n{\t\"a\" : \"b\" }\r",
    };
    static const char *const bad[] = {
        "",      " ",       "nul",         "truex",    "01",
        "-",     "1.",      ".5",          "1e",       "+1",
        "\"",    "\"\\x\"", "\"\\u12g4\"", "\"\n\"",   "[",
        "[1",    "[1,",     "[1,]",        "[,1]",     "]",
        "[}",    "{",       "{\"a\"}",     "{\"a\":}", "{\"a\":1,}",
        "{a:1}", "{1:2}",   "1 2",         "[1] x",    "{\"a\":1]",
        "'a'",
    };
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        tocsin_str value;
        if (!tocsin_json_read(tocsin_str_of(good[i]), &value))
            fail_msg("%s", good[i]);
        assert_true(value.len > 0 && (unsigned char)value.ptr[value.len - 1] > ' ');
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        tocsin_str value;
        if (tocsin_json_read(tocsin_str_of(bad[i]), &value))
            fail_msg("%s", bad[i]);
    }
}

/* Every beginning of a text is read within its bounds; valgrind and ASan look. */
static void a_cut_text_is_no_json(void **state)
{
    static const char whole[] =
        "{\"a\": [1.5e3, \"x\\u00e9\\\\\", true, null, {\"b\": {}}], \"c\": false}";
    (void)state;
    for (size_t len = 0; len < sizeof whole - 1; len++) {
        char *copy = malloc(len + 1);
        assert_non_null(copy);
        memcpy(copy, whole, len);
        tocsin_str value;
        assert_false(tocsin_json_read(tocsin_str_part(copy, len), &value));
        free(copy);
    }
}

static void nesting_has_a_limit(void **state)
{
    (void)state;
    for (size_t depth = 1; depth <= 70; depth++) {
        char text[160];
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        tocsin_str value;
        bool is_read = tocsin_json_read(tocsin_str_part(text, 2 * depth), &value);
        assert_int_equal(is_read, depth <= TOCSIN_JSON_DEPTH);
    }
}

static void members_are_found(void **state)
{
    (void)state;
    tocsin_str object, value;
    assert_true(tocsin_json_read(
        tocsin_str_of("{\"a\": 1, \"b\": {\"a\": 2}, \"c\": [3, \"x\"], \"a\": -4.9}"),
        &object));
    assert_true(tocsin_json_get(object, "a", &value));
    assert_true(tocsin_str_eq(value, "-4.9")); /* the last one */
    int64_t number = 0;
    assert_true(tocsin_json_int(value, -10, 10, &number));
    assert_int_equal(number, -4);
    assert_false(tocsin_json_int(value, 0, 10, &number));
    assert_true(tocsin_json_get(object, "b", &value));
    assert_int_equal(tocsin_json_kind(value), '{');
    assert_false(tocsin_json_get(object, "d", &value));
    assert_true(tocsin_json_get(object, "c", &value));
    assert_false(tocsin_json_get(value, "x", &value));
    tocsin_json_iter iter = tocsin_json_walk(value);
    tocsin_str key, item;
    assert_true(tocsin_json_next(&iter, &key, &item));
    assert_true(tocsin_str_eq(item, "3"));
    assert_true(tocsin_json_next(&iter, &key, &item));
    assert_true(tocsin_json_is(item, "x"));
    assert_false(tocsin_json_next(&iter, &key, &item));
    iter = tocsin_json_walk(tocsin_str_of("5"));
    assert_false(tocsin_json_next(&iter, &key, &item));
}

static void strings_mean_their_characters(void **state)
{
    static const char *const rows[][2] = {
        {"\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "a\"\\/\b\f\n\r\t"},
        {"\"\\u00e9\\u2026\\ud83d\\udd25\"", "\xc3\xa9\xe2\x80\xa6\xf0\x9f\x94\xa5"},
        {"\"\\ud83d\"", "\xef\xbf\xbd"},
        {"\"\\ud83dx\\udd25\"", "\xef\xbf\xbdx\xef\xbf\xbd"},
        {"\"\\ud83d\\u0041\"", "\xef\xbf\xbd"
                               "A"},
        {"\"\xc3\xa9\"", "\xc3\xa9"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tocsin_text text = TOCSIN_ZERO;
        tocsin_str value;
        assert_true(tocsin_json_read(tocsin_str_of(rows[i][0]), &value));
        assert_true(tocsin_json_text(value, &text));
        assert_string_equal(text.ptr, rows[i][1]);
        tocsin_text_free(&text);
    }
    tocsin_text none = TOCSIN_ZERO;
    assert_false(tocsin_json_text(tocsin_str_of("1"), &none));
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(json_is_read_and_nothing_else),
    cmocka_unit_test(a_cut_text_is_no_json),
    cmocka_unit_test(nesting_has_a_limit),
    cmocka_unit_test(members_are_found),
    cmocka_unit_test(strings_mean_their_characters),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
