/* SPDX-License-Identifier: Apache-2.0 */
/* status_text.c - a few lines and two tables; what needs a person begins with "!". */
#include "core/cli/status_text.h"

#include <stdio.h>
#include <string.h>

#include "core/base/compiler.h"
#include "core/base/str.h"
#include "core/cli/text_table.h"

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static long long number_of(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

static const char *plural_of(const json_t *object, const char *key)
{
    return tcn_plural((uint64_t)number_of(object, key));
}

/* "2 d 3 h", "3 h 12 min", "12 min", "40 s". */
static void print_span(double seconds)
{
    long long s = (long long)seconds;
    if (s >= 86400)
        printf("%lld d %lld h", s / 86400, s % 86400 / 3600);
    else if (s >= 3600)
        printf("%lld h %lld min", s / 3600, s % 3600 / 60);
    else if (s >= 60)
        printf("%lld min", s / 60);
    else
        printf("%lld s", s);
}

static void print_head(const json_t *status)
{
    const json_t *configuration = json_object_get(status, "configuration");
    const json_t *reload = json_object_get(status, "reload");
    const char *note = text_of(configuration, "note");
    printf("tocsin %s, up ", text_of(status, "version"));
    print_span(json_number_value(json_object_get(status, "uptime_seconds")));
    printf("\nconfiguration  %s, read at %.19s\n", text_of(configuration, "file"),
           text_of(configuration, "at"));
    printf("last reload    %.19s %s (%s), %lld change%s in %.0f ms\n",
           text_of(reload, "at"), text_of(reload, "result"), text_of(reload, "trigger"),
           number_of(reload, "changes"), plural_of(reload, "changes"),
           json_number_value(json_object_get(reload, "took_ms")));
    size_t i;
    const json_t *problem;
    json_array_foreach(json_object_get(reload, "problems"), i, problem)
        printf("               ! %s\n", json_string_value(problem));
    if (note[0] != '\0')
        printf("               ! %s\n", note);
}

/* Blocks that send nothing: among many the tables hide them. */
static void print_trouble(const json_t *status)
{
    size_t i;
    const json_t *block, *lane;
    json_array_foreach(json_object_get(status, "blocks"), i, block)
    {
        const char *state = text_of(block, "state");
        if (strcmp(state, "failed") == 0 || strcmp(state, "quarantined") == 0 ||
            strcmp(state, "stuck") == 0)
            printf("               ! block \"%s\" is %s\n", text_of(block, "name"),
                   state);
    }
    json_array_foreach(json_object_get(status, "outbox"), i, lane)
    {
        long long count = number_of(lane, "queued") + number_of(lane, "in_flight");
        if (json_is_true(json_object_get(lane, "missing")) && count > 0)
            printf("               ! block \"%s\" is not there: %lld action%s wait%s for "
                   "it\n",
                   text_of(lane, "block"), count, tcn_plural((uint64_t)count),
                   count == 1 ? "s" : "");
    }
}

/* By how much absences are judged later, and the event that makes them so. */
static void print_lag(const json_t *engine)
{
    double lag_s = json_number_value(json_object_get(engine, "lag_seconds"));
    const char *event = text_of(engine, "lag_event");
    long long waiting = number_of(engine, "waiting");
    printf("lag            ");
    if (lag_s < 1)
        printf("%.3g ms", lag_s * 1e3);
    else
        print_span(lag_s);
    if (lag_s > 0 && event[0] != '\0')
        printf(" (event %s)", event);
    printf("; %lld event%s wait%s for the one they follow\n", waiting,
           tcn_plural((uint64_t)waiting), waiting == 1 ? "s" : "");
}

/* What the engine's limits have cost since the start. */
static void print_limits(const json_t *engine)
{
    static const struct {
        const char *count, *key, *cost;
    } limits[] = {
        {"buckets_refused", "engine.max_buckets",
         "events that needed a new bucket did not count"},
        {"followers_early", "engine.max_waiting",
         "events were evaluated without the one they follow"},
        {"ids_early", "engine.remembered_ids", "ids were forgotten early"},
    };
    for (size_t i = 0; i < TCN_COUNT(limits); i++) {
        long long count = number_of(engine, limits[i].count);
        if (count > 0)
            printf("               ! %s: %lld %s\n", limits[i].key, count,
                   limits[i].cost);
    }
}

static void print_counts(const json_t *status)
{
    const json_t *engine = json_object_get(status, "engine");
    const json_t *ingest = json_object_get(status, "ingest");
    const json_t *store = json_object_get(status, "store");
    printf("events         %lld taken, %lld duplicate%s, %lld refused, %lld waiting\n",
           number_of(ingest, "events"), number_of(ingest, "duplicates"),
           plural_of(ingest, "duplicates"), number_of(ingest, "refused_busy"),
           number_of(ingest, "queued_events"));
    printf("automations    %lld, %lld firing%s, %lld suppressed; %lld bucket%s, %lld "
           "timer%s\n",
           number_of(engine, "automations"), number_of(engine, "firings"),
           plural_of(engine, "firings"), number_of(engine, "suppressed"),
           number_of(engine, "buckets"), plural_of(engine, "buckets"),
           number_of(engine, "timers"), plural_of(engine, "timers"));
    print_lag(engine);
    print_limits(engine);
    printf("store          %.1f MB, last commit %.1f ms; waiting actions %lld, dead "
           "%lld\n",
           (double)(number_of(store, "size_bytes") + number_of(store, "wal_bytes")) / 1e6,
           json_number_value(json_object_get(store, "last_commit_ms")),
           number_of(store, "outbox_queued"), number_of(store, "outbox_dead"));
    if (text_of(store, "refuses")[0] != '\0')
        printf("               ! %s\n", text_of(store, "refuses"));
    print_trouble(status);
}

static const tcn_text_column plugin_columns[] = {
    {"PLUGIN", "id"},   {"VERSION", "version"},       {"GENERATION", "generation"},
    {"STATE", "state"}, {"INSTANCES", "instances"},   {"IN FLIGHT", "in_flight"},
    {"FILE", "file"},   {"LAST ERROR", "last_error"}, {0},
};

static const tcn_text_column block_columns[] = {
    {"BLOCK", "name"},
    {"PLUGIN", "plugin"},
    {"STATE", "state"},
    {"QUEUED", "queued"},
    {"IN FLIGHT", "in_flight"},
    {"DONE", "done"},
    {"RETRIED", "retried"},
    {"DEAD", "dead"},
    {"PAUSED UNTIL", "paused_until"},
    {"LAST ERROR", "last_error"},
    {0},
};

static json_t *lane_of(const json_t *status, const char *block)
{
    size_t i;
    json_t *lane;
    json_array_foreach(json_object_get(status, "outbox"), i, lane)
    {
        if (strcmp(text_of(lane, "block"), block) == 0)
            return lane;
    }
    return NULL;
}

/* What the dispatcher knows of the block's queue, too. */
static void join_lane(json_t *block, const json_t *lane)
{
    static const char *const keys[] = {"queued",  "in_flight", "done",
                                       "retried", "dead",      "paused_until"};
    for (size_t i = 0; i < TCN_COUNT(keys); i++) {
        json_t *value = json_object_get(lane, keys[i]);
        (void)json_object_set_new(block, keys[i],
                                  value == NULL ? json_integer(0) : json_incref(value));
    }
    if (lane == NULL)
        (void)json_object_set_new(block, "paused_until", json_null());
    json_t *reason = json_object_get(json_object_get(lane, "last_error"), "reason");
    if (reason != NULL && json_object_get(block, "last_error") == NULL)
        (void)json_object_set(block, "last_error", reason);
}

static void print_tables(const json_t *status)
{
    json_t *plugins = json_object_get(status, "plugins");
    json_t *blocks = json_object_get(status, "blocks");
    if (json_array_size(plugins) > 0) {
        printf("\n");
        tcn_text_table_print(plugin_columns, plugins);
    }
    size_t i;
    json_t *block;
    json_array_foreach(blocks, i, block)
        join_lane(block, lane_of(status, text_of(block, "name")));
    if (json_array_size(blocks) > 0) {
        printf("\n");
        tcn_text_table_print(block_columns, blocks);
    }
}

void tcn_status_text_print(json_t *status)
{
    print_head(status);
    print_counts(status);
    print_tables(status);
}
