/* SPDX-License-Identifier: Apache-2.0 */
/* node.h - one trigger of an automation in force: of an event trigger its buckets, of a
 * composite the firings of its children that wait for others. */
#ifndef TCN_ENGINE_NODE_H
#define TCN_ENGINE_NODE_H

#include "core/engine/bucket.h"
#include "core/engine/engine.h"
#include "core/engine/index.h"
#include "core/engine/leftovers.h"
#include "core/engine/matcher.h"
#include "core/engine/timers.h"

struct tcn_unit;

/* A child firing that a composite keeps until it fires. Owns its firing, in one tree of
 * allocations. */
typedef struct tcn_child_firing {
    tcn_firing *firing;
    uint32_t child;      /* index of the child */
    uint64_t turn;       /* of the event that completed it; 0: time did */
    uint64_t step_count; /* of its step: only there its events are at hand */
} tcn_child_firing;

/* Among 100,000 automations the cost of an event is that of the lines of memory that it
 * reads. So what it reads and writes stands together in the last one: all that counts of
 * the bucket, when there can be only one, or the table of them; the matcher comes right
 * behind it. */
typedef struct tcn_node {
    struct tcn_node *parent; /* NULL: the root */

    /* composites: child firings in the order in which they happened, one of each child */
    tcn_child_firing *pending;
    uint32_t pending_count, pending_capacity;

    tcn_posting *postings;
    uint32_t posting_count, posting_capacity;

    const tcn_trigger *trigger;
    struct tcn_unit *unit;
    int64_t within_us; /* as in the definition */
    uint32_t ordinal;  /* as in the definition */
    uint32_t size;     /* with what comes behind it */

    tcn_save_mark save_mark; /* the highest of its buckets' */
    uint32_t timer;          /* place among the nodes that have some, from 1; 0: none */
    uint32_t unused[2];      /* fills the line before */
    union {
        tcn_bucket own; /* with has_own_bucket */
        struct {
            tcn_timer_heap timers; /* of the buckets */
            char unused[offsetof(tcn_bucket, start_us) - sizeof(tcn_timer_heap)];
            tcn_table table; /* tcn_bucket by key */
        } keyed;
    } buckets;
    uint64_t seen;     /* the look-up that met it last */
    int32_t threshold; /* as in the definition */
    bool is_reactive : 1, has_after : 1, has_window : 1, has_own_bucket : 1;
    bool is_open : 1;   /* its own bucket */
    bool is_asleep : 1; /* in the index, but not in force: not yet, not any more, or away
                         */
} tcn_node;
_Static_assert(offsetof(tcn_node, buckets.own.start_us) == 2 * (size_t)TCN_POOL_LINE &&
                   sizeof(tcn_node) == 3 * (size_t)TCN_POOL_LINE,
               "what an event reads and writes of a node is one line");

/* Where that line begins. */
static inline const void *tcn_node_line(const tcn_node *node)
{
    return &node->buckets.own.start_us;
}
static inline tcn_matcher *tcn_node_matcher(const tcn_node *node)
{
    return (tcn_matcher *)(uintptr_t)(node + 1);
}
static inline bool tcn_node_is_immediate(const tcn_node *node)
{
    return node->is_reactive && !node->has_window;
}

static inline uint32_t tcn_node_bucket_count(const tcn_node *node)
{
    return node->has_own_bucket ? node->is_open : node->buckets.keyed.table.count;
}
/* hash is of the key; NULL: there is none. */
tcn_bucket *tcn_node_find_bucket(const tcn_node *node, tcn_str key, uint32_t hash);
/* With a key that no other one has; all zero but for it, and without a last event. NULL
 * when out of memory. */
tcn_bucket *tcn_node_add_bucket(tcn_node *node, tcn_str key, uint32_t hash);
void tcn_node_remove_bucket(tcn_bucket *bucket);
/* All of them, when they have no timers. */
void tcn_node_give_up_buckets(tcn_node *node, tcn_leftovers *leftovers);

/* Every bucket: start with *chain = 0 and NULL, go on with the last one. NULL at the end.
 * None may come or go meanwhile. */
tcn_bucket *tcn_node_next_bucket(const tcn_node *node, uint32_t *chain, tcn_bucket *last);
/* The same for one chain after the other, of so many: those that come and go meanwhile
 * move others to later chains only. */
uint32_t tcn_node_chains(const tcn_node *node);
tcn_bucket *tcn_node_chain(const tcn_node *node, uint32_t chain);
tcn_bucket *tcn_node_chain_next(const tcn_bucket *last);

#endif
