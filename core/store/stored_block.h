/* SPDX-License-Identifier: Apache-2.0 */
/* stored_block.h - what was made through the API: block types, their schemas, and block
 * documents, one row each. What is secret of a document is sealed on its way to the disk
 * (seal.h). */
#ifndef TCN_STORE_STORED_BLOCK_H
#define TCN_STORE_STORED_BLOCK_H

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/uuid.h"

struct tcn_store;

enum tcn_stored_kind {
    TCN_STORED_TYPE = 1,
    TCN_STORED_SCHEMA,
    TCN_STORED_DOCUMENT,
};

typedef struct tcn_stored_block {
    enum tcn_stored_kind kind;
    tcn_uuid id;
    tcn_str body;   /* JSON without anything secret */
    tcn_str secret; /* JSON; empty: there is none */
    /* When it is loaded, how its secret fared: 0, TCN_E_DENIED (sealed with a key that is
     * not at hand), TCN_E_CORRUPT. */
    int secret_status;
} tcn_stored_block;

typedef struct tcn_stored_change {
    bool is_removal; /* only row.id counts */
    tcn_stored_block row;
} tcn_stored_change;

/* [start] Every row, in the order of ids; stops at the first negative result of fn. What
 * stands there unsealed although there is a key is sealed now. */
typedef int (*tcn_stored_fn)(const tcn_stored_block *row, void *ud);
int tcn_store_blocks_load(struct tcn_store *store, tcn_stored_fn fn, void *ud,
                          tcn_err *reterr);
/* [loop] All changes or none, in one transaction between two commits; they are copied.
 * cb runs later, once. TCN_E_BUSY: too many wait. */
int tcn_store_blocks_write(struct tcn_store *store, const tcn_stored_change *changes,
                           size_t count, void (*cb)(int status, void *ud), void *ud);
/* Is there a key? */
bool tcn_store_seals(const struct tcn_store *store);

#endif
