/* SPDX-License-Identifier: Apache-2.0 */
/* test_refusal.c - every way to be refused: type, place and text, as Prefect words them.
 */
#include "core/event/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#define SAMPLE "tests/data/events/sample.ndjson"
#define TIME   "\"occurred\":0"
#define NAME   "\"event\":\"e\""
#define ID     "\"id\":\"01a2036f-3ff5-7bad-8627-db9441e65bed\""
#define RES    "\"resource\":{\"prefect.resource.id\":\"r\"}"
#define GOOD   "{" TIME "," NAME "," ID "," RES "}"
#define REL    "{\"prefect.resource.id\":\"a\",\"prefect.resource.role\":\"b\"}"

#define STRING_TYPE "Input should be a valid string"
#define DICT_TYPE   "Input should be a valid dictionary"
#define NO_ID       "Value error, Resources must include the prefect.resource.id label"
#define NO_ROLE \
    "Value error, Related Resources must include the prefect.resource.role label"
#define EMPTY_ID   "Value error, The prefect.resource.id label must be non-empty"
#define EMPTY_ROLE "Value error, The prefect.resource.role label must be non-empty"
#define NO_UNICODE \
    "Input should be a valid string, unable to parse raw data as a unicode string"
#define BAD_UUID "Input should be a valid UUID, invalid "
#define BAD_JSON "JSON decode error: "

typedef struct refusal {
    const char *json;
    const char *type, *path, *text;
    int64_t index;
} refusal;

