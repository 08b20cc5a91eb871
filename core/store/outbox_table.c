/* SPDX-License-Identifier: Apache-2.0 */
/* outbox_table.c - rows of actions. A row leaves the outbox in the statement group that
 * writes its end: there is no state between waiting and done. */
#include "core/store/outbox_table.h"

#include "core/store/outbox_entry.h"

static const char *const sql_of[TCN_OUTBOX_SQL_COUNT] = {
    [TCN_OUTBOX_SQL_INSERT] =
        "INSERT INTO outbox VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, ?7, x'')",
    [TCN_OUTBOX_SQL_INSERT_TEXT] = "INSERT INTO action_text VALUES (?1, ?2, x'')",
    [TCN_OUTBOX_SQL_RETRY] = "UPDATE outbox SET attempt = ?3, next_at = ?4, progress = ?5"
                             " WHERE id = ?1 AND invocation = ?2",
    [TCN_OUTBOX_SQL_MOVE] =
        "UPDATE outbox SET attempt = 0, created_at = ?3, next_at = ?3, block = ?4,"
        " progress = x'' WHERE id = ?1 AND invocation = ?2",
    [TCN_OUTBOX_SQL_RENDERED] = "UPDATE action_text SET rendered = ?2 WHERE id = ?1",
    [TCN_OUTBOX_SQL_HISTORY] =
        "INSERT INTO history SELECT id, invocation, action_index, ?3, created_at, ?4, block,"
        " ?5, ?6, ?7, ?8, ?9 FROM outbox WHERE id = ?1 AND invocation = ?2",
    [TCN_OUTBOX_SQL_DEAD] =
        "INSERT INTO dead SELECT id, invocation, action_index, ?2, created_at, deadline_at,"
        " block, ?3 FROM outbox WHERE id = ?1",
    [TCN_OUTBOX_SQL_REMOVE] = "DELETE FROM outbox WHERE id = ?1",
    [TCN_OUTBOX_SQL_REMOVE_TEXT] = "DELETE FROM action_text WHERE id = ?1",
    [TCN_OUTBOX_SQL_DEAD_ROW] = "SELECT " TCN_OUTBOX_ROW_COLUMNS " FROM dead r"
                                " LEFT JOIN action_text t ON t.id = r.id WHERE r.id = ?1",
    [TCN_OUTBOX_SQL_REMOVE_DEAD] = "DELETE FROM dead WHERE id = ?1",
};

static int read_numbers(tcn_outbox_table *table)
{
    static const char highest[] = "SELECT max(ifnull((SELECT max(id) FROM outbox), 0),"
                                  " ifnull((SELECT max(id) FROM dead), 0),"
                                  " ifnull((SELECT max(id) FROM history), 0))";
    int64_t last = 0;
    int rc = tcn_db_number(table->db, highest, &last);
    if (rc >= 0)
        rc = tcn_db_number(table->db, "SELECT count(*) FROM outbox", &table->queued);
    if (rc >= 0)
        rc = tcn_db_number(table->db, "SELECT count(*) FROM dead", &table->dead);
    table->next_id = (uint64_t)last + 1;
    return rc;
}

int tcn_outbox_table_init(tcn_outbox_table *table, tcn_db *db, tcn_packer *packer)
{
    *table = (tcn_outbox_table){.db = db, .packer = packer};
    tcn_buf_init(&table->plain, TCN_PACK_MAX + 1);
    tcn_buf_init(&table->packed, SIZE_MAX);
    int rc = read_numbers(table);
    for (size_t i = 0; rc >= 0 && i < TCN_OUTBOX_SQL_COUNT; i++)
        rc = tcn_db_prepare(db, sql_of[i], &table->sql[i]);
    return rc;
}

void tcn_outbox_table_deinit(tcn_outbox_table *table)
{
    for (size_t i = 0; i < TCN_OUTBOX_SQL_COUNT; i++)
        sqlite3_finalize(table->sql[i]);
    tcn_buf_deinit(&table->plain);
    tcn_buf_deinit(&table->packed);
}

void tcn_outbox_table_begin(tcn_outbox_table *table)
{
    table->queued_delta = 0;
    table->dead_delta = 0;
    table->unknown = 0;
    table->first_id = table->next_id;
}

void tcn_outbox_table_end(tcn_outbox_table *table, bool is_committed)
{
    if (is_committed) {
        table->queued += table->queued_delta;
        table->dead += table->dead_delta;
    } else {
        table->next_id = table->first_id;
    }
}

static tcn_str id_bytes(const tcn_uuid *id)
{
    return tcn_str_of((const char *)id->bytes, sizeof id->bytes);
}

int tcn_outbox_table_insert(tcn_outbox_table *table, tcn_outbox_entry *entry)
{
    entry->id = table->next_id;
    tcn_buf_reset(&table->plain);
    tcn_buf_reset(&table->packed);
    int rc = tcn_outbox_entry_write(entry, &table->plain);
    if (rc >= 0)
        rc = tcn_pack(table->packer, tcn_buf_str(&table->plain), entry->id,
                      &table->packed);
    if (rc < 0)
        return rc;

    sqlite3_stmt *text = table->sql[TCN_OUTBOX_SQL_INSERT_TEXT];
    (void)sqlite3_bind_int64(text, 1, (int64_t)entry->id);
    tcn_db_bind_blob(text, 2, tcn_buf_str(&table->packed));
    rc = tcn_db_step(table->db, text);
    if (rc < 0)
        return rc;

    sqlite3_stmt *row = table->sql[TCN_OUTBOX_SQL_INSERT];
    (void)sqlite3_bind_int64(row, 1, (int64_t)entry->id);
    tcn_db_bind_blob(row, 2, id_bytes(&entry->invocation));
    (void)sqlite3_bind_int64(row, 3, entry->action_index);
    (void)sqlite3_bind_int64(row, 4, entry->created_at_us);
    (void)sqlite3_bind_int64(row, 5, entry->next_at_us);
    (void)sqlite3_bind_int64(row, 6, entry->deadline_at_us);
    tcn_db_bind_text(row, 7, entry->block);
    rc = tcn_db_step(table->db, row);
    if (rc < 0)
        return rc;
    table->next_id++;
    table->queued_delta++;
    return 0;
}

