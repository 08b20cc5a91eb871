/* SPDX-License-Identifier: Apache-2.0 */
/* test_store_filter.c - globs and filters. */
#include "fixture.h"

#include "core/store/filter.h"

static void matches_globs(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool matches;
    } rows[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "any.thing", true},
        {"a.*", "a.b.c", true},
        {"a.*", "a.", true},
        {"a.*", "b.a.c", false},
        {"*.c", "a.b.c", true},
        {"*.c", "a.b.cd", false},
        {"a*b*c", "a-b-b-c", true},
        {"a*b*c", "a-c-b", false},
        {"?", "", false},
        {"?", "x", true},
        {"?", "\xc3\xa4", true},
        {"??", "\xc3\xa4", false},
        {"*\xa4", "\xc3\xa4", false},
        {"a?c", "abc", true},
        {"a?c", "ac", false},
        {"[ab]", "a", false},
        {"[ab]", "[ab]", true},
    };
    for (size_t i = 0; i < TCN_COUNT(rows); i++) {
        bool matches =
            tcn_glob_match(tcn_str_c(rows[i].pattern), tcn_str_c(rows[i].text));
        if (matches != rows[i].matches)
            fail_msg("'%s' on '%s' gives %d", rows[i].pattern, rows[i].text, matches);
    }
}

static void ends_soon_on_many_stars(void **state)
{
    (void)state;
    static char text[5000];
    memset(text, 'a', sizeof text);
    assert_false(
        tcn_glob_match(TCN_STR("*a*a*a*a*a*a*a*a*a*a*b"), tcn_str_of(text, sizeof text)));
}

static void compares_each_field(void **state)
{
    (void)state;
    tcn_event event = {
        .occurred_at_us = 100,
        .name = TCN_STR("a.b"),
        .resource.id = TCN_STR("r"),
        .position = 7,
    };
    const tcn_store_filter any = {.until_us = INT64_MAX};
    tcn_store_filter filter = any;
    assert_true(tcn_filter_matches(&filter, &event));
    filter.since_us = 100;
    filter.until_us = 100;
    assert_true(tcn_filter_matches(&filter, &event));
    filter.since_us = 101;
    assert_false(tcn_filter_matches(&filter, &event));
    filter = any;
    filter.until_us = 99;
    assert_false(tcn_filter_matches(&filter, &event));
    filter = any;
    filter.name = TCN_STR("a.*");
    assert_true(tcn_filter_matches(&filter, &event));
    filter.name = TCN_STR("a");
    assert_false(tcn_filter_matches(&filter, &event));
    filter = any;
    filter.resource = TCN_STR("R");
    assert_false(tcn_filter_matches(&filter, &event));
    filter = any;
    filter.after = 6;
    assert_true(tcn_filter_matches(&filter, &event));
    filter.after = 7;
    assert_false(tcn_filter_matches(&filter, &event));
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(matches_globs),
    cmocka_unit_test(ends_soon_on_many_stars),
    cmocka_unit_test(compares_each_field),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