/* In each the list's event stands in the place of the body. */
static const refusal events[] = {
    {"{" NAME "," ID "," RES "}", "missing", "occurred", "Field required", 0},
    {"{" TIME "," ID "," RES "}", "missing", "event", "Field required", 0},
    {"{" TIME "," NAME "," ID "}", "missing", "resource", "Field required", 0},
    {"{" TIME "," NAME "," RES "}", "missing", "id", "Field required", 0},
    {"{}", "missing", "occurred", "Field required", 0},
    {"{\"Id\":1,\"evenT\":2}", "missing", "occurred", "Field required", 0},

    {"5", "model_attributes_type", "",
     "Input should be a valid dictionary or object to extract fields from", 0},
    {"null", "model_attributes_type", "",
     "Input should be a valid dictionary or object to extract fields from", 0},
    {"[]", "model_attributes_type", "",
     "Input should be a valid dictionary or object to extract fields from", 0},

    {"{\"occurred\":\"yesterday\"," NAME "," ID "," RES "}", "value_error", "occurred",
     "Value error, Unable to parse string [yesterday]", 0},
    {"{\"occurred\":\"\"," NAME "," ID "," RES "}", "value_error", "occurred",
     "Value error, Unable to parse string []", 0},
    {"{\"occurred\":\"2026-02-30T00:00:00Z\"," NAME "," ID "," RES "}", "value_error",
     "occurred", "Value error, Unable to parse string [2026-02-30T00:00:00Z]", 0},
    {"{\"occurred\":\"a\\u0007\\u0000b\"," NAME "," ID "," RES "}", "value_error",
     "occurred", "Value error, Unable to parse string [a??b]", 0},
    {"{\"occurred\":1e99," NAME "," ID "," RES "}", "value_error", "occurred",
     "Value error, Unable to parse string [1e99]", 0},
    {"{\"occurred\":null," NAME "," ID "," RES "}", "datetime_type", "occurred",
     "Input should be a valid datetime", 0},
    {"{\"occurred\":true," NAME "," ID "," RES "}", "datetime_type", "occurred",
     "Input should be a valid datetime", 0},
    {"{\"occurred\":{}," NAME "," ID "," RES "}", "datetime_type", "occurred",
     "Input should be a valid datetime", 0},

    {"{" TIME ",\"event\":5," ID "," RES "}", "string_type", "event", STRING_TYPE, 0},
    {"{" TIME ",\"event\":null," ID "," RES "}", "string_type", "event", STRING_TYPE, 0},
    {"{" TIME ",\"event\":[\"e\"]," ID "," RES "}", "string_type", "event", STRING_TYPE,
     0},
    {"{" TIME ",\"event\":\"\\ud800\"," ID "," RES "}", "string_unicode", "event",
     NO_UNICODE, 0},

    {"{" TIME "," NAME ",\"id\":null," RES "}", "uuid_type", "id",
     "UUID input should be a string, bytes or UUID object", 0},
    {"{" TIME "," NAME ",\"id\":5," RES "}", "uuid_type", "id",
     "UUID input should be a string, bytes or UUID object", 0},
    {"{" TIME "," NAME ",\"id\":\"zzz\"," RES "}", "uuid_parsing", "id",
     BAD_UUID "character: found `z` at 0", 0},
    {"{" TIME "," NAME ",\"id\":\"{0\xc3\xa9}\"," RES "}", "uuid_parsing", "id",
     BAD_UUID "character: found `\xc3\xa9` at 2", 0},
    {"{" TIME "," NAME ",\"id\":\"\"," RES "}", "uuid_parsing", "id",
     BAD_UUID "length: expected length 32 for simple format, found 0", 0},
    {"{" TIME "," NAME ",\"id\":\"01a2036f3ff57bad8627db9441e65be\"," RES "}",
     "uuid_parsing", "id",
     BAD_UUID "length: expected length 32 for simple format, found 31", 0},
    {"{" TIME "," NAME ",\"id\":\"01a2036f-3ff5-7bad-8627db9441e65bed\"," RES "}",
     "uuid_parsing", "id", BAD_UUID "group count: expected 5, found 4", 0},
    {"{" TIME "," NAME ",\"id\":\"01a2036f-3ff5-7ba-8627-db9441e65bed\"," RES "}",
     "uuid_parsing", "id", BAD_UUID "group length in group 2: expected 4, found 3", 0},
    {"{" TIME "," NAME ",\"id\":\"01a2036f-3ff5-7bad-8627-db9441e65bedf\"," RES "}",
     "uuid_parsing", "id", BAD_UUID "group length in group 4: expected 12, found 13", 0},
    {"{" TIME "," NAME "," ID "," RES ",\"follows\":\"zzz\"}", "uuid_parsing", "follows",
     BAD_UUID "character: found `z` at 0", 0},
    {"{" TIME "," NAME "," ID "," RES ",\"follows\":false}", "uuid_type", "follows",
     "UUID input should be a string, bytes or UUID object", 0},

    {"{" TIME "," NAME "," ID ",\"resource\":null}", "dict_type", "resource", DICT_TYPE,
     0},
    {"{" TIME "," NAME "," ID ",\"resource\":[]}", "dict_type", "resource", DICT_TYPE, 0},
    {"{" TIME "," NAME "," ID ",\"resource\":\"r\"}", "dict_type", "resource", DICT_TYPE,
     0},
    {"{" TIME "," NAME "," ID ",\"resource\":{}}", "value_error", "resource", NO_ID, 0},
    {"{" TIME "," NAME "," ID ",\"resource\":{\"prefect.resource.name\":\"x\"}}",
     "value_error", "resource", NO_ID, 0},
    {"{" TIME "," NAME "," ID ",\"resource\":{\"prefect.resource.id\":\"\"}}",
     "value_error", "resource", EMPTY_ID, 0},
    {"{" TIME "," NAME "," ID ",\"resource\":{\"prefect.resource.id\":5}}", "string_type",
     "resource.prefect.resource.id", STRING_TYPE, 0},
    {"{" TIME "," NAME "," ID ",\"resource\":{\"prefect.resource.id\":\"a\",\"n\":null}}",
     "string_type", "resource.n", STRING_TYPE, 0},
    {"{" TIME "," NAME "," ID
     ",\"resource\":{\"prefect.resource.id\":\"a\",\"n\":{\"x\":[1]}}}",
     "string_type", "resource.n", STRING_TYPE, 0},
    {"{" TIME "," NAME "," ID
     ",\"resource\":{\"n\":\"x\",\"prefect.resource.id\":\"a\",\"n\":1}}",
     "string_type", "resource.n", STRING_TYPE, 0},
    {"{" TIME "," NAME "," ID ",\"resource\":{\"prefect.resource.id\":\"\\udfff\"}}",
     "string_unicode", "resource.prefect.resource.id", NO_UNICODE, 0},
    {"{" TIME "," NAME "," ID
     ",\"resource\":{\"prefect.resource.id\":\"a\",\"\\ud800\":\"x\"}}",
     "string_unicode", "resource.\xef\xbf\xbd", NO_UNICODE, 0},

    {"{" TIME "," NAME "," ID "," RES ",\"related\":null}", "list_type", "related",
     "Input should be a valid list", 0},
    {"{" TIME "," NAME "," ID "," RES ",\"related\":{}}", "list_type", "related",
     "Input should be a valid list", 0},
    {"{" TIME "," NAME "," ID "," RES ",\"related\":[5]}", "dict_type", "related[0]",
     DICT_TYPE, 0},
    {"{" TIME "," NAME "," ID "," RES ",\"related\":[" REL ",[]]}", "dict_type",
     "related[1]", DICT_TYPE, 0},
    {"{" TIME "," NAME "," ID "," RES ",\"related\":[" REL "," REL
     ",{\"prefect.resource.id\":\"r\"}]}",
     "value_error", "related[2]", NO_ROLE, 0},
    {"{" TIME "," NAME "," ID "," RES ",\"related\":[{\"prefect.resource.role\":\"r\"}]}",
     "value_error", "related[0]", NO_ID, 0},
    {"{" TIME "," NAME "," ID "," RES
     ",\"related\":[{\"prefect.resource.id\":\"a\",\"prefect.resource.role\":\"\"}]}",
     "value_error", "related[0]", EMPTY_ROLE, 0},
    {"{" TIME "," NAME "," ID "," RES
     ",\"related\":[{\"prefect.resource.id\":\"a\",\"prefect.resource.role\":true}]}",
     "string_type", "related[0].prefect.resource.role", STRING_TYPE, 0},

    {"{" TIME "," NAME "," ID "," RES ",\"payload\":[]}", "dict_type", "payload",
     DICT_TYPE, 0},
    {"{" TIME "," NAME "," ID "," RES ",\"payload\":null}", "dict_type", "payload",
     DICT_TYPE, 0},
    {"{" TIME "," NAME "," ID "," RES ",\"payload\":\"{}\"}", "dict_type", "payload",
     DICT_TYPE, 0},
    /* The last of duplicates decides, also when it is the wrong one. */
    {"{" TIME "," NAME "," ID "," RES ",\"id\":1}", "uuid_type", "id",
     "UUID input should be a string, bytes or UUID object", 0},
    /* Of several problems the first in Prefect's order is told. */
    {"{" TIME ",\"id\":1,\"resource\":1,\"event\":1}", "string_type", "event",
     STRING_TYPE, 0},
    {"{\"related\":1,\"id\":1}", "missing", "occurred", "Field required", 0},
};

