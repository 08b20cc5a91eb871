/* SPDX-License-Identifier: Apache-2.0 */
/* fixture.c - the helpers of the store's tests. */
#include "fixture.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/event/decode.h"

static void remove_files(const fixture *f)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock", "-journal"};
    char name[128];
    for (size_t i = 0; i < TCN_COUNT(suffixes); i++) {
        snprintf(name, sizeof name, "%s%s", f->path, suffixes[i]);
        (void)unlink(name);
    }
    (void)rmdir(f->folder);
}

int fixture_open(fixture *f, enum tcn_store_sync sync, tcn_err *reterr)
{
    tcn_store_options options = {.path = f->path, .sync = sync, .loop = &f->loop};
    return tcn_store_open(&options, &f->store, reterr);
}

void fixture_close(fixture *f)
{
    tcn_store_close(f->store);
    f->store = NULL;
    uv_run(&f->loop, UV_RUN_DEFAULT);
}

void fixture_reopen(fixture *f)
{
    tcn_err err = {0};
    fixture_close(f);
    int rc = fixture_open(f, TCN_STORE_NORMAL, &err);
    if (rc < 0)
        fail_msg("%s", err.text);
}

int fixture_setup(void **state)
{
    fixture *f = tcn_alloc_zero(sizeof *f);
    assert_non_null(f);
    snprintf(f->folder, sizeof f->folder, "%s/tcn_store_XXXXXX",
             getenv("TMPDIR") != NULL ? getenv("TMPDIR") : P_tmpdir);
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/t.db", f->folder);
    tcn_arena_init(&f->arena, 0);
    assert_int_equal(uv_loop_init(&f->loop), 0);
    tcn_err err = {0};
    int rc = fixture_open(f, TCN_STORE_NORMAL, &err);
    if (rc < 0)
        fail_msg("%s", err.text);
    *state = f;
    return 0;
}

int fixture_teardown(void **state)
{
    fixture *f = *state;
    fixture_free_entries(f);
    fixture_close(f);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    remove_files(f);
    tcn_arena_deinit(&f->arena);
    tcn_free(f);
    return 0;
}

char *fixture_text(fixture *f, const char *fmt, ...)
{
    char text[4096];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    assert_in_range(len, 0, sizeof text - 1);
    char *copy = tcn_arena_copy(&f->arena, text, (size_t)len);
    assert_non_null(copy);
    return copy;
}

tcn_uuid fixture_id(unsigned kind, unsigned n)
{
    tcn_uuid id = {{0}};
    id.bytes[0] = (uint8_t)kind;
    for (int i = 0; i < 4; i++)
        id.bytes[15 - i] = (uint8_t)(n >> (8 * i));
    return id;
}

tcn_event *fixture_event(fixture *f, unsigned n, const char *name)
{
    tcn_uuid id = fixture_id(1, n);
    char id_text[TCN_UUID_TEXT + 1];
    char *json = fixture_text(
        f,
        "{\"id\":\"%s\", \"occurred\":\"2026-01-%02uT%02u:%02u:%02uZ\",\"event\":\"%s\","
        "\"resource\":{\"prefect.resource.id\":\"resource.%u\",\"n\":\"%u\"},"
        "\"payload\":{\"number\":%u}}",
        tcn_uuid_format(&id, id_text), 1 + n / 86400, n / 3600 % 24, n / 60 % 60, n % 60,
        name, n % 10, n, n);
    tcn_event *event = tcn_arena_zero(&f->arena, sizeof *event);
    assert_non_null(event);
    tcn_event_error error;
    assert_int_equal(tcn_event_decode(tcn_str_c(json), &tcn_event_limits_default,
                                      &f->arena, event, &error),
                     0);
    event->received_at_us = BASE_US + n * INT64_C(1000000) + 500000;
    return event;
}

tcn_event *fixture_emitted(fixture *f, unsigned n, const char *name, uint64_t position)
{
    tcn_event *event = fixture_event(f, n, name);
    event->id = fixture_id(2, n);
    event->source = (tcn_str){0};
    event->depth = 1;
    event->position = position;
    return event;
}

tcn_firing *fixture_firing(fixture *f, unsigned n)
{
    tcn_firing *firing = tcn_arena_zero(&f->arena, sizeof *firing);
    assert_non_null(firing);
    firing->id = fixture_id(3, n);
    firing->automation_id = fixture_id(4, n);
    firing->trigger_id = fixture_id(5, n);
    firing->triggered_at_us = BASE_US + n;
    firing->due_at_us = BASE_US + n;
    firing->depth = 1;
    return firing;
}

static void on_commit(int status, tcn_outbox_entry **entries, size_t count, void *ud)
{
    fixture *f = ud;
    f->has_answer = true;
    f->status = status;
    f->count = count;
    assert_in_range(count, 0, TCN_COUNT(f->entries));
    for (size_t i = 0; i < count; i++)
        f->entries[i] = entries[i];
}

void fixture_free_entries(fixture *f)
{
    for (size_t i = 0; i < f->count; i++)
        tcn_outbox_entry_free(f->entries[i]);
    f->count = 0;
}

int fixture_commit(fixture *f, const tcn_store_step *step)
{
    fixture_free_entries(f);
    f->has_answer = false;
    int rc = tcn_store_commit(f->store, step, on_commit, f);
    if (rc < 0)
        return rc;
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_true(f->has_answer);
    return f->status;
}

int fixture_commit_events(fixture *f, unsigned first, unsigned count)
{
    const tcn_event **events = tcn_arena_zero(&f->arena, (count + 1) * sizeof *events);
    assert_non_null(events);
    for (unsigned i = 0; i < count; i++)
        events[i] = fixture_event(f, first + i, "test.event");
    tcn_store_step step = {
        .clock_us = BASE_US + (first + count) * INT64_C(1000000),
        .events = events,
        .event_count = count,
    };
    return fixture_commit(f, &step);
}

static sqlite3 *open_file(const fixture *f)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    return db;
}

void fixture_sql(fixture *f, const char *sql)
{
    sqlite3 *db = open_file(f);
    char *text = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &text) != SQLITE_OK)
        fail_msg("%s: %s", sql, text);
    sqlite3_close(db);
}

int64_t fixture_sql_number(fixture *f, const char *sql)
{
    sqlite3 *db = open_file(f);
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return number;
}
