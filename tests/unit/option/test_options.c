/* SPDX-License-Identifier: Apache-2.0 */
/* test_options.c - options of blocks: every type, bounds, defaults, secrets, and what
 * refusals say. */
#include "core/option/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const char *const choices[] = {"red", "green", NULL};
static const tocsin_option table[] = {
    {"text", "hello", "d", NULL, TOCSIN_OPT_STRING, 0, 1, 10},
    {"long", NULL, "d", NULL, TOCSIN_OPT_TEXT, TOCSIN_OPT_TEMPLATE, 0, 0},
    {"flag", "true", "d", NULL, TOCSIN_OPT_BOOL, 0, 0, 0},
    {"count", "3", "d", NULL, TOCSIN_OPT_INT, 0, 1, 10},
    {"ratio", "0.5", "d", NULL, TOCSIN_OPT_NUMBER, 0, 0, 1},
    {"wait", "10s", "d", NULL, TOCSIN_OPT_DURATION, TOCSIN_OPT_DEPRECATED, 100, 300000},
    {"size", "64k", "d", NULL, TOCSIN_OPT_SIZE, 0, 0, 1 << 20},
    {"color", "red", "d", choices, TOCSIN_OPT_ENUM, TOCSIN_OPT_DESTINATION, 0, 0},
    {"url", NULL, "d", NULL, TOCSIN_OPT_URL, TOCSIN_OPT_TEMPLATE, 0, 0},
    {"names", "[\"a\"]", "d", NULL, TOCSIN_OPT_LIST, 0, 0, 3},
    {"pairs", "{\"a\": \"b\"}", "d", NULL, TOCSIN_OPT_MAP, 0, 0, 3},
    {"json", "{\"x\": [1, 2.5, null]}", "d", NULL, TOCSIN_OPT_JSON, 0, 0, 0},
    {"key", NULL, "d", NULL, TOCSIN_OPT_STRING,
     TOCSIN_OPT_SECRET | TOCSIN_OPT_DESTINATION, 0, 8},
    {"keys", NULL, "d", NULL, TOCSIN_OPT_MAP, TOCSIN_OPT_SECRET, 0, 0},
};
static const tocsin_option needy[] = {
    {"must", NULL, "d", NULL, TOCSIN_OPT_STRING, TOCSIN_OPT_REQUIRED, 0, 0},
};
static const tcn_options_table all = {"paint", table, TCN_COUNT(table)};
static tcn_options_env env;

static tocsin_config *make_of(const tcn_options_table *of, const char *document,
                              char *problems, size_t size)
{
    json_t *parsed = json_loads(document, JSON_DECODE_ANY, NULL);
    assert_non_null(parsed);
    tcn_problems list;
    tcn_problems_init(&list);
    tcn_tpl_env_init(&env.templates);
    tocsin_config *config = NULL;
    (void)tcn_options_new(of, &env, parsed, &config, &list);
    json_decref(parsed);
    size_t used = 0;
    problems[0] = '\0';
    for (size_t i = 0; i < list.count; i++)
        used +=
            (size_t)snprintf(problems + used, size - used, "%s%s: %s", i > 0 ? "\n" : "",
                             list.items[i].err.field, list.items[i].err.text);
    tcn_problems_deinit(&list);
    return config;
}

static tocsin_config *make(const char *document)
{
    char problems[1024];
    tocsin_config *config = make_of(&all, document, problems, sizeof problems);
    if (config == NULL)
        fail_msg("%s", problems);
    return config;
}

static void expect_problem(const char *document, const char *expected)
{
    char problems[2048];
    tocsin_config *config = make_of(&all, document, problems, sizeof problems);
    assert_string_equal(problems, expected);
    assert_null(config);
}

