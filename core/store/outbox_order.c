/* SPDX-License-Identifier: Apache-2.0 */
/* outbox_order.c - the history keeps how a dead action ended; one that comes back is a
 * new row, so that its next end stands beside the first. */
#include "core/store/outbox_order.h"

#include "core/store/outbox_entry.h"

/* 1: *ret was read; 0: there is no such dead action. */
static int read_dead(tcn_outbox_table *table, uint64_t id, tcn_outbox_entry **ret)
{
    sqlite3_stmt *stmt = table->sql[TCN_OUTBOX_SQL_DEAD_ROW];
    (void)sqlite3_bind_int64(stmt, 1, (int64_t)id);
    int rc = tcn_db_step(table->db, stmt);
    if (rc != 1)
        return rc;
    tcn_buf_reset(&table->plain);
    rc = tcn_outbox_entry_of_row(table->packer, stmt, &table->plain, ret);
    (void)sqlite3_reset(stmt);
    bool is_damaged = rc == TCN_E_CORRUPT || rc == TCN_E_UNSUPPORTED;
    return rc == 0 ? 1 : is_damaged ? 0 : rc;
}

/* What the last attempt left: texts that were rendered, and progress. */
static int put_rest(tcn_outbox_table *table, const tcn_outbox_entry *entry)
{
    const tcn_outbox_result rest = {
        .id = entry->id,
        .invocation = entry->invocation,
        .outcome = TCN_OUTBOX_RETRY,
        .attempt = 0,
        .next_at_us = entry->next_at_us,
        .progress = entry->progress,
        .rendered = entry->rendered,
    };
    return tcn_outbox_table_apply(table, &rest);
}

static int remove_dead(tcn_outbox_table *table, uint64_t id)
{
    int rc = tcn_outbox_table_run(table, TCN_OUTBOX_SQL_REMOVE_DEAD, id);
    if (rc <= 0)
        return rc;
    table->dead_delta--;
    rc = tcn_outbox_table_run(table, TCN_OUTBOX_SQL_REMOVE_TEXT, id);
    return rc < 0 ? rc : 1;
}

static int revive(tcn_outbox_table *table, const tcn_outbox_order *order,
                  tcn_outbox_entry **ret_entry)
{
    tcn_outbox_entry *entry = NULL;
    int rc = read_dead(table, order->id, &entry);
    if (rc <= 0)
        return rc;
    entry->deadline_at_us += order->at_us - entry->created_at_us;
    entry->created_at_us = order->at_us;
    entry->next_at_us = order->at_us;
    entry->attempt = 0;
    rc = tcn_outbox_table_insert(table, entry);
    if (rc >= 0)
        rc = put_rest(table, entry);
    if (rc >= 0)
        rc = remove_dead(table, order->id);
    if (rc < 0)
        tcn_outbox_entry_free(entry);
    else
        *ret_entry = entry;
    return rc < 0 ? rc : 1;
}

int tcn_outbox_order_apply(tcn_outbox_table *table, tcn_outbox_order *order,
                           tcn_outbox_entry **ret_entry)
{
    int rc =
        order->is_retry ? revive(table, order, ret_entry) : remove_dead(table, order->id);
    order->is_done = rc > 0;
    return rc < 0 ? rc : 0;
}
