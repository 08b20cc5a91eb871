/* SPDX-License-Identifier: Apache-2.0 */
/* test_places.c - how many go at once: the places of blocks and of the dispatcher, the
 * work of one turn of the loop, full queues. The clock is the test's. */
#include "support.h"

#include <stdio.h>

/* ---- places ---- */

static void keeps_within_the_places_of_block_and_dispatcher(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops"), *mail = add_block(f, "mail");
    f->dispatcher->options.concurrency = 3;
    for (int i = 0; i < 10; i++) {
        queue(f, (row_spec){.block = "ops"});
        queue(f, (row_spec){.block = "mail"});
    }
    assert_int_equal(open_count(ops) + open_count(mail), 3);
    for (int i = 0; i < 3; i++)
        answer_done(f, open_count(ops) > 0 ? ops : mail);
    /* One of each block is always possible. */
    assert_in_range(open_count(ops) + open_count(mail), 3, 4);
    f->dispatcher->options.concurrency = 64;
    settle(f);
    assert_int_equal(open_count(ops), 4);
    assert_int_equal(open_count(mail), 4);
    f->dispatcher->options.concurrency = 8;
    queue(f, (row_spec){.action = "{\"type\":\"do-nothing\"}"});
    assert_int_equal(last_report(f)->result.outcome, TCN_OUTBOX_DONE);
    assert_int_equal(last_report(f)->result.code, 0);
}

static void sends_one_at_a_time_while_a_block_fails(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    for (int i = 0; i < 20; i++)
        queue(f, (row_spec){.block = "ops"});
    assert_int_equal(open_count(ops), 4);
    for (int i = 0; i < 4; i++)
        answer_retry(f, ops);
    assert_int_equal(open_count(ops), 1);
    answer_done(f, ops);
    assert_int_equal(open_count(ops), 4);
}

static void ten_thousand_for_a_dead_block_do_not_delay_a_good_one(void **state)
{
    fixture *f = *state;
    tcn_block *dead = add_block(f, "dead"), *good = add_block(f, "good");
    dead->answers_at_once = true;
    dead->answer = (tcn_delivery_result){
        .status = TOCSIN_RETRY, .cause = TOCSIN_CAUSE_NETWORK, .retry_after_ms = -1};
    dead->info.max_attempts = 1;
    good->answers_at_once = true;
    tcn_dispatcher_quiesce(f->dispatcher);
    for (int i = 0; i < 10000; i++)
        queue(f, (row_spec){.block = "dead"});
    f->dispatcher->is_quiescing = false;
    dead->info.is_ready = false;
    settle(f);
    uint64_t id = queue(f, (row_spec){.block = "good"});
    assert_int_equal(good->sent_count, 1);
    assert_int_equal(report_of(f, id)->result.outcome, TCN_OUTBOX_DONE);
    assert_int_equal(dead->sent_count, 0);
    /* It hangs, with all places of the block taken: still nobody waits for it. */
    dead->info.is_ready = true;
    dead->answers_at_once = false;
    pass_slowly(f, TCN_MINUTE_US);
    assert_int_equal(open_count(dead), 4);
    queue(f, (row_spec){.block = "good"});
    assert_int_equal(good->sent_count, 2);
}

#define HANGING 150

static void blocks_that_hang_do_not_take_all_places(void **state)
{
    fixture *f = *state;
    static char names[HANGING][16];
    size_t open = 0;
    for (int i = 0; i < HANGING; i++) {
        snprintf(names[i], sizeof names[i], "hang%d", i);
        add_block(f, names[i]);
        for (int row = 0; row < 4; row++)
            queue(f, (row_spec){.block = names[i]});
    }
    for (int i = 0; i < HANGING; i++)
        open += open_count(f->plugins.blocks[i]);
    /* One of each block, and for a while no more than the dispatcher's places. */
    assert_in_range(open, HANGING, HANGING + 64);
    tcn_block *good = add_block(f, "good");
    for (int row = 0; row < 8; row++)
        queue(f, (row_spec){.block = "good"});
    assert_int_equal(open_count(good), 1);
    answer_done(f, good);
    assert_int_equal(open_count(good), 1);
    /* What hangs gives its place back, and takes half of them at most from then on. */
    pass(f, TCN_SECOND_US);
    answer_done(f, good);
    assert_int_equal(open_count(good), 4);
}