int tcn_outbox_table_run(tcn_outbox_table *table, enum tcn_outbox_sql which, uint64_t id)
{
    sqlite3_stmt *stmt = table->sql[which];
    (void)sqlite3_bind_int64(stmt, 1, (int64_t)id);
    int rc = tcn_db_step(table->db, stmt);
    return rc < 0 ? rc : sqlite3_changes(table->db->handle);
}

static int keep_rendered(tcn_outbox_table *table, const tcn_outbox_result *result)
{
    if (result->rendered.len == 0)
        return 0;
    tcn_db_bind_blob(table->sql[TCN_OUTBOX_SQL_RENDERED], 2, result->rendered);
    return tcn_outbox_table_run(table, TCN_OUTBOX_SQL_RENDERED, result->id);
}

static int apply_retry(tcn_outbox_table *table, const tcn_outbox_result *result)
{
    sqlite3_stmt *stmt = table->sql[TCN_OUTBOX_SQL_RETRY];
    tcn_db_bind_blob(stmt, 2, id_bytes(&result->invocation));
    (void)sqlite3_bind_int64(stmt, 3, result->attempt);
    (void)sqlite3_bind_int64(stmt, 4, result->next_at_us);
    tcn_db_bind_blob(stmt, 5, result->progress);
    int rc = tcn_outbox_table_run(table, TCN_OUTBOX_SQL_RETRY, result->id);
    if (rc <= 0)
        return rc;
    int kept = keep_rendered(table, result);
    return kept < 0 ? kept : rc;
}

static int apply_move(tcn_outbox_table *table, const tcn_outbox_result *result)
{
    sqlite3_stmt *stmt = table->sql[TCN_OUTBOX_SQL_MOVE];
    tcn_db_bind_blob(stmt, 2, id_bytes(&result->invocation));
    (void)sqlite3_bind_int64(stmt, 3, result->at_us);
    tcn_db_bind_text(stmt, 4, result->block);
    int rc = tcn_outbox_table_run(table, TCN_OUTBOX_SQL_MOVE, result->id);
    if (rc <= 0)
        return rc;
    int kept = keep_rendered(table, result);
    return kept < 0 ? kept : rc;
}

static int write_history(tcn_outbox_table *table, const tcn_outbox_result *result)
{
    sqlite3_stmt *stmt = table->sql[TCN_OUTBOX_SQL_HISTORY];
    tcn_db_bind_blob(stmt, 2, id_bytes(&result->invocation));
    (void)sqlite3_bind_int64(stmt, 3, result->attempt);
    (void)sqlite3_bind_int64(stmt, 4, result->at_us);
    (void)sqlite3_bind_int64(stmt, 5, (int64_t)result->outcome);
    (void)sqlite3_bind_int64(stmt, 6, result->code);
    tcn_db_bind_text(stmt, 7, result->cause);
    tcn_db_bind_text(stmt, 8, result->reason);
    tcn_db_bind_text(stmt, 9, result->receipt);
    return tcn_outbox_table_run(table, TCN_OUTBOX_SQL_HISTORY, result->id);
}

static int keep_dead(tcn_outbox_table *table, const tcn_outbox_result *result)
{
    sqlite3_stmt *stmt = table->sql[TCN_OUTBOX_SQL_DEAD];
    (void)sqlite3_bind_int64(stmt, 2, result->attempt);
    tcn_db_bind_blob(stmt, 3, result->progress);
    int rc = tcn_outbox_table_run(table, TCN_OUTBOX_SQL_DEAD, result->id);
    return rc < 0 ? rc : keep_rendered(table, result);
}

static int apply_end(tcn_outbox_table *table, const tcn_outbox_result *result)
{
    bool is_dead = result->outcome == TCN_OUTBOX_DEAD;
    int rc = write_history(table, result);
    if (rc <= 0)
        return rc;
    rc = is_dead ? keep_dead(table, result)
                 : tcn_outbox_table_run(table, TCN_OUTBOX_SQL_REMOVE_TEXT, result->id);
    if (rc >= 0)
        rc = tcn_outbox_table_run(table, TCN_OUTBOX_SQL_REMOVE, result->id);
    if (rc >= 0) {
        table->queued_delta--;
        table->dead_delta += is_dead;
        rc = 1;
    }
    return rc;
}

int tcn_outbox_table_apply(tcn_outbox_table *table, const tcn_outbox_result *result)
{
    int rc = result->outcome == TCN_OUTBOX_RETRY   ? apply_retry(table, result)
             : result->outcome == TCN_OUTBOX_MOVED ? apply_move(table, result)
                                                   : apply_end(table, result);
    if (rc < 0)
        return rc;
    table->unknown += rc == 0;
    return 0;
}
