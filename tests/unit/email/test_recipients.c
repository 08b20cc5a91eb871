/* SPDX-License-Identifier: Apache-2.0 */
/* test_recipients.c - the table of answers, and what goes from attempt to attempt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "recipients.h"

static address addresses[RECIPIENTS_MAX + 1];
static recipients list;
static tocsin_result result;
static char reason[REASON_SIZE], progress[PROGRESS_SIZE];

static void fill(size_t count)
{
    memset(&list, 0, sizeof list);
    for (size_t i = 0; i < count; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "r%zu@x.example", i);
        assert_null(address_parse(tocsin_str_of(text), &addresses[i]));
        assert_true(recipients_add(&list, &addresses[i]));
    }
}

static void judge(int32_t error, int status)
{
    attempt_end end = {.error = error, .status = status, .text = tocsin_str_of("why")};
    memset(&result, 0, sizeof result);
    recipients_judge(&list, &end, &result, reason, progress);
}

static void each_answer_means_what_the_table_says(void **state)
{
    (void)state;
    static const struct {
        int code;
        uint32_t status, cause;
    } rows[] = {
        {200, TOCSIN_DONE, TOCSIN_CAUSE_NONE},
        {250, TOCSIN_DONE, TOCSIN_CAUSE_NONE},
        {299, TOCSIN_DONE, TOCSIN_CAUSE_NONE},
        {354, TOCSIN_RETRY, TOCSIN_CAUSE_SERVER},
        {421, TOCSIN_RETRY, TOCSIN_CAUSE_SERVER},
        {450, TOCSIN_RETRY, TOCSIN_CAUSE_SERVER},
        {499, TOCSIN_RETRY, TOCSIN_CAUSE_SERVER},
        {500, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED},
        {523, TOCSIN_FAIL, TOCSIN_CAUSE_TOO_LARGE},
        {550, TOCSIN_FAIL, TOCSIN_CAUSE_GONE},
        {551, TOCSIN_FAIL, TOCSIN_CAUSE_GONE},
        {552, TOCSIN_FAIL, TOCSIN_CAUSE_TOO_LARGE},
        {553, TOCSIN_FAIL, TOCSIN_CAUSE_GONE},
        {554, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fill(1);
        recipients_note(&list, 0, rows[i].code, tocsin_str_of("text"));
        judge(TOCSIN_OK, 0);
        if (result.status != rows[i].status || result.cause != rows[i].cause)
            fail_msg("%d: %u %u", rows[i].code, result.status, result.cause);
        assert_int_equal(result.code, rows[i].code);
    }
}

static void each_error_means_what_the_table_says(void **state)
{
    (void)state;
    static const struct {
        int32_t error;
        uint32_t status, cause;
    } rows[] = {
        {TOCSIN_E_RESOLVE, TOCSIN_RETRY, TOCSIN_CAUSE_NETWORK},
        {TOCSIN_E_CONNECT, TOCSIN_RETRY, TOCSIN_CAUSE_NETWORK},
        {TOCSIN_E_IO, TOCSIN_RETRY, TOCSIN_CAUSE_NETWORK},
        {TOCSIN_E_TLS, TOCSIN_RETRY, TOCSIN_CAUSE_TLS},
        {TOCSIN_E_TIMEOUT, TOCSIN_RETRY, TOCSIN_CAUSE_TIMEOUT},
        {TOCSIN_E_CANCELED, TOCSIN_RETRY, TOCSIN_CAUSE_CANCELED},
        {TOCSIN_E_DENIED, TOCSIN_FAIL, TOCSIN_CAUSE_DENIED},
        {TOCSIN_E_UNSUPPORTED, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED},
        {TOCSIN_E_NOMEM, TOCSIN_RETRY, TOCSIN_CAUSE_INTERNAL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fill(2);
        judge(rows[i].error, 0);
        if (result.status != rows[i].status || result.cause != rows[i].cause)
            fail_msg("%d: %u %u", rows[i].error, result.status, result.cause);
        assert_string_equal(reason, "why");
    }
}

static void a_refusal_of_everything_is_of_its_kind(void **state)
{
    (void)state;
    static const struct {
        int code;
        uint32_t status, cause;
    } rows[] = {
        {530, TOCSIN_FAIL, TOCSIN_CAUSE_AUTH},
        {534, TOCSIN_FAIL, TOCSIN_CAUSE_AUTH},
        {535, TOCSIN_FAIL, TOCSIN_CAUSE_AUTH},
        {538, TOCSIN_FAIL, TOCSIN_CAUSE_AUTH},
        {454, TOCSIN_RETRY, TOCSIN_CAUSE_AUTH},
        {432, TOCSIN_RETRY, TOCSIN_CAUSE_AUTH},
        {421, TOCSIN_RETRY, TOCSIN_CAUSE_SERVER},
        {554, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED},
        {550, TOCSIN_FAIL, TOCSIN_CAUSE_GONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fill(1);
        judge(TOCSIN_OK, rows[i].code);
        if (result.status != rows[i].status || result.cause != rows[i].cause)
            fail_msg("%d: %u %u", rows[i].code, result.status, result.cause);
    }
}

static void remembers_a_hundred_of_them(void **state)
{
    (void)state;
    fill(RECIPIENTS_MAX);
    for (size_t i = 0; i < RECIPIENTS_MAX; i++)
        recipients_note(&list, i,
                        i % 3 == 0   ? 250
                        : i % 3 == 1 ? 550
                                     : 450,
                        tocsin_str_of("text"));
    judge(TOCSIN_OK, 0);
    assert_int_equal(result.status, TOCSIN_RETRY);
    assert_true(result.progress.len > 0 && result.progress.len < PROGRESS_SIZE);

    char kept[PROGRESS_SIZE];
    memcpy(kept, progress, sizeof kept);
    fill(RECIPIENTS_MAX);
    recipients_restore(&list, tocsin_str_of(kept));
    for (size_t i = 0; i < RECIPIENTS_MAX; i++)
        assert_int_equal(list.items[i].state, i % 3 == 0   ? RECIPIENT_DELIVERED
                                              : i % 3 == 1 ? RECIPIENT_REFUSED
                                                           : RECIPIENT_LEFT);
    assert_int_equal(list.items[1].code, 550);
    for (size_t i = 2; i < RECIPIENTS_MAX; i += 3)
        recipients_note(&list, i, 250, tocsin_str_of("250 ok"));
    judge(TOCSIN_OK, 0);
    assert_int_equal(result.status, TOCSIN_FAIL);
    assert_int_equal(result.code, 550);
    assert_non_null(strstr(reason, "33 of 100 recipients refused: 550 at an attempt "
                                   "before (r1@x.example); delivered to r0@x.example"));
}

static void takes_no_more_than_a_hundred(void **state)
{
    (void)state;
    fill(RECIPIENTS_MAX);
    assert_null(address_parse(tocsin_str_of("more@x"), &addresses[RECIPIENTS_MAX]));
    assert_false(recipients_add(&list, &addresses[RECIPIENTS_MAX]));
    assert_true(recipients_add(&list, &addresses[0]));
    assert_int_equal(list.count, RECIPIENTS_MAX);
}

static void believes_no_damaged_progress(void **state)
{
    (void)state;
    static const char *const damaged[] = {
        "+", "-", "+x", "+000000000000", "  ", "+ +", "-00000000000055"};
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        fill(2);
        recipients_restore(&list, tocsin_str_of(damaged[i]));
        assert_int_equal(list.items[0].state, RECIPIENT_LEFT);
        assert_int_equal(list.items[1].state, RECIPIENT_LEFT);
    }
}

static void says_one_line_whatever_the_server_said(void **state)
{
    (void)state;
    char said[1000];
    memset(said, 'x', sizeof said);
    memcpy(said, "550 a\r\nb\tc\x01\xff", 13);
    fill(1);
    recipients_note(&list, 0, 550, tocsin_str_part(said, sizeof said));
    assert_int_equal(strlen(list.items[0].said), SAID_MAX);
    assert_memory_equal(list.items[0].said, "550 a b c\xef\xbf\xbdx", 13);
    judge(TOCSIN_OK, 0);
    assert_null(strpbrk(reason, "\r\n\t\x01"));
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(each_answer_means_what_the_table_says),
    cmocka_unit_test(each_error_means_what_the_table_says),
    cmocka_unit_test(a_refusal_of_everything_is_of_its_kind),
    cmocka_unit_test(remembers_a_hundred_of_them),
    cmocka_unit_test(takes_no_more_than_a_hundred),
    cmocka_unit_test(believes_no_damaged_progress),
    cmocka_unit_test(says_one_line_whatever_the_server_said),
};

int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(cases, NULL, NULL);
}
