/* SPDX-License-Identifier: Apache-2.0 */
/* server.c - life of the server: listeners, their turns on the loop, the end.
 * libmicrohttpd's epoll descriptor is polled by the loop; what it could not finish in one
 * run is continued in the next turn, by an idle handle that is active only then. Nothing
 * of it runs inside its own callbacks: stopping waits for the idle handle. */
#include "core/net/server.h"

#include <microhttpd.h>

#include "core/base/alloc.h"
#include "core/net/server_int.h"

/* A run reads, a second one answers what was answered at once, a third sees the next
 * request. */
#define RUNS_TURN  3
#define POOL_LEAST ((size_t)32 << 10)

const tcn_server_limits tcn_server_limits_default = {
    .request_size = (size_t)8 << 20,
    .header_size = (size_t)16 << 10,
    .answers = (size_t)256 << 20,
    .headers = 64,
    .connections = 8192,
    .connections_per_address = 4096,
    .header_timeout_ms = 10000,
    .body_timeout_ms = 30000,
    .idle_timeout_ms = 75000,
};

static void server_free(tcn_server *server)
{
    tcn_list_foreach (it, &server->spare)
        tcn_request_destroy(tcn_container_of(it, tcn_request, link));
    for (size_t i = 0; i < server->listener_count; i++) {
        tcn_listen_deinit(&server->listeners[i]->socket);
        tcn_free(server->listeners[i]);
    }
    tcn_free(server->listeners);
    if (server->empty != NULL)
        MHD_destroy_response(server->empty);
    tcn_free(server);
}

static void on_runner_closed(uv_handle_t *handle)
{
    tcn_server *server = handle->data;
    void (*cb)(void *ud) = server->close_cb;
    void *ud = server->close_ud;
    server_free(server);
    if (cb != NULL)
        cb(ud);
}

static void try_finish(void *ud)
{
    tcn_server *server = ud;
    uv_handle_t *runner = (uv_handle_t *)&server->runner;
    bool is_done = server->is_stopped && server->open_handles == 0 &&
                   server->pending == 0 && tcn_lingers_is_idle(&server->lingers);
    if (is_done && !uv_is_closing(runner))
        uv_close(runner, on_runner_closed);
}

static void on_handle_closed(uv_handle_t *handle)
{
    tcn_server *server = handle->data;
    server->open_handles--;
    try_finish(server);
}

void tcn_server_orphan_ended(tcn_server *server)
{
    try_finish(server);
}

/* Libmicrohttpd must not have suspended connections when it stops. */
static void request_detach(tcn_conn *conn)
{
    tcn_request *request = conn->request;
    if (request == NULL)
        return;
    bool is_suspended = request->state == TCN_REQUEST_SUSPENDED;
    if (!is_suspended && request->state != TCN_REQUEST_HANDED)
        return;
    if (is_suspended)
        MHD_resume_connection(request->mhd);
    request->conn = NULL;
    request->mhd = NULL;
    conn->request = NULL;
}

static void server_stop(tcn_server *server)
{
    server->is_stopped = true;
    (void)uv_idle_stop(&server->runner);
    tcn_list_foreach (it, &server->conns)
        request_detach(tcn_container_of(it, tcn_conn, link));
    for (size_t i = 0; i < server->listener_count; i++) {
        tcn_listener *listener = server->listeners[i];
        uv_close((uv_handle_t *)&listener->poll, on_handle_closed);
        MHD_stop_daemon(listener->mhd);
        listener->mhd = NULL;
    }
    tcn_lingers_sweep(&server->lingers, true);
    uv_close((uv_handle_t *)&server->sweeper, on_handle_closed);
}

static void listener_run(tcn_listener *listener)
{
    listener->is_dirty = false;
    bool has_more = true;
    for (int i = 0; has_more && i < RUNS_TURN; i++) {
        MHD_UNSIGNED_LONG_LONG wait_ms;
        (void)MHD_run(listener->mhd);
        /* Without timeouts of its own it only ever asks to be run at once. */
        has_more = MHD_get_timeout(listener->mhd, &wait_ms) == MHD_YES;
    }
    if (has_more || listener->is_dirty)
        tcn_listener_kick(listener);
}

static void on_runner(uv_idle_t *runner)
{
    tcn_server *server = runner->data;
    if (server->is_closing) {
        server_stop(server);
        return;
    }
    (void)uv_idle_stop(runner);
    for (size_t i = 0; i < server->listener_count; i++)
        if (server->listeners[i]->is_dirty)
            listener_run(server->listeners[i]);
}

void tcn_listener_kick(tcn_listener *listener)
{
    listener->is_dirty = true;
    if (!listener->server->is_stopped)
        (void)uv_idle_start(&listener->server->runner, on_runner);
}

static void on_epoll(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    tcn_listener *listener = tcn_container_of(poll, tcn_listener, poll);
    if (!listener->server->is_closing)
        listener_run(listener);
}

int tcn_server_new(uv_loop_t *loop, const tcn_server_limits *limits, tcn_log *log,
                   tcn_request_fn handler, void *ud, tcn_server **ret)
{
    tcn_server *server = tcn_alloc_zero(sizeof *server);
    if (server == NULL)
        return TCN_E_NOMEM;
    server->loop = loop;
    server->limits = *limits;
    server->is_lenient = strcmp(MHD_get_version(), "0.9.75") == 0;
    server->log = log;
    server->handler = handler;
    server->ud = ud;
    tcn_list_init(&server->conns);
    tcn_list_init(&server->spare);
    tcn_lingers_init(&server->lingers, loop, try_finish, server);
    static char nothing[1];
    server->empty = MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
    if (server->empty == NULL) {
        tcn_free(server);
        return TCN_E_NOMEM;
    }
    (void)uv_idle_init(loop, &server->runner);
    (void)uv_timer_init(loop, &server->sweeper);
    server->runner.data = server;
    server->sweeper.data = server;
    server->open_handles = 1;
    *ret = server;
    return 0;
}

