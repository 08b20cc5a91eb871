/* SPDX-License-Identifier: Apache-2.0 */
/* bench_load.c - a load generator: N keep-alive connections, on each of them one request
 * at a time, a fixed body, until COUNT answers came. Prints one JSON object: requests,
 * errors, answers by class, wall seconds, requests per second, latency in microseconds.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/buf.h"
#include "core/base/clock.h"

#define HEAD_MAX     ((size_t)64 << 10)
#define BODY_MAX     ((size_t)256 << 20)
#define REPLY_MAX    65536
#define EVENTS       256
#define STALL_MS     10000
#define FRESH_DIGITS 12

typedef struct load_conn {
    int fd;
    char *request; /* its own, when ids in it change; else the shared one */
    size_t sent;
    int64_t begun_us;
    char reply[REPLY_MAX];
    size_t reply_len;
} load_conn;

typedef struct load {
    const char *address, *path, *body_file, *type, *fresh;
    size_t *fresh_places; /* in the request, of the digits that change */
    size_t fresh_count;
    uint64_t next_id;
    const char *headers[16];
    size_t header_count;
    size_t connections, count;
    struct sockaddr_storage name;
    socklen_t name_len;
    tcn_buf request;
    int epoll;
    load_conn *conns;
    size_t started, done, errors, alive;
    size_t classes[6];
    int64_t *latencies;
} load;

static int fail(const char *what)
{
    (void)fprintf(stderr, "bench_load: %s\n", what);
    return 1;
}

static bool body_read(tcn_buf *body, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    char chunk[16384];
    size_t n = fread(chunk, 1, sizeof chunk, file);
    while (n > 0) {
        (void)tcn_buf_add(body, chunk, n);
        n = fread(chunk, 1, sizeof chunk, file);
    }
    bool is_read = ferror(file) == 0;
    (void)fclose(file);
    return is_read && tcn_buf_status(body) == 0;
}

static bool request_build(load *l)
{
    tcn_buf body;
    tcn_buf_init(&body, BODY_MAX);
    tcn_buf_init(&l->request, BODY_MAX + HEAD_MAX);
    bool is_read = l->body_file == NULL || body_read(&body, l->body_file);
    (void)tcn_buf_printf(&l->request, "%s %s HTTP/1.1\r\nHost: %s\r\n",
                         l->body_file != NULL ? "POST" : "GET", l->path, l->address);
    if (l->body_file != NULL)
        (void)tcn_buf_printf(&l->request, "Content-Type: %s\r\nContent-Length: %zu\r\n",
                             l->type, body.len);
    for (size_t i = 0; i < l->header_count; i++)
        (void)tcn_buf_printf(&l->request, "%s\r\n", l->headers[i]);
    (void)tcn_buf_add_c(&l->request, "\r\n");
    (void)tcn_buf_add_str(&l->request, tcn_buf_str(&body));
    tcn_buf_deinit(&body);
    return is_read && tcn_buf_status(&l->request) == 0;
}

/* Where the last digits of every occurrence of fresh stand. */
static bool fresh_find(load *l)
{
    size_t len = l->fresh != NULL ? strlen(l->fresh) : 0;
    size_t capacity = 0, from = 0;
    if (len == 0)
        return true;
    if (len < FRESH_DIGITS)
        return false;
    for (;;) {
        tcn_str rest = tcn_str_of(l->request.ptr + from, l->request.len - from);
        size_t at = tcn_str_find(rest, tcn_str_c(l->fresh));
        if (at == SIZE_MAX)
            return true;
        if (tcn_grow((void **)&l->fresh_places, &capacity, l->fresh_count + 1,
                     sizeof(size_t)) < 0)
            return false;
        from += at + len;
        l->fresh_places[l->fresh_count++] = from - FRESH_DIGITS;
    }
}

static bool requests_copy(load *l)
{
    for (size_t i = 0; i < l->connections; i++) {
        l->conns[i].request = l->request.ptr;
        if (l->fresh_count == 0)
            continue;
        l->conns[i].request = tcn_alloc(l->request.len);
        if (l->conns[i].request == NULL)
            return false;
        memcpy(l->conns[i].request, l->request.ptr, l->request.len);
    }
    return true;
}