static const refusal bodies[] = {
    {"", "missing", "", "Field required", -1},
    {" \n ", "missing", "", "Field required", -1},
    {"{}", "list_type", "", "Input should be a valid list", -1},
    {GOOD, "list_type", "", "Input should be a valid list", -1},
    {"5", "list_type", "", "Input should be a valid list", -1},
    {"null", "list_type", "", "Input should be a valid list", -1},
    {"\"[]\"", "list_type", "", "Input should be a valid list", -1},
    {"nope", "json_invalid", "", BAD_JSON "Expecting value", -1},
    {"{]", "json_invalid", "",
     BAD_JSON "Expecting property name enclosed in double quotes", -1},
    {"{\"a\":1", "json_invalid", "", BAD_JSON "Unexpected end of data", -1},
    {"[", "json_invalid", "", BAD_JSON "Unexpected end of data", -1},
    {"[{", "json_invalid", "", BAD_JSON "Unexpected end of data", 0},
    {"[" GOOD, "json_invalid", "", BAD_JSON "Unexpected end of data", -1},
    {"[" GOOD ",", "json_invalid", "", BAD_JSON "Unexpected end of data", -1},
    {"[" GOOD ",]", "json_invalid", "", BAD_JSON "Illegal trailing comma before end", -1},
    {"[" GOOD " " GOOD "]", "json_invalid", "", BAD_JSON "Expecting ',' delimiter", -1},
    {"[" GOOD "]]", "json_invalid", "", BAD_JSON "Extra data", -1},
    {"[] []", "json_invalid", "", BAD_JSON "Extra data", -1},
    {"[]x", "json_invalid", "", BAD_JSON "Extra data", -1},
    {"[" GOOD "," GOOD ",{\"occurred\"}]", "json_invalid", "",
     BAD_JSON "Expecting ':' delimiter", 2},
    {"[" GOOD ",{" TIME ",\"x\":tru}]", "json_invalid", "", BAD_JSON "Expecting value",
     1},
    {"[\"\xff\"]", "json_invalid", "", BAD_JSON "Invalid UTF-8", -1},
    {"\xef\xbb\xbf[]", "json_invalid", "", BAD_JSON "Expecting value", -1},
    {"[{\"a\nb\":1}]", "json_invalid", "", BAD_JSON "Invalid control character", 0},
    {"[{\"a\\q\":1}]", "json_invalid", "", BAD_JSON "Invalid \\escape", 0},
    {"[{\"a\\u00zz\":1}]", "json_invalid", "", BAD_JSON "Invalid \\uXXXX escape", 0},
    {"[{\"a]", "json_invalid", "", BAD_JSON "Unterminated string", 0},
    {"[" GOOD ",{" NAME "," ID "," RES "}]", "missing", "occurred", "Field required", 1},
};

