/* SPDX-License-Identifier: Apache-2.0 */
/* outbox_entry.h - an outbox entry as memory and as the bytes of a row. The plain bytes
 * of action_text.body: u32 form 1, then as fields action, automation, firing, event,
 * emitted. */
#ifndef TCN_STORE_OUTBOX_ENTRY_H
#define TCN_STORE_OUTBOX_ENTRY_H

#include "core/base/buf.h"
#include "core/store/outbox.h"

/* A copy of entry and its texts in one allocation. */
int tcn_outbox_entry_make(const tcn_outbox_entry *entry, tcn_outbox_entry **ret);
int tcn_outbox_entry_write(const tcn_outbox_entry *entry, tcn_buf *out);
/* Fills the texts of *ret, borrowed from plain. TCN_E_CORRUPT, TCN_E_UNSUPPORTED. */
int tcn_outbox_entry_read(tcn_str plain, tcn_outbox_entry *ret);

#endif