static void defaults_have_the_types_of_their_options(void **state)
{
    (void)state;
    tocsin_config *config = make("{}");
    tocsin_str text;
    int64_t integer;
    double number;
    const tocsin_str *list;
    const tocsin_pair *map;
    uint64_t count;
    assert_int_equal(tcn_options_str(config, "text", &text), TOCSIN_OK);
    assert_string_equal(text.ptr, "hello");
    assert_int_equal(tcn_options_int(config, "flag", &integer), TOCSIN_OK);
    assert_int_equal(integer, 1);
    assert_int_equal(tcn_options_int(config, "count", &integer), TOCSIN_OK);
    assert_int_equal(integer, 3);
    assert_int_equal(tcn_options_num(config, "ratio", &number), TOCSIN_OK);
    assert_true(number > 0.49 && number < 0.51);
    assert_int_equal(tcn_options_int(config, "wait", &integer), TOCSIN_OK);
    assert_int_equal(integer, 10000);
    assert_int_equal(tcn_options_int(config, "size", &integer), TOCSIN_OK);
    assert_int_equal(integer, 65536);
    assert_int_equal(tcn_options_list(config, "names", &list, &count), TOCSIN_OK);
    assert_int_equal(count, 1);
    assert_string_equal(list[0].ptr, "a");
    assert_int_equal(tcn_options_map(config, "pairs", &map, &count), TOCSIN_OK);
    assert_string_equal(map[0].name.ptr, "a");
    assert_string_equal(map[0].value.ptr, "b");
    assert_int_equal(tcn_options_str(config, "json", &text), TOCSIN_OK);
    assert_string_equal(text.ptr, "{\"x\":[1,2.5,null]}");
    tcn_options_free(config);
}

static void reads_durations_and_sizes_as_people_write_them(void **state)
{
    static const struct {
        const char *document, *key;
        int64_t value;
    } rows[] = {
        {"{\"wait\": 2}", "wait", 2000},         {"{\"wait\": 0.25}", "wait", 250},
        {"{\"wait\": \"500ms\"}", "wait", 500},  {"{\"wait\": \"5m\"}", "wait", 300000},
        {"{\"size\": 100}", "size", 100},        {"{\"size\": \"100\"}", "size", 100},
        {"{\"size\": \"1M\"}", "size", 1 << 20}, {"{\"count\": 10}", "count", 10},
        {"{\"flag\": false}", "flag", 0},
    };
    (void)state;
    for (size_t i = 0; i < TCN_COUNT(rows); i++) {
        int64_t value = -1;
        tocsin_config *config = make(rows[i].document);
        assert_int_equal(tcn_options_int(config, rows[i].key, &value), TOCSIN_OK);
        assert_int_equal(value, rows[i].value);
        tcn_options_free(config);
    }
}

static void refusals_name_value_and_bound(void **state)
{
    static const char *const rows[][2] = {
        {"{\"wait\": \"900s\"}", "options.wait: 900s is above the maximum 5m"},
        {"{\"wait\": \"50ms\"}", "options.wait: 50ms is below the minimum 100ms"},
        {"{\"wait\": true}",
         "options.wait: true is not a duration (a number of seconds, or 500ms 10s 5m 2h)"},
        {"{\"count\": 11}", "options.count: 11 is above the maximum 10"},
        {"{\"count\": 0}", "options.count: 0 is below the minimum 1"},
        {"{\"count\": \"5\"}", "options.count: \"5\" is not a whole number"},
        {"{\"count\": 1.5}", "options.count: 1.5 is not a whole number"},
        {"{\"ratio\": 2}", "options.ratio: 2 is above the maximum 1"},
        {"{\"ratio\": \"x\"}", "options.ratio: \"x\" is not a number"},
        {"{\"size\": \"2M\"}", "options.size: 2M is above the maximum 1M"},
        {"{\"size\": -1}",
         "options.size: -1 is not a size (a number of bytes, or 64k 8M)"},
        {"{\"size\": \"9999999999G\"}",
         "options.size: \"9999999999G\" is not a size (a number of bytes, or 64k 8M)"},
        {"{\"flag\": \"yes\"}", "options.flag: \"yes\" is not true or false"},
        {"{\"text\": 5}", "options.text: 5 is not a text"},
        {"{\"text\": \"\"}", "options.text: has 0 bytes, below the minimum 1"},
        {"{\"text\": \"12345678901\"}",
         "options.text: has 11 bytes, above the maximum 10"},
        {"{\"text\": \"a\\nb\"}",
         "options.text: must be one line without control characters"},
        {"{\"text\": {}}", "options.text: a mapping is not a text"},
        {"{\"color\": \"gren\"}",
         "options.color: \"gren\" is not one of red, green (did you mean \"green\"?)"},
        {"{\"color\": \"purple\"}", "options.color: \"purple\" is not one of red, green"},
        {"{\"names\": \"a\"}", "options.names: \"a\" is not a list of texts"},
        {"{\"names\": [\"a\", 5]}", "options.names[1]: 5 is not a text"},
        {"{\"names\": [\"1\", \"2\", \"3\", \"4\"]}",
         "options.names: has 4 entries, above the maximum 3"},
        {"{\"pairs\": {\"a\": 5}}", "options.pairs.a: 5 is not a text"},
        {"{\"tex\": \"x\"}",
         "options.tex: is not an option of paint (did you mean \"text\"?)"},
        {"{\"nonsense\": 1}", "options.nonsense: is not an option of paint"},
        {"{\"timeout\": 1}",
         "options.timeout: is not an option of paint but a key of the block: it stands "
         "beside \"options\""},
        {"{\"long\": \"{{ x\"}", NULL},
        {"{\"key\": \"123456789\"}", "options.key: has 9 bytes, above the maximum 8"},
        {"{\"key\": {\"env\": \"TOCSIN_UNSET\"}}",
         "options.key: the environment has no variable TOCSIN_UNSET"},
        {"{\"keys\": {\"a\": 7}}",
         "options.keys.a: must be a text, {credential: NAME}, {file: PATH} "
         "or {env: NAME}"},
        {"[]", "options: must be a mapping"},
    };
    (void)state;
    for (size_t i = 0; i < TCN_COUNT(rows); i++)
        if (rows[i][1] != NULL)
            expect_problem(rows[i][0], rows[i][1]);
}

