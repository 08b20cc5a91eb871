/* SPDX-License-Identifier: Apache-2.0 */
/* replay.c - the log from a record on, every checksum verified, no record left out. */
#include "core/store/store_int.h"

#include "core/base/alloc.h"

#define ARENA_KEPT ((size_t)16 << 20)

typedef struct replay {
    tcn_store *store;
    tcn_arena arena; /* of one record */
    tcn_buf plain, definitions;
    tcn_store_record_fn fn;
    void *ud;
    tcn_err *reterr;
    uint64_t expected; /* sequence of the next record; 0: any */
} replay;

static int decode_events(replay *r, const tcn_record *record, tcn_store_record *ret)
{
    tcn_event *events = tcn_arena_alloc(&r->arena, (record->taken + 1) * sizeof *events);
    if (events == NULL)
        return TCN_E_NOMEM;
    tcn_record_cursor cursor = {0};
    tcn_record_entry entry;
    while (ret->event_count < record->taken && tcn_record_next(record, &cursor, &entry)) {
        int rc = tcn_record_event(&entry, &r->arena, &events[ret->event_count]);
        if (rc < 0)
            return rc;
        ret->event_count++;
    }
    ret->events = events;
    return 0;
}

static int list_firings(replay *r, const tcn_record *record, tcn_store_record *ret)
{
    tcn_uuid *ids = tcn_arena_alloc(&r->arena, (record->firings + 1) * sizeof *ids);
    if (ids == NULL)
        return TCN_E_NOMEM;
    size_t pos = 0;
    tcn_record_firing firing;
    while (tcn_record_next_firing(record, &pos, &firing)) {
        if (firing.level == 0)
            ids[ret->firing_count++] = firing.id;
    }
    ret->firings = ids;
    return 0;
}

static int damaged(replay *r, uint64_t sequence, int rc)
{
    const char *path = r->store->path;
    if (rc != TCN_E_CORRUPT)
        return tcn_err_set(r->reterr, rc, "log record %llu of %s cannot be read: %s",
                           (unsigned long long)sequence, path, tcn_err_text(rc));
    return tcn_err_set(
        r->reterr, rc,
        "log record %llu of %s is damaged: put back a copy of the file, or move it "
        "away to begin a new store",
        (unsigned long long)sequence, path);
}

static int take_row(replay *r, sqlite3_stmt *stmt)
{
    uint64_t sequence = (uint64_t)sqlite3_column_int64(stmt, 0);
    if (r->expected != 0 && sequence != r->expected)
        return damaged(r, r->expected, TCN_E_CORRUPT);
    r->expected = sequence + 1;

    tcn_record record;
    tcn_arena_reset(&r->arena, ARENA_KEPT);
    int rc = tcn_log_row_open(stmt, r->store->packer, &r->plain, &record);
    tcn_store_record out = {.sequence = sequence};
    if (rc >= 0)
        rc = decode_events(r, &record, &out);
    if (rc >= 0)
        rc = list_firings(r, &record, &out);
    if (rc >= 0)
        rc = tcn_record_definitions(&record, r->store->packer, &r->definitions,
                                    &out.definitions);
    if (rc < 0)
        return damaged(r, sequence, rc);
    out.clock_us = record.clock_us;
    out.is_jump = record.is_jump;
    out.engine_limits = record.engine_limits;
    return r->fn(&out, r->ud);
}

static int take_rows(replay *r, uint64_t from_sequence)
{
    tcn_db *db = &r->store->db;
    sqlite3_stmt *stmt = NULL;
    int rc = tcn_db_prepare(
        db, "SELECT " TCN_LOG_COLUMNS " FROM log WHERE sequence >= ?1 ORDER BY sequence",
        &stmt);
    if (rc >= 0) {
        (void)sqlite3_bind_int64(stmt, 1, (int64_t)from_sequence);
        rc = tcn_db_step(db, stmt);
    }
    if (rc < 0)
        tcn_err_set(r->reterr, rc, "the log cannot be read: %s", tcn_db_text(db));
    while (rc == 1) {
        rc = take_row(r, stmt);
        if (rc < 0)
            break;
        rc = tcn_db_step(db, stmt);
        if (rc < 0)
            tcn_err_set(r->reterr, rc, "the log cannot be read behind record %llu: %s",
                        (unsigned long long)r->expected - 1, tcn_db_text(db));
    }
    sqlite3_finalize(stmt);
    return rc;
}

int tcn_store_replay(tcn_store *store, uint64_t from_sequence, tcn_store_record_fn fn,
                     void *ud, tcn_err *reterr)
{
    replay r = {
        .store = store,
        .fn = fn,
        .ud = ud,
        .reterr = reterr,
        .expected = from_sequence,
    };
    tcn_arena_init(&r.arena, 0);
    tcn_buf_init(&r.plain, TCN_PACK_MAX + 1);
    tcn_buf_init(&r.definitions, TCN_PACK_MAX + 1);
    uv_mutex_lock(&store->db_lock);
    int rc = take_rows(&r, from_sequence);
    uv_mutex_unlock(&store->db_lock);
    tcn_arena_deinit(&r.arena);
    tcn_buf_deinit(&r.plain);
    tcn_buf_deinit(&r.definitions);
    return rc;
}
