/* SPDX-License-Identifier: Apache-2.0 */
/* db.c - opening SQLite the way we want it. Settings with their reasons stand in
 * tcn_db_tune. */
#include "core/store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int create_file(const char *path, tcn_err *reterr)
{
    /* SQLite gives its other files the mode of this one. */
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return tcn_err_set(reterr, TCN_E_IO, "cannot open %s: %s", path, strerror(errno));
    close(fd);
    return 0;
}

int tcn_db_open(tcn_db *db, const char *path, tcn_err *reterr)
{
    *db = (tcn_db){0};
    int rc = create_file(path, reterr);
    if (rc < 0)
        return rc;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int result = sqlite3_open_v2(path, &db->handle, flags, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_busy_timeout(db->handle, TCN_DB_BUSY_MS);
    if (result == SQLITE_OK)
        return 0;
    rc = tcn_db_code(db, result);
    tcn_err_set(reterr, rc, "cannot open %s: %s", path, tcn_db_text(db));
    tcn_db_close(db);
    return rc;
}

void tcn_db_close(tcn_db *db)
{
    sqlite3_close_v2(db->handle);
    *db = (tcn_db){0};
}

int tcn_db_sync_set(tcn_db *db, bool is_full_sync)
{
    return tcn_db_exec(db, is_full_sync ? "PRAGMA synchronous = FULL"
                                        : "PRAGMA synchronous = NORMAL");
}

int tcn_db_tune(tcn_db *db, bool is_full_sync, bool is_reader, tcn_err *reterr)
{
    /* No memory mapping: a failed read would be a SIGBUS in place of an error.
     * Checkpoints are made by checkpoint.c, outside of commits. A WAL that once grew
     * large is cut when it starts anew. */
    static const char settings[] = "PRAGMA journal_mode = WAL;"
                                   "PRAGMA wal_autocheckpoint = 0;"
                                   "PRAGMA journal_size_limit = 67108864;"
                                   "PRAGMA mmap_size = 0;"
                                   "PRAGMA cache_size = -8192;"
                                   "PRAGMA temp_store = MEMORY;"
                                   "PRAGMA secure_delete = FAST;"
                                   "PRAGMA trusted_schema = OFF;";
    int rc = tcn_db_exec(db, settings);
    if (rc >= 0)
        rc = tcn_db_sync_set(db, is_full_sync);
    if (rc >= 0 && is_reader)
        rc = tcn_db_exec(db, "PRAGMA query_only = ON");
    if (rc < 0)
        return tcn_err_set(reterr, rc, "the store cannot be prepared: %s",
                           tcn_db_text(db));
    return 0;
}

static bool is_full_errno(int number)
{
    return number == ENOSPC || number == EDQUOT || number == EFBIG;
}

int tcn_db_code(tcn_db *db, int result)
{
    db->errno_last = 0;
    switch (result & 0xff) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return 0;
    case SQLITE_NOMEM:
        return TCN_E_NOMEM;
    case SQLITE_FULL:
        return TCN_E_FULL;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return TCN_E_CORRUPT;
    case SQLITE_TOOBIG:
        return TCN_E_LIMIT;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        db->errno_last = db->handle != NULL ? sqlite3_system_errno(db->handle) : 0;
        return is_full_errno(db->errno_last) ? TCN_E_FULL : TCN_E_IO;
    default:
        return TCN_E_IO;
    }
}

const char *tcn_db_text(const tcn_db *db)
{
    return db->errno_last != 0 ? strerror(db->errno_last) : sqlite3_errmsg(db->handle);
}

int tcn_db_exec(tcn_db *db, const char *sql)
{
    return tcn_db_code(db, sqlite3_exec(db->handle, sql, NULL, NULL, NULL));
}

int tcn_db_prepare(tcn_db *db, const char *sql, sqlite3_stmt **ret)
{
    return tcn_db_code(db, sqlite3_prepare_v3(db->handle, sql, -1,
                                              SQLITE_PREPARE_PERSISTENT, ret, NULL));
}

int tcn_db_step(tcn_db *db, sqlite3_stmt *stmt)
{
    int result = sqlite3_step(stmt);
    if (result == SQLITE_ROW)
        return 1;
    int rc = tcn_db_code(db, result);
    sqlite3_reset(stmt);
    return rc;
}

int tcn_db_number(tcn_db *db, const char *sql, int64_t *ret)
{
    sqlite3_stmt *stmt = NULL;
    int rc = tcn_db_prepare(db, sql, &stmt);
    if (rc >= 0)
        rc = tcn_db_step(db, stmt);
    if (rc >= 0)
        *ret = rc == 1 ? sqlite3_column_int64(stmt, 0) : 0;
    sqlite3_finalize(stmt);
    return rc < 0 ? rc : 0;
}

/* An empty run of bytes is bound as such, not as NULL. */
void tcn_db_bind_blob(sqlite3_stmt *stmt, int index, tcn_str bytes)
{
    const char *ptr = bytes.ptr != NULL ? bytes.ptr : "";
    (void)sqlite3_bind_blob64(stmt, index, ptr, bytes.len, SQLITE_STATIC);
}

void tcn_db_bind_text(sqlite3_stmt *stmt, int index, tcn_str text)
{
    const char *ptr = text.ptr != NULL ? text.ptr : "";
    (void)sqlite3_bind_text64(stmt, index, ptr, text.len, SQLITE_STATIC, SQLITE_UTF8);
}

tcn_str tcn_db_bytes(sqlite3_stmt *stmt, int column)
{
    const char *ptr = sqlite3_column_blob(stmt, column);
    return tcn_str_of(ptr, (size_t)sqlite3_column_bytes(stmt, column));
}
