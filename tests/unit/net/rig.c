/* SPDX-License-Identifier: Apache-2.0 */
/* rig.c - the thread with the server; commands go over by one async handle and a
 * semaphore. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/base/compiler.h"

#define HELD_MAX 512
#define BIG      ((size_t)4 << 20)
#define WAIT_MS  10000

struct rig {
    uv_thread_t thread;
    uv_loop_t loop;
    uv_async_t async;
    uv_sem_t done;
    void (*command)(rig *r);
    tcn_server *server;
    bool is_closing, is_closed;
    char addresses[2][128];
    tcn_request *held[HELD_MAX];
    size_t held_count;
    tcn_server_counts counts;
    size_t pending;
    bool has_stopped;
};

static void echo(tcn_request *request)
{
    tcn_buf out;
    tcn_buf_init(&out, WAIT_MS * 1000);
    tcn_str method = tcn_request_method(request);
    tcn_str path = tcn_request_path(request);
    tcn_str x = tcn_request_query(request, "x");
    tcn_str header = tcn_request_header(request, "x-test");
    (void)tcn_buf_printf(&out, "%.*s %.*s x=%.*s h=%.*s body=", TCN_STR_ARG(method),
                         TCN_STR_ARG(path), TCN_STR_ARG(x), TCN_STR_ARG(header));
    (void)tcn_buf_add_str(&out, tcn_request_body(request));
    tcn_request_answer_header(request, "X-Reply", "yes");
    tcn_request_answer(request, 200, "text/plain", tcn_buf_str(&out));
    tcn_buf_deinit(&out);
}

static void big(tcn_request *request)
{
    char *bytes = tcn_alloc_zero(BIG);
    assert_non_null(bytes);
    tcn_request_answer(request, 200, "application/octet-stream", tcn_str_of(bytes, BIG));
    tcn_free(bytes);
}

static void on_request(tcn_request *request, void *ud)
{
    rig *r = ud;
    tcn_str path = tcn_request_path(request);
    if (tcn_str_eq_c(path, "/hold") && r->held_count < HELD_MAX)
        r->held[r->held_count++] = request;
    else if (tcn_str_eq_c(path, "/big"))
        big(request);
    else if (tcn_str_eq_c(path, "/now"))
        tcn_request_answer(request, 204, NULL, (tcn_str){0});
    else
        echo(request);
}

static void on_async(uv_async_t *async)
{
    rig *r = async->data;
    r->command(r);
    (void)uv_sem_post(&r->done);
}

static void on_loop(void *ud)
{
    rig *r = ud;
    (void)uv_run(&r->loop, UV_RUN_DEFAULT);
}

static void order(rig *r, void (*command)(rig *r))
{
    r->command = command;
    (void)uv_async_send(&r->async);
    uv_sem_wait(&r->done);
}

rig *rig_start(const tcn_server_limits *limits, const char *address, const char *second)
{
    rig *r = tcn_alloc_zero(sizeof *r);
    tcn_err err = {0};
    assert_non_null(r);
    assert_int_equal(uv_loop_init(&r->loop), 0);
    assert_int_equal(uv_async_init(&r->loop, &r->async, on_async), 0);
    assert_int_equal(uv_sem_init(&r->done, 0), 0);
    r->async.data = r;
    assert_int_equal(tcn_server_new(&r->loop, limits, NULL, on_request, r, &r->server),
                     0);
    if (tcn_server_listen(r->server, tcn_str_c(address), &err) < 0 ||
        (second != NULL && tcn_server_listen(r->server, tcn_str_c(second), &err) < 0))
        fail_msg("%s", err.text);
    for (size_t i = 0; i < tcn_server_address_count(r->server); i++)
        (void)snprintf(r->addresses[i], sizeof r->addresses[i], "%s",
                       tcn_server_address(r->server, i));
    assert_int_equal(uv_thread_create(&r->thread, on_loop, r), 0);
    return r;
}

const char *rig_address(const rig *r, size_t i)
{
    return r->addresses[i];
}

static void do_release(rig *r)
{
    for (size_t i = 0; i < r->held_count; i++)
        tcn_request_answer(r->held[i], 200, "text/plain", TCN_STR("held"));
    r->held_count = 0;
}

static void do_quiesce(rig *r)
{
    tcn_server_quiesce(r->server);
}

static void on_closed(void *ud)
{
    rig *r = ud;
    r->is_closed = true;
    uv_close((uv_handle_t *)&r->async, NULL);
}

static void do_close(rig *r)
{
    if (!r->is_closing)
        tcn_server_close(r->server, on_closed, r);
    r->is_closing = true;
}

static void do_counts(rig *r)
{
    tcn_server_counts_get(r->server, &r->counts);
    r->pending = tcn_server_pending(r->server);
}

static void do_stop(rig *r)
{
    do_close(r);
    do_release(r);
}

void rig_release(rig *r)
{
    order(r, do_release);
}

void rig_quiesce(rig *r)
{
    order(r, do_quiesce);
}

void rig_close(rig *r)
{
    order(r, do_close);
}

tcn_server_counts rig_counts(rig *r)
{
    order(r, do_counts);
    return r->counts;
}

size_t rig_pending(rig *r)
{
    order(r, do_counts);
    return r->pending;
}

void rig_wait_held(rig *r, size_t count)
{
    int64_t until = tcn_clock_mono_ms() + WAIT_MS;
    while (rig_pending(r) != count)
        assert_true(tcn_clock_mono_ms() < until);
}

void rig_wait_connections(rig *r, size_t count)
{
    int64_t until = tcn_clock_mono_ms() + WAIT_MS;
    while (rig_counts(r).connections != count)
        assert_true(tcn_clock_mono_ms() < until);
}

void rig_stop(rig *r)
{
    order(r, do_stop);
    assert_int_equal(uv_thread_join(&r->thread), 0);
    assert_true(r->is_closed);
    assert_int_equal(uv_loop_close(&r->loop), 0);
    uv_sem_destroy(&r->done);
    tcn_free(r);
}
