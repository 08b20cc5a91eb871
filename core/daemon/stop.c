/* SPDX-License-Identifier: Apache-2.0 */
/* stop.c - an orderly end: nothing new is taken, what was taken is answered, deliveries
 * in flight get their time, the rest stays in the outbox; then the rooms are closed from
 * the outside in. */
#include "core/daemon/daemon_int.h"

#include "core/base/clock.h"
#include "core/daemon/crash.h"

#define LOOK_MS 10

static void close_server(void *ud);
static void close_client(void *ud);
static void close_plugins(void *ud);
static void close_rest(void *ud);

static bool is_quiet(const tcn_daemon *daemon)
{
    return tcn_ingest_is_idle(daemon->ingest) && tcn_reload_is_idle(daemon->reload) &&
           tcn_server_pending(daemon->server) == 0 &&
           tcn_dispatcher_in_flight(daemon->dispatcher) == 0;
}

/* A plugin that hangs in its constructor hangs the helper's thread, which uses the
 * registry: that stays, and the process ends without joining anything. */
static void close_reload(tcn_daemon *daemon)
{
    if (daemon->reload == NULL)
        return;
    tcn_reload_stop(daemon->reload);
    if (tcn_reload_is_stuck(daemon->reload)) {
        daemon->is_stuck = true;
        daemon->plugins = NULL;
    }
    tcn_reload_close(daemon->reload);
    daemon->reload = NULL;
}

static void close_all(tcn_daemon *daemon)
{
    close_reload(daemon);
    if (daemon->dispatcher != NULL)
        tcn_dispatcher_close(daemon->dispatcher, close_plugins, daemon);
    else
        close_plugins(daemon);
}

static void close_plugins(void *ud)
{
    tcn_daemon *daemon = ud;
    daemon->dispatcher = NULL;
    tcn_catalog_stop(daemon->catalog);
    if (daemon->plugins != NULL)
        tcn_plugins_close(daemon->plugins, close_client, daemon);
    else
        close_client(daemon);
}

static void close_client(void *ud)
{
    tcn_daemon *daemon = ud;
    tcn_crash_forget();
    daemon->plugins = NULL;
    if (daemon->client != NULL)
        tcn_client_close(daemon->client, close_server, daemon);
    else
        close_server(daemon);
}

static void close_server(void *ud)
{
    tcn_daemon *daemon = ud;
    daemon->client = NULL;
    if (daemon->server != NULL)
        tcn_server_close(daemon->server, close_rest, daemon);
    else
        close_rest(daemon);
}

static void close_rest(void *ud)
{
    tcn_daemon *daemon = ud;
    daemon->server = NULL;
    if (daemon->ingest != NULL && daemon->phase == TCN_DAEMON_STOPPING) {
        tcn_err err = {0};
        char text[900];
        if (tcn_ingest_stop(daemon->ingest, &err) < 0)
            tcn_log_write(
                daemon->log, TCN_LOG_WARNING, "daemon",
                "the engine's state was not saved, the next start replays the log: %s",
                tcn_err_format(&err, text, sizeof text));
    }
    if (daemon->has_signals) {
        for (size_t i = 0; i < TCN_COUNT(daemon->signals); i++)
            uv_close((uv_handle_t *)&daemon->signals[i], NULL);
        uv_close((uv_handle_t *)&daemon->drain, NULL);
        daemon->has_signals = false;
    }
    tcn_notice_close(daemon);
    if (daemon->is_stuck)
        uv_stop(&daemon->loop); /* not all handles will be closed */
}

static void on_drain(uv_timer_t *timer)
{
    tcn_daemon *daemon = timer->data;
    bool is_over = tcn_clock_mono_ms() >= daemon->drain_until_mono_ms;
    if (!is_over && !is_quiet(daemon))
        return;
    /* Late deliveries are not waited for, the step under way is: it uses the dispatcher.
     */
    if (!tcn_ingest_halt(daemon->ingest))
        return;
    uv_timer_stop(timer);
    if (tcn_dispatcher_in_flight(daemon->dispatcher) > 0)
        tcn_log_write(daemon->log, TCN_LOG_NOTICE, "daemon",
                      "deliveries that did not end in time: %zu; they stay in the outbox",
                      tcn_dispatcher_in_flight(daemon->dispatcher));
    close_all(daemon);
}

void tcn_daemon_stop(tcn_daemon *daemon)
{
    if (daemon->phase == TCN_DAEMON_STOPPING) { /* asked twice: no more waiting */
        daemon->drain_until_mono_ms = 0;
        return;
    }
    tcn_log_write(daemon->log, TCN_LOG_NOTICE, "daemon", "stopping");
    daemon->phase = TCN_DAEMON_STOPPING;
    tcn_notice_stopping(daemon);
    tcn_reload_stop(daemon->reload);
    daemon->drain_until_mono_ms =
        tcn_clock_mono_ms() + daemon->config.stop.drain_timeout_us / 1000;
    tcn_server_quiesce(daemon->server);
    tcn_dispatcher_quiesce(daemon->dispatcher);
    tcn_ingest_quiesce(daemon->ingest);
    uv_timer_start(&daemon->drain, on_drain, 0, LOOK_MS);
}

void tcn_daemon_stop_now(tcn_daemon *daemon)
{
    /* The start failed before the loop turned: no step is under way, and none begins. */
    if (daemon->dispatcher != NULL)
        (void)tcn_ingest_stop(daemon->ingest, NULL);
    close_all(daemon);
}

void tcn_daemon_deinit(tcn_daemon *daemon)
{
    tcn_ingest_free(daemon->ingest);
    tcn_api_free(daemon->api);
    tcn_auth_free(daemon->auth);
    tcn_catalog_close(daemon->catalog);
    tcn_store_close(daemon->store);
    if (daemon->is_stuck) /* a thread of a plugin may use what is left */
        return;
    uv_run(&daemon->loop, UV_RUN_DEFAULT);
    uv_loop_close(&daemon->loop);
    tcn_guard_free(daemon->guard);
    tcn_log_free(daemon->log);
    tcn_config_deinit(&daemon->config);
}
