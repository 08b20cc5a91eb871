/* SPDX-License-Identifier: Apache-2.0 */
/* test_store_summary.c - a summary never hides an event, and seldom keeps what could be
 * skipped. */
#include "fixture.h"

#include <stdio.h>

#include "core/store/summary.h"

static void add(tcn_summary *summary, const char *name, const char *resource,
                int64_t at_us)
{
    tcn_event event = {
        .name = tcn_str_c(name),
        .resource.id = tcn_str_c(resource),
        .occurred_at_us = at_us,
        .received_at_us = at_us + 1,
    };
    tcn_summary_add(summary, &event);
}

static bool may_hold(const tcn_summary *summary, enum tcn_key_kind kind, const char *key)
{
    return tcn_keys_may_hold(tcn_str_of((const char *)summary->keys, summary->keys_len),
                             tcn_summary_hash(kind, tcn_str_c(key)));
}

static void says_first_and_last(void **state)
{
    (void)state;
    tcn_summary summary;
    tcn_summary_init(&summary, 1);
    add(&summary, "a", "r", 50);
    add(&summary, "a", "r", -20);
    add(&summary, "a", "r", 30);
    tcn_summary_finish(&summary);
    assert_int_equal(summary.events, 3);
    assert_int_equal(summary.occurred_first_us, -20);
    assert_int_equal(summary.occurred_last_us, 50);
    assert_int_equal(summary.received_first_us, -19);
    assert_int_equal(summary.received_last_us, 51);
    assert_int_equal(summary.keys_len, 8);
}

static void holds_nothing_without_events(void **state)
{
    (void)state;
    tcn_summary summary;
    tcn_summary_init(&summary, 1);
    tcn_summary_finish(&summary);
    assert_int_equal(summary.keys_len, 0);
    assert_false(may_hold(&summary, TCN_KEY_NAME, "a"));
}

static void never_hides_a_key(void **state)
{
    (void)state;
    static const unsigned counts[] = {1, 2, 10, 100, 1000, 20000};
    for (size_t c = 0; c < TCN_COUNT(counts); c++) {
        tcn_summary summary;
        tcn_summary_init(&summary, 1);
        char name[32], resource[32];
        for (unsigned i = 0; i < counts[c]; i++) {
            snprintf(name, sizeof name, "name.%u", i);
            snprintf(resource, sizeof resource, "resource.%u", i);
            add(&summary, name, resource, 0);
        }
        tcn_summary_finish(&summary);
        for (unsigned i = 0; i < counts[c]; i++) {
            snprintf(name, sizeof name, "name.%u", i);
            snprintf(resource, sizeof resource, "resource.%u", i);
            assert_true(may_hold(&summary, TCN_KEY_NAME, name));
            assert_true(may_hold(&summary, TCN_KEY_RESOURCE, resource));
        }
    }
}

static void seldom_holds_a_stranger(void **state)
{
    (void)state;
    tcn_summary summary;
    tcn_summary_init(&summary, 1);
    char text[32];
    for (unsigned i = 0; i < 500; i++) {
        snprintf(text, sizeof text, "resource.%u", i);
        add(&summary, "one.name", text, 0);
    }
    tcn_summary_finish(&summary);
    unsigned wrong = 0;
    for (unsigned i = 0; i < 10000; i++) {
        snprintf(text, sizeof text, "stranger.%u", i);
        wrong += may_hold(&summary, TCN_KEY_RESOURCE, text);
    }
    assert_in_range(wrong, 0, 1000);
}

static void seeds_differ_when_anything_does(void **state)
{
    (void)state;
    tcn_summary summary;
    tcn_summary_init(&summary, 1);
    add(&summary, "a", "r", 5);
    tcn_summary_finish(&summary);
    uint64_t seed = tcn_summary_seed(&summary);
    summary.occurred_last_us++;
    assert_int_not_equal(tcn_summary_seed(&summary), seed);
    summary.occurred_last_us--;
    summary.keys[3] ^= 1;
    assert_int_not_equal(tcn_summary_seed(&summary), seed);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(says_first_and_last),
    cmocka_unit_test(holds_nothing_without_events),
    cmocka_unit_test(never_hides_a_key),
    cmocka_unit_test(seldom_holds_a_stranger),
    cmocka_unit_test(seeds_differ_when_anything_does),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
