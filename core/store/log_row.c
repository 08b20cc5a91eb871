/* SPDX-License-Identifier: Apache-2.0 */
/* log_row.c - the columns of the table log. The order of TCN_LOG_COLUMNS is told here and
 * nowhere else. */
#include "core/store/log_row.h"

enum column {
    SEQUENCE,
    EVENTS,
    OCCURRED_FIRST,
    OCCURRED_LAST,
    RECEIVED_FIRST,
    RECEIVED_LAST,
    KEYS,
    BODY,
};

int tcn_log_row_summary(sqlite3_stmt *stmt, tcn_summary *ret)
{
    tcn_str keys = tcn_db_bytes(stmt, KEYS);
    if (keys.len > sizeof ret->keys)
        return TCN_E_CORRUPT;
    ret->sequence = (uint64_t)sqlite3_column_int64(stmt, SEQUENCE);
    ret->events = (uint32_t)sqlite3_column_int64(stmt, EVENTS);
    ret->occurred_first_us = sqlite3_column_int64(stmt, OCCURRED_FIRST);
    ret->occurred_last_us = sqlite3_column_int64(stmt, OCCURRED_LAST);
    ret->received_first_us = sqlite3_column_int64(stmt, RECEIVED_FIRST);
    ret->received_last_us = sqlite3_column_int64(stmt, RECEIVED_LAST);
    ret->keys_len = keys.len;
    if (keys.len > 0)
        memcpy(ret->keys, keys.ptr, keys.len);
    return 0;
}

int tcn_log_row_open(sqlite3_stmt *stmt, tcn_packer *packer, tcn_buf *plain,
                     tcn_record *ret)
{
    tcn_summary summary;
    int rc = tcn_log_row_summary(stmt, &summary);
    if (rc >= 0)
        rc = tcn_unpack(packer, tcn_db_bytes(stmt, BODY), tcn_summary_seed(&summary),
                        TCN_PACK_MAX, plain);
    return rc < 0 ? rc : tcn_record_open(tcn_buf_str(plain), summary.sequence, ret);
}

void tcn_log_row_bind(sqlite3_stmt *stmt, const tcn_summary *summary, tcn_str body)
{
    const char *keys = (const char *)summary->keys;
    (void)sqlite3_bind_int64(stmt, 1 + SEQUENCE, (int64_t)summary->sequence);
    (void)sqlite3_bind_int64(stmt, 1 + EVENTS, summary->events);
    (void)sqlite3_bind_int64(stmt, 1 + OCCURRED_FIRST, summary->occurred_first_us);
    (void)sqlite3_bind_int64(stmt, 1 + OCCURRED_LAST, summary->occurred_last_us);
    (void)sqlite3_bind_int64(stmt, 1 + RECEIVED_FIRST, summary->received_first_us);
    (void)sqlite3_bind_int64(stmt, 1 + RECEIVED_LAST, summary->received_last_us);
    tcn_db_bind_blob(stmt, 1 + KEYS, tcn_str_of(keys, summary->keys_len));
    tcn_db_bind_blob(stmt, 1 + BODY, body);
}
