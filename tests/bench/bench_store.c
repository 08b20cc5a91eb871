/* SPDX-License-Identifier: Apache-2.0 */
/* bench_store.c - what it costs to make a step durable: recorded events in batches
 * through the store's door, beside SQLite inserting one row per event with two indexes,
 * on the same disk and with the same synchronous setting. Both take turns; rows show the
 * median of the turns, in CPU time of the process (all its threads, checkpoints included)
 * per event. ratio is ours divided by the floor's. */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/event/decode.h"
#include "core/store/store.h"

#define SAMPLE     TCN_TEST_DATA "/events/workload.ndjson"
#define SAMPLE_MAX 1000
#define TURNS      5
#define SYNCS      200

typedef struct sample {
    tcn_arena arena;
    tcn_event events[SAMPLE_MAX];
    size_t count;
} sample;

/* One setting under measurement. */
typedef struct setting {
    const sample *events;
    size_t batch, commits; /* of one turn */
    tcn_store *store;
    uv_loop_t *loop;
    sqlite3 *floor;
    sqlite3_stmt *insert;
    size_t next; /* event to be taken */
    int status;
} setting;

typedef struct cost {
    double cpu_us, wall_us; /* per event */
} cost;

static int fail(const char *what)
{
    (void)fprintf(stderr, "bench_store: %s\n", what);
    return -1;
}

static int sample_read(sample *s)
{
    FILE *file = fopen(SAMPLE, "r");
    if (file == NULL)
        return fail("no recorded events");
    char *line = NULL;
    size_t room = 0;
    ssize_t len = 0;
    while (s->count < SAMPLE_MAX && (len = getline(&line, &room, file)) > 1) {
        tcn_str text = tcn_arena_str(&s->arena, tcn_str_of(line, (size_t)len - 1));
        tcn_event *event = &s->events[s->count++];
        if (text.ptr == NULL ||
            tcn_event_decode(text, &tcn_event_limits_default, &s->arena, event, NULL) < 0)
            return fail("a recorded event cannot be decoded");
    }
    free(line);
    (void)fclose(file);
    return s->count > 0 ? 0 : fail("no recorded events");
}

/* ---- ours ---- */

static void on_commit(int status, tcn_outbox_entry **entries, size_t count, void *ud)
{
    (void)entries;
    (void)count;
    *(int *)ud = status;
}

static int commit_batch(setting *s)
{
    const tcn_event *events[SAMPLE_MAX];
    for (size_t i = 0; i < s->batch; i++)
        events[i] = &s->events->events[s->next++ % s->events->count];
    tcn_store_step step = {
        .clock_us = events[0]->received_at_us,
        .events = events,
        .event_count = s->batch,
    };
    int rc = tcn_store_commit(s->store, &step, on_commit, &s->status);
    if (rc == 0)
        uv_run(s->loop, UV_RUN_DEFAULT);
    return rc < 0 ? rc : s->status;
}

/* ---- the floor ---- */

