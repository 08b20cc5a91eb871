/* SPDX-License-Identifier: Apache-2.0 */
/* outbox_order.h - dead actions that come back or go, inside the transaction of a step.
 */
#ifndef TCN_STORE_OUTBOX_ORDER_H
#define TCN_STORE_OUTBOX_ORDER_H

#include "core/store/outbox_table.h"

/* *ret_entry: the action that is queued again, to be freed; untouched when none is. */
int tcn_outbox_order_apply(tcn_outbox_table *table, tcn_outbox_order *order,
                           tcn_outbox_entry **ret_entry);

#endif
