/* SPDX-License-Identifier: Apache-2.0 */
/* test_save_slices.c - the recorded scenarios with rounds of saving across their steps:
 * with the layers before, a round gives the state of the instant at which it began, and
 * an engine restored from it that replays the steps since then fires as the one that
 * never stopped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/alloc.h"
#include "core/base/datetime.h"
#include "core/engine/engine.h"
#include "core/engine/state_form.h"
#include "core/event/decode.h"

#define ROUNDS_EACH 3   /* how often each scenario runs, cut at other places */
#define INSTANT_AT  103 /* where the ids of the present instant are counted in a head */

typedef struct step {
    int64_t at_us;
    bool has_event;
    tcn_event event;
} step;

typedef struct scenario {
    const json_t *document;
    const tcn_engine_limits *limits;
    tcn_arena arena;
    step *steps;
    size_t count;
    tcn_buf firings; /* ids of a run that was never interrupted, */
    size_t *ends;    /* with where each step's end */
} scenario;

typedef struct run {
    const scenario *of;
    tcn_engine *engine;
    uint32_t random;
    size_t next; /* step */

    bool is_saving, is_whole;
    size_t begun_at;
    tcn_engine *twin; /* takes the same steps and is saved as a whole only */
    tcn_buf expected; /* the state when the round began */
    tcn_buf layer, layers;
} run;

/* So little that everything that is dropped at a limit is dropped. */
static const tcn_engine_limits tight = {
    .max_buckets = 4,
    .max_waiting = 2,
    .remembered_ids = 6,
    .firing_chain = 3,
    .firings_per_minute = 2,
};

static size_t rounds, rounds_across, rounds_whole, rounds_smaller;

/* ---- scenarios ---- */

static void load_step(scenario *s, size_t i, const json_t *document)
{
    step *to = &s->steps[i];
    json_t *at = json_object_get(document, "at");
    assert_true(tcn_datetime_parse(tcn_str_c(json_string_value(at)), &to->at_us, NULL));
    json_t *event = json_object_get(document, "event");
    if (event == NULL)
        return;
    to->has_event = true;
    char text[TCN_UUID_TEXT + 1];
    tcn_uuid id = tcn_uuid_v5(&i, sizeof i);
    if (json_object_get(event, "id") == NULL)
        json_object_set_new(event, "id", json_string(tcn_uuid_format(&id, text)));
    if (json_object_get(event, "occurred") == NULL)
        json_object_set(event, "occurred", at);
    char *json = json_dumps(event, JSON_COMPACT);
    assert_non_null(json);
    tcn_str kept = tcn_arena_str(&s->arena, tcn_str_c(json));
    free(json);
    assert_int_equal(
        tcn_event_decode(kept, &tcn_event_limits_default, &s->arena, &to->event, NULL),
        0);
    to->event.received_at_us = to->at_us;
    to->event.position = (uint64_t)(i + 1) << TCN_POSITION_BITS;
}

static void scenario_load(scenario *s, const json_t *document,
                          const tcn_engine_limits *limits)
{
    const json_t *steps = json_object_get(document, "steps");
    *s = (scenario){
        .document = document, .limits = limits, .count = json_array_size(steps)};
    tcn_arena_init(&s->arena, 0);
    tcn_buf_init(&s->firings, SIZE_MAX);
    s->steps = tcn_arena_zero(&s->arena, (s->count + 1) * sizeof *s->steps);
    s->ends = tcn_arena_zero(&s->arena, (s->count + 1) * sizeof *s->ends);
    for (size_t i = 0; i < s->count; i++)
        load_step(s, i, json_array_get(steps, i));
}

static void scenario_unload(scenario *s)
{
    tcn_buf_deinit(&s->firings);
    tcn_arena_deinit(&s->arena);
}

/* ---- steps ---- */

static void put(tcn_engine *engine, const json_t *document, int64_t now_us)
{
    tcn_uuid id = tcn_automation_file_id(
        tcn_str_c(json_string_value(json_object_get(document, "name"))));
    tcn_automation *automation = NULL;
    tcn_problems problems;
    tcn_problems_init(&problems);
    assert_int_equal(tcn_automation_parse(document, &id, &tcn_automation_limits_default,
                                          &automation, &problems),
                     0);
    tcn_problems_deinit(&problems);
    assert_int_equal(tcn_engine_put_own(engine, automation, now_us), 0);
}

