/* SPDX-License-Identifier: Apache-2.0 */
/* test_net_memory.c - the n-th allocation fails, for every n, while a client asks a
 * server on the same loop: nothing crashes, nothing leaks, and every exchange that began
 * ends exactly once. malloc, calloc and realloc are wrapped by the linker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/net/client.h"
#include "core/net/server.h"
#include "tests/unit/failing_alloc.h"

typedef struct fixture {
    uv_loop_t loop;
    tcn_guard *guard;
    tcn_server *server;
    tcn_client *client;
    char url[128];
    int replies, good;
} fixture;

static void on_request(tcn_request *request, void *ud)
{
    (void)ud;
    tcn_request_answer_header(request, "X-Reply", "yes");
    tcn_request_answer(request, 200, "text/plain", tcn_request_body(request));
}

static void on_reply(tcn_exchange *exchange, const tcn_http_reply *reply, void *ud)
{
    (void)exchange;
    fixture *f = ud;
    f->replies++;
    f->good += reply->error == 0 && reply->status == 200;
    uv_stop(&f->loop);
}

/* Exchanges that began. */
static int ask(fixture *f)
{
    const tcn_header header = {TCN_STR("X-Test"), TCN_STR("1")};
    const tcn_http_request request = {.method = "POST",
                                      .url = f->url,
                                      .headers = &header,
                                      .header_count = 1,
                                      .body = TCN_STR("some body"),
                                      .timeout_ms = 3000};
    int before = f->replies;
    if (tcn_client_start(f->client, &request, on_reply, f, NULL, NULL) < 0)
        return 0;
    while (f->replies == before)
        (void)uv_run(&f->loop, UV_RUN_DEFAULT);
    return 1;
}

static bool open_all(fixture *f)
{
    static const char *const allow[] = {"127.0.0.0/8", "relay"};
    tcn_client_options options = {.user_agent = "tocsin/test"};
    if (tcn_guard_new(allow, 2, false, &f->guard, NULL) < 0)
        return false;
    options.guard = f->guard;
    if (tcn_client_new(&f->loop, &options, NULL, &f->client) < 0)
        return false;
    if (tcn_server_new(&f->loop, &tcn_server_limits_default, NULL, on_request, f,
                       &f->server) < 0 ||
        tcn_server_listen(f->server, TCN_STR("127.0.0.1:0"), NULL) < 0)
        return false;
    (void)snprintf(f->url, sizeof f->url, "http://%s/", tcn_server_address(f->server, 0));
    return true;
}

static void close_all(fixture *f)
{
    if (f->client != NULL)
        tcn_client_close(f->client, NULL, NULL);
    if (f->server != NULL)
        tcn_server_close(f->server, NULL, NULL);
    while (uv_run(&f->loop, UV_RUN_DEFAULT) != 0)
        continue;
    assert_int_equal(uv_loop_close(&f->loop), 0);
    tcn_guard_free(f->guard);
}

/* True when the failure was reached. */
static bool play(size_t n)
{
    fixture f = {0};
    assert_int_equal(uv_loop_init(&f.loop), 0);
    allocations = 0;
    fail_at = n;
    bool is_open = open_all(&f);
    int begun = is_open ? ask(&f) : 0;
    bool was_reached = allocations >= n;
    fail_at = 0;
    /* The next one goes well, whatever failed before. */
    begun += is_open ? ask(&f) : 0;
    assert_int_equal(f.replies, begun);
    assert_int_equal(f.good > 0, is_open);
    close_all(&f);
    return was_reached;
}

static void ends_everything_when_any_allocation_fails(void **state)
{
    (void)state;
    size_t n = 1;
    while (play(n))
        n++;
    assert_true(n > 20);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(ends_everything_when_any_allocation_fails),
};

int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(cases, NULL, NULL);
}
