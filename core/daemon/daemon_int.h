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
#include "core/daemon/notice.h"
#include "core/daemon/reload.h"

enum tcn_daemon_phase {
    TCN_DAEMON_STARTING = 1,
    TCN_DAEMON_RUNNING,
    TCN_DAEMON_STOPPING,
};

struct tcn_daemon {
    uv_loop_t loop;
    tcn_config config;
    tcn_log *log;
    tcn_store *store;
    tcn_guard *guard;
    tcn_client *client;
    tcn_plugins *plugins;
    tcn_catalog *catalog;
    tcn_ingest *ingest;
    tcn_dispatcher *dispatcher;
    tcn_auth *auth;
    tcn_api *api;
    tcn_server *server;
    tcn_reload *reload;
    uv_signal_t signals[4];
    uv_timer_t drain;
    bool has_signals;
    bool is_strict; /* wrong definitions are no reason to start with older ones */
    bool is_stuck;  /* a plugin never ended: the process ends with _exit */
    enum tcn_daemon_phase phase;
    bool is_defined; /* the definitions of the start are in force */
    int64_t started_at_us, drain_until_mono_ms;
    int64_t configured_at_us; /* when the configuration in force was read */
    size_t automations, warnings;
    size_t fallback; /* problems of the files; the last good definitions run */
    char fallback_text[100];
    uint64_t blocks_hash; /* of the documents that the store has */
    struct {
        char *socket; /* of the service manager; NULL: none */
        int64_t watchdog_us;
        uv_timer_t timer;
        bool has_timer, is_asking, has_answered; /* of the store's thread */
    } notice;
};

/* start.c: 0 when it runs. */
int tcn_daemon_start(tcn_daemon *daemon, const char *config_path, tcn_problems *problems);
/* Everything of it that touches neither the store nor the network's other side. */
void tcn_daemon_look(tcn_daemon *daemon, const char *config_path, tcn_problems *problems);
/* emit.c: tcn_plugins_emit_fn; ud is the daemon. */
int tcn_daemon_emit(tcn_str text, uint16_t depth, void *ud);
/* define.c: plugins, blocks and automations at the start; what is wrong with them; and
 * what tells one text of the blocks' documents from another. */
int tcn_daemon_define(tcn_daemon *daemon, tcn_problems *problems);
void tcn_daemon_check_definitions(tcn_daemon *daemon, tcn_problems *problems);
uint64_t tcn_daemon_blocks_hash(const char *text);
/* status.c: for the API; ud is the daemon. */
const char *tcn_daemon_ready_note(void *ud);
int tcn_daemon_reload(const tcn_api_reload *asked, void *ud);
/* Line by line to the log. */
void tcn_daemon_status_log(tcn_daemon *daemon);
const char *tcn_daemon_not_ready(void *ud);
json_t *tcn_daemon_status(void *ud);
/* stop.c: orderly, with the time for what is in flight; at once; and the memory. */
void tcn_daemon_stop(tcn_daemon *daemon);
void tcn_daemon_stop_now(tcn_daemon *daemon);
void tcn_daemon_deinit(tcn_daemon *daemon);

#endif
