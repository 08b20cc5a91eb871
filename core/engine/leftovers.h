/* SPDX-License-Identifier: Apache-2.0 */
/* leftovers.h - buckets of triggers that are no more. There may be a million, so they are
 * freed later, some of them a step. */
#ifndef TCN_ENGINE_LEFTOVERS_H
#define TCN_ENGINE_LEFTOVERS_H

#include "core/engine/table.h"

/* A zeroed one is empty. */
typedef struct tcn_leftovers {
    struct tcn_leftover *first;
    size_t count; /* of buckets */
} tcn_leftovers;

/* Takes the buckets out of a node's table, which is empty afterwards. They have no timers
 * and count no more. Few are freed at once, and all when out of memory. */
void tcn_leftovers_take(tcn_leftovers *leftovers, tcn_table *table);
/* At most so many; how many that were. */
uint32_t tcn_leftovers_free(tcn_leftovers *leftovers, uint32_t most);

#endif
