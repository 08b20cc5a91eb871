/* SPDX-License-Identifier: Apache-2.0 */
/* test_pace.c - the engine's clock over wall clocks that behave and wall clocks that do
 * not. */
#include "core/ingest/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define S INT64_C(1000000)

static int64_t read_at(tcn_pace *pace, int64_t wall_s, int64_t mono_s, bool *ret_is_jump)
{
    return tcn_pace_read(pace, wall_s * S, mono_s * S, ret_is_jump) / S;
}

static void the_first_reading_is_a_leap(void **state)
{
    (void)state;
    tcn_pace pace;
    bool is_jump = false;
    tcn_pace_init(&pace, 500 * S);
    assert_int_equal(read_at(&pace, 1000, 7, &is_jump), 1000);
    assert_true(is_jump);
    assert_int_equal(read_at(&pace, 1001, 8, &is_jump), 1001);
    assert_false(is_jump);
}

static void never_goes_back_and_runs_at_half_speed_until_the_wall_has_caught_up(
    void **state)
{
    (void)state;
    tcn_pace pace;
    bool is_jump = false;
    tcn_pace_init(&pace, 0);
    read_at(&pace, 1000, 0, &is_jump);
    assert_int_equal(read_at(&pace, 940, 0, &is_jump), 1000);
    assert_int_equal(read_at(&pace, 950, 10, &is_jump), 1005);
    assert_false(is_jump);
    assert_int_equal(read_at(&pace, 1060, 120, &is_jump), 1060);
    assert_false(is_jump);
}

static void a_suspend_is_a_leap(void **state)
{
    (void)state;
    tcn_pace pace;
    bool is_jump = false;
    tcn_pace_init(&pace, 0);
    read_at(&pace, 1000, 0, &is_jump);
    assert_int_equal(read_at(&pace, 1600, 1, &is_jump), 1600);
    assert_true(is_jump);
}

static void a_loop_that_hung_is_not_a_leap(void **state)
{
    (void)state;
    tcn_pace pace;
    bool is_jump = false;
    tcn_pace_init(&pace, 0);
    read_at(&pace, 1000, 0, &is_jump);
    assert_int_equal(read_at(&pace, 1300, 300, &is_jump), 1300);
    assert_false(is_jump);
}

static void a_saved_clock_ahead_of_the_wall_is_kept(void **state)
{
    (void)state;
    tcn_pace pace;
    bool is_jump = false;
    tcn_pace_init(&pace, 2000 * S);
    assert_int_equal(read_at(&pace, 1000, 0, &is_jump), 2000);
    assert_int_equal(read_at(&pace, 1010, 10, &is_jump), 2005);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(the_first_reading_is_a_leap),
    cmocka_unit_test(never_goes_back_and_runs_at_half_speed_until_the_wall_has_caught_up),
    cmocka_unit_test(a_suspend_is_a_leap),
    cmocka_unit_test(a_loop_that_hung_is_not_a_leap),
    cmocka_unit_test(a_saved_clock_ahead_of_the_wall_is_kept),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
