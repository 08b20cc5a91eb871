/* SPDX-License-Identifier: Apache-2.0 */
/* log_query.c - events of the log. A query walks the log by position, skips records by
 * their summary and opens the rest. When its time or its room is spent it says how far it
 * came, and that there is more. */
#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/store/filter.h"
#include "core/store/log_row.h"
#include "core/store/store_int.h"

#define BUDGET_US  (2 * INT64_C(1000000))
#define ARENA_KEPT ((size_t)4 << 20)

typedef struct query {
    tcn_page page;
    tcn_store_filter filter; /* its texts stand behind the struct */
    uint32_t count;          /* of lines */
    int64_t until_mono_us;
} query;

/* ---- on the reading thread ---- */

static bool is_spent(const query *q)
{
    return q->count >= q->filter.limit || q->page.lines.len >= TCN_PAGE_BYTES ||
           tcn_clock_mono_us() >= q->until_mono_us;
}

static int add_line(query *q, const tcn_record_entry *entry, const tcn_event *event)
{
    int rc = entry->is_emitted ? tcn_buf_add_str(&q->page.lines, entry->text)
                               : tcn_event_encode(event, &q->page.lines);
    if (rc >= 0)
        rc = tcn_buf_add_char(&q->page.lines, '\n');
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
            q->page.has_more = true;
            return 1;
        }
        rc = add_line(q, entry, &event);
    }
    q->page.last = entry->position;
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
        q->page.last = ((sequence + 1) << TCN_POSITION_BITS) - 1;
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
            q->page.has_more = true;
            break;
        }
    }
    sqlite3_reset(stmt);
    return rc < 0 ? rc : 0;
}

static void run(tcn_store *store, tcn_read *read)
{
    query *q = tcn_container_of(read, query, page.read);
    q->page.last = q->filter.after;
    q->until_mono_us = tcn_clock_mono_us() + BUDGET_US;
    q->page.status = scan(&store->reader, q, store->options.log);
}

/* ---- on the loop ---- */

static query *copy_query(const tcn_store_filter *filter)
{
    query *q = tcn_alloc_zero(sizeof *q + filter->name.len + filter->resource.len);
    if (q == NULL)
        return NULL;
    tcn_page_init(&q->page, run);
    q->filter = *filter;
    char *text = (char *)(q + 1);
    tcn_str *texts[] = {&q->filter.name, &q->filter.resource};
    for (size_t i = 0; i < TCN_COUNT(texts); i++) {
        if (texts[i]->len > 0)
            memcpy(text, texts[i]->ptr, texts[i]->len);
        texts[i]->ptr = text;
        text += texts[i]->len;
    }
    return q;
}

int tcn_store_query(tcn_store *store, const tcn_store_filter *filter,
                    tcn_store_query_cb cb, void *ud)
{
    query *q = copy_query(filter);
    if (q == NULL)
        return TCN_E_NOMEM;
    q->page.cb = cb;
    q->page.ud = ud;
    return tcn_read_submit(store, &q->page.read);
}
