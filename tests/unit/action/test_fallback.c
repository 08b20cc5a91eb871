/* SPDX-License-Identifier: Apache-2.0 */
/* test_fallback.c - what one block cannot deliver goes on to another one, and the failed
 * event still tells. */
#include "support.h"

typedef struct pair {
    fixture *f;
    tcn_block *ops, *mail;
} pair;

static pair make_pair(void **state)
{
    pair p = {.f = *state};
    p.ops = add_block(p.f, "ops");
    p.mail = add_block(p.f, "mail");
    p.ops->info.fallback = "mail";
    return p;
}

static void fail_for_good(fixture *f, tcn_block *block)
{
    answer(f, block, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, 400, "HTTP 400");
}

static void a_failure_goes_on_and_is_told(void **state)
{
    pair p = make_pair(state);
    uint64_t id = queue(p.f, (row_spec){.block = "ops"});
    fail_for_good(p.f, p.ops);
    const tcn_report *report = report_of(p.f, id);
    assert_int_equal(report->result.outcome, TCN_OUTBOX_MOVED);
    assert_true(text_is(report->result.block, "mail"));
    assert_int_equal(report->event_count, 2);
    assert_true(text_is(report->events[1].name, "prefect.automation.action.failed"));
    assert_int_equal(open_count(p.mail), 1);
    assert_int_equal(p.mail->sent[0].attempt, 1);
    assert_string_equal(p.mail->sent[0].body, p.ops->sent[0].body);
    tcn_uuid failed = report->events[1].id, triggered = report->events[0].id;

    answer(p.f, p.mail, TOCSIN_DONE, 0, 200, "");
    report = report_of(p.f, id);
    assert_int_equal(report->result.outcome, TCN_OUTBOX_DONE);
    assert_int_equal(report->result.attempt, 1);
    assert_true(text_is(report->events[1].name, "prefect.automation.action.executed"));
    assert_memory_not_equal(&report->events[0].id, &triggered, sizeof triggered);
    assert_memory_not_equal(&report->events[1].id, &failed, sizeof failed);
}

static void both_failures_are_told(void **state)
{
    pair p = make_pair(state);
    uint64_t id = queue(p.f, (row_spec){.block = "ops"});
    fail_for_good(p.f, p.ops);
    tcn_uuid first = report_of(p.f, id)->events[1].id;
    fail_for_good(p.f, p.mail);
    const tcn_report *report = report_of(p.f, id);
    assert_int_equal(report->result.outcome, TCN_OUTBOX_DEAD);
    assert_true(text_is(report->events[1].name, "prefect.automation.action.failed"));
    assert_memory_not_equal(&report->events[1].id, &first, sizeof first);
}

static void the_deadline_moves_it_on_and_begins_anew(void **state)
{
    pair p = make_pair(state);
    p.ops->info.deadline_ms = 60000;
    p.ops->info.is_ready = false;
    queue(p.f, (row_spec){.block = "ops"});
    pass_slowly(p.f, 2 * TCN_MINUTE_US);
    assert_int_equal(p.ops->sent_count, 0);
    assert_int_equal(open_count(p.mail), 1);
    p.mail->info.deadline_ms = 90000;
    answer(p.f, p.mail, TOCSIN_RETRY, TOCSIN_CAUSE_NETWORK, 0, "no route");
    assert_int_equal(last_report(p.f)->result.outcome, TCN_OUTBOX_RETRY);
}

static void the_last_allowed_attempt_moves_it_on(void **state)
{
    pair p = make_pair(state);
    p.ops->info.max_attempts = 1;
    queue(p.f, (row_spec){.block = "ops"});
    answer(p.f, p.ops, TOCSIN_RETRY, TOCSIN_CAUSE_NETWORK, 0, "no route");
    assert_int_equal(last_report(p.f)->result.outcome, TCN_OUTBOX_MOVED);
    assert_int_equal(open_count(p.mail), 1);
}

static void a_chain_is_followed_to_its_end(void **state)
{
    pair p = make_pair(state);
    tcn_block *last = add_block(p.f, "last");
    p.mail->info.fallback = "last";
    queue(p.f, (row_spec){.block = "ops"});
    fail_for_good(p.f, p.ops);
    fail_for_good(p.f, p.mail);
    assert_int_equal(open_count(last), 1);
    fail_for_good(p.f, last);
    assert_int_equal(last_report(p.f)->result.outcome, TCN_OUTBOX_DEAD);
}

static void what_no_block_could_send_stays_dead(void **state)
{
    pair p = make_pair(state);
    queue(p.f, (row_spec){.block = "ops",
                          .action = "{\"type\":\"send-notification\",\"block\":\"ops\","
                                    "\"subject\":\"{{ 1 // 0 }}\",\"body\":\"b\"}"});
    assert_int_equal(last_report(p.f)->result.outcome, TCN_OUTBOX_DEAD);
    assert_int_equal(p.mail->sent_count, 0);
}

static void without_room_in_the_fallback_it_is_dead(void **state)
{
    pair p = make_pair(state);
    p.f->dispatcher->options.max_per_block = 1;
    queue(p.f, (row_spec){.block = "mail"});
    queue(p.f, (row_spec){.block = "ops"});
    fail_for_good(p.f, p.ops);
    assert_int_equal(last_report(p.f)->result.outcome, TCN_OUTBOX_DEAD);
}

static void a_fallback_that_went_away_is_none(void **state)
{
    pair p = make_pair(state);
    p.ops->info.fallback = "nowhere";
    queue(p.f, (row_spec){.block = "ops"});
    fail_for_good(p.f, p.ops);
    assert_int_equal(last_report(p.f)->result.outcome, TCN_OUTBOX_DEAD);
}

static void what_came_before_one_that_was_moved_here_is_found_by_hand(void **state)
{
    pair p = make_pair(state);
    p.mail->info.is_ready = false;
    uint64_t moved = queue(p.f, (row_spec){.block = "ops"});
    uint64_t later = queue(p.f, (row_spec){.block = "mail"});
    fail_for_good(p.f, p.ops);
    assert_int_equal(tcn_dispatcher_hurry(p.f->dispatcher, later), 0);
    assert_int_equal(tcn_dispatcher_hurry(p.f->dispatcher, moved), 0);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
static const struct CMUnitTest cases[] = {
    CASE(a_failure_goes_on_and_is_told),
    CASE(both_failures_are_told),
    CASE(the_deadline_moves_it_on_and_begins_anew),
    CASE(the_last_allowed_attempt_moves_it_on),
    CASE(a_chain_is_followed_to_its_end),
    CASE(what_no_block_could_send_stays_dead),
    CASE(without_room_in_the_fallback_it_is_dead),
    CASE(a_fallback_that_went_away_is_none),
    CASE(what_came_before_one_that_was_moved_here_is_found_by_hand),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
