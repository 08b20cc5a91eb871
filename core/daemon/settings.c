/* SPDX-License-Identifier: Apache-2.0 */
/* settings.c - one function for each room's options, used by the start and by reloads
 * alike. */
#include "core/daemon/settings.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "core/base/alloc.h"
#include "core/daemon/template_limits.h"

tcn_plugins_options tcn_settings_plugins(const tcn_config *config)
{
    return (tcn_plugins_options){
        .dirs = (const char *const *)config->plugins.dirs.items,
        .dir_count = config->plugins.dirs.count,
        .allow = (const char *const *)config->plugins.allow.items,
        .allow_count = config->plugins.allow.count,
        .sha256 = config->plugins.sha256,
        .is_permission_strict = config->plugins.is_strict,
        .is_copy_file = config->plugins.is_copy_file,
        .is_api_private_refused = config->outbound.is_private_denied,
        .probe_program = "/proc/self/exe",
        .max_generations = (uint32_t)config->plugins.max_generations,
        .drain_ms = (uint32_t)(config->reload.drain_timeout_us / 1000),
        .credentials_dir = getenv("CREDENTIALS_DIRECTORY"),
        .state_dir = config->state_dir,
        .ui_url = config->public_url,
        .image_base = config->blocks.image_base,
        .test_hosts = (const char *const *)config->blocks.test_hosts.items,
        .test_host_count = config->blocks.test_hosts.count,
        .templates = tcn_config_template_limits(config),
        .cached_templates = (uint32_t)config->templates.cache,
        .timeout_ms = (uint32_t)(config->actions.timeout_us / 1000),
        .concurrency = (uint32_t)config->actions.concurrency_per_block,
        .max_attempts = (uint32_t)config->actions.max_attempts,
        .deadline_ms = config->actions.deadline_us / 1000,
    };
}

tcn_definitions_limits tcn_settings_definitions(const tcn_config *config)
{
    return (tcn_definitions_limits){
        .automations = (size_t)config->limits.automations,
        .blocks = (size_t)config->limits.blocks,
        .automation = {.triggers = (uint32_t)config->limits.triggers_per_automation,
                       .trigger_depth = (uint32_t)config->limits.trigger_depth},
        .templates = tcn_config_template_limits(config),
    };
}

tcn_ingest_options tcn_settings_ingest(const tcn_config *config)
{
    return (tcn_ingest_options){
        .engine = {.max_buckets = (uint32_t)config->engine.max_buckets,
                   .max_waiting = (uint32_t)config->engine.max_waiting,
                   .remembered_ids = (uint32_t)config->engine.remembered_ids,
                   .firing_chain = (uint32_t)config->limits.firing_chain,
                   .firings_per_minute = (uint32_t)config->limits.firings_per_minute},
        .commit_events = (size_t)config->store.commit_events,
        .max_outbox = (uint64_t)config->actions.max_outbox,
        .queue_events = (size_t)config->limits.queue_events,
        .queue_bytes = (size_t)config->limits.queue_bytes,
        .deadline_us = config->actions.deadline_us,
        .save_interval_us = config->store.save_buckets_us,
        .save_events = (uint64_t)config->store.save_events,
    };
}

tcn_server_limits tcn_settings_server(const tcn_config *config)
{
    return (tcn_server_limits){
        .request_size = (size_t)config->limits.request_size,
        .header_size = (size_t)config->limits.header_size,
        .answers = tcn_server_limits_default.answers,
        .headers = (uint32_t)config->limits.headers,
        .connections = (uint32_t)config->limits.connections,
        .connections_per_address = (uint32_t)config->limits.connections_per_address,
        .header_timeout_ms = (uint32_t)(config->limits.header_timeout_us / 1000),
        .body_timeout_ms = (uint32_t)(config->limits.body_timeout_us / 1000),
        .idle_timeout_ms = (uint32_t)(config->limits.idle_timeout_us / 1000),
    };
}

tcn_event_limits tcn_settings_events(const tcn_config *config)
{
    return (tcn_event_limits){
        .event_size = (size_t)config->limits.event_size,
        .batch_events = (size_t)config->limits.batch_events,
        .json_depth = (uint32_t)config->limits.json_depth,
        .json_strings = (uint32_t)config->limits.json_strings,
    };
}

int tcn_settings_guard(const tcn_config *config, tcn_guard **ret, tcn_err *reterr)
{
    return tcn_guard_new((const char *const *)config->outbound.allow.items,
                         config->outbound.allow.count, true, ret, reterr);
}

/* May others read the file that may hold keys? */
static bool is_public(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && (st.st_mode & S_IROTH) != 0;
}

int tcn_settings_auth(const tcn_config *config, tcn_log *log, tcn_auth **ret,
                      tcn_problems *problems)
{
    tcn_auth_options options = {
        .is_off = config->auth.is_none,
        .keys = config->auth.keys,
        .basic = config->auth.basic,
        .is_public = is_public(config->path),
        .log = log,
        .credentials_dir = getenv("CREDENTIALS_DIRECTORY"),
    };
    size_t first = problems->count;
    int rc = tcn_auth_new(&options, ret, problems);
    tcn_config_place(config, problems, first);
    return rc;
}

