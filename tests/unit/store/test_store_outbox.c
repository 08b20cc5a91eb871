/* SPDX-License-Identifier: Apache-2.0 */
/* test_store_outbox.c - actions appear with their step and go only with their result. */
#include "fixture.h"

#include <string.h>

#include "core/base/alloc.h"

static tcn_outbox_new action_of(fixture *f, unsigned n)
{
    return (tcn_outbox_new){
        .invocation = fixture_id(6, n),
        .firing = fixture_firing(f, n),
        .action_index = n,
        .action = tcn_str_c(fixture_text(f, "{\"type\":\"do\",\"n\":%u}", n)),
        .automation = TCN_STR("{\"name\":\"a\"}"),
        .block = TCN_STR("hook"),
        .deadline_at_us = BASE_US + 1000,
    };
}

static int queue(fixture *f, unsigned first, unsigned count)
{
    static tcn_outbox_new actions[1000];
    tcn_step outcome = {0};
    tcn_store_step step = {.clock_us = BASE_US, .outcome = &outcome, .actions = actions};
    for (; step.action_count < count; step.action_count++)
        actions[step.action_count] = action_of(f, first + (unsigned)step.action_count);
    return fixture_commit(f, &step);
}

static int finish(fixture *f, tcn_outbox_result *result)
{
    tcn_store_step step = {.clock_us = BASE_US, .results = result, .result_count = 1};
    return fixture_commit(f, &step);
}

static size_t load(fixture *f, uint64_t after, tcn_outbox_entry **entries, size_t limit)
{
    tcn_err err = {0};
    size_t count = 0;
    int rc = tcn_outbox_load(f->store, after, entries, limit, &count, &err);
    if (rc < 0)
        fail_msg("%s", err.text);
    return count;
}

static void assert_waiting(fixture *f, size_t expected, size_t dead)
{
    tcn_outbox_entry *entries[64];
    size_t count = load(f, 0, entries, TCN_COUNT(entries));
    for (size_t i = 0; i < count; i++)
        tcn_outbox_entry_free(entries[i]);
    assert_int_equal(count, expected);
    tcn_store_counts counts;
    tcn_store_counts_get(f->store, &counts);
    assert_int_equal(counts.outbox_queued, expected);
    assert_int_equal(counts.outbox_dead, dead);
}

static void hands_on_what_it_wrote(void **state)
{
    fixture *f = *state;
    assert_int_equal(queue(f, 1, 3), 0);
    assert_int_equal(f->count, 3);
    fixture_close(f);
    tcn_err err = {0};
    assert_int_equal(fixture_open(f, TCN_STORE_NORMAL, &err), 0);
    tcn_outbox_entry *loaded[8];
    assert_int_equal(load(f, 0, loaded, TCN_COUNT(loaded)), 3);
    for (unsigned i = 0; i < 3; i++) {
        const tcn_outbox_entry *a = f->entries[i], *b = loaded[i];
        assert_int_equal(a->id, i + 1);
        assert_int_equal(b->id, a->id);
        assert_true(tcn_uuid_eq(&a->invocation, &b->invocation));
        assert_int_equal(b->action_index, i + 1);
        assert_int_equal(b->attempt, 0);
        assert_int_equal(b->created_at_us, a->created_at_us);
        assert_int_equal(b->next_at_us, a->next_at_us);
        assert_int_equal(b->deadline_at_us, BASE_US + 1000);
        assert_true(tcn_str_eq_c(b->block, "hook"));
        assert_true(tcn_str_eq_c(b->automation, "{\"name\":\"a\"}"));
        assert_string_equal(a->action.ptr, b->action.ptr);
        assert_string_equal(a->firing.ptr, b->firing.ptr);
        assert_int_equal(b->event.len, 0);
        assert_int_equal(b->rendered.len, 0);
        tcn_outbox_entry_free(loaded[i]);
    }
}

static void removes_what_is_done(void **state)
{
    fixture *f = *state;
    assert_int_equal(queue(f, 1, 2), 0);
    tcn_outbox_result result = {
        .id = 1,
        .invocation = fixture_id(6, 1),
        .outcome = TCN_OUTBOX_DONE,
        .attempt = 1,
        .at_us = BASE_US + 5,
        .code = 200,
        .receipt = TCN_STR("r-1"),
    };
    assert_int_equal(finish(f, &result), 0);
    assert_waiting(f, 1, 0);
    fixture_close(f);
    assert_int_equal(fixture_sql_number(f, "SELECT count(*) FROM action_text"), 1);
    assert_int_equal(fixture_sql_number(f,
                                        "SELECT count(*) FROM history WHERE id = 1 AND"
                                        " outcome = 1 AND code = 200 AND attempt = 1 AND"
                                        " receipt = 'r-1' AND block = 'hook'"),
                     1);
}

