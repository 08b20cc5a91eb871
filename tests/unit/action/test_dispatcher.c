/* SPDX-License-Identifier: Apache-2.0 */
/* test_dispatcher.c - the life of an action: from its row to its report, attempts and
 * back-off, deadlines, restart and end, and the status. The clock is the test's. */
#include "support.h"

#include "core/action/backoff.h"

/* ---- one after the other ---- */

static void delivers_and_reports_once(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    uint64_t id = queue(f, (row_spec){.block = "ops"});
    assert_int_equal(ops->sent_count, 1);
    assert_string_equal(ops->sent[0].subject, "A subject");
    assert_string_equal(ops->sent[0].body, "A body");
    assert_int_equal(ops->sent[0].attempt, 1);
    assert_int_equal(ops->sent[0].severity, TOCSIN_FAILURE);
    assert_int_equal(f->report_count, 0);
    assert_int_equal(tcn_dispatcher_in_flight(f->dispatcher), 1);
    answer_done(f, ops);
    assert_int_equal(f->report_count, 1);
    assert_int_equal(last_report(f)->result.id, id);
    assert_int_equal(last_report(f)->result.outcome, TCN_OUTBOX_DONE);
    assert_int_equal(last_report(f)->result.attempt, 1);
    assert_int_equal(tcn_dispatcher_in_flight(f->dispatcher), 0);
}

static void takes_an_answer_that_comes_before_send_returns(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    ops->answers_at_once = true;
    for (int i = 0; i < 1000; i++)
        queue(f, (row_spec){.block = "ops"});
    assert_int_equal(ops->sent_count, 1000);
    assert_int_equal(f->report_count, 1000);
}

static void does_nothing_at_once(void **state)
{
    fixture *f = *state;
    queue(f, (row_spec){.action = "{\"type\":\"do-nothing\"}"});
    assert_int_equal(last_report(f)->result.outcome, TCN_OUTBOX_DONE);
    assert_int_equal(last_report(f)->event_count, 2);
}

static void fails_what_no_plugin_provides(void **state)
{
    fixture *f = *state;
    queue(f, (row_spec){.action = "{\"type\":\"cancel-flow-run\"}"});
    const tcn_outbox_result *result = &last_report(f)->result;
    assert_int_equal(result->outcome, TCN_OUTBOX_DEAD);
    assert_true(text_is(result->cause, "config"));
    assert_true(text_is(result->reason,
                        "no plugin provides the action type \"cancel-flow-run\""));
}

static void fails_without_a_block_and_with_one_that_cannot(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    ops->info.can_notify = false;
    ops->has_webhook = false;
    queue(f, (row_spec){.block = ""});
    assert_true(text_is(last_report(f)->result.reason, "it names no block"));
    assert_true(text_is(last_report(f)->result.cause, "config"));
    queue(f, (row_spec){.block = "ops"});
    assert_true(text_is(last_report(f)->result.reason,
                        "The referenced block was not a notification block"));
    queue(f, (row_spec){.block = "ops", .action = webhook});
    assert_true(text_is(last_report(f)->result.reason,
                        "The referenced block was not a webhook block"));
    assert_int_equal(ops->sent_count, 0);
}

static void buries_a_row_that_cannot_be_read(void **state)
{
    fixture *f = *state;
    add_block(f, "ops");
    queue(f, (row_spec){.block = "ops", .firing = "{\"id\":"});
    assert_int_equal(last_report(f)->result.outcome, TCN_OUTBOX_DEAD);
    assert_true(text_is(last_report(f)->result.cause, "internal"));
    assert_int_equal(last_report(f)->event_count, 0);
}

static void starts_a_blocks_actions_in_the_order_of_queueing(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    ops->info.concurrency = 1;
    uint64_t ids[5];
    for (int i = 0; i < 5; i++)
        ids[i] = queue(f, (row_spec){.block = "ops"});
    for (int i = 0; i < 5; i++)
        answer_done(f, ops);
    for (size_t i = 0; i < 5; i++)
        assert_memory_equal(ops->sent[i].invocation.bytes, &ids[i], sizeof ids[i]);
}

