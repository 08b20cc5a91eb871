/* SPDX-License-Identifier: Apache-2.0 */
/* stored_block.c - the table block. Changes wait in a list for the store's thread, which
 * takes them one after another between its commits. They are rare: statements are
 * prepared when they are needed. */
#include "core/store/stored_block.h"

#include <openssl/crypto.h>

#include "core/base/alloc.h"
#include "core/store/store_int.h"
#include "core/store/stored_block_int.h"

#define WAITING_MAX 256
#define SECRET_MAX  ((size_t)64 << 20)

/* In one allocation; texts stand behind the changes. */
struct tcn_stored_job {
    tcn_list link;
    void (*cb)(int status, void *ud);
    void *ud;
    int status;
    size_t size, count;
    tcn_stored_change changes[];
};

static void wipe(tcn_buf *buf)
{
    if (buf->ptr != NULL)
        OPENSSL_cleanse(buf->ptr, buf->capacity);
    tcn_buf_deinit(buf);
}

/* ---- one row ---- */

static int put(tcn_store *store, const tcn_stored_block *row)
{
    tcn_buf sealed;
    sqlite3_stmt *stmt = NULL;
    tcn_buf_init(&sealed, SECRET_MAX + 64);
    int rc = row->secret.len == 0
                 ? 0
                 : tcn_seal_close(store->seal, row->secret, &row->id, &sealed);
    if (rc >= 0)
        rc = tcn_db_prepare(
            &store->db, "INSERT OR REPLACE INTO block VALUES (?1, ?2, ?3, ?4)", &stmt);
    if (rc >= 0) {
        tcn_db_bind_blob(stmt, 1, tcn_str_of((const char *)row->id.bytes, 16));
        (void)sqlite3_bind_int(stmt, 2, (int)row->kind);
        tcn_db_bind_text(stmt, 3, row->body);
        tcn_db_bind_blob(stmt, 4, tcn_buf_str(&sealed));
        rc = tcn_db_step(&store->db, stmt);
    }
    sqlite3_finalize(stmt);
    wipe(&sealed);
    return rc;
}

static int drop(tcn_store *store, const tcn_uuid *id)
{
    sqlite3_stmt *stmt = NULL;
    int rc = tcn_db_prepare(&store->db, "DELETE FROM block WHERE id = ?1", &stmt);
    if (rc >= 0) {
        tcn_db_bind_blob(stmt, 1, tcn_str_of((const char *)id->bytes, 16));
        rc = tcn_db_step(&store->db, stmt);
    }
    sqlite3_finalize(stmt);
    return rc;
}

/* What a change replaces is overwritten on the disk: it may be a secret that was not
 * sealed. */
static int write_all(tcn_store *store, const tcn_stored_change *changes, size_t count)
{
    tcn_db *db = &store->db;
    int rc = tcn_db_exec(db, "PRAGMA secure_delete = ON; BEGIN IMMEDIATE");
    for (size_t i = 0; rc >= 0 && i < count; i++)
        rc = changes[i].is_removal ? drop(store, &changes[i].row.id)
                                   : put(store, &changes[i].row);
    if (rc >= 0)
        rc = tcn_db_exec(db, "COMMIT");
    if (!sqlite3_get_autocommit(db->handle))
        (void)tcn_db_exec(db, "ROLLBACK");
    (void)tcn_db_exec(db, "PRAGMA secure_delete = FAST");
    return rc;
}

/* ---- loading ---- */

typedef struct loading {
    tcn_store *store;
    tcn_buf plain;
    tcn_stored_fn fn;
    void *ud;
    size_t unsealed;
} loading;

static int take_row(loading *l, sqlite3_stmt *stmt)
{
    tcn_stored_block row = {
        .kind = (enum tcn_stored_kind)sqlite3_column_int(stmt, 1),
        .body = tcn_db_bytes(stmt, 2),
    };
    tcn_str id = tcn_db_bytes(stmt, 0), sealed = tcn_db_bytes(stmt, 3);
    if (id.len != sizeof row.id.bytes)
        return TCN_E_CORRUPT;
    memcpy(row.id.bytes, id.ptr, id.len);
    bool is_plain = false;
    tcn_buf_reset(&l->plain);
    if (sealed.len > 0)
        row.secret_status =
            tcn_seal_open(l->store->seal, sealed, &row.id, &l->plain, &is_plain);
    if (row.secret_status == TCN_E_NOMEM)
        return TCN_E_NOMEM;
    row.secret = row.secret_status == 0 ? tcn_buf_str(&l->plain) : (tcn_str){0};
    if (is_plain && tcn_seal_has_key(l->store->seal))
        l->unsealed++;
    return l->fn(&row, l->ud);
}

static int read_rows(loading *l)
{
    sqlite3_stmt *stmt = NULL;
    tcn_db *db = &l->store->db;
    int rc = tcn_db_prepare(
        db, "SELECT id, kind, body, secret FROM block ORDER BY kind, id", &stmt);
    if (rc >= 0)
        rc = tcn_db_step(db, stmt);
    while (rc == 1) {
        rc = take_row(l, stmt);
        if (rc >= 0)
            rc = tcn_db_step(db, stmt);
    }
    sqlite3_finalize(stmt);
    return rc;
}

/* Seals one row again. */
static int seal_row(const tcn_stored_block *row, void *ud)
{
    return row->secret.len > 0 ? put(ud, row) : 0;
}