static int allow_listener(tcn_api *api, const char *address)
{
    const char *colon = strrchr(address, ':');
    if (strncmp(address, "unix:", 5) == 0 || colon == NULL)
        return 0;
    char *host = tcn_strdup_n(address, (size_t)(colon - address));
    int rc = host == NULL ? TCN_E_NOMEM : tcn_api_host_allow(api, host);
    tcn_free(host);
    return rc;
}

/* Pages of the address by which people reach the daemon, behind a proxy with TLS. */
static int allow_public_url(tcn_api *api, const char *url)
{
    const char *host = url == NULL ? NULL : strstr(url, "://");
    if (host == NULL)
        return 0;
    size_t len = (size_t)(host - url) + 3 + strcspn(host + 3, "/?#");
    char *origin = tcn_strdup_n(url, len);
    int rc = origin == NULL ? TCN_E_NOMEM : tcn_api_origin_allow(api, origin);
    tcn_free(origin);
    return rc;
}

int tcn_settings_hosts(const tcn_config *config, tcn_api *api)
{
    int rc = 0;
    tcn_api_hosts_reset(api);
    for (size_t i = 0; rc >= 0 && i < config->listen.count; i++)
        rc = allow_listener(api, config->listen.items[i]);
    for (size_t i = 0; rc >= 0 && i < config->auth.allowed_hosts.count; i++)
        rc = tcn_api_host_allow(api, config->auth.allowed_hosts.items[i]);
    for (size_t i = 0; rc >= 0 && i < config->auth.allowed_origins.count; i++)
        rc = tcn_api_origin_allow(api, config->auth.allowed_origins.items[i]);
    return rc < 0 ? rc : allow_public_url(api, config->public_url);
}

int tcn_settings_log(const tcn_config *config, tcn_log *log)
{
    int rc = 0;
    tcn_log_format_set(log, (enum tcn_log_format)config->log.format);
    tcn_log_level_set(log, (enum tcn_log_level)config->log.level);
    tcn_log_components_reset(log);
    for (size_t i = 0; rc >= 0 && i < config->log.level_count; i++)
        rc = tcn_log_component_set(log, config->log.levels[i].component,
                                   (enum tcn_log_level)config->log.levels[i].level);
    return rc;
}

/* ---- a reload ---- */

int tcn_settings_prepare(const tcn_config *config, tcn_log *log, tcn_prepared *ret,
                         tcn_problems *problems)
{
    tcn_err err = {0};
    int rc = tcn_settings_guard(config, &ret->guard, &err);
    if (rc >= 0 && config->outbound.ca_file != NULL) {
        ret->ca_file = tcn_strdup(config->outbound.ca_file);
        rc = ret->ca_file == NULL ? TCN_E_NOMEM : 0;
    }
    if (rc < 0) {
        size_t first = problems->count;
        (void)tcn_err_set(&err, rc, "%s", tcn_err_text(rc));
        tcn_problems_add(problems, &err);
        tcn_config_place(config, problems, first);
    }
    int auth = tcn_settings_auth(config, log, &ret->auth, problems);
    return rc < 0 ? rc : auth;
}

void tcn_prepared_deinit(tcn_prepared *prepared)
{
    tcn_guard_free(prepared->guard);
    tcn_auth_free(prepared->auth);
    tcn_free(prepared->ca_file);
    *prepared = (tcn_prepared){0};
}

static void exchange_guard(tcn_daemon *daemon, tcn_prepared *prepared)
{
    tcn_guard *old = daemon->guard;
    daemon->guard = prepared->guard;
    tcn_client_policy_set_own(daemon->client, daemon->guard, prepared->ca_file);
    tcn_plugins_guard_set(daemon->plugins, daemon->guard);
    prepared->guard = old;
    prepared->ca_file = NULL;
}

static void exchange_auth(tcn_daemon *daemon, tcn_prepared *prepared)
{
    tcn_auth *old = daemon->auth;
    daemon->auth = prepared->auth;
    tcn_api_auth_set(daemon->api, daemon->auth);
    prepared->auth = old;
}

void tcn_settings_apply(tcn_daemon *daemon, tcn_prepared *prepared)
{
    const tcn_config *config = &daemon->config;
    tcn_ingest_options ingest = tcn_settings_ingest(config);
    tcn_server_limits server = tcn_settings_server(config);
    tcn_event_limits events = tcn_settings_events(config);
    exchange_guard(daemon, prepared);
    exchange_auth(daemon, prepared);
    tcn_prepared_deinit(prepared);
    tcn_store_sync_set(daemon->store,
                       config->store.is_full ? TCN_STORE_FULL : TCN_STORE_NORMAL);
    tcn_ingest_options_set(daemon->ingest, &ingest);
    tcn_server_limits_set(daemon->server, &server);
    tcn_api_events_set(daemon->api, &events);
    tcn_catalog_limit_set(daemon->catalog, (size_t)config->limits.blocks);
    int rc = tcn_dispatcher_limits_set(daemon->dispatcher, config->public_url,
                                       (uint32_t)config->actions.concurrency,
                                       (uint32_t)config->actions.max_outbox_per_block);
    int hosts = tcn_settings_hosts(config, daemon->api);
    int log = tcn_settings_log(config, daemon->log);
    if (rc < 0 || hosts < 0 || log < 0)
        tcn_log_write(daemon->log, TCN_LOG_ERROR, "daemon",
                      "out of memory: not all of the new settings are in force");
}
