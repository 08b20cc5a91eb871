/* SPDX-License-Identifier: Apache-2.0 */
/* wire.c - the plain client side of tests. */
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static int connect_unix(const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    assert_true(strlen(path) < sizeof name.sun_path);
    memcpy(name.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (void *)&name, sizeof name), 0);
    return fd;
}

static int connect_tcp(const char *address)
{
    const char *colon = strrchr(address, ':');
    assert_non_null(colon);
    uint16_t port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = port};
    struct sockaddr_in6 in6 = {
        .sin6_family = AF_INET6, .sin6_port = port, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bool is_v6 = address[0] == '[';
    int fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int rc = is_v6 ? connect(fd, (void *)&in6, sizeof in6)
                   : connect(fd, (void *)&in, sizeof in);
    assert_int_equal(rc, 0);
    return fd;
}

int wire_connect(const char *address)
{
    int fd = strncmp(address, "unix:", 5) == 0 ? connect_unix(address + 5)
                                               : connect_tcp(address);
    struct timeval limit = {.tv_sec = 10};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    return fd;
}

void wire_send(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        if (n < 0) {
            assert_true(errno != EAGAIN);
            return;
        }
        bytes += n;
        len -= (size_t)n;
    }
}

void wire_send_text(int fd, const char *text)
{
    wire_send(fd, text, strlen(text));
}

bool wire_read_all(int fd, char *out, size_t size)
{
    size_t len = 0;
    for (;;) {
        out[len] = '\0';
        assert_true(len < size - 1);
        ssize_t n = recv(fd, out + len, size - 1 - len, 0);
        if (n < 0)
            assert_true(errno != EAGAIN);
        if (n <= 0)
            return n == 0;
        len += (size_t)n;
    }
}

static size_t length_of(const char *head)
{
    const char *field = strcasestr(head, "\r\ncontent-length:");
    return field != NULL ? strtoul(field + 17, NULL, 10) : 0;
}

int wire_read_answer(int fd, char *out, size_t size)
{
    size_t len = 0;
    size_t need = 0;
    out[0] = '\0';
    while (need == 0 || len < need) {
        size_t most = need == 0 ? 1 : need - len;
        assert_true(len + most < size);
        ssize_t n = recv(fd, out + len, most, 0);
        if (n < 0)
            assert_true(errno != EAGAIN);
        if (n <= 0)
            return 0;
        len += (size_t)n;
        out[len] = '\0';
        const char *end = need == 0 ? strstr(out, "\r\n\r\n") : NULL;
        if (end != NULL)
            need = (size_t)(end - out) + 4 + length_of(out);
    }
    return (int)strtol(out + 9, NULL, 10);
}

int wire_ask_bytes(const char *address, const char *request, size_t len, char *out,
                   size_t size)
{
    int fd = wire_connect(address);
    wire_send(fd, request, len);
    int status = wire_read_answer(fd, out, size);
    (void)close(fd);
    return status;
}

int wire_ask(const char *address, const char *request, char *out, size_t size)
{
    return wire_ask_bytes(address, request, strlen(request), out, size);
}

void wire_reset(int fd)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    (void)close(fd);
}
