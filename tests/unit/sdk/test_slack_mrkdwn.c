/* SPDX-License-Identifier: Apache-2.0 */
/* test_slack_mrkdwn.c - texts of random signs are divided and cut: whatever they hold, no
 * piece is longer than it may be, none is torn, and nothing is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugins/slack/mrkdwn.h"

static const char *const signs[] = {
    "<",  ">",     "&lt;", "&amp;", "&", "`",        "```", " ", "\n", "\n\n",
    "a",  "bcd",   "<!x>", "<u|v",  "|", "\xc3\xa9", "*",   "_", "\\", "\xf0\x9f\x94\xa5",
    "\t", "```\n",
};

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void fill(tocsin_text *t, uint32_t *random)
{
    size_t count = next_random(random) % 300;
    for (size_t i = 0; i < count; i++)
        tocsin_text_add_c(t,
                          signs[next_random(random) % (sizeof signs / sizeof signs[0])]);
}

static bool is_utf8(tocsin_str s)
{
    while (s.len > 0) {
        size_t len = tocsin_utf8_length(s.ptr, s.len);
        if (len == 0)
            return false;
        s.ptr += len;
        s.len -= len;
    }
    return true;
}

static unsigned fences(tocsin_str s)
{
    unsigned count = 0;
    for (size_t i = 0; i + 3 <= s.len; i++)
        if (memcmp(s.ptr + i, "```", 3) == 0) {
            count++;
            i += 2;
        }
    return count;
}

static size_t letters(tocsin_str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++)
        count += s.ptr[i] >= 'a' && s.ptr[i] <= 'd';
    return count;
}

static void pieces_are_short_and_whole(void **state)
{
    uint32_t random = 1;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        tocsin_text text = TOCSIN_ZERO, piece = TOCSIN_ZERO;
        fill(&text, &random);
        mrkdwn_reader reader = {tocsin_str_trim(tocsin_text_str(&text)), false};
        size_t limit = 16 + next_random(&random) % 100, seen = 0;
        while (reader.rest.len > 0) {
            size_t before = reader.rest.len;
            piece.len = 0;
            mrkdwn_next(&reader, limit, false, &piece);
            assert_true(reader.rest.len < before);
            assert_true(tocsin_str_units(tocsin_text_str(&piece)) <= limit);
            assert_true(is_utf8(tocsin_text_str(&piece)));
            assert_false(tocsin_str_is_blank(tocsin_text_str(&piece)));
            if (reader.rest.len > 0)
                assert_int_equal(fences(tocsin_text_str(&piece)) % 2, 0);
            seen += letters(tocsin_text_str(&piece));
        }
        assert_int_equal(seen, letters(tocsin_text_str(&text)));
        tocsin_text_free(&text);
        tocsin_text_free(&piece);
    }
}

static void a_cut_is_short_and_says_so(void **state)
{
    uint32_t random = 7;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        tocsin_text text = TOCSIN_ZERO, cut = TOCSIN_ZERO;
        fill(&text, &random);
        size_t limit = 16 + next_random(&random) % 200;
        mrkdwn_add_cut(&cut, tocsin_text_str(&text), limit);
        assert_true(tocsin_str_units(tocsin_text_str(&cut)) <= limit);
        assert_true(is_utf8(tocsin_text_str(&cut)));
        if (tocsin_str_units(tocsin_text_str(&text)) > limit)
            assert_true(tocsin_str_has(tocsin_text_str(&cut), "\xe2\x80\xa6"));
        tocsin_text_free(&text);
        tocsin_text_free(&cut);
    }
}

static void a_million_signs_take_no_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        tocsin_text text = TOCSIN_ZERO, piece = TOCSIN_ZERO;
        while (text.len < 1 << 20)
            tocsin_text_add_c(&text, signs[i]);
        mrkdwn_reader reader = {tocsin_text_str(&text), false};
        for (int n = 0; n < 250 && reader.rest.len > 0; n++) {
            piece.len = 0;
            mrkdwn_next(&reader, 3000, false, &piece);
        }
        tocsin_text_free(&text);
        tocsin_text_free(&piece);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(pieces_are_short_and_whole),
    cmocka_unit_test(a_cut_is_short_and_says_so),
    cmocka_unit_test(a_million_signs_take_no_time),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
