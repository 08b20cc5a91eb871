/* SPDX-License-Identifier: Apache-2.0 */
/* settings.h - the configuration as the rooms want it: their options, and how a reload
 * gives them new ones. */
#ifndef TCN_DAEMON_SETTINGS_H
#define TCN_DAEMON_SETTINGS_H

#include "core/daemon/daemon_int.h"

/* Everything but what belongs to the running daemon (loop, log, store, ...). Texts are
 * borrowed from config. */
tcn_plugins_options tcn_settings_plugins(const tcn_config *config);
tcn_definitions_limits tcn_settings_definitions(const tcn_config *config);
tcn_ingest_options tcn_settings_ingest(const tcn_config *config);
tcn_server_limits tcn_settings_server(const tcn_config *config);
tcn_event_limits tcn_settings_events(const tcn_config *config);
int tcn_settings_guard(const tcn_config *config, tcn_guard **ret, tcn_err *reterr);
/* Problems have their place in the file. */
int tcn_settings_auth(const tcn_config *config, tcn_log *log, tcn_auth **ret,
                      tcn_problems *problems);
/* The hosts and origins of the configuration; those before are forgotten. */
int tcn_settings_hosts(const tcn_config *config, tcn_api *api);
int tcn_settings_log(const tcn_config *config, tcn_log *log);

/* What of the new settings may fail, made before anything changes. Zeroed at first. */
typedef struct tcn_prepared {
    tcn_guard *guard;
    tcn_auth *auth;
    char *ca_file;
} tcn_prepared;
int tcn_settings_prepare(const tcn_config *config, tcn_log *log, tcn_prepared *ret,
                         tcn_problems *problems);
void tcn_prepared_deinit(tcn_prepared *prepared);
/* Gives every room what daemon->config says now; takes what was prepared. */
void tcn_settings_apply(tcn_daemon *daemon, tcn_prepared *prepared);

#endif
