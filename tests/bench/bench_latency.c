/* SPDX-License-Identifier: Apache-2.0 */
/* bench_latency.c - from an event to its webhook, on an idle daemon: the time from the
 * first byte of POST /api/events to the last byte of the webhook's request, p50 and p99,
 * for both values of store.sync, beside one fdatasync on the same disk. Starts the real
 * daemon in a folder of its own.
 *
 * usage: bench_latency PROGRAM PLUGIN_DIR [FOLDER] */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/uuid.h"

#define ROUNDS   600
#define PAUSE_MS 5 /* the result of the round before is committed by then: idle */
#define WARM_UP  50
#define TEXT_MAX 8192

static void die(const char *what)
{
    fprintf(stderr, "bench_latency: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void write_file(const char *dir, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
        die(path);
}

static int listen_on_loopback(int *ret_port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) < 0 || listen(fd, 16) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) < 0)
        die("listen");
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static void write_configuration(const char *dir, const char *plugins, const char *sync,
                                int port)
{
    char text[TEXT_MAX], path[512];
    snprintf(path, sizeof path, "%s/automations.d", dir);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/blocks.d", dir);
    mkdir(path, 0700);
    snprintf(
        text, sizeof text,
        "listen: [\"127.0.0.1:0\"]\nlisten_file: %s/listen\nauth: { mode: none }\n"
        "state_dir: %s/state\nstore: { sync: %s }\n"
        "plugins: { dirs: [%s], permissions: warn }\nlog: { format: text, level: error }\n",
        dir, dir, sync, plugins);
    write_file(dir, "tocsin.yaml", text);
    snprintf(text, sizeof text,
             "blocks:\n  - name: sink\n    type: webhook\n"
             "    options: { url: \"http://127.0.0.1:%d/\" }\n",
             port);
    write_file(dir, "blocks.d/sink.yaml", text);
    write_file(
        dir, "automations.d/one.yaml",
        "automations:\n  - name: each\n    trigger: { expect: [bench.latency] }\n"
        "    actions:\n      - { type: send-notification, block: sink, subject: s, "
        "body: \"{{ event.resource.id }}\" }\n");
}

static pid_t start_daemon(const char *program, const char *dir)
{
    char config[512];
    snprintf(config, sizeof config, "%s/tocsin.yaml", dir);
    pid_t pid = fork();
    if (pid < 0)
        die("fork");
    if (pid == 0) {
        execl(program, program, "serve", "--config", config, (char *)NULL);
        _exit(127);
    }
    return pid;
}

/* Waits for listen_file; the daemon writes it once it accepts. */
static int daemon_port(const char *dir, pid_t pid)
{
    char path[512];
    snprintf(path, sizeof path, "%s/listen", dir);
    for (int64_t until = tcn_clock_mono_ms() + 10000; tcn_clock_mono_ms() < until;) {
        FILE *file = fopen(path, "r");
        int port = 0;
        if (file != NULL) {
            int fields = fscanf(file, "127.0.0.1:%d", &port);
            fclose(file);
            if (fields == 1)
                return port;
        }
        if (waitpid(pid, NULL, WNOHANG) == pid)
            break;
        poll(NULL, 0, 5);
    }
    fprintf(stderr, "bench_latency: the daemon did not start\n");
    exit(1);
}

static int connect_to(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)port)};
    int on = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/* What came in on a connection so far, and whether it is a whole HTTP message. */
typedef struct message {
    char text[TEXT_MAX];
    size_t len;
} message;

static bool is_whole(const message *m)
{
    const char *end = strstr(m->text, "\r\n\r\n");
    if (end == NULL)
        return false;
    const char *length = strcasestr(m->text, "content-length:");
    size_t body = length != NULL && length < end ? strtoul(length + 15, NULL, 10) : 0;
    return m->len >= (size_t)(end - m->text) + 4 + body;
}

static bool read_some(int fd, message *m)
{
    ssize_t n = recv(fd, m->text + m->len, sizeof m->text - 1 - m->len, 0);
    if (n <= 0)
        die("the connection ended");
    m->len += (size_t)n;
    m->text[m->len] = '\0';
    return is_whole(m);
}

typedef struct bench {
    int daemon, listener, sink; /* descriptors; sink is -1 until the daemon connects */
} bench;

/* The webhook is answered at once, so that its connection is kept. */
static int64_t wait_for_both(bench *b)
{
    static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    message answer = {.len = 0}, hook = {.len = 0};
    bool has_answer = false;
    int64_t hook_at_us = 0;
    while (!has_answer || hook_at_us == 0) {
        struct pollfd fds[3] = {
            {b->daemon, POLLIN, 0}, {b->listener, POLLIN, 0}, {b->sink, POLLIN, 0}};
        if (poll(fds, 3, 10000) <= 0)
            die("nothing came within ten seconds");
        if (fds[0].revents != 0)
            has_answer = read_some(b->daemon, &answer);
        if (fds[1].revents != 0)
            b->sink = accept4(b->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fds[2].revents != 0 && read_some(b->sink, &hook)) {
            hook_at_us = tcn_clock_mono_us();
            if (send(b->sink, ok, sizeof ok - 1, 0) < 0)
                die("send");
        }
    }
    if (strncmp(answer.text, "HTTP/1.1 204", 12) != 0) {
        fprintf(stderr, "bench_latency: %s\n", answer.text);
        exit(1);
    }
    return hook_at_us;
}

