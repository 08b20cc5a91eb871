/* SPDX-License-Identifier: Apache-2.0 */
/* test_waits.c - what a queue waits for: a block that is not ready, missing or was never
 * there, and the end of a pause. The clock is the test's. */
#include "support.h"

#include <stdio.h>

/* ---- blocks ---- */

static void waits_for_a_block_that_is_not_ready(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    ops->info.is_ready = false;
    queue(f, (row_spec){.block = "ops"});
    pass_slowly(f, TCN_HOUR_US);
    assert_int_equal(ops->sent_count, 0);
    assert_int_equal(f->report_count, 0);
    ops->info.is_ready = true;
    pass_slowly(f, 30 * TCN_SECOND_US);
    assert_int_equal(ops->sent_count, 1);
    assert_int_equal(ops->sent[0].attempt, 1);
}

static void note_orphan(const char *block, size_t count, void *ud)
{
    assert_string_equal(block, "ops");
    *(size_t *)ud += count;
}

static bool is_missing(fixture *f)
{
    json_t *status = tcn_dispatcher_status(f->dispatcher);
    bool is = json_is_true(json_object_get(json_array_get(status, 0), "missing"));
    json_decref(status);
    return is;
}

static void waits_for_a_block_that_goes_away_and_comes_back(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    queue(f, (row_spec){.block = "ops"});
    ops->info.name = "renamed";
    answer(f, ops, TOCSIN_RETRY, TOCSIN_CAUSE_NETWORK, 0, "no route");
    queue(f, (row_spec){.block = "ops"});
    tcn_dispatcher_look(f->dispatcher);
    pass_slowly(f, TCN_HOUR_US);
    assert_int_equal(ops->sent_count, 1);
    size_t orphans = 0;
    const tcn_blocks blocks = {&f->plugins};
    tcn_dispatcher_orphans(f->dispatcher, &blocks, note_orphan, &orphans);
    assert_int_equal(orphans, 2);
    assert_true(is_missing(f));

    ops->info.name = "ops";
    tcn_dispatcher_look(f->dispatcher);
    settle(f);
    assert_int_equal(ops->sent_count, 2);
    assert_false(is_missing(f));
    answer_done(f, ops);
    assert_int_equal(ops->sent_count, 3);
    assert_int_equal(ops->sent[2].attempt, 2);
}

/* As after a restart: nobody knows what the block was. */
static void waits_for_a_block_that_was_never_there(void **state)
{
    fixture *f = *state;
    uint64_t dropped = queue(f, (row_spec){.block = "ops"});
    queue(f, (row_spec){.block = "ops"});
    assert_int_equal(f->report_count, 0);
    assert_int_equal(tcn_dispatcher_give_up(f->dispatcher, dropped), 0);
    assert_true(text_is(report_of(f, dropped)->result.cause, "dropped"));
    tcn_block *ops = add_block(f, "ops");
    pass_slowly(f, 30 * TCN_SECOND_US);
    assert_int_equal(open_count(ops), 1);
}

static void gives_up_what_waits_too_long_for_a_block_that_is_gone(void **state)
{
    fixture *f = *state;
    uint64_t id = queue(f, (row_spec){.block = "ops", .deadline_in_us = TCN_HOUR_US});
    pass_slowly(f, TCN_HOUR_US - 1);
    assert_null(report_of(f, id));
    pass_slowly(f, 1);
    assert_true(text_is(report_of(f, id)->result.cause, "deadline"));
    assert_true(text_is(report_of(f, id)->result.reason,
                        "its deadline passed while there was no block \"ops\""));
}

/* ---- pauses ---- */

static void retry_after_pauses_all_that_leads_there_and_a_probe_goes_first(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops"), *twin = add_block(f, "twin");
    tcn_block *other = add_block(f, "other");
    twin->info.destination = ops->info.destination;
    queue(f, (row_spec){.block = "ops"});
    answer_retry_after(f, ops, 60000);
    assert_int_equal(last_report(f)->result.next_at_us, test_now_us + TCN_MINUTE_US);
    for (int i = 0; i < 3; i++) {
        queue(f, (row_spec){.block = "ops"});
        queue(f, (row_spec){.block = "twin"});
    }
    queue(f, (row_spec){.block = "other"});
    assert_int_equal(other->sent_count, 1);
    pass_slowly(f, TCN_MINUTE_US - 1);
    assert_int_equal(ops->sent_count + twin->sent_count, 1);
    pass_slowly(f, 1);
    assert_int_equal(open_count(ops) + open_count(twin), 1);
    pass_slowly(f, TCN_HOUR_US / 2);
    assert_int_equal(open_count(ops) + open_count(twin), 1);
    answer_done(f, open_count(ops) > 0 ? ops : twin);
    assert_int_equal(open_count(ops), 4 - (ops->sent[1].attempt == 1));
    assert_int_equal(ops->sent_count + twin->sent_count, 8);
}

static void a_probe_that_fails_prolongs_the_pause(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    for (int i = 0; i < 6; i++)
        queue(f, (row_spec){.block = "ops"});
    for (int i = 0; i < 4; i++)
        answer_retry_after(f, ops, 10000);
    assert_int_equal(ops->sent_count, 4);
    pass(f, 10 * TCN_SECOND_US);
    assert_int_equal(open_count(ops), 1);
    answer_retry_after(f, ops, 20000);
    pass(f, 20 * TCN_SECOND_US - 1);
    assert_int_equal(open_count(ops), 0);
    pass(f, 1);
    assert_int_equal(open_count(ops), 1);
    answer_retry(f, ops);
    assert_int_equal(open_count(ops), 0);
    pass(f, 2 * TCN_SECOND_US);
    assert_int_equal(open_count(ops), 1);
    answer(f, ops, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, 400, "HTTP 400");
    assert_int_equal(open_count(ops), 4);
}

static void a_pause_is_known_after_a_restart(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    queue(f, (row_spec){.block = "ops"});
    answer_retry_after(f, ops, 60000);
    const tcn_outbox_result *result = &last_report(f)->result;
    char rendered[400];
    snprintf(rendered, sizeof rendered, "%.*s", TCN_STR_ARG(result->rendered));

    fixture *after = fixture_new();
    ops = add_block(after, "ops");
    queue(after, (row_spec){.block = "ops",
                            .attempt = 1,
                            .next_in_us = TCN_MINUTE_US,
                            .rendered = rendered});
    queue(after, (row_spec){.block = "ops"});
    pass_slowly(after, TCN_MINUTE_US - 1);
    assert_int_equal(ops->sent_count, 0);
    pass_slowly(after, 1);
    assert_int_equal(ops->sent_count, 1);
    fixture_free(after);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
static const struct CMUnitTest cases[] = {
    CASE(waits_for_a_block_that_is_not_ready),
    CASE(waits_for_a_block_that_goes_away_and_comes_back),
    CASE(waits_for_a_block_that_was_never_there),
    CASE(gives_up_what_waits_too_long_for_a_block_that_is_gone),
    CASE(retry_after_pauses_all_that_leads_there_and_a_probe_goes_first),
    CASE(a_probe_that_fails_prolongs_the_pause),
    CASE(a_pause_is_known_after_a_restart),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