static void a_template_that_does_not_compile_says_where(void **state)
{
    (void)state;
    char problems[1024];
    assert_null(make_of(&all, "{\"long\": \"a\\n{{ b\"}", problems, sizeof problems));
    assert_non_null(strstr(problems, "options.long: template line 2"));
}

static void every_problem_is_told(void **state)
{
    (void)state;
    expect_problem("{\"count\": 11, \"flag\": 1, \"x\": 1}",
                   "options.x: is not an option of paint\n"
                   "options.flag: 1 is not true or false\n"
                   "options.count: 11 is above the maximum 10");
}

static void urls_are_absolute_without_user_and_fixed_in_host(void **state)
{
    static const char *const rows[][2] = {
        {"https://example.com/a?b={{ c }}", NULL},
        {"http://[::1]:8080/", NULL},
        {"HTTP://127.0.0.1", NULL},
        {"ftp://example.com/", "options.url: must be an absolute http or https URL"},
        {"/path", "options.url: must be an absolute http or https URL"},
        {"https://", "options.url: must be an absolute http or https URL"},
        {"https://u:p@example.com/",
         "options.url: must not hold a user name or password"},
        {"https://{{ host }}/",
         "options.url: may have templates in its path and query only, not in its "
         "host"},
        {"https://exa mple.com/", "options.url: has a malformed host or port"},
        {"https://example.com:99999/", "options.url: has a malformed host or port"},
        {"https://example.com\\\\@evil.com/", NULL},
        {"https:///x/y/z", "options.url: has a malformed host or port"},
    };
    (void)state;
    for (size_t i = 0; i < TCN_COUNT(rows); i++) {
        char document[256], problems[1024];
        (void)snprintf(document, sizeof document, "{\"url\": \"%s\"}", rows[i][0]);
        tocsin_config *config = make_of(&all, document, problems, sizeof problems);
        assert_string_equal(problems, rows[i][1] == NULL ? "" : rows[i][1]);
        tcn_options_free(config);
    }
}

static void required_options_must_be_there(void **state)
{
    (void)state;
    static const tcn_options_table of = {"needy", needy, 1};
    char problems[256];
    assert_null(make_of(&of, "{}", problems, sizeof problems));
    assert_string_equal(problems, "options.must: is required");
    assert_null(make_of(&of, "{\"must\": null}", problems, sizeof problems));
    assert_string_equal(problems, "options.must: is required");
}