static int seal_all(tcn_store *store)
{
    loading l = {.store = store, .fn = seal_row, .ud = store};
    tcn_buf_init(&l.plain, SECRET_MAX);
    int rc = tcn_db_exec(&store->db, "PRAGMA secure_delete = ON; BEGIN IMMEDIATE");
    if (rc >= 0)
        rc = read_rows(&l);
    if (rc >= 0)
        rc = tcn_db_exec(&store->db, "COMMIT");
    if (!sqlite3_get_autocommit(store->db.handle))
        (void)tcn_db_exec(&store->db, "ROLLBACK");
    (void)tcn_db_exec(&store->db, "PRAGMA secure_delete = FAST");
    wipe(&l.plain);
    return rc;
}

int tcn_store_blocks_load(tcn_store *store, tcn_stored_fn fn, void *ud, tcn_err *reterr)
{
    loading l = {.store = store, .fn = fn, .ud = ud};
    tcn_buf_init(&l.plain, SECRET_MAX);
    uv_mutex_lock(&store->db_lock);
    int rc = read_rows(&l);
    if (rc >= 0 && l.unsealed > 0) {
        rc = seal_all(store);
        tcn_log_write(store->options.log, TCN_LOG_NOTICE, "store",
                      "%zu secrets of blocks stood in the store as they were and are "
                      "sealed now",
                      l.unsealed);
    }
    uv_mutex_unlock(&store->db_lock);
    wipe(&l.plain);
    if (rc < 0)
        return tcn_err_set(
            reterr, rc, "cannot read the stored blocks of %s: %s", store->path,
            rc == TCN_E_NOMEM ? tcn_err_text(rc) : tcn_db_text(&store->db));
    return 0;
}

bool tcn_store_seals(const struct tcn_store *store)
{
    return tcn_seal_has_key(store->seal);
}

/* ---- writing ---- */

static void free_job(tcn_stored_job *job)
{
    OPENSSL_cleanse(job, job->size);
    tcn_free(job);
}

static char *copy_text(tcn_str *text, char *place)
{
    if (text->len > 0)
        memcpy(place, text->ptr, text->len);
    text->ptr = place;
    return place + text->len;
}

static tcn_stored_job *copy_job(const tcn_stored_change *changes, size_t count)
{
    size_t size = sizeof(tcn_stored_job) + count * sizeof *changes;
    size_t texts = 0;
    for (size_t i = 0; i < count; i++)
        texts += changes[i].row.body.len + changes[i].row.secret.len;
    tcn_stored_job *job = tcn_alloc_zero(size + texts);
    if (job == NULL)
        return NULL;
    char *place = (char *)job + size;
    job->size = size + texts;
    job->count = count;
    for (size_t i = 0; i < count; i++) {
        job->changes[i] = changes[i];
        place = copy_text(&job->changes[i].row.body, place);
        place = copy_text(&job->changes[i].row.secret, place);
    }
    return job;
}

int tcn_store_blocks_write(tcn_store *store, const tcn_stored_change *changes,
                           size_t count, void (*cb)(int status, void *ud), void *ud)
{
    tcn_stored_job *job = copy_job(changes, count);
    if (job == NULL)
        return TCN_E_NOMEM;
    job->cb = cb;
    job->ud = ud;
    uv_mutex_lock(&store->lock);
    bool has_room = store->block_jobs.count < WAITING_MAX;
    if (has_room) {
        tcn_list_append(&store->block_jobs.waiting, &job->link);
        store->block_jobs.count++;
    }
    uv_mutex_unlock(&store->lock);
    if (!has_room) {
        free_job(job);
        return TCN_E_BUSY;
    }
    uv_cond_signal(&store->wake);
    tcn_store_expect(store);
    return 0;
}

/* ---- on the store's thread, and back ---- */

void tcn_stored_jobs_init(tcn_stored_jobs *jobs)
{
    tcn_list_init(&jobs->waiting);
    tcn_list_init(&jobs->done);
}

static void free_list(tcn_list *list)
{
    tcn_list_foreach (it, list)
        free_job(tcn_container_of(it, tcn_stored_job, link));
    tcn_list_init(list);
}

void tcn_stored_jobs_deinit(tcn_stored_jobs *jobs)
{
    free_list(&jobs->waiting);
    free_list(&jobs->done);
}

static tcn_stored_job *take(tcn_store *store, tcn_list *list)
{
    uv_mutex_lock(&store->lock);
    tcn_list *first = tcn_list_first(list);
    if (first != NULL)
        tcn_list_remove(first);
    uv_mutex_unlock(&store->lock);
    return first == NULL ? NULL : tcn_container_of(first, tcn_stored_job, link);
}

void tcn_stored_jobs_run(tcn_store *store)
{
    tcn_stored_job *job = take(store, &store->block_jobs.waiting);
    if (job == NULL)
        return;
    uv_mutex_lock(&store->db_lock);
    job->status = write_all(store, job->changes, job->count);
    if (job->status < 0)
        tcn_log_write(store->options.log, TCN_LOG_ERROR, "store",
                      "cannot write blocks to %s: %s", store->path,
                      tcn_err_text(job->status));
    tcn_store_checkpoint_look(store);
    uv_mutex_unlock(&store->db_lock);
    uv_mutex_lock(&store->lock);
    tcn_list_append(&store->block_jobs.done, &job->link);
    uv_mutex_unlock(&store->lock);
    uv_async_send(store->async);
}

void tcn_stored_jobs_answer(tcn_store *store)
{
    for (;;) {
        tcn_stored_job *job = take(store, &store->block_jobs.done);
        if (job == NULL)
            return;
        uv_mutex_lock(&store->lock);
        store->block_jobs.count--;
        uv_mutex_unlock(&store->lock);
        tcn_store_expected(store);
        job->cb(job->status, job->ud);
        free_job(job);
    }
}
