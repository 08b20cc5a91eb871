/* SPDX-License-Identifier: Apache-2.0 */
/* change.h - a change of what is in force. It takes effect at the end of one step, in
 * order with the batches: one record of the log, in the step's transaction. That record
 * holds the whole set of automations, so that a replay makes the same of it in one piece.
 * What the engine can prepare it prepares in slices before, while steps go on. */
#ifndef TCN_INGEST_CHANGE_H
#define TCN_INGEST_CHANGE_H

#include "core/base/buf.h"
#include "core/engine/renewal.h"

typedef struct tcn_change {
    /* JSON list of the canonical documents of all automations, in their order; NULL: they
     * do not change. */
    char *automations;
    tcn_buf packed;       /* the same as the log keeps it (tcn_store_definitions_pack);
                             empty: that is made at the commit */
    tcn_renewal *renewal; /* the same for the engine; NULL: parsed when it counts */
    bool has_limits;      /* the engine's change, too; then automations is set */
    tcn_engine_limits limits;
    char *limits_text; /* the room's own */
    char *blocks; /* documents of all blocks, which the store keeps for a start that must
                     do without the files; NULL: they do not change */
    /* Runs once: 0 when it is durable and in force, after the step's senders were
     * answered; negative: nothing of it is. NULL: it is tried until it could be
     * committed. */
    void (*done)(int status, void *ud);
    void *ud;
    /* Frees the change, when that may take long, as soon as the engine needs nothing of
     * it: after done, before it when status is negative. With done only; it does not run
     * after tcn_ingest_halt. NULL: tcn_change_free. */
    void (*dispose)(struct tcn_change *change, void *ud);
} tcn_change;

void tcn_change_free(tcn_change *change);
/* The texts and automations are dropped, not the rest. */
void tcn_change_deinit(tcn_change *change);

#endif
