/* SPDX-License-Identifier: Apache-2.0 */
/* outbox_entry.h - an outbox entry as memory and as the bytes of a row. The plain bytes
 * of action_text.body: u32 form 1, then as fields action, automation, firing, event,
 * emitted. */
#ifndef TCN_STORE_OUTBOX_ENTRY_H
#define TCN_STORE_OUTBOX_ENTRY_H

#include "core/base/buf.h"
#include "core/store/db.h"
#include "core/store/outbox.h"
#include "core/store/pack.h"

/* A copy of entry and its texts in one allocation. */
int tcn_outbox_entry_make(const tcn_outbox_entry *entry, tcn_outbox_entry **ret);
int tcn_outbox_entry_write(const tcn_outbox_entry *entry, tcn_buf *out);
/* Fills the texts of *ret, borrowed from plain. TCN_E_CORRUPT, TCN_E_UNSUPPORTED. */
int tcn_outbox_entry_read(tcn_str plain, tcn_outbox_entry *ret);

/* What tcn_outbox_entry_of_row expects, of a row r of outbox or dead and its
 * action_text. next_at is left to the caller. */
#define TCN_OUTBOX_ROW_COLUMNS                                                    \
    "r.id, r.invocation, r.action_index, r.attempt, r.created_at, r.deadline_at," \
    " r.block, r.progress, t.body, t.rendered"
#define TCN_OUTBOX_ROW_COUNT 10
/* plain is for the unpacked text, and can be used again. TCN_E_CORRUPT,
 * TCN_E_UNSUPPORTED: this row alone cannot be read. */
int tcn_outbox_entry_of_row(tcn_packer *packer, sqlite3_stmt *stmt, tcn_buf *plain,
                            tcn_outbox_entry **ret);

#endif
