/* SPDX-License-Identifier: Apache-2.0 */
/* change.h - one change of some items, from memory through the store to the registry. */
#ifndef TCN_BLOCK_CHANGE_H
#define TCN_BLOCK_CHANGE_H

#include "core/block/catalog_int.h"

typedef struct tcn_block_change tcn_block_change;

tcn_block_change *tcn_block_change_new(tcn_catalog *catalog, tcn_catalog_done done);
/* Parts; each takes effect in memory. The last one that is created, changed or removed is
 * what done is told. 0 or TCN_E_NOMEM. */

/* item is in the catalog and new. After a failure it is gone. */
int tcn_block_change_create(tcn_block_change *change, tcn_item *item);
/* item is written as it is. */
int tcn_block_change_keep(tcn_block_change *change, tcn_item *item);
int tcn_block_change_remove(tcn_block_change *change, tcn_item *item);
/* Takes body over. data NULL: there is none (of a document: an error of the caller). */
int tcn_block_change_update_own(tcn_block_change *change, tcn_item *item, json_t *body,
                                const json_t *data);

/* rc: of its parts. 0: it is written, and done runs later. Else everything is taken back,
 * and that is what went wrong. */
int tcn_block_change_end(tcn_block_change *change, int rc, tcn_err *reterr);
/* Who waits is told TCN_E_CANCELED. */
void tcn_block_change_cancel(tcn_catalog *catalog);
/* The catalog is closed: nobody is told any more. */
void tcn_block_change_forget(tcn_catalog *catalog);

#endif
