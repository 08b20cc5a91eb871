/* SPDX-License-Identifier: Apache-2.0 */
/* serve.c - what libmicrohttpd calls while it reads a connection. The access handler is
 * called at least three times per request: after the headers, with parts of the body, and
 * at the end. An answer that is not there at the end is waited for in two steps: first
 * the connection is only left alone, so that libmicrohttpd no longer expects to read from
 * it (else a client that has shut its sending side down would lose its answer), and
 * suspended when it comes round again. */
#include "core/base/alloc.h"
#include "core/net/server_int.h"

/* Bodies of all connections together. Above it senders are told to come again. */
#define BODY_BYTES ((size_t)256 << 20)

static tcn_conn *conn_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info != NULL ? info->socket_context : NULL;
}

static void phase_begin(tcn_conn *conn, enum tcn_conn_phase phase)
{
    conn->phase = phase;
    conn->since_ms = uv_now(conn->listener->server->loop);
    conn->progress_ms = conn->since_ms;
}

void *tcn_serve_target(void *cls, const char *uri, struct MHD_Connection *mhd)
{
    tcn_listener *listener = cls;
    tcn_conn *conn = conn_of(mhd);
    if (conn == NULL || uri == NULL)
        return NULL;
    if (conn->phase == TCN_CONN_IDLE)
        phase_begin(conn, TCN_CONN_HEADER);
    if (tcn_request_target_is_crowded(uri)) {
        /* libmicrohttpd's memory would not hold them, and it would wait for more. */
        tcn_conn_cut(conn, 400, TCN_TOO_MANY_PARAMS);
        tcn_lingers_add(&listener->server->lingers, conn->fd);
        tcn_conn_shut(conn);
        return NULL;
    }
    conn->request = tcn_request_begin(listener->server, conn, mhd, uri);
    return conn->request;
}

static enum MHD_Result answer_queue(tcn_request *request)
{
    if (request->response == NULL)
        return MHD_NO;
    phase_begin(request->conn, TCN_CONN_ANSWER);
    return MHD_queue_response(request->mhd, (unsigned)request->status, request->response);
}

static enum MHD_Result on_headers(tcn_request *request, const char *method,
                                  const char *version)
{
    int status = 0;
    const char *wrong = tcn_request_check(request, method, version, &status);
    if (wrong == NULL) {
        request->state = TCN_REQUEST_BODY;
        phase_begin(request->conn, TCN_CONN_BODY);
        return MHD_YES;
    }
    tcn_request_refuse(request, status, wrong);
    tcn_lingers_add(&request->server->lingers, request->conn->fd);
    return answer_queue(request);
}

static enum MHD_Result body_refuse(tcn_conn *conn, int status, const char *text)
{
    tcn_conn_cut(conn, status, text);
    tcn_lingers_add(&conn->listener->server->lingers, conn->fd);
    return MHD_NO;
}

static enum MHD_Result on_data(tcn_request *request, const char *data, size_t *data_len)
{
    tcn_server *server = request->server;
    tcn_conn *conn = request->conn;
    if (conn->is_cut)
        return MHD_NO;
    if (*data_len > server->limits.request_size - request->body.len)
        return body_refuse(conn, 413, "request body is too large");
    if (server->body_bytes + *data_len > BODY_BYTES ||
        tcn_buf_add(&request->body, data, *data_len) < 0)
        return body_refuse(conn, 503, "too many request bodies are waiting");
    server->body_bytes += *data_len;
    conn->progress_ms = uv_now(server->loop);
    *data_len = 0;
    return MHD_YES;
}

static enum MHD_Result on_complete(tcn_request *request)
{
    tcn_server *server = request->server;
    request->state = TCN_REQUEST_HANDED;
    phase_begin(request->conn, TCN_CONN_HANDLER);
    server->pending++;
    server->counts.requests++;
    server->handler(request, server->ud);
    return request->state == TCN_REQUEST_ANSWERED ? answer_queue(request) : MHD_YES;
}

enum MHD_Result tcn_serve_access(void *cls, struct MHD_Connection *mhd, const char *url,
                                 const char *method, const char *version,
                                 const char *data, size_t *data_len, void **context)
{
    (void)cls;
    (void)url;
    tcn_request *request = *context;
    if (request == NULL)
        return MHD_NO;
    switch (request->state) {
    case TCN_REQUEST_STARTED:
        return on_headers(request, method, version);
    case TCN_REQUEST_BODY:
        return *data_len > 0 ? on_data(request, data, data_len) : on_complete(request);
    case TCN_REQUEST_HANDED:
        request->state = TCN_REQUEST_SUSPENDED;
        MHD_suspend_connection(mhd);
        return MHD_YES;
    case TCN_REQUEST_ANSWERED:
        return answer_queue(request);
    case TCN_REQUEST_SUSPENDED:
    case TCN_REQUEST_REFUSED:
        break;
    }
    return MHD_YES;
}

static void request_leave(tcn_conn *conn)
{
    tcn_request *request = conn->request;
    conn->request = NULL;
    request->conn = NULL;
    request->mhd = NULL;
    bool is_held =
        request->state == TCN_REQUEST_HANDED || request->state == TCN_REQUEST_SUSPENDED;
    if (!is_held)
        tcn_request_end(request);
}

void tcn_serve_completed(void *cls, struct MHD_Connection *mhd, void **context,
                         enum MHD_RequestTerminationCode code)
{
    (void)cls;
    (void)mhd;
    (void)code;
    tcn_request *request = *context;
    if (request == NULL || request->conn == NULL)
        return;
    tcn_conn *conn = request->conn;
    request_leave(conn);
    phase_begin(conn, TCN_CONN_IDLE);
    if (conn->listener->server->is_quiet)
        tcn_conn_shut(conn);
}

enum MHD_Result tcn_serve_accept(void *cls, const struct sockaddr *address, socklen_t len)
{
    (void)address;
    (void)len;
    tcn_listener *listener = cls;
    tcn_server *server = listener->server;
    return server->conn_count < server->limits.connections ? MHD_YES : MHD_NO;
}

static tcn_conn *conn_begin(tcn_listener *listener, struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    tcn_conn *conn = info != NULL ? tcn_alloc_zero(sizeof *conn) : NULL;
    if (conn == NULL)
        return NULL;
    tcn_server *server = listener->server;
    conn->listener = listener;
    conn->fd = info->connect_fd;
    phase_begin(conn, TCN_CONN_HEADER);
    tcn_list_append(&server->conns, &conn->link);
    server->conn_count++;
    tcn_server_sweep_start(server);
    return conn;
}

void tcn_serve_connection(void *cls, struct MHD_Connection *mhd, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    tcn_listener *listener = cls;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *context = conn_begin(listener, mhd);
        return;
    }
    tcn_conn *conn = *context;
    if (conn == NULL)
        return;
    /* What libmicrohttpd refused itself, for want of memory, it does not complete. */
    if (conn->request != NULL)
        request_leave(conn);
    tcn_list_remove(&conn->link);
    listener->server->conn_count--;
    tcn_free(conn);
    /* At its limit libmicrohttpd takes the listening socket up again in its next run
     * only. */
    listener->is_dirty = true;
}
