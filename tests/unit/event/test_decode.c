/* SPDX-License-Identifier: Apache-2.0 */
/* test_decode.c - what is read out of well-formed events: recorded ones and corner cases.
 */
#include "core/event/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "core/base/datetime.h"

#define SAMPLE "tests/data/events/sample.ndjson"
#define ID     "\"id\":\"01a2036f-3ff5-7bad-8627-db9441e65bed\""
#define HEAD   "\"occurred\":\"2026-01-02T03:04:05Z\",\"event\":\"e\"," ID
#define RES    "\"resource\":{\"prefect.resource.id\":\"r\"}"

typedef struct fixture {
    tcn_arena arena;
    tcn_event event;
    tcn_event_error err;
} fixture;

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    if (f == NULL)
        return -1;
    tcn_arena_init(&f->arena, 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    tcn_arena_deinit(&f->arena);
    free(f);
    return 0;
}

static const tcn_event *decode(fixture *f, const char *json)
{
    int rc = tcn_event_decode(tcn_str_c(json), &tcn_event_limits_default, &f->arena,
                              &f->event, &f->err);
    if (rc != 0)
        fail_msg("%s: %s: %s", json, f->err.type, f->err.text);
    return &f->event;
}

static void assert_str(tcn_str s, const char *expected)
{
    if (!tcn_str_eq_c(s, expected))
        fail_msg("\"%.*s\" is not \"%s\"", TCN_STR_ARG(s), expected);
}

static void recorded_events_come_out_as_they_went_in(void **state)
{
    fixture *f = *state;
    FILE *file = fopen(SAMPLE, "r");
    assert_non_null(file);
    char *line = NULL;
    size_t room = 0, count = 0;
    ssize_t len = 0;
    tcn_buf out;
    tcn_buf_init(&out, SIZE_MAX);
    while ((len = getline(&line, &room, file)) > 0) {
        tcn_arena_reset(&f->arena, SIZE_MAX);
        tcn_buf_reset(&out);
        const tcn_event *event = decode(f, line);
        assert_int_equal(tcn_event_encode(event, &out), 0);
        (void)tcn_buf_add_char(&out, '\n');
        assert_string_equal(out.ptr, line);
        assert_int_equal(event->source.len, len - 1);
        count++;
    }
    assert_int_equal(count, 116);
    free(line);
    tcn_buf_deinit(&out);
    (void)fclose(file);
}

static void fields_come_in_any_order_with_any_white_space(void **state)
{
    const tcn_event *event = decode(
        *state,
        " \n{ \"payload\" : { \"a\" : [ 1 , 2 ] } ,\t\"id\" :\r\n"
        "\"01A2036F3FF57BAD8627DB9441E65BED\", \"related\" : [ { "
        "\"prefect.resource.role\" : \"x\" , \"prefect.resource.id\" : \"y\" } ] , "
        "\"resource\" : { \"prefect.resource.id\" : \"r\" , \"k\" : \"\" } , "
        "\"event\" : \"e\" , \"occurred\" : \"2026-01-02 03:04\" } \n ");
    assert_str(event->name, "e");
    assert_str(event->payload, "{ \"a\" : [ 1 , 2 ] }");
    assert_str(event->resource.id, "r");
    assert_int_equal(event->resource.count, 2);
    assert_str(*tcn_resource_label(&event->resource, TCN_STR("k")), "");
    assert_int_equal(event->related_count, 1);
    assert_str(event->related[0].role, "x");
    assert_str(event->related[0].id, "y");
    char id[TCN_UUID_TEXT + 1];
    assert_string_equal(tcn_uuid_format(&event->id, id),
                        "01a2036f-3ff5-7bad-8627-db9441e65bed");
    assert_false(event->has_follows);
    assert_int_equal(event->source.ptr[0], '{');
    assert_int_equal(event->source.ptr[event->source.len - 1], '}');
}

static void what_may_be_absent_has_its_default(void **state)
{
    const tcn_event *event = decode(*state, "{" HEAD "," RES "}");
    assert_str(event->payload, "{}");
    assert_int_equal(event->related_count, 0);
    assert_false(event->has_follows);
    assert_int_equal(event->received_at_us, 0);
    assert_int_equal(event->depth, 0);
    assert_int_equal(event->position, 0);
    assert_int_equal(event->resource.role.len, 0);
    decode(*state, "{" HEAD "," RES ",\"follows\":null,\"related\":[],\"payload\":{}}");
}

