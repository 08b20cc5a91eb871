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
#include "saved.h"

#define ROUNDS_EACH 3 /* how often each scenario runs, cut at other places */

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

/* ---- runs ---- */

static uint32_t draw(run *r, uint32_t below)
{
    r->random = r->random * 1664525u + 1013904223u;
    return (r->random >> 8) % below;
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

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(layers_are_the_state_when_the_round_began),
    cmocka_unit_test(layers_are_that_state_when_things_are_dropped_at_limits),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
