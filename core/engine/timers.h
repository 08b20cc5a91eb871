/* SPDX-License-Identifier: Apache-2.0 */
/* timers.h - which bucket's window ends next: a heap by instant, then by the order of
 * automations and triggers, then by creation. The heap does not own the buckets. A bucket
 * whose window moved to a later instant is put right when its old instant comes, so
 * moving costs nothing.
 * The buckets of a composite's Proactive child are taken by the start of their windows,
 * then by their keys, as many as are due together: the one that completes the composite
 * shows. */
#ifndef TCN_ENGINE_TIMERS_H
#define TCN_ENGINE_TIMERS_H

#include "core/engine/bucket.h"

typedef struct tcn_timer {
    int64_t at_us;
    tcn_bucket *bucket;
} tcn_timer;

typedef struct tcn_timers {
    tcn_timer *heap;
    size_t count, capacity;
} tcn_timers;

void tcn_timers_deinit(tcn_timers *timers);
/* Makes sure that the bucket is looked at when its window ends. 0 or TCN_E_NOMEM. */
int tcn_timers_set(tcn_timers *timers, tcn_bucket *bucket);
/* Nothing happens when it has no timer. */
void tcn_timers_clear(tcn_timers *timers, tcn_bucket *bucket);
/* The first bucket whose window ended at or before now_us, which keeps its timer, or
 * NULL. */
tcn_bucket *tcn_timers_due(tcn_timers *timers, int64_t now_us);
/* No window ends before this instant; INT64_MAX: there is none. */
int64_t tcn_timers_next_us(const tcn_timers *timers);
/* How many have that instant or an earlier one, counted up to most. Some of them may not
 * be due: their windows moved. */
size_t tcn_timers_count_due(const tcn_timers *timers, int64_t now_us, size_t most);
/* Call after the order of automations changed. */
void tcn_timers_reorder(tcn_timers *timers);

#endif