static void a_deprecated_option_works_with_a_warning(void **state)
{
    (void)state;
    char problems[256];
    tocsin_config *config = make_of(&all, "{\"wait\": 1}", problems, sizeof problems);
    assert_non_null(config);
    assert_string_equal(problems, "options.wait: is deprecated: d");
    tcn_options_free(config);
}

static void secrets_are_read_as_secrets_only(void **state)
{
    (void)state;
    tocsin_config *config = make("{\"key\": \"canary\", \"keys\": {\"a\": \"budgie!\"}}");
    tocsin_str text;
    char buf[16];
    size_t len = 0;
    const tocsin_pair *map;
    uint64_t count = 0;
    assert_int_equal(tcn_options_str(config, "key", &text), TOCSIN_E_DENIED);
    assert_int_equal(tcn_options_secret(config, "key", NULL, buf, sizeof buf, &len),
                     TOCSIN_OK);
    assert_string_equal(buf, "canary");
    assert_int_equal(tcn_options_secret(config, "key", NULL, buf, 6, &len),
                     TOCSIN_E_LIMIT);
    assert_int_equal(tcn_options_secret(config, "keys", "a", buf, sizeof buf, &len),
                     TOCSIN_OK);
    assert_string_equal(buf, "budgie!");
    assert_int_equal(tcn_options_secret(config, "keys", "b", buf, sizeof buf, &len),
                     TOCSIN_E_NOT_FOUND);
    assert_int_equal(tcn_options_secret(config, "text", NULL, buf, sizeof buf, &len),
                     TOCSIN_E_INVALID);
    assert_int_equal(tcn_options_map(config, "keys", &map, &count), TOCSIN_OK);
    assert_int_equal(count, 1);
    assert_string_equal(map[0].name.ptr, "a");
    assert_int_equal(map[0].value.len, 0);
    tcn_buf out;
    tcn_buf_init(&out, 1000);
    assert_int_equal(tcn_options_mask(config, TCN_STR("canary and budgie! sing"), &out),
                     0);
    assert_string_equal(out.ptr, "******** and ******** sing");
    tcn_buf_deinit(&out);
    tcn_options_free(config);
}

static void asks_of_the_wrong_type_and_unknown_keys_are_told_apart(void **state)
{
    (void)state;
    tocsin_config *config = make("{}");
    int64_t integer;
    tocsin_str text;
    assert_int_equal(tcn_options_int(config, "text", &integer), TOCSIN_E_INVALID);
    assert_int_equal(tcn_options_str(config, "long", &text), TOCSIN_E_NOT_FOUND);
    assert_int_equal(tcn_options_str(config, "none", &text), TOCSIN_E_NOT_FOUND);
    tcn_options_free(config);
}

static void the_destination_follows_its_options_only(void **state)
{
    (void)state;
    static const char *const documents[] = {
        "{\"key\": \"one\"}", "{\"key\": \"one\", \"count\": 5}", "{\"key\": \"two\"}",
        "{\"key\": \"one\", \"color\": \"green\"}"};
    uint64_t keys[4];
    for (size_t i = 0; i < 4; i++) {
        tocsin_config *config = make(documents[i]);
        keys[i] = tcn_options_destination(config);
        tcn_options_free(config);
    }
    assert_true(keys[0] == keys[1]);
    assert_true(keys[0] != keys[2]);
    assert_true(keys[0] != keys[3]);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(defaults_have_the_types_of_their_options),
    cmocka_unit_test(reads_durations_and_sizes_as_people_write_them),
    cmocka_unit_test(refusals_name_value_and_bound),
    cmocka_unit_test(a_template_that_does_not_compile_says_where),
    cmocka_unit_test(every_problem_is_told),
    cmocka_unit_test(urls_are_absolute_without_user_and_fixed_in_host),
    cmocka_unit_test(required_options_must_be_there),
    cmocka_unit_test(a_deprecated_option_works_with_a_warning),
    cmocka_unit_test(secrets_are_read_as_secrets_only),
    cmocka_unit_test(asks_of_the_wrong_type_and_unknown_keys_are_told_apart),
    cmocka_unit_test(the_destination_follows_its_options_only),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
