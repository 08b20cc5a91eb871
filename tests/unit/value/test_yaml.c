/* SPDX-License-Identifier: Apache-2.0 */
/* test_yaml.c - YAML documents: what scalars mean, where values stand, what is refused.
 */
#include "core/value/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "core/base/buf.h"

static tcn_yaml *load(const char *text)
{
    tcn_yaml *doc = NULL;
    tcn_err err = {0};
    if (tcn_yaml_load(tcn_str_c(text), "t.yaml", &doc, &err) != 0)
        fail_msg("%s: %s", text, err.text);
    return doc;
}

static void assert_json(const char *text, const char *expected)
{
    tcn_yaml *doc = load(text);
    char *json = json_dumps(tcn_yaml_root(doc), JSON_ENCODE_ANY | JSON_COMPACT);
    assert_non_null(json);
    if (strcmp(json, expected) != 0)
        fail_msg("%s is %s, not %s", text, json, expected);
    free(json);
    tcn_yaml_free(doc);
}

/* The expected values are PyYAML's. */
static void scalars_mean_what_pyyaml_says(void **state)
{
    (void)state;
    static const char *const forms[][2] = {
        {"yes", "true"},
        {"On", "true"},
        {"TRUE", "true"},
        {"no", "false"},
        {"OFF", "false"},
        {"y", "\"y\""},
        {"n", "\"n\""},
        {"~", "null"},
        {"Null", "null"},
        {"", "null"},
        {"nULL", "\"nULL\""},
        {"0", "0"},
        {"-0", "0"},
        {"+5", "5"},
        {"-7", "-7"},
        {"010", "8"},
        {"08", "\"08\""},
        {"0o17", "\"0o17\""},
        {"0b101", "5"},
        {"0b", "\"0b\""},
        {"0x1F", "31"},
        {"-0x10", "-16"},
        {"1_000", "1000"},
        {"_1", "\"_1\""},
        {"9223372036854775807", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"12:30", "750"},
        {"-1:30", "-90"},
        {"190:20:30", "685230"},
        {"1:60", "\"1:60\""},
        {"0:30", "\"0:30\""},
        {"1.5", "1.5"},
        {"1.", "1.0"},
        {".5", "0.5"},
        {"-.5", "\"-.5\""},
        {"1e3", "\"1e3\""},
        {"1.0e3", "\"1.0e3\""},
        {"1.0e+3", "1000.0"},
        {"1_0.5", "10.5"},
        {"1:30.5", "90.5"},
        {"2024-01-01", "\"2024-01-01\""},
        {"2024-01-01T00:00:00Z", "\"2024-01-01T00:00:00Z\""},
        {"1.2.3", "\"1.2.3\""},
        {"'5'", "\"5\""},
        {"\"yes\"", "\"yes\""},
        {"a b", "\"a b\""},
        {"-", "[null]"},
        {"|\n  5\n", "\"5\\n\""},
        {"127.0.0.1:80", "\"127.0.0.1:80\""},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        assert_json(forms[i][0], forms[i][1]);
}

static void documents_become_json(void **state)
{
    (void)state;
    assert_json("", "null");
    assert_json("# only a comment\n", "null");
    assert_json("---\na: 1\n...\n", "{\"a\":1}");
    assert_json("\xef\xbb\xbf"
                "a: 1\nb: 2\n",
                "{\"a\":1,\"b\":2}");
    assert_json("a:\n- b: {c: [d, 1]}\n  e:\n",
                "{\"a\":[{\"b\":{\"c\":[\"d\",1]},\"e\":null}]}");
    assert_json("1: x\nyes: y\n", "{\"1\":\"x\",\"yes\":\"y\"}");
    assert_json("a: &x {p: [1]}\nb: *x\n", "{\"a\":{\"p\":[1]},\"b\":{\"p\":[1]}}");
    assert_json("a: &x 1\nb: &x 2\nc: *x\n", "{\"a\":1,\"b\":2,\"c\":2}");
}

static void json_files_keep_the_meaning_of_json(void **state)
{
    (void)state;
    assert_json("{\"a\": 1e3, \"b\": \"\\ud83d\\ude00\", \"c\": \"\\u0001\"}",
                "{\"a\":1000.0,\"b\":\"\xf0\x9f\x98\x80\",\"c\":\"\\u0001\"}");
    assert_json("\t[1,\n\t2]", "[1,2]");
}

static void values_and_keys_have_places(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        uint32_t line, column, key_line, key_column;
    } places[] = {
        {"", 1, 1, 1, 1},
        {"a", 1, 4, 1, 1},
        {"b", 3, 3, 2, 1},
        {"b[0].x.c", 3, 15, 3, 12},
        {"b[1].prefect.resource.id", 4, 26, 4, 5},
        {"b[1].y[1]", 6, 7, 6, 7},
        {"b[1].missing.deep", 4, 5, 4, 5},
        {"b[7]", 3, 3, 2, 1},
        {"b[x]", 3, 3, 2, 1},
        {"zz", 1, 1, 1, 1},
        {"d", 7, 4, 7, 1},
        {"d.c", 3, 15, 3, 12},
        {"a[", 1, 4, 1, 1},
    };
    tcn_yaml *doc =
        load("a: 1\nb:\n  - x: &s {c: d}\n  - prefect.resource.id: q\n    y: [1,\n"
             "      2]\nd: *s\n");
    assert_string_equal(tcn_yaml_source(doc), "t.yaml");
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        uint32_t line = 0, column = 0, key_line = 0, key_column = 0;
        tcn_yaml_place(doc, places[i].path, &line, &column);
        tcn_yaml_key_place(doc, places[i].path, &key_line, &key_column);
        if (line != places[i].line || column != places[i].column ||
            key_line != places[i].key_line || key_column != places[i].key_column)
            fail_msg("%s: %u:%u, key %u:%u", places[i].path, line, column, key_line,
                     key_column);
    }
    tcn_yaml_free(doc);
}