static void keeps_what_a_retry_hands_on(void **state)
{
    fixture *f = *state;
    assert_int_equal(queue(f, 1, 1), 0);
    tcn_outbox_result result = {
        .id = 1,
        .invocation = fixture_id(6, 1),
        .outcome = TCN_OUTBOX_RETRY,
        .attempt = 1,
        .next_at_us = BASE_US + 500,
        .progress = TCN_STR("half"),
        .rendered = TCN_STR("text"),
    };
    assert_int_equal(finish(f, &result), 0);
    result.attempt = 2;
    result.rendered = (tcn_str){0};
    result.progress = (tcn_str){0};
    assert_int_equal(finish(f, &result), 0);
    fixture_reopen(f);
    tcn_outbox_entry *entry = NULL;
    assert_int_equal(load(f, 0, &entry, 1), 1);
    assert_int_equal(entry->attempt, 2);
    assert_int_equal(entry->next_at_us, BASE_US + 500);
    assert_int_equal(entry->progress.len, 0);
    assert_true(tcn_str_eq_c(entry->rendered, "text"));
    tcn_outbox_entry_free(entry);
}

static void a_moved_row_begins_anew_for_its_new_block(void **state)
{
    fixture *f = *state;
    assert_int_equal(queue(f, 1, 1), 0);
    tcn_outbox_result result = {
        .id = 1,
        .invocation = fixture_id(6, 1),
        .outcome = TCN_OUTBOX_MOVED,
        .attempt = 3,
        .at_us = BASE_US + 700,
        .block = TCN_STR("mail"),
        .rendered = TCN_STR("text"),
        .reason = TCN_STR("HTTP 410"),
    };
    assert_int_equal(finish(f, &result), 0);
    assert_waiting(f, 1, 0);
    fixture_reopen(f);
    tcn_outbox_entry *entry = NULL;
    assert_int_equal(load(f, 0, &entry, 1), 1);
    assert_int_equal(entry->attempt, 0);
    assert_int_equal(entry->created_at_us, BASE_US + 700);
    assert_true(tcn_str_eq_c(entry->block, "mail"));
    assert_true(tcn_str_eq_c(entry->rendered, "text"));
    tcn_outbox_entry_free(entry);
}

static void keeps_dead_letters_apart(void **state)
{
    fixture *f = *state;
    assert_int_equal(queue(f, 1, 2), 0);
    tcn_outbox_result result = {
        .id = 2,
        .invocation = fixture_id(6, 2),
        .outcome = TCN_OUTBOX_DEAD,
        .attempt = 4,
        .code = 410,
        .cause = TCN_STR("refused"),
        .reason = TCN_STR("Gone"),
    };
    assert_int_equal(finish(f, &result), 0);
    assert_waiting(f, 1, 1);
    fixture_reopen(f);
    assert_waiting(f, 1, 1);
    assert_int_equal(queue(f, 9, 1), 0);
    assert_int_equal(f->entries[0]->id, 3); /* an id is never used again */
    fixture_close(f);
    assert_int_equal(
        fixture_sql_number(f, "SELECT count(*) FROM dead JOIN action_text USING (id)"
                              " WHERE id = 2 AND attempt = 4"),
        1);
    assert_int_equal(fixture_sql_number(f, "SELECT count(*) FROM history WHERE id = 2 AND"
                                           " outcome = 3 AND cause = 'refused'"),
                     1);
}

static void bury(fixture *f, uint64_t id)
{
    tcn_outbox_result result = {
        .id = id,
        .invocation = fixture_id(6, (unsigned)id),
        .outcome = TCN_OUTBOX_DEAD,
        .attempt = 2,
        .cause = TCN_STR("gone"),
        .progress = TCN_STR("half"),
        .rendered = TCN_STR("as it was sent"),
    };
    assert_int_equal(finish(f, &result), 0);
}

static int order(fixture *f, tcn_outbox_order *orders, size_t count)
{
    tcn_store_step step = {.clock_us = BASE_US, .orders = orders, .order_count = count};
    return fixture_commit(f, &step);
}

static void brings_a_dead_letter_back_as_it_was(void **state)
{
    fixture *f = *state;
    assert_int_equal(queue(f, 1, 2), 0);
    int64_t time_us = f->entries[1]->deadline_at_us - f->entries[1]->created_at_us;
    bury(f, 2);
    tcn_outbox_order orders[] = {{.id = 2, .is_retry = true, .at_us = BASE_US + 500},
                                 {.id = 2, .is_retry = true, .at_us = BASE_US + 500},
                                 {.id = 77, .is_retry = true, .at_us = BASE_US}};
    assert_int_equal(order(f, orders, 3), 0);
    assert_true(orders[0].is_done && !orders[1].is_done && !orders[2].is_done);
    assert_int_equal(f->count, 1);
    const tcn_outbox_entry *entry = f->entries[0];
    tcn_uuid invocation = fixture_id(6, 2);
    assert_int_equal(entry->id, 3);
    assert_true(tcn_uuid_eq(&entry->invocation, &invocation));
    assert_int_equal(entry->attempt, 0);
    assert_int_equal(entry->created_at_us, BASE_US + 500);
    assert_int_equal(entry->deadline_at_us - entry->created_at_us, time_us);
    assert_true(tcn_str_eq_c(entry->progress, "half"));
    assert_true(tcn_str_eq_c(entry->rendered, "as it was sent"));
    assert_waiting(f, 2, 0);
    fixture_reopen(f);
    assert_waiting(f, 2, 0);
    fixture_close(f);
    assert_int_equal(fixture_sql_number(f, "SELECT count(*) FROM action_text"), 2);
    assert_int_equal(fixture_sql_number(f, "SELECT count(*) FROM history"), 1);
}