static tcn_engine *engine_of(const scenario *s)
{
    tcn_engine *engine = tcn_engine_new(s->limits);
    assert_non_null(engine);
    size_t i;
    json_t *document;
    json_array_foreach(json_object_get(s->document, "automations"), i, document)
        put(engine, document, s->steps[0].at_us);
    return engine;
}

static void slice(run *r);

/* Adds the ids of the step's firings to out. r, when not NULL, may save within it. */
static void take_step(tcn_engine *engine, const scenario *s, size_t i, tcn_buf *out,
                      run *r)
{
    const step *now = &s->steps[i];
    uint64_t sequence = i + 1;
    tcn_engine_begin(engine, sequence << TCN_POSITION_BITS | TCN_POSITION_EMITTED);
    if (now->has_event)
        assert_in_range(tcn_engine_event(engine, &now->event), 0, 1);
    else
        assert_int_equal(tcn_engine_advance(engine, now->at_us, false), 0);
    const tcn_step *results = tcn_engine_results(engine);
    for (size_t f = 0; f < results->firing_count; f++)
        assert_int_equal(tcn_buf_add(out, results->firings[f]->id.bytes, 16), 0);
    if (r != NULL && r->is_saving && r->random % 3 == 0)
        slice(r);
    tcn_engine_end(engine);
}

static void assert_step_as_before(const scenario *s, size_t i, const tcn_buf *made)
{
    size_t from = i > 0 ? s->ends[i - 1] : 0;
    tcn_str expected = tcn_str_of(s->firings.ptr + from, s->ends[i] - from);
    if (!tcn_str_eq(tcn_buf_str(made), expected))
        fail_msg("%s, step %zu: %zu bytes of firings, not %zu, or others",
                 json_string_value(json_object_get(s->document, "name")), i, made->len,
                 expected.len);
}

static void record_firings(scenario *s)
{
    tcn_engine *engine = engine_of(s);
    for (size_t i = 0; i < s->count; i++) {
        take_step(engine, s, i, &s->firings, NULL);
        s->ends[i] = s->firings.len;
    }
    tcn_engine_free(engine);
}

/* ---- comparing states ---- */

static int compare_records(const void *a, const void *b)
{
    const tcn_str *x = a;
    const tcn_str *y = b;
    if (x->ptr[0] != y->ptr[0])
        return x->ptr[0] - y->ptr[0];
    bool is_ordered = x->ptr[0] == TCN_STATE_UNIT || x->ptr[0] == TCN_STATE_ID;
    if (is_ordered)
        return x->ptr < y->ptr ? -1 : 1;
    int order = memcmp(x->ptr, y->ptr, x->len < y->len ? x->len : y->len);
    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(tcn_uuid));
}

/* The ids of the present instant's firings stand in the head in no order, and get one. */
static void sort_instant(tcn_str head)
{
    tcn_reader reader = tcn_reader_of(head);
    reader.pos = INSTANT_AT;
    uint32_t count = tcn_reader_u32(&reader);
    assert_true(head.len >= reader.pos + count * sizeof(tcn_uuid));
    qsort((char *)(uintptr_t)head.ptr + reader.pos, count, sizeof(tcn_uuid), compare_ids);
}

/* The records of a layer in one order, but for the sum. */
static tcn_str *records_of(const tcn_buf *state, size_t *ret_count)
{
    assert_true(state->len > TCN_STATE_BEGIN + TCN_STATE_SUM);
    tcn_str form = tcn_str_of(state->ptr, state->len - TCN_STATE_SUM);
    tcn_str *records = tcn_alloc_array(state->len / 5, sizeof *records);
    assert_non_null(records);
    tcn_reader reader = tcn_reader_of(form);
    reader.pos = TCN_STATE_BEGIN;
    size_t count = 0;
    while (tcn_state_next(&reader, &records[count]))
        count++;
    assert_true(tcn_reader_at_end(&reader));
    sort_instant(records[0]);
    qsort(records, count, sizeof *records, compare_records);
    *ret_count = count;
    return records;
}

