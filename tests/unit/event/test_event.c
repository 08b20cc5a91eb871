/* SPDX-License-Identifier: Apache-2.0 */
/* test_event.c - labels, copies and the encoded form. */
#include "core/event/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "core/event/decode.h"

#define ID "\"id\":\"01a2036f-3ff5-7bad-8627-db9441e65bed\""

static const char rich[] =
    "{\"occurred\":\"2026-01-02T03:04:05.5Z\",\"event\":\"e\\u0041\"," ID ",\"resource\":"
    "{\"prefect.resource.id\":\"r\",\"esc\\naped\":\"\\u00e9\",\"plain\":\"\"},\"related\":["
    "{\"prefect.resource.id\":\"a\",\"prefect.resource.role\":\"x\"},"
    "{\"prefect.resource.id\":\"b\\t\",\"prefect.resource.role\":\"y\"}],"
    "\"payload\":{\n\t\"k\":\n[1,\r\n2]},\"follows\":\"0199aaaa-0000-7000-8000-000000000001\"}";

static const char rich_encoded[] =
    "{\"occurred\":\"2026-01-02T03:04:05.500000Z\",\"event\":\"eA\",\"resource\":"
    "{\"prefect.resource.id\":\"r\",\"esc\\naped\":\"\xc3\xa9\",\"plain\":\"\"},\"related\":["
    "{\"prefect.resource.id\":\"a\",\"prefect.resource.role\":\"x\"},"
    "{\"prefect.resource.id\":\"b\\t\",\"prefect.resource.role\":\"y\"}],"
    "\"payload\":{\t\"k\":[1,2]}," ID
    ",\"follows\":\"0199aaaa-0000-7000-8000-000000000001\"";

static tcn_event decode(tcn_arena *arena, tcn_str json)
{
    tcn_event event;
    tcn_event_error err = {0};
    if (tcn_event_decode(json, &tcn_event_limits_default, arena, &event, &err) != 0)
        fail_msg("%s", err.text);
    return event;
}

static char *encoded(const tcn_event *event)
{
    tcn_buf out;
    tcn_buf_init(&out, SIZE_MAX);
    assert_int_equal(tcn_event_encode(event, &out), 0);
    return tcn_buf_take(&out, NULL);
}

static void is_encoded_on_one_line(void **state)
{
    (void)state;
    tcn_arena arena;
    tcn_arena_init(&arena, 0);
    tcn_event event = decode(&arena, tcn_str_c(rich));
    char *text = encoded(&event);
    assert_int_equal(strncmp(text, rich_encoded, strlen(rich_encoded)), 0);
    assert_string_equal(text + strlen(rich_encoded), "}");
    free(text);
    event.received_at_us = 1;
    text = encoded(&event);
    assert_string_equal(text + strlen(rich_encoded),
                        ",\"received\":\"1970-01-01T00:00:00.000001Z\"}");
    free(text);
    tcn_arena_deinit(&arena);
}

static void a_copy_stands_alone(void **state)
{
    (void)state;
    tcn_arena arena;
    tcn_arena_init(&arena, 0);
    char *json = strdup(rich);
    assert_non_null(json);
    tcn_event event = decode(&arena, tcn_str_c(json));
    event.position = 77;
    event.depth = 3;
    tcn_event *copy = tcn_event_copy(&event);
    assert_non_null(copy);
    memset(json, 'x', strlen(rich));
    free(json);
    tcn_arena_deinit(&arena);
    char *text = encoded(copy);
    assert_int_equal(strncmp(text, rich_encoded, strlen(rich_encoded)), 0);
    free(text);
    assert_true(tcn_str_eq_c(copy->source, rich));
    assert_true(tcn_str_eq_c(copy->related[1].role, "y"));
    assert_int_equal(copy->position, 77);
    assert_int_equal(copy->depth, 3);
    tcn_event *again = tcn_event_copy(copy);
    assert_non_null(again);
    tcn_event_free(copy);
    text = encoded(again);
    assert_int_equal(strncmp(text, rich_encoded, strlen(rich_encoded)), 0);
    free(text);
    tcn_event_free(again);
    tcn_event_free(NULL);
}

static void events_of_our_own_have_no_source(void **state)
{
    (void)state;
    tcn_label label = {TCN_STR("prefect.resource.id"), TCN_STR("r")};
    tcn_event event = {
        .name = TCN_STR("own"),
        .resource = {.labels = &label, .count = 1, .id = label.value},
    };
    tcn_event *copy = tcn_event_copy(&event);
    assert_non_null(copy);
    char *text = encoded(copy);
    assert_string_equal(
        text, "{\"occurred\":\"1970-01-01T00:00:00Z\",\"event\":\"own\",\"resource\":"
              "{\"prefect.resource.id\":\"r\"},\"related\":[],\"payload\":{},"
              "\"id\":\"00000000-0000-0000-0000-000000000000\",\"follows\":null}");
    free(text);
    assert_int_equal(copy->source.len, 0);
    tcn_event_free(copy);
}

static void labels_are_found_by_their_key(void **state)
{
    (void)state;
    tcn_arena arena;
    tcn_arena_init(&arena, 0);
    tcn_event event = decode(&arena, tcn_str_c(rich));
    const tcn_str *value = tcn_resource_label(&event.resource, TCN_STR("esc\naped"));
    assert_non_null(value);
    assert_true(tcn_str_eq_c(*value, "\xc3\xa9"));
    assert_null(tcn_resource_label(&event.resource, TCN_STR("absent")));
    tcn_arena_deinit(&arena);
}

static void a_full_buffer_is_an_error(void **state)
{
    (void)state;
    tcn_arena arena;
    tcn_arena_init(&arena, 0);
    tcn_event event = decode(&arena, tcn_str_c(rich));
    tcn_buf out;
    tcn_buf_init(&out, 50);
    assert_int_equal(tcn_event_encode(&event, &out), TCN_E_LIMIT);
    tcn_buf_deinit(&out);
    tcn_arena_deinit(&arena);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(is_encoded_on_one_line),
    cmocka_unit_test(a_copy_stands_alone),
    cmocka_unit_test(events_of_our_own_have_no_source),
    cmocka_unit_test(labels_are_found_by_their_key),
    cmocka_unit_test(a_full_buffer_is_an_error),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