static int64_t one_round(bench *b)
{
    char id[TCN_UUID_TEXT + 1], body[512], request[1024];
    tcn_uuid uuid = tcn_uuid_v4();
    tcn_uuid_format(&uuid, id);
    int body_len = snprintf(body, sizeof body,
                            "[{\"id\":\"%s\",\"occurred\":\"2026-01-01T00:00:00Z\","
                            "\"event\":\"bench.latency\",\"resource\":"
                            "{\"prefect.resource.id\":\"bench.one\"},\"payload\":{}}]",
                            id);
    int len = snprintf(request, sizeof request,
                       "POST /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                       "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                       body_len, body);
    poll(NULL, 0, PAUSE_MS);
    int64_t began_us = tcn_clock_mono_us();
    if (send(b->daemon, request, (size_t)len, 0) != len)
        die("send");
    return wait_for_both(b) - began_us;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void print_row(const char *what, const char *quantile, int64_t us,
                      int64_t floor_us)
{
    printf("{\"bench\":\"latency\",\"case\":\"%s, %s\",\"wall_us\":%lld,"
           "\"floor\":\"one fdatasync, %s\",\"ratio\":%.2f}\n",
           what, quantile, (long long)us, quantile, (double)us / (double)floor_us);
}

/* As a commit does it: three pages into a file that has its size, after a pause. */
static void measure_fdatasync(const char *dir, int64_t *ret_times)
{
    char path[512];
    snprintf(path, sizeof path, "%s/sync", dir);
    int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    static const char pages[3 * 4096] = {0};
    for (int i = 0; i < 2 * ROUNDS; i++) { /* the first half makes the file */
        if (fd < 0 || pwrite(fd, pages, sizeof pages,
                             (off_t)(i % ROUNDS) * (off_t)sizeof pages) < 0)
            die(path);
        if (i >= ROUNDS)
            poll(NULL, 0, PAUSE_MS);
        int64_t began_us = tcn_clock_mono_us();
        if ((i == ROUNDS - 1 || i >= ROUNDS) && fdatasync(fd) < 0)
            die("fdatasync");
        ret_times[i % ROUNDS] = tcn_clock_mono_us() - began_us;
    }
    close(fd);
    unlink(path);
    qsort(ret_times, ROUNDS, sizeof *ret_times, by_value);
}

static void measure_daemon(const char *program, const char *plugins, const char *base,
                           const char *sync, int64_t *ret_times)
{
    char dir[400];
    snprintf(dir, sizeof dir, "%s/%s", base, sync);
    mkdir(dir, 0700);
    bench b = {.sink = -1};
    int port = 0;
    b.listener = listen_on_loopback(&port);
    write_configuration(dir, plugins, sync, port);
    pid_t pid = start_daemon(program, dir);
    b.daemon = connect_to(daemon_port(dir, pid));
    for (int i = 0; i < WARM_UP; i++)
        one_round(&b);
    for (int i = 0; i < ROUNDS; i++)
        ret_times[i] = one_round(&b);
    qsort(ret_times, ROUNDS, sizeof *ret_times, by_value);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    close(b.daemon);
    close(b.listener);
    close(b.sink);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: bench_latency PROGRAM PLUGIN_DIR [FOLDER]\n");
        return 2;
    }
    char base[300];
    snprintf(base, sizeof base, "%s/tocsin-latency-XXXXXX",
             argc > 3 ? argv[3] : "/var/tmp");
    if (mkdtemp(base) == NULL)
        die(base);
    static int64_t sync_us[ROUNDS], daemon_us[ROUNDS];
    static const char *const modes[] = {"normal", "full"};
    static const struct {
        const char *name;
        int place;
    } quantiles[] = {{"p50", ROUNDS / 2}, {"p99", ROUNDS * 99 / 100}};
    measure_fdatasync(base, sync_us);
    for (size_t q = 0; q < 2; q++)
        print_row("fdatasync", quantiles[q].name, sync_us[quantiles[q].place],
                  sync_us[quantiles[q].place]);
    for (size_t m = 0; m < 2; m++) {
        char what[64];
        snprintf(what, sizeof what, "event to webhook, sync %s", modes[m]);
        measure_daemon(argv[1], argv[2], base, modes[m], daemon_us);
        for (size_t q = 0; q < 2; q++)
            print_row(what, quantiles[q].name, daemon_us[quantiles[q].place],
                      sync_us[quantiles[q].place]);
    }
    return 0;
}