static void starts_the_actions_of_one_firing_in_the_order_of_their_index(void **state)
{
    fixture *f = *state;
    tcn_block *a = add_block(f, "a"), *b = add_block(f, "b"), *c = add_block(f, "c");
    tcn_dispatcher_quiesce(f->dispatcher);
    queue(f, (row_spec){.block = "c"});
    queue(f, (row_spec){.block = "a"});
    queue(f, (row_spec){.block = "b"});
    f->dispatcher->is_quiescing = false;
    settle(f);
    assert_int_equal(c->sent[0].number, 0);
    assert_int_equal(a->sent[0].number, 1);
    assert_int_equal(b->sent[0].number, 2);
}

/* ---- back-off ---- */

static void backs_off_and_tries_again(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    uint64_t random = 42;
    queue(f, (row_spec){.block = "ops"});
    for (uint32_t attempt = 1; attempt <= 12; attempt++) {
        assert_int_equal(ops->sent_count, attempt);
        assert_int_equal(ops->sent[attempt - 1].attempt, attempt);
        answer_retry(f, ops);
        int64_t delay_us = tcn_backoff_us(attempt, &random);
        const tcn_outbox_result *result = &last_report(f)->result;
        assert_int_equal(result->outcome, TCN_OUTBOX_RETRY);
        assert_int_equal(result->attempt, attempt);
        assert_int_equal(result->next_at_us, test_now_us + delay_us);
        assert_int_equal(result->code, 500);
        assert_true(text_is(result->cause, "server"));
        assert_int_equal(last_report(f)->event_count, 0);
        pass(f, delay_us - 1);
        assert_int_equal(ops->sent_count, attempt);
        pass(f, 1);
    }
    answer_done(f, ops);
    assert_int_equal(last_report(f)->result.attempt, 13);
    assert_int_equal(last_report(f)->event_count, 2);
}

static void a_wall_clock_that_jumps_does_not_change_a_back_off(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    queue(f, (row_spec){.block = "ops"});
    answer_retry(f, ops);
    test_now_us -= TCN_DAY_US;
    pass(f, TCN_SECOND_US);
    assert_int_equal(ops->sent_count, 2);
    answer_retry(f, ops);
    test_now_us += TCN_HOUR_US;
    settle(f);
    assert_int_equal(ops->sent_count, 2);
    pass(f, 2 * TCN_SECOND_US);
    assert_int_equal(ops->sent_count, 3);
}

static void one_that_backs_off_lets_others_pass(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    ops->info.concurrency = 1;
    uint64_t first = queue(f, (row_spec){.block = "ops"});
    uint64_t second = queue(f, (row_spec){.block = "ops"});
    answer_retry(f, ops);
    assert_int_equal(report_of(f, first)->result.outcome, TCN_OUTBOX_RETRY);
    assert_int_equal(ops->sent_count, 2);
    answer_done(f, ops);
    assert_int_equal(report_of(f, second)->result.outcome, TCN_OUTBOX_DONE);
}

static void hands_progress_on_to_the_next_attempt(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    ops->answers_at_once = true;
    ops->answer = (tcn_delivery_result){
        .status = TOCSIN_RETRY, .retry_after_ms = -1, .progress = TCN_STR("half")};
    queue(f, (row_spec){.block = "ops", .progress = "begun", .attempt = 1});
    assert_string_equal(ops->sent[0].progress, "begun");
    assert_true(text_is(last_report(f)->result.progress, "half"));
    pass(f, 2 * TCN_SECOND_US);
    assert_string_equal(ops->sent[1].progress, "half");
    assert_int_equal(ops->sent[1].attempt, 3);
}