static void refusals_name_line_and_column(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
        int code;
    } forms[] = {
        {"a: 1\nb: 2\na: 3\n", "t.yaml:3:1: duplicate key \"a\"", TCN_E_SYNTAX},
        {"{\"a\":1,\"a\":2}", "t.yaml:1:8: duplicate key \"a\"", TCN_E_SYNTAX},
        {"a: !!str 5\n", "t.yaml:1:4: tags are not supported", TCN_E_UNSUPPORTED},
        {"!x {a: 1}", "t.yaml:1:1: tags are not supported", TCN_E_UNSUPPORTED},
        {"<<: {a: 1}\n", "t.yaml:1:1: merge keys (<<) are not supported",
         TCN_E_UNSUPPORTED},
        {"? [a]\n: 1\n", "t.yaml:1:3: a key must be text", TCN_E_UNSUPPORTED},
        {"a: {{ b }}\n",
         "t.yaml:1:5: a key must be text (a value that begins with {{ needs quotes)",
         TCN_E_UNSUPPORTED},
        {"a: &x 1\n*x : 2\n", "t.yaml:2:1: a key must be text", TCN_E_UNSUPPORTED},
        {"a: *x\n", "t.yaml:1:4: unknown or unfinished anchor \"x\"", TCN_E_SYNTAX},
        {"a: &x [*x]\n", "t.yaml:1:8: unknown or unfinished anchor \"x\"", TCN_E_SYNTAX},
        {"a: 1\n---\nb: 2\n", "t.yaml:2:1: more than one document", TCN_E_SYNTAX},
        {"a: b: c\n", "t.yaml:1:5: mapping values are not allowed in this context",
         TCN_E_SYNTAX},
        {"a:\n\t- b\n",
         "t.yaml:2:1: found character that cannot start any token while scanning for the next "
         "token (lines are indented with spaces; a value that begins with % @ or ` needs "
         "quotes)",
         TCN_E_SYNTAX},
        {"\"\\0\": 1\n", "t.yaml:1:1: a key holds a NUL character", TCN_E_SYNTAX},
        {"a: [b, \"c\\0\"]\n", "t.yaml:1:8: a text holds a NUL character", TCN_E_SYNTAX},
        {"{\"a\": \"\\u0000\"}", "t.yaml:1:7: a text holds a NUL character",
         TCN_E_SYNTAX},
        {"- 99999999999999999999\n", "t.yaml:1:3: integer is out of range", TCN_E_LIMIT},
        {"- .inf\n", "t.yaml:1:3: number is not finite", TCN_E_LIMIT},
        {"a: \xff\n", "t.yaml: invalid leading UTF-8 octet at byte 3", TCN_E_SYNTAX},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        tcn_yaml *doc = NULL;
        tcn_err err = {0};
        char text[800];
        int rc = tcn_yaml_load(tcn_str_c(forms[i].text), "t.yaml", &doc, &err);
        assert_null(doc);
        assert_string_equal(tcn_err_format(&err, text, sizeof text), forms[i].error);
        assert_int_equal(rc, forms[i].code);
    }
}

