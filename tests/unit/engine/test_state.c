/* SPDX-License-Identifier: Apache-2.0 */
/* test_state.c - saved states: what comes back fires as if nothing had happened, and
 * damage is refused wherever it is. */
#include "fixture.h"

#include "core/engine/engine_int.h"
#include "state_sums.h"

static const char mixed[] =
    "{\"name\":\"mixed\",\"actions\":[],\"trigger\":{\"type\":\"compound\",\"require\":\"all\","
    "\"within\":600,\"triggers\":[{\"type\":\"sequence\",\"within\":null,\"triggers\":[{\"expect\":"
    "[\"a\"],\"for_each\":[\"prefect.resource.id\"]},{\"expect\":[\"b\"]}]},{\"after\":[\"a\"],"
    "\"expect\":[\"c\"],\"for_each\":[\"prefect.resource.id\"],\"posture\":\"Proactive\",\"within\":"
    "20}]}}";
static const char counted[] =
    "{\"name\":\"counted\",\"actions\":[],\"trigger\":{\"expect\":[\"a\",\"b\"],\"for_each\":"
    "[\"prefect.resource.id\"],\"threshold\":3,\"within\":30}}";
static const char fed[] =
    "{\"name\":\"fed\",\"actions\":[],\"trigger\":{\"expect\":[\"prefect.automation.*\"],"
    "\"threshold\":2,\"within\":60}}";

static bool add_next_layer(const fixture *f, tcn_buf *state)
{
    bool is_whole = false;
    assert_int_equal(tcn_engine_save(f->engine, false, state, &is_whole), 0);
    return is_whole;
}

static void add_layer(const fixture *f, bool is_whole, tcn_buf *state)
{
    bool was_whole = false;
    assert_int_equal(tcn_engine_save(f->engine, is_whole, state, &was_whole), 0);
    assert_true(is_whole == was_whole);
}

/* A round with its first slice; the others. */
static void begin_slices(const fixture *f, tcn_buf *state)
{
    bool was_whole = false;
    assert_int_equal(tcn_engine_save_begin(f->engine, &was_whole), 0);
    if (was_whole)
        tcn_buf_reset(state);
    assert_int_equal(tcn_engine_save_slice(f->engine, 1, state), 1);
}

static void end_slices(const fixture *f, tcn_buf *state)
{
    int rc = 1;
    while (rc == 1)
        rc = tcn_engine_save_slice(f->engine, 1, state);
    assert_int_equal(rc, 0);
}

static void save(const fixture *f, tcn_buf *state)
{
    tcn_buf_init(state, (size_t)1 << 24);
    add_layer(f, true, state);
}

static void restart(fixture *f)
{
    tcn_buf state;
    tcn_engine_counts before, after;
    save(f, &state);
    tcn_engine_counts_get(f->engine, &before);
    tcn_engine_free(f->engine);
    f->engine = tcn_engine_new(&tcn_engine_limits_default);
    tcn_err err = {0};
    if (tcn_engine_restore(f->engine, tcn_buf_str(&state), &err) < 0)
        fail_msg("%s", err.text);
    tcn_engine_counts_get(f->engine, &after);
    assert_int_equal(after.lag_us, before.lag_us);
    assert_memory_equal(&after.lag_event, &before.lag_event, sizeof(tcn_uuid));
    tcn_buf_deinit(&state);
}

/* every 0: never restarted. */
static fixture *run(uint8_t every)
{
    static const char *const names[] = {"a", "b", "x", "a", "c", "b", "a"};
    fixture *f = fixture_new(&tcn_engine_limits_default, mixed);
    put(f, counted);
    put(f, fed);
    for (uint8_t i = 1; i < 200; i++) {
        double at_s = i * 3.1;
        begin(f);
        give(f, at_s, at_s - i % 9, i, names[i % 7], i % 2 == 0 ? "r.1" : "r.2",
             i % 13 == 0 ? (uint8_t)(i + 1) : 0);
        end(f);
        if (every != 0 && i % every == 0)
            restart(f);
    }
    advance(f, 5000, false);
    return f;
}

