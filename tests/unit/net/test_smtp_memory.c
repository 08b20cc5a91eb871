/* SPDX-License-Identifier: Apache-2.0 */
/* test_smtp_memory.c - the n-th allocation fails, for every n, while a mail to two people
 * is under way to a server on the same loop: nothing crashes, nothing leaks, an exchange
 * that began ends once, and the next one goes well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/kit/peer.h"
#include "core/net/smtp.h"
#include "tests/unit/failing_alloc.h"

#define TIMEOUT_MS 400 /* a server that has no memory may be silent */

typedef struct fixture {
    uv_loop_t loop;
    tcn_guard *guard;
    tcn_client *client;
    int replies, good;
} fixture;

static void on_reply(tcn_exchange *exchange, const tcn_smtp_reply *reply, void *ud)
{
    (void)exchange;
    fixture *f = ud;
    f->replies++;
    f->good += reply->error == 0 && reply->rcpt_count == 2 &&
               reply->rcpt_status[0] == 250 && reply->rcpt_status[1] == 250;
}

static void send_to(fixture *f, const tcn_peer *peer)
{
    static const tcn_str rcpts[] = {{"a@x.test", 8}, {"b@x.test", 8}};
    const tcn_smtp_request request = {
        .host = "127.0.0.1",
        .port = peer->port,
        .helo = "client.test",
        .mail_from = "from@x.test",
        .rcpts = rcpts,
        .rcpt_count = 2,
        .data = TCN_STR("Subject: x\r\n\r\n.hello\r\n"),
        .timeout_ms = TIMEOUT_MS,
    };
    int before = f->replies;
    if (tcn_smtp_start(f->client, &request, on_reply, f, NULL, NULL) < 0)
        return;
    while (f->replies == before)
        (void)uv_run(&f->loop, UV_RUN_ONCE);
    assert_int_equal(f->replies, before + 1);
}

/* The n-th allocation fails; 0: none. True when it was reached. */
static bool mail(fixture *f, size_t n)
{
    tcn_peer peer;
    assert_int_equal(tcn_peer_start(&peer, &f->loop, NULL), 0);
    peer.is_smtp = true;
    allocations = 0;
    fail_at = n;
    send_to(f, &peer);
    bool was_reached = n > 0 && allocations >= n;
    fail_at = 0;
    tcn_peer_close(&peer);
    for (int i = 0; i < 3 || peer.open > 0; i++)
        (void)uv_run(&f->loop, UV_RUN_NOWAIT);
    tcn_peer_deinit(&peer);
    return was_reached;
}

static void open_client(fixture *f)
{
    static const char *const allow[] = {"127.0.0.0/8"};
    tcn_client_options options = {.user_agent = "tocsin/test"};
    assert_int_equal(uv_loop_init(&f->loop), 0);
    assert_int_equal(tcn_guard_new(allow, 1, false, &f->guard, NULL), 0);
    options.guard = f->guard;
    assert_int_equal(tcn_client_new(&f->loop, &options, NULL, &f->client), 0);
}

static void close_client(fixture *f)
{
    tcn_client_close(f->client, NULL, NULL);
    while (uv_run(&f->loop, UV_RUN_DEFAULT) != 0)
        continue;
    assert_int_equal(uv_loop_close(&f->loop), 0);
    tcn_guard_free(f->guard);
}

static void ends_a_mail_when_any_allocation_fails(void **state)
{
    (void)state;
    fixture f = {0};
    size_t n = 1;
    open_client(&f);
    for (bool was_reached = true; was_reached; n++) {
        was_reached = mail(&f, n);
        int good = f.good;
        (void)mail(&f, 0);
        assert_int_equal(f.good, good + 1);
    }
    close_client(&f);
    assert_true(n > 20);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(ends_a_mail_when_any_allocation_fails),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
