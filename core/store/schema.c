/* SPDX-License-Identifier: Apache-2.0 */
/* schema.c - every form that the file ever had, as the steps from each to the next. A
 * step that was released is never changed; user_version counts those that were taken. */
#include "core/store/schema.h"

#include <stdio.h>

#include "core/base/compiler.h"

/* log: one row a step. What stands before body is the summary that queries skip by
 * (summary.h); body is a record (record.h). outbox: actions that wait; dead: those that
 * failed for good; history: how all of them ended. An action keeps its id in all three.
 * action_text: what is needed to carry an action out, apart, so that the small rows stay
 * together. state: the layers of the newest saved state of the engine, the bytes of each
 * cut into parts. block: what was made through the API (stored_block.h). */
static const char *const steps[] = {
    "CREATE TABLE log ("
    " sequence INTEGER PRIMARY KEY, events INTEGER NOT NULL,"
    " occurred_first INTEGER NOT NULL, occurred_last INTEGER NOT NULL,"
    " received_first INTEGER NOT NULL, received_last INTEGER NOT NULL,"
    " keys BLOB NOT NULL, body BLOB NOT NULL) STRICT;"
    "CREATE TABLE outbox ("
    " id INTEGER PRIMARY KEY, invocation BLOB NOT NULL, action_index INTEGER NOT NULL,"
    " attempt INTEGER NOT NULL, created_at INTEGER NOT NULL, next_at INTEGER NOT NULL,"
    " deadline_at INTEGER NOT NULL, block TEXT NOT NULL, progress BLOB NOT NULL) STRICT;"
    "CREATE TABLE dead ("
    " id INTEGER PRIMARY KEY, invocation BLOB NOT NULL, action_index INTEGER NOT NULL,"
    " attempt INTEGER NOT NULL, created_at INTEGER NOT NULL, deadline_at INTEGER NOT NULL,"
    " block TEXT NOT NULL, progress BLOB NOT NULL) STRICT;"
    "CREATE TABLE history ("
    " id INTEGER PRIMARY KEY, invocation BLOB NOT NULL, action_index INTEGER NOT NULL,"
    " attempt INTEGER NOT NULL, created_at INTEGER NOT NULL, ended_at INTEGER NOT NULL,"
    " block TEXT NOT NULL, outcome INTEGER NOT NULL, code INTEGER NOT NULL,"
    " cause TEXT NOT NULL, reason TEXT NOT NULL, receipt TEXT NOT NULL) STRICT;"
    "CREATE TABLE action_text ("
    " id INTEGER PRIMARY KEY, body BLOB NOT NULL, rendered BLOB NOT NULL) STRICT;"
    "CREATE TABLE state ("
    " generation INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, size INTEGER NOT NULL,"
    " parts INTEGER NOT NULL) STRICT;"
    "CREATE TABLE state_part (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;"
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;",
    "CREATE TABLE block ("
    " id BLOB PRIMARY KEY, kind INTEGER NOT NULL, body TEXT NOT NULL, secret BLOB NOT NULL)"
    " STRICT;",
    "ALTER TABLE state ADD COLUMN is_whole INTEGER NOT NULL DEFAULT 1;",
};
#define VERSION ((int64_t)TCN_COUNT(steps))

int tcn_schema_check(tcn_db *db, const char *path, tcn_err *reterr)
{
    int64_t application = 0, version = 0, tables = 0;
    int rc = tcn_db_number(db, "SELECT count(*) FROM sqlite_schema", &tables);
    if (rc >= 0)
        rc = tcn_db_number(db, "PRAGMA application_id", &application);
    if (rc >= 0)
        rc = tcn_db_number(db, "PRAGMA user_version", &version);
    if (rc == TCN_E_CORRUPT && sqlite3_errcode(db->handle) == SQLITE_NOTADB)
        return tcn_err_set(reterr, TCN_E_INVALID, "%s is not a store of tocsin", path);
    if (rc < 0)
        return tcn_err_set(reterr, rc, "cannot read %s: %s", path, tcn_db_text(db));
    bool is_empty = tables == 0 && application == 0 && version == 0;
    if (!is_empty && application != TCN_STORE_APPLICATION_ID)
        return tcn_err_set(reterr, TCN_E_INVALID, "%s is another program's database",
                           path);
    if (version < 0 || version > VERSION)
        return tcn_err_set(
            reterr, TCN_E_UNSUPPORTED,
            "%s was written by a newer tocsin (its form is %lld, this program "
            "knows up to %lld)",
            path, (long long)version, (long long)VERSION);
    return 0;
}

static int take_step(tcn_db *db, int64_t version)
{
    char numbers[96];
    snprintf(numbers, sizeof numbers,
             "PRAGMA application_id = %d; PRAGMA user_version = %lld",
             TCN_STORE_APPLICATION_ID, (long long)version + 1);
    int rc = tcn_db_exec(db, "BEGIN IMMEDIATE");
    if (rc >= 0)
        rc = tcn_db_exec(db, steps[version]);
    if (rc >= 0)
        rc = tcn_db_exec(db, numbers);
    if (rc >= 0)
        rc = tcn_db_exec(db, "COMMIT");
    return rc;
}

int tcn_schema_migrate(tcn_db *db, tcn_err *reterr)
{
    int64_t version = 0;
    int rc = tcn_db_number(db, "PRAGMA user_version", &version);
    for (; rc >= 0 && version < VERSION; version++)
        rc = take_step(db, version);
    if (rc >= 0)
        return 0;
    tcn_err_set(reterr, rc, "the store cannot be brought to form %lld: %s",
                (long long)version + 1, tcn_db_text(db));
    if (!sqlite3_get_autocommit(db->handle))
        (void)tcn_db_exec(db, "ROLLBACK");
    return rc;
}
