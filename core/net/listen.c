/* SPDX-License-Identifier: Apache-2.0 */
/* listen.c - makes listening sockets. Names are resolved here, at start, before the loop
 * has anything to do; a socket file that nobody answers on is replaced, a living one
 * never. */
#include "core/net/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include "core/base/alloc.h"

#define BACKLOG       1024
#define ADDRESS_TEXT  320
#define UNIX_MODE     0660
#define HOST_TEXT_MAX 255

static int fail(tcn_err *reterr, int error, const char *what, tcn_str address)
{
    int code = uv_translate_sys_error(error);
    return tcn_err_set(reterr, code, "cannot %s %.*s: %s", what, TCN_STR_ARG(address),
                       uv_strerror(code));
}

/* Splits "host:port" and "[v6]:port"; host without its brackets. */
static int split_host(tcn_str address, char host[HOST_TEXT_MAX + 1], char port[6],
                      tcn_err *reterr)
{
    const char *colon = memrchr(address.ptr, ':', address.len);
    if (colon == NULL)
        return tcn_err_set(reterr, TCN_E_INVALID, "address \"%.*s\" is not host:port",
                           TCN_STR_ARG(address));
    tcn_str h = tcn_str_of(address.ptr, (size_t)(colon - address.ptr));
    tcn_str p = tcn_str_of(colon + 1, address.len - h.len - 1);
    bool is_bracketed = h.len > 2 && h.ptr[0] == '[' && h.ptr[h.len - 1] == ']';
    if (is_bracketed)
        h = tcn_str_of(h.ptr + 1, h.len - 2);
    int64_t number = 0;
    if (!tcn_str_int(p, 0, 65535, &number))
        return tcn_err_set(reterr, TCN_E_INVALID, "port of \"%.*s\" is not 0 to 65535",
                           TCN_STR_ARG(address));
    bool has_colon = h.len > 0 && memchr(h.ptr, ':', h.len) != NULL;
    if (h.len == 0 || h.len > HOST_TEXT_MAX || has_colon != is_bracketed)
        return tcn_err_set(reterr, TCN_E_INVALID, "host of \"%.*s\" is not usable",
                           TCN_STR_ARG(address));
    memcpy(host, h.ptr, h.len);
    host[h.len] = '\0';
    (void)snprintf(port, 6, "%d", (int)number);
    return 0;
}