static void assert_same_state(const tcn_buf *a, const tcn_buf *b)
{
    size_t count_a = 0;
    size_t count_b = 0;
    tcn_str *of_a = records_of(a, &count_a);
    tcn_str *of_b = records_of(b, &count_b);
    assert_int_equal(count_a, count_b);
    for (size_t i = 0; i < count_a; i++) {
        assert_int_equal(of_a[i].len, of_b[i].len);
        assert_memory_equal(of_a[i].ptr, of_b[i].ptr, of_a[i].len);
    }
    tcn_free(of_a);
    tcn_free(of_b);
}

/* ---- runs ---- */

static uint32_t draw(run *r, uint32_t below)
{
    r->random = r->random * 1664525u + 1013904223u;
    return (r->random >> 8) % below;
}

static void save_whole(tcn_engine *engine, tcn_buf *out)
{
    bool is_whole = false;
    tcn_buf_reset(out);
    assert_int_equal(tcn_engine_save(engine, true, out, &is_whole), 0);
    assert_true(is_whole);
}

static void begin_round(run *r)
{
    save_whole(r->twin, &r->expected);
    tcn_buf_reset(&r->layer);
    assert_int_equal(tcn_engine_save_begin(r->engine, &r->is_whole), 0);
    r->is_saving = true;
    r->begun_at = r->next;
}

static void slice(run *r)
{
    int rc = tcn_engine_save_slice(r->engine, 1 + draw(r, 300), &r->layer);
    assert_in_range(rc, 0, 1);
    r->is_saving = rc == 1;
}

/* The layer is there now. */
static void keep_layer(run *r)
{
    rounds++;
    rounds_across += r->begun_at < r->next;
    rounds_whole += r->is_whole;
    rounds_smaller += r->layer.len < r->expected.len;
    if (r->is_whole)
        tcn_buf_reset(&r->layers);
    assert_int_equal(tcn_buf_add_str(&r->layers, tcn_buf_str(&r->layer)), 0);
    if (r->is_whole)
        assert_same_state(&r->expected, &r->layer);
    tcn_buf_reset(&r->layer);
}

static tcn_engine *restored(const run *r)
{
    tcn_engine *engine = tcn_engine_new(r->of->limits);
    tcn_err err = {0};
    if (tcn_engine_restore(engine, tcn_buf_str(&r->layers), &err) < 0)
        fail_msg("%s", err.text);
    return engine;
}

static void assert_layers_give_the_state(const run *r)
{
    tcn_engine *engine = restored(r);
    tcn_buf whole;
    tcn_buf_init(&whole, SIZE_MAX);
    save_whole(engine, &whole);
    assert_same_state(&r->expected, &whole);
    tcn_buf_deinit(&whole);
    tcn_engine_free(engine);
}

/* An engine from the state and the steps since then. */
static void restart(run *r)
{
    tcn_engine_free(r->engine);
    r->engine = restored(r);
    tcn_buf made;
    tcn_buf_init(&made, SIZE_MAX);
    for (size_t i = r->begun_at; i < r->next; i++) {
        tcn_buf_reset(&made);
        take_step(r->engine, r->of, i, &made, NULL);
        assert_step_as_before(r->of, i, &made);
    }
    tcn_buf_deinit(&made);
}

static void end_round(run *r)
{
    keep_layer(r);
    assert_layers_give_the_state(r);
    if (draw(r, 3) == 0)
        restart(r);
}

static void next_step(run *r, tcn_buf *made)
{
    tcn_buf_reset(made);
    take_step(r->twin, r->of, r->next, made, NULL);
    tcn_buf_reset(made);
    take_step(r->engine, r->of, r->next, made, r);
    assert_step_as_before(r->of, r->next, made);
    r->next++;
}

