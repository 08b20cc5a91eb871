/* SPDX-License-Identifier: Apache-2.0 */
/* daemon_int.h - the running daemon, as start.c builds it, status.c shows it and stop.c
 * takes it apart. Members are NULL until they are built; stop.c accepts any half of it.
 */
#ifndef TCN_DAEMON_INT_H
#define TCN_DAEMON_INT_H

#include "core/api/api.h"
#include "core/daemon/config.h"
#include "core/daemon/daemon.h"
#include "core/daemon/definitions.h"

enum tcn_daemon_phase {
    TCN_DAEMON_STARTING = 1,
    TCN_DAEMON_RUNNING,
    TCN_DAEMON_STOPPING,
};

typedef struct tcn_daemon {
    uv_loop_t loop;
    tcn_config config;
    tcn_log *log;
    tcn_store *store;
    tcn_guard *guard;
    tcn_client *client;
    tcn_plugins *plugins;
    tcn_ingest *ingest;
    tcn_dispatcher *dispatcher;
    tcn_auth *auth;
    tcn_api *api;
    tcn_server *server;
    uv_signal_t signals[2];
    uv_timer_t drain;
    bool has_signals;
    bool is_stuck; /* a plugin never ended: the process ends with _exit */
    enum tcn_daemon_phase phase;
    int64_t started_at_us, drain_until_mono_ms;
    size_t automations, warnings;
} tcn_daemon;

/* start.c: 0 when it runs. */
int tcn_daemon_start(tcn_daemon *daemon, const char *config_path, tcn_problems *problems);
/* Everything of it that touches neither the store nor the network's other side. */
void tcn_daemon_look(tcn_daemon *daemon, const char *config_path, tcn_problems *problems);
tcn_event_limits tcn_daemon_event_limits(const tcn_config *config);
/* emit.c: tcn_plugins_emit_fn; ud is the daemon. */
int tcn_daemon_emit(tcn_str text, uint16_t depth, void *ud);
/* status.c: for the API; ud is the daemon. */
const char *tcn_daemon_not_ready(void *ud);
json_t *tcn_daemon_status(void *ud);
/* stop.c: orderly, with the time for what is in flight; at once; and the memory. */
void tcn_daemon_stop(tcn_daemon *daemon);
void tcn_daemon_stop_now(tcn_daemon *daemon);
void tcn_daemon_deinit(tcn_daemon *daemon);

#endif
