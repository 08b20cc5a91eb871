/* SPDX-License-Identifier: Apache-2.0 */
/* test_save_layers.c - rounds of saving that are given up or put off, how much a slice
 * and a layer hold, and layers that do not fit together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>

#include "core/base/datetime.h"
#include "core/engine/state_form.h"
#include "saved.h"

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