static void gives_up_after_the_attempts_that_are_allowed(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    ops->info.max_attempts = 2;
    queue(f, (row_spec){.block = "ops"});
    answer_retry(f, ops);
    pass(f, TCN_SECOND_US);
    answer_retry(f, ops);
    const tcn_outbox_result *result = &last_report(f)->result;
    assert_int_equal(result->outcome, TCN_OUTBOX_DEAD);
    assert_true(text_is(result->cause, "server"));
    assert_true(text_is(result->reason,
                        "HTTP 500 (gave up after 2 attempts: no more are allowed)"));
    assert_int_equal(last_report(f)->event_count, 2);
    pass_slowly(f, TCN_DAY_US);
    assert_int_equal(ops->sent_count, 2);
}

static void a_refusal_is_final(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    queue(f, (row_spec){.block = "ops"});
    answer(f, ops, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, 400, "HTTP 400");
    assert_int_equal(last_report(f)->result.outcome, TCN_OUTBOX_DEAD);
    assert_true(text_is(last_report(f)->result.reason, "HTTP 400"));
    assert_true(last_report(f)->result.rendered.len > 0);
}

static void retries_what_a_block_does_not_accept(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    ops->send_rc = TCN_E_BUSY;
    queue(f, (row_spec){.block = "ops"});
    assert_int_equal(last_report(f)->result.outcome, TCN_OUTBOX_RETRY);
    assert_true(text_is(last_report(f)->result.cause, "internal"));
    ops->send_rc = 0;
    pass(f, TCN_SECOND_US);
    assert_int_equal(ops->sent_count, 1);
}

/* ---- deadlines ---- */

static void gives_up_when_the_next_attempt_would_be_too_late(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    ops->info.deadline_ms = 60000;
    uint64_t id = queue(f, (row_spec){.block = "ops", .deadline_in_us = TCN_DAY_US});
    for (int i = 0; i < 20 && open_count(ops) > 0; i++) {
        answer_retry(f, ops);
        pass_slowly(f, 32 * TCN_SECOND_US);
    }
    assert_int_equal(report_of(f, id)->result.outcome, TCN_OUTBOX_DEAD);
    assert_true(tcn_str_find(report_of(f, id)->result.reason, TCN_STR("deadline")) !=
                SIZE_MAX);
    assert_true(text_is(report_of(f, id)->result.cause, "server"));
}

static void gives_up_what_waits_past_its_deadline(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    ops->info.is_ready = false;
    ops->info.deadline_ms = 600000;
    uint64_t id = queue(f, (row_spec){.block = "ops"});
    pass_slowly(f, 599 * TCN_SECOND_US);
    assert_null(report_of(f, id));
    pass_slowly(f, 2 * TCN_SECOND_US);
    assert_int_equal(report_of(f, id)->result.outcome, TCN_OUTBOX_DEAD);
    assert_true(text_is(report_of(f, id)->result.cause, "deadline"));
    assert_int_equal(ops->sent_count, 0);
}

static void an_attempt_has_no_more_time_than_its_deadline_leaves(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    ops->info.deadline_ms = 10000;
    queue(f, (row_spec){.block = "ops"});
    assert_int_equal(ops->sent[0].timeout_ms, 10000);
}

/* ---- restart, stop ---- */

static void a_loaded_retry_waits_for_its_time(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    queue(f, (row_spec){.block = "ops", .attempt = 3, .next_in_us = 7 * TCN_SECOND_US});
    pass_slowly(f, 7 * TCN_SECOND_US - 1);
    assert_int_equal(ops->sent_count, 0);
    pass_slowly(f, 1);
    assert_int_equal(ops->sent[0].attempt, 4);
}

static void a_loaded_retry_never_waits_longer_than_any_wait_that_is_given(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    queue(f, (row_spec){.block = "ops", .attempt = 3, .next_in_us = 20 * TCN_HOUR_US});
    pass_slowly(f, TCN_HOUR_US);
    assert_int_equal(ops->sent_count, 1);
}