static void an_event_name_may_be_empty(void **state)
{
    const tcn_event *event =
        decode(*state, "{\"occurred\":0,\"event\":\"\"," ID "," RES "}");
    assert_int_equal(event->name.len, 0);
    assert_non_null(event->name.ptr);
}

static void times_are_text_or_numbers(void **state)
{
    static const struct {
        const char *json;
        int64_t at_us;
    } forms[] = {
        {"1795354723.636032", INT64_C(1795354723636032)},
        {"1795354723", INT64_C(1795354723000000)},
        {"1795354723636", INT64_C(1795354723636000)},
        {"-1", -1000000},
        {"\"2026-11-22T10:00:00.5+02:00\"", INT64_C(1795334400500000)},
        {"\"2026-11-22T10:00:00\"", INT64_C(1795341600000000)},
        {"\"2026-11-22T10:00:00.123456789Z\"", INT64_C(1795341600123456)},
        {"\"2026-11-2\\u0032T10:00:00Z\"", INT64_C(1795341600000000)},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        char json[300];
        (void)snprintf(json, sizeof json,
                       "{\"occurred\":%s,\"event\":\"e\"," ID "," RES "}", forms[i].json);
        const tcn_event *event = decode(*state, json);
        if (event->occurred_at_us != forms[i].at_us)
            fail_msg("%s is %lld", forms[i].json, (long long)event->occurred_at_us);
    }
}

static void escapes_become_text(void **state)
{
    const tcn_event *event =
        decode(*state, "{\"occurred\":0,\"\\u0065vent\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t"
                       "\\u00e9\\ud83d\\ude00\\uFFFF long enough to need two steps\"," ID
                       "," RES "}");
    assert_str(event->name, "\"\\/\b\f\n\r\t\xc3\xa9\xf0\x9f\x98\x80\xef\xbf\xbf"
                            " long enough to need two steps");
    event =
        decode(*state, "{" HEAD ",\"resource\":{\"prefect.resource.id\":\"a\\u0000b\"}}");
    assert_int_equal(event->resource.id.len, 3);
    assert_memory_equal(event->resource.id.ptr, "a\0b", 3);
}

static void text_without_escapes_is_borrowed(void **state)
{
    static const char json[] = "{" HEAD "," RES "}";
    const tcn_event *event = decode(*state, json);
    assert_true(event->name.ptr > json && event->name.ptr < json + sizeof json);
    assert_true(event->resource.id.ptr > json &&
                event->resource.id.ptr < json + sizeof json);
}

static void the_last_of_duplicate_fields_wins(void **state)
{
    const tcn_event *event = decode(
        *state,
        "{\"event\":\"first\",\"id\":5,\"resource\":[],\"related\":{},\"payload\":3,"
        "\"follows\":\"no\",\"occurred\":null," HEAD "," RES
        ",\"related\":[],\"payload\":{\"x\":1},\"follows\":null}");
    assert_str(event->name, "e");
    assert_str(event->payload, "{\"x\":1}");
    assert_false(event->has_follows);
    event =
        decode(*state, "{" HEAD "," RES ",\"related\":[{\"prefect.resource.id\":\"a\","
                       "\"prefect.resource.role\":\"b\"}],\"related\":[]}");
    assert_int_equal(event->related_count, 0);
}

static void a_duplicate_label_keeps_its_place_and_takes_the_last_value(void **state)
{
    const tcn_event *event =
        decode(*state, "{" HEAD ",\"resource\":{\"a\":7,\"prefect.resource.id\":\"old\","
                       "\"b\":\"2\",\"prefect.resource.id\":\"new\",\"\\u0061\":\"1\"}}");
    assert_int_equal(event->resource.count, 3);
    assert_str(event->resource.labels[0].key, "a");
    assert_str(event->resource.labels[0].value, "1");
    assert_str(event->resource.labels[1].value, "new");
    assert_str(event->resource.id, "new");
}