static void a_restart_after_every_step_changes_nothing(void **state)
{
    (void)state;
    fixture *expected = run(0);
    assert_true(expected->count > 20);
    for (uint8_t every = 1; every < 6; every += 2) {
        fixture *f = run(every);
        assert_int_equal(f->count, expected->count);
        for (size_t i = 0; i < f->count; i++) {
            assert_memory_equal(&f->firings[i].id, &expected->firings[i].id,
                                sizeof(tcn_uuid));
            assert_int_equal(f->firings[i].at_us, expected->firings[i].at_us);
            assert_int_equal(f->firings[i].child_count, expected->firings[i].child_count);
        }
        fixture_free(f);
    }
    fixture_free(expected);
}

/* With buckets, child firings, a follower and ids in it. */
static fixture *busy(void)
{
    fixture *f = fixture_new(&tcn_engine_limits_default, mixed);
    put(f, counted);
    put(f, fed);
    feed(f, 1, 1, "a", "r.1");
    begin(f);
    give(f, 2, 2, 2, "b", "r.2", 99);
    end(f);
    feed(f, 3, 3, "a", "r.2");
    return f;
}

/* A second layer with a bucket that is gone, and a third without anything. */
static void save_in_layers(fixture *f, tcn_buf *saved)
{
    save(f, saved);
    feed(f, 4, 3, "a", "r.2");
    feed(f, 5, 4, "b", "r.2");
    feed(f, 70, 5, "c", "r.1");
    add_layer(f, false, saved);
    add_layer(f, false, saved);
}

/* From a copy with nothing behind it, so that a read beyond the end is noticed. */
static int restore(tcn_str text, tcn_err *err)
{
    tcn_engine *engine = tcn_engine_new(&tcn_engine_limits_default);
    char *copy = tcn_alloc(text.len > 0 ? text.len : 1);
    assert_non_null(engine);
    assert_non_null(copy);
    memcpy(copy, text.ptr, text.len);
    int rc = tcn_engine_restore(engine, tcn_str_of(copy, text.len), err);
    tcn_engine_free(engine);
    tcn_free(copy);
    return rc;
}

static void every_cut_and_every_flipped_bit_is_refused(void **state)
{
    (void)state;
    fixture *f = busy();
    tcn_buf saved;
    save(f, &saved);
    for (size_t len = 0; len < saved.len; len++) {
        tcn_err err = {0};
        assert_true(restore(tcn_str_of(saved.ptr, len), &err) < 0);
        assert_true(err.code != 0);
    }
    for (size_t i = 0; i < saved.len; i++) {
        saved.ptr[i] = (char)(saved.ptr[i] ^ (1 << (i % 8)));
        tcn_err err = {0};
        assert_true(restore(tcn_buf_str(&saved), &err) < 0);
        saved.ptr[i] = (char)(saved.ptr[i] ^ (1 << (i % 8)));
    }
    size_t whole = saved.len;
    for (size_t more = 1; more < 20; more++) {
        assert_int_equal(tcn_buf_add(&saved, saved.ptr, 1), 0);
        tcn_err err = {0};
        assert_true(restore(tcn_buf_str(&saved), &err) < 0);
    }
    tcn_err err = {0};
    assert_int_equal(restore(tcn_str_of(saved.ptr, whole), &err), 0);
    tcn_buf_deinit(&saved);
    fixture_free(f);
}

/* As above, but the damage is under a right checksum: it may be refused or not, and harms
 * nothing. */
static void damage_behind_the_checksum_harms_nothing(void **state)
{
    (void)state;
    fixture *f = busy();
    tcn_buf saved;
    save_in_layers(f, &saved);
    for (size_t i = 0; i + 8 < saved.len; i++) {
        char was = saved.ptr[i];
        for (int value = 0; value < 256; value += 51) {
            saved.ptr[i] = (char)value;
            state_sums_put(saved.ptr, saved.len);
            tcn_err err = {0};
            (void)restore(tcn_buf_str(&saved), &err);
        }
        saved.ptr[i] = was;
    }
    tcn_buf_deinit(&saved);
    fixture_free(f);
}

static void assert_same_counts(const fixture *f, const tcn_buf *saved)
{
    tcn_engine_counts expected, counts;
    tcn_engine *engine = tcn_engine_new(&tcn_engine_limits_default);
    tcn_err err = {0};
    if (tcn_engine_restore(engine, tcn_buf_str(saved), &err) < 0)
        fail_msg("%s", err.text);
    tcn_engine_counts_get(f->engine, &expected);
    tcn_engine_counts_get(engine, &counts);
    assert_int_equal(counts.buckets, expected.buckets);
    assert_int_equal(counts.timers, expected.timers);
    assert_int_equal(counts.remembered_ids, expected.remembered_ids);
    tcn_engine_free(engine);
}

