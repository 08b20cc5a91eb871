/* SPDX-License-Identifier: Apache-2.0 */
/* test_teams_markdown.c - texts of random signs are cut: none is too long, none torn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plugins/teams/markdown.h"
#include "plugins/teams/mentions.h"

#define ELLIPSIS "\xe2\x80\xa6"

static const char *const signs[] = {
    "\\",   "[",     "](",         ")", "[a](b)",
    "<at>", "</at>", "<at>x</at>", " ", "\n",
    "\n\n", "- ",    "1. ",        "a", "\\*",
    "_",    "<",     "\xc3\xa9",   "|", "\xf0\x9f\x94\xa5",
};

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void fill(tocsin_text *t, uint32_t *random)
{
    size_t count = next_random(random) % 100;
    for (size_t i = 0; i < count; i++)
        tocsin_text_add_c(t,
                          signs[next_random(random) % (sizeof signs / sizeof signs[0])]);
}

/* Backslashes right before the ellipsis at the end. */
static size_t open_escapes(const tocsin_text *cut)
{
    size_t end = cut->len - 3, count = 0;
    while (count < end && cut->ptr[end - 1 - count] == '\\')
        count++;
    return count;
}

static void a_cut_is_short_and_whole(void **state)
{
    uint32_t random = 3;
    (void)state;
    for (int round = 0; round < 30000; round++) {
        tocsin_text text = TOCSIN_ZERO, cut = TOCSIN_ZERO;
        fill(&text, &random);
        size_t bytes = next_random(&random) % 120;
        markdown_add_cut(&cut, tocsin_text_str(&text), bytes);
        if (text.len <= bytes) {
            assert_int_equal(cut.len, text.len);
        } else {
            assert_true(cut.len <= bytes + 3);
            assert_memory_equal(cut.ptr + cut.len - 3, ELLIPSIS, 3);
            assert_int_equal(open_escapes(&cut) % 2, 0);
            assert_true(cut.len - 3 <= text.len &&
                        memcmp(cut.ptr, text.ptr, cut.len - 3) == 0);
            for (size_t at = 0, len; at < cut.len; at += len) {
                len = tocsin_utf8_length(cut.ptr + at, cut.len - at);
                assert_true(len > 0);
            }
        }
        tocsin_text_free(&text);
        tocsin_text_free(&cut);
    }
}

static void an_escaped_text_mentions_nobody(void **state)
{
    uint32_t random = 5;
    (void)state;
    for (int round = 0; round < 5000; round++) {
        tocsin_text text = TOCSIN_ZERO, escaped = TOCSIN_ZERO, entities = TOCSIN_ZERO;
        fill(&text, &random);
        markdown_add_escaped(&escaped, tocsin_text_str(&text));
        assert_int_equal(mentions_add(tocsin_text_str(&escaped), false, &entities), 0);
        tocsin_text_free(&text);
        tocsin_text_free(&escaped);
        tocsin_text_free(&entities);
    }
}

static void a_million_signs_take_no_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        tocsin_text text = TOCSIN_ZERO, out = TOCSIN_ZERO;
        while (text.len < 1 << 20)
            tocsin_text_add_c(&text, signs[i]);
        markdown_add_paragraphs(&out, tocsin_text_str(&text));
        out.len = 0;
        markdown_add_cut(&out, tocsin_text_str(&text), 28000);
        (void)mentions_add(tocsin_text_str(&text), false, &out);
        tocsin_text_free(&text);
        tocsin_text_free(&out);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_cut_is_short_and_whole),
    cmocka_unit_test(an_escaped_text_mentions_nobody),
    cmocka_unit_test(a_million_signs_take_no_time),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