/* Beyond a few labels duplicates are found by hash. */
static void many_labels_are_kept_in_order(void **state)
{
    tcn_buf json;
    tcn_buf_init(&json, SIZE_MAX);
    (void)tcn_buf_add_c(&json, "{" HEAD ",\"resource\":{\"prefect.resource.id\":\"r\"");
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 499; i++)
            (void)tcn_buf_printf(&json, ",\"prefect.label.%d\":\"%d\"", i, i + round);
    }
    (void)tcn_buf_add_c(&json, "}}");
    const tcn_event *event = decode(*state, json.ptr);
    assert_int_equal(event->resource.count, 500);
    for (uint32_t i = 1; i < 500; i++) {
        char key[40], value[40];
        (void)snprintf(key, sizeof key, "prefect.label.%u", i - 1);
        (void)snprintf(value, sizeof value, "%u", i + 1);
        assert_str(event->resource.labels[i].key, key);
        assert_str(event->resource.labels[i].value, value);
    }
    tcn_buf_deinit(&json);
}

static void received_counts_in_stored_events_only(void **state)
{
    fixture *f = *state;
    static const char json[] =
        "[{" HEAD "," RES ",\"received\":\"2000-01-01T00:00:00Z\"}]";
    tcn_event *events = NULL;
    size_t count = 0;
    assert_int_equal(tcn_event_decode_list(tcn_str_c(json), &tcn_event_limits_default,
                                           &f->arena, &events, &count, &f->err),
                     0);
    assert_int_equal(count, 1);
    assert_int_equal(events[0].received_at_us, 0);
    const tcn_event *event =
        decode(f, "{" HEAD "," RES ",\"received\":\"2000-01-01T00:00:00Z\"}");
    assert_int_equal(event->received_at_us, INT64_C(946684800) * TCN_SECOND_US);
    event = decode(f, "{" HEAD "," RES ",\"received\":\"sometime\"}");
    assert_int_equal(event->received_at_us, 0);
}

static void lists_are_decoded_whole(void **state)
{
    fixture *f = *state;
    tcn_buf json;
    tcn_buf_init(&json, SIZE_MAX);
    (void)tcn_buf_add_c(&json, " [");
    for (int i = 0; i < 1000; i++)
        (void)tcn_buf_printf(&json, "%s{\"occurred\":%d,\"event\":\"\"," ID "," RES "}",
                             i != 0 ? " , " : "", i);
    (void)tcn_buf_add_c(&json, "] ");
    tcn_event *events = NULL;
    size_t count = 0;
    assert_int_equal(tcn_event_decode_list(tcn_buf_str(&json), &tcn_event_limits_default,
                                           &f->arena, &events, &count, &f->err),
                     0);
    assert_int_equal(count, 1000);
    assert_int_equal(events[999].occurred_at_us, 999 * TCN_SECOND_US);
    assert_int_equal(tcn_event_decode_list(TCN_STR("[ ]"), &tcn_event_limits_default,
                                           &f->arena, &events, &count, NULL),
                     0);
    assert_int_equal(count, 0);
    tcn_buf_deinit(&json);
}

/* Each step of memory on the way fails once. */
static void out_of_memory_is_an_error(void **state)
{
    (void)state;
    static const char json[] =
        "[{" HEAD "," RES ",\"related\":[{\"prefect.resource.id\":\"\\u0061\","
        "\"prefect.resource.role\":\"b\"}],\"\\u0061\":1}]";
    size_t failures = 0;
    for (size_t limit = 16;; limit += 16) {
        tcn_arena arena;
        tcn_arena_init(&arena, limit);
        tcn_event *events = NULL;
        size_t count = 0;
        tcn_event_error err = {0};
        int rc = tcn_event_decode_list(tcn_str_c(json), &tcn_event_limits_default, &arena,
                                       &events, &count, &err);
        tcn_arena_deinit(&arena);
        if (rc == 0)
            break;
        assert_int_equal(rc, TCN_E_NOMEM);
        assert_string_equal(err.type, "out_of_memory");
        assert_null(events);
        failures++;
    }
    assert_true(failures > 10);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
static const struct CMUnitTest cases[] = {
    CASE(recorded_events_come_out_as_they_went_in),
    CASE(fields_come_in_any_order_with_any_white_space),
    CASE(what_may_be_absent_has_its_default),
    CASE(an_event_name_may_be_empty),
    CASE(times_are_text_or_numbers),
    CASE(escapes_become_text),
    CASE(text_without_escapes_is_borrowed),
    CASE(the_last_of_duplicate_fields_wins),
    CASE(a_duplicate_label_keeps_its_place_and_takes_the_last_value),
    CASE(many_labels_are_kept_in_order),
    CASE(received_counts_in_stored_events_only),
    CASE(lists_are_decoded_whole),
    CASE(out_of_memory_is_an_error),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