static int open_floor(setting *s, const char *path, bool is_full)
{
    static const char schema[] =
        "PRAGMA journal_mode = WAL; PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;"
        "CREATE TABLE event (n INTEGER PRIMARY KEY, id BLOB, occurred INTEGER, body BLOB);"
        "CREATE INDEX event_id ON event (id); CREATE INDEX event_occurred ON event (occurred)";
    static const char insert[] =
        "INSERT INTO event (id, occurred, body) VALUES (?1, ?2, ?3)";
    if (sqlite3_open(path, &s->floor) != SQLITE_OK ||
        sqlite3_exec(s->floor,
                     is_full ? "PRAGMA synchronous = FULL"
                             : "PRAGMA synchronous = NORMAL",
                     NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(s->floor, schema, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(s->floor, insert, -1, &s->insert, NULL) != SQLITE_OK)
        return fail(sqlite3_errmsg(s->floor));
    return 0;
}

static int insert_batch(setting *s)
{
    if (sqlite3_exec(s->floor, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return -1;
    for (size_t i = 0; i < s->batch; i++) {
        const tcn_event *event = &s->events->events[s->next++ % s->events->count];
        tcn_uuid id = event->id; /* different each time it is taken */
        uint64_t n = s->next * UINT64_C(0x9e3779b97f4a7c15);
        memcpy(id.bytes + 8, &n, sizeof n);
        sqlite3_bind_blob(s->insert, 1, id.bytes, sizeof id.bytes, SQLITE_STATIC);
        sqlite3_bind_int64(s->insert, 2, event->occurred_at_us + (int64_t)s->next);
        sqlite3_bind_blob64(s->insert, 3, event->source.ptr, event->source.len,
                            SQLITE_STATIC);
        if (sqlite3_step(s->insert) != SQLITE_DONE)
            return -1;
        sqlite3_reset(s->insert);
    }
    return sqlite3_exec(s->floor, "COMMIT", NULL, NULL, NULL) == SQLITE_OK ? 0 : -1;
}

/* ---- measuring ---- */

static int measure(int (*once)(setting *s), setting *s, cost *ret)
{
    int64_t cpu_us = tcn_clock_cpu_us(), wall_us = tcn_clock_mono_us();
    for (size_t i = 0; i < s->commits; i++) {
        if (once(s) < 0)
            return fail("a batch was not committed");
    }
    double events = (double)(s->commits * s->batch);
    ret->cpu_us = (double)(tcn_clock_cpu_us() - cpu_us) / events;
    ret->wall_us = (double)(tcn_clock_mono_us() - wall_us) / events;
    return 0;
}

static int by_cpu(const void *left, const void *right)
{
    const cost *a = left, *b = right;
    return (a->cpu_us > b->cpu_us) - (a->cpu_us < b->cpu_us);
}

static int run_setting(setting *s, bool is_full)
{
    cost ours[TURNS], floor[TURNS], unused;
    if (measure(commit_batch, s, &unused) < 0 || measure(insert_batch, s, &unused) < 0)
        return -1;
    for (int i = 0; i < TURNS; i++) {
        if (measure(commit_batch, s, &ours[i]) < 0 ||
            measure(insert_batch, s, &floor[i]) < 0)
            return -1;
    }
    qsort(ours, TURNS, sizeof ours[0], by_cpu);
    qsort(floor, TURNS, sizeof floor[0], by_cpu);
    const cost *o = &ours[TURNS / 2], *f = &floor[TURNS / 2];
    (void)printf(
        "{\"bench\":\"store\",\"case\":\"batch of %zu, sync %s\",\"cpu_us\":%.2f,"
        "\"per_second\":%.0f,\"floor\":\"SQLite, one row per event with two indexes\","
        "\"floor_us\":%.2f,\"ratio\":%.3f,\"cpu_us_min\":%.2f,\"cpu_us_max\":%.2f,"
        "\"wall_us\":%.1f,\"floor_wall_us\":%.1f}\n",
        s->batch, is_full ? "full" : "normal", o->cpu_us, 1e6 / o->cpu_us, f->cpu_us,
        o->cpu_us / f->cpu_us, ours[0].cpu_us, ours[TURNS - 1].cpu_us, o->wall_us,
        f->wall_us);
    (void)fflush(stdout);
    return 0;
}

static void remove_files(const char *folder, const char *name)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
    char path[512];
    for (size_t i = 0; i < TCN_COUNT(suffixes); i++) {
        (void)snprintf(path, sizeof path, "%s/%s%s", folder, name, suffixes[i]);
        (void)unlink(path);
    }
}

static int with_files(const sample *events, const char *folder, bool is_full,
                      size_t batch, size_t commits)
{
    char ours[512], floor[512];
    (void)snprintf(ours, sizeof ours, "%s/ours.db", folder);
    (void)snprintf(floor, sizeof floor, "%s/floor.db", folder);
    uv_loop_t loop;
    uv_loop_init(&loop);
    setting s = {.events = events, .batch = batch, .commits = commits, .loop = &loop};
    tcn_store_options options = {
        .path = ours,
        .sync = is_full ? TCN_STORE_FULL : TCN_STORE_NORMAL,
        .loop = &loop,
    };
    tcn_err err = {0};
    int rc = tcn_store_open(&options, &s.store, &err);
    if (rc < 0)
        (void)fail(err.text);
    if (rc >= 0)
        rc = open_floor(&s, floor, is_full);
    if (rc >= 0)
        rc = run_setting(&s, is_full);
    sqlite3_finalize(s.insert);
    sqlite3_close(s.floor);
    tcn_store_close(s.store);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    remove_files(folder, "ours.db");
    remove_files(folder, "floor.db");
    return rc;
}

static int by_value(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* One fdatasync after a small write that makes the file grow: what sync full waits for.
 */
static int run_fdatasync(const char *folder)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/sync", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int64_t took_us[SYNCS];
    static const char page[4096];
    for (size_t i = 0; fd >= 0 && i < SYNCS; i++) {
        if (write(fd, page, sizeof page) != (ssize_t)sizeof page)
            break;
        took_us[i] = tcn_clock_mono_us();
        (void)fdatasync(fd);
        took_us[i] = tcn_clock_mono_us() - took_us[i];
    }
    if (fd < 0)
        return fail("no file for fdatasync");
    close(fd);
    (void)unlink(path);
    qsort(took_us, SYNCS, sizeof took_us[0], by_value);
    (void)printf(
        "{\"bench\":\"store\",\"case\":\"one fdatasync on this disk\",\"wall_us\":%lld,"
        "\"wall_us_p99\":%lld}\n",
        (long long)took_us[SYNCS / 2], (long long)took_us[SYNCS * 99 / 100]);
    return 0;
}

static int run_all(const sample *events, const char *folder)
{
    static const struct {
        size_t batch, commits_normal, commits_full;
    } rows[] = {{1, 3000, 200}, {50, 300, 100}, {500, 40, 30}};
    int rc = run_fdatasync(folder);
    for (int full = 0; full < 2; full++) {
        for (size_t i = 0; rc >= 0 && i < TCN_COUNT(rows); i++)
            rc = with_files(events, folder, full == 1, rows[i].batch,
                            full == 1 ? rows[i].commits_full : rows[i].commits_normal);
    }
    return rc;
}

int main(void)
{
    static sample events;
    tcn_arena_init(&events.arena, 0);
    const char *base = getenv("TMPDIR");
    char folder[256];
    (void)snprintf(folder, sizeof folder, "%s/tocsin_bench_XXXXXX",
                   base != NULL ? base : P_tmpdir);
    int rc = sample_read(&events);
    if (rc >= 0 && mkdtemp(folder) == NULL)
        rc = fail("no temporary folder");
    if (rc >= 0) {
        rc = run_all(&events, folder);
        (void)rmdir(folder);
    }
    tcn_arena_deinit(&events.arena);
    return rc < 0;
}
