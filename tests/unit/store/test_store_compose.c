/* SPDX-License-Identifier: Apache-2.0 */
/* test_store_compose.c - the texts of firings and their events, wherever those events
 * are: in the step, made by it, in the log, or gone. */
#include "fixture.h"

#include <string.h>

typedef struct firing_step {
    tcn_step outcome;
    tcn_store_step step;
    tcn_firing *firing;
    tcn_emitted emitted;
    tcn_outbox_new actions[2];
} firing_step;

/* A step in which firing fires: one emitted event, an action and an action on trigger. */
static void prepare(fixture *f, firing_step *s, tcn_firing *firing)
{
    uint64_t position =
        tcn_store_next_sequence(f->store) << TCN_POSITION_BITS | TCN_POSITION_EMITTED;
    tcn_event *event = fixture_emitted(f, 90, "prefect.automation.triggered", position);
    *s = (firing_step){.firing = firing, .emitted = {event, firing}};
    firing->emitted = event;
    s->outcome = (tcn_step){&s->firing, 1, &s->emitted, 1};
    for (uint32_t i = 0; i < 2; i++)
        s->actions[i] = (tcn_outbox_new){
            .invocation = fixture_id(6, i),
            .firing = firing,
            .is_on_trigger = i == 1,
            .action = TCN_STR("{}"),
            .automation = TCN_STR("{}"),
        };
    s->step = (tcn_store_step){
        .clock_us = BASE_US,
        .outcome = &s->outcome,
        .actions = s->actions,
        .action_count = 2,
    };
}

static tcn_firing *firing_on(fixture *f, unsigned event, uint64_t position)
{
    tcn_firing *firing = fixture_firing(f, 1);
    firing->has_event = true;
    firing->event_ref = (tcn_event_ref){fixture_id(1, event), position};
    return firing;
}

static const char *text_of(fixture *f, unsigned event)
{
    tcn_buf text;
    tcn_buf_init(&text, 10000);
    assert_int_equal(tcn_event_encode(fixture_event(f, event, "test.event"), &text), 0);
    char *copy = fixture_text(f, "%s", text.ptr);
    tcn_buf_deinit(&text);
    return copy;
}

static void assert_entries(fixture *f, const char *event)
{
    assert_int_equal(f->count, 2);
    const char *payload =
        fixture_text(f, "\"payload\":{\"triggering_labels\":{},\"triggering_event\":%s}",
                     event[0] != '\0' ? event : "null");
    for (int i = 0; i < 2; i++)
        assert_non_null(strstr(f->entries[i]->emitted.ptr, payload));
    assert_string_equal(f->entries[0]->event.ptr, event);
    assert_string_equal(f->entries[1]->event.ptr, f->entries[1]->emitted.ptr);
}

static void takes_an_event_that_is_at_hand(void **state)
{
    fixture *f = *state;
    tcn_firing *firing = firing_on(f, 7, 12345);
    firing->event = fixture_event(f, 7, "test.event");
    firing_step s;
    prepare(f, &s, firing);
    assert_int_equal(fixture_commit(f, &s.step), 0);
    assert_entries(f, text_of(f, 7));
}

static void takes_an_event_of_the_same_step(void **state)
{
    fixture *f = *state;
    firing_step s;
    prepare(f, &s, firing_on(f, 8, UINT64_C(1) << TCN_POSITION_BITS | 1));
    const tcn_event *events[] = {fixture_event(f, 7, "test.event"),
                                 fixture_event(f, 8, "test.event")};
    s.step.events = events;
    s.step.event_count = 2;
    assert_int_equal(fixture_commit(f, &s.step), 0);
    assert_entries(f, text_of(f, 8));
}

static void finds_an_event_in_an_earlier_record(void **state)
{
    fixture *f = *state;
    assert_int_equal(fixture_commit_events(f, 0, 30), 0);
    assert_int_equal(fixture_commit_events(f, 30, 30), 0);
    assert_int_equal(fixture_commit_events(f, 60, 30), 0);
    firing_step s;
    prepare(f, &s, firing_on(f, 47, UINT64_C(2) << TCN_POSITION_BITS | 17));
    assert_int_equal(fixture_commit(f, &s.step), 0);
    assert_entries(f, text_of(f, 47));
}

static void finds_an_event_that_the_engine_emitted_earlier(void **state)
{
    fixture *f = *state;
    firing_step s;
    prepare(f, &s, fixture_firing(f, 1));
    assert_int_equal(fixture_commit(f, &s.step), 0);
    const char *emitted = fixture_text(f, "%s", f->entries[0]->emitted.ptr);

    tcn_firing *second =
        firing_on(f, 0, UINT64_C(1) << TCN_POSITION_BITS | TCN_POSITION_EMITTED);
    second->event_ref.id = fixture_id(2, 90);
    prepare(f, &s, second);
    assert_int_equal(fixture_commit(f, &s.step), 0);
    assert_entries(f, emitted);
}