/* Targets are decoded by us: libmicrohttpd is given a decoder that does nothing. */
static size_t leave_escaped(void *cls, struct MHD_Connection *mhd, char *text)
{
    (void)cls;
    (void)mhd;
    return strlen(text);
}

static struct MHD_Daemon *mhd_start(tcn_listener *listener)
{
    const tcn_server_limits *limits = &listener->server->limits;
    size_t pool = 2 * limits->header_size;
    /* clang-format off */
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0,
        tcn_serve_accept, listener, tcn_serve_access, listener,
        MHD_OPTION_LISTEN_SOCKET, listener->socket.fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)limits->connections,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)limits->connections_per_address,
        MHD_OPTION_CONNECTION_TIMEOUT, 0U,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, pool > POOL_LEAST ? pool : POOL_LEAST,
        MHD_OPTION_NOTIFY_CONNECTION, tcn_serve_connection, listener,
        MHD_OPTION_NOTIFY_COMPLETED, tcn_serve_completed, listener,
        MHD_OPTION_URI_LOG_CALLBACK, tcn_serve_target, listener,
        MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL,
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_END);
    /* clang-format on */
}

static int listener_start(tcn_listener *listener)
{
    tcn_server *server = listener->server;
    listener->mhd = mhd_start(listener);
    if (listener->mhd == NULL)
        return TCN_E_NOMEM;
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(listener->mhd, MHD_DAEMON_INFO_EPOLL_FD);
    int rc = uv_poll_init(server->loop, &listener->poll, info->epoll_fd);
    if (rc < 0) {
        (void)MHD_quiesce_daemon(listener->mhd);
        MHD_stop_daemon(listener->mhd);
        return rc;
    }
    listener->poll.data = server;
    server->open_handles++;
    (void)uv_poll_start(&listener->poll, UV_READABLE, on_epoll);
    tcn_listener_kick(listener);
    return 0;
}

int tcn_server_listen(tcn_server *server, tcn_str address, tcn_err *reterr)
{
    void *array = server->listeners;
    int rc = tcn_grow(&array, &server->listener_capacity, server->listener_count + 1,
                      sizeof *server->listeners);
    if (rc < 0)
        return tcn_err_set(reterr, rc, "listener");
    server->listeners = array;
    tcn_listener *listener = tcn_alloc_zero(sizeof *listener);
    if (listener == NULL)
        return tcn_err_set(reterr, TCN_E_NOMEM, "listener");
    listener->server = server;
    rc = tcn_listen_open(address, &listener->socket, reterr);
    if (rc < 0)
        goto fail_open;
    rc = listener_start(listener);
    if (rc < 0) {
        (void)tcn_err_set(reterr, rc, "cannot serve %.*s", TCN_STR_ARG(address));
        goto fail_start;
    }
    server->listeners[server->listener_count++] = listener;
    tcn_log_write(server->log, TCN_LOG_INFO, "net", "listening on %s",
                  listener->socket.address);
    return 0;

fail_start:
    tcn_listen_shut(&listener->socket);
    tcn_listen_deinit(&listener->socket);
fail_open:
    tcn_free(listener);
    return rc;
}

void tcn_server_limits_set(tcn_server *server, const tcn_server_limits *limits)
{
    server->limits.request_size = limits->request_size;
    server->limits.headers = limits->headers;
    server->limits.header_timeout_ms = limits->header_timeout_ms;
    server->limits.body_timeout_ms = limits->body_timeout_ms;
    server->limits.idle_timeout_ms = limits->idle_timeout_ms;
    (void)uv_timer_stop(&server->sweeper); /* begins again at the pace that fits */
    if (server->conn_count > 0 || server->lingers.count > 0)
        tcn_server_sweep_start(server);
}

size_t tcn_server_address_count(const tcn_server *server)
{
    return server->listener_count;
}

const char *tcn_server_address(const tcn_server *server, size_t i)
{
    return server->listeners[i]->socket.address;
}

void tcn_server_quiesce(tcn_server *server)
{
    if (server->is_quiet)
        return;
    server->is_quiet = true;
    for (size_t i = 0; i < server->listener_count; i++) {
        tcn_listener *listener = server->listeners[i];
        (void)MHD_quiesce_daemon(listener->mhd);
        tcn_listen_shut(&listener->socket);
    }
    tcn_list_foreach (it, &server->conns) {
        tcn_conn *conn = tcn_container_of(it, tcn_conn, link);
        if (conn->request == NULL && !conn->is_cut)
            tcn_conn_shut(conn);
    }
}

size_t tcn_server_pending(const tcn_server *server)
{
    return server->pending;
}

void tcn_server_close(tcn_server *server, void (*cb)(void *ud), void *ud)
{
    tcn_server_quiesce(server);
    server->is_closing = true;
    server->close_cb = cb;
    server->close_ud = ud;
    (void)uv_idle_start(&server->runner, on_runner);
}

void tcn_server_counts_get(const tcn_server *server, tcn_server_counts *ret)
{
    *ret = server->counts;
    ret->connections = server->conn_count;
}