static void check(const char *json, size_t len, const tcn_event_limits *limits,
                  const refusal *expected, bool is_too_large)
{
    tcn_arena arena;
    tcn_arena_init(&arena, 0);
    tcn_event *list = NULL;
    size_t count = 0;
    tcn_event_error err = {0};
    int rc =
        tcn_event_decode_list(tcn_str_of(json, len), limits, &arena, &list, &count, &err);
    if (rc == 0)
        fail_msg("%.200s was taken", json);
    if (strcmp(err.type, expected->type) != 0 || strcmp(err.path, expected->path) != 0 ||
        strcmp(err.text, expected->text) != 0 || err.index != expected->index)
        fail_msg("%.200s: %s [%lld] %s: %s", json, err.type, (long long)err.index,
                 err.path, err.text);
    assert_int_equal(rc, is_too_large ? TCN_E_LIMIT : TCN_E_INVALID);
    assert_int_equal(err.is_too_large, is_too_large);
    assert_true(err.offset <= len);
    assert_null(list);
    tcn_arena_deinit(&arena);
}

static void wrong_events_are_told_by_field(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        tcn_buf json;
        tcn_buf_init(&json, SIZE_MAX);
        (void)tcn_buf_printf(&json, "[%s]", events[i].json);
        check(json.ptr, json.len, &tcn_event_limits_default, &events[i], false);
        tcn_buf_deinit(&json);
    }
}

static void wrong_bodies_are_told_by_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        check(bodies[i].json, strlen(bodies[i].json), &tcn_event_limits_default,
              &bodies[i], false);
}

static void numbers_of_things_are_limited(void **state)
{
    (void)state;
    tcn_buf json;
    tcn_buf_init(&json, SIZE_MAX);
    (void)tcn_buf_add_c(&json, "[{" TIME "," NAME "," ID
                               ",\"resource\":{\"prefect.resource.id\":\"a\"");
    for (int i = 0; i < 500; i++)
        (void)tcn_buf_printf(&json, ",\"l%d\":\"v\"", i);
    (void)tcn_buf_add_c(&json, "}}]");
    check(json.ptr, json.len, &tcn_event_limits_default,
          &(refusal){"", "value_error", "resource",
                     "Value error, The maximum number of labels per resource is 500", 0},
          false);
    tcn_buf_reset(&json);
    (void)tcn_buf_add_c(&json, "[{" TIME "," NAME "," ID "," RES ",\"related\":[" REL);
    for (int i = 0; i < 100; i++)
        (void)tcn_buf_add_c(&json, "," REL);
    (void)tcn_buf_add_c(&json, "]}]");
    check(json.ptr, json.len, &tcn_event_limits_default,
          &(refusal){"", "value_error", "related",
                     "Value error, The maximum number of related resources is 100", 0},
          false);
    tcn_buf_reset(&json);
    (void)tcn_buf_add_c(&json, "[{" TIME "," ID "," RES ",\"event\":\"");
    for (int i = 0; i < 1025; i++)
        (void)tcn_buf_add_c(&json, "\xc3\xa9");
    (void)tcn_buf_add_c(&json, "\"}]");
    check(json.ptr, json.len, &tcn_event_limits_default,
          &(refusal){"", "value_error", "event",
                     "Value error, Event name must be at most 1024 characters", 0},
          false);
    tcn_buf_deinit(&json);
}