static void run_scenario(const scenario *s, uint32_t seed)
{
    run r = {.of = s, .engine = engine_of(s), .twin = engine_of(s), .random = seed};
    tcn_buf made;
    tcn_buf_init(&made, SIZE_MAX);
    tcn_buf_init(&r.expected, SIZE_MAX);
    tcn_buf_init(&r.layer, SIZE_MAX);
    tcn_buf_init(&r.layers, SIZE_MAX);
    while (r.next < s->count) {
        if (!r.is_saving && draw(&r, 3) == 0)
            begin_round(&r);
        next_step(&r, &made);
        if (r.is_saving && draw(&r, 2) == 0)
            slice(&r);
        if (!r.is_saving && r.layer.len > 0)
            end_round(&r);
    }
    while (r.is_saving)
        slice(&r);
    if (r.layer.len > 0)
        end_round(&r);
    tcn_buf_deinit(&made);
    tcn_buf_deinit(&r.expected);
    tcn_buf_deinit(&r.layer);
    tcn_buf_deinit(&r.layers);
    tcn_engine_free(r.engine);
    tcn_engine_free(r.twin);
}

static void run_file(const char *name, const tcn_engine_limits *limits)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s.json", TCN_TEST_SCENARIOS, name);
    json_error_t error;
    json_t *list = json_load_file(path, 0, &error);
    if (list == NULL)
        fail_msg("%s: %s", path, error.text);
    rounds = rounds_across = rounds_whole = rounds_smaller = 0;
    size_t i;
    json_t *document;
    json_array_foreach(list, i, document)
    {
        scenario s;
        scenario_load(&s, document, limits);
        record_firings(&s);
        for (uint32_t seed = 1; seed <= ROUNDS_EACH; seed++)
            run_scenario(&s, (uint32_t)i * ROUNDS_EACH + seed);
        scenario_unload(&s);
    }
    json_decref(list);
    print_message(
        "%s: %zu rounds, %zu across steps, %zu whole, %zu smaller than the state\n", name,
        rounds, rounds_across, rounds_whole, rounds_smaller);
    assert_true(rounds_across > 100);
    assert_in_range(rounds_whole, 1, rounds - 50);
    assert_true(rounds_smaller > 50);
}

static void run_files(const tcn_engine_limits *limits)
{
    static const char *const names[] = {
        "random-after", "random-composite", "random-follows", "random-matching",
        "random-mixed", "random-proactive", "random-reactive"};
    for (size_t i = 0; i < TCN_COUNT(names); i++)
        run_file(names[i], limits);
}

static void layers_are_the_state_when_the_round_began(void **state)
{
    (void)state;
    run_files(&tcn_engine_limits_default);
}

static void layers_are_that_state_when_things_are_dropped_at_limits(void **state)
{
    (void)state;
    run_files(&tight);
}

/* ---- rounds that are given up or put off ---- */

static json_t *trigger_of(const char *expect, int threshold)
{
    return json_pack("{s:s,s:s,s:[s],s:i,s:i,s:[s]}", "type", "event", "posture",
                     "Reactive", "expect", expect, "threshold", threshold, "within", 3600,
                     "for_each", "prefect.resource.id");
}

static tcn_engine *engine_of_one(int threshold)
{
    tcn_engine *engine = tcn_engine_new(&tcn_engine_limits_default);
    assert_non_null(engine);
    json_t *document = json_pack("{s:s,s:o,s:[]}", "name", "one", "trigger",
                                 trigger_of("a", threshold), "actions");
    put(engine, document, 1);
    json_decref(document);
    return engine;
}

/* count events at one instant, each of another resource. */
static void feed_named(tcn_engine *engine, const char *event_name, int64_t at_us,
                       size_t count)
{
    tcn_engine_begin(engine, (uint64_t)at_us << TCN_POSITION_BITS);
    for (size_t i = 0; i < count; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "%zu", i);
        tcn_label label = {TCN_STR("prefect.resource.id"), tcn_str_c(id)};
        int64_t name[] = {at_us, (int64_t)i};
        tcn_event event = {
            .id = tcn_uuid_v5(name, sizeof name),
            .name = tcn_str_c(event_name),
            .payload = TCN_STR("{}"),
            .resource = {&label, 1, label.value, TCN_STR("")},
            .occurred_at_us = at_us,
            .received_at_us = at_us,
        };
        assert_int_equal(tcn_engine_event(engine, &event), 0);
    }
    tcn_engine_end(engine);
}

