/* SPDX-License-Identifier: Apache-2.0 */
/* bench_save.c - how long the loop stands still while the state is saved, with a million
 * buckets, as many ids and events between the slices; and what saving and restoring the
 * whole of it takes. CPU time of this thread. */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/base/datetime.h"
#include "core/engine/engine.h"

#define START_US INT64_C(1767225600000000) /* 2026-01-01T00:00:00Z */
#define BUCKETS  1000000
#define SLICE    ((size_t)240 << 10)
#define BETWEEN  200 /* events after each slice */

static void stop(const char *what)
{
    fprintf(stderr, "bench_save: %s\n", what);
    exit(1);
}

static tcn_automation *automation_of(const char *name, json_t *trigger)
{
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

/* Absences of a day, one for each run. */
static tcn_engine *engine_of_absences(void)
{
    tcn_engine *engine = tcn_engine_new(&tcn_engine_limits_default);
    json_t *trigger = json_pack("{s:s,s:[s],s:[s],s:[s],s:i}", "posture", "Proactive",
                                "after", "run.started", "expect", "run.ended", "for_each",
                                "prefect.resource.id", "within", 86400);
    if (engine == NULL ||
        tcn_engine_put_own(engine, automation_of("absence", trigger), START_US) < 0)
        stop("out of memory");
    return engine;
}

/* As many automations as follow in one daemon, none of which gets an event. */
static void put_others(tcn_engine *engine, size_t count)
{
    char text[32];
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(text, sizeof text, "other.%zu", i);
        json_t *trigger = json_pack("{s:s,s:i,s:[s],s:i}", "posture", "Reactive",
                                    "threshold", 1, "expect", text, "within", 10);
        if (tcn_engine_put_own(engine, automation_of(text, trigger), START_US) < 0)
            stop("out of memory");
    }
}

/* The events' times go on from call to call, each event opens or moves the bucket of its
 * run. */
static void feed(tcn_engine *engine, uint64_t *serial, size_t count)
{
    tcn_engine_begin(engine, (*serial + 1) << TCN_POSITION_BITS | TCN_POSITION_EMITTED);
    for (size_t i = 0; i < count; i++) {
        char id[64];
        uint64_t n = ++*serial;
        (void)snprintf(id, sizeof id, "prefect.flow-run.3f8d2c1e-aaaa-bbbb-cccc%012zu",
                       (size_t)(n * 7919 % BUCKETS));
        tcn_label label = {TCN_STR("prefect.resource.id"), tcn_str_c(id)};
        tcn_event event = {
            .occurred_at_us = START_US + (int64_t)n,
            .received_at_us = START_US + (int64_t)n,
            .name = TCN_STR("run.started"),
            .resource = {&label, 1, label.value, TCN_STR("")},
            .payload = TCN_STR("{}"),
            .position = n << TCN_POSITION_BITS,
        };
        uint64_t mixed = n * UINT64_C(0x9e3779b97f4a7c15);
        memcpy(event.id.bytes, &n, 8);
        memcpy(event.id.bytes + 8, &mixed, 8);
        if (tcn_engine_event(engine, &event) != 0)
            stop("an event was not taken");
    }
    tcn_engine_end(engine);
}

static int64_t longer(int64_t longest_us, int64_t from_us)
{
    int64_t took_us = tcn_clock_thread_us() - from_us;
    return took_us > longest_us ? took_us : longest_us;
}

/* A round with events between its slices, as ingest makes it; of everything, or of what
 * changed since the one before. */
static void bench_round(tcn_engine *engine, uint64_t *serial, bool is_whole,
                        const char *name)
{
    tcn_buf piece;
    tcn_buf_init(&piece, SIZE_MAX);
    size_t slices = 0, bytes = 0;
    int64_t begun_us = tcn_clock_thread_us();
    bool was_whole = false;
    if (is_whole)
        tcn_engine_save_abort(engine);
    if (tcn_engine_save_begin(engine, &was_whole) < 0 || is_whole != was_whole)
        stop("no such round began");
    int64_t longest_us = longer(0, begun_us);
    int64_t all_us = longest_us;
    for (int rc = 1; rc == 1; slices++) {
        tcn_buf_reset(&piece);
        int64_t from_us = tcn_clock_thread_us();
        rc = tcn_engine_save_slice(engine, SLICE, &piece);
        if (rc < 0)
            stop("a slice failed");
        longest_us = longer(longest_us, from_us);
        all_us += tcn_clock_thread_us() - from_us;
        bytes += piece.len;
        feed(engine, serial, BETWEEN);
    }
    tcn_buf_deinit(&piece);
    printf("{\"bench\":\"save\",\"case\":\"save slice, longest pause, %s\","
           "\"longest_ms\":%.2f,\"most_ms\":10,\"slices\":%zu,\"mib\":%.1f,"
           "\"cpu_ms\":%.0f}\n",
           name, (double)longest_us / 1e3, slices, (double)bytes / (1 << 20),
           (double)all_us / 1e3);
    (void)fflush(stdout);
}

static void bench_restore(tcn_engine *engine)
{
    tcn_buf state;
    tcn_buf_init(&state, SIZE_MAX);
    int64_t from_us = tcn_clock_thread_us();
    bool is_whole = false;
    if (tcn_engine_save(engine, true, &state, &is_whole) < 0)
        stop("out of memory");
    int64_t saved_us = tcn_clock_thread_us();
    tcn_engine *restored = tcn_engine_new(&tcn_engine_limits_default);
    tcn_err err = {0};
    if (restored == NULL || tcn_engine_restore(restored, tcn_buf_str(&state), &err) < 0)
        stop(err.text);
    int64_t restored_us = tcn_clock_thread_us();
    printf("{\"bench\":\"save\",\"case\":\"save and restore 1000000 buckets and ids\","
           "\"save_ms\":%.0f,\"restore_ms\":%.0f,\"mib\":%.1f}\n",
           (double)(saved_us - from_us) / 1e3, (double)(restored_us - saved_us) / 1e3,
           (double)state.len / (1 << 20));
    (void)fflush(stdout);
    tcn_buf_deinit(&state);
    tcn_engine_free(restored);
}

int main(void)
{
    uint64_t serial = 0;
    tcn_engine *engine = engine_of_absences();
    for (size_t i = 0; i < BUCKETS / BETWEEN; i++)
        feed(engine, &serial, BETWEEN);
    bench_round(engine, &serial, true, "1000000 buckets");
    bench_round(engine, &serial, false, "what changed meanwhile");
    feed(engine, &serial, 1000);
    bench_round(engine, &serial, false, "1000 events later");
    bench_round(engine, &serial, true, "1000000 buckets again");
    bench_restore(engine);
    put_others(engine, 100000);
    bench_round(engine, &serial, true, "100000 automations more");
    feed(engine, &serial, 1000);
    bench_round(engine, &serial, false, "1000 events later, too");
    tcn_engine_free(engine);
    return 0;
}
