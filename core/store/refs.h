/* SPDX-License-Identifier: Apache-2.0 */
/* refs.h - events that a step refers to but does not hold, looked up in the log.
 * References are collected first, so that every record is opened once, in order, however
 * many point into it. */
#ifndef TCN_STORE_REFS_H
#define TCN_STORE_REFS_H

#include "core/store/db.h"
#include "core/store/log_row.h"

typedef struct tcn_ref_item {
    tcn_event_ref ref;
    tcn_str text; /* as tcn_event_encode writes it; empty: not found */
} tcn_ref_item;
typedef struct tcn_refs {
    tcn_db *db;
    tcn_packer *packer;
    sqlite3_stmt *find;
    tcn_ref_item *items;
    size_t count, capacity;
    size_t missing; /* that could not be found */
    tcn_arena texts, events;
    tcn_buf plain, encoded;
} tcn_refs;

int tcn_refs_init(tcn_refs *refs, tcn_db *db, tcn_packer *packer);
void tcn_refs_deinit(tcn_refs *refs);
/* Forgets what was collected. */
void tcn_refs_reset(tcn_refs *refs);
int tcn_refs_add(tcn_refs *refs, const tcn_event_ref *ref);
/* Looks everything up. An event that is not in the log, or stands in a damaged record,
 * counts as missing; only a failing database is an error. */
int tcn_refs_find(tcn_refs *refs);
/* Text of a reference that was added; valid until reset. Empty: missing. */
tcn_str tcn_refs_text(const tcn_refs *refs, const tcn_event_ref *ref);

#endif
