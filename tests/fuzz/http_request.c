/* SPDX-License-Identifier: Apache-2.0 */
/* http_request.c - any bytes on a connection to the server. What reaches the handler must
 * be what the server's contract says: a path that begins with '/', fields without line
 * breaks, a body within its limit; and the connection must be gone at the end. */
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/net/server.h"

#define BODY_MAX   4096
#define TURNS_MAX  200
#define NAME_BYTES 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uv_loop_t loop;
static tcn_server *server;
static char address[NAME_BYTES];

static void require(bool is_so)
{
    if (!is_so)
        abort();
}

static bool has_line_break(tcn_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '\r' || s.ptr[i] == '\n' || s.ptr[i] == '\0')
            return true;
    return false;
}

static void on_request(tcn_request *request, void *ud)
{
    (void)ud;
    tcn_str path = tcn_request_path(request);
    require(path.len > 0 && path.ptr[0] == '/' &&
            memchr(path.ptr, '\0', path.len) == NULL);
    require(tcn_request_method(request).len > 0);
    require(tcn_request_body(request).len <= BODY_MAX);
    for (size_t i = 0; i < tcn_request_header_count(request); i++) {
        tcn_str name;
        tcn_str value;
        tcn_request_header_at(request, i, &name, &value);
        require(name.len > 0 && !has_line_break(name) && !has_line_break(value));
    }
    (void)tcn_request_query(request, "a");
    tcn_request_answer(request, 200, "text/plain", path);
}

static void server_end(void)
{
    tcn_server_close(server, NULL, NULL);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    require(uv_loop_close(&loop) == 0);
    address[strlen(address) - strlen("/s")] = '\0';
    require(rmdir(address + 5) == 0);
}

static void server_begin(void)
{
    char folder[] = "/tmp/tcn-fuzz-XXXXXX";
    tcn_server_limits limits = tcn_server_limits_default;
    limits.request_size = BODY_MAX;
    require(mkdtemp(folder) != NULL);
    memcpy(address, "unix:", 5);
    memcpy(address + 5, folder, sizeof folder - 1);
    memcpy(address + 5 + sizeof folder - 1, "/s", 3);
    require(uv_loop_init(&loop) == 0);
    require(tcn_server_new(&loop, &limits, NULL, on_request, NULL, &server) == 0);
    require(tcn_server_listen(server, tcn_str_c(address), NULL) == 0);
    require(atexit(server_end) == 0);
}

static size_t connections(void)
{
    tcn_server_counts counts;
    tcn_server_counts_get(server, &counts);
    return (size_t)counts.connections;
}

static int connect_now(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    memcpy(name.sun_path, address + 5, strlen(address + 5));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    require(fd >= 0 && connect(fd, (void *)&name, sizeof name) == 0);
    return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (server == NULL)
        server_begin();
    int fd = connect_now();
    char answer[4096];
    size_t half = size / 2;
    /* In two parts, so that the middle of things is seen, too. */
    (void)send(fd, data, half, MSG_NOSIGNAL);
    for (int i = 0; i < 4; i++)
        (void)uv_run(&loop, UV_RUN_NOWAIT);
    (void)send(fd, data + half, size - half, MSG_NOSIGNAL);
    for (int i = 0; i < 8; i++) {
        (void)uv_run(&loop, UV_RUN_NOWAIT);
        (void)recv(fd, answer, sizeof answer, 0);
    }
    (void)close(fd);
    for (int i = 0; connections() > 0 && i < TURNS_MAX; i++)
        (void)uv_run(&loop, UV_RUN_NOWAIT);
    require(connections() == 0);
    return 0;
}
