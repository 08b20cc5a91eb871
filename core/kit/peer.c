/* SPDX-License-Identifier: Apache-2.0 */
/* peer.c - one connection, one request at a time. Only as much of the protocols is
 * understood as is needed to know where a request ends. */
#include "core/kit/peer.h"

#include <stdio.h>
#include <strings.h>

#include "core/base/alloc.h"
#include "core/base/compiler.h"

#define REQUEST_MAX ((size_t)16 << 20)
#define READ_BYTES  65536

typedef struct connection {
    tcn_list link;
    tcn_peer *peer;
    uv_tcp_t tcp;
    tcn_buf in;
    bool is_waiting; /* its request hangs */
    bool is_continued;
    bool is_data; /* SMTP: a message comes */
    char chunk[READ_BYTES];
} connection;

typedef struct answer {
    uv_write_t write;
    connection *to;
    bool is_last;
    char head[1024];
} answer;

static void on_closed(uv_handle_t *handle)
{
    connection *c = handle->data;
    c->peer->open--;
    tcn_buf_deinit(&c->in);
    tcn_free(c);
}

static void drop(connection *c, bool is_reset)
{
    if (uv_is_closing((uv_handle_t *)&c->tcp))
        return;
    tcn_list_remove(&c->link);
    if (!is_reset || uv_tcp_close_reset(&c->tcp, on_closed) < 0)
        uv_close((uv_handle_t *)&c->tcp, on_closed);
}

/* ---- requests ---- */

static tcn_str header_of(tcn_str head, const char *name)
{
    tcn_str line;
    size_t len = strlen(name);
    while (tcn_str_split(&head, '\n', &line)) {
        if (line.len > len && line.ptr[len] == ':' &&
            strncasecmp(line.ptr, name, len) == 0)
            return tcn_str_trim(tcn_str_of(line.ptr + len + 1, line.len - len - 1));
    }
    return (tcn_str){NULL, 0};
}

/* Length of the whole request that in begins with; 0: it is not complete. */
static size_t request_len(tcn_str in, size_t *ret_head)
{
    size_t end = tcn_str_find(in, TCN_STR("\r\n\r\n"));
    if (end == SIZE_MAX)
        return 0;
    tcn_str head = {in.ptr, end};
    tcn_str rest = {in.ptr + end + 4, in.len - end - 4};
    int64_t length = 0;
    *ret_head = end + 4;
    if (header_of(head, "Transfer-Encoding").ptr != NULL) {
        size_t last = tcn_str_starts(rest, TCN_STR("0\r\n\r\n"))
                          ? 0
                          : tcn_str_find(rest, TCN_STR("\r\n0\r\n\r\n"));
        return last == SIZE_MAX ? 0 : end + 4 + last + (last == 0 ? 5 : 7);
    }
    (void)tcn_str_int(header_of(head, "Content-Length"), 0, INT64_MAX, &length);
    return (uint64_t)length > rest.len ? 0 : end + 4 + (size_t)length;
}

static void keep(tcn_peer *peer, tcn_str request, size_t head_len)
{
    size_t i = peer->count++;
    if (i >= TCN_PEER_KEPT)
        return;
    tcn_buf_init(&peer->requests[i], REQUEST_MAX);
    (void)tcn_buf_add_str(&peer->requests[i], request);
    peer->head_len[i] = head_len;
}

/* ---- answers ---- */

static void on_written(uv_write_t *write, int status)
{
    answer *a = write->data;
    (void)status;
    if (a->is_last)
        drop(a->to, false);
    tcn_free(a);
}

static void send_bytes(connection *c, answer *a, tcn_str body)
{
    uv_buf_t bufs[2] = {uv_buf_init(a->head, (unsigned)strlen(a->head)),
                        uv_buf_init((char *)(uintptr_t)body.ptr, (unsigned)body.len)};
    a->to = c;
    a->write.data = a;
    if (uv_write(&a->write, (uv_stream_t *)&c->tcp, bufs, body.len > 0 ? 2 : 1,
                 on_written) < 0) {
        tcn_free(a);
        drop(c, false);
    }
}

static void reply(connection *c)
{
    const tcn_peer_script *s = &c->peer->script;
    answer *a = tcn_alloc_zero(sizeof *a);
    if (a == NULL) {
        drop(c, true);
        return;
    }
    bool has_body = s->status >= 200 && s->status != 204 && s->status != 304;
    tcn_str body = has_body ? s->body : (tcn_str){NULL, 0};
    (void)snprintf(a->head, sizeof a->head,
                   "HTTP/1.1 %d Kit\r\nContent-Length: %zu\r\n%s\r\n", s->status,
                   body.len, s->headers != NULL ? s->headers : "");
    a->is_last = s->act == TCN_PEER_CUT;
    if (a->is_last)
        body.len /= 2;
    send_bytes(c, a, body);
}

