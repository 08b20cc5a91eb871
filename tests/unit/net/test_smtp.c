/* SPDX-License-Identifier: Apache-2.0 */
/* test_smtp.c - mail over a connection in clear text: what each answer of the server does
 * to each recipient, and to the rest of the connection. TLS and authentication are in
 * tests/integration/test_smtp.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/net/smtp.h"

#include "asker.h"
#include "mailpeer.h"

#define HELLO "> 220 hi\n< EHLO client.test\n> 250-peer\n> 250 SIZE 1000000\n"
#define TO_A  "< MAIL FROM:<from@x.test> SIZE=\n> 250 ok\n< RCPT TO:<a@x.test>\n"
#define TO_B  "< MAIL FROM:<from@x.test> SIZE=\n> 250 ok\n< RCPT TO:<b@x.test>\n"
#define SENT  "> 250 ok\n< DATA\n> 354 go\n.\n"
#define QUIT  "< QUIT\n> 221 bye\nclose\n"

typedef struct mailed {
    bool is_done;
    unsigned calls;
    int error, status;
    int32_t rcpts[4], last;
    char said[1024], text[512];
    uv_loop_t *loop;
} mailed;

static asker a;
static mailed got;

static void on_reply(tcn_exchange *exchange, const tcn_smtp_reply *reply, void *ud)
{
    (void)exchange;
    mailed *m = ud;
    m->is_done = true;
    m->calls++;
    m->error = reply->error;
    m->status = reply->status;
    for (size_t i = 0; i < reply->rcpt_count && i < TCN_COUNT(m->rcpts); i++)
        m->rcpts[i] = reply->rcpt_status[i];
    m->last = reply->rcpt_status[reply->rcpt_count - 1];
    (void)snprintf(m->said, sizeof m->said, "%.*s", TCN_STR_ARG(reply->said));
    (void)snprintf(m->text, sizeof m->text, "%.*s", TCN_STR_ARG(reply->text));
    uv_stop(m->loop);
}

static const tcn_str two[] = {{"a@x.test", 8}, {"b@x.test", 8}};

static tcn_smtp_request request_to(int port)
{
    return (tcn_smtp_request){
        .host = "127.0.0.1",
        .port = (uint32_t)port,
        .helo = "client.test",
        .mail_from = "from@x.test",
        .rcpts = two,
        .rcpt_count = 2,
        .data = TCN_STR("Subject: x\r\n\r\nhello\r\n"),
        .timeout_ms = 5000,
    };
}

static void mail_run(void)
{
    while (!got.is_done)
        (void)uv_run(&a.loop, UV_RUN_DEFAULT);
}

static const char *mail(const char *script, const tcn_smtp_request *more)
{
    mailpeer *peer = mailpeer_start(script);
    tcn_smtp_request request = request_to(mailpeer_port(peer));
    if (more != NULL) {
        request = *more;
        request.port = (uint32_t)mailpeer_port(peer);
    }
    tcn_err err = {0};
    got = (mailed){.loop = &a.loop};
    int rc = tcn_smtp_start(a.client, &request, on_reply, &got, NULL, &err);
    if (rc < 0)
        fail_msg("%s", err.text);
    assert_false(got.is_done);
    mail_run();
    assert_int_equal(got.calls, 1);
    return mailpeer_stop(peer);
}

static int setup(void **state)
{
    (void)state;
    asker_start(&a, NULL, true);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    asker_stop(&a);
    return 0;
}

static void outcome_is(int error, int32_t first, int32_t second)
{
    if (got.error != error || got.rcpts[0] != first || got.rcpts[1] != second)
        fail_msg("%s %d %d (%s)", tcn_err_name(got.error), got.rcpts[0], got.rcpts[1],
                 got.text);
}

static void sends_one_transaction_to_each_over_one_connection(void **state)
{
    (void)state;
    const char *sent = mail(HELLO TO_A SENT "> 250 2.0.0 queued as 1\n" TO_B SENT
                                            "> 250-two\n> 250 lines\n" QUIT,
                            NULL);
    outcome_is(0, 250, 250);
    assert_string_equal(got.said, "250 2.0.0 queued as 1\n250 two lines\n");
    assert_string_equal(got.text, "");
    assert_non_null(strstr(sent, "DATA\r\nSubject: x\r\n\r\nhello\r\n.\r\n"));
}

static void doubles_dots_and_ends_the_last_line(void **state)
{
    (void)state;
    tcn_smtp_request request = request_to(0);
    request.rcpt_count = 1;
    request.data = TCN_STR(".\r\n..x\r\na.b\r\n.end");
    const char *sent = mail(HELLO TO_A SENT "> 250 ok\n" QUIT, &request);
    outcome_is(0, 250, 0);
    assert_non_null(strstr(sent, "DATA\r\n..\r\n...x\r\na.b\r\n..end\r\n.\r\nQUIT"));
}

static void counts_each_refusal_for_its_recipient_alone(void **state)
{
    (void)state;
    static const char *const scripts[] = {
        HELLO TO_A "> 550 5.1.1 nobody\n< RSET\n> 250 ok\n" TO_B SENT "> 250 ok\n" QUIT,
        HELLO "< MAIL\n> 550 5.1.1 nobody\n" TO_B SENT "> 250 ok\n" QUIT,
        HELLO TO_A "> 250 ok\n< DATA\n> 550 5.1.1 nobody\n< RSET\n> 250 ok\n" TO_B SENT
                   "> 250 ok\n" QUIT,
        HELLO TO_A SENT "> 550 5.1.1 nobody\n" TO_B SENT "> 250 ok\n" QUIT,
    };
    for (size_t i = 0; i < TCN_COUNT(scripts); i++) {
        (void)mail(scripts[i], NULL);
        outcome_is(0, 550, 250);
        assert_string_equal(got.said, "550 5.1.1 nobody\n250 ok\n");
    }
}

static void stops_where_the_server_says_that_it_closes(void **state)
{
    (void)state;
    (void)mail(HELLO TO_A "> 421 later\nclose\n", NULL);
    outcome_is(0, 421, 0);
    assert_string_equal(got.said, "421 later\n\n");
    (void)mail(HELLO TO_A SENT "> 250 ok\n< MAIL\n> 421 later\nhold\n", NULL);
    outcome_is(0, 250, 421);
}

static void keeps_what_it_knows_when_the_connection_breaks(void **state)
{
    (void)state;
    (void)mail(HELLO TO_A SENT "> 250 ok\n" TO_B SENT "reset\n", NULL);
    outcome_is(TCN_E_IO, 250, 0);
    assert_string_equal(got.said, "250 ok\n\n");
    (void)mail(HELLO TO_A SENT "close\n", NULL);
    outcome_is(TCN_E_IO, 0, 0);
    assert_non_null(strstr(got.text, "127.0.0.1:"));
    assert_non_null(strstr(got.text, "the server closed the connection"));
}

static void says_what_refused_everything(void **state)
{
    (void)state;
    (void)mail("> 554 5.3.2 not here\nhold\n", NULL);
    outcome_is(0, 0, 0);
    assert_int_equal(got.status, 554);
    assert_non_null(strstr(got.text, "answered 554 5.3.2 not here"));
    (void)mail("> 220 hi\n< EHLO\n> 550 no\n< HELO\n> 550 no\nhold\n", NULL);
    outcome_is(0, 0, 0);
    assert_int_equal(got.status, 550);
}

static void ends_with_what_is_no_answer(void **state)
{
    (void)state;
    static const char *const scripts[] = {
        HELLO TO_A SENT "> 250 ok\n< MAIL\n> nonsense\nhold\n",
        HELLO TO_A SENT "> 250 ok\n< MAIL\n> 250-a\n> 550 b\nhold\n",
        HELLO TO_A SENT "> 250 ok\n< MAIL\n> 299x\nhold\n",
        HELLO TO_A SENT "> 250 ok\n< MAIL\n> 354 what\nhold\n",
        HELLO TO_A SENT ">! 250 ok\r\n250 and more\r\n\nhold\n",
        HELLO TO_A SENT "> 250 ok\n" TO_B "> 250 ok\n< DATA\n> 250 no\nhold\n",
    };
    for (size_t i = 0; i < TCN_COUNT(scripts); i++) {
        (void)mail(scripts[i], NULL);
        if (got.error != TCN_E_IO || got.rcpts[1] != 0)
            fail_msg("case %zu: %s", i, tcn_err_name(got.error));
    }
}

static void ends_in_time_at_every_verb(void **state)
{
    (void)state;
    static const char *const scripts[] = {
        "hold\n",
        "> 220 hi\n< EHLO\nhold\n",
        HELLO "< MAIL\nhold\n",
        HELLO TO_A "hold\n",
        HELLO TO_A "> 250 ok\n< DATA\nhold\n",
        HELLO TO_A SENT "hold\n",
    };
    for (size_t i = 0; i < TCN_COUNT(scripts); i++) {
        tcn_smtp_request request = request_to(0);
        request.timeout_ms = 300;
        (void)mail(scripts[i], &request);
        outcome_is(TCN_E_TIMEOUT, 0, 0);
    }
}

static void waits_little_for_the_answer_to_quit(void **state)
{
    (void)state;
    (void)mail(HELLO TO_A SENT "> 250 ok\n" TO_B SENT "> 250 ok\n< QUIT\nhold\n", NULL);
    outcome_is(0, 250, 250);
    (void)mail(HELLO TO_A SENT "> 250 ok\n" TO_B SENT "> 250 ok\nclose\n", NULL);
    outcome_is(0, 250, 250);
}

static void takes_a_refusal_before_all_is_sent(void **state)
{
    (void)state;
    static char large[8 << 20];
    for (size_t i = 0; i + 80 <= sizeof large; i += 80) {
        memset(large + i, 'x', 78);
        large[i + 78] = '\r';
        large[i + 79] = '\n';
    }
    tcn_smtp_request request = request_to(0);
    request.data = tcn_str_of(large, sizeof large / 80 * 80);
    (void)mail(HELLO TO_A "> 250 ok\n< DATA\n> 354 go\n< xxx\n> 552 too much\nhold\n",
               &request);
    outcome_is(0, 552, 0);
}

static void needs_smtputf8_where_it_is_asked_for(void **state)
{
    (void)state;
    tcn_smtp_request request = request_to(0);
    request.flags = TCN_SMTP_UTF8;
    request.rcpt_count = 1;
    (void)mail(HELLO "hold\n", &request);
    outcome_is(TCN_E_UNSUPPORTED, 0, 0);
    assert_non_null(strstr(got.text, "SMTPUTF8"));
    const char *sent = mail("> 220 hi\n< EHLO\n> 250-peer\n> 250 SMTPUTF8\n"
                            "< MAIL FROM:<from@x.test> SMTPUTF8\n> 250 ok\n< RCPT\n" SENT
                            "> 250 ok\n" QUIT,
                            &request);
    outcome_is(0, 250, 0);
    assert_null(strstr(sent, "SIZE"));
}

static void takes_a_new_connection_after_fifty(void **state)
{
    (void)state;
    static char script[1 << 16];
    static tcn_str many[51];
    static const char one[] = "< MAIL\n> 250 ok\n< RCPT\n" SENT "> 250 ok\n";
    (void)snprintf(script, sizeof script, "%s", HELLO);
    for (size_t i = 0; i < TCN_COUNT(many); i++) {
        size_t used = strlen(script);
        many[i] = TCN_STR("a@x.test");
        (void)snprintf(script + used, sizeof script - used, "%s%s",
                       i == 50 ? QUIT "accept\n" HELLO : "", one);
    }
    size_t used = strlen(script);
    (void)snprintf(script + used, sizeof script - used, "%s", QUIT);
    tcn_smtp_request request = request_to(0);
    request.rcpts = many;
    request.rcpt_count = TCN_COUNT(many);
    (void)mail(script, &request);
    outcome_is(0, 250, 250);
    assert_int_equal(got.last, 250);
}

static void cancel_at(const char *script)
{
    mailpeer *peer = mailpeer_start(script);
    tcn_smtp_request request = request_to(mailpeer_port(peer));
    tcn_exchange *exchange = NULL;
    got = (mailed){.loop = &a.loop};
    assert_int_equal(tcn_smtp_start(a.client, &request, on_reply, &got, &exchange, NULL),
                     0);
    while (!mailpeer_is_holding(peer))
        (void)uv_run(&a.loop, UV_RUN_NOWAIT);
    tcn_exchange_cancel(exchange);
    assert_false(got.is_done);
    mail_run();
    assert_int_equal(got.error, TCN_E_CANCELED);
    (void)mailpeer_stop(peer);
}

static void is_canceled_at_any_time(void **state)
{
    (void)state;
    cancel_at("hold\n");
    cancel_at("> 220 hi\nhold\n");
    cancel_at(HELLO TO_A "hold\n");
    /* The handle serves again. */
    (void)mail(HELLO TO_A SENT "> 250 ok\n" TO_B SENT "> 250 ok\n" QUIT, NULL);
    outcome_is(0, 250, 250);
}

