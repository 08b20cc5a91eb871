/* SPDX-License-Identifier: Apache-2.0 */
/* test_message.c - the bytes of mails. run_messages.py lets Python's strict parser read
 * many more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "message.h"

#define INVOCATION "3f0a1c9e-1111-5222-8333-444455556666"

static address from, to[3];
static mail m;
static tocsin_text out;

static int setup(void **state)
{
    (void)state;
    assert_null(address_parse(tocsin_str_of("Tocsin <t@x.example>"), &from));
    assert_null(address_parse(tocsin_str_of("a@x.example"), &to[0]));
    assert_null(address_parse(tocsin_str_of("\"Clark, Ann\" <b@x.example>"), &to[1]));
    assert_null(address_parse(tocsin_str_of("Jürgen <c@x.example>"), &to[2]));
    m = (mail){
        .date_ms = INT64_C(1767323045678),
        .from = &from,
        .to = {to, 1},
        .subject = tocsin_str_of("It failed"),
        .message_id = tocsin_str_of(INVOCATION),
        .domain = tocsin_str_of("x.example"),
        .priority = 1,
        .text = tocsin_str_of("Hello"),
        .boundary = "=_0123456789abcdef0123456789abcdef",
    };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tocsin_text_free(&out);
    return 0;
}

#define HEAD(to_line, subject)                                              \
    "Date: Fri, 02 Jan 2026 03:04:05 +0000\r\n"                             \
    "From: \"Tocsin\" <t@x.example>\r\n" to_line "Subject: " subject "\r\n" \
    "Message-ID: <" INVOCATION "@x.example>\r\n"
#define REST                             \
    "Auto-Submitted: auto-generated\r\n" \
    "X-Auto-Response-Suppress: All\r\n"  \
    "X-Priority: 1\r\n"                  \
    "X-Tocsin-Invocation: " INVOCATION "\r\n"
#define PLAIN(encoding)                           \
    "MIME-Version: 1.0\r\n"                       \
    "Content-Type: text/plain; charset=utf-8\r\n" \
    "Content-Transfer-Encoding: " encoding "\r\n\r\n"

static void is_written(const char *expected)
{
    tocsin_text_free(&out);
    const char *wrong_one;
    assert_null(message_write(&m, &out, &wrong_one));
    assert_false(out.failed);
    assert_string_equal(out.ptr, expected);
}

static void writes_a_simple_message(void **state)
{
    (void)state;
    is_written(HEAD("To: a@x.example\r\n", "It failed") REST PLAIN("7bit") "Hello\r\n");
}

static void writes_every_header_in_order(void **state)
{
    (void)state;
    static const tocsin_pair headers[] = {{{"X-Team", 6}, {"data", 4}},
                                          {{"List-Id", 7}, {"<ops.x.example>", 15}}};
    m.to = (addresses){to, 3};
    m.cc = (addresses){to, 1};
    m.reply_to = (addresses){to, 1};
    m.thread = tocsin_str_of("00ff");
    m.headers = headers;
    m.header_count = 2;
    is_written(HEAD(
        "To: a@x.example, \"Clark, Ann\" <b@x.example>, =?UTF-8?B?SsO8cmdlbg==?=\r\n"
        " <c@x.example>\r\n"
        "Cc: a@x.example\r\n"
        "Reply-To: a@x.example\r\n",
        "It failed") "In-Reply-To: <thread.00ff@x.example>\r\n"
                     "References: <thread.00ff@x.example>\r\n" REST "X-Team: data\r\n"
                     "List-Id: <ops.x.example>\r\n" PLAIN("7bit") "Hello\r\n");
}

static void folds_and_encodes_subjects(void **state)
{
    (void)state;
    m.subject = tocsin_str_of("The flow run adventurous-mongoose of the deployment "
                              "nightly-load has failed again");
    is_written(
        HEAD("To: a@x.example\r\n",
             "The flow run adventurous-mongoose of the deployment nightly-load has\r\n"
             " failed again") REST PLAIN("7bit") "Hello\r\n");
    m.subject =
        tocsin_str_of("Fehlschlag: größere Änderungen im Lauf über Nacht – bitte prüfen");
    is_written(
        HEAD("To: a@x.example\r\n",
             "=?UTF-8?B?RmVobHNjaGxhZzogZ3LDtsOfZXJlIMOEbmRlcnVuZ2VuIGltIExhdWYg?=\r\n"
             " =?UTF-8?B?w7xiZXIgTmFjaHQg4oCTIGJpdHRlIHByw7xmZW4=?=")
            REST PLAIN("7bit") "Hello\r\n");
    m.subject = tocsin_str_of("=?UTF-8?B?QQ==?=");
    is_written(HEAD("To: a@x.example\r\n", "=?UTF-8?B?PT9VVEYtOD9CP1FRPT0/PQ==?=")
                   REST PLAIN("7bit") "Hello\r\n");
    m.subject = tocsin_str_of("");
    is_written(HEAD("To: a@x.example\r\n", "") REST PLAIN("7bit") "Hello\r\n");
}

static void makes_a_subject_one_line(void **state)
{
    (void)state;
    m.subject = tocsin_str_part("\r\n a\r\nBcc: b@y\r\n\r\nc\0d\x01\te \n", 27);
    is_written(HEAD("To: a@x.example\r\n", "a Bcc: b@y cd e")
                   REST PLAIN("7bit") "Hello\r\n");
    m.subject = tocsin_str_of("a\xe2\x80\xa8"
                              "b\xc2\x85"
                              "c");
    is_written(HEAD("To: a@x.example\r\n", "a b c") REST PLAIN("7bit") "Hello\r\n");
    m.subject = tocsin_str_of("a\xff");
    is_written(HEAD("To: a@x.example\r\n", "=?UTF-8?B?Ye+/vQ==?=")
                   REST PLAIN("7bit") "Hello\r\n");
}

static void encodes_bodies_as_short_as_can_be(void **state)
{
    (void)state;
    m.text = tocsin_str_of("one\r\ntwo\rthree\n.\nFrom x\n");
    is_written(HEAD("To: a@x.example\r\n", "It failed")
                   REST PLAIN("7bit") "one\r\ntwo\r\nthree\r\n.\r\nFrom x\r\n");
    m.text =
        tocsin_str_of("Größe = 1 \nand a line that is longer than what quoted-printable "
                      "may put on one: it is broken");
    is_written(HEAD("To: a@x.example\r\n", "It failed") REST PLAIN(
        "quoted-printable") "Gr=C3=B6=C3=9Fe =3D 1=20\r\n"
                            "and a line that is longer than what quoted-printable may put on one: it is =\r\n"
                            "broken\r\n");
    m.text = tocsin_str_of("他们为什么不说中文");
    is_written(HEAD("To: a@x.example\r\n", "It failed")
                   REST PLAIN("base64") "5LuW5Lus5Li65LuA5LmI5LiN6K+05Lit5paHDQo=\r\n");
}

static void puts_text_before_html(void **state)
{
    (void)state;
    m.html = tocsin_str_of("<b>Hello</b>");
    is_written(HEAD("To: a@x.example\r\n", "It failed") REST
               "MIME-Version: 1.0\r\n"
               "Content-Type: multipart/alternative;\r\n"
               " boundary=\"=_0123456789abcdef0123456789abcdef\"\r\n\r\n"
               "--=_0123456789abcdef0123456789abcdef\r\n"
               "Content-Type: text/plain; charset=utf-8\r\n"
               "Content-Transfer-Encoding: 7bit\r\n\r\n"
               "Hello\r\n\r\n"
               "--=_0123456789abcdef0123456789abcdef\r\n"
               "Content-Type: text/html; charset=utf-8\r\n"
               "Content-Transfer-Encoding: 7bit\r\n\r\n"
               "<b>Hello</b>\r\n\r\n"
               "--=_0123456789abcdef0123456789abcdef--\r\n");
}

static void refuses_headers_that_would_be_more_than_one(void **state)
{
    (void)state;
    static const tocsin_str bad[] = {
        {"a\r\nBcc: x", 9}, {"a\nb", 3}, {"a\rb", 3}, {"a\0b", 3}, {"a\x02", 2}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        tocsin_pair one = {tocsin_str_of("X-A"), bad[i]};
        m.headers = &one;
        m.header_count = 1;
        tocsin_text_free(&out);
        const char *wrong_one = "";
        assert_non_null(message_write(&m, &out, &wrong_one));
        assert_string_equal(wrong_one, "X-A");
    }
}

static void lets_users_set_few_headers(void **state)
{
    (void)state;
    static const char *const good[] = {"X-A", "x-team", "List-Unsubscribe", "Keywords"};
    static const char *const bad[] = {
        "Bcc",        "Subject", "X-Priority", "x-tocsin-invocation",
        "X-",         "List-",   "X A",        "X-A:",
        "X-\xc3\xa4", "",        "Received",   "Keyword"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_null(header_name_check(tocsin_str_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (header_name_check(tocsin_str_of(bad[i])) == NULL)
            fail_msg("%s was allowed", bad[i]);
}

static void stops_at_its_limit(void **state)
{
    (void)state;
    out.limit = 600;
    static char large[1000];
    memset(large, 'x', sizeof large);
    m.text = tocsin_str_part(large, sizeof large);
    const char *wrong_one;
    assert_null(message_write(&m, &out, &wrong_one));
    assert_true(out.failed);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
static const struct CMUnitTest cases[] = {
    CASE(writes_a_simple_message),
    CASE(writes_every_header_in_order),
    CASE(folds_and_encodes_subjects),
    CASE(makes_a_subject_one_line),
    CASE(encodes_bodies_as_short_as_can_be),
    CASE(puts_text_before_html),
    CASE(refuses_headers_that_would_be_more_than_one),
    CASE(lets_users_set_few_headers),
    CASE(stops_at_its_limit),
};

int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(cases, NULL, NULL);
}
