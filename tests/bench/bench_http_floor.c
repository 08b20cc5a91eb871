/* SPDX-License-Identifier: Apache-2.0 */
/* bench_http_floor.c - the floor of the ingest bench: an HTTP server that reads the body
 * of each request and answers 204. By default our server room with nothing behind it;
 * with --later each answer waits for the next turn of the loop, as answers do that wait
 * for a commit; with --bare libmicrohttpd alone. SIGTERM ends it; then it prints requests
 * and CPU time as JSON. */
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "core/base/clock.h"
#include "core/base/list.h"
#include "core/net/server.h"

#define COMMIT_MS 1

typedef struct floor_server {
    uv_loop_t loop;
    uv_signal_t signal;
    uv_timer_t answerer;
    tcn_server *server;
    bool is_later;
    tcn_request *waiting[65536];
    size_t waiting_count;
} floor_server;

static bool address_write(const char *path, const char *address)
{
    char temporary[4096];
    (void)snprintf(temporary, sizeof temporary, "%s.new", path);
    FILE *file = fopen(temporary, "w");
    if (file == NULL)
        return false;
    (void)fprintf(file, "%s\n", address);
    return fclose(file) == 0 && rename(temporary, path) == 0;
}

static void figures_print(unsigned long long requests)
{
    double cpu_us = (double)tcn_clock_cpu_us();
    (void)printf("{\"requests\": %llu, \"cpu_us\": %.0f, \"cpu_us_per_request\": %.3f}\n",
                 requests, cpu_us, requests > 0 ? cpu_us / (double)requests : 0.0);
}

static void on_answerer(uv_timer_t *timer)
{
    floor_server *floor = timer->data;
    for (size_t i = 0; i < floor->waiting_count; i++)
        tcn_request_answer(floor->waiting[i], 204, NULL, (tcn_str){0});
    floor->waiting_count = 0;
}

static void on_request(tcn_request *request, void *ud)
{
    floor_server *floor = ud;
    if (!floor->is_later || floor->waiting_count == TCN_COUNT(floor->waiting)) {
        tcn_request_answer(request, 204, NULL, (tcn_str){0});
        return;
    }
    floor->waiting[floor->waiting_count++] = request;
    if (floor->waiting_count == 1)
        (void)uv_timer_start(&floor->answerer, on_answerer, COMMIT_MS, 0);
}

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    floor_server *floor = handle->data;
    tcn_server_counts counts;
    tcn_server_counts_get(floor->server, &counts);
    figures_print(counts.requests);
    (void)uv_timer_stop(&floor->answerer);
    on_answerer(&floor->answerer);
    tcn_server_close(floor->server, NULL, NULL);
    uv_close((uv_handle_t *)&floor->answerer, NULL);
    uv_close((uv_handle_t *)&floor->signal, NULL);
}

static int serve_room(const char *listen_file, bool is_later)
{
    static floor_server floor;
    tcn_err err = {0};
    char text[1024];
    floor.is_later = is_later;
    (void)uv_loop_init(&floor.loop);
    (void)uv_timer_init(&floor.loop, &floor.answerer);
    (void)uv_signal_init(&floor.loop, &floor.signal);
    floor.answerer.data = &floor;
    floor.signal.data = &floor;
    if (tcn_server_new(&floor.loop, &tcn_server_limits_default, NULL, on_request, &floor,
                       &floor.server) < 0 ||
        tcn_server_listen(floor.server, TCN_STR("127.0.0.1:0"), &err) < 0) {
        (void)fprintf(stderr, "%s\n", tcn_err_format(&err, text, sizeof text));
        return 1;
    }
    (void)uv_signal_start(&floor.signal, on_signal, SIGTERM);
    if (!address_write(listen_file, tcn_server_address(floor.server, 0)))
        return 1;
    (void)uv_run(&floor.loop, UV_RUN_DEFAULT);
    return uv_loop_close(&floor.loop) == 0 ? 0 : 1;
}

typedef struct bare_body {
    size_t len;
    char bytes[1 << 20];
} bare_body;

static unsigned long long bare_requests;

static enum MHD_Result on_bare(void *cls, struct MHD_Connection *connection,
                               const char *url, const char *method, const char *version,
                               const char *data, size_t *data_len, void **context)
{
    (void)url;
    (void)method;
    (void)version;
    static bare_body body;
    if (*context == NULL) {
        *context = &body;
        body.len = 0;
        return MHD_YES;
    }
    if (*data_len > 0) {
        size_t room = sizeof body.bytes - body.len;
        memcpy(body.bytes + body.len, data, *data_len < room ? *data_len : room);
        *data_len = 0;
        return MHD_YES;
    }
    bare_requests++;
    return MHD_queue_response(connection, 204, cls);
}

static void bare_run(struct MHD_Daemon *mhd)
{
    sigset_t mask;
    (void)sigemptyset(&mask);
    (void)sigaddset(&mask, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &mask, NULL);
    int signals = signalfd(-1, &mask, SFD_CLOEXEC);
    int both = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event of_mhd = {.events = EPOLLIN, .data.fd = 0};
    struct epoll_event of_signal = {.events = EPOLLIN, .data.fd = 1};
    int fd = MHD_get_daemon_info(mhd, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    (void)epoll_ctl(both, EPOLL_CTL_ADD, fd, &of_mhd);
    (void)epoll_ctl(both, EPOLL_CTL_ADD, signals, &of_signal);
    for (;;) {
        MHD_UNSIGNED_LONG_LONG wait_ms;
        struct epoll_event event = {.data.fd = 0};
        int timeout = MHD_get_timeout(mhd, &wait_ms) == MHD_YES ? 0 : -1;
        int n = epoll_wait(both, &event, 1, timeout);
        if (n > 0 && event.data.fd == 1)
            break;
        (void)MHD_run(mhd);
    }
    (void)close(both);
    (void)close(signals);
}

static int serve_bare(const char *listen_file)
{
    static char nothing[1];
    struct MHD_Response *empty =
        MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
    struct sockaddr_in name = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct MHD_Daemon *mhd = MHD_start_daemon(
        MHD_USE_EPOLL, 0, NULL, NULL, on_bare, empty, MHD_OPTION_SOCK_ADDR, &name,
        MHD_OPTION_CONNECTION_LIMIT, 8192U, MHD_OPTION_END);
    if (mhd == NULL)
        return 1;
    char address[64];
    (void)snprintf(address, sizeof address, "127.0.0.1:%u",
                   (unsigned)MHD_get_daemon_info(mhd, MHD_DAEMON_INFO_BIND_PORT)->port);
    bool is_written = address_write(listen_file, address);
    if (is_written)
        bare_run(mhd);
    MHD_stop_daemon(mhd);
    MHD_destroy_response(empty);
    figures_print(bare_requests);
    return is_written ? 0 : 1;
}

int main(int argc, char **argv)
{
    const char *listen_file = NULL;
    bool is_bare = false;
    bool is_later = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--listen-file") == 0 && i + 1 < argc)
            listen_file = argv[++i];
        else if (strcmp(argv[i], "--bare") == 0)
            is_bare = true;
        else if (strcmp(argv[i], "--later") == 0)
            is_later = true;
    }
    if (listen_file == NULL) {
        (void)fprintf(stderr,
                      "usage: bench_http_floor --listen-file FILE [--bare | --later]\n");
        return 2;
    }
    return is_bare ? serve_bare(listen_file) : serve_room(listen_file, is_later);
}
