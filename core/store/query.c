/* SPDX-License-Identifier: Apache-2.0 */
/* query.c - the reading thread: what was asked comes in at one end, the answers go out at
 * the other, on the loop. What a query does stands in log_query.c and outbox_query.c. */
#include "core/store/query.h"

#include "core/base/alloc.h"
#include "core/store/log_row.h"
#include "core/store/store_int.h"

/* ---- on the reading thread ---- */

static void run_read(tcn_store *store, tcn_read *read)
{
    read->run(store, read);
    uv_mutex_lock(&store->lock);
    tcn_list_append(&store->reader.done, &read->link);
    uv_mutex_unlock(&store->lock);
    uv_async_send(store->async);
}

/* Waits for work: a query, or NULL and a checkpoint. false: to end. */
static bool next_work(tcn_store *store, tcn_read **ret)
{
    tcn_query_thread *thread = &store->reader;
    tcn_list *first = NULL;
    uv_mutex_lock(&store->lock);
    for (;;) {
        first = tcn_list_first(&thread->waiting);
        if (store->is_stopping || first != NULL || store->checkpoint.is_wanted)
            break;
        uv_cond_wait(&thread->wake, &store->lock);
    }
    bool goes_on = !store->is_stopping;
    *ret = NULL;
    if (goes_on && store->checkpoint.is_wanted) {
        store->checkpoint.is_wanted = false;
        store->checkpoint.is_running = true;
    } else if (goes_on) {
        tcn_list_remove(first);
        thread->waiting_count--;
        *ret = tcn_container_of(first, tcn_read, link);
    }
    uv_mutex_unlock(&store->lock);
    return goes_on;
}

static void run(void *ud)
{
    tcn_store *store = ud;
    tcn_read *read = NULL;
    while (next_work(store, &read)) {
        if (read != NULL)
            run_read(store, read);
        else
            tcn_store_checkpoint_passive(store, &store->reader.db);
    }
}

/* ---- on the loop ---- */

static void answer_page(tcn_read *read)
{
    tcn_page *page = tcn_container_of(read, tcn_page, read);
    page->cb(page->status, tcn_buf_str(&page->lines), page->last, page->has_more,
             page->ud);
}

static void free_page(tcn_read *read)
{
    tcn_page *page = tcn_container_of(read, tcn_page, read);
    tcn_buf_deinit(&page->lines);
    tcn_free(page);
}

void tcn_page_init(tcn_page *page, void (*run_page)(tcn_store *store, tcn_read *read))
{
    page->read = (tcn_read){.run = run_page, .answer = answer_page, .free = free_page};
    tcn_buf_init(&page->lines, TCN_PACK_MAX);
}

int tcn_query_thread_start(struct tcn_store *store, tcn_err *reterr)
{
    static const char sql[] =
        "SELECT " TCN_LOG_COLUMNS " FROM log WHERE sequence >= ?1 AND events > 0"
        " AND occurred_last >= ?2 AND occurred_first <= ?3 ORDER BY sequence";
    tcn_query_thread *thread = &store->reader;
    tcn_arena_init(&thread->arena, 0);
    tcn_buf_init(&thread->plain, TCN_PACK_MAX + 1);
    thread->packer = tcn_packer_new();
    if (thread->packer == NULL)
        return TCN_E_NOMEM;
    int rc = tcn_db_open(&thread->db, store->path, reterr);
    if (rc >= 0)
        rc =
            tcn_db_tune(&thread->db, store->options.sync == TCN_STORE_FULL, true, reterr);
    if (rc >= 0)
        rc = tcn_db_prepare(&thread->db, sql, &thread->scan);
    if (rc >= 0) {
        rc = uv_thread_create(&thread->thread, run, store);
        thread->has_thread = rc == 0;
    }
    return rc;
}

static void free_reads(tcn_list *list)
{
    tcn_list_foreach (it, list) {
        tcn_read *read = tcn_container_of(it, tcn_read, link);
        read->free(read);
    }
    tcn_list_init(list);
}

void tcn_query_thread_stop(tcn_store *store)
{
    tcn_query_thread *thread = &store->reader;
    if (thread->has_thread) {
        uv_mutex_lock(&store->lock);
        store->is_stopping = true;
        uv_cond_signal(&thread->wake);
        uv_mutex_unlock(&store->lock);
        uv_thread_join(&thread->thread);
        thread->has_thread = false;
    }
    free_reads(&thread->waiting);
    free_reads(&thread->done);
    sqlite3_finalize(thread->scan);
    tcn_db_close(&thread->db);
    tcn_packer_free(thread->packer);
    tcn_buf_deinit(&thread->plain);
    tcn_arena_deinit(&thread->arena);
}

void tcn_query_thread_answer(tcn_store *store)
{
    for (;;) {
        uv_mutex_lock(&store->lock);
        tcn_list *first = tcn_list_first(&store->reader.done);
        if (first != NULL)
            tcn_list_remove(first);
        uv_mutex_unlock(&store->lock);
        if (first == NULL)
            return;
        tcn_read *read = tcn_container_of(first, tcn_read, link);
        tcn_store_expected(store);
        read->answer(read);
        read->free(read);
    }
}

int tcn_read_submit(tcn_store *store, tcn_read *read)
{
    uv_mutex_lock(&store->lock);
    bool has_room = store->reader.waiting_count < TCN_QUERIES_MAX;
    if (has_room) {
        tcn_list_append(&store->reader.waiting, &read->link);
        store->reader.waiting_count++;
    }
    uv_mutex_unlock(&store->lock);
    if (!has_room) {
        read->free(read);
        return TCN_E_BUSY;
    }
    uv_cond_signal(&store->reader.wake);
    tcn_store_expect(store);
    return 0;
}