static void takes_an_emitted_event_of_the_same_step(void **state)
{
    fixture *f = *state;
    uint64_t base = UINT64_C(1) << TCN_POSITION_BITS | TCN_POSITION_EMITTED;
    tcn_firing *first = firing_on(f, 7, 12345);
    first->event = fixture_event(f, 7, "test.event");
    tcn_event *made = fixture_emitted(f, 91, "prefect.automation.triggered", base);
    tcn_firing *second = firing_on(f, 0, base);
    second->event_ref.id = made->id;
    second->event = made;
    firing_step s;
    prepare(f, &s, second);
    s.emitted.event = fixture_emitted(f, 92, "prefect.automation.triggered", base + 1);
    second->emitted = s.emitted.event;
    tcn_emitted emitted[] = {{made, first}, s.emitted};
    s.outcome.emitted = emitted;
    s.outcome.emitted_count = 2;
    assert_int_equal(fixture_commit(f, &s.step), 0);
    const char *event = f->entries[0]->event.ptr;
    assert_non_null(
        strstr(event, fixture_text(f, "\"triggering_event\":%s", text_of(f, 7))));
    assert_entries(f, event);
}

static void gives_null_for_an_event_that_is_gone(void **state)
{
    fixture *f = *state;
    assert_int_equal(fixture_commit_events(f, 0, 3), 0);
    static const uint64_t positions[] = {
        UINT64_C(1) << TCN_POSITION_BITS | 1,  /* another event stands there */
        UINT64_C(1) << TCN_POSITION_BITS | 3,  /* behind the last one */
        UINT64_C(99) << TCN_POSITION_BITS | 0, /* no such record */
    };
    for (size_t i = 0; i < TCN_COUNT(positions); i++) {
        firing_step s;
        prepare(f, &s, firing_on(f, 2, positions[i]));
        assert_int_equal(fixture_commit(f, &s.step), 0);
        assert_entries(f, "");
    }
}

static void gives_null_for_an_event_in_a_damaged_record(void **state)
{
    fixture *f = *state;
    assert_int_equal(fixture_commit_events(f, 0, 3), 0);
    fixture_close(f);
    fixture_sql(f, "UPDATE log SET occurred_first = occurred_first + 1");
    tcn_err err = {0};
    assert_int_equal(fixture_open(f, TCN_STORE_NORMAL, &err), 0);
    firing_step s;
    prepare(f, &s, firing_on(f, 2, UINT64_C(1) << TCN_POSITION_BITS | 2));
    assert_int_equal(fixture_commit(f, &s.step), 0);
    assert_entries(f, "");
}

static void writes_firings_with_their_children(void **state)
{
    fixture *f = *state;
    assert_int_equal(fixture_commit_events(f, 0, 3), 0);
    tcn_firing *parent = fixture_firing(f, 1);
    tcn_firing *child = firing_on(f, 2, UINT64_C(1) << TCN_POSITION_BITS | 2);
    tcn_label label = {TCN_STR("a\"b"), TCN_STR("c")};
    child->labels = &label;
    child->label_count = 1;
    parent->children = &child;
    parent->child_count = 1;
    parent->due_at_us = BASE_US;
    firing_step s;
    prepare(f, &s, parent);
    assert_int_equal(fixture_commit(f, &s.step), 0);
    assert_string_equal(
        f->entries[0]->firing.ptr,
        fixture_text(
            f,
            "{\"id\":\"03000000-0000-0000-0000-000000000001\","
            "\"trigger_id\":\"05000000-0000-0000-0000-000000000001\","
            "\"triggered\":\"2026-01-01T00:00:00.000001Z\","
            "\"due\":\"2026-01-01T00:00:00Z\",\"depth\":1,\"triggering_labels\":{},"
            "\"triggering_firings\":["
            "{\"id\":\"03000000-0000-0000-0000-000000000001\","
            "\"trigger_id\":\"05000000-0000-0000-0000-000000000001\","
            "\"triggered\":\"2026-01-01T00:00:00.000001Z\","
            "\"due\":\"2026-01-01T00:00:00.000001Z\",\"depth\":1,"
            "\"triggering_labels\":{\"a\\\"b\":\"c\"},\"triggering_event\":%s,"
            "\"triggering_firings\":[]}]}",
            text_of(f, 2)));
}

static void looks_up_many_events_at_once(void **state)
{
    fixture *f = *state;
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(fixture_commit_events(f, i * 50, 50), 0);
    enum {
        COUNT = 500
    };
    static tcn_outbox_new actions[COUNT];
    tcn_step outcome = {0};
    tcn_store_step step = {
        .outcome = &outcome, .actions = actions, .action_count = COUNT};
    for (unsigned i = 0; i < COUNT; i++) {
        unsigned n = i * 37 % COUNT; /* in no order */
        uint64_t position = (UINT64_C(1) + n / 50) << TCN_POSITION_BITS | n % 50;
        actions[i] = (tcn_outbox_new){.firing = firing_on(f, n, position)};
    }
    assert_int_equal(fixture_commit(f, &step), 0);
    for (unsigned i = 0; i < COUNT; i++)
        assert_string_equal(f->entries[i]->event.ptr, text_of(f, i * 37 % COUNT));
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(takes_an_event_that_is_at_hand, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(takes_an_event_of_the_same_step, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(finds_an_event_in_an_earlier_record, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(finds_an_event_that_the_engine_emitted_earlier,
                                    fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(takes_an_emitted_event_of_the_same_step,
                                    fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(gives_null_for_an_event_that_is_gone, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(gives_null_for_an_event_in_a_damaged_record,
                                    fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(writes_firings_with_their_children, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(looks_up_many_events_at_once, fixture_setup,
                                    fixture_teardown),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
