/* SPDX-License-Identifier: Apache-2.0 */
/* test_str.c - comparing, searching, UTF-8, nearest words. */
#include "core/base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void compares_by_bytes(void **state)
{
    (void)state;
    assert_true(tcn_str_eq((tcn_str){0}, TCN_STR("")));
    assert_true(tcn_str_starts(TCN_STR("abc"), TCN_STR("ab")));
    assert_false(tcn_str_starts(TCN_STR("a"), TCN_STR("ab")));
    assert_true(tcn_str_ends(TCN_STR("abc"), TCN_STR("bc")));
    assert_false(tcn_str_ends(TCN_STR("c"), TCN_STR("bc")));
    assert_true(tcn_str_cmp(TCN_STR("a"), TCN_STR("ab")) < 0);
    assert_true(tcn_str_cmp(TCN_STR("b"), TCN_STR("ab")) > 0);
    assert_true(tcn_str_cmp(TCN_STR("\x7f"), TCN_STR("\x80")) < 0);
    assert_int_equal(tcn_str_cmp((tcn_str){0}, TCN_STR("")), 0);
}

static void finds_trims_and_splits(void **state)
{
    (void)state;
    assert_int_equal(tcn_str_find(TCN_STR("abcabc"), TCN_STR("ca")), 2);
    assert_true(tcn_str_find(TCN_STR("abc"), TCN_STR("abcd")) == SIZE_MAX);
    assert_int_equal(tcn_str_find(TCN_STR(""), TCN_STR("")), 0);
    assert_true(tcn_str_eq_c(tcn_str_trim(TCN_STR(" \t a b\r\n")), "a b"));
    assert_int_equal(tcn_str_trim(TCN_STR("  ")).len, 0);
    tcn_str rest = TCN_STR("a,,b"), part;
    assert_true(tcn_str_split(&rest, ',', &part) && tcn_str_eq_c(part, "a"));
    assert_true(tcn_str_split(&rest, ',', &part) && part.len == 0);
    assert_true(tcn_str_split(&rest, ',', &part) && tcn_str_eq_c(part, "b"));
    assert_false(tcn_str_split(&rest, ',', &part));
}

static void reads_whole_numbers_within_bounds(void **state)
{
    (void)state;
    int64_t value = 0;
    assert_true(
        tcn_str_int(TCN_STR("-9223372036854775808"), INT64_MIN, INT64_MAX, &value));
    assert_true(value == INT64_MIN);
    assert_true(
        tcn_str_int(TCN_STR("9223372036854775807"), INT64_MIN, INT64_MAX, &value));
    assert_true(value == INT64_MAX);
    assert_true(tcn_str_int(TCN_STR("+7"), 0, 10, &value) && value == 7);
    static const char *const bad[] = {
        "", "-", "+", "11", "-1", "1 ", "0x1", "1.0", "9223372036854775808"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (tcn_str_int(tcn_str_c(bad[i]), 0, 10, &value))
            fail_msg("\"%s\" was taken", bad[i]);
    }
    assert_false(
        tcn_str_int(TCN_STR("9223372036854775808"), INT64_MIN, INT64_MAX, &value));
}

static void encodes_and_decodes_every_code_point(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 0x110000; c++) {
        char bytes[4];
        size_t len = tcn_utf8_encode(c, bytes);
        bool is_surrogate = c >= 0xd800 && c < 0xe000;
        if (tcn_utf8_valid(tcn_str_of(bytes, len), NULL) == is_surrogate)
            fail_msg("U+%04X", c);
        size_t pos = 0;
        if (!is_surrogate &&
            (tcn_utf8_decode(tcn_str_of(bytes, len), &pos) != c || pos != len))
            fail_msg("U+%04X", c);
    }
}

static void finds_the_first_wrong_byte(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t bad;
    } forms[] = {
        {"abcdefghijk\x80", 11}, {"\xc0\xaf", 0},
        {"\xe0\x80\x80", 0},     {"x\xed\xa0\x80", 1},
        {"\xf4\x90\x80\x80", 0}, {"\xf0\x80\x80\x80", 0},
        {"ab\xc3", 2},           {"\xff", 0},
        {"\xe2\x82", 0},         {"\xf0\x9f\x98", 0},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        size_t bad = 99;
        assert_false(tcn_utf8_valid(tcn_str_c(forms[i].text), &bad));
        assert_int_equal(bad, forms[i].bad);
    }
    assert_true(tcn_utf8_valid((tcn_str){0}, NULL));
    assert_int_equal(tcn_utf8_length(TCN_STR("a\xc3\xa9\xf0\x9f\x98\x80")), 3);
}

static void mends_a_text_that_was_cut_within_a_character(void **state)
{
    (void)state;
    static const struct {
        const char *text, *mended;
    } rows[] = {
        {"", ""},
        {"a\xc3\xa9", "a\xc3\xa9"},
        {"a\xc3", "a?"},
        {"\xe2\x82", "??"},
        {"\xc3\xa9\xff\xc3\xa9\xf0\x9f\x98", "\xc3\xa9?\xc3\xa9???"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "%s", rows[i].text);
        tcn_utf8_mend(text);
        assert_string_equal(text, rows[i].mended);
    }
}

static void suggests_the_nearest_word(void **state)
{
    (void)state;
    static const char *const words[] = {"listen", "listen_file", "log", "store", NULL};
    assert_string_equal(tcn_str_nearest(TCN_STR("listn"), words), "listen");
    assert_string_equal(tcn_str_nearest(TCN_STR("lsiten"), words), "listen");
    assert_string_equal(tcn_str_nearest(TCN_STR("listenfil"), words), "listen_file");
    assert_string_equal(tcn_str_nearest(TCN_STR("lgo"), words), "log");
    assert_null(tcn_str_nearest(TCN_STR("xy"), words));
    assert_null(tcn_str_nearest(TCN_STR("automations"), words));
    assert_null(tcn_str_nearest(TCN_STR(""), words));
}

static void hashes_depend_on_text_and_seed(void **state)
{
    (void)state;
    assert_true(tcn_hash("abc", 3, 1) == tcn_hash("abc", 3, 1));
    assert_true(tcn_hash("abc", 3, 1) != tcn_hash("abc", 3, 2));
    assert_true(tcn_hash("abc", 3, 1) != tcn_hash("abd", 3, 1));
    assert_true(tcn_hash(NULL, 0, 1) == tcn_hash("", 0, 1));
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(compares_by_bytes),
    cmocka_unit_test(finds_trims_and_splits),
    cmocka_unit_test(reads_whole_numbers_within_bounds),
    cmocka_unit_test(encodes_and_decodes_every_code_point),
    cmocka_unit_test(finds_the_first_wrong_byte),
    cmocka_unit_test(mends_a_text_that_was_cut_within_a_character),
    cmocka_unit_test(suggests_the_nearest_word),
    cmocka_unit_test(hashes_depend_on_text_and_seed),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
