/* SPDX-License-Identifier: Apache-2.0 */
/* test_store_log.c - what was committed is replayed, in order and nothing else. */
#include "fixture.h"

#include <string.h>

#include "core/base/alloc.h"

typedef struct seen {
    uint64_t sequences[600];
    unsigned records, events, firings;
    uint64_t last_position;
    int64_t clock_us;
    bool is_jump;
    char definitions[64], limits[64];
    unsigned stop_after;
} seen;

static int note(const tcn_store_record *record, void *ud)
{
    seen *s = ud;
    assert_in_range(s->records, 0, TCN_COUNT(s->sequences) - 1);
    s->sequences[s->records++] = record->sequence;
    for (size_t i = 0; i < record->event_count; i++) {
        const tcn_event *event = &record->events[i];
        assert_true(event->position > s->last_position);
        s->last_position = event->position;
        tcn_uuid expected = fixture_id(1, s->events++);
        assert_true(tcn_uuid_eq(&event->id, &expected));
        assert_int_equal(event->received_at_us, event->occurred_at_us + 500000);
    }
    s->firings += (unsigned)record->firing_count;
    s->clock_us = record->clock_us;
    s->is_jump = record->is_jump;
    if (record->definitions.len > 0) {
        memcpy(s->definitions, record->definitions.ptr, record->definitions.len);
        memcpy(s->limits, record->engine_limits.ptr, record->engine_limits.len);
    }
    return s->records == s->stop_after ? TCN_E_CANCELED : 0;
}

static void replays_in_order(void **state)
{
    fixture *f = *state;
    unsigned first = 0;
    for (unsigned size = 1; size < 40; first += size++)
        assert_int_equal(fixture_commit_events(f, first, size), 0);
    fixture_reopen(f);
    seen s = {0};
    tcn_err err = {0};
    assert_int_equal(tcn_store_replay(f->store, 0, note, &s, &err), 0);
    assert_int_equal(s.records, 39);
    assert_int_equal(s.events, 39 * 40 / 2);
    for (unsigned i = 0; i < s.records; i++)
        assert_int_equal(s.sequences[i], i + 1);
}

static void definitions_may_be_packed_before(void **state)
{
    static const char text[] = "[{\"name\":\"a\"},{\"name\":\"a\"},{\"name\":\"a\"}]";
    fixture *f = *state;
    for (int damage = 0; damage < 2; damage++) {
        tcn_buf packed;
        tcn_buf_init(&packed, 4096);
        assert_int_equal(tcn_store_definitions_pack(tcn_str_c(text), &packed), 0);
        packed.ptr[packed.len - 1] ^= (char)damage;
        tcn_store_step step = {.definitions = tcn_buf_str(&packed),
                               .is_packed = true,
                               .engine_limits = TCN_STR("{}")};
        assert_int_equal(fixture_commit(f, &step), 0);
        tcn_buf_deinit(&packed);
        seen s = {0};
        tcn_err err = {0};
        int rc = tcn_store_replay(f->store, 0, note, &s, &err);
        assert_string_equal(s.definitions, text);
        assert_int_equal(rc, damage ? TCN_E_CORRUPT : 0);
    }
}

static void replays_while_the_store_works(void **state)
{
    fixture *f = *state;
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(fixture_commit_events(f, i, 1), 0);
        seen s = {0};
        tcn_err err = {0};
        assert_int_equal(tcn_store_replay(f->store, 1, note, &s, &err), 0);
        assert_int_equal(s.events, i + 1);
    }
}

static void replays_from_a_record_on(void **state)
{
    fixture *f = *state;
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(fixture_commit_events(f, i, 1), 0);
    seen s = {.events = 3};
    tcn_err err = {0};
    assert_int_equal(tcn_store_replay(f->store, 4, note, &s, &err), 0);
    assert_int_equal(s.records, 2);
    seen none = {0};
    assert_int_equal(tcn_store_replay(f->store, 6, note, &none, &err), 0);
    assert_int_equal(none.records, 0);
}

static void stops_where_it_is_told(void **state)
{
    fixture *f = *state;
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(fixture_commit_events(f, i, 1), 0);
    seen s = {.stop_after = 2};
    tcn_err err = {0};
    assert_int_equal(tcn_store_replay(f->store, 0, note, &s, &err), TCN_E_CANCELED);
    assert_int_equal(s.records, 2);
}

