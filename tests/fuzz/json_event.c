/* SPDX-License-Identifier: Apache-2.0 */
/* json_event.c - the decoder of events against jansson and against itself: it takes no
 * text that is not JSON, calls no JSON broken, and what it took comes out of the encoder
 * the same. */
#include <jansson.h>
#include <stdlib.h>

#include "core/event/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_so)
{
    if (!is_so)
        abort();
}

/* jansson refuses numbers beyond its types and lone surrogates; both are JSON. */
static bool is_beyond_jansson(tcn_str json, json_error_t *error)
{
    return json_error_code(error) == json_error_numeric_overflow ||
           json_error_code(error) == json_error_stack_overflow ||
           tcn_str_find(json, TCN_STR("\\u")) != SIZE_MAX;
}

static void compare_with_jansson(tcn_str json, int rc, const tcn_event_error *err)
{
    /* It passes by a NUL byte behind a literal. */
    if (json.len != 0 && memchr(json.ptr, '\0', json.len) != NULL)
        return;
    json_error_t error = {0};
    json_t *root =
        json_loadb(json.ptr, json.len,
                   JSON_ALLOW_NUL | JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, &error);
    if (rc == 0)
        require(root != NULL || is_beyond_jansson(json, &error));
    else if (strcmp(err->type, "json_invalid") == 0)
        require(root == NULL || strstr(err->text, "Nested too deeply") != NULL);
    json_decref(root);
}

static void compare_text(tcn_str a, tcn_str b)
{
    require(tcn_str_eq(a, b));
}

static void compare_resource(const tcn_resource *a, const tcn_resource *b)
{
    require(a->count == b->count);
    compare_text(a->id, b->id);
    compare_text(a->role, b->role);
    for (uint32_t i = 0; i < a->count; i++) {
        compare_text(a->labels[i].key, b->labels[i].key);
        compare_text(a->labels[i].value, b->labels[i].value);
    }
}

static void compare_events(const tcn_event *a, const tcn_event *b)
{
    require(tcn_uuid_eq(&a->id, &b->id));
    require(a->occurred_at_us == b->occurred_at_us &&
            a->received_at_us == b->received_at_us);
    require(a->has_follows == b->has_follows && a->related_count == b->related_count);
    require(!a->has_follows || tcn_uuid_eq(&a->follows, &b->follows));
    compare_text(a->name, b->name);
    compare_resource(&a->resource, &b->resource);
    for (uint32_t i = 0; i < a->related_count; i++)
        compare_resource(&a->related[i], &b->related[i]);
}

static void check_round_trip(const tcn_event *event)
{
    tcn_event *copy = tcn_event_copy(event);
    require(copy != NULL);
    compare_events(event, copy);
    tcn_buf out;
    tcn_buf_init(&out, SIZE_MAX);
    require(tcn_event_encode(copy, &out) == 0);
    tcn_arena arena;
    tcn_arena_init(&arena, 0);
    tcn_event again;
    tcn_event_limits limits = tcn_event_limits_default;
    limits.event_size = SIZE_MAX;
    require(tcn_event_decode(tcn_buf_str(&out), &limits, &arena, &again, NULL) == 0);
    compare_events(event, &again);
    tcn_arena_deinit(&arena);
    tcn_buf_deinit(&out);
    tcn_event_free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tcn_str json = tcn_str_of((const char *)data, size);
    tcn_arena arena;
    tcn_arena_init(&arena, 0);
    tcn_event event;
    tcn_event_error err = {0};
    int rc = tcn_event_decode(json, &tcn_event_limits_default, &arena, &event, &err);
    compare_with_jansson(json, rc, &err);
    if (rc == 0)
        check_round_trip(&event);
    require(rc == 0 || err.offset <= size);

    tcn_event *events = NULL;
    size_t count = 0;
    rc = tcn_event_decode_list(json, &tcn_event_limits_default, &arena, &events, &count,
                               &err);
    compare_with_jansson(json, rc, &err);
    for (size_t i = 0; rc == 0 && i < count; i++)
        check_round_trip(&events[i]);
    require(rc == 0 || err.offset <= size);
    tcn_arena_deinit(&arena);
    return 0;
}
