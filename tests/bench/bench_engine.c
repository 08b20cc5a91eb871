/* SPDX-License-Identifier: Apache-2.0 */
/* bench_engine.c - what the engine costs in memory: an event by the number of
 * automations, a bucket, a timer, a change of one automation. CPU time of this thread;
 * each row is the best of some rounds. */
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/base/datetime.h"
#include "core/engine/engine.h"
#include "tests/bench/samples.h"

#define START_US INT64_C(1767225600000000) /* 2026-01-01T00:00:00Z */
#define EVENTS   20000
#define STEP     500
#define ROUNDS   40
#define IDS      100000 /* remembered */
#define WARM_UP  6      /* rounds, after which as many go as come */

static void stop(const char *what)
{
    samples_stop("bench_engine", what);
}

/* ---- automations on distinct resources: exact, globs, negations, related ones ---- */

static json_t *trigger_of(size_t i)
{
    char resource[64];
    json_t *trigger =
        json_pack("{s:s,s:i,s:i,s:[s]}", "posture", "Reactive", "threshold", 1000000000,
                  "within", 3600, "expect", "prefect.flow-run.Failed");
    json_t *match = NULL;
    json_t *related = NULL;
    switch (i % 4) {
    case 0:
        (void)snprintf(resource, sizeof resource, "job.%zu.run", i);
        match = json_pack("{s:s}", "prefect.resource.id", resource);
        break;
    case 1:
        (void)snprintf(resource, sizeof resource, "job.%zu.*", i);
        match = json_pack("{s:s,s:s}", "prefect.resource.id", resource, "env", "!dev");
        break;
    case 2:
        (void)snprintf(resource, sizeof resource, "deployment.%zu", i);
        related = json_pack("{s:s,s:s}", "prefect.resource.id", resource,
                            "prefect.resource.role", "deployment");
        match = json_pack("{s:s}", "prefect.resource.id", "job.*");
        break;
    default:
        (void)snprintf(resource, sizeof resource, "job.%zu.run", i);
        match =
            json_pack("{s:[s,s]}", "prefect.resource.id", resource, "host.[a-z]*.none");
        break;
    }
    if (match != NULL)
        json_object_set_new(trigger, "match", match);
    if (related != NULL)
        json_object_set_new(trigger, "match_related", related);
    return trigger;
}

static tcn_automation *automation_of(size_t i, json_t *trigger)
{
    char name[32];
    (void)snprintf(name, sizeof name, "automation %zu", i);
    json_t *document =
        json_pack("{s:s,s:o,s:[]}", "name", name, "trigger", trigger, "actions");
    tcn_uuid id = tcn_automation_file_id(tcn_str_c(name));
    tcn_automation *automation = NULL;
    tcn_problems problems;
    tcn_problems_init(&problems);
    if (tcn_automation_parse(document, &id, &tcn_automation_limits_default, &automation,
                             &problems) < 0)
        stop("a definition was refused");
    tcn_problems_deinit(&problems);
    json_decref(document);
    return automation;
}

static tcn_engine *engine_with(size_t count)
{
    tcn_engine_limits limits = tcn_engine_limits_default;
    limits.remembered_ids = IDS;
    tcn_engine *engine = tcn_engine_new(&limits);
    if (engine == NULL)
        stop("out of memory");
    tcn_automation **automations = tcn_alloc_array(count, sizeof(tcn_automation *));
    if (automations == NULL)
        stop("out of memory");
    for (size_t i = 0; i < count; i++)
        automations[i] = automation_of(i, trigger_of(i));
    if (tcn_engine_define_own(engine, automations, count, START_US) < 0)
        stop("out of memory");
    tcn_free(automations);
    return engine;
}

/* ---- steps ---- */

static uint64_t next_serial;

/* Begins a step of events, each a new one, a microsecond later than the one before. */
static void begin_step(tcn_engine *engine, tcn_event *events, size_t count,
                       int64_t *clock_us)
{
    tcn_engine_begin(engine, ++next_serial << TCN_POSITION_BITS | TCN_POSITION_EMITTED);
    for (size_t i = 0; i < count; i++) {
        uint64_t id = ++next_serial * UINT64_C(0x9e3779b97f4a7c15);
        memcpy(events[i].id.bytes, &next_serial, 8);
        memcpy(events[i].id.bytes + 8, &id, 8);
        events[i].received_at_us = ++*clock_us;
        events[i].occurred_at_us = *clock_us;
        events[i].position = next_serial << TCN_POSITION_BITS;
    }
    tcn_engine_announce(engine, events, count);
}