static int load_brackets(size_t depth)
{
    tcn_buf text;
    tcn_buf_init(&text, SIZE_MAX);
    for (size_t i = 0; i < depth; i++)
        (void)tcn_buf_add_char(&text, '[');
    for (size_t i = 0; i < depth; i++)
        (void)tcn_buf_add_char(&text, ']');
    tcn_yaml *doc = NULL;
    int rc = tcn_yaml_load(tcn_buf_str(&text), "t.yaml", &doc, NULL);
    tcn_yaml_free(doc);
    tcn_buf_deinit(&text);
    return rc;
}

static void depth_and_size_are_limited(void **state)
{
    (void)state;
    assert_int_equal(load_brackets(64), 0);
    assert_int_equal(load_brackets(65), TCN_E_LIMIT);
    tcn_buf text;
    tcn_buf_init(&text, SIZE_MAX);
    (void)tcn_buf_add_char(&text, '#');
    while (text.len <= 4u * 1024 * 1024)
        (void)tcn_buf_add_c(&text, " some comment that only makes the file long");
    tcn_yaml *doc = NULL;
    tcn_err err = {0};
    assert_int_equal(tcn_yaml_load(tcn_buf_str(&text), "t.yaml", &doc, &err),
                     TCN_E_LIMIT);
    assert_string_equal(err.text, "larger than 4 MiB");
    tcn_buf_deinit(&text);
}

static void aliases_cannot_blow_up(void **state)
{
    (void)state;
    tcn_buf text;
    tcn_buf_init(&text, SIZE_MAX);
    (void)tcn_buf_add_c(&text, "a0: &a0 [1, 1]\n");
    for (int i = 1; i <= 30; i++)
        (void)tcn_buf_printf(&text, "a%d: &a%d [*a%d, *a%d]\n", i, i, i - 1, i - 1);
    tcn_yaml *doc = NULL;
    tcn_err err = {0};
    assert_int_equal(tcn_yaml_load(tcn_buf_str(&text), "t.yaml", &doc, &err),
                     TCN_E_LIMIT);
    assert_string_equal(err.text, "too many values");
    tcn_buf_reset(&text);
    (void)tcn_buf_add_c(&text, "- &a 1\n");
    for (int i = 0; i < 64; i++)
        (void)tcn_buf_add_c(&text, "- *a\n");
    assert_int_equal(tcn_yaml_load(tcn_buf_str(&text), "t.yaml", &doc, NULL), 0);
    tcn_yaml_free(doc);
    doc = NULL;
    (void)tcn_buf_add_c(&text, "- *a\n");
    tcn_err many = {0};
    assert_int_equal(tcn_yaml_load(tcn_buf_str(&text), "t.yaml", &doc, &many),
                     TCN_E_LIMIT);
    assert_string_equal(many.text, "more than 64 aliases");
    tcn_buf_deinit(&text);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(scalars_mean_what_pyyaml_says),
    cmocka_unit_test(documents_become_json),
    cmocka_unit_test(json_files_keep_the_meaning_of_json),
    cmocka_unit_test(values_and_keys_have_places),
    cmocka_unit_test(refusals_name_line_and_column),
    cmocka_unit_test(depth_and_size_are_limited),
    cmocka_unit_test(aliases_cannot_blow_up),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
