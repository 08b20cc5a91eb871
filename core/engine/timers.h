/* SPDX-License-Identifier: Apache-2.0 */
/* timers.h - which bucket's window ends next: by instant, then by the order of
 * automations and triggers, then by creation. The timers of a node's buckets are a heap
 * of the node, and the nodes one by their first timers: a node comes and goes with a
 * million timers as with one. A bucket whose window moved to a later instant is put right
 * when its old instant comes, so moving costs nothing.
 * The buckets of a composite's Proactive child are taken by the start of their windows,
 * then by their keys, as many as are due together: the one that completes the composite
 * shows. */
#ifndef TCN_ENGINE_TIMERS_H
#define TCN_ENGINE_TIMERS_H

#include "core/engine/bucket.h"

struct tcn_node;

typedef struct tcn_timer {
    int64_t at_us;
    void *of; /* a bucket, or a node */
} tcn_timer;

/* A zeroed one is empty. */
typedef struct tcn_timer_heap {
    tcn_timer *items;
    uint32_t count, capacity;
} tcn_timer_heap;

/* Of many nodes. A zeroed one is empty. */
typedef struct tcn_timers {
    tcn_timer_heap nodes;
    size_t count; /* of buckets */
} tcn_timers;

/* When no node has any. */
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

/* The node leaves with the timers of its buckets, which keep their places for its return.
 * Nothing happens when it has none. */
void tcn_timers_leave(tcn_timers *timers, struct tcn_node *node);
/* 0 or TCN_E_NOMEM. */
int tcn_timers_return(tcn_timers *timers, struct tcn_node *node);
/* All of the node's: its buckets have none any more. */
void tcn_timers_drop(tcn_timers *timers, struct tcn_node *node);
/* Call after the order of automations changed. */
void tcn_timers_reorder(tcn_timers *timers);

#endif
