/* SPDX-License-Identifier: Apache-2.0 */
/* mailpeer.c - see mailpeer.h. */
#include "mailpeer.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct mailpeer {
    pthread_t thread;
    int listener, fd, port;
    const char *script;
    char got[1 << 20];
    size_t got_len, line; /* line: where the last line read begins */
    char wrong[256];
    atomic_bool is_holding;
};

static mailpeer the_peer;

/* Reads a line into got; false at the end of the connection. */
static bool line_read(mailpeer *peer)
{
    peer->line = peer->got_len;
    while (peer->got_len + 1 < sizeof peer->got) {
        char *at = &peer->got[peer->got_len];
        if (read(peer->fd, at, 1) != 1)
            break;
        peer->got_len++;
        if (*at == '\n')
            return true;
    }
    return false;
}

static const char *last_line(mailpeer *peer)
{
    peer->got[peer->got_len] = '\0';
    return &peer->got[peer->line];
}

static void say(mailpeer *peer, const char *text, size_t len)
{
    (void)!write(peer->fd, text, len);
}

static void expect(mailpeer *peer, const char *want, size_t len)
{
    bool has_line = line_read(peer);
    if (!has_line || strncmp(last_line(peer), want, len) != 0)
        (void)snprintf(peer->wrong, sizeof peer->wrong, "expected %.*s, got \"%s\"",
                       (int)len, want, has_line ? last_line(peer) : "the end");
}

static void message_read(mailpeer *peer)
{
    while (line_read(peer))
        if (strcmp(last_line(peer), ".\r\n") == 0)
            return;
    (void)snprintf(peer->wrong, sizeof peer->wrong, "the message did not end");
}

static void hang_up(mailpeer *peer, bool is_reset)
{
    struct linger linger = {1, 0};
    if (is_reset)
        (void)setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    (void)close(peer->fd);
    peer->fd = -1;
}

static void command_run(mailpeer *peer, const char *line, size_t len)
{
    if (len > 3 && line[0] == '>' && line[1] == '!') {
        say(peer, line + 3, len - 3);
    } else if (len > 2 && line[0] == '>') {
        char text[1024];
        int used = snprintf(text, sizeof text, "%.*s\r\n", (int)(len - 2), line + 2);
        say(peer, text, (size_t)used);
    } else if (len > 2 && line[0] == '<') {
        expect(peer, line + 2, len - 2);
    } else if (line[0] == '.') {
        message_read(peer);
    } else if (line[0] == 'a') {
        peer->fd = accept(peer->listener, NULL, NULL);
    } else if (line[0] == 'h') {
        atomic_store(&peer->is_holding, true);
        while (line_read(peer))
            continue;
        hang_up(peer, false);
    } else {
        hang_up(peer, line[0] == 'r');
    }
}

static void *run(void *ud)
{
    mailpeer *peer = ud;
    peer->fd = accept(peer->listener, NULL, NULL);
    const char *line = peer->script;
    while (*line != '\0' && peer->wrong[0] == '\0') {
        size_t len = strcspn(line, "\n");
        command_run(peer, line, len);
        line += len + (line[len] == '\n');
    }
    if (peer->fd >= 0)
        hang_up(peer, false);
    return NULL;
}

mailpeer *mailpeer_start(const char *script)
{
    mailpeer *peer = &the_peer;
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof at;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    peer->script = script;
    peer->got_len = 0;
    peer->wrong[0] = '\0';
    atomic_store(&peer->is_holding, false);
    peer->fd = -1;
    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(peer->listener, (void *)&at, sizeof at), 0);
    assert_int_equal(listen(peer->listener, 8), 0);
    assert_int_equal(getsockname(peer->listener, (void *)&at, &len), 0);
    peer->port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&peer->thread, NULL, run, peer), 0);
    return peer;
}

int mailpeer_port(const mailpeer *peer)
{
    return peer->port;
}

bool mailpeer_is_holding(mailpeer *peer)
{
    return atomic_load(&peer->is_holding);
}

const char *mailpeer_stop(mailpeer *peer)
{
    (void)pthread_join(peer->thread, NULL);
    (void)close(peer->listener);
    peer->got[peer->got_len] = '\0';
    if (peer->wrong[0] != '\0')
        fail_msg("%s\n%s", peer->wrong,
                 peer->got + (peer->got_len > 600 ? peer->got_len - 600 : 0));
    return peer->got;
}