static void what_takes_long_is_given_back_when_it_ends(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    f->dispatcher->options.concurrency = 2;
    for (int i = 0; i < 8; i++)
        queue(f, (row_spec){.block = "ops"});
    assert_int_equal(open_count(ops), 2);
    pass(f, TCN_SECOND_US);
    assert_int_equal(open_count(ops), 3);
    pass(f, TCN_SECOND_US);
    assert_int_equal(open_count(ops), 4);
    for (int i = 0; i < 8; i++)
        answer_done(f, ops);
    assert_int_equal(f->dispatcher->in_flight, 0);
    assert_int_equal(f->dispatcher->slow_count, 0);
}

static void one_turn_of_the_loop_is_bounded(void **state)
{
    fixture *f = *state;
    tcn_dispatcher_quiesce(f->dispatcher);
    for (int i = 0; i < 1000; i++)
        queue(f, (row_spec){.action = "{\"type\":\"do-nothing\"}"});
    f->dispatcher->is_quiescing = false;
    tcn_dispatcher_turn(f->dispatcher);
    assert_in_range(f->report_count, 1, 300);
    settle(f);
    assert_int_equal(f->report_count, 1000);
}

/* In their order, also what comes behind them; what is left at the end is given back. */
static void very_many_are_taken_bit_by_bit(void **state)
{
    enum {
        MANY = 1300
    };
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    ops->info.concurrency = 1;
    tcn_outbox_entry *entries[MANY];
    for (int i = 0; i < MANY; i++)
        entries[i] = make_entry(f, (row_spec){.block = "ops"});
    uint64_t first = entries[0]->id, last = entries[MANY - 1]->id;
    assert_int_equal(tcn_dispatcher_take(f->dispatcher, entries, MANY), 0);
    uint64_t next = queue(f, (row_spec){.block = "ops"});
    assert_false(uv_is_active((uv_handle_t *)&f->dispatcher->idle));
    for (int i = 0; i <= MANY; i++)
        answer_done(f, ops);
    assert_int_equal(ops->sent_count, MANY + 1);
    assert_memory_equal(ops->sent[0].invocation.bytes, &first, sizeof first);
    assert_memory_equal(ops->sent[MANY - 1].invocation.bytes, &last, sizeof last);
    assert_memory_equal(ops->sent[MANY].invocation.bytes, &next, sizeof next);
    for (int i = 0; i < MANY; i++)
        entries[i] = make_entry(f, (row_spec){.block = "ops"});
    assert_int_equal(tcn_dispatcher_take(f->dispatcher, entries, MANY), 0);
}

static void a_full_queue_ends_new_actions_at_once(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    f->dispatcher->options.max_per_block = 6;
    for (int i = 0; i < 6; i++)
        queue(f, (row_spec){.block = "ops"});
    assert_int_equal(f->report_count, 0);
    queue(f, (row_spec){.block = "ops"});
    assert_int_equal(last_report(f)->result.outcome, TCN_OUTBOX_DEAD);
    assert_true(text_is(last_report(f)->result.cause, "full"));
    answer_done(f, ops);
    queue(f, (row_spec){.block = "ops"});
    assert_int_equal(f->report_count, 2);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
static const struct CMUnitTest cases[] = {
    CASE(keeps_within_the_places_of_block_and_dispatcher),
    CASE(sends_one_at_a_time_while_a_block_fails),
    CASE(ten_thousand_for_a_dead_block_do_not_delay_a_good_one),
    CASE(blocks_that_hang_do_not_take_all_places),
    CASE(what_takes_long_is_given_back_when_it_ends),
    CASE(one_turn_of_the_loop_is_bounded),
    CASE(very_many_are_taken_bit_by_bit),
    CASE(a_full_queue_ends_new_actions_at_once),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