static void feed(tcn_engine *engine, int64_t at_us, size_t count)
{
    feed_named(engine, "a", at_us, count);
}

static void other_automations_end_the_round(void **state)
{
    (void)state;
    bool is_whole = false;
    tcn_engine *engine = engine_of_one(1000);
    tcn_buf out;
    tcn_buf_init(&out, SIZE_MAX);
    assert_int_equal(tcn_engine_save_slice(engine, 1, &out), TCN_E_CANCELED);
    feed(engine, 10, 100);
    assert_int_equal(tcn_engine_save_begin(engine, &is_whole), 0);
    assert_int_equal(tcn_engine_save_slice(engine, 100, &out), 1);
    assert_int_equal(tcn_engine_define_own(engine, NULL, 0, 20), 0);
    assert_int_equal(tcn_engine_save_slice(engine, 100, &out), TCN_E_CANCELED);
    tcn_buf_deinit(&out);
    tcn_engine_free(engine);
}

static void a_crowded_instant_is_not_when_a_round_begins(void **state)
{
    (void)state;
    bool is_whole = false;
    tcn_engine *engine = engine_of_one(1);
    feed(engine, 10, 5000);
    assert_int_equal(tcn_engine_save_begin(engine, &is_whole), TCN_E_BUSY);
    feed(engine, 11, 1);
    assert_int_equal(tcn_engine_save_begin(engine, &is_whole), 0);
    tcn_engine_save_abort(engine);
    tcn_engine_free(engine);
}

/* Every slice is about as large as asked for, whatever happens between two of them. */
static void no_slice_is_larger_than_twice_the_budget(void **state)
{
    (void)state;
    bool is_whole = false;
    tcn_engine *engine = engine_of_one(1000);
    feed(engine, 10, 20000);
    tcn_buf whole, sliced;
    tcn_buf_init(&whole, SIZE_MAX);
    tcn_buf_init(&sliced, SIZE_MAX);
    save_whole(engine, &whole);
    tcn_engine_save_abort(engine);
    assert_int_equal(tcn_engine_save_begin(engine, &is_whole), 0);
    feed(engine, 20, 20000);
    for (int rc = 1; rc == 1;) {
        size_t before = sliced.len;
        rc = tcn_engine_save_slice(engine, 10000, &sliced);
        assert_in_range(rc, 0, 1);
        assert_true(sliced.len - before <= 20000 + TCN_STATE_SUM);
    }
    assert_same_state(&whole, &sliced);
    tcn_buf_deinit(&whole);
    tcn_buf_deinit(&sliced);
    tcn_engine_free(engine);
}

/* ---- what layers hold ---- */

/* Adds the next layer; its length. */
static size_t add_layer(tcn_engine *engine, tcn_buf *layers, bool *ret_is_whole)
{
    tcn_buf layer;
    tcn_buf_init(&layer, SIZE_MAX);
    assert_int_equal(tcn_engine_save(engine, false, &layer, ret_is_whole), 0);
    if (*ret_is_whole)
        tcn_buf_reset(layers);
    assert_int_equal(tcn_buf_add_str(layers, tcn_buf_str(&layer)), 0);
    size_t len = layer.len;
    tcn_buf_deinit(&layer);
    return len;
}

static void a_layer_is_as_large_as_what_changed(void **state)
{
    (void)state;
    tcn_engine *engine = engine_of_one(1000);
    tcn_buf layers;
    tcn_buf_init(&layers, SIZE_MAX);
    bool is_whole = false;
    feed(engine, 10, 20000);
    size_t whole = add_layer(engine, &layers, &is_whole);
    assert_true(is_whole);
    size_t nothing = add_layer(engine, &layers, &is_whole);
    assert_false(is_whole);
    assert_in_range(nothing, TCN_STATE_BEGIN + TCN_STATE_SUM, 400);
    feed(engine, 20, 10);
    size_t little = add_layer(engine, &layers, &is_whole);
    assert_false(is_whole);
    assert_in_range(little, nothing + 10, nothing + whole / 20000 * 11);
    tcn_buf_deinit(&layers);
    tcn_engine_free(engine);
}

