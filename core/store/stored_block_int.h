/* SPDX-License-Identifier: Apache-2.0 */
/* stored_block_int.h - changes of blocks on their way to the store's thread and back. */
#ifndef TCN_STORE_STORED_BLOCK_INT_H
#define TCN_STORE_STORED_BLOCK_INT_H

#include "core/base/list.h"

struct tcn_store;

typedef struct tcn_stored_job tcn_stored_job;

/* Under the store's lock. */
typedef struct tcn_stored_jobs {
    tcn_list waiting, done;
    size_t count; /* of both, and the one under way */
} tcn_stored_jobs;

void tcn_stored_jobs_init(tcn_stored_jobs *jobs);
void tcn_stored_jobs_deinit(tcn_stored_jobs *jobs);
/* On the store's thread: the first one that waits. */
void tcn_stored_jobs_run(struct tcn_store *store);
/* [loop] Runs the callbacks of those that are done. */
void tcn_stored_jobs_answer(struct tcn_store *store);

#endif