static void drops_a_dead_letter_and_nothing_else(void **state)
{
    fixture *f = *state;
    assert_int_equal(queue(f, 1, 2), 0);
    bury(f, 1);
    tcn_outbox_order orders[] = {{.id = 1}, {.id = 2}, {.id = 1}};
    assert_int_equal(order(f, orders, 3), 0);
    assert_true(orders[0].is_done && !orders[1].is_done && !orders[2].is_done);
    assert_waiting(f, 1, 0);
}

static void ignores_results_of_strangers(void **state)
{
    fixture *f = *state;
    assert_int_equal(queue(f, 1, 1), 0);
    tcn_outbox_result result = {.id = 7, .invocation = fixture_id(6, 7)};
    for (int outcome = TCN_OUTBOX_DONE; outcome <= TCN_OUTBOX_DEAD; outcome++) {
        result.outcome = (enum tcn_outbox_outcome)outcome;
        result.id = 7;
        assert_int_equal(finish(f, &result), 0);
        result.id = 1; /* another one's invocation */
        assert_int_equal(finish(f, &result), 0);
    }
    assert_waiting(f, 1, 0);
    fixture_close(f);
    assert_int_equal(fixture_sql_number(f, "SELECT count(*) FROM history"), 0);
}

static void results_and_new_actions_are_one_step(void **state)
{
    fixture *f = *state;
    assert_int_equal(queue(f, 1, 1), 0);
    tcn_outbox_new action = action_of(f, 2);
    tcn_outbox_result result = {
        .id = 1,
        .invocation = fixture_id(6, 1),
        .outcome = TCN_OUTBOX_DONE,
    };
    const tcn_event *events[] = {fixture_event(f, 1, "action.executed")};
    tcn_step outcome = {0};
    tcn_store_step step = {
        .events = events,
        .event_count = 1,
        .outcome = &outcome,
        .actions = &action,
        .action_count = 1,
        .results = &result,
        .result_count = 1,
    };
    assert_int_equal(fixture_commit(f, &step), 0);
    assert_waiting(f, 1, 0);
    assert_int_equal(f->entries[0]->id, 2);
}

static void leaves_a_row_out_whose_text_is_damaged(void **state)
{
    fixture *f = *state;
    assert_int_equal(queue(f, 1, 3), 0);
    fixture_close(f);
    fixture_sql(
        f, "UPDATE action_text SET body = (SELECT body FROM action_text WHERE id = 3)"
           " WHERE id = 2");
    tcn_err err = {0};
    assert_int_equal(fixture_open(f, TCN_STORE_NORMAL, &err), 0);
    tcn_outbox_entry *entries[2];
    assert_int_equal(load(f, 0, entries, 2), 2);
    assert_int_equal(entries[0]->id, 1);
    assert_int_equal(entries[1]->id, 3);
    tcn_outbox_entry_free(entries[0]);
    tcn_outbox_entry_free(entries[1]);
}

static void reads_a_long_outbox_in_pages(void **state)
{
    fixture *f = *state;
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(queue(f, 1 + i * 1000, 1000), 0);
    fixture_reopen(f);
    tcn_store_counts counts;
    tcn_store_counts_get(f->store, &counts);
    assert_int_equal(counts.outbox_queued, 100000);
    uint64_t after = 0;
    size_t count = 0;
    tcn_outbox_entry *entries[333];
    while ((count = load(f, after, entries, TCN_COUNT(entries))) > 0) {
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(entries[i]->id, after + 1);
            after = entries[i]->id;
            tcn_outbox_entry_free(entries[i]);
        }
    }
    assert_int_equal(after, 100000);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(hands_on_what_it_wrote, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(removes_what_is_done, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(keeps_what_a_retry_hands_on, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(a_moved_row_begins_anew_for_its_new_block,
                                    fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(keeps_dead_letters_apart, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(brings_a_dead_letter_back_as_it_was, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(drops_a_dead_letter_and_nothing_else, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(ignores_results_of_strangers, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(results_and_new_actions_are_one_step, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(reads_a_long_outbox_in_pages, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(leaves_a_row_out_whose_text_is_damaged, fixture_setup,
                                    fixture_teardown),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
