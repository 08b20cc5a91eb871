/* SPDX-License-Identifier: Apache-2.0 */
/* outbox_table.h - the tables outbox, dead, history and action_text, inside the
 * transaction of a step. */
#ifndef TCN_STORE_OUTBOX_TABLE_H
#define TCN_STORE_OUTBOX_TABLE_H

#include "core/store/db.h"
#include "core/store/outbox.h"
#include "core/store/pack.h"

enum tcn_outbox_sql {
    TCN_OUTBOX_SQL_INSERT,
    TCN_OUTBOX_SQL_INSERT_TEXT,
    TCN_OUTBOX_SQL_RETRY,
    TCN_OUTBOX_SQL_MOVE,
    TCN_OUTBOX_SQL_RENDERED,
    TCN_OUTBOX_SQL_HISTORY,
    TCN_OUTBOX_SQL_DEAD,
    TCN_OUTBOX_SQL_REMOVE,
    TCN_OUTBOX_SQL_REMOVE_TEXT,
    TCN_OUTBOX_SQL_DEAD_ROW,
    TCN_OUTBOX_SQL_REMOVE_DEAD,
    TCN_OUTBOX_SQL_COUNT,
};

typedef struct tcn_outbox_table {
    tcn_db *db;
    tcn_packer *packer;
    sqlite3_stmt *sql[TCN_OUTBOX_SQL_COUNT];
    tcn_buf plain, packed;
    /* As committed, and what the transaction under way adds. */
    int64_t queued, dead;
    int64_t queued_delta, dead_delta;
    uint64_t next_id; /* moved back when the transaction fails */
    uint64_t first_id;
    size_t unknown; /* results of the transaction that met no row */
} tcn_outbox_table;

int tcn_outbox_table_init(tcn_outbox_table *table, tcn_db *db, tcn_packer *packer);
void tcn_outbox_table_deinit(tcn_outbox_table *table);

void tcn_outbox_table_begin(tcn_outbox_table *table);
void tcn_outbox_table_end(tcn_outbox_table *table, bool is_committed);
/* Gives the entry its id and writes it. */
int tcn_outbox_table_insert(tcn_outbox_table *table, tcn_outbox_entry *entry);
/* Runs a statement whose first parameter is an id and which gives no rows; returns how
 * many it changed. */
int tcn_outbox_table_run(tcn_outbox_table *table, enum tcn_outbox_sql which, uint64_t id);
/* A result for a row that is not there (any more) has no effect. */
int tcn_outbox_table_apply(tcn_outbox_table *table, const tcn_outbox_result *result);

#endif
