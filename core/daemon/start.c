/* SPDX-License-Identifier: Apache-2.0 */
/* start.c - from a configuration to a running daemon, in the order in which things need
 * each other: store, definitions, the engine's past, the outbox, and last the listeners.
 * Until those are open nobody outside has seen anything of it. */
#include "core/daemon/daemon_int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/daemon/definitions.h"
#include "core/daemon/files.h"
#include "core/daemon/store_key.h"
#include "core/daemon/template_limits.h"
#include "core/plugin/secret.h"

#define OUTBOX_PAGE 1000

typedef int (*start_fn)(tcn_daemon *daemon, tcn_problems *problems);

static int add_problem(tcn_problems *problems, int rc, const tcn_err *err)
{
    tcn_err copy = *err;
    tcn_err_set(&copy, rc, "%s", tcn_err_text(rc));
    tcn_problems_add(problems, &copy);
    return rc;
}

/* Creates the folder with its parents, for this user alone. */
static int make_dir(const char *path, tcn_err *reterr)
{
    char *copy = tcn_strdup(path);
    if (copy == NULL)
        return tcn_err_set(reterr, TCN_E_NOMEM, "out of memory");
    int rc = 0;
    for (char *p = copy + 1; rc == 0; p++) {
        if (*p != '/' && *p != '\0')
            continue;
        char kept = *p;
        *p = '\0';
        if (mkdir(copy, 0700) < 0 && errno != EEXIST)
            rc = tcn_err_field(reterr, TCN_E_IO, "state_dir", "%s cannot be made: %s",
                               copy, strerror(errno));
        *p = kept;
        if (kept == '\0')
            break;
    }
    tcn_free(copy);
    return rc;
}

static int start_store(tcn_daemon *daemon, tcn_problems *problems)
{
    tcn_err err = {0};
    const tcn_config *config = &daemon->config;
    uint8_t key[TCN_STORE_KEY];
    int has_key = tcn_store_key_read(config, daemon->log, key, problems);
    if (has_key < 0)
        return has_key;
    int rc = make_dir(config->state_dir, &err);
    if (rc >= 0) {
        tcn_store_options options = {
            .secret_key = has_key > 0 ? key : NULL,
            .path = config->store.path,
            .sync = config->store.is_full ? TCN_STORE_FULL : TCN_STORE_NORMAL,
            .loop = &daemon->loop,
            .log = daemon->log,
        };
        rc = tcn_store_open(&options, &daemon->store, &err);
    }
    tcn_secret_wipe(key, sizeof key);
    return rc < 0 ? add_problem(problems, rc, &err) : 0;
}

static int start_client(tcn_daemon *daemon, tcn_problems *problems)
{
    tcn_err err = {0};
    const tcn_config *config = &daemon->config;
    int rc = tcn_guard_new((const char *const *)config->outbound.allow.items,
                           config->outbound.allow.count, true, &daemon->guard, &err);
    if (rc < 0)
        return add_problem(problems, rc, &err);
    tcn_client_options options = {
        .user_agent = "tocsin/" TCN_VERSION,
        .ca_file = config->outbound.ca_file,
        .guard = daemon->guard,
    };
    rc = tcn_client_new(&daemon->loop, &options, daemon->log, &daemon->client);
    return rc < 0 ? add_problem(problems, rc, &err) : 0;
}

tcn_event_limits tcn_daemon_event_limits(const tcn_config *config)
{
    return (tcn_event_limits){
        .event_size = (size_t)config->limits.event_size,
        .batch_events = (size_t)config->limits.batch_events,
        .json_depth = (uint32_t)config->limits.json_depth,
        .json_strings = (uint32_t)config->limits.json_strings,
    };
}

