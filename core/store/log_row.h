/* SPDX-License-Identifier: Apache-2.0 */
/* log_row.h - a row of the log and the record in it: what every reader of the log shares.
 */
#ifndef TCN_STORE_LOG_ROW_H
#define TCN_STORE_LOG_ROW_H

#include "core/store/db.h"
#include "core/store/pack.h"
#include "core/store/record.h"

/* Columns that the functions below expect, in this order. */
#define TCN_LOG_COLUMNS \
    "sequence, events, occurred_first, occurred_last, received_first, received_last, keys, body"

/* The summary of the row on which stmt stands. */
int tcn_log_row_summary(sqlite3_stmt *stmt, tcn_summary *ret);
/* Its record, checked. *ret borrows from plain. TCN_E_CORRUPT, TCN_E_UNSUPPORTED. */
int tcn_log_row_open(sqlite3_stmt *stmt, tcn_packer *packer, tcn_buf *plain,
                     tcn_record *ret);
/* Binds a new row to an INSERT of these columns. */
void tcn_log_row_bind(sqlite3_stmt *stmt, const tcn_summary *summary, tcn_str body);

#endif
