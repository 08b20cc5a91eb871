/* SPDX-License-Identifier: Apache-2.0 */
/* test_buf.c - buffers that know their limit, and the reader of our records. */
#include "core/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/alloc.h"
#include "core/base/err.h"

static void is_terminated_after_each_append(void **state)
{
    (void)state;
    tcn_buf buf;
    tcn_buf_init(&buf, 100000);
    for (int i = 0; i < 5000; i++) {
        assert_int_equal(tcn_buf_add_char(&buf, 'x'), 0);
        assert_int_equal(strlen(buf.ptr), i + 1);
    }
    tcn_buf_deinit(&buf);
}

static void holds_exactly_its_limit(void **state)
{
    (void)state;
    tcn_buf buf;
    tcn_buf_init(&buf, 4);
    assert_int_equal(tcn_buf_add_c(&buf, "abcd"), 0);
    assert_int_equal(tcn_buf_add_char(&buf, 'e'), TCN_E_LIMIT);
    assert_string_equal(buf.ptr, "abcd");
    assert_int_equal(tcn_buf_status(&buf), TCN_E_LIMIT);
    tcn_buf_reset(&buf);
    assert_int_equal(tcn_buf_status(&buf), 0);
    assert_int_equal(tcn_buf_add(&buf, "x", SIZE_MAX), TCN_E_LIMIT);
    tcn_buf_deinit(&buf);
}

static void takes_appends_without_a_limit(void **state)
{
    (void)state;
    tcn_buf buf;
    tcn_buf_init(&buf, SIZE_MAX);
    assert_int_equal(tcn_buf_printf(&buf, "%d-%s", 5, "five"), 0);
    assert_string_equal(buf.ptr, "5-five");
    size_t len = 0;
    char *taken = tcn_buf_take(&buf, &len);
    assert_int_equal(len, 6);
    assert_null(buf.ptr);
    tcn_free(taken);
    tcn_buf_deinit(&buf);
}

static void a_failed_append_leaves_nothing_behind(void **state)
{
    (void)state;
    tcn_buf buf;
    tcn_buf_init(&buf, 8);
    assert_int_equal(tcn_buf_add_c(&buf, "ab"), 0);
    assert_int_equal(tcn_buf_add_json(&buf, TCN_STR("a\nb\nc")), TCN_E_LIMIT);
    assert_string_equal(buf.ptr, "ab");
    assert_int_equal(tcn_buf_add_field(&buf, TCN_STR("abc")), TCN_E_LIMIT);
    assert_int_equal(tcn_buf_printf(&buf, "%s", "1234567"), TCN_E_LIMIT);
    assert_int_equal(tcn_buf_add_printable(&buf, TCN_STR("a\nbcde")), TCN_E_LIMIT);
    assert_string_equal(buf.ptr, "ab");
    tcn_buf_deinit(&buf);
}

static void escapes_json_strings(void **state)
{
    (void)state;
    tcn_buf buf;
    tcn_buf_init(&buf, 1000);
    static const char text[] = "q\"b\\/ \b\f\n\r\t\x01\x1f\x7f\xc3\xa9";
    assert_int_equal(tcn_buf_add_json(&buf, tcn_str_c(text)), 0);
    assert_string_equal(buf.ptr,
                        "\"q\\\"b\\\\/ \\b\\f\\n\\r\\t\\u0001\\u001f\x7f\xc3\xa9\"");
    tcn_buf_reset(&buf);
    assert_int_equal(tcn_buf_add_json(&buf, TCN_STR("a\0b")), 0);
    assert_string_equal(buf.ptr, "\"a\\u0000b\"");
    tcn_buf_reset(&buf);
    assert_int_equal(tcn_buf_add_json(&buf, (tcn_str){0}), 0);
    assert_string_equal(buf.ptr, "\"\"");
    tcn_buf_deinit(&buf);
}

static void escapes_control_characters_for_a_terminal(void **state)
{
    (void)state;
    tcn_buf buf;
    tcn_buf_init(&buf, 1000);
    assert_int_equal(tcn_buf_add_printable(&buf, TCN_STR("a\x1b[31m\n\x7f\xc3\xa9")), 0);
    assert_string_equal(buf.ptr, "a\\x1b[31m\\x0a\\x7f\xc3\xa9");
    tcn_buf_reset(&buf);
    /* Not well-formed, cut, a control of the C1 set, and one that turns text around. */
    assert_int_equal(
        tcn_buf_add_printable(
            &buf, TCN_STR("\xff\xc3(\xed\xa0\x80\xc2\x9b\xe2\x80\xae\xf0\x9f\x98")),
        0);
    assert_string_equal(buf.ptr,
                        "\\xff\\xc3(\\xed\\xa0\\x80\\u009b\\u202e\\xf0\\x9f\\x98");
    tcn_buf_deinit(&buf);
}

static void reads_what_was_written(void **state)
{
    (void)state;
    tcn_buf buf;
    tcn_buf_init(&buf, 1000);
    tcn_buf_add_u8(&buf, 200);
    tcn_buf_add_u32(&buf, UINT32_C(4000000000));
    tcn_buf_add_u64(&buf, UINT64_C(0x0123456789abcdef));
    tcn_buf_add_field(&buf, TCN_STR("text"));
    tcn_buf_add_field(&buf, (tcn_str){0});
    tcn_buf_add(&buf, "raw", 3);
    assert_int_equal(tcn_buf_status(&buf), 0);
    tcn_reader r = tcn_reader_of(tcn_buf_str(&buf));
    assert_int_equal(tcn_reader_u8(&r), 200);
    assert_int_equal(tcn_reader_u32(&r), UINT32_C(4000000000));
    assert_int_equal(tcn_reader_u64(&r), UINT64_C(0x0123456789abcdef));
    assert_true(tcn_str_eq_c(tcn_reader_field(&r), "text"));
    assert_int_equal(tcn_reader_field(&r).len, 0);
    char raw[3];
    tcn_reader_bytes(&r, raw, sizeof raw);
    assert_memory_equal(raw, "raw", 3);
    assert_true(tcn_reader_at_end(&r));
    assert_false(r.failed);
    tcn_buf_deinit(&buf);
}

static void reading_past_the_end_gives_zeros(void **state)
{
    (void)state;
    tcn_reader r = tcn_reader_of(TCN_STR("\xff\xff\xff\xff"
                                         "abc"));
    assert_int_equal(tcn_reader_field(&r).len, 0);
    assert_true(r.failed);
    assert_int_equal(tcn_reader_u8(&r), 0);
    assert_int_equal(tcn_reader_u64(&r), 0);
    char raw[2] = {1, 1};
    tcn_reader_bytes(&r, raw, sizeof raw);
    assert_int_equal(raw[0] | raw[1], 0);
    tcn_reader nothing = tcn_reader_of((tcn_str){0});
    assert_int_equal(tcn_reader_u32(&nothing), 0);
    assert_true(nothing.failed);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(is_terminated_after_each_append),
    cmocka_unit_test(holds_exactly_its_limit),
    cmocka_unit_test(takes_appends_without_a_limit),
    cmocka_unit_test(a_failed_append_leaves_nothing_behind),
    cmocka_unit_test(escapes_json_strings),
    cmocka_unit_test(escapes_control_characters_for_a_terminal),
    cmocka_unit_test(reads_what_was_written),
    cmocka_unit_test(reading_past_the_end_gives_zeros),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
