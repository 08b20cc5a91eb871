/* SPDX-License-Identifier: Apache-2.0 */
/* outbox_query.c - actions that wait and those that are dead, for people, a page at a
 * time. */
#include <jansson.h>
#include <stdlib.h>

#include "core/base/alloc.h"
#include "core/base/datetime.h"
#include "core/store/outbox_entry.h"
#include "core/store/store_int.h"

static const char queued_sql[] =
    "SELECT " TCN_OUTBOX_ROW_COLUMNS ", r.next_at, 0, '', 0, '' FROM outbox r"
    " LEFT JOIN action_text t ON t.id = r.id"
    " WHERE r.id > ?1 AND (?2 = '' OR r.block = ?2) ORDER BY r.id LIMIT ?3";
static const char dead_sql[] =
    "SELECT " TCN_OUTBOX_ROW_COLUMNS
    ", 0, h.ended_at, h.cause, h.code, h.reason FROM dead r"
    " LEFT JOIN action_text t ON t.id = r.id LEFT JOIN history h ON h.id = r.id"
    " WHERE r.id > ?1 AND (?2 = '' OR r.block = ?2) ORDER BY r.id LIMIT ?3";

typedef struct query {
    tcn_page page;
    tcn_outbox_filter filter; /* its text stands behind the struct */
} query;

/* ---- one action ---- */

static json_t *time_value(int64_t at_us)
{
    char text[TCN_DATETIME_TEXT];
    (void)tcn_datetime_format(at_us, text);
    return json_string(text);
}

static json_t *text_value(tcn_str text)
{
    return json_stringn(text.ptr != NULL ? text.ptr : "", text.len);
}

static json_t *uuid_value(const tcn_uuid *id)
{
    char text[TCN_UUID_TEXT + 1];
    return json_string(tcn_uuid_format(id, text));
}

/* The document; as text where jansson does not read it, null where there is none. */
static json_t *document_value(tcn_str text)
{
    json_t *value =
        text.len > 0 ? json_loadb(text.ptr, text.len, JSON_ALLOW_NUL, NULL) : NULL;
    if (value == NULL && text.len > 0)
        value = text_value(text); /* integers of more than 64 bits, and the like */
    return value != NULL ? value : json_null();
}

static json_t *name_of(tcn_str automation)
{
    json_t *document = document_value(automation);
    json_t *name = json_incref(json_object_get(document, "name"));
    json_decref(document);
    return name != NULL ? name : json_null();
}

static json_t *event_head(tcn_str event)
{
    json_t *document = document_value(event);
    json_t *head = json_pack("{s:O?, s:O?}", "id", json_object_get(document, "id"),
                             "event", json_object_get(document, "event"));
    json_decref(document);
    return head;
}

static void add_ending(json_t *line, sqlite3_stmt *stmt, bool is_dead)
{
    const int at = TCN_OUTBOX_ROW_COUNT;
    if (!is_dead) {
        (void)json_object_set_new(line, "next",
                                  time_value(sqlite3_column_int64(stmt, at)));
        return;
    }
    (void)json_object_set_new(line, "ended",
                              time_value(sqlite3_column_int64(stmt, at + 1)));
    (void)json_object_set_new(line, "cause", text_value(tcn_db_bytes(stmt, at + 2)));
    (void)json_object_set_new(line, "code",
                              json_integer(sqlite3_column_int64(stmt, at + 3)));
    (void)json_object_set_new(line, "reason", text_value(tcn_db_bytes(stmt, at + 4)));
}

static json_t *describe(const query *q, sqlite3_stmt *stmt, const tcn_outbox_entry *entry)
{
    json_t *line = json_pack(
        "{s:I, s:s, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o}", "id", (json_int_t)entry->id,
        "state", q->filter.is_dead ? "dead" : "queued", "block", text_value(entry->block),
        "invocation", uuid_value(&entry->invocation), "attempt",
        (json_int_t)entry->attempt, "created", time_value(entry->created_at_us),
        "deadline", time_value(entry->deadline_at_us), "automation",
        name_of(entry->automation), "event", event_head(entry->event), "action",
        document_value(entry->action));
    add_ending(line, stmt, q->filter.is_dead);
    if (q->filter.id != 0) {
        (void)json_object_set_new(line, "firing", document_value(entry->firing));
        (void)json_object_set_new(line, "triggering_event", document_value(entry->event));
    }
    return line;
}