static void keeps_definitions_leaps_and_firings(void **state)
{
    fixture *f = *state;
    tcn_firing *firings[] = {fixture_firing(f, 1), fixture_firing(f, 2)};
    tcn_firing *child = fixture_firing(f, 3);
    firings[1]->children = &child;
    firings[1]->child_count = 1;
    tcn_step outcome = {.firings = firings, .firing_count = 2};
    tcn_store_step step = {
        .clock_us = BASE_US + 77,
        .is_jump = true,
        .outcome = &outcome,
        .definitions = TCN_STR("[{\"name\":\"a\"}]"),
        .engine_limits = TCN_STR("{\"max\":1}"),
    };
    assert_int_equal(fixture_commit(f, &step), 0);
    seen s = {0};
    tcn_err err = {0};
    assert_int_equal(tcn_store_replay(f->store, 0, note, &s, &err), 0);
    assert_int_equal(s.firings, 2);
    assert_int_equal(s.clock_us, BASE_US + 77);
    assert_true(s.is_jump);
    assert_string_equal(s.definitions, "[{\"name\":\"a\"}]");
    assert_string_equal(s.limits, "{\"max\":1}");
}

static void on_nothing(int status, tcn_outbox_entry **entries, size_t count, void *ud)
{
    (void)entries;
    (void)count;
    *(int *)ud = status;
}

static void takes_one_commit_at_a_time(void **state)
{
    fixture *f = *state;
    tcn_store_step step = {.clock_us = BASE_US};
    int first = 1, second = 1;
    assert_int_equal(tcn_store_commit(f->store, &step, on_nothing, &first), 0);
    assert_int_equal(tcn_store_commit(f->store, &step, on_nothing, &second), TCN_E_BUSY);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(first, 0);
    assert_int_equal(second, 1);
    assert_int_equal(tcn_store_next_sequence(f->store), 2);
}

static void a_commit_begun_is_done_at_close(void **state)
{
    fixture *f = *state;
    const tcn_event *events[] = {fixture_event(f, 0, "a")};
    tcn_store_step step = {.events = events, .event_count = 1};
    int status = 1;
    assert_int_equal(tcn_store_commit(f->store, &step, on_nothing, &status), 0);
    fixture_reopen(f);
    assert_int_equal(status, 1);
    assert_int_equal(tcn_store_next_sequence(f->store), 2);
}

static void carries_the_wal_over(void **state)
{
    fixture *f = *state;
    tcn_store_step step = {.clock_us = BASE_US};
    static char noise[64 << 10];
    uint32_t seed = 1;
    for (size_t i = 0; i < sizeof noise; i++) {
        seed = seed * 1664525u + 1013904223u;
        noise[i] = (char)(seed >> 24);
    }
    step.definitions = tcn_str_of(noise, sizeof noise);
    tcn_store_counts counts;
    uint64_t highest = 0;
    /* How much comes while it is carried over is the machine's business; that it begins
     * anew is ours. */
    bool is_anew = false;
    for (int i = 0; i < 20000 && !is_anew; i++) {
        assert_int_equal(fixture_commit(f, &step), 0);
        tcn_store_counts_get(f->store, &counts);
        if (counts.wal_bytes > highest)
            highest = counts.wal_bytes;
        is_anew = counts.wal_bytes < highest / 2;
    }
    assert_true(is_anew);
    assert_in_range(highest, 1 << 20, UINT32_MAX);
    assert_in_range(counts.size_bytes, 1 << 20, UINT32_MAX);
}

static void meta_holds_the_last_value(void **state)
{
    fixture *f = *state;
    tcn_buf value;
    tcn_buf_init(&value, 100);
    assert_int_equal(tcn_store_meta_get(f->store, "key", &value), TCN_E_NOT_FOUND);
    assert_int_equal(tcn_store_meta_put(f->store, "key", TCN_STR("one")), 0);
    assert_int_equal(tcn_store_meta_put(f->store, "key", TCN_STR("two")), 0);
    fixture_reopen(f);
    assert_int_equal(tcn_store_meta_get(f->store, "key", &value), 0);
    assert_string_equal(value.ptr, "two");
    tcn_buf_deinit(&value);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(replays_in_order, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(definitions_may_be_packed_before, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(replays_while_the_store_works, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(replays_from_a_record_on, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(stops_where_it_is_told, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(keeps_definitions_leaps_and_firings, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(takes_one_commit_at_a_time, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(a_commit_begun_is_done_at_close, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(carries_the_wal_over, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(meta_holds_the_last_value, fixture_setup,
                                    fixture_teardown),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