static void closes_with_a_session_under_way(void **state)
{
    (void)state;
    mailpeer *peer = mailpeer_start(HELLO TO_A "hold\n");
    tcn_smtp_request request = request_to(mailpeer_port(peer));
    got = (mailed){.loop = &a.loop};
    assert_int_equal(tcn_smtp_start(a.client, &request, on_reply, &got, NULL, NULL), 0);
    while (!mailpeer_is_holding(peer))
        (void)uv_run(&a.loop, UV_RUN_NOWAIT);
    asker_stop(&a);
    assert_int_equal(got.error, TCN_E_CANCELED);
    (void)mailpeer_stop(peer);
    asker_start(&a, NULL, true);
}

static void asks_the_guard(void **state)
{
    (void)state;
    asker_stop(&a);
    asker_start(&a, NULL, false);
    tcn_smtp_request request = request_to(9);
    got = (mailed){.loop = &a.loop};
    assert_int_equal(tcn_smtp_start(a.client, &request, on_reply, &got, NULL, NULL), 0);
    mail_run();
    outcome_is(TCN_E_DENIED, 0, 0);
    assert_string_equal(got.text, "refused to connect to 127.0.0.1 (loopback address)");
}

static void refuses_what_could_break_a_command(void **state)
{
    (void)state;
    static const tcn_str bad[] = {{"a\r\nb@x", 6}, {"<a@x>", 5}, {"a b@x", 5},
                                  {"", 0},         {"a\0@x", 4}, {"a@x\n", 4}};
    for (size_t i = 0; i < TCN_COUNT(bad); i++) {
        tcn_smtp_request request = request_to(9);
        request.rcpts = &bad[i];
        request.rcpt_count = 1;
        assert_int_equal(tcn_smtp_start(a.client, &request, on_reply, &got, NULL, NULL),
                         TCN_E_INVALID);
    }
    static const char *const hosts[] = {"", "a b", "a/b", "a@b", "a\r\nb", "a?b", "a#b"};
    for (size_t i = 0; i < TCN_COUNT(hosts); i++) {
        tcn_smtp_request request = request_to(9);
        request.host = hosts[i];
        assert_int_equal(tcn_smtp_start(a.client, &request, on_reply, &got, NULL, NULL),
                         TCN_E_INVALID);
        request = request_to(9);
        request.helo = hosts[i];
        assert_int_equal(tcn_smtp_start(a.client, &request, on_reply, &got, NULL, NULL),
                         TCN_E_INVALID);
    }
    static const tcn_str data[] = {{"a\nb\r\n", 5}, {"a\rb\r\n", 5}, {"", 0},
                                   {"a\r", 2},      {"\n.\r\n", 4},  {"a\0\r\n", 4}};
    for (size_t i = 0; i < TCN_COUNT(data); i++) {
        tcn_smtp_request request = request_to(9);
        request.data = data[i];
        assert_int_equal(tcn_smtp_start(a.client, &request, on_reply, &got, NULL, NULL),
                         TCN_E_INVALID);
    }
}