static int add_line(query *q, json_t *line)
{
    char *text = line != NULL ? json_dumps(line, JSON_COMPACT) : NULL;
    int rc = text == NULL ? TCN_E_NOMEM : tcn_buf_add_c(&q->page.lines, text);
    if (rc >= 0)
        rc = tcn_buf_add_char(&q->page.lines, '\n');
    free(text);
    json_decref(line);
    return rc;
}

/* ---- on the reading thread ---- */

static int take_row(tcn_query_thread *thread, query *q, sqlite3_stmt *stmt)
{
    tcn_outbox_entry *entry = NULL;
    uint64_t id = (uint64_t)sqlite3_column_int64(stmt, 0);
    tcn_buf_reset(&thread->plain);
    int rc = tcn_outbox_entry_of_row(thread->packer, stmt, &thread->plain, &entry);
    if (rc == TCN_E_CORRUPT || rc == TCN_E_UNSUPPORTED)
        rc = add_line(q,
                      json_pack("{s:I, s:s}", "id", (json_int_t)id, "state", "damaged"));
    else if (rc >= 0)
        rc = add_line(q, describe(q, stmt, entry));
    tcn_outbox_entry_free(entry);
    q->page.last = id;
    return rc;
}

static int scan(tcn_query_thread *thread, query *q, sqlite3_stmt *stmt)
{
    const tcn_outbox_filter *filter = &q->filter;
    uint64_t after = filter->id != 0 ? filter->id - 1 : filter->after;
    uint32_t limit = filter->id != 0 ? 1 : filter->limit;
    (void)sqlite3_bind_int64(stmt, 1, (int64_t)after);
    tcn_db_bind_text(stmt, 2, filter->block);
    (void)sqlite3_bind_int64(stmt, 3, (int64_t)limit + 1);
    uint32_t count = 0;
    int rc = tcn_db_step(&thread->db, stmt);
    while (rc == 1) {
        uint64_t id = (uint64_t)sqlite3_column_int64(stmt, 0);
        q->page.has_more = count == limit || q->page.lines.len >= TCN_PAGE_BYTES;
        if (q->page.has_more || (filter->id != 0 && id != filter->id))
            break;
        rc = take_row(thread, q, stmt);
        count++;
        if (rc >= 0)
            rc = tcn_db_step(&thread->db, stmt);
    }
    if (filter->id != 0)
        q->page.has_more = false;
    return rc < 0 ? rc : 0;
}

static void run(tcn_store *store, tcn_read *read)
{
    query *q = tcn_container_of(read, query, page.read);
    sqlite3_stmt *stmt = NULL;
    q->page.last = q->filter.after;
    q->page.status = tcn_db_prepare(&store->reader.db,
                                    q->filter.is_dead ? dead_sql : queued_sql, &stmt);
    if (q->page.status >= 0)
        q->page.status = scan(&store->reader, q, stmt);
    sqlite3_finalize(stmt);
}

/* ---- on the loop ---- */

int tcn_outbox_query(tcn_store *store, const tcn_outbox_filter *filter,
                     tcn_outbox_query_cb cb, void *ud)
{
    query *q = tcn_alloc_zero(sizeof *q + filter->block.len);
    if (q == NULL)
        return TCN_E_NOMEM;
    tcn_page_init(&q->page, run);
    q->filter = *filter;
    char *text = (char *)(q + 1);
    if (filter->block.len > 0)
        memcpy(text, filter->block.ptr, filter->block.len);
    q->filter.block.ptr = text;
    q->page.cb = cb;
    q->page.ud = ud;
    return tcn_read_submit(store, &q->page.read);
}