static int bind_tcp(const struct addrinfo *info)
{
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int on = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    /* So that 0.0.0.0 and [::] can stand beside each other, whatever the system's default
     * is. */
    if (info->ai_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int error = errno;
    (void)close(fd);
    return -error;
}

static char *shown_address(int fd)
{
    struct sockaddr_storage storage = {0};
    socklen_t len = sizeof storage;
    struct sockaddr *any = (void *)&storage;
    char host[64];
    char port[8];
    if (getsockname(fd, any, &len) != 0 ||
        getnameinfo(any, len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return NULL;
    char text[ADDRESS_TEXT];
    bool is_v6 = storage.ss_family == AF_INET6;
    (void)snprintf(text, sizeof text, is_v6 ? "[%s]:%s" : "%s:%s", host, port);
    return tcn_strdup(text);
}

static int open_tcp(tcn_str address, tcn_listen_socket *ret, tcn_err *reterr)
{
    char host[HOST_TEXT_MAX + 1];
    char port[6];
    int rc = split_host(address, host, port, reterr);
    if (rc < 0)
        return rc;
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *infos = NULL;
    rc = getaddrinfo(host, port, &hints, &infos);
    if (rc != 0)
        return tcn_err_set(reterr, TCN_E_RESOLVE, "cannot resolve host of \"%.*s\": %s",
                           TCN_STR_ARG(address), gai_strerror(rc));
    int fd = -EADDRNOTAVAIL;
    for (struct addrinfo *info = infos; info != NULL && fd < 0; info = info->ai_next)
        fd = bind_tcp(info);
    freeaddrinfo(infos);
    if (fd < 0)
        return fail(reterr, -fd, "listen on", address);
    ret->fd = fd;
    ret->unix_path = NULL;
    ret->address = shown_address(fd);
    return 0;
}

/* True when a process accepts connections on the socket file. */
static bool is_alive(const struct sockaddr_un *name)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return true;
    int rc = connect(fd, (const void *)name, sizeof *name);
    /* EAGAIN: its backlog is full, so somebody holds it. */
    bool alive = rc == 0 || errno == EAGAIN || errno == EINPROGRESS;
    (void)close(fd);
    return alive;
}

static int make_way(const struct sockaddr_un *name, tcn_str address, tcn_err *reterr)
{
    struct stat st;
    if (lstat(name->sun_path, &st) != 0)
        return errno == ENOENT ? 0 : fail(reterr, errno, "use", address);
    if (!S_ISSOCK(st.st_mode))
        return tcn_err_set(reterr, TCN_E_EXISTS,
                           "cannot listen on %.*s: a file is in its place",
                           TCN_STR_ARG(address));
    if (is_alive(name))
        return tcn_err_set(reterr, UV_EADDRINUSE,
                           "cannot listen on %.*s: another process listens there",
                           TCN_STR_ARG(address));
    if (unlink(name->sun_path) != 0)
        return fail(reterr, errno, "replace", address);
    return 0;
}

static int bind_unix(const struct sockaddr_un *name)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    /* On Linux the file gets the descriptor's mode, so that it is never open to all. */
    bool done = fchmod(fd, UNIX_MODE) == 0 &&
                bind(fd, (const void *)name, sizeof *name) == 0 &&
                chmod(name->sun_path, UNIX_MODE) == 0 && listen(fd, BACKLOG) == 0;
    if (done)
        return fd;
    int error = errno;
    (void)close(fd);
    return -error;
}

static int open_unix(tcn_str address, tcn_str path, tcn_listen_socket *ret,
                     tcn_err *reterr)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    if (path.len == 0 || path.len >= sizeof name.sun_path ||
        memchr(path.ptr, '\0', path.len) != NULL)
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "path of \"%.*s\" is not 1 to %zu bytes", TCN_STR_ARG(address),
                           sizeof name.sun_path - 1);
    memcpy(name.sun_path, path.ptr, path.len);
    int rc = make_way(&name, address, reterr);
    if (rc < 0)
        return rc;
    int fd = bind_unix(&name);
    if (fd < 0)
        return fail(reterr, -fd, "listen on", address);
    ret->fd = fd;
    ret->unix_path = tcn_strdup_n(path.ptr, path.len);
    ret->address = tcn_strdup_n(address.ptr, address.len);
    return 0;
}

int tcn_listen_open(tcn_str address, tcn_listen_socket *ret, tcn_err *reterr)
{
    tcn_str prefix = TCN_STR("unix:");
    tcn_listen_socket made = {.fd = -1};
    bool is_unix = tcn_str_starts(address, prefix);
    tcn_str path = is_unix
                       ? tcn_str_of(address.ptr + prefix.len, address.len - prefix.len)
                       : (tcn_str){0};
    int rc = is_unix ? open_unix(address, path, &made, reterr)
                     : open_tcp(address, &made, reterr);
    if (rc < 0)
        return rc;
    if (made.address == NULL || (is_unix && made.unix_path == NULL)) {
        tcn_listen_shut(&made);
        tcn_listen_deinit(&made);
        return tcn_err_set(reterr, TCN_E_NOMEM, "listener");
    }
    *ret = made;
    return 0;
}

void tcn_listen_shut(tcn_listen_socket *socket)
{
    if (socket->fd < 0)
        return;
    (void)close(socket->fd);
    socket->fd = -1;
    if (socket->unix_path != NULL)
        (void)unlink(socket->unix_path);
}

void tcn_listen_deinit(tcn_listen_socket *socket)
{
    tcn_free(socket->address);
    tcn_free(socket->unix_path);
    *socket = (tcn_listen_socket){.fd = -1};
}
