/* SPDX-License-Identifier: Apache-2.0 */
/* test_mail_form.c - what is a mail, and what is wrong with one that is none. */
#include "core/kit/mail_form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/base/compiler.h"

#define HEAD "From: a@x.example\r\nDate: Fri, 2 Jan 2026 03:04:05 +0000\r\n"

static void assert_fault(tcn_str message, const char *fault)
{
    const char *found = tcn_mail_fault(message);
    if (found == NULL || fault == NULL)
        assert_true(found == fault);
    else
        assert_string_equal(found, fault);
}

static void takes_what_is_a_mail(void **state)
{
    (void)state;
    assert_fault(TCN_STR(HEAD "\r\n"), NULL);
    assert_fault(
        TCN_STR(HEAD "Subject: a\r\n b\r\n\tc\r\n\r\n.\r\n..\r\n\r\nFrom: body\r\n"),
        NULL);
    assert_fault(TCN_STR(HEAD "\r\nb\xc3\xbc\xc3\xbc\r\n"), NULL);
    assert_fault(TCN_STR("date: x\r\nFROM: x\r\n\r\n"), NULL);
}

static void names_what_is_wrong(void **state)
{
    (void)state;
    const struct {
        tcn_str message;
        const char *fault;
    } rows[] = {
        {TCN_STR(""), "has no empty line behind its headers"},
        {TCN_STR(HEAD), "has no empty line behind its headers"},
        {TCN_STR("From: x\r\n\r\n"), "lacks the header Date"},
        {TCN_STR("Date: x\r\nFromage: x\r\n\r\n"), "lacks the header From"},
        {TCN_STR(HEAD "From: b\r\n\r\n"), "has the header From twice"},
        {TCN_STR(HEAD "\r\na\nb\r\n"), "has a bare LF"},
        {TCN_STR(HEAD "\r\na\rb\r\n"), "has a bare CR"},
        {TCN_STR(HEAD "\r\na\0b\r\n"), "holds a NUL"},
        {TCN_STR(HEAD "\r\na"), "ends in half a line"},
        {TCN_STR(HEAD "\r\na\n"), "has a bare LF"},
        {TCN_STR(HEAD "Subject: \xc3\xbc\r\n\r\n"), "has bytes above 127 in a header"},
        {TCN_STR(" a\r\n" HEAD "\r\n"), "begins with a folded line"},
        {TCN_STR(HEAD "no header\r\n\r\n"), "has a line among its headers that is none"},
        {TCN_STR(HEAD ": x\r\n\r\n"), "has a line among its headers that is none"},
        {TCN_STR(HEAD "A\r\n\r\n"), "has a line among its headers that is none"},
    };
    for (size_t i = 0; i < TCN_COUNT(rows); i++)
        assert_fault(rows[i].message, rows[i].fault);
}

static void lines_have_at_most_998_bytes(void **state)
{
    char text[1200];
    (void)state;
    for (size_t len = 998; len <= 999; len++) {
        int used = snprintf(text, sizeof text, HEAD "\r\n%0*d\r\n", (int)len, 0);
        assert_fault(tcn_str_of(text, (size_t)used),
                     len > 998 ? "has a line of more than 998 bytes" : NULL);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(takes_what_is_a_mail),
    cmocka_unit_test(names_what_is_wrong),
    cmocka_unit_test(lines_have_at_most_998_bytes),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