static void answer_message(connection *c);

static void act(connection *c)
{
    switch (c->peer->script.act) {
    case TCN_PEER_ANSWER:
        if (c->peer->is_smtp)
            answer_message(c);
        else
            reply(c);
        break;
    case TCN_PEER_CUT:
        reply(c);
        break;
    case TCN_PEER_RESET:
        drop(c, true);
        break;
    case TCN_PEER_HANG:
        c->is_waiting = true;
        break;
    }
}

static void go_on(connection *c)
{
    answer *a = tcn_alloc_zero(sizeof *a);
    if (a == NULL)
        return;
    c->is_continued = true;
    (void)snprintf(a->head, sizeof a->head, "HTTP/1.1 100 Continue\r\n\r\n");
    send_bytes(c, a, (tcn_str){NULL, 0});
}

/* ---- SMTP ---- */

static void say(connection *c, const char *line, bool is_last)
{
    answer *a = tcn_alloc_zero(sizeof *a);
    if (a == NULL) {
        drop(c, true);
        return;
    }
    a->is_last = is_last;
    (void)snprintf(a->head, sizeof a->head, "%s\r\n", line);
    send_bytes(c, a, (tcn_str){NULL, 0});
}

static void take_command(connection *c, tcn_str line)
{
    if (tcn_str_starts(line, TCN_STR("DATA"))) {
        c->is_data = true;
        say(c, "354 go on", false);
    } else if (tcn_str_starts(line, TCN_STR("QUIT"))) {
        say(c, "221 bye", true);
    } else if (tcn_str_starts(line, TCN_STR("EHLO"))) {
        say(c, "250-kit\r\n250 8BITMIME", false);
    } else {
        say(c, "250 ok", false);
    }
}

/* Without the dots that were added to lines that begin with one. */
static void keep_message(tcn_peer *peer, tcn_str message)
{
    tcn_buf plain;
    tcn_buf_init(&plain, REQUEST_MAX);
    for (size_t i = 0; i < message.len; i++) {
        bool is_stuffed = message.ptr[i] == '.' && (i == 0 || message.ptr[i - 1] == '\n');
        if (!is_stuffed)
            (void)tcn_buf_add_char(&plain, message.ptr[i]);
        else if (i + 1 < message.len)
            (void)tcn_buf_add_char(&plain, message.ptr[++i]);
    }
    size_t head = tcn_str_find(tcn_buf_str(&plain), TCN_STR("\r\n\r\n"));
    keep(peer, tcn_buf_str(&plain), head == SIZE_MAX ? plain.len + 4 : head + 4);
    tcn_buf_deinit(&plain);
}

static void answer_message(connection *c)
{
    char line[40];
    int status = c->peer->script.status;
    (void)snprintf(line, sizeof line, "%d kit", status < 400 ? 250 : status);
    say(c, line, false);
}

/* What is consumed moves out of the buffer. */
static void consume(tcn_buf *in, size_t len)
{
    memmove(in->ptr, in->ptr + len, in->len - len);
    in->len -= len;
}

static bool take_smtp(connection *c)
{
    tcn_str in = tcn_buf_str(&c->in);
    const char *end = c->is_data ? "\r\n.\r\n" : "\r\n";
    size_t at = in.len == 0 ? SIZE_MAX : tcn_str_find(in, tcn_str_c(end));
    if (at == SIZE_MAX)
        return false;
    if (c->is_data) {
        keep_message(c->peer, tcn_str_of(in.ptr, at + 2));
        c->is_data = false;
        consume(&c->in, at + 5);
        act(c);
    } else {
        tcn_str line = {in.ptr, at};
        take_command(c, line);
        consume(&c->in, at + 2);
    }
    return !uv_is_closing((uv_handle_t *)&c->tcp);
}

static void take(connection *c)
{
    if (c->peer->is_smtp) {
        while (take_smtp(c))
            ;
        return;
    }
    size_t head_len = 0, len = request_len(tcn_buf_str(&c->in), &head_len);
    if (len == 0) {
        if (head_len > 0 && !c->is_continued &&
            header_of(tcn_str_of(c->in.ptr, head_len), "Expect").ptr != NULL)
            go_on(c);
        return;
    }
    keep(c->peer, tcn_str_of(c->in.ptr, len), head_len);
    c->is_continued = false;
    tcn_buf_reset(&c->in);
    act(c);
}

