/* SPDX-License-Identifier: Apache-2.0 */
/* test_backoff.c - bounds and spread of back-offs, and how far Retry-After is obeyed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/action/backoff.h"
#include "core/base/datetime.h"

static void lies_between_half_and_all_of_its_step(void **state)
{
    (void)state;
    uint64_t random = 42;
    for (uint32_t attempt = 1; attempt < 100; attempt++) {
        int64_t full_us =
            attempt < 10 ? TCN_SECOND_US << (attempt - 1) : 5 * TCN_MINUTE_US;
        if (full_us > 5 * TCN_MINUTE_US)
            full_us = 5 * TCN_MINUTE_US;
        for (int i = 0; i < 100; i++) {
            int64_t delay_us = tcn_backoff_us(attempt, &random);
            assert_in_range(delay_us, full_us / 2, full_us);
        }
    }
}

static void uses_the_whole_range(void **state)
{
    (void)state;
    uint64_t random = 1;
    int64_t low_us = INT64_MAX, high_us = 0;
    for (int i = 0; i < 1000; i++) {
        int64_t delay_us = tcn_backoff_us(1, &random);
        low_us = delay_us < low_us ? delay_us : low_us;
        high_us = delay_us > high_us ? delay_us : high_us;
    }
    assert_true(low_us < 510000);
    assert_true(high_us > 990000);
}

static void is_the_same_for_the_same_seed(void **state)
{
    (void)state;
    uint64_t one = 7, other = 7;
    for (uint32_t attempt = 1; attempt < 20; attempt++)
        assert_int_equal(tcn_backoff_us(attempt, &one), tcn_backoff_us(attempt, &other));
}

static void survives_extreme_attempts_and_a_zero_seed(void **state)
{
    (void)state;
    uint64_t random = 0;
    assert_in_range(tcn_backoff_us(0, &random), TCN_SECOND_US / 2, TCN_SECOND_US);
    assert_in_range(tcn_backoff_us(UINT32_MAX, &random), 150 * TCN_SECOND_US,
                    300 * TCN_SECOND_US);
}

static void obeys_retry_after_within_half_a_second_and_an_hour(void **state)
{
    (void)state;
    assert_int_equal(tcn_backoff_asked_us(0), TCN_SECOND_US / 2);
    assert_int_equal(tcn_backoff_asked_us(499), TCN_SECOND_US / 2);
    assert_int_equal(tcn_backoff_asked_us(7000), 7 * TCN_SECOND_US);
    assert_int_equal(tcn_backoff_asked_us(3600000), TCN_HOUR_US);
    assert_int_equal(tcn_backoff_asked_us(INT64_MAX), TCN_HOUR_US);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(lies_between_half_and_all_of_its_step),
    cmocka_unit_test(uses_the_whole_range),
    cmocka_unit_test(is_the_same_for_the_same_seed),
    cmocka_unit_test(survives_extreme_attempts_and_a_zero_seed),
    cmocka_unit_test(obeys_retry_after_within_half_a_second_and_an_hour),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