/* Everything is written while the count of rounds is at its end; what changes between two
 * of them, whatever the number of the round. */
static void rounds_may_be_as_many_as_can_be(void **state)
{
    (void)state;
    for (size_t whole_at = 0; whole_at < 10; whole_at++) {
        fixture *f = fixture_new(&tcn_engine_limits_default, NULL);
        f->engine->save.round = UINT32_MAX - 9;
        put(f, mixed);
        put(f, counted);
        tcn_buf saved;
        tcn_buf_init(&saved, (size_t)1 << 24);
        for (uint8_t i = 0; i < 10; i++) {
            char resource[32];
            (void)snprintf(resource, sizeof resource, "r.%u", i);
            feed(f, 1 + i, i, "a", resource);
            if (i == whole_at)
                put(f, fed); /* so the next layer is whole */
            begin_slices(f, &saved);
            feed(f, 1.5 + i, (uint8_t)(100 + i), "a", i % 2 == 0 ? resource : "r.0");
            end_slices(f, &saved);
            add_next_layer(f, &saved);
            assert_same_counts(f, &saved);
        }
        tcn_buf_deinit(&saved);
        fixture_free(f);
    }
}

/* So many events with ids of their own. */
static void feed_new(fixture *f, uint64_t *serial, size_t count)
{
    tcn_label label = {TCN_STR("prefect.resource.id"), TCN_STR("r.1")};
    begin(f);
    for (size_t i = 0; i < count; i++) {
        uint64_t n = ++*serial;
        tcn_event event = {
            .occurred_at_us = START_US + (int64_t)n,
            .received_at_us = START_US + (int64_t)n,
            .name = TCN_STR("x"),
            .resource = {&label, 1, label.value, TCN_STR("")},
            .payload = TCN_STR("{}"),
        };
        memcpy(event.id.bytes, &n, sizeof n);
        assert_int_equal(tcn_engine_event(f->engine, &event), 0);
    }
    end(f);
}

/* Live are some 20,000, and each round writes as many: the third layer is too much. */
static void layers_hold_twice_what_is_live_and_no_more(void **state)
{
    (void)state;
    tcn_engine_limits limits = tcn_engine_limits_default;
    limits.remembered_ids = 20000;
    fixture *f = fixture_new(&limits, counted);
    tcn_buf saved;
    tcn_buf_init(&saved, (size_t)1 << 24);
    uint64_t serial = 0;
    for (size_t i = 0; i < 6; i++) {
        feed_new(f, &serial, 30000);
        assert_true(add_next_layer(f, &saved) == (i % 2 == 0));
    }
    tcn_buf_deinit(&saved);
    fixture_free(f);
}

/* Of nothing at all; what was written can be read. */
static void layers_are_not_endless(void **state)
{
    (void)state;
    fixture *f = busy();
    tcn_buf saved;
    save(f, &saved);
    size_t count = 0, len = 0;
    do {
        len = saved.len;
        count++;
    } while (count < 10000 && !add_next_layer(f, &saved));
    assert_in_range(count, 100, 9999);
    saved.len = len;
    assert_same_counts(f, &saved);
    tcn_buf_deinit(&saved);
    fixture_free(f);
}

static void another_version_is_refused_as_such(void **state)
{
    (void)state;
    fixture *f = busy();
    tcn_buf saved;
    save(f, &saved);
    saved.ptr[4]++;
    tcn_err err = {0};
    assert_int_equal(restore(tcn_buf_str(&saved), &err), TCN_E_UNSUPPORTED);
    tcn_buf_deinit(&saved);
    fixture_free(f);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_restart_after_every_step_changes_nothing),
    cmocka_unit_test(layers_hold_twice_what_is_live_and_no_more),
    cmocka_unit_test(rounds_may_be_as_many_as_can_be),
    cmocka_unit_test(layers_are_not_endless),
    cmocka_unit_test(every_cut_and_every_flipped_bit_is_refused),
    cmocka_unit_test(damage_behind_the_checksum_harms_nothing),
    cmocka_unit_test(another_version_is_refused_as_such),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
