/* SPDX-License-Identifier: Apache-2.0 */
/* compose.h - the texts that follow from a step: the complete JSON of the events that the
 * engine emitted, and everything that an action needs to be carried out. Runs on the
 * store's thread, which is the one that may look for events in the log. */
#ifndef TCN_STORE_COMPOSE_H
#define TCN_STORE_COMPOSE_H

#include "core/store/refs.h"
#include "core/store/store.h"

typedef struct tcn_compose {
    tcn_refs refs;
    const tcn_store_step *step;
    uint64_t sequence;
    tcn_str *emitted; /* in arena, one for each emitted event of the step */
    tcn_arena arena;
    tcn_buf payload, event, firing;
    const tcn_firing *last; /* whose JSON stands in firing */
} tcn_compose;

int tcn_compose_init(tcn_compose *compose, tcn_db *db, tcn_packer *packer);
void tcn_compose_deinit(tcn_compose *compose);

/* Borrows step until end. */
int tcn_compose_begin(tcn_compose *compose, const tcn_store_step *step,
                      uint64_t sequence);
void tcn_compose_end(tcn_compose *compose);
/* A new entry for an action of the step, to be freed by the caller; its id is 0. */
int tcn_compose_entry(tcn_compose *compose, const tcn_outbox_new *action,
                      tcn_outbox_entry **ret);

#endif
