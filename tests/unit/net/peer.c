/* SPDX-License-Identifier: Apache-2.0 */
/* peer.c - the scripted server. Every wait of it is bounded, so that a failed test ends.
 */
#include "peer.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "wire.h"

#define WAIT_MS 10000

struct peer {
    pthread_t thread;
    int listener;
    int port;
    const peer_step *steps;
    size_t count, connections, len;
    char requests[WIRE_MAX];
};

static peer the_peer;

static bool wait_readable(int fd, int timeout_ms)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    return poll(&poll_fd, 1, timeout_ms) == 1;
}

/* False when the client closed. */
static bool read_some(peer *p, int fd)
{
    size_t room = sizeof p->requests - 1 - p->len;
    if (room == 0 || !wait_readable(fd, WAIT_MS))
        return false;
    ssize_t n = recv(fd, p->requests + p->len, room, 0);
    if (n <= 0)
        return false;
    p->len += (size_t)n;
    p->requests[p->len] = '\0';
    return true;
}

static bool read_request(peer *p, int fd)
{
    size_t begin = p->len;
    char *end = NULL;
    while (end == NULL) {
        if (!read_some(p, fd))
            return false;
        end = strstr(p->requests + begin, "\r\n\r\n");
    }
    const char *field = strcasestr(p->requests + begin, "\r\ncontent-length:");
    size_t body = field != NULL ? strtoul(field + 17, NULL, 10) : 0;
    size_t need = (size_t)(end - p->requests) + 4 + body;
    while (p->len < need)
        if (!read_some(p, fd))
            return false;
    return true;
}

static bool read_before(peer *p, int fd, const peer_step *step)
{
    size_t begin = p->len;
    if (step->read == 0)
        return read_request(p, fd);
    while (p->len - begin < step->read - 1)
        if (!read_some(p, fd))
            return false;
    return true;
}

static bool has_client(int fd)
{
    char byte;
    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0;
}

static void drip(int fd, const char *bytes, bool is_slow)
{
    struct timespec nap = {.tv_nsec = 2000000};
    size_t step = is_slow ? 1 : strlen(bytes);
    size_t at = 0;
    while (has_client(fd) && send(fd, bytes + at, step, MSG_NOSIGNAL) > 0) {
        at = (at + step) % strlen(bytes);
        if (is_slow)
            (void)nanosleep(&nap, NULL);
    }
}

/* True when the connection stays for the next step. */
static bool play(peer *p, int fd, const peer_step *step)
{
    if (!read_before(p, fd, step)) {
        (void)close(fd);
        return false;
    }
    if (step->bytes != NULL && step->end != PEER_DRIP)
        wire_send_text(fd, step->bytes);
    switch (step->end) {
    case PEER_KEEP:
        return true;
    case PEER_RESET:
        wire_reset(fd);
        return false;
    case PEER_HOLD:
        (void)wait_readable(fd, WAIT_MS);
        break;
    case PEER_REPEAT:
        drip(fd, step->bytes, false);
        break;
    case PEER_DRIP:
        drip(fd, step->bytes, true);
        break;
    case PEER_CLOSE:
        break;
    }
    (void)close(fd);
    return false;
}

static void *run(void *ud)
{
    peer *p = ud;
    int fd = -1;
    for (size_t i = 0; i < p->count; i++) {
        if (fd < 0) {
            if (!wait_readable(p->listener, WAIT_MS))
                break;
            fd = accept(p->listener, NULL, NULL);
            p->connections++;
        }
        if (!play(p, fd, &p->steps[i]))
            fd = -1;
    }
    if (fd >= 0)
        (void)close(fd);
    return NULL;
}

peer *peer_start(const peer_step *steps, size_t count)
{
    peer *p = &the_peer;
    struct sockaddr_in name = {.sin_family = AF_INET};
    socklen_t len = sizeof name;
    memset(p, 0, sizeof *p);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    p->steps = steps;
    p->count = count;
    p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(p->listener, (void *)&name, sizeof name), 0);
    assert_int_equal(listen(p->listener, 16), 0);
    assert_int_equal(getsockname(p->listener, (void *)&name, &len), 0);
    p->port = ntohs(name.sin_port);
    assert_int_equal(pthread_create(&p->thread, NULL, run, p), 0);
    return p;
}

int peer_port(const peer *p)
{
    return p->port;
}

void peer_stop(peer *p, const char **ret_requests, size_t *ret_connections)
{
    assert_int_equal(pthread_join(p->thread, NULL), 0);
    (void)close(p->listener);
    if (ret_requests != NULL)
        *ret_requests = p->requests;
    if (ret_connections != NULL)
        *ret_connections = p->connections;
}
