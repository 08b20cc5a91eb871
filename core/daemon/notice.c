/* SPDX-License-Identifier: Apache-2.0 */
/* notice.c - texts for the service manager, and the watchdog: every third of its interval
 * the loop says that it turns, provided that the store's thread has answered since the
 * last time. A hung loop or a hung disk is then restarted. */
#include "core/daemon/notice.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/base/datetime.h"
#include "core/daemon/daemon_int.h"
#include "core/net/notify.h"

#define TEXT_MAX 600

static TCN_PRINTF(2, 3) void send_text(const tcn_daemon *daemon, const char *fmt, ...)
{
    char text[TEXT_MAX];
    if (daemon->notice.socket == NULL)
        return;
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (len < 0)
        return;
    size_t kept = (size_t)len < sizeof text ? (size_t)len : sizeof text - 1;
    int rc = tcn_notify_send(daemon->notice.socket, tcn_str_of(text, kept));
    if (rc < 0)
        tcn_log_write(daemon->log, TCN_LOG_DEBUG, "daemon",
                      "the service manager could not be told: %s", tcn_err_text(rc));
}

/* WATCHDOG_PID names the process that is meant, when it is set. */
static int64_t watchdog_us(void)
{
    const char *interval = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    int64_t us = 0, wanted = 0;
    if (interval == NULL || !tcn_str_int(tcn_str_c(interval), 1, INT64_MAX, &us))
        return 0;
    if (pid != NULL &&
        (!tcn_str_int(tcn_str_c(pid), 1, INT64_MAX, &wanted) || wanted != getpid()))
        return 0;
    return us;
}

void tcn_notice_init(tcn_daemon *daemon)
{
    const char *socket = getenv("NOTIFY_SOCKET");
    if (socket != NULL && socket[0] != '\0')
        daemon->notice.socket = tcn_strdup(socket);
    daemon->notice.watchdog_us = watchdog_us();
    (void)unsetenv("NOTIFY_SOCKET");
    (void)unsetenv("WATCHDOG_USEC");
    (void)unsetenv("WATCHDOG_PID");
}

/* ---- the watchdog ---- */

static void on_store_answered(void *ud)
{
    tcn_daemon *daemon = ud;
    daemon->notice.is_asking = false;
    daemon->notice.has_answered = true;
}

static void on_beat(uv_timer_t *timer)
{
    tcn_daemon *daemon = timer->data;
    if (daemon->notice.has_answered)
        send_text(daemon, "WATCHDOG=1");
    if (daemon->notice.is_asking || daemon->store == NULL)
        return;
    daemon->notice.has_answered = false;
    daemon->notice.is_asking = true;
    tcn_store_ask(daemon->store, on_store_answered, daemon);
}

/* ---- states ---- */

/* "12:04:11" of this day, in UTC. */
static void clock_text(int64_t at_us, char out[16])
{
    char full[TCN_DATETIME_TEXT];
    (void)tcn_datetime_format(at_us, full);
    (void)snprintf(out, 16, "%.8s", full + 11);
}

static void status_text(const tcn_daemon *daemon, char *out, size_t size)
{
    size_t blocks = tcn_plugins_block_count(daemon->plugins);
    if (daemon->fallback > 0)
        (void)snprintf(out, size,
                       "running the last good definitions: %zu problem%s in the files",
                       daemon->fallback, tcn_plural(daemon->fallback));
    else
        (void)snprintf(out, size, "%zu automation%s, %zu block%s", daemon->automations,
                       tcn_plural(daemon->automations), blocks, tcn_plural(blocks));
}

void tcn_notice_ready(tcn_daemon *daemon)
{
    char text[200];
    status_text(daemon, text, sizeof text);
    send_text(daemon, "READY=1\nSTATUS=%s", text);
    if (daemon->notice.socket == NULL || daemon->notice.watchdog_us == 0)
        return;
    uint64_t beat_ms = (uint64_t)daemon->notice.watchdog_us / 3000;
    daemon->notice.has_answered = true; /* it has started */
    daemon->notice.has_timer = true;
    (void)uv_timer_init(&daemon->loop, &daemon->notice.timer);
    daemon->notice.timer.data = daemon;
    (void)uv_timer_start(&daemon->notice.timer, on_beat, 0, beat_ms > 0 ? beat_ms : 1);
}

void tcn_notice_reloading(tcn_daemon *daemon)
{
    send_text(daemon, "RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=reloading",
              (long long)tcn_clock_mono_us());
}

void tcn_notice_reloaded(tcn_daemon *daemon, size_t problems)
{
    char text[200], at[16];
    if (problems == 0) {
        status_text(daemon, text, sizeof text);
    } else {
        clock_text(daemon->configured_at_us, at);
        (void)snprintf(text, sizeof text,
                       "reload failed: %zu problem%s, running configuration of %s",
                       problems, tcn_plural(problems), at);
    }
    send_text(daemon, "READY=1\nSTATUS=%s", text);
}

void tcn_notice_stopping(tcn_daemon *daemon)
{
    send_text(daemon, "STOPPING=1\nSTATUS=stopping");
}

void tcn_notice_close(tcn_daemon *daemon)
{
    if (daemon->notice.has_timer)
        uv_close((uv_handle_t *)&daemon->notice.timer, NULL);
    daemon->notice.has_timer = false;
    tcn_free(daemon->notice.socket);
    daemon->notice.socket = NULL;
}
