/* SPDX-License-Identifier: Apache-2.0 */
/* status.c - what the daemon says of itself. */
#include "core/daemon/daemon_int.h"

#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/datetime.h"
#include "core/engine/field.h"

const char *tcn_daemon_not_ready(void *ud)
{
    tcn_daemon *daemon = ud;
    if (daemon->phase == TCN_DAEMON_STARTING)
        return "The daemon is starting";
    if (daemon->phase == TCN_DAEMON_STOPPING)
        return "The daemon is stopping";
    tcn_ingest_counts counts;
    tcn_ingest_counts_get(daemon->ingest, &counts);
    daemon->is_defined = daemon->is_defined || !counts.is_changing;
    if (!daemon->is_defined && !counts.is_failed)
        return "The daemon is starting";
    return counts.is_failed ? "The store does not take commits" : NULL;
}

const char *tcn_daemon_ready_note(void *ud)
{
    const tcn_daemon *daemon = ud;
    return daemon->fallback > 0 ? daemon->fallback_text : NULL;
}

int tcn_daemon_reload(const tcn_api_reload *asked, void *ud)
{
    const tcn_daemon *daemon = ud;
    const tcn_reload_request request = {
        .is_plan = asked->is_plan,
        .waits_for_drain = asked->waits_for_drain,
        .trigger = "api",
        .answer = asked->answer,
        .ud = asked->ud,
    };
    if (daemon->reload == NULL)
        return TCN_E_STATE;
    int rc = asked->clears_quarantine && !asked->is_plan
                 ? tcn_plugins_quarantine_clear(daemon->plugins)
                 : 0;
    return rc < 0 ? rc : tcn_reload_ask(daemon->reload, &request);
}

static json_t *configuration_status(const tcn_daemon *daemon)
{
    char at[TCN_DATETIME_TEXT];
    tcn_datetime_format(daemon->configured_at_us, at);
    return json_pack("{s:s, s:s, s:s?}", "file", daemon->config.path, "at", at, "note",
                     tcn_daemon_ready_note((void *)(uintptr_t)daemon));
}

static json_t *engine_status(const tcn_daemon *daemon)
{
    const tcn_engine *engine = tcn_ingest_engine(daemon->ingest);
    tcn_engine_counts c;
    tcn_engine_counts_get(engine, &c);
    char clock[TCN_DATETIME_TEXT];
    tcn_datetime_format(tcn_engine_clock_us(engine), clock);
    json_t *lag_event =
        tcn_uuid_is_nil(&c.lag_event) ? json_null() : tcn_json_uuid(&c.lag_event);
    return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:f,s:o,s:s}",
                     "automations", (json_int_t)tcn_engine_automation_count(engine),
                     "buckets", (json_int_t)c.buckets, "timers", (json_int_t)c.timers,
                     "waiting", (json_int_t)c.waiting, "remembered_ids",
                     (json_int_t)c.remembered_ids, "firings", (json_int_t)c.firings,
                     "suppressed", (json_int_t)c.suppressed, "buckets_refused",
                     (json_int_t)c.limited[TCN_LIMIT_BUCKETS], "followers_early",
                     (json_int_t)c.limited[TCN_LIMIT_WAITING], "ids_early",
                     (json_int_t)c.limited[TCN_LIMIT_IDS], "lag_seconds",
                     (double)c.lag_us / 1e6, "lag_event", lag_event, "clock", clock);
}

static json_t *ingest_status(const tcn_daemon *daemon)
{
    tcn_ingest_counts c;
    tcn_ingest_counts_get(daemon->ingest, &c);
    return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "events", (json_int_t)c.events,
                     "duplicates", (json_int_t)c.duplicates, "refused_busy",
                     (json_int_t)c.refused_busy, "steps", (json_int_t)c.steps,
                     "step_failures", (json_int_t)c.step_failures, "queued_events",
                     (json_int_t)c.queued_events, "replay_mismatches",
                     (json_int_t)c.replay_mismatches);
}

static json_t *store_status(const tcn_daemon *daemon)
{
    tcn_store_counts c;
    tcn_store_counts_get(daemon->store, &c);
    const char *why_not = tcn_daemon_not_ready((void *)(uintptr_t)daemon);
    return json_pack(
        "{s:s?,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:f}", "refuses", why_not, "log_records",
        (json_int_t)c.sequence, "size_bytes", (json_int_t)c.size_bytes, "wal_bytes",
        (json_int_t)c.wal_bytes, "commits", (json_int_t)c.commits, "commit_errors",
        (json_int_t)c.commit_errors, "outbox_queued", (json_int_t)c.outbox_queued,
        "outbox_dead", (json_int_t)c.outbox_dead, "last_commit_ms",
        (double)c.commit_us_last / 1e3);
}

json_t *tcn_daemon_status(void *ud)
{
    tcn_daemon *daemon = ud;
    char started[TCN_DATETIME_TEXT];
    tcn_datetime_format(daemon->started_at_us, started);
    json_t *status = json_pack(
        "{s:s,s:s,s:f,s:o,s:o,s:o,s:o,s:o,s:o,s:I}", "version", TCN_VERSION, "started",
        started, "uptime_seconds",
        (double)(tcn_clock_wall_us() - daemon->started_at_us) / 1e6, "configuration",
        configuration_status(daemon), "reload", tcn_reload_status(daemon->reload),
        "engine", engine_status(daemon), "ingest", ingest_status(daemon), "store",
        store_status(daemon), "outbox", tcn_dispatcher_status(daemon->dispatcher),
        "warnings", (json_int_t)daemon->warnings);
    json_t *plugins = tcn_plugins_status(daemon->plugins);
    if (status != NULL && plugins != NULL)
        json_object_update(status, plugins);
    json_decref(plugins);
    return status;
}

void tcn_daemon_status_log(tcn_daemon *daemon)
{
    json_t *status = tcn_daemon_status(daemon), *value;
    const char *key;
    json_object_foreach(status, key, value)
    {
        bool is_list = json_is_array(value);
        for (size_t i = 0; i < (is_list ? json_array_size(value) : 1); i++) {
            json_t *item = is_list ? json_array_get(value, i) : value;
            char *text = json_dumps(item, JSON_COMPACT | JSON_ENCODE_ANY);
            if (text != NULL)
                tcn_log_write(daemon->log, TCN_LOG_NOTICE, "status", "%s: %s", key, text);
            free(text);
        }
    }
    json_decref(status);
}