/* Each event of b ends the bucket that an event of a began. */
static tcn_engine *engine_of_pairs(void)
{
    tcn_engine *engine = tcn_engine_new(&tcn_engine_limits_default);
    assert_non_null(engine);
    json_t *document =
        json_pack("{s:s,s:{s:s,s:[s],s:[s],s:i,s:[s]},s:[]}", "name", "pairs", "trigger",
                  "posture", "Proactive", "after", "a", "expect", "b", "within", 3600,
                  "for_each", "prefect.resource.id", "actions");
    put(engine, document, 1);
    json_decref(document);
    return engine;
}

/* Ids are remembered for half an hour, so a step takes place every ten minutes. */
static void layers_do_not_grow_beyond_what_is_live(void **state)
{
    (void)state;
    tcn_engine *engine = engine_of_pairs();
    tcn_buf layers;
    tcn_buf_init(&layers, SIZE_MAX);
    size_t most = 0, wholes = 0;
    for (int i = 1; i <= 300; i++) {
        bool is_whole = false;
        feed_named(engine, "a", i * 2 * 10 * TCN_MINUTE_US, 500);
        (void)add_layer(engine, &layers, &is_whole);
        wholes += is_whole;
        feed_named(engine, "b", (i * 2 + 1) * 10 * TCN_MINUTE_US, 500);
        (void)add_layer(engine, &layers, &is_whole);
        wholes += is_whole;
        most = layers.len > most ? layers.len : most;
    }
    /* At most 4 * 500 ids and 500 buckets, twice, and the spare records. */
    assert_in_range(most, 1, (2 * 2500 + 10000 + 2000) * 120);
    assert_in_range(wholes, 2, 100);
    tcn_engine *again = tcn_engine_new(&tcn_engine_limits_default);
    tcn_err err = {0};
    if (tcn_engine_restore(again, tcn_buf_str(&layers), &err) < 0)
        fail_msg("%s", err.text);
    tcn_engine_counts was, is;
    tcn_engine_counts_get(engine, &was);
    tcn_engine_counts_get(again, &is);
    assert_int_equal(is.buckets, was.buckets);
    assert_int_equal(is.remembered_ids, was.remembered_ids);
    tcn_engine_free(again);
    tcn_buf_deinit(&layers);
    tcn_engine_free(engine);
}

static void a_layer_that_is_missing_is_found_out(void **state)
{
    (void)state;
    tcn_engine *engine = engine_of_pairs();
    tcn_buf layers;
    tcn_buf_init(&layers, SIZE_MAX);
    bool is_whole = false;
    size_t first = add_layer(engine, &layers, &is_whole);
    size_t second = add_layer(engine, &layers, &is_whole);
    (void)add_layer(engine, &layers, &is_whole);
    tcn_engine *again = tcn_engine_new(&tcn_engine_limits_default);
    tcn_err err = {0};
    memmove(layers.ptr + first, layers.ptr + first + second, layers.len - first - second);
    tcn_str cut = tcn_str_of(layers.ptr, layers.len - second);
    assert_int_equal(tcn_engine_restore(again, cut, &err), TCN_E_CORRUPT);
    assert_non_null(strstr(err.text, "a layer is missing"));
    tcn_engine_free(again);
    tcn_buf_deinit(&layers);
    tcn_engine_free(engine);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(layers_are_the_state_when_the_round_began),
    cmocka_unit_test(layers_are_that_state_when_things_are_dropped_at_limits),
    cmocka_unit_test(a_layer_is_as_large_as_what_changed),
    cmocka_unit_test(layers_do_not_grow_beyond_what_is_live),
    cmocka_unit_test(a_layer_that_is_missing_is_found_out),
    cmocka_unit_test(other_automations_end_the_round),
    cmocka_unit_test(a_crowded_instant_is_not_when_a_round_begins),
    cmocka_unit_test(no_slice_is_larger_than_twice_the_budget),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