static tcn_plugins_options plugin_options(const tcn_config *config)
{
    return (tcn_plugins_options){
        .dirs = (const char *const *)config->plugins.dirs.items,
        .dir_count = config->plugins.dirs.count,
        .allow = (const char *const *)config->plugins.allow.items,
        .allow_count = config->plugins.allow.count,
        .is_permission_strict = config->plugins.is_strict,
        .is_copy_file = config->plugins.is_copy_file,
        .max_generations = (uint32_t)config->plugins.max_generations,
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

static int start_plugins(tcn_daemon *daemon, tcn_problems *problems)
{
    tcn_err err = {0};
    tcn_plugins_options options = plugin_options(&daemon->config);
    options.loop = &daemon->loop;
    options.log = daemon->log;
    options.client = daemon->client;
    options.guard = daemon->guard;
    options.is_stuck = &daemon->is_stuck;
    options.emit = tcn_daemon_emit;
    options.emit_ud = daemon;
    int rc = tcn_plugins_new(&options, &daemon->plugins, &err);
    return rc < 0 ? add_problem(problems, rc, &err) : 0;
}

static tcn_definitions_limits definition_limits(const tcn_config *config)
{
    return (tcn_definitions_limits){
        .automations = (size_t)config->limits.automations,
        .blocks = (size_t)config->limits.blocks,
        .automation = {.triggers = (uint32_t)config->limits.triggers_per_automation,
                       .trigger_depth = (uint32_t)config->limits.trigger_depth},
        .templates = tcn_config_template_limits(config),
    };
}

static int start_ingest(tcn_daemon *daemon, tcn_problems *problems)
{
    const tcn_config *config = &daemon->config;
    tcn_ingest_options options = {
        .loop = &daemon->loop,
        .log = daemon->log,
        .store = daemon->store,
        .engine = {.max_buckets = (uint32_t)config->engine.max_buckets,
                   .max_waiting = (uint32_t)config->engine.max_waiting,
                   .remembered_ids = (uint32_t)config->engine.remembered_ids,
                   .firing_chain = (uint32_t)config->limits.firing_chain,
                   .firings_per_minute = (uint32_t)config->limits.firings_per_minute},
        .automations = definition_limits(config).automation,
        .commit_events = (size_t)config->store.commit_events,
        .queue_events = (size_t)config->limits.queue_events,
        .queue_bytes = (size_t)config->limits.queue_bytes,
        .deadline_us = config->actions.deadline_us,
        .save_interval_us = config->store.save_buckets_us,
        .save_events = (uint64_t)config->store.save_events,
    };
    tcn_err err = {0};
    int rc = tcn_ingest_new(&options, &daemon->ingest);
    if (rc >= 0)
        rc = tcn_ingest_recover(daemon->ingest, &err);
    return rc < 0 ? add_problem(problems, rc, &err) : 0;
}

/* Plugins, blocks, then automations. While a block is wrong, blocks that actions name are
 * not looked up: its own problem is told already. A new reference, NULL when out of
 * memory. */
static json_t *read_definitions(const tcn_config *config, tcn_stage *stage,
                                tcn_problems *problems)
{
    tcn_definitions_limits limits = definition_limits(config);
    tcn_stage_files_read(stage);
    (void)tcn_stage_files_check(stage, problems);
    size_t errors = problems->errors;
    tcn_definitions_blocks(config->blocks_dir, &limits, stage, problems);
    const tcn_blocks *known = problems->errors > errors ? NULL : tcn_stage_blocks(stage);
    return tcn_definitions_automations(config->automations_dir, &limits, known, problems);
}

static int start_definitions(tcn_daemon *daemon, tcn_problems *problems)
{
    tcn_stage *stage = NULL;
    int rc = tcn_stage_begin(daemon->plugins, NULL, TCN_STAGE_ALL, &stage);
    if (rc < 0)
        return add_problem(problems, rc, &(tcn_err){0});
    json_t *automations = read_definitions(&daemon->config, stage, problems);
    rc = automations == NULL ? TCN_E_NOMEM : 0;
    daemon->automations = json_array_size(automations);
    if (rc >= 0 && problems->errors == 0)
        rc = tcn_ingest_define(daemon->ingest, automations);
    json_decref(automations);
    if (rc < 0 || problems->errors > 0)
        tcn_stage_abort(stage);
    else
        tcn_stage_commit(stage);
    return rc < 0 ? add_problem(problems, rc, &(tcn_err){0}) : 0;
}

static void on_report(tcn_report *report, void *ud)
{
    const tcn_daemon *daemon = ud;
    tcn_ingest_report(daemon->ingest, report);
}

static int load_outbox(tcn_daemon *daemon, tcn_err *reterr)
{
    uint64_t after = 0;
    for (;;) {
        tcn_outbox_entry *page[OUTBOX_PAGE];
        size_t count = 0;
        int rc = tcn_outbox_load(daemon->store, after, page, OUTBOX_PAGE, &count, reterr);
        if (rc < 0 || count == 0)
            return rc;
        after = page[count - 1]->id;
        rc = tcn_dispatcher_take(daemon->dispatcher, page, count);
        if (rc < 0)
            return rc;
    }
}

static int start_dispatcher(tcn_daemon *daemon, tcn_problems *problems)
{
    const tcn_config *config = &daemon->config;
    tcn_dispatcher_options options = {
        .loop = &daemon->loop,
        .log = daemon->log,
        .plugins = daemon->plugins,
        .ui_url = config->public_url,
        .concurrency = (uint32_t)config->actions.concurrency,
        .max_per_block = (uint32_t)config->actions.max_outbox_per_block,
        .report = on_report,
        .ud = daemon,
    };
    tcn_err err = {0};
    int rc = tcn_dispatcher_new(&options, &daemon->dispatcher);
    if (rc < 0)
        return add_problem(problems, rc, &err);
    rc = load_outbox(daemon, &err);
    if (rc < 0)
        return add_problem(problems, rc, &err);
    tcn_ingest_start(daemon->ingest, daemon->dispatcher);
    return 0;
}

static int allow_host(tcn_daemon *daemon, const char *address)
{
    const char *colon = strrchr(address, ':');
    if (strncmp(address, "unix:", 5) == 0 || colon == NULL)
        return 0;
    char *host = tcn_strdup_n(address, (size_t)(colon - address));
    int rc = host == NULL ? TCN_E_NOMEM : tcn_api_host_allow(daemon->api, host);
    tcn_free(host);
    return rc;
}

/* May others read the file that may hold keys? */
static bool is_public(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && (st.st_mode & S_IROTH) != 0;
}

static int start_auth(tcn_daemon *daemon, tcn_problems *problems)
{
    const tcn_config *config = &daemon->config;
    tcn_auth_options options = {
        .is_off = config->auth.is_none,
        .keys = config->auth.keys,
        .basic = config->auth.basic,
        .is_public = is_public(config->path),
        .log = daemon->log,
        .credentials_dir = getenv("CREDENTIALS_DIRECTORY"),
    };
    size_t first = problems->count;
    int rc = tcn_auth_new(&options, &daemon->auth, problems);
    tcn_config_place(config, problems, first);
    return rc;
}

static int start_api(tcn_daemon *daemon, tcn_problems *problems)
{
    const tcn_config *config = &daemon->config;
    tcn_api_options options = {
        .log = daemon->log,
        .ingest = daemon->ingest,
        .store = daemon->store,
        .plugins = daemon->plugins,
        .dispatcher = daemon->dispatcher,
        .events = tcn_daemon_event_limits(config),
        .auth = daemon->auth,
        .not_ready = tcn_daemon_not_ready,
        .status = tcn_daemon_status,
        .ud = daemon,
    };
    int rc = tcn_api_new(&options, &daemon->api);
    for (size_t i = 0; rc >= 0 && i < config->listen.count; i++)
        rc = allow_host(daemon, config->listen.items[i]);
    for (size_t i = 0; rc >= 0 && i < config->auth.allowed_hosts.count; i++)
        rc = tcn_api_host_allow(daemon->api, config->auth.allowed_hosts.items[i]);
    for (size_t i = 0; rc >= 0 && i < config->auth.allowed_origins.count; i++)
        rc = tcn_api_origin_allow(daemon->api, config->auth.allowed_origins.items[i]);
    return rc < 0 ? add_problem(problems, rc, &(tcn_err){0}) : 0;
}

static int write_listen_file(const tcn_daemon *daemon, tcn_err *reterr)
{
    tcn_buf text;
    tcn_buf_init(&text, 65536);
    for (size_t i = 0; i < tcn_server_address_count(daemon->server); i++)
        tcn_buf_printf(&text, "%s\n", tcn_server_address(daemon->server, i));
    int rc = tcn_buf_status(&text);
    if (rc >= 0)
        rc = tcn_file_replace(daemon->config.listen_file, tcn_buf_str(&text), reterr);
    tcn_buf_deinit(&text);
    return rc;
}

static int start_server(tcn_daemon *daemon, tcn_problems *problems)
{
    const tcn_config *config = &daemon->config;
    tcn_server_limits limits = {
        .request_size = (size_t)config->limits.request_size,
        .header_size = (size_t)config->limits.header_size,
        .headers = (uint32_t)config->limits.headers,
        .connections = (uint32_t)config->limits.connections,
        .connections_per_address = (uint32_t)config->limits.connections_per_address,
        .header_timeout_ms = (uint32_t)(config->limits.header_timeout_us / 1000),
        .body_timeout_ms = (uint32_t)(config->limits.body_timeout_us / 1000),
        .idle_timeout_ms = (uint32_t)(config->limits.idle_timeout_us / 1000),
    };
    tcn_err err = {0};
    int rc = tcn_server_new(&daemon->loop, &limits, daemon->log, tcn_api_handle,
                            daemon->api, &daemon->server);
    for (size_t i = 0; rc >= 0 && i < config->listen.count; i++)
        rc = tcn_server_listen(daemon->server, tcn_str_c(config->listen.items[i]), &err);
    if (rc >= 0 && config->listen_file != NULL)
        rc = write_listen_file(daemon, &err);
    return rc < 0 ? add_problem(problems, rc, &err) : 0;
}

static int start_log(tcn_daemon *daemon, tcn_problems *problems)
{
    const tcn_config *config = &daemon->config;
    daemon->log = tcn_log_new((enum tcn_log_format)config->log.format,
                              (enum tcn_log_level)config->log.level, STDERR_FILENO);
    int rc = daemon->log == NULL ? TCN_E_NOMEM : 0;
    for (size_t i = 0; rc >= 0 && i < config->log.level_count; i++)
        rc = tcn_log_component_set(daemon->log, config->log.levels[i].component,
                                   (enum tcn_log_level)config->log.levels[i].level);
    return rc < 0 ? add_problem(problems, rc, &(tcn_err){0}) : 0;
}

int tcn_daemon_start(tcn_daemon *daemon, const char *config_path, tcn_problems *problems)
{
    static const start_fn steps[] = {
        start_log,         start_store,      start_client, start_plugins, start_ingest,
        start_definitions, start_dispatcher, start_auth,   start_api,     start_server,
    };
    daemon->phase = TCN_DAEMON_STARTING;
    daemon->started_at_us = tcn_clock_wall_us();
    int rc = tcn_config_load(&daemon->config, config_path, problems);
    for (size_t i = 0; i < TCN_COUNT(steps) && rc >= 0 && problems->errors == 0; i++)
        rc = steps[i](daemon, problems);
    daemon->warnings = problems->count - problems->errors;
    return rc < 0 || problems->errors > 0 ? -1 : 0;
}

static void look_at_key(const tcn_daemon *daemon, tcn_problems *problems)
{
    uint8_t key[TCN_STORE_KEY];
    (void)tcn_store_key_read(&daemon->config, NULL, key, problems);
    tcn_secret_wipe(key, sizeof key);
}

void tcn_daemon_look(tcn_daemon *daemon, const char *config_path, tcn_problems *problems)
{
    daemon->phase = TCN_DAEMON_STARTING;
    int rc = tcn_config_load(&daemon->config, config_path, problems);
    if (rc >= 0)
        rc = start_auth(daemon, problems);
    if (rc >= 0)
        look_at_key(daemon, problems);
    if (rc >= 0)
        rc = start_client(daemon, problems);
    if (rc >= 0)
        rc = start_plugins(daemon, problems);
    tcn_stage *stage = NULL;
    if (rc >= 0)
        rc = tcn_stage_begin(daemon->plugins, NULL, TCN_STAGE_ALL, &stage);
    if (rc < 0)
        return;
    json_decref(read_definitions(&daemon->config, stage, problems));
    tcn_stage_abort(stage);
}
