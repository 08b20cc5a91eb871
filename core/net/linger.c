/* SPDX-License-Identifier: Apache-2.0 */
/* linger.c - reads and drops what senders of refused requests still send. Bounded in
 * number, time and bytes. */
#include "core/net/linger.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/compiler.h"

#define LINGERS_MAX 64
#define LINGER_MS   2000
#define LINGER_READ ((size_t)64 << 20)
#define CHUNK       16384
#define CHUNKS_TURN 16 /* most chunks of one connection in a turn of the loop */

typedef struct tcn_linger {
    tcn_list link;
    tcn_lingers *owner;
    uv_poll_t poll;
    int fd;
    uint64_t until_ms;
    size_t left;
} tcn_linger;

void tcn_lingers_init(tcn_lingers *lingers, uv_loop_t *loop, void (*closed)(void *ud),
                      void *ud)
{
    *lingers = (tcn_lingers){.loop = loop, .closed = closed, .ud = ud};
    tcn_list_init(&lingers->open);
}

static void on_closed(uv_handle_t *handle)
{
    tcn_linger *l = handle->data;
    tcn_lingers *owner = l->owner;
    (void)close(l->fd);
    tcn_free(l);
    owner->closing--;
    owner->closed(owner->ud);
}

static void linger_end(tcn_linger *l)
{
    tcn_list_remove(&l->link);
    l->owner->count--;
    l->owner->closing++;
    uv_close((uv_handle_t *)&l->poll, on_closed);
}

/* False at the end of what comes. */
static bool drop_chunk(tcn_linger *l, bool *ret_more)
{
    char chunk[CHUNK];
    ssize_t n = recv(l->fd, chunk, sizeof chunk, MSG_DONTWAIT);
    *ret_more = n > 0;
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0 || (size_t)n >= l->left)
        return false;
    l->left -= (size_t)n;
    return true;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)events;
    tcn_linger *l = poll->data;
    bool is_alive = status == 0;
    bool has_more = true;
    for (int i = 0; is_alive && has_more && i < CHUNKS_TURN; i++)
        is_alive = drop_chunk(l, &has_more);
    if (!is_alive)
        linger_end(l);
}

void tcn_lingers_add(tcn_lingers *lingers, int fd)
{
    if (lingers->count >= LINGERS_MAX)
        return;
    tcn_linger *l = tcn_alloc_zero(sizeof *l);
    if (l == NULL)
        return;
    l->owner = lingers;
    l->left = LINGER_READ;
    l->until_ms = uv_now(lingers->loop) + LINGER_MS;
    l->poll.data = l;
    l->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (l->fd < 0 || uv_poll_init(lingers->loop, &l->poll, l->fd) != 0)
        goto fail;
    tcn_list_append(&lingers->open, &l->link);
    lingers->count++;
    if (uv_poll_start(&l->poll, UV_READABLE, on_readable) != 0)
        linger_end(l);
    return;

fail:
    if (l->fd >= 0)
        (void)close(l->fd);
    tcn_free(l);
}

void tcn_lingers_sweep(tcn_lingers *lingers, bool all)
{
    uint64_t now = uv_now(lingers->loop);
    tcn_list_foreach (it, &lingers->open) {
        tcn_linger *l = tcn_container_of(it, tcn_linger, link);
        if (all || now >= l->until_ms)
            linger_end(l);
    }
}

bool tcn_lingers_is_idle(const tcn_lingers *lingers)
{
    return lingers->count == 0 && lingers->closing == 0;
}