static void fresh_write(load *l, load_conn *conn)
{
    for (size_t i = 0; i < l->fresh_count; i++) {
        uint64_t id = l->next_id++;
        for (size_t k = FRESH_DIGITS; k > 0; k--, id >>= 4)
            conn->request[l->fresh_places[i] + k - 1] = "0123456789abcdef"[id & 15];
    }
}

static bool address_resolve(load *l)
{
    char host[256];
    const char *colon = strrchr(l->address, ':');
    size_t len = colon != NULL ? (size_t)(colon - l->address) : 0;
    if (len == 0 || len >= sizeof host)
        return false;
    memcpy(host, l->address, len);
    host[len] = '\0';
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *infos = NULL;
    if (getaddrinfo(host, colon + 1, &hints, &infos) != 0)
        return false;
    memcpy(&l->name, infos->ai_addr, infos->ai_addrlen);
    l->name_len = infos->ai_addrlen;
    freeaddrinfo(infos);
    return true;
}

static void conn_drop(load *l, load_conn *conn)
{
    (void)close(conn->fd);
    conn->fd = -1;
    l->alive--;
}

/* Sends what the socket takes; waits for writability only while something is left. */
static void conn_send(load *l, load_conn *conn)
{
    bool was_waiting = conn->sent > 0;
    while (conn->sent < l->request.len) {
        ssize_t n = send(conn->fd, conn->request + conn->sent,
                         l->request.len - conn->sent, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN) {
            l->errors++;
            conn_drop(l, conn);
            return;
        }
        if (n < 0)
            break;
        conn->sent += (size_t)n;
    }
    bool is_waiting = conn->sent < l->request.len;
    if (!was_waiting && !is_waiting)
        return;
    struct epoll_event event = {.events = is_waiting ? EPOLLIN | EPOLLOUT : EPOLLIN,
                                .data.ptr = conn};
    (void)epoll_ctl(l->epoll, EPOLL_CTL_MOD, conn->fd, &event);
}

static void conn_next(load *l, load_conn *conn)
{
    if (l->started == l->count) {
        conn_drop(l, conn);
        return;
    }
    l->started++;
    conn->sent = 0;
    conn->reply_len = 0;
    fresh_write(l, conn);
    conn->begun_us = tcn_clock_mono_us();
    conn_send(l, conn);
}

static size_t length_of(const char *head)
{
    const char *field = strcasestr(head, "\r\ncontent-length:");
    return field != NULL ? (size_t)strtoul(field + 17, NULL, 10) : 0;
}

/* True when the whole answer is there. Answers with chunked bodies are not understood. */
static bool reply_is_whole(load_conn *conn, int *ret_status)
{
    conn->reply[conn->reply_len] = '\0';
    const char *end = strstr(conn->reply, "\r\n\r\n");
    if (end == NULL || conn->reply_len < 12)
        return false;
    *ret_status = (int)strtol(conn->reply + 9, NULL, 10);
    size_t head = (size_t)(end - conn->reply) + 4;
    return conn->reply_len >= head + length_of(conn->reply);
}

static void conn_read(load *l, load_conn *conn)
{
    ssize_t n =
        recv(conn->fd, conn->reply + conn->reply_len, REPLY_MAX - 1 - conn->reply_len, 0);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        l->errors++;
        conn_drop(l, conn);
        return;
    }
    conn->reply_len += (size_t)n;
    int status = 0;
    if (!reply_is_whole(conn, &status))
        return;
    l->latencies[l->done++] = tcn_clock_mono_us() - conn->begun_us;
    if (status >= 100 && status < 600)
        l->classes[status / 100]++;
    conn_next(l, conn);
}

static bool conns_open(load *l)
{
    for (size_t i = 0; i < l->connections; i++) {
        load_conn *conn = &l->conns[i];
        int on = 1;
        conn->fd = socket(l->name.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (conn->fd < 0 || connect(conn->fd, (void *)&l->name, l->name_len) != 0)
            return false;
        (void)setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = conn};
        (void)epoll_ctl(l->epoll, EPOLL_CTL_ADD, conn->fd, &event);
        l->alive++;
    }
    return true;
}

static int run(load *l)
{
    for (size_t i = 0; i < l->connections; i++)
        conn_next(l, &l->conns[i]);
    while (l->alive > 0) {
        struct epoll_event events[EVENTS];
        int n = epoll_wait(l->epoll, events, EVENTS, STALL_MS);
        if (n == 0)
            return fail("no answer for 10 seconds");
        for (int i = 0; i < n; i++) {
            load_conn *conn = events[i].data.ptr;
            if (conn->fd >= 0 && (events[i].events & EPOLLOUT) != 0)
                conn_send(l, conn);
            if (conn->fd >= 0 && (events[i].events & ~(uint32_t)EPOLLOUT) != 0)
                conn_read(l, conn);
        }
    }
    return 0;
}

