/* SPDX-License-Identifier: Apache-2.0 */
/* store.c - opening and closing: the lock first, then the look at the file before
 * anything in it is changed, then the threads. */
#include "core/store/store_int.h"

#include <unistd.h>

#include "core/base/alloc.h"
#include "core/store/lock.h"
#include "core/store/schema.h"

static int open_file(tcn_store *store, tcn_err *reterr)
{
    int rc = tcn_db_open(&store->db, store->path, reterr);
    if (rc >= 0)
        rc = tcn_schema_check(&store->db, store->path, reterr);
    if (rc >= 0)
        rc =
            tcn_db_tune(&store->db, store->options.sync == TCN_STORE_FULL, false, reterr);
    if (rc >= 0)
        rc = tcn_schema_migrate(&store->db, reterr);
    return rc;
}

/* Where the log goes on. A saved state may be all that is left of it. */
static int find_end(tcn_store *store)
{
    int64_t last = 0, state = 0;
    int rc = tcn_db_number(&store->db, "SELECT max(sequence) FROM log", &last);
    if (rc >= 0)
        rc = tcn_db_number(&store->db, "SELECT max(sequence) FROM state", &state);
    if (rc >= 0)
        rc = tcn_db_number(&store->db,
                           "SELECT max(ifnull((SELECT max(generation) FROM state), 0),"
                           " ifnull((SELECT max(id) >> 20 FROM state_part), 0))",
                           &store->generation);
    store->next_sequence = (uint64_t)(last + 1 > state ? last + 1 : state);
    return rc;
}

static int prepare(tcn_store *store, tcn_err *reterr)
{
    store->packer = tcn_packer_new();
    store->seal = tcn_seal_new(store->options.secret_key);
    store->options.secret_key = NULL;
    int rc = store->packer == NULL || store->seal == NULL ? TCN_E_NOMEM : 0;
    if (rc >= 0)
        rc =
            tcn_committer_init(&store->committer, &store->db, store->packer, store->seal);
    if (rc >= 0)
        rc = find_end(store);
    if (rc < 0)
        return tcn_err_set(reterr, rc, "cannot read %s: %s", store->path,
                           tcn_db_text(&store->db));
    store->counts.sequence = store->next_sequence - 1;
    store->counts.outbox_queued = (uint64_t)store->committer.outbox.queued;
    store->counts.outbox_dead = (uint64_t)store->committer.outbox.dead;
    tcn_store_checkpoint_init(store);
    return 0;
}

static int start_threads(tcn_store *store, tcn_err *reterr)
{
    int rc = tcn_query_thread_start(store, reterr);
    if (rc >= 0)
        rc = tcn_store_thread_start(store);
    if (rc < 0)
        return tcn_err_set(reterr, rc, "cannot start the store's threads: %s",
                           tcn_err_text(rc));
    return 0;
}

static int init_locks(tcn_store *store)
{
    int rc = uv_mutex_init(&store->db_lock);
    if (rc < 0)
        return rc;
    rc = uv_mutex_init(&store->lock);
    if (rc < 0)
        goto fail_lock;
    rc = uv_cond_init(&store->wake);
    if (rc < 0)
        goto fail_wake;
    rc = uv_cond_init(&store->reader.wake);
    if (rc < 0)
        goto fail_reader;
    return 0;

fail_reader:
    uv_cond_destroy(&store->wake);
fail_wake:
    uv_mutex_destroy(&store->lock);
fail_lock:
    uv_mutex_destroy(&store->db_lock);
    return rc;
}

static void destroy_locks(tcn_store *store)
{
    uv_cond_destroy(&store->reader.wake);
    uv_cond_destroy(&store->wake);
    uv_mutex_destroy(&store->lock);
    uv_mutex_destroy(&store->db_lock);
}

