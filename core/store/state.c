/* SPDX-License-Identifier: Apache-2.0 */
/* state.c - the layers of the engine's saved state. A layer is written in parts, each a
 * transaction of its own between two commits, and may come in pieces of some parts each;
 * the last part's transaction makes it count, and those before a whole one go. A layer
 * that was cut off leaves parts that no row of the table state names: the next whole one
 * removes them. */
#include "core/store/store_int.h"

#include "core/base/alloc.h"

#define PART_BITS  20
#define PART_SIZE  ((size_t)256 << 10)
#define CLEAN_ROWS 16

static uint64_t part_seed(int64_t id)
{
    int64_t key[] = {1, id};
    return tcn_pack_seed(key, sizeof key);
}

/* Runs sql with up to five numbers bound to it and bytes, when there are some, behind
 * them. */
static int run(tcn_db *db, const char *sql, const int64_t *numbers, int count,
               tcn_str bytes)
{
    sqlite3_stmt *stmt = NULL;
    int rc = tcn_db_prepare(db, sql, &stmt);
    if (rc >= 0) {
        for (int i = 0; i < count; i++)
            (void)sqlite3_bind_int64(stmt, i + 1, numbers[i]);
        if (bytes.len > 0)
            tcn_db_bind_blob(stmt, count + 1, bytes);
        rc = tcn_db_step(db, stmt);
    }
    sqlite3_finalize(stmt);
    return rc < 0 ? rc : 0;
}

/* ---- writing ---- */

static int insert_part(tcn_store *store, tcn_save_job *job)
{
    tcn_saving *saving = &store->saving;
    size_t len = job->piece.len - job->saved;
    if (len > PART_SIZE)
        len = PART_SIZE;
    int64_t id = saving->generation << PART_BITS | saving->parts;
    tcn_buf packed;
    tcn_buf_init(&packed, SIZE_MAX);
    int rc = tcn_pack(store->packer, tcn_str_of(job->piece.ptr + job->saved, len),
                      part_seed(id), &packed);
    if (rc >= 0)
        rc = run(&store->db, "INSERT INTO state_part VALUES (?1, ?2)", &id, 1,
                 tcn_buf_str(&packed));
    tcn_buf_deinit(&packed);
    saving->parts++;
    saving->size += len;
    job->saved += len;
    return rc;
}

static int count_layer(tcn_store *store, const tcn_save_job *job)
{
    const tcn_saving *saving = &store->saving;
    bool is_whole = (job->flags & TCN_STORE_WHOLE) != 0;
    int64_t numbers[] = {saving->generation, (int64_t)job->sequence,
                         (int64_t)saving->size, saving->parts, is_whole};
    int rc = run(&store->db, "INSERT INTO state VALUES (?1, ?2, ?3, ?4, ?5)", numbers, 5,
                 (tcn_str){0});
    if (rc >= 0 && is_whole)
        rc = run(&store->db, "DELETE FROM state WHERE generation < ?1", numbers, 1,
                 (tcn_str){0});
    return rc;
}

/* Removes some parts of older layers; 1: there may be more. */
static int clean(tcn_store *store)
{
    int64_t numbers[] = {store->saving.generation << PART_BITS, CLEAN_ROWS};
    int rc = run(&store->db,
                 "DELETE FROM state_part WHERE id IN"
                 " (SELECT id FROM state_part WHERE id < ?1 ORDER BY id LIMIT ?2)",
                 numbers, 2, (tcn_str){0});
    return rc < 0 ? rc : sqlite3_changes(store->db.handle) == CLEAN_ROWS;
}

/* Inside a transaction; 1: there is more to do. */
static int write_some(tcn_store *store, tcn_save_job *job)
{
    if (job->is_cleaning)
        return clean(store);
    int rc = insert_part(store, job);
    if (rc < 0)
        return rc;
    if (job->saved < job->piece.len)
        return 1;
    if ((job->flags & TCN_STORE_LAST) == 0)
        return 0;
    rc = count_layer(store, job);
    job->is_cleaning = (job->flags & TCN_STORE_WHOLE) != 0;
    return rc < 0 || !job->is_cleaning ? rc : clean(store);
}

static int begin(tcn_store *store, tcn_save_job *job)
{
    if ((job->flags & TCN_STORE_FIRST) != 0 && !job->has_begun)
        store->saving = (tcn_saving){.generation = ++store->generation};
    job->has_begun = true;
    return store->saving.generation != 0 ? 0 : TCN_E_STATE;
}

int tcn_store_save_part(tcn_store *store, tcn_save_job *job)
{
    bool is_last = (job->flags & TCN_STORE_LAST) != 0;
    int rc = begin(store, job);
    if (rc < 0 || (job->piece.len == 0 && !is_last))
        return rc;
    rc = tcn_db_exec(&store->db, "BEGIN IMMEDIATE");
    int more = rc < 0 ? rc : write_some(store, job);
    if (more >= 0)
        rc = tcn_db_exec(&store->db, "COMMIT");
    if (!sqlite3_get_autocommit(store->db.handle))
        (void)tcn_db_exec(&store->db, "ROLLBACK");
    rc = rc < 0 ? rc : more;
    if (rc < 0 || (rc == 0 && is_last))
        store->saving = (tcn_saving){0};
    return rc;
}

