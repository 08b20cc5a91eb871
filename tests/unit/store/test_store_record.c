/* SPDX-License-Identifier: Apache-2.0 */
/* test_store_record.c - what is written into a record is read from it, and damaged bytes
 * are refused without a look beyond their end. */
#include "fixture.h"

#include <stdlib.h>

#include "core/store/record.h"

static void comes_back_whole(void **state)
{
    fixture *f = *state;
    const tcn_event *events[] = {fixture_event(f, 1, "a"), fixture_event(f, 2, "b")};
    uint64_t base = UINT64_C(9) << TCN_POSITION_BITS | TCN_POSITION_EMITTED;
    tcn_emitted emitted[] = {{.event = fixture_emitted(f, 3, "c", base)}};
    tcn_firing *child = fixture_firing(f, 2), *root = fixture_firing(f, 1);
    tcn_label labels[] = {{TCN_STR("key"), TCN_STR("value")}};
    child->has_event = true;
    child->event_ref = (tcn_event_ref){fixture_id(1, 1), 5};
    root->children = &child;
    root->child_count = 1;
    root->labels = labels;
    root->label_count = 1;
    root->is_suppressed = true;
    tcn_firing *firings[] = {root, fixture_firing(f, 3)};
    tcn_step outcome = {firings, 2, emitted, 1};
    tcn_store_step step = {
        .clock_us = BASE_US,
        .is_jump = true,
        .events = events,
        .event_count = 2,
        .outcome = &outcome,
        .definitions = TCN_STR("[1]"),
        .engine_limits = TCN_STR("{}"),
    };
    tcn_summary summary;
    tcn_summary_init(&summary, 9);
    tcn_buf plain;
    tcn_buf_init(&plain, SIZE_MAX);
    tcn_str text = TCN_STR("{\"c\":1}");
    assert_int_equal(tcn_record_write(&step, &text, &summary, &plain), 0);
    assert_int_equal(summary.events, 3);

    tcn_record record;
    assert_int_equal(tcn_record_open(tcn_buf_str(&plain), 9, &record), 0);
    assert_int_equal(record.clock_us, BASE_US);
    assert_true(record.is_jump);
    assert_int_equal(record.taken, 2);
    assert_true(tcn_str_eq_c(record.definitions, "[1]"));
    assert_true(tcn_str_eq_c(record.engine_limits, "{}"));

    tcn_record_cursor cursor = {0};
    tcn_record_entry entry;
    for (unsigned i = 0; i < 2; i++) {
        assert_true(tcn_record_next(&record, &cursor, &entry));
        assert_int_equal(entry.position, UINT64_C(9) << TCN_POSITION_BITS | i);
        assert_true(tcn_str_eq(entry.text, events[i]->source));
        tcn_event event;
        assert_int_equal(tcn_record_event(&entry, &f->arena, &event), 0);
        assert_true(tcn_uuid_eq(&event.id, &events[i]->id));
        assert_int_equal(event.received_at_us, events[i]->received_at_us);
    }
    assert_true(tcn_record_next(&record, &cursor, &entry));
    assert_int_equal(entry.position, base);
    assert_int_equal(entry.depth, 1);
    assert_true(entry.is_emitted);
    assert_true(tcn_str_eq(entry.text, text));
    assert_false(tcn_record_next(&record, &cursor, &entry));
    assert_int_equal(tcn_record_entry_at(&record, base, &entry), 0);
    assert_int_equal(tcn_record_entry_at(&record, base + 1, &entry), TCN_E_NOT_FOUND);

    size_t pos = 0;
    tcn_record_firing firing;
    assert_true(tcn_record_next_firing(&record, &pos, &firing));
    assert_int_equal(firing.level, 0);
    assert_int_equal(firing.flags, TCN_RECORD_SUPPRESSED);
    assert_int_equal(firing.label_count, 1);
    assert_int_equal(firing.labels.len, 4 + 3 + 4 + 5);
    assert_true(tcn_record_next_firing(&record, &pos, &firing));
    assert_int_equal(firing.level, 1);
    assert_int_equal(firing.event_position, 5);
    assert_true(tcn_record_next_firing(&record, &pos, &firing));
    assert_true(tcn_uuid_eq(&firing.id, &firings[1]->id));
    assert_false(tcn_record_next_firing(&record, &pos, &firing));
    tcn_buf_deinit(&plain);
}

/* Walks whatever opens; a sanitizer sees a step too far. */
static void walk(fixture *f, tcn_str plain)
{
    tcn_record record;
    if (tcn_record_open(plain, 1, &record) < 0)
        return;
    tcn_record_cursor cursor = {0};
    tcn_record_entry entry;
    tcn_event event;
    while (tcn_record_next(&record, &cursor, &entry))
        (void)tcn_record_event(&entry, &f->arena, &event);
    size_t pos = 0;
    tcn_record_firing firing;
    while (tcn_record_next_firing(&record, &pos, &firing))
        continue;
}

static void survives_damage(void **state)
{
    fixture *f = *state;
    const tcn_event *events[] = {fixture_event(f, 1, "a"), fixture_event(f, 2, "b")};
    tcn_firing *firings[] = {fixture_firing(f, 1)};
    tcn_step outcome = {.firings = firings, .firing_count = 1};
    tcn_store_step step = {.events = events, .event_count = 2, .outcome = &outcome};
    tcn_summary summary;
    tcn_summary_init(&summary, 1);
    tcn_buf plain;
    tcn_buf_init(&plain, SIZE_MAX);
    assert_int_equal(tcn_record_write(&step, NULL, &summary, &plain), 0);

    for (size_t len = 0; len < plain.len; len++) {
        char *cut = malloc(len + 1); /* its own block, so that its end is its end */
        assert_non_null(cut);
        memcpy(cut, plain.ptr, len);
        walk(f, tcn_str_of(cut, len));
        free(cut);
    }
    for (size_t i = 0; i < plain.len; i++) {
        char kept = plain.ptr[i];
        for (int bit = 0; bit < 8; bit++) {
            plain.ptr[i] = (char)(kept ^ 1 << bit);
            walk(f, tcn_buf_str(&plain));
        }
        plain.ptr[i] = kept;
        tcn_arena_reset(&f->arena, 1 << 20);
    }
    tcn_buf_deinit(&plain);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(comes_back_whole, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(survives_damage, fixture_setup, fixture_teardown),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
