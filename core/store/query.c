/* SPDX-License-Identifier: Apache-2.0 */
/* query.c - the reading thread. A query walks the log by position, skips records by their
 * summary and opens the rest. When its time or its room is spent it says how far it came,
 * and that there is more. */
#include "core/store/query.h"

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/store/filter.h"
#include "core/store/log_row.h"
#include "core/store/store_int.h"

#define BUDGET_US  (2 * INT64_C(1000000))
#define LINES_MAX  ((size_t)16 << 20)
#define ARENA_KEPT ((size_t)4 << 20)

typedef struct query {
    tcn_list link;
    tcn_store_filter filter; /* its texts stand behind the struct */
    tcn_store_query_cb cb;
    void *ud;
    int status;
    tcn_buf lines;
    uint32_t count; /* of lines */
    uint64_t last;  /* everything up to this position was looked at */
    bool has_more;
    int64_t until_mono_us;
} query;

/* ---- on the reading thread ---- */

static bool is_spent(const query *q)
{
    return q->count >= q->filter.limit || q->lines.len >= LINES_MAX ||
           tcn_clock_mono_us() >= q->until_mono_us;
}

static int add_line(query *q, const tcn_record_entry *entry, const tcn_event *event)
{
    int rc = entry->is_emitted ? tcn_buf_add_str(&q->lines, entry->text)
                               : tcn_event_encode(event, &q->lines);
    if (rc >= 0)
        rc = tcn_buf_add_char(&q->lines, '\n');
    q->count++;
    return rc;
}

/* 1: the query is spent. */
static int take_entry(tcn_query_thread *thread, query *q, const tcn_record_entry *entry)
{
    if (entry->position <= q->filter.after)
        return 0;
    tcn_event event;
    tcn_arena_reset(&thread->arena, ARENA_KEPT);
    int rc = tcn_record_event(entry, &thread->arena, &event);
    if (rc < 0)
        return rc;
    if (tcn_filter_matches(&q->filter, &event)) {
        if (q->count >= q->filter.limit) {
            q->has_more = true;
            return 1;
        }
        rc = add_line(q, entry, &event);
    }
    q->last = entry->position;
    return rc;
}

static int take_record(tcn_query_thread *thread, query *q)
{
    tcn_record record;
    int rc = tcn_log_row_open(thread->scan, thread->packer, &thread->plain, &record);
    tcn_record_cursor cursor = {0};
    tcn_record_entry entry;
    while (rc == 0 && tcn_record_next(&record, &cursor, &entry))
        rc = take_entry(thread, q, &entry);
    return rc;
}

static int take_row(tcn_query_thread *thread, query *q, tcn_log *log)
{
    uint64_t sequence = (uint64_t)sqlite3_column_int64(thread->scan, 0);
    int rc = 0;
    if (tcn_filter_may_match(&q->filter, tcn_db_bytes(thread->scan, 6)))
        rc = take_record(thread, q);
    if (rc == TCN_E_CORRUPT || rc == TCN_E_UNSUPPORTED) {
        tcn_log_write(log, TCN_LOG_ERROR, "store",
                      "log record %llu is left out of a query: %s",
                      (unsigned long long)sequence, tcn_err_text(rc));
        rc = 0;
    }
    if (rc == 0) /* the record's last possible position */
        q->last = ((sequence + 1) << TCN_POSITION_BITS) - 1;
    return rc;
}

static int scan(tcn_query_thread *thread, query *q, tcn_log *log)
{
    sqlite3_stmt *stmt = thread->scan;
    (void)sqlite3_bind_int64(stmt, 1, (int64_t)(q->filter.after >> TCN_POSITION_BITS));
    (void)sqlite3_bind_int64(stmt, 2,
                             q->filter.since_us != 0 ? q->filter.since_us : INT64_MIN);
    (void)sqlite3_bind_int64(stmt, 3, q->filter.until_us);
    int rc = tcn_db_step(&thread->db, stmt);
    while (rc == 1) {
        rc = take_row(thread, q, log);
        if (rc != 0)
            break;
        rc = tcn_db_step(&thread->db, stmt);
        if (rc == 1 && is_spent(q)) {
            q->has_more = true;
            break;
        }
    }
    sqlite3_reset(stmt);
    return rc < 0 ? rc : 0;
}

static void run_query(tcn_store *store, query *q)
{
    q->last = q->filter.after;
    q->until_mono_us = tcn_clock_mono_us() + BUDGET_US;
    q->status = scan(&store->reader, q, store->options.log);
    uv_mutex_lock(&store->lock);
    tcn_list_append(&store->reader.done, &q->link);
    uv_mutex_unlock(&store->lock);
    uv_async_send(store->async);
}

/* Waits for work: a query, or NULL and a checkpoint. false: to end. */
static bool next_work(tcn_store *store, query **ret)
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
        *ret = tcn_container_of(first, query, link);
    }
    uv_mutex_unlock(&store->lock);
    return goes_on;
}

static void run(void *ud)
{
    tcn_store *store = ud;
    query *q = NULL;
    while (next_work(store, &q)) {
        if (q != NULL)
            run_query(store, q);
        else
            tcn_store_checkpoint_passive(store, &store->reader.db);
    }
}

/* ---- on the loop ---- */

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

static void free_query(query *q)
{
    tcn_buf_deinit(&q->lines);
    tcn_free(q);
}

static void free_queries(tcn_list *list)
{
    tcn_list_foreach (it, list)
        free_query(tcn_container_of(it, query, link));
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
    free_queries(&thread->waiting);
    free_queries(&thread->done);
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
        query *q = tcn_container_of(first, query, link);
        tcn_store_expected(store);
        q->cb(q->status, tcn_buf_str(&q->lines), q->last, q->has_more, q->ud);
        free_query(q);
    }
}

static query *copy_query(const tcn_store_filter *filter)
{
    query *q = tcn_alloc_zero(sizeof *q + filter->name.len + filter->resource.len);
    if (q == NULL)
        return NULL;
    q->filter = *filter;
    char *text = (char *)(q + 1);
    tcn_str *texts[] = {&q->filter.name, &q->filter.resource};
    for (size_t i = 0; i < TCN_COUNT(texts); i++) {
        if (texts[i]->len > 0)
            memcpy(text, texts[i]->ptr, texts[i]->len);
        texts[i]->ptr = text;
        text += texts[i]->len;
    }
    tcn_buf_init(&q->lines, TCN_PACK_MAX);
    return q;
}

int tcn_store_query(tcn_store *store, const tcn_store_filter *filter,
                    tcn_store_query_cb cb, void *ud)
{
    query *q = copy_query(filter);
    if (q == NULL)
        return TCN_E_NOMEM;
    q->cb = cb;
    q->ud = ud;
    uv_mutex_lock(&store->lock);
    bool has_room = store->reader.waiting_count < TCN_QUERIES_MAX;
    if (has_room) {
        tcn_list_append(&store->reader.waiting, &q->link);
        store->reader.waiting_count++;
    }
    uv_mutex_unlock(&store->lock);
    if (!has_room) {
        free_query(q);
        return TCN_E_BUSY;
    }
    uv_cond_signal(&store->reader.wake);
    tcn_store_expect(store);
    return 0;
}
