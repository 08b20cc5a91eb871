/* SPDX-License-Identifier: Apache-2.0 */
/* test_schema.c - option tables as documents, member by member. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/option/schema.h"

static const char *const choices[] = {"a", "b", NULL};
static const tocsin_option options[] = {
    {.key = "api_url",
     .doc = "Where.",
     .type = TOCSIN_OPT_URL,
     .flags = TOCSIN_OPT_REQUIRED | TOCSIN_OPT_DESTINATION},
    {.key = "wait",
     .doc = "How long.",
     .type = TOCSIN_OPT_DURATION,
     .dflt = "1500ms",
     .min = 500,
     .max = 300000},
    {.key = "size", .doc = "How large.", .type = TOCSIN_OPT_SIZE, .dflt = "64k"},
    {.key = "kind",
     .doc = "Which.",
     .type = TOCSIN_OPT_ENUM,
     .choices = choices,
     .dflt = "a"},
    {.key = "token",
     .doc = "Psst.",
     .type = TOCSIN_OPT_STRING,
     .flags = TOCSIN_OPT_SECRET,
     .max = 100},
    {.key = "headers",
     .doc = "Headers.",
     .type = TOCSIN_OPT_MAP,
     .flags = TOCSIN_OPT_SECRET | TOCSIN_OPT_TEMPLATE,
     .max = 48},
    {.key = "to", .doc = "Whom.", .type = TOCSIN_OPT_LIST, .min = 1, .max = 9},
    {.key = "old",
     .doc = "Formerly.",
     .type = TOCSIN_OPT_BOOL,
     .dflt = "true",
     .flags = TOCSIN_OPT_DEPRECATED},
    {.key = "level", .doc = "How much.", .type = TOCSIN_OPT_INT, .min = -1, .max = 1},
};
#define COUNT (sizeof options / sizeof options[0])

/* The value at a path of keys, as compact JSON text. */
static void assert_at(const json_t *root, const char *path, const char *expected)
{
    char key[64];
    const json_t *value = root;
    while (*path != '\0') {
        size_t len = strcspn(path, "/");
        (void)snprintf(key, sizeof key, "%.*s", (int)len, path);
        value = json_is_array(value) ? json_array_get(value, (size_t)atoll(key))
                                     : json_object_get(value, key);
        path += len + (path[len] == '/');
    }
    char *text = value == NULL ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    assert_string_equal(text != NULL ? text : "nothing", expected);
    free(text);
}

static void an_option_says_all_that_its_table_says(void **state)
{
    json_t *list = tcn_schema_options(options, COUNT);
    (void)state;
    assert_int_equal(json_array_size(list), COUNT);
    assert_at(
        list, "0",
        "{\"key\":\"api_url\",\"type\":\"url\",\"doc\":\"Where.\",\"required\":true,"
        "\"secret\":false,\"template\":false,\"destination\":true,"
        "\"deprecated\":false}");
    assert_at(list, "1/default", "\"1500ms\"");
    assert_at(list, "1/min", "\"500ms\"");
    assert_at(list, "1/max", "\"5m\"");
    assert_at(list, "3/choices", "[\"a\",\"b\"]");
    assert_at(list, "5/max", "48");
    assert_at(list, "7/default", "true");
    json_decref(list);
}

static void a_block_schema_has_the_types_of_prefect(void **state)
{
    static const struct {
        const char *path, *value;
    } members[] = {
        {"title", "\"Tocsin Toy\""},
        {"type", "\"object\""},
        {"block_type_slug", "\"tocsin-toy\""},
        {"block_schema_references", "{}"},
        {"required", "[\"api_url\"]"},
        {"secret_fields", "[\"token\",\"headers.*\"]"},
        {"properties/api_url/title", "\"Api url\""},
        {"properties/api_url/position", "0"},
        {"properties/api_url/description", "\"Where.\""},
        {"properties/wait/type", "\"number\""},
        {"properties/wait/default", "1.5"},
        {"properties/wait/minimum", "0.5"},
        {"properties/wait/maximum", "300.0"},
        {"properties/size/type", "\"integer\""},
        {"properties/size/default", "65536"},
        {"properties/kind/enum", "[\"a\",\"b\"]"},
        {"properties/token/format", "\"password\""},
        {"properties/token/writeOnly", "true"},
        {"properties/token/maxLength", "100"},
        {"properties/token/minLength", "nothing"},
        {"properties/headers/type", "\"object\""},
        {"properties/headers/additionalProperties",
         "{\"type\":\"string\",\"format\":\"password\",\"writeOnly\":true}"},
        {"properties/to/type", "\"array\""},
        {"properties/to/minItems", "1"},
        {"properties/to/maxItems", "9"},
        {"properties/old/deprecated", "true"},
        {"properties/old/default", "true"},
        {"properties/level/minimum", "-1"},
    };
    const tcn_schema_type type = {"tocsin-toy", "Tocsin Toy", options, COUNT};
    json_t *schema = tcn_schema_block(&type);
    (void)state;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        assert_at(schema, members[i].path, members[i].value);
    json_decref(schema);
}

static size_t allocations_left;

static void *failing_malloc(size_t size)
{
    return allocations_left == 0 ? NULL : (allocations_left--, malloc(size));
}

static void without_memory_there_is_nothing(void **state)
{
    const tcn_schema_type type = {"tocsin-toy", "Tocsin Toy", options, COUNT};
    size_t n = 0;
    (void)state;
    json_set_alloc_funcs(failing_malloc, free);
    for (json_t *made = NULL; made == NULL; n++) {
        allocations_left = n;
        json_t *list = tcn_schema_options(options, COUNT);
        made = list == NULL ? NULL : tcn_schema_block(&type);
        json_decref(list);
        if (made != NULL)
            json_decref(made);
    }
    json_set_alloc_funcs(malloc, free);
    assert_true(n > 100);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(an_option_says_all_that_its_table_says),
    cmocka_unit_test(a_block_schema_has_the_types_of_prefect),
    cmocka_unit_test(without_memory_there_is_nothing),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
