/* SPDX-License-Identifier: Apache-2.0 */
/* esmtp_connect.c - libESMTP looks names up and connects without a limit, to whatever it
 * finds. So it gets an address that was found in time, that the guard allows, and that
 * took a connection just now. */
#include "esmtp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#define RESOLVE_MS 10000
#define CONNECT_MS 5000
#define SLICE_MS   200

/* glibc's own thread may go on with a lookup that nobody waits for; then it stays. */
typedef struct lookup {
    struct gaicb request;
    struct addrinfo hints;
    char name[256], port[16];
    bool is_begun; /* with the helper thread */
} lookup;

static int64_t now_ms(const job *j)
{
    return j->email->host->mono_ms(j->email->self);
}

static void lookup_end(lookup *l)
{
    if (l->is_begun && gai_cancel(&l->request) == EAI_NOTCANCELED)
        return; /* its memory is written to when the name server answers */
    if (l->request.ar_result != NULL)
        freeaddrinfo(l->request.ar_result);
    free(l);
}

static enum connect_end lookup_wait(const job *j, lookup *l)
{
    const struct gaicb *list[] = {&l->request};
    int64_t end_ms = now_ms(j) + RESOLVE_MS;
    while (gai_error(&l->request) == EAI_INPROGRESS) {
        struct timespec slice = {.tv_nsec = SLICE_MS * 1000000L};
        if (worker_is_over(j))
            return CONNECT_CANCELED;
        if (now_ms(j) >= end_ms)
            return CONNECT_RESOLVE;
        (void)gai_suspend(list, 1, &slice);
    }
    return gai_error(&l->request) == 0 ? CONNECT_OK : CONNECT_RESOLVE;
}

static enum connect_end finish(const job *j, int fd)
{
    int64_t end_ms = now_ms(j) + CONNECT_MS;
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    while (poll(&ready, 1, SLICE_MS) <= 0) {
        if (worker_is_over(j))
            return CONNECT_CANCELED;
        if (now_ms(j) >= end_ms)
            return CONNECT_REFUSED;
    }
    int error = 0;
    socklen_t len = sizeof error;
    (void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
    return error == 0 ? CONNECT_OK : CONNECT_REFUSED;
}

static enum connect_end try_connect(const job *j, const struct addrinfo *info)
{
    const tocsin_host *host = j->email->host;
    if (host->address_check(j->email->self, info->ai_addr, info->ai_addrlen) < 0)
        return CONNECT_DENIED;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return CONNECT_REFUSED;
    enum connect_end end = CONNECT_REFUSED;
    if (connect(fd, info->ai_addr, info->ai_addrlen) == 0)
        end = CONNECT_OK;
    else if (errno == EINPROGRESS)
        end = finish(j, fd);
    (void)close(fd);
    return end;
}

static enum connect_end try_all(const job *j, const struct addrinfo *infos, char *ret,
                                size_t size)
{
    enum connect_end end = CONNECT_ONLY_V6;
    for (const struct addrinfo *info = infos; info != NULL; info = info->ai_next) {
        char text[INET_ADDRSTRLEN];
        const struct sockaddr_in *v4 = (const void *)info->ai_addr;
        if (info->ai_family != AF_INET ||
            inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text) == NULL)
            continue;
        enum connect_end one = try_connect(j, info);
        (void)snprintf(ret, size, "%s:%u", text, j->email->port);
        if (one == CONNECT_OK || one == CONNECT_CANCELED)
            return one;
        /* What was tried says more than what was refused. */
        end = end == CONNECT_REFUSED ? end : one;
    }
    return end;
}

static void explain(const job *j, enum connect_end end, const char *tried, char *text,
                    size_t size)
{
    const char *server = j->email->server;
    if (end == CONNECT_RESOLVE)
        (void)snprintf(text, size, "%s: the name was not found", server);
    else if (end == CONNECT_REFUSED)
        (void)snprintf(text, size, "%s: no connection to %s", server, tried);
    else if (end == CONNECT_DENIED)
        (void)snprintf(text, size, "refused to connect to %s (address guard)", tried);
    else if (end == CONNECT_CANCELED)
        (void)snprintf(text, size, "canceled");
}

/* An address is read without the helper thread. */
static bool lookup_address(lookup *l)
{
    l->hints.ai_flags |= AI_NUMERICHOST;
    bool is_found = getaddrinfo(l->name, l->port, &l->hints, &l->request.ar_result) == 0;
    l->hints.ai_flags &= ~AI_NUMERICHOST;
    return is_found;
}

static enum connect_end lookup_name(const job *j, lookup *l)
{
    struct sigevent none = {.sigev_notify = SIGEV_NONE};
    struct gaicb *list[] = {&l->request};
    l->is_begun = getaddrinfo_a(GAI_NOWAIT, list, 1, &none) == 0;
    return l->is_begun ? lookup_wait(j, l) : CONNECT_RESOLVE;
}

enum connect_end esmtp_find_address(const job *j, char *ret, size_t size, char *text,
                                    size_t text_size)
{
    lookup *l = calloc(1, sizeof *l);
    if (l == NULL)
        return CONNECT_RESOLVE;
    (void)snprintf(l->port, sizeof l->port, "%u", j->email->port);
    (void)snprintf(l->name, sizeof l->name, "%s", j->email->server_ascii);
    l->hints.ai_socktype = SOCK_STREAM;
    l->hints.ai_flags = AI_NUMERICSERV;
    l->request.ar_name = l->name;
    l->request.ar_service = l->port;
    l->request.ar_request = &l->hints;
    ret[0] = '\0';
    enum connect_end end = lookup_address(l) ? CONNECT_OK : lookup_name(j, l);
    if (end == CONNECT_OK)
        end = try_all(j, l->request.ar_result, ret, size);
    explain(j, end, ret, text, text_size);
    lookup_end(l);
    return end;
}