static int compare(const void *a, const void *b)
{
    const int64_t *x = a;
    const int64_t *y = b;
    return (*x > *y) - (*x < *y);
}

static int64_t percentile(const load *l, size_t per_mille)
{
    return l->done > 0 ? l->latencies[(l->done - 1) * per_mille / 1000] : 0;
}

static void figures_print(load *l, int64_t wall_us)
{
    double seconds = (double)wall_us / 1e6;
    qsort(l->latencies, l->done, sizeof *l->latencies, compare);
    (void)printf(
        "{\"requests\": %zu, \"errors\": %zu, \"2xx\": %zu, \"4xx\": %zu, \"5xx\": %zu, "
        "\"wall_s\": %.6f, \"per_second\": %.0f, \"p50_us\": %lld, \"p90_us\": %lld, "
        "\"p99_us\": %lld, \"max_us\": %lld}\n",
        l->done, l->errors, l->classes[2], l->classes[4], l->classes[5], seconds,
        (double)l->done / seconds, (long long)percentile(l, 500),
        (long long)percentile(l, 900), (long long)percentile(l, 990),
        (long long)percentile(l, 1000));
}

static size_t number(const char *text)
{
    int64_t value = 0;
    return tcn_str_int(tcn_str_c(text), 1, INT32_MAX, &value) ? (size_t)value : 0;
}

static bool options_read(load *l, int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        const char *value = argv[i + 1];
        if (strcmp(argv[i], "--address") == 0)
            l->address = value;
        else if (strcmp(argv[i], "--path") == 0)
            l->path = value;
        else if (strcmp(argv[i], "--body") == 0)
            l->body_file = value;
        else if (strcmp(argv[i], "--type") == 0)
            l->type = value;
        else if (strcmp(argv[i], "--fresh") == 0)
            l->fresh = value;
        else if (strcmp(argv[i], "--header") == 0 &&
                 l->header_count < TCN_COUNT(l->headers))
            l->headers[l->header_count++] = value;
        else if (strcmp(argv[i], "--connections") == 0)
            l->connections = number(value);
        else if (strcmp(argv[i], "--count") == 0)
            l->count = number(value);
        else
            return false;
    }
    return argc % 2 == 1 && l->address != NULL && l->connections > 0 && l->count > 0;
}

int main(int argc, char **argv)
{
    load l = {.path = "/", .type = "application/json", .connections = 64, .count = 10000};
    if (!options_read(&l, argc, argv)) {
        (void)fprintf(
            stderr,
            "usage: bench_load --address HOST:PORT [--path PATH] [--body FILE]\n"
            "    [--type TYPE] [--header LINE]... [--connections N] [--count N]\n"
            "    [--fresh TEXT]   the last 12 characters of each TEXT in the body become a "
            "number that no other request has\n");
        return 2;
    }
    if (l.connections > l.count)
        l.connections = l.count;
    l.conns = tcn_alloc_array(l.connections, sizeof *l.conns);
    l.latencies = tcn_alloc_array(l.count, sizeof *l.latencies);
    l.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (l.conns == NULL || l.latencies == NULL || l.epoll < 0)
        return fail("no memory or descriptors");
    if (!request_build(&l))
        return fail("cannot read the body");
    l.next_id = (uint64_t)tcn_clock_wall_us() << 4 & UINT64_C(0xffffffffffff);
    if (!fresh_find(&l) || !requests_copy(&l))
        return fail("no memory, or --fresh is shorter than 12 characters");
    if (!address_resolve(&l) || !conns_open(&l))
        return fail("cannot connect");
    int64_t begun_us = tcn_clock_mono_us();
    int rc = run(&l);
    figures_print(&l, tcn_clock_mono_us() - begun_us);
    for (size_t i = 0; l.fresh_count > 0 && i < l.connections; i++)
        tcn_free(l.conns[i].request);
    tcn_buf_deinit(&l.request);
    tcn_free(l.fresh_places);
    tcn_free(l.conns);
    tcn_free(l.latencies);
    return rc != 0 || l.errors > 0 ? 1 : 0;
}