/* ---- connections ---- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    connection *c = handle->data;
    (void)suggested;
    *buf = uv_buf_init(c->chunk, sizeof c->chunk);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    connection *c = stream->data;
    if (n < 0 || (n > 0 && tcn_buf_add(&c->in, buf->base, (size_t)n) < 0))
        drop(c, false);
    else if (n > 0)
        take(c);
}

static void on_connection(uv_stream_t *listener, int status)
{
    tcn_peer *peer = listener->data;
    connection *c = status < 0 ? NULL : tcn_alloc_zero(sizeof *c);
    if (c == NULL)
        return;
    c->peer = peer;
    tcn_buf_init(&c->in, REQUEST_MAX);
    (void)uv_tcp_init(listener->loop, &c->tcp);
    c->tcp.data = c;
    peer->open++;
    peer->was_met = true;
    tcn_list_append(&peer->connections, &c->link);
    if (uv_accept(listener, (uv_stream_t *)&c->tcp) < 0 ||
        uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) < 0)
        drop(c, false);
    else if (peer->is_smtp)
        say(c, "220 kit ESMTP", false);
}

int tcn_peer_start(tcn_peer *peer, uv_loop_t *loop, tcn_err *reterr)
{
    struct sockaddr_in address, bound;
    int len = sizeof bound;
    *peer = (tcn_peer){.script = {.act = TCN_PEER_ANSWER, .status = 200}};
    tcn_list_init(&peer->connections);
    (void)uv_ip4_addr("127.0.0.1", 0, &address);
    int rc = uv_tcp_init(loop, &peer->listener);
    peer->listener.data = peer;
    if (rc == 0)
        rc = uv_tcp_bind(&peer->listener, (const struct sockaddr *)&address, 0);
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)&peer->listener, 128, on_connection);
    if (rc == 0)
        rc = uv_tcp_getsockname(&peer->listener, (struct sockaddr *)&bound, &len);
    if (rc < 0)
        return tcn_err_set(reterr, rc, "the kit's peer cannot listen: %s",
                           tcn_err_text(rc));
    const unsigned char *port = (const unsigned char *)&bound.sin_port;
    peer->port = (uint16_t)(port[0] << 8 | port[1]);
    (void)snprintf(peer->base, sizeof peer->base, "http://127.0.0.1:%u", peer->port);
    return 0;
}

void tcn_peer_clear(tcn_peer *peer)
{
    size_t kept = peer->count < TCN_PEER_KEPT ? peer->count : TCN_PEER_KEPT;
    for (size_t i = 0; i < kept; i++)
        tcn_buf_deinit(&peer->requests[i]);
    peer->count = 0;
}

void tcn_peer_resume(tcn_peer *peer)
{
    tcn_list_foreach (link, &peer->connections) {
        connection *c = tcn_container_of(link, connection, link);
        if (!c->is_waiting)
            continue;
        c->is_waiting = false;
        act(c);
    }
}

void tcn_peer_close(tcn_peer *peer)
{
    uv_close((uv_handle_t *)&peer->listener, NULL);
    tcn_list_foreach (link, &peer->connections)
        drop(tcn_container_of(link, connection, link), false);
}

void tcn_peer_deinit(tcn_peer *peer)
{
    tcn_peer_clear(peer);
}

/* ---- what came ---- */

tcn_str tcn_peer_head(const tcn_peer *peer, size_t i)
{
    if (i >= peer->count || i >= TCN_PEER_KEPT)
        return (tcn_str){"", 0};
    return tcn_str_of(peer->requests[i].ptr, peer->head_len[i] - 4);
}

tcn_str tcn_peer_body(const tcn_peer *peer, size_t i)
{
    if (i >= peer->count || i >= TCN_PEER_KEPT)
        return (tcn_str){"", 0};
    size_t head = peer->head_len[i], len = peer->requests[i].len;
    return head < len ? tcn_str_of(peer->requests[i].ptr + head, len - head)
                      : TCN_STR("");
}

tcn_str tcn_peer_whole(const tcn_peer *peer, size_t i)
{
    return i < peer->count && i < TCN_PEER_KEPT ? tcn_buf_str(&peer->requests[i])
                                                : TCN_STR("");
}

tcn_str tcn_peer_header(const tcn_peer *peer, size_t i, const char *name)
{
    return header_of(tcn_peer_head(peer, i), name);
}