int tcn_store_open(const tcn_store_options *options, tcn_store **ret, tcn_err *reterr)
{
    tcn_store *store = tcn_alloc_zero(sizeof *store);
    char *path = tcn_strdup(options->path);
    int rc = store == NULL || path == NULL ? TCN_E_NOMEM : init_locks(store);
    if (rc < 0) {
        tcn_free(path);
        tcn_free(store);
        return tcn_err_set(reterr, rc, "the store: %s", tcn_err_text(rc));
    }
    store->options = *options;
    store->sync_wanted = options->sync;
    store->path = path;
    store->lock_fd = -1;
    tcn_list_init(&store->reader.waiting);
    tcn_list_init(&store->reader.done);
    tcn_stored_jobs_init(&store->block_jobs);

    rc = tcn_store_lock(path, &store->lock_fd, reterr);
    if (rc >= 0)
        rc = open_file(store, reterr);
    if (rc >= 0)
        rc = prepare(store, reterr);
    if (rc >= 0)
        rc = start_threads(store, reterr);
    if (rc < 0) {
        tcn_store_close(store);
        return rc;
    }
    *ret = store;
    return 0;
}

static void free_commit(tcn_commit_job *job)
{
    for (size_t i = 0; i < job->count; i++)
        tcn_outbox_entry_free(job->entries[i]);
    tcn_free(job->entries);
}

void tcn_store_close(tcn_store *store)
{
    if (store == NULL)
        return;
    tcn_query_thread_stop(store);
    tcn_store_thread_stop(store);
    free_commit(&store->commit);
    tcn_buf_deinit(&store->save.piece);
    tcn_committer_deinit(&store->committer);
    tcn_packer_free(store->packer);
    tcn_seal_free(store->seal);
    tcn_stored_jobs_deinit(&store->block_jobs);
    tcn_db_close(&store->db); /* the last connection checkpoints and removes the WAL */
    if (store->lock_fd >= 0)
        close(store->lock_fd);
    destroy_locks(store);
    tcn_free(store->path);
    tcn_free(store);
}

uint64_t tcn_store_next_sequence(const tcn_store *store)
{
    return store->next_sequence;
}

/* Blocks of files may hold secrets. */
static int take_value(const tcn_store *store, const char *key, tcn_str value,
                      tcn_buf *ret)
{
    tcn_uuid id = tcn_store_blocks_id();
    bool is_plain = false;
    if (strcmp(key, TCN_STORE_BLOCKS) != 0)
        return tcn_buf_add_str(ret, value);
    return tcn_seal_open(store->seal, value, &id, ret, &is_plain);
}

int tcn_store_meta_get(tcn_store *store, const char *key, tcn_buf *ret)
{
    sqlite3_stmt *stmt = NULL;
    uv_mutex_lock(&store->db_lock);
    int rc = tcn_db_prepare(&store->db, "SELECT value FROM meta WHERE key = ?1", &stmt);
    if (rc >= 0) {
        tcn_db_bind_text(stmt, 1, tcn_str_c(key));
        rc = tcn_db_step(&store->db, stmt);
    }
    if (rc == 0)
        rc = TCN_E_NOT_FOUND;
    if (rc == 1)
        rc = take_value(store, key, tcn_db_bytes(stmt, 0), ret);
    sqlite3_finalize(stmt);
    uv_mutex_unlock(&store->db_lock);
    return rc;
}

int tcn_store_meta_put(tcn_store *store, const char *key, tcn_str value)
{
    sqlite3_stmt *stmt = NULL;
    uv_mutex_lock(&store->db_lock);
    int rc =
        tcn_db_prepare(&store->db, "INSERT OR REPLACE INTO meta VALUES (?1, ?2)", &stmt);
    if (rc >= 0) {
        tcn_db_bind_text(stmt, 1, tcn_str_c(key));
        tcn_db_bind_blob(stmt, 2, value);
        rc = tcn_db_step(&store->db, stmt);
    }
    sqlite3_finalize(stmt);
    uv_mutex_unlock(&store->db_lock);
    return rc;
}

void tcn_store_counts_get(const tcn_store *store, tcn_store_counts *ret)
{
    tcn_store *shared =
        (tcn_store *)(uintptr_t)store; /* its lock is not part of its value */
    uv_mutex_lock(&shared->lock);
    *ret = store->counts;
    uv_mutex_unlock(&shared->lock);
}
