/* SPDX-License-Identifier: Apache-2.0 */
/* asker.c - runs exchanges one by one. */
#include "asker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define LIMIT_MS 10000

static void on_limit(uv_timer_t *timer)
{
    (void)timer;
    fail_msg("no reply for ten seconds");
}

static void text_copy(char *out, size_t size, tcn_str s)
{
    (void)snprintf(out, size, "%.*s", TCN_STR_ARG(s));
}

static void on_reply(tcn_exchange *exchange, const tcn_http_reply *reply, void *ud)
{
    (void)exchange;
    asked *a = ud;
    a->is_done = true;
    uv_stop(a->loop);
    a->calls++;
    a->error = reply->error;
    a->status = reply->status;
    a->is_truncated = reply->is_truncated;
    a->retry_after_ms = reply->retry_after_ms;
    a->elapsed_ms = reply->elapsed_ms;
    a->header_count = reply->header_count;
    a->body_len = reply->body.len;
    text_copy(a->body, sizeof a->body, reply->body);
    text_copy(a->text, sizeof a->text, reply->text);
    if (reply->header_count > 0) {
        text_copy(a->first_name, sizeof a->first_name, reply->headers[0].name);
        text_copy(a->first_value, sizeof a->first_value, reply->headers[0].value);
    }
}

static size_t count_of(const char *const *list)
{
    size_t count = 0;
    while (list != NULL && list[count] != NULL)
        count++;
    return count;
}

void asker_start(asker *a, const char *const *allow, bool private_allowed)
{
    *a = (asker){0};
    tcn_client_options options = {.user_agent = "tocsin/test"};
    assert_int_equal(uv_loop_init(&a->loop), 0);
    assert_int_equal(uv_timer_init(&a->loop, &a->limit), 0);
    assert_int_equal(
        tcn_guard_new(allow, count_of(allow), private_allowed, &a->guard, NULL), 0);
    options.guard = a->guard;
    assert_int_equal(tcn_client_new(&a->loop, &options, NULL, &a->client), 0);
}

const char *asker_url(char *url, size_t size, int port, const char *path)
{
    (void)snprintf(url, size, "http://127.0.0.1:%d%s", port, path);
    return url;
}

int asker_begin(asker *a, const tcn_http_request *request, asked *ret,
                tcn_exchange **ret_exchange, tcn_err *reterr)
{
    tcn_http_request copy = *request;
    *ret = (asked){.loop = &a->loop};
    if (copy.method == NULL)
        copy.method = "GET";
    if (copy.timeout_ms == 0)
        copy.timeout_ms = 5000;
    return tcn_client_start(a->client, &copy, on_reply, ret, ret_exchange, reterr);
}

void asker_wait(asker *a, const asked *until)
{
    (void)uv_timer_start(&a->limit, on_limit, LIMIT_MS, 0);
    while (!until->is_done)
        (void)uv_run(&a->loop, UV_RUN_DEFAULT);
    (void)uv_timer_stop(&a->limit);
}

void asker_ask(asker *a, const tcn_http_request *request, asked *ret)
{
    tcn_err err = {0};
    if (asker_begin(a, request, ret, NULL, &err) < 0)
        fail_msg("%s", err.text);
    assert_false(ret->is_done); /* never inside the call */
    asker_wait(a, ret);
    assert_int_equal(ret->calls, 1);
}

static void on_closed(void *ud)
{
    asker *a = ud;
    a->is_closed = true;
}

void asker_stop(asker *a)
{
    tcn_client_close(a->client, on_closed, a);
    uv_close((uv_handle_t *)&a->limit, NULL);
    while (uv_run(&a->loop, UV_RUN_DEFAULT) != 0)
        continue;
    assert_true(a->is_closed);
    assert_int_equal(uv_loop_close(&a->loop), 0);
    tcn_guard_free(a->guard);
}
