/* SPDX-License-Identifier: Apache-2.0 */
/* outbox_load.c - reading what waits, in pages. A row whose text is damaged is told and
 * left where it is: one bad row must not keep the others from going out. */
#include "core/store/outbox_entry.h"
#include "core/store/store_int.h"

static const char page_sql[] =
    "SELECT " TCN_OUTBOX_ROW_COLUMNS ", r.next_at FROM outbox r"
    " LEFT JOIN action_text t ON t.id = r.id WHERE r.id > ?1 ORDER BY r.id";

static int read_page(tcn_store *store, sqlite3_stmt *stmt, tcn_outbox_entry **entries,
                     size_t limit, size_t *count)
{
    tcn_buf plain;
    tcn_buf_init(&plain, TCN_PACK_MAX + 1);
    int rc = 1;
    while (*count < limit && rc == 1) {
        rc = tcn_db_step(&store->db, stmt);
        if (rc != 1)
            break;
        int read = tcn_outbox_entry_of_row(store->packer, stmt, &plain, &entries[*count]);
        if (read >= 0)
            entries[*count]->next_at_us =
                sqlite3_column_int64(stmt, TCN_OUTBOX_ROW_COUNT);
        if (read >= 0)
            (*count)++;
        else if (read == TCN_E_CORRUPT || read == TCN_E_UNSUPPORTED)
            tcn_log_write(
                store->options.log, TCN_LOG_ERROR, "store",
                "queued action %lld cannot be read (%s): it stays in the outbox",
                (long long)sqlite3_column_int64(stmt, 0), tcn_err_text(read));
        else
            rc = read;
    }
    tcn_buf_deinit(&plain);
    return rc < 0 ? rc : 0;
}

int tcn_outbox_load(tcn_store *store, uint64_t after_id, tcn_outbox_entry **ret_entries,
                    size_t limit, size_t *ret_count, tcn_err *reterr)
{
    sqlite3_stmt *stmt = NULL;
    size_t count = 0;
    uv_mutex_lock(&store->db_lock);
    int rc = tcn_db_prepare(&store->db, page_sql, &stmt);
    if (rc >= 0) {
        (void)sqlite3_bind_int64(stmt, 1, (int64_t)after_id);
        rc = read_page(store, stmt, ret_entries, limit, &count);
    }
    sqlite3_finalize(stmt);
    if (rc < 0) {
        tcn_err_set(reterr, rc, "the outbox cannot be read: %s", tcn_err_text(rc));
        for (size_t i = 0; i < count; i++)
            tcn_outbox_entry_free(ret_entries[i]);
    } else {
        *ret_count = count;
    }
    uv_mutex_unlock(&store->db_lock);
    return rc;
}
