/* SPDX-License-Identifier: Apache-2.0 */
/* commit.h - a step as one transaction. Runs on the store's thread, or on any that holds
 * the writing connection. */
#ifndef TCN_STORE_COMMIT_H
#define TCN_STORE_COMMIT_H

#include "core/store/compose.h"
#include "core/store/outbox_table.h"
#include "core/store/seal.h"

typedef struct tcn_committer {
    tcn_db *db;
    tcn_packer *packer;
    const tcn_seal *seal; /* for the definitions of blocks */
    sqlite3_stmt *begin, *insert_log, *put_blocks, *commit;
    tcn_outbox_table outbox;
    tcn_compose compose;
    tcn_summary summary;
    tcn_buf plain, packed;
    /* What the last one left to be told. */
    size_t missing_events, unknown_results;
    char text[256]; /* of its failure */
} tcn_committer;

int tcn_committer_init(tcn_committer *committer, tcn_db *db, tcn_packer *packer,
                       const tcn_seal *seal);
void tcn_committer_deinit(tcn_committer *committer);

/* All or nothing. *ret_entries: the queued actions, an array of the caller's (tcn_free),
 * each to be freed; NULL when there are none. */
int tcn_committer_run(tcn_committer *committer, const tcn_store_step *step,
                      uint64_t sequence, tcn_outbox_entry ***ret_entries,
                      size_t *ret_count);

#endif