int tcn_store_state_piece(tcn_store *store, tcn_buf *piece, uint64_t sequence,
                          unsigned flags, void (*cb)(int status, void *ud), void *ud)
{
    uv_mutex_lock(&store->lock);
    int rc = store->save.phase == TCN_JOB_NONE ? 0 : TCN_E_BUSY;
    if (rc == 0) {
        store->save = (tcn_save_job){
            .phase = TCN_JOB_WAITING,
            .piece = *piece,
            .sequence = sequence,
            .flags = flags,
            .cb = cb,
            .ud = ud,
        };
        tcn_buf_init(piece, piece->limit);
    }
    uv_mutex_unlock(&store->lock);
    if (rc < 0)
        return rc;
    uv_cond_signal(&store->wake);
    tcn_store_expect(store);
    return 0;
}

static void cancel_save(tcn_store *store)
{
    uv_mutex_lock(&store->lock);
    store->save.is_canceled = store->save.phase == TCN_JOB_WAITING;
    uv_mutex_unlock(&store->lock);
}

int tcn_store_state_save_now(tcn_store *store, const tcn_buf *layer, uint64_t sequence,
                             bool is_whole, tcn_err *reterr)
{
    cancel_save(store);
    tcn_save_job job = {.piece = *layer, .sequence = sequence};
    job.flags = TCN_STORE_FIRST | TCN_STORE_LAST | (is_whole ? TCN_STORE_WHOLE : 0);
    uv_mutex_lock(&store->db_lock);
    int rc = 1;
    while (rc == 1)
        rc = tcn_store_save_part(store, &job);
    if (rc < 0)
        tcn_err_set(reterr, rc, "the state cannot be saved: %s", tcn_db_text(&store->db));
    uv_mutex_unlock(&store->db_lock);
    return rc;
}

/* ---- reading ---- */

typedef struct layer {
    int64_t generation, sequence, size, parts;
    bool is_whole;
} layer;

static int read_part(tcn_store *store, sqlite3_stmt *stmt, int64_t id, tcn_buf *plain,
                     tcn_buf *ret)
{
    (void)sqlite3_bind_int64(stmt, 1, id);
    int rc = tcn_db_step(&store->db, stmt);
    if (rc == 0)
        return TCN_E_CORRUPT;
    if (rc == 1)
        rc = tcn_unpack(store->packer, tcn_db_bytes(stmt, 0), part_seed(id), PART_SIZE,
                        plain);
    if (rc >= 0)
        rc = tcn_buf_add_str(ret, tcn_buf_str(plain));
    sqlite3_reset(stmt);
    return rc;
}

static int read_parts(tcn_store *store, const layer *from, tcn_buf *ret)
{
    sqlite3_stmt *stmt = NULL;
    tcn_buf plain;
    tcn_buf_init(&plain, PART_SIZE + 1);
    size_t before = ret->len;
    int rc =
        tcn_db_prepare(&store->db, "SELECT body FROM state_part WHERE id = ?1", &stmt);
    for (int64_t i = 0; rc >= 0 && i < from->parts; i++)
        rc = read_part(store, stmt, from->generation << PART_BITS | i, &plain, ret);
    if (rc >= 0 && ret->len - before != (size_t)from->size)
        rc = TCN_E_CORRUPT;
    sqlite3_finalize(stmt);
    tcn_buf_deinit(&plain);
    return rc;
}

/* *ret_sequence is that of the last layer. */
static int read_layers(tcn_store *store, tcn_buf *ret, uint64_t *ret_sequence)
{
    sqlite3_stmt *stmt = NULL;
    int rc =
        tcn_db_prepare(&store->db,
                       "SELECT generation, sequence, size, parts, is_whole FROM state"
                       " ORDER BY generation",
                       &stmt);
    bool is_any = false;
    while (rc >= 0 && (rc = tcn_db_step(&store->db, stmt)) == 1) {
        layer from = {
            .generation = sqlite3_column_int64(stmt, 0),
            .sequence = sqlite3_column_int64(stmt, 1),
            .size = sqlite3_column_int64(stmt, 2),
            .parts = sqlite3_column_int64(stmt, 3),
            .is_whole = sqlite3_column_int64(stmt, 4) != 0,
        };
        rc = from.is_whole != is_any ? read_parts(store, &from, ret) : TCN_E_CORRUPT;
        *ret_sequence = (uint64_t)from.sequence;
        is_any = true;
    }
    sqlite3_finalize(stmt);
    if (rc < 0)
        return rc;
    return is_any ? 0 : TCN_E_NOT_FOUND;
}

/* The log is the truth: while it reaches back to its first record, a damaged state can be
 * done without. */
static int do_without(tcn_store *store, tcn_err *reterr)
{
    int64_t first = 0;
    int rc = tcn_db_number(&store->db, "SELECT min(sequence) FROM log", &first);
    if (rc < 0 || first != 1)
        return tcn_err_set(reterr, TCN_E_CORRUPT, "the saved state in %s is damaged",
                           store->path);
    tcn_log_write(store->options.log, TCN_LOG_WARNING, "store",
                  "the saved state in %s is damaged: it is made again from the whole log",
                  store->path);
    return TCN_E_NOT_FOUND;
}

int tcn_store_state_load(tcn_store *store, tcn_buf *ret, uint64_t *ret_sequence,
                         tcn_err *reterr)
{
    uint64_t sequence = 0;
    size_t before = ret->len;
    cancel_save(store);
    uv_mutex_lock(&store->db_lock);
    int rc = read_layers(store, ret, &sequence);
    if (rc == TCN_E_CORRUPT || rc == TCN_E_UNSUPPORTED)
        rc = do_without(store, reterr);
    else if (rc < 0 && rc != TCN_E_NOT_FOUND)
        tcn_err_set(reterr, rc, "the saved state cannot be read: %s", tcn_err_text(rc));
    if (rc >= 0)
        *ret_sequence = sequence;
    else
        ret->len = before;
    uv_mutex_unlock(&store->db_lock);
    return rc;
}