static void quiescing_starts_nothing_and_lets_the_rest_end(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    queue(f, (row_spec){.block = "ops"});
    tcn_dispatcher_quiesce(f->dispatcher);
    queue(f, (row_spec){.block = "ops"});
    pass_slowly(f, TCN_MINUTE_US);
    assert_int_equal(ops->sent_count, 1);
    answer_done(f, ops);
    assert_int_equal(f->report_count, 1);
    assert_int_equal(ops->sent_count, 1);
    assert_int_equal(tcn_dispatcher_in_flight(f->dispatcher), 0);
}

static void closing_cancels_what_is_in_flight_without_a_report(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    for (int i = 0; i < 10; i++)
        queue(f, (row_spec){.block = "ops"});
    assert_int_equal(open_count(ops), 4);
    size_t before = f->report_count;
    assert_int_equal(before, 0); /* fixture_free closes, and frees the rest */
}

/* ---- status ---- */

static int64_t number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void status_tells_queues_errors_and_pauses(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    add_block(f, "mail");
    for (int i = 0; i < 6; i++)
        queue(f, (row_spec){.block = "ops"});
    queue(f, (row_spec){.block = "mail"});
    answer_retry_after(f, ops, 60000);
    json_t *status = tcn_dispatcher_status(f->dispatcher);
    assert_int_equal(json_array_size(status), 2);
    const json_t *mail = json_array_get(status, 0), *of_ops = json_array_get(status, 1);
    assert_string_equal(json_string_value(json_object_get(mail, "block")), "mail");
    assert_int_equal(number_of(mail, "in_flight"), 1);
    assert_true(json_is_null(json_object_get(mail, "last_error")));
    assert_true(json_is_null(json_object_get(mail, "paused_until")));
    assert_int_equal(number_of(of_ops, "queued"), 3);
    assert_int_equal(number_of(of_ops, "in_flight"), 3);
    assert_int_equal(number_of(of_ops, "retried"), 1);
    assert_string_equal(json_string_value(json_object_get(of_ops, "paused_until")),
                        "2026-01-02T03:05:06.100000Z");
    assert_string_equal(json_string_value(json_object_get(of_ops, "oldest")),
                        "2026-01-02T03:04:06.100000Z");
    const json_t *error = json_object_get(of_ops, "last_error");
    assert_string_equal(json_string_value(json_object_get(error, "reason")), "HTTP 429");
    json_decref(status);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
static const struct CMUnitTest cases[] = {
    CASE(delivers_and_reports_once),
    CASE(takes_an_answer_that_comes_before_send_returns),
    CASE(does_nothing_at_once),
    CASE(fails_what_no_plugin_provides),
    CASE(fails_without_a_block_and_with_one_that_cannot),
    CASE(buries_a_row_that_cannot_be_read),
    CASE(starts_a_blocks_actions_in_the_order_of_queueing),
    CASE(starts_the_actions_of_one_firing_in_the_order_of_their_index),
    CASE(backs_off_and_tries_again),
    CASE(a_wall_clock_that_jumps_does_not_change_a_back_off),
    CASE(one_that_backs_off_lets_others_pass),
    CASE(hands_progress_on_to_the_next_attempt),
    CASE(gives_up_after_the_attempts_that_are_allowed),
    CASE(a_refusal_is_final),
    CASE(retries_what_a_block_does_not_accept),
    CASE(gives_up_when_the_next_attempt_would_be_too_late),
    CASE(gives_up_what_waits_past_its_deadline),
    CASE(an_attempt_has_no_more_time_than_its_deadline_leaves),
    CASE(a_loaded_retry_waits_for_its_time),
    CASE(a_loaded_retry_never_waits_longer_than_any_wait_that_is_given),
    CASE(quiescing_starts_nothing_and_lets_the_rest_end),
    CASE(closing_cancels_what_is_in_flight_without_a_report),
    CASE(status_tells_queues_errors_and_pauses),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
