/* SPDX-License-Identifier: Apache-2.0 */
/* test_spans.c - where values stand in a text: noted, kept and read again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/action/spans.h"

typedef struct fixture {
    tcn_arena arena;
    tcn_spans_buf buf;
} fixture;

static int set_up(void **state)
{
    static fixture f;
    tcn_arena_init(&f.arena, 0);
    tcn_spans_buf_init(&f.buf, 1000);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    tcn_spans_buf_deinit(&f->buf);
    tcn_arena_deinit(&f->arena);
    return 0;
}

static void assert_written(const tcn_spans *spans, const char *expected)
{
    tcn_buf out;
    tcn_buf_init(&out, 1000);
    assert_int_equal(tcn_buf_add_c(&out, ""), 0);
    assert_int_equal(tcn_spans_write(spans, &out), 0);
    assert_string_equal(out.ptr, expected);
    tcn_buf_deinit(&out);
}

static void values_are_noted_and_neighbours_are_one(void **state)
{
    fixture *f = *state;
    tcn_spans spans;
    (void)tcn_buf_add_c(&f->buf.text, "run ");
    assert_int_equal(tcn_spans_note(TCN_STR("a"), &f->buf.text), 0);
    assert_int_equal(tcn_spans_note(TCN_STR(""), &f->buf.text), 0);
    assert_int_equal(tcn_spans_note(TCN_STR("bc"), &f->buf.text), 0);
    (void)tcn_buf_add_c(&f->buf.text, " of ");
    assert_int_equal(tcn_spans_note(TCN_STR("d"), &f->buf.text), 0);
    assert_string_equal(f->buf.text.ptr, "run abc of d");
    assert_int_equal(tcn_spans_copy(&f->buf, &f->arena, &spans), 0);
    assert_true(spans.is_known);
    assert_written(&spans, "4+3 11+1");
}

static void a_full_buffer_says_so(void **state)
{
    fixture *f = *state;
    char long_text[1001] = {0};
    int rc = tcn_spans_note(tcn_str_of(long_text, sizeof long_text), &f->buf.text);
    assert_int_equal(rc, TCN_E_LIMIT);
    assert_int_equal(f->buf.items.len, 0);
}

static void what_was_written_is_read(void **state)
{
    fixture *f = *state;
    tcn_spans spans;
    assert_int_equal(tcn_spans_read(TCN_STR("4+3 11+1"), 12, &f->arena, &spans), 0);
    assert_int_equal(spans.count, 2);
    assert_written(&spans, "4+3 11+1");
    assert_int_equal(tcn_spans_read(TCN_STR(""), 12, &f->arena, &spans), 0);
    assert_true(spans.is_known);
    assert_int_equal(spans.count, 0);
}

static void damage_is_not_believed(void **state)
{
    static const char *const rows[] = {
        "4",    "4+",      "+3",       "x+1",  "4+9",
        "13+0", "4+3 5+1", "4+3  8+1", "-1+2", "99999999999999999999+1"};
    fixture *f = *state;
    for (size_t i = 0; i < TCN_COUNT(rows); i++) {
        tcn_spans spans = {.is_known = true};
        assert_int_equal(tcn_spans_read(tcn_str_c(rows[i]), 12, &f->arena, &spans), 0);
        assert_false(spans.is_known);
        assert_int_equal(spans.count, 0);
    }
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
static const struct CMUnitTest cases[] = {
    CASE(values_are_noted_and_neighbours_are_one),
    CASE(a_full_buffer_says_so),
    CASE(what_was_written_is_read),
    CASE(damage_is_not_believed),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
