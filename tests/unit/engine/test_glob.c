/* SPDX-License-Identifier: Apache-2.0 */
/* test_glob.c - patterns against values, as Python's fnmatchcase answers. */
#include "fixture.h"

#include "core/engine/glob.h"

typedef struct glob_case {
    const char *pattern, *value;
    bool is_match;
} glob_case;

static void check(const glob_case *cases, size_t count,
                  bool (*matches)(const tcn_glob *, tcn_str),
                  int (*init)(tcn_glob *, tcn_str))
{
    for (size_t i = 0; i < count; i++) {
        tcn_glob glob;
        assert_int_equal(init(&glob, tcn_str_c(cases[i].pattern)), 0);
        if (matches(&glob, tcn_str_c(cases[i].value)) != cases[i].is_match)
            fail_msg("%s against %s: expected %d", cases[i].pattern, cases[i].value,
                     cases[i].is_match);
        tcn_glob_deinit(&glob);
    }
}

static void labels_match_as_fnmatchcase_does(void **state)
{
    static const glob_case cases[] = {
        {"dev", "dev", true},       {"dev", "Dev", false},
        {"dev*", "dev", true},      {"*", "", true},
        {"?", "", false},           {"?", "\xe6\x97\xa5", true},
        {"a*c", "abbbc", true},     {"a*b*c", "axbxbc", true},
        {"a*b*c", "axbxcb", false}, {"s3://*/*.csv", "s3://b/d/k.csv", true},
        {"[abc]x", "bx", true},     {"[!abc]x", "bx", false},
        {"[!abc]x", "dx", true},    {"[a-c]", "b", true},
        {"[z-a]", "m", false},      {"[!z-a]", "m", true},
        {"[]-a]x", "^x", true},     {"[]]", "]", true},
        {"[", "[", true},           {"[a-", "[a-", true},
        {"[a-]*", "-x", true},      {"[^]a", "^a", true},
        {"[^]a", "ba", false},      {"a[-]b", "a-b", true},
        {"[--0]", ".", true},       {"[a-ce-g]", "d", false},
        {"[a-ce-g]", "f", true},    {"[!]", "[!]", true},
        {"[!]a]", "]", false},      {"[!]a]", "b", true},
        {"a\\b", "a\\b", true},     {"[\\]", "\\", true},
        {"[b-z-a]", "-", true},     {"[b-z-a]", "a", true},
        {"[b-z-a]", "y", true},
    };
    (void)state;
    check(cases, TCN_COUNT(cases), tcn_glob_matches, tcn_glob_init_label);
}

static void a_leading_mark_negates_once(void **state)
{
    static const glob_case cases[] = {
        {"!dev", "prod", true},   {"!dev", "dev", false}, {"!!dev", "dev", true},
        {"!!dev", "!dev", false}, {"!", "", false},       {"!", "x", true},
    };
    (void)state;
    check(cases, TCN_COUNT(cases), tcn_glob_matches, tcn_glob_init_label);
}

static void in_event_names_only_the_star_is_special(void **state)
{
    static const glob_case cases[] = {
        {"job.*", "job.x", true},
        {"job.*", "job.", true},
        {"job.*", "job", false},
        {"*.done", ".done", true},
        {"*.done", "a.done", true},
        {"a**", "ab", true},
        {"*", "", true},
        {"a?c", "abc", false},
        {"a?c", "a?c", true},
        {"[a]", "a", false},
        {"!a", "!a", true},
        {"!a", "b", false},
        {"j*.b*", "job.beat", true},
        {"j*.b*", "j.bx.c", true},
    };
    (void)state;
    check(cases, TCN_COUNT(cases), tcn_glob_matches, tcn_glob_init_name);
}

static void event_names_begin_with_a_character_for_each_star(void **state)
{
    static const glob_case cases[] = {
        {"job.*", "job.x", true},
        {"job.*", "job.", false},
        {"*", "", false},
        {"*.done", ".done", false},
        {"*.done", "a.done", true},
        {"a**", "ab", false},
        {"a**", "abc", true},
        {"ab", "abc", true},
        {"ab", "a", false},
        {"*b", "xbx", true},
        {"*b", "b", false},
        {"*b", "bxb", true},
        {"j*.b*", "job.beat", true},
        {"j*.b*", "j.beat", false},
        {"j*.b", "j.b.beat", true},
        {"*\xe6\x97\xa5", "\xe6\x97\xa5", false},
        {"*\xe6\x97\xa5", "\xc3\xa9\xe6\x97\xa5x", true},
    };
    (void)state;
    check(cases, TCN_COUNT(cases), tcn_glob_begins, tcn_glob_init_name);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(labels_match_as_fnmatchcase_does),
    cmocka_unit_test(a_leading_mark_negates_once),
    cmocka_unit_test(in_event_names_only_the_star_is_special),
    cmocka_unit_test(event_names_begin_with_a_character_for_each_star),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