static void keeps_credentials_from_a_connection_in_clear(void **state)
{
    (void)state;
    tcn_smtp_request request = request_to(9);
    tcn_err err = {0};
    request.username = "u";
    request.password = TCN_STR("p");
    assert_int_equal(tcn_smtp_start(a.client, &request, on_reply, &got, NULL, &err),
                     TCN_E_INVALID);
    assert_string_equal(err.text, "credentials need TLS");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
static const struct CMUnitTest cases[] = {
    CASE(sends_one_transaction_to_each_over_one_connection),
    CASE(doubles_dots_and_ends_the_last_line),
    CASE(counts_each_refusal_for_its_recipient_alone),
    CASE(stops_where_the_server_says_that_it_closes),
    CASE(keeps_what_it_knows_when_the_connection_breaks),
    CASE(says_what_refused_everything),
    CASE(ends_with_what_is_no_answer),
    CASE(ends_in_time_at_every_verb),
    CASE(waits_little_for_the_answer_to_quit),
    CASE(takes_a_refusal_before_all_is_sent),
    CASE(needs_smtputf8_where_it_is_asked_for),
    CASE(takes_a_new_connection_after_fifty),
    CASE(is_canceled_at_any_time),
    CASE(closes_with_a_session_under_way),
    CASE(asks_the_guard),
    CASE(refuses_what_could_break_a_command),
    CASE(keeps_credentials_from_a_connection_in_clear),
};

int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(cases, NULL, NULL);
}
