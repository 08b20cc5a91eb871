/* SPDX-License-Identifier: Apache-2.0 */
/* sweep.c - deadlines of connections. One timer looks at all of them a few times per
 * deadline: that costs nothing per request, and precision is not needed. libmicrohttpd
 * learns of an end by the shutdown of the socket. */
#include <sys/socket.h>

#include "core/net/server_int.h"

#define SWEEP_LONGEST_MS  500
#define SWEEP_SHORTEST_MS 5
#define BYTES_PER_S       1024 /* the slowest transfer that is waited for */
#define CUT_TEXT          1024

static void cut_answer(int fd, int status, const char *text)
{
    tcn_buf json;
    tcn_buf_init(&json, CUT_TEXT);
    tcn_detail_write(&json, text);
    tcn_buf out;
    tcn_buf_init(&out, 2 * CUT_TEXT);
    (void)tcn_buf_printf(&out,
                         "HTTP/1.1 %d %s\r\nConnection: close\r\n%s"
                         "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                         status, MHD_get_reason_phrase_for((unsigned)status),
                         status == 503 ? "Retry-After: 1\r\n" : "", json.len);
    (void)tcn_buf_add_str(&out, tcn_buf_str(&json));
    if (tcn_buf_status(&out) == 0)
        (void)send(fd, out.ptr, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    tcn_buf_deinit(&out);
    tcn_buf_deinit(&json);
}

void tcn_conn_cut(tcn_conn *conn, int status, const char *text)
{
    conn->is_cut = true;
    conn->listener->server->counts.refused++;
    cut_answer(conn->fd, status, text);
}

void tcn_conn_shut(tcn_conn *conn)
{
    conn->is_cut = true;
    (void)shutdown(conn->fd, SHUT_RDWR);
}

static bool is_body_late(const tcn_conn *conn, const tcn_server_limits *limits,
                         uint64_t now)
{
    uint64_t took_ms = now - conn->since_ms;
    if (took_ms <= limits->body_timeout_ms)
        return false;
    uint64_t received = conn->request != NULL ? conn->request->body.len : 0;
    return now - conn->progress_ms > limits->body_timeout_ms ||
           received * 1000 < took_ms * BYTES_PER_S;
}

static bool is_late(const tcn_conn *conn, const tcn_server_limits *limits, uint64_t now)
{
    uint64_t took_ms = now - conn->since_ms;
    switch (conn->phase) {
    case TCN_CONN_HEADER:
        return took_ms > limits->header_timeout_ms;
    case TCN_CONN_BODY:
        return is_body_late(conn, limits, now);
    case TCN_CONN_ANSWER:
        return took_ms >
               limits->body_timeout_ms + conn->answer_bytes * 1000 / BYTES_PER_S;
    case TCN_CONN_IDLE:
        return took_ms > limits->idle_timeout_ms;
    case TCN_CONN_HANDLER:
        break;
    }
    return false;
}

/* libmicrohttpd reads an edge-triggered socket once: an end of input that came together
 * with the last bytes is not seen. Such connections have moved lately, so only these are
 * asked. */
static bool has_ended(const tcn_conn *conn, uint64_t now)
{
    char byte;
    if (conn->phase == TCN_CONN_HANDLER || conn->phase == TCN_CONN_ANSWER ||
        now - conn->progress_ms > 3 * SWEEP_LONGEST_MS)
        return false;
    return recv(conn->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void late_end(tcn_conn *conn)
{
    if (conn->phase == TCN_CONN_HEADER && conn->request != NULL)
        tcn_conn_cut(conn, 408, "headers did not come in time");
    else if (conn->phase == TCN_CONN_BODY)
        tcn_conn_cut(conn, 408, "body did not come in time");
    tcn_conn_shut(conn);
}

static void on_sweep(uv_timer_t *timer)
{
    tcn_server *server = timer->data;
    uint64_t now = uv_now(server->loop);
    tcn_list_foreach (it, &server->conns) {
        tcn_conn *conn = tcn_container_of(it, tcn_conn, link);
        if (conn->is_cut)
            continue;
        if (is_late(conn, &server->limits, now))
            late_end(conn);
        else if (has_ended(conn, now))
            tcn_conn_shut(conn);
    }
    tcn_lingers_sweep(&server->lingers, false);
    if (server->conn_count == 0 && server->lingers.count == 0)
        (void)uv_timer_stop(timer);
}

static uint64_t sweep_ms(const tcn_server_limits *limits)
{
    uint64_t shortest = limits->header_timeout_ms;
    if (limits->body_timeout_ms < shortest)
        shortest = limits->body_timeout_ms;
    if (limits->idle_timeout_ms < shortest)
        shortest = limits->idle_timeout_ms;
    uint64_t period = shortest / 4;
    if (period < SWEEP_SHORTEST_MS)
        return SWEEP_SHORTEST_MS;
    return period < SWEEP_LONGEST_MS ? period : SWEEP_LONGEST_MS;
}

void tcn_server_sweep_start(tcn_server *server)
{
    uint64_t period = sweep_ms(&server->limits);
    if (!server->is_closing && !uv_is_active((const uv_handle_t *)&server->sweeper))
        (void)uv_timer_start(&server->sweeper, on_sweep, period, period);
}
