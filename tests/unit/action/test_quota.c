/* SPDX-License-Identifier: Apache-2.0 */
/* test_quota.c - rates of destinations: what goes when, for one block and for several
 * that lead to the same place. */
#include "support.h"

static tcn_rates rates_of(uint32_t count, int64_t period_us, uint32_t burst)
{
    return (tcn_rates){
        .items = {{.count = count, .burst = burst, .period_us = period_us}}, .count = 1};
}

/* A block that takes whatever comes, at once. */
static tcn_block *eager_block(fixture *f, const char *name, tcn_rates rates)
{
    tcn_block *block = add_block(f, name);
    block->answers_at_once = true;
    block->info.rates = rates;
    return block;
}

static void queue_many(fixture *f, const char *block, int count)
{
    for (int i = 0; i < count; i++)
        queue(f, (row_spec){.block = block});
}

static void a_burst_goes_at_once_and_the_rest_at_the_rate(void **state)
{
    fixture *f = *state;
    tcn_block *ops = eager_block(f, "ops", rates_of(1, TCN_SECOND_US, 4));
    queue_many(f, "ops", 10);
    assert_int_equal(ops->sent_count, 4);
    pass_slowly(f, TCN_SECOND_US - 1);
    assert_int_equal(ops->sent_count, 4);
    pass_slowly(f, 1);
    assert_int_equal(ops->sent_count, 5);
    pass_slowly(f, 3 * TCN_SECOND_US);
    assert_int_equal(ops->sent_count, 8);
    pass_slowly(f, TCN_HOUR_US);
    assert_int_equal(ops->sent_count, 10);
}

static void a_bucket_fills_up_to_its_burst_and_no_further(void **state)
{
    fixture *f = *state;
    tcn_block *ops = eager_block(f, "ops", rates_of(1, TCN_SECOND_US, 3));
    queue_many(f, "ops", 1);
    pass(f, TCN_HOUR_US);
    queue_many(f, "ops", 10);
    assert_int_equal(ops->sent_count, 4);
}

static void each_of_several_rates_is_kept(void **state)
{
    fixture *f = *state;
    tcn_rates rates = {.items = {{.count = 4, .burst = 4, .period_us = TCN_SECOND_US},
                                 {.count = 6, .burst = 6, .period_us = TCN_MINUTE_US}},
                       .count = 2};
    tcn_block *ops = eager_block(f, "ops", rates);
    queue_many(f, "ops", 20);
    assert_int_equal(ops->sent_count, 4);
    pass_slowly(f, TCN_SECOND_US);
    assert_int_equal(ops->sent_count, 6);
    pass_slowly(f, 9 * TCN_SECOND_US - 1);
    assert_int_equal(ops->sent_count, 6);
    pass_slowly(f, 1);
    assert_int_equal(ops->sent_count, 7);
}

static void blocks_of_one_destination_share_its_rate(void **state)
{
    fixture *f = *state;
    tcn_block *ops = eager_block(f, "ops", rates_of(1, TCN_SECOND_US, 2));
    tcn_block *twin = eager_block(f, "twin", ops->info.rates);
    tcn_block *other = eager_block(f, "other", ops->info.rates);
    twin->info.destination = ops->info.destination;
    for (int i = 0; i < 5; i++) {
        queue_many(f, "ops", 1);
        queue_many(f, "twin", 1);
        queue_many(f, "other", 1);
    }
    assert_int_equal(ops->sent_count + twin->sent_count, 2);
    assert_int_equal(other->sent_count, 2);
    pass_slowly(f, 4 * TCN_SECOND_US);
    assert_int_equal(ops->sent_count + twin->sent_count, 6);
}

static void a_block_waits_for_its_own_rate_and_counts_in_all(void **state)
{
    fixture *f = *state;
    tcn_block *slow = eager_block(f, "slow", rates_of(1, TCN_SECOND_US, 1));
    tcn_block *fast = eager_block(f, "fast", rates_of(100, TCN_SECOND_US, 100));
    fast->info.destination = slow->info.destination;
    queue_many(f, "slow", 1);
    queue_many(f, "fast", 10);
    assert_int_equal(fast->sent_count, 10);
    queue_many(f, "slow", 1);
    pass_slowly(f, 10 * TCN_SECOND_US);
    assert_int_equal(slow->sent_count, 1);
    pass_slowly(f, TCN_SECOND_US);
    assert_int_equal(slow->sent_count, 2);
}

static void after_a_pause_one_goes_first_and_the_others_at_the_rate(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    ops->info.rates = rates_of(1, TCN_SECOND_US, 1);
    queue_many(f, "ops", 1);
    answer_retry_after(f, ops, 60000);
    queue_many(f, "ops", 3);
    pass_slowly(f, TCN_MINUTE_US);
    assert_int_equal(open_count(ops), 1);
    pass_slowly(f, 10 * TCN_SECOND_US);
    assert_int_equal(open_count(ops), 1);
    answer(f, ops, TOCSIN_DONE, 0, 200, "");
    assert_int_equal(open_count(ops), 1);
    pass_slowly(f, TCN_SECOND_US);
    assert_int_equal(open_count(ops), 2);
}

static void a_rate_that_changes_is_taken_over(void **state)
{
    fixture *f = *state;
    tcn_block *ops = eager_block(f, "ops", rates_of(1, TCN_HOUR_US, 1));
    queue_many(f, "ops", 3);
    assert_int_equal(ops->sent_count, 1);
    ops->info.rates = (tcn_rates){0};
    queue_many(f, "ops", 1);
    pass_slowly(f, 0);
    assert_int_equal(ops->sent_count, 4);
}

static void a_failing_template_takes_no_token(void **state)
{
    fixture *f = *state;
    tcn_block *ops = eager_block(f, "ops", rates_of(1, TCN_HOUR_US, 1));
    queue(f, (row_spec){.block = "ops",
                        .action = "{\"type\":\"send-notification\",\"block\":\"ops\","
                                  "\"subject\":\"{{ 1 // 0 }}\",\"body\":\"b\"}"});
    assert_int_equal(last_report(f)->result.outcome, TCN_OUTBOX_DEAD);
    queue_many(f, "ops", 1);
    assert_int_equal(ops->sent_count, 1);
}

static void a_million_a_second_is_no_problem(void **state)
{
    fixture *f = *state;
    tcn_block *ops = eager_block(f, "ops", rates_of(1000000, TCN_SECOND_US, 1));
    queue_many(f, "ops", 100);
    pass_slowly(f, 100);
    assert_int_equal(ops->sent_count, 100);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
static const struct CMUnitTest cases[] = {
    CASE(a_burst_goes_at_once_and_the_rest_at_the_rate),
    CASE(a_bucket_fills_up_to_its_burst_and_no_further),
    CASE(each_of_several_rates_is_kept),
    CASE(blocks_of_one_destination_share_its_rate),
    CASE(a_block_waits_for_its_own_rate_and_counts_in_all),
    CASE(after_a_pause_one_goes_first_and_the_others_at_the_rate),
    CASE(a_rate_that_changes_is_taken_over),
    CASE(a_failing_template_takes_no_token),
    CASE(a_million_a_second_is_no_problem),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
