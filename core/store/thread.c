/* SPDX-License-Identifier: Apache-2.0 */
/* thread.c - the store's thread: the commit that waits, then one part of the state that
 * is being saved, then again, so that neither keeps the other waiting long. Results go
 * back to the loop by an async handle, which keeps the loop alive while a callback is
 * due. */
#include "core/store/store_int.h"

#include "core/base/alloc.h"
#include "core/base/clock.h"

void tcn_store_expect(tcn_store *store)
{
    if (store->callbacks_pending++ == 0)
        uv_ref((uv_handle_t *)store->async);
}

void tcn_store_expected(tcn_store *store)
{
    if (--store->callbacks_pending == 0)
        uv_unref((uv_handle_t *)store->async);
}

/* ---- on the store's thread ---- */

/* One line when commits begin to fail or fail in another way, not one for each. */
static void tell(tcn_store *store, int status)
{
    const tcn_committer *committer = &store->committer;
    tcn_log *log = store->options.log;
    if (status < 0 && status != store->failed_last)
        tcn_log_write(log, TCN_LOG_ERROR, "store", "cannot commit to %s: %s", store->path,
                      committer->text[0] != '\0' ? committer->text
                                                 : tcn_err_text(status));
    store->failed_last = status;
    if (status >= 0 && committer->missing_events > 0)
        tcn_log_write(
            log, TCN_LOG_WARNING, "store",
            "%zu triggering events are no longer in the log: actions get null in their "
            "place",
            committer->missing_events);
    if (status >= 0 && committer->unknown_results > 0)
        tcn_log_write(log, TCN_LOG_WARNING, "store",
                      "%zu results of actions that do not wait",
                      committer->unknown_results);
}

static void count_commit(tcn_store *store, int status, int64_t took_us)
{
    tcn_store_counts *c = &store->counts;
    c->wal_bytes = (uint64_t)store->checkpoint.wal_pages * TCN_PAGE_SIZE;
    if (status < 0) {
        c->commit_errors++;
        return;
    }
    c->commits++;
    c->sequence = store->commit.sequence;
    c->outbox_queued = (uint64_t)store->committer.outbox.queued;
    c->outbox_dead = (uint64_t)store->committer.outbox.dead;
    c->commit_us_last = took_us;
    if (took_us > c->commit_us_max)
        c->commit_us_max = took_us;
}

/* options.sync is what the connection does, sync_wanted what it is to do. */
static void set_sync(tcn_store *store)
{
    uv_mutex_lock(&store->lock);
    enum tcn_store_sync wanted = store->sync_wanted;
    uv_mutex_unlock(&store->lock);
    if (wanted == store->options.sync ||
        tcn_db_sync_set(&store->db, wanted == TCN_STORE_FULL) < 0)
        return;
    store->options.sync = wanted;
}

void tcn_store_sync_set(tcn_store *store, enum tcn_store_sync sync)
{
    uv_mutex_lock(&store->lock);
    store->sync_wanted = sync;
    uv_mutex_unlock(&store->lock);
}

static void run_commit(tcn_store *store)
{
    tcn_commit_job *job = &store->commit;
    int64_t from_us = tcn_clock_mono_us();
    uv_mutex_lock(&store->db_lock);
    set_sync(store);
    int status = tcn_committer_run(&store->committer, job->step, job->sequence,
                                   &job->entries, &job->count);
    tell(store, status);

    uv_mutex_lock(&store->lock);
    job->status = status;
    job->phase = TCN_JOB_DONE;
    count_commit(store, status, tcn_clock_mono_us() - from_us);
    uv_mutex_unlock(&store->lock);
    /* Outside of the locks, which the loop wants as soon as it wakes up. */
    uv_async_send(store->async);
    tcn_store_checkpoint_look(store);
    uv_mutex_unlock(&store->db_lock);
}

static void run_save(tcn_store *store)
{
    tcn_save_job *job = &store->save;
    uv_mutex_lock(&store->db_lock);
    uv_mutex_lock(&store->lock);
    bool is_canceled = job->is_canceled;
    uv_mutex_unlock(&store->lock);
    int rc = is_canceled ? TCN_E_CANCELED : tcn_store_save_part(store, job);
    tcn_store_checkpoint_look(store);
    uv_mutex_unlock(&store->db_lock);
    if (rc == 1)
        return;

    uv_mutex_lock(&store->lock);
    job->status = rc;
    job->phase = TCN_JOB_DONE;
    uv_mutex_unlock(&store->lock);
    uv_async_send(store->async);
}

/* What the thread finds to do. */
typedef struct work {
    bool has_commit, has_save, has_blocks;
} work;

static bool is_any(const work *w)
{
    return w->has_commit || w->has_save || w->has_blocks;
}

/* Under lock: answers whoever asks whether this thread is alive. */
static void answer_ask(tcn_store *store)
{
    if (store->ask.phase != TCN_JOB_WAITING)
        return;
    store->ask.phase = TCN_JOB_DONE;
    uv_async_send(store->async);
}