static void what_is_too_large_is_told_so(void **state)
{
    (void)state;
    static const char two[] = "[" GOOD "," GOOD "]";
    tcn_event_limits limits = tcn_event_limits_default;
    limits.batch_events = 1;
    check(two, strlen(two), &limits,
          &(refusal){"", "too_large", "", "More than 1 events in one request", 1}, true);
    limits = tcn_event_limits_default;
    limits.event_size = strlen(GOOD) - 1;
    char text[64];
    (void)snprintf(text, sizeof text, "Event is larger than %zu bytes",
                   limits.event_size);
    check(two, strlen(two), &limits, &(refusal){"", "too_large", "", text, 0}, true);
    limits = tcn_event_limits_default;
    limits.json_strings = 7;
    check(two, strlen(two), &limits,
          &(refusal){"", "too_large", "", "Event holds more than 7 strings", 0}, true);
}

static void the_offset_names_the_byte(void **state)
{
    (void)state;
    static const char json[] =
        "[{" TIME "," NAME "," ID "," RES ",\"payload\":{\"a\":01}}]";
    tcn_arena arena;
    tcn_arena_init(&arena, 0);
    tcn_event *list = NULL;
    size_t count = 0;
    tcn_event_error err = {0};
    (void)tcn_event_decode_list(tcn_str_c(json), &tcn_event_limits_default, &arena, &list,
                                &count, &err);
    assert_int_equal(json[err.offset], '1');
    static const char wrong[] = "[{" TIME "," NAME ",\"id\":[]," RES "}]";
    (void)tcn_event_decode_list(tcn_str_c(wrong), &tcn_event_limits_default, &arena,
                                &list, &count, &err);
    assert_int_equal(strncmp(wrong + err.offset, "[],", 3), 0);
    tcn_arena_deinit(&arena);
}

/* Every beginning of a text, each in memory of exactly its size. */
static void check_truncated(const char *json, size_t len)
{
    tcn_arena arena;
    tcn_arena_init(&arena, 0);
    for (size_t cut = 0; cut < len; cut++) {
        char *part = malloc(cut + 1);
        assert_non_null(part);
        memcpy(part + 1, json, cut);
        tcn_arena_reset(&arena, SIZE_MAX);
        tcn_event *list = NULL;
        size_t count = 0;
        tcn_event_error err = {0};
        int rc =
            tcn_event_decode_list(tcn_str_of(part + 1, cut), &tcn_event_limits_default,
                                  &arena, &list, &count, &err);
        if (rc != TCN_E_INVALID)
            fail_msg("cut at %zu: %d", cut, rc);
        if (strcmp(err.type, "json_invalid") != 0 && cut != 0)
            fail_msg("cut at %zu: %s %s", cut, err.type, err.text);
        assert_true(err.offset <= cut);
        free(part);
    }
    tcn_arena_deinit(&arena);
}

static void truncated_bodies_are_refused_at_every_byte(void **state)
{
    (void)state;
    FILE *file = fopen(SAMPLE, "r");
    assert_non_null(file);
    char *line = NULL;
    size_t room = 0;
    ssize_t len = 0;
    for (int i = 0; i < 40 && (len = getline(&line, &room, file)) > 0; i++) {
        tcn_buf json;
        tcn_buf_init(&json, SIZE_MAX);
        (void)tcn_buf_printf(&json, "[%.*s]", (int)len - 1, line);
        check_truncated(json.ptr, json.len);
        tcn_buf_deinit(&json);
    }
    free(line);
    (void)fclose(file);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(wrong_events_are_told_by_field),
    cmocka_unit_test(wrong_bodies_are_told_by_place),
    cmocka_unit_test(numbers_of_things_are_limited),
    cmocka_unit_test(what_is_too_large_is_told_so),
    cmocka_unit_test(the_offset_names_the_byte),
    cmocka_unit_test(truncated_bodies_are_refused_at_every_byte),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
