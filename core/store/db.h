/* SPDX-License-Identifier: Apache-2.0 */
/* db.h - a connection to SQLite with our settings, and its results as our codes. Not for
 * two threads at once: whoever shares one holds a lock around it. */
#ifndef TCN_STORE_DB_H
#define TCN_STORE_DB_H

#include <sqlite3.h>

#include "core/base/err.h"
#include "core/base/str.h"

#define TCN_PAGE_SIZE  4096
#define TCN_DB_BUSY_MS 5000 /* how long a lock of another process is waited for */

typedef struct tcn_db {
    sqlite3 *handle;
    int errno_last; /* the system's error behind the last failure; 0: none */
} tcn_db;

/* Opens path, which is created with mode 0600 when it does not exist. Settings that
 * change the file are left to tcn_db_tune. */
int tcn_db_open(tcn_db *db, const char *path, tcn_err *reterr);
/* WAL and its settings. A reader refuses to write but may checkpoint. */
int tcn_db_tune(tcn_db *db, bool is_full_sync, bool is_reader, tcn_err *reterr);
/* Of the connection that commits, between two transactions. */
int tcn_db_sync_set(tcn_db *db, bool is_full_sync);
void tcn_db_close(tcn_db *db);

int tcn_db_exec(tcn_db *db, const char *sql);
/* A statement that is kept; sqlite3_finalize it. */
int tcn_db_prepare(tcn_db *db, const char *sql, sqlite3_stmt **ret);
/* 1: a row; 0: no more, the statement is reset; negative: failed, the statement is reset.
 */
int tcn_db_step(tcn_db *db, sqlite3_stmt *stmt);
/* The first column of the first row; 0 when there is no row. */
int tcn_db_number(tcn_db *db, const char *sql, int64_t *ret);

/* Code of a result of SQLite, noting the system's error behind it. */
int tcn_db_code(tcn_db *db, int result);
/* What the last failure was, as text; valid until the next call. */
const char *tcn_db_text(const tcn_db *db);

/* Binding and reading. Bound bytes are borrowed until the statement is bound anew. */
void tcn_db_bind_blob(sqlite3_stmt *stmt, int index, tcn_str bytes);
void tcn_db_bind_text(sqlite3_stmt *stmt, int index, tcn_str text);
tcn_str tcn_db_bytes(sqlite3_stmt *stmt, int column);

#endif
