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
#include "core/daemon/crash.h"
#include "core/daemon/files.h"
#include "core/daemon/settings.h"
#include "core/daemon/store_key.h"
#include "core/option/secret.h"

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
    int rc = tcn_settings_guard(config, &daemon->guard, &err);
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

static int start_plugins(tcn_daemon *daemon, tcn_problems *problems)
{
    tcn_err err = {0};
    tcn_plugins_options options = tcn_settings_plugins(&daemon->config);
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

/* Who crashed before, and who will. */
static int start_crash(tcn_daemon *daemon, tcn_problems *problems)
{
    char path[4096];
    tcn_err err = {0};
    (void)snprintf(path, sizeof path, "%s/crashes", daemon->config.state_dir);
    int rc = tcn_plugins_quarantine_load(daemon->plugins, path, &err);
    if (rc >= 0)
        rc = tcn_crash_watch(daemon->plugins, path, &err);
    return rc < 0 ? add_problem(problems, rc, &err) : 0;
}

static int start_catalog(tcn_daemon *daemon, tcn_problems *problems)
{
    tcn_err err = {0};
    const tcn_catalog_options options = {
        .loop = &daemon->loop,
        .log = daemon->log,
        .store = daemon->store,
        .plugins = daemon->plugins,
        .documents = (size_t)daemon->config.limits.blocks,
    };
    int rc = tcn_catalog_new(&options, &daemon->catalog);
    if (rc >= 0)
        rc = tcn_catalog_load(daemon->catalog, &err);
    return rc < 0 ? add_problem(problems, rc, &err) : 0;
}

static int start_ingest(tcn_daemon *daemon, tcn_problems *problems)
{
    tcn_ingest_options options = tcn_settings_ingest(&daemon->config);
    options.loop = &daemon->loop;
    options.log = daemon->log;
    options.store = daemon->store;
    tcn_err err = {0};
    int rc = tcn_ingest_new(&options, &daemon->ingest);
    if (rc >= 0)
        rc = tcn_ingest_recover(daemon->ingest, &err);
    return rc < 0 ? add_problem(problems, rc, &err) : 0;
}

static int start_reload(tcn_daemon *daemon, tcn_problems *problems)
{
    int rc = tcn_reload_new(daemon, &daemon->reload);
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

static int start_auth(tcn_daemon *daemon, tcn_problems *problems)
{
    return tcn_settings_auth(&daemon->config, daemon->log, &daemon->auth, problems);
}

static int start_api(tcn_daemon *daemon, tcn_problems *problems)
{
    tcn_api_options options = {
        .log = daemon->log,
        .ingest = daemon->ingest,
        .store = daemon->store,
        .plugins = daemon->plugins,
        .dispatcher = daemon->dispatcher,
        .catalog = daemon->catalog,
        .events = tcn_settings_events(&daemon->config),
        .auth = daemon->auth,
        .not_ready = tcn_daemon_not_ready,
        .ready_note = tcn_daemon_ready_note,
        .reload = tcn_daemon_reload,
        .status = tcn_daemon_status,
        .ud = daemon,
    };
    int rc = tcn_api_new(&options, &daemon->api);
    if (rc >= 0)
        rc = tcn_settings_hosts(&daemon->config, daemon->api);
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
    tcn_server_limits limits = tcn_settings_server(config);
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
    int rc = daemon->log == NULL ? TCN_E_NOMEM : tcn_settings_log(config, daemon->log);
    return rc < 0 ? add_problem(problems, rc, &(tcn_err){0}) : 0;
}

int tcn_daemon_start(tcn_daemon *daemon, const char *config_path, tcn_problems *problems)
{
    static const start_fn steps[] = {
        start_log,     start_store,  start_client, start_plugins,     start_crash,
        start_catalog, start_ingest, start_reload, tcn_daemon_define, start_dispatcher,
        start_auth,    start_api,    start_server,
    };
    daemon->phase = TCN_DAEMON_STARTING;
    daemon->started_at_us = tcn_clock_wall_us();
    daemon->configured_at_us = daemon->started_at_us;
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
    if (rc >= 0)
        tcn_daemon_check_definitions(daemon, problems);
}