static void run_step(tcn_engine *engine, tcn_event *events, size_t count,
                     int64_t *clock_us)
{
    begin_step(engine, events, count, clock_us);
    for (size_t i = 0; i < count; i++) {
        if (tcn_engine_event(engine, &events[i]) != 0)
            stop("an event was not taken");
    }
    tcn_engine_end(engine);
}

/* Returns CPU microseconds. */
static int64_t run_samples(tcn_engine *engine, samples *all, int64_t *clock_us)
{
    int64_t begun_us = tcn_clock_thread_us();
    for (size_t i = 0; i < all->count; i += STEP)
        run_step(engine, all->events + i, all->count - i < STEP ? all->count - i : STEP,
                 clock_us);
    return tcn_clock_thread_us() - begun_us;
}

static void print_row(const char *name, double cpu_us, double floor, const char *more)
{
    printf("{\"bench\":\"engine\",\"case\":\"%s\",\"cpu_us\":%.4f,\"per_second\":%.0f,"
           "\"floor\":%.4f,\"ratio\":%.3f%s}\n",
           name, cpu_us, 1e6 / cpu_us, floor, cpu_us / floor, more);
    (void)fflush(stdout);
}

static double cost_of_event(size_t automations, const char *kind)
{
    tcn_engine *engine = engine_with(automations);
    samples batch = samples_of(kind, 0, automations, STEP);
    int64_t clock_us = START_US;
    double best = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t cpu_us = 0;
        for (size_t i = 0; i < EVENTS; i += STEP) {
            samples_refill(&batch, kind, automations);
            cpu_us += run_samples(engine, &batch, &clock_us);
        }
        double cost = (double)cpu_us / EVENTS;
        if (round >= WARM_UP && cost < best)
            best = cost;
    }
    samples_free(&batch);
    tcn_engine_free(engine);
    return best;
}

static void bench_events(const char *kind, const char *suffix)
{
    static const size_t counts[] = {10, 1000, 10000, 100000};
    double floor = 0;
    for (size_t i = 0; i < TCN_COUNT(counts); i++) {
        char name[64];
        double cost = cost_of_event(counts[i], kind);
        floor = i == 0 ? cost : floor;
        (void)snprintf(name, sizeof name, "%zu automations%s", counts[i], suffix);
        print_row(name, cost, floor, "");
    }
}

/* ---- one automation more or less ---- */

static void bench_changes(void)
{
    enum {
        COUNT = 100000,
        CHANGES = 2000
    };
    static tcn_automation *more[CHANGES];
    tcn_uuid ids[CHANGES];
    tcn_engine *engine = engine_with(COUNT);
    for (size_t i = 0; i < CHANGES; i++) {
        more[i] = automation_of(COUNT + i, trigger_of(COUNT + i));
        ids[i] = more[i]->id;
    }
    int64_t begun_us = tcn_clock_thread_us();
    for (size_t i = 0; i < CHANGES; i++)
        (void)tcn_engine_put_own(engine, more[i], START_US);
    int64_t added_us = tcn_clock_thread_us();
    for (size_t i = 0; i < CHANGES; i++)
        (void)tcn_engine_remove(engine, &ids[i], TCN_REMOVED_BY_HAND, START_US);
    int64_t removed_us = tcn_clock_thread_us();
    print_row("add one to 100000 automations", (double)(added_us - begun_us) / CHANGES,
              50, "");
    print_row("remove one of 100000 automations",
              (double)(removed_us - added_us) / CHANGES, 50, "");
    tcn_engine_free(engine);
}

/* ---- a million buckets and timers ---- */