/* Waits for work. false: to end; what was begun is done by then. */
static bool next_work(tcn_store *store, work *ret)
{
    uv_mutex_lock(&store->lock);
    for (;;) {
        answer_ask(store);
        ret->has_commit = store->commit.phase == TCN_JOB_WAITING;
        ret->has_save = store->save.phase == TCN_JOB_WAITING;
        ret->has_blocks = !tcn_list_is_empty(&store->block_jobs.waiting);
        if (is_any(ret) || store->is_stopping)
            break;
        uv_cond_wait(&store->wake, &store->lock);
    }
    uv_mutex_unlock(&store->lock);
    return is_any(ret);
}

static void run(void *ud)
{
    tcn_store *store = ud;
    work w;
    while (next_work(store, &w)) {
        if (w.has_commit)
            run_commit(store);
        if (w.has_blocks)
            tcn_stored_jobs_run(store);
        if (w.has_save)
            run_save(store);
    }
}

/* ---- on the loop ---- */

static void answer_commit(tcn_store *store, const tcn_commit_job *job)
{
    if (job->status >= 0)
        store->next_sequence = job->sequence + 1;
    tcn_store_expected(store);
    job->cb(job->status, job->entries, job->count, job->ud);
    tcn_free(job->entries);
}

static void answer_save(tcn_store *store, tcn_save_job *job)
{
    tcn_buf_deinit(&job->piece);
    tcn_store_expected(store);
    if (job->cb != NULL)
        job->cb(job->status, job->ud);
}

static void on_async(uv_async_t *async)
{
    tcn_store *store = async->data;
    tcn_commit_job commit = {0};
    tcn_save_job save = {0};
    tcn_ask_job ask = {0};
    uv_mutex_lock(&store->lock);
    bool has_commit = store->commit.phase == TCN_JOB_DONE;
    bool has_save = store->save.phase == TCN_JOB_DONE;
    bool has_query = !tcn_list_is_empty(&store->reader.done);
    bool has_blocks = !tcn_list_is_empty(&store->block_jobs.done);
    if (has_commit) { /* until then it is in the thread's hands */
        commit = store->commit;
        store->commit = (tcn_commit_job){0};
    }
    if (has_save) {
        save = store->save;
        store->save = (tcn_save_job){0};
    }
    if (store->ask.phase == TCN_JOB_DONE) {
        ask = store->ask;
        store->ask = (tcn_ask_job){0};
    }
    uv_mutex_unlock(&store->lock);

    if (has_commit)
        answer_commit(store, &commit);
    if (has_save)
        answer_save(store, &save);
    if (has_query)
        tcn_query_thread_answer(store);
    if (has_blocks)
        tcn_stored_jobs_answer(store);
    if (ask.phase == TCN_JOB_DONE)
        ask.cb(ask.ud);
}

void tcn_store_ask(tcn_store *store, void (*cb)(void *ud), void *ud)
{
    uv_mutex_lock(&store->lock);
    store->ask = (tcn_ask_job){TCN_JOB_WAITING, cb, ud};
    uv_mutex_unlock(&store->lock);
    uv_cond_signal(&store->wake);
}

int tcn_store_commit(tcn_store *store, const tcn_store_step *step, tcn_store_commit_cb cb,
                     void *ud)
{
    uv_mutex_lock(&store->lock);
    int rc = store->commit.phase == TCN_JOB_NONE ? 0 : TCN_E_BUSY;
    if (rc == 0) {
        store->commit = (tcn_commit_job){
            .phase = TCN_JOB_WAITING,
            .step = step,
            .sequence = store->next_sequence,
            .cb = cb,
            .ud = ud,
        };
    }
    uv_mutex_unlock(&store->lock);
    if (rc < 0)
        return rc;
    uv_cond_signal(&store->wake);
    tcn_store_expect(store);
    return 0;
}

static void free_async(uv_handle_t *handle)
{
    tcn_free(handle);
}

int tcn_store_thread_start(tcn_store *store)
{
    uv_async_t *async = tcn_alloc_zero(sizeof *async);
    if (async == NULL)
        return TCN_E_NOMEM;
    int rc = uv_async_init(store->options.loop, async, on_async);
    if (rc < 0) {
        tcn_free(async);
        return rc;
    }
    async->data = store;
    uv_unref((uv_handle_t *)async);
    store->async = async;
    rc = uv_thread_create(&store->thread, run, store);
    store->has_thread = rc == 0;
    return rc;
}

void tcn_store_thread_stop(tcn_store *store)
{
    if (store->has_thread) {
        uv_mutex_lock(&store->lock);
        store->is_stopping = true;
        store->save.is_canceled = true;
        uv_cond_signal(&store->wake);
        uv_mutex_unlock(&store->lock);
        uv_thread_join(&store->thread);
        store->has_thread = false;
    }
    if (store->async != NULL)
        uv_close((uv_handle_t *)store->async, free_async);
    store->async = NULL;
}