static size_t heap_bytes(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static tcn_engine *engine_of_absence(void)
{
    tcn_engine_limits limits = tcn_engine_limits_default;
    limits.remembered_ids = 1000;
    tcn_engine *engine = tcn_engine_new(&limits);
    json_t *trigger = json_pack("{s:s,s:[s],s:[s],s:[s],s:i}", "posture", "Proactive",
                                "after", "prefect.flow-run.Failed", "expect", "never",
                                "for_each", "prefect.resource.id", "within", 60);
    if (engine == NULL ||
        tcn_engine_put_own(engine, automation_of(0, trigger), START_US) < 0)
        stop("out of memory");
    return engine;
}

#define MILLION 1000000

/* Returns CPU microseconds. */
static int64_t open_million(tcn_engine *engine, int64_t *clock_us)
{
    enum {
        PART = 100000
    };
    int64_t cpu_us = 0;
    for (size_t part = 0; part < MILLION / PART; part++) {
        samples all = samples_of("prefect.flow-run.3f8d2c1e-aaaa-bbbb-cccc", part * PART,
                                 PART, PART);
        cpu_us += run_samples(engine, &all, clock_us);
        samples_free(&all);
    }
    return cpu_us;
}

/* A step in which time passes. Its result is that of tcn_engine_advance; *longest_us is
 * the longest step so far. */
static int pass_time(tcn_engine *engine, int64_t to_us, int64_t *longest_us)
{
    static uint64_t sequence = UINT64_C(1) << 40;
    int64_t step_us = tcn_clock_thread_us();
    tcn_engine_begin(engine, sequence++ << TCN_POSITION_BITS | TCN_POSITION_EMITTED);
    int rc = tcn_engine_advance(engine, to_us, false);
    tcn_engine_end(engine);
    step_us = tcn_clock_thread_us() - step_us;
    *longest_us = step_us > *longest_us ? step_us : *longest_us;
    return rc;
}

static void print_million(const char *name, int64_t begun_us, int64_t longest_us)
{
    char more[64];
    double seconds = (double)(tcn_clock_thread_us() - begun_us) / 1e6;
    (void)snprintf(more, sizeof more, ",\"seconds\":%.3f,\"longest_ms\":%.1f", seconds,
                   (double)longest_us / 1e3);
    print_row(name, seconds * 1e6 / MILLION, 2, more);
}

static void bench_million(void)
{
    char more[64];
    tcn_engine *engine = engine_of_absence();
    size_t before = heap_bytes();
    int64_t clock_us = START_US;
    int64_t cpu_us = open_million(engine, &clock_us);
    double bytes = (double)(heap_bytes() - before) / MILLION;
    (void)snprintf(more, sizeof more, ",\"bytes\":%.1f", bytes);
    print_row("open one of 1000000 buckets", (double)cpu_us / MILLION, 2, more);

    int64_t begun_us = tcn_clock_thread_us();
    int64_t longest_us = 0;
    while (pass_time(engine, clock_us + 61 * TCN_SECOND_US, &longest_us) == 1)
        continue;
    print_million("fire one of 1000000 timers of one second", begun_us, longest_us);
    tcn_engine_counts counts;
    tcn_engine_counts_get(engine, &counts);
    if (counts.firings != MILLION)
        stop("not every timer fired");
    tcn_engine_free(engine);
}

static void bench_leaving(void)
{
    tcn_engine *engine = engine_of_absence();
    int64_t clock_us = START_US;
    (void)open_million(engine, &clock_us);
    tcn_uuid id = tcn_engine_automation_at(engine, 0)->id;
    int64_t begun_us = tcn_clock_thread_us();
    (void)tcn_engine_remove(engine, &id, TCN_REMOVED_BY_HAND, clock_us);
    int64_t longest_us = tcn_clock_thread_us() - begun_us;
    while (tcn_engine_has_leftovers(engine))
        (void)pass_time(engine, ++clock_us, &longest_us);
    print_million("remove an automation with 1000000 buckets, of each", begun_us,
                  longest_us);
    tcn_engine_free(engine);
}

/* ---- the worst cases: what bounds the time of one event ---- */

static void add_text(tcn_engine *engine, size_t i, json_t *trigger)
{
    if (trigger == NULL ||
        tcn_engine_put_own(engine, automation_of(i, trigger), START_US) < 0)
        stop("out of memory");
}

/* One event, in pieces as the daemon takes it; the longest of them. */
static int64_t run_in_pieces(tcn_engine *engine, tcn_event *event, int64_t *clock_us)
{
    int64_t longest_us = 0;
    int rc = TCN_ENGINE_PAUSED;
    for (bool has_begun = false; rc == TCN_ENGINE_PAUSED; has_begun = true) {
        int64_t begun_us = tcn_clock_thread_us();
        tcn_engine_rest(engine, TCN_ENGINE_PIECE);
        if (!has_begun)
            begin_step(engine, event, 1, clock_us);
        rc = has_begun ? tcn_engine_go_on(engine) : tcn_engine_event(engine, event);
        if (rc != TCN_ENGINE_PAUSED)
            tcn_engine_end(engine);
        int64_t took_us = tcn_clock_thread_us() - begun_us;
        longest_us = took_us > longest_us ? took_us : longest_us;
    }
    tcn_engine_rest(engine, 0);
    return longest_us;
}

/* Runs event some times; the row says what one costs, what that is a part, and the
 * longest piece. */
static void worst_row(const char *name, tcn_engine *engine, tcn_event *event,
                      size_t parts, size_t firings)
{
    char more[96];
    int64_t clock_us = START_US;
    double best = 1e12;
    int64_t longest = INT64_MAX;
    for (int round = 0; round < 5; round++) {
        tcn_engine_counts before, after;
        tcn_engine_counts_get(engine, &before);
        int64_t begun_us = tcn_clock_thread_us();
        run_step(engine, event, 1, &clock_us);
        double cost = (double)(tcn_clock_thread_us() - begun_us);
        tcn_engine_counts_get(engine, &after);
        best = cost < best ? cost : best;
        int64_t piece = run_in_pieces(engine, event, &clock_us);
        longest = piece < longest ? piece : longest;
        if (after.firings - before.firings != firings)
            stop("a worst case fired another number of times");
    }
    (void)snprintf(more, sizeof more,
                   ",\"parts\":%zu,\"us_a_part\":%.3f,\"longest_ms\":%.1f", parts,
                   best / (double)parts, (double)longest / 1e3);
    print_row(name, best, 10000, more);
    tcn_engine_free(engine);
}

static tcn_engine *engine_empty(void)
{
    tcn_engine *engine = tcn_engine_new(&tcn_engine_limits_default);
    if (engine == NULL)
        stop("out of memory");
    return engine;
}

/* Every automation counts every event; with a threshold of 1 all of them fire. */
static void bench_all_match(const char *name, size_t count, int threshold)
{
    tcn_engine *engine = engine_empty();
    for (size_t i = 0; i < count; i++)
        add_text(engine, i,
                 json_pack("{s:s,s:i,s:[s]}", "posture", "Reactive", "threshold",
                           threshold, "expect", "prefect.flow-run.*"));
    samples all = samples_of("job", 0, 1, 1);
    worst_row(name, engine, all.events, count, threshold == 1 ? count : 0);
    samples_free(&all);
}

static void bench_megabyte_key(void)
{
    enum {
        SIZE = 1000000
    };
    char *text = tcn_alloc(SIZE);
    tcn_engine *engine = engine_empty();
    add_text(engine, 0,
             json_pack("{s:s,s:i,s:i,s:[s]}", "posture", "Reactive", "threshold", 1000000,
                       "within", 3600, "for_each", "env"));
    samples all = samples_of("job", 0, 1, 1);
    if (text == NULL)
        stop("out of memory");
    memset(text, 'x', SIZE);
    all.texts[0].labels[2].value = tcn_str_of(text, SIZE);
    worst_row("an event with a key of a megabyte", engine, all.events, 1, 0);
    samples_free(&all);
    tcn_free(text);
}

static json_t *immediate(void)
{
    return json_pack("{s:s,s:[s]}", "posture", "Reactive", "expect",
                     "prefect.flow-run.*");
}

/* All children fire at once, and with them the compound. */
static void bench_children(void)
{
    enum {
        CHILDREN = 1000
    };
    tcn_engine *engine = engine_empty();
    json_t *children = json_array();
    for (size_t i = 0; i < CHILDREN; i++)
        json_array_append_new(children, immediate());
    add_text(engine, 0,
             json_pack("{s:s,s:s,s:i,s:o}", "type", "compound", "require", "all",
                       "within", 60, "triggers", children));
    samples all = samples_of("job", 0, 1, 1);
    worst_row("a compound of 1000 children that all fire", engine, all.events, CHILDREN,
              1);
    samples_free(&all);
}

static void bench_nesting(void)
{
    uint32_t depth = tcn_automation_limits_default.trigger_depth;
    json_t *trigger = immediate();
    for (uint32_t i = 1; i < depth; i++)
        trigger = json_pack("{s:s,s:s,s:i,s:[o,o]}", "type", "compound", "require", "all",
                            "within", 60, "triggers", trigger, immediate());
    tcn_engine *engine = engine_empty();
    add_text(engine, 0, trigger);
    samples all = samples_of("job", 0, 1, 1);
    worst_row("compounds nested 16 deep that all fire", engine, all.events, depth, 1);
    samples_free(&all);
}

static void bench_worst(void)
{
    bench_all_match("an event that 100000 automations count", 100000, 1000000000);
    bench_all_match("an event that makes 10000 automations fire", 10000, 1);
    bench_megabyte_key();
    bench_children();
    bench_nesting();
}

int main(void)
{
    bench_events("job", "");
    bench_events("other", ", no match");
    bench_changes();
    bench_million();
    bench_leaving();
    bench_worst();
    return 0;
}
