/* SPDX-License-Identifier: Apache-2.0 */
/* timers.c - heaps with four children a place: half as deep as a binary one, and the
 * children of a place share a cache line. Each bucket and each node knows its place, so
 * it can be taken out. A node that has one bucket at most has no heap: its own place
 * among the nodes is that bucket's. */
#include "core/engine/timers.h"

#include "core/base/alloc.h"
#include "core/engine/engine_int.h"

#define CHILDREN 4

enum level {
    NODES,
    BUCKETS,
};

/* ---- a heap ---- */

/* Which of a child's buckets that are due together fires first shows in the composite.
 * Prefect on SQLite reads them by their starts, and those of one start by their keys. */
static bool is_by_start(const tcn_node *node)
{
    return node->parent != NULL && !node->is_reactive;
}

static bool is_node_before(const tcn_node *a, const tcn_node *b)
{
    return a->unit->rank != b->unit->rank ? a->unit->rank < b->unit->rank
                                          : a->ordinal < b->ordinal;
}

/* Of the same node. */
static bool is_bucket_before(const tcn_bucket *a, const tcn_bucket *b)
{
    if (!is_by_start(a->node))
        return a->sequence < b->sequence;
    if (a->start_us != b->start_us)
        return a->start_us < b->start_us;
    return tcn_key_cmp(tcn_bucket_key(a), tcn_bucket_key(b)) < 0;
}

static inline bool is_before(const tcn_timer *a, const tcn_timer *b, enum level level)
{
    if (a->at_us != b->at_us)
        return a->at_us < b->at_us;
    return level == NODES ? is_node_before(a->of, b->of) : is_bucket_before(a->of, b->of);
}

static inline void put(tcn_timer_heap *heap, uint32_t at, tcn_timer timer,
                       enum level level)
{
    heap->items[at] = timer;
    if (level == NODES)
        ((tcn_node *)timer.of)->timer = at + 1;
    else
        ((tcn_bucket *)timer.of)->timer = at + 1;
}

static inline void sift_up(tcn_timer_heap *heap, uint32_t at, tcn_timer timer,
                           enum level level)
{
    while (at > 0) {
        uint32_t parent = (at - 1) / CHILDREN;
        if (!is_before(&timer, &heap->items[parent], level))
            break;
        put(heap, at, heap->items[parent], level);
        at = parent;
    }
    put(heap, at, timer, level);
}

static inline uint32_t least_child(const tcn_timer_heap *heap, uint32_t first,
                                   enum level level)
{
    uint32_t least = first;
    for (uint32_t i = first + 1; i < first + CHILDREN && i < heap->count; i++)
        if (is_before(&heap->items[i], &heap->items[least], level))
            least = i;
    return least;
}

static inline void sift_down(tcn_timer_heap *heap, uint32_t at, tcn_timer timer,
                             enum level level)
{
    while (heap->count > (uint64_t)at * CHILDREN + 1) {
        uint32_t least = least_child(heap, at * CHILDREN + 1, level);
        if (!is_before(&heap->items[least], &timer, level))
            break;
        put(heap, at, heap->items[least], level);
        at = least;
    }
    put(heap, at, timer, level);
}

/* Room for one more. */
static int reserve(tcn_timer_heap *heap)
{
    return tcn_grow_small((void **)&heap->items, &heap->capacity, heap->count + 1,
                          sizeof *heap->items);
}

static inline void add(tcn_timer_heap *heap, tcn_timer timer, enum level level)
{
    heap->count++;
    sift_up(heap, heap->count - 1, timer, level);
}

/* The timer goes to that place, or further. */
static inline void settle(tcn_timer_heap *heap, uint32_t at, tcn_timer timer,
                          enum level level)
{
    if (at > 0 && is_before(&timer, &heap->items[(at - 1) / CHILDREN], level))
        sift_up(heap, at, timer, level);
    else
        sift_down(heap, at, timer, level);
}

static inline void take_out(tcn_timer_heap *heap, uint32_t at, enum level level)
{
    heap->count--;
    if (at < heap->count)
        settle(heap, at, heap->items[heap->count], level);
}

/* Of the heap from that place down, when each counts as one. */
static size_t count_due(const tcn_timer_heap *heap, uint64_t at, int64_t now_us,
                        size_t most)
{
    if (at >= heap->count || most == 0 || heap->items[at].at_us > now_us)
        return 0;
    size_t count = 1;
    for (uint64_t i = 1; i <= CHILDREN && count < most; i++)
        count += count_due(heap, at * CHILDREN + i, now_us, most - count);
    return count;
}

/* ---- a node among the others ---- */

static tcn_timer_heap *heap_of(tcn_node *node)
{
    return &node->buckets.keyed.timers;
}

static size_t timers_of(const tcn_node *node)
{
    return node->has_own_bucket ? node->is_open : node->buckets.keyed.timers.count;
}

static void take_node_out(tcn_timers *timers, tcn_node *node)
{
    uint32_t at = node->timer - 1;
    node->timer = 0;
    take_out(&timers->nodes, at, NODES);
}

/* There is room for it. */
static void put_node(tcn_timers *timers, tcn_node *node, int64_t at_us)
{
    tcn_timer timer = {at_us, node};
    if (node->timer == 0)
        add(&timers->nodes, timer, NODES);
    else if (timers->nodes.items[node->timer - 1].at_us != at_us)
        settle(&timers->nodes, node->timer - 1, timer, NODES);
}

/* After its heap changed. */
static void put_by_first(tcn_timers *timers, tcn_node *node)
{
    if (heap_of(node)->count > 0)
        put_node(timers, node, heap_of(node)->items[0].at_us);
    else if (node->timer != 0)
        take_node_out(timers, node);
}

void tcn_timers_leave(tcn_timers *timers, tcn_node *node)
{
    if (node->timer == 0)
        return;
    take_node_out(timers, node);
    timers->count -= timers_of(node);
}

int tcn_timers_return(tcn_timers *timers, tcn_node *node)
{
    if (timers_of(node) == 0)
        return 0;
    int rc = reserve(&timers->nodes);
    if (rc < 0)
        return rc;
    put_node(timers, node,
             node->has_own_bucket ? node->buckets.own.end_us
                                  : heap_of(node)->items[0].at_us);
    timers->count += timers_of(node);
    return 0;
}

void tcn_timers_drop(tcn_timers *timers, tcn_node *node)
{
    tcn_timers_leave(timers, node);
    if (node->has_own_bucket)
        return;
    tcn_free(heap_of(node)->items);
    *heap_of(node) = (tcn_timer_heap){.count = 0};
}

void tcn_timers_reorder(tcn_timers *timers)
{
    for (uint32_t i = timers->nodes.count; i-- > 0;)
        sift_down(&timers->nodes, i, timers->nodes.items[i], NODES);
}

/* ---- buckets ---- */

void tcn_timers_deinit(tcn_timers *timers)
{
    tcn_free(timers->nodes.items);
    *timers = (tcn_timers){.count = 0};
}

static void set_own(tcn_timers *timers, tcn_node *node, tcn_bucket *bucket)
{
    timers->count += node->timer == 0;
    if (node->timer == 0 || bucket->end_us < timers->nodes.items[node->timer - 1].at_us)
        put_node(timers, node, bucket->end_us);
}

static int set_keyed(tcn_timers *timers, tcn_node *node, tcn_bucket *bucket)
{
    tcn_timer_heap *heap = heap_of(node);
    tcn_timer timer = {bucket->end_us, bucket};
    if (bucket->timer == 0) {
        int rc = reserve(heap);
        if (rc < 0)
            return rc;
        add(heap, timer, BUCKETS);
        timers->count++;
    } else if (timer.at_us < heap->items[bucket->timer - 1].at_us) {
        sift_up(heap, bucket->timer - 1, timer, BUCKETS);
    } else if (is_by_start(node)) { /* it is compared by more than the instant */
        sift_down(heap, bucket->timer - 1, timer, BUCKETS);
    }
    put_by_first(timers, node);
    return 0;
}

int tcn_timers_set(tcn_timers *timers, tcn_bucket *bucket)
{
    tcn_node *node = bucket->node;
    int rc = node->timer == 0 ? reserve(&timers->nodes) : 0;
    if (rc == 0 && !node->has_own_bucket)
        return set_keyed(timers, node, bucket);
    if (rc == 0)
        set_own(timers, node, bucket);
    return rc;
}

void tcn_timers_clear(tcn_timers *timers, tcn_bucket *bucket)
{
    tcn_node *node = bucket->node;
    if (node->has_own_bucket) {
        tcn_timers_leave(timers, node);
        return;
    }
    if (bucket->timer == 0)
        return;
    uint32_t at = bucket->timer - 1;
    bucket->timer = 0;
    take_out(heap_of(node), at, BUCKETS);
    timers->count--;
    put_by_first(timers, node);
}

static tcn_bucket *first_of(tcn_node *node)
{
    return node->has_own_bucket ? &node->buckets.own : heap_of(node)->items[0].of;
}

/* The instant at which the node's first timer is looked at again. */
static void put_off(tcn_timers *timers, tcn_node *node, int64_t at_us)
{
    if (node->has_own_bucket) {
        put_node(timers, node, at_us);
        return;
    }
    sift_down(heap_of(node), 0, (tcn_timer){at_us, first_of(node)}, BUCKETS);
    put_by_first(timers, node);
}

tcn_bucket *tcn_timers_due(tcn_timers *timers, int64_t now_us)
{
    while (timers->nodes.count > 0 && timers->nodes.items[0].at_us <= now_us) {
        tcn_node *node = timers->nodes.items[0].of;
        tcn_bucket *bucket = first_of(node);
        int64_t due_us = bucket->end_us;
        if (due_us < now_us && is_by_start(node))
            due_us = now_us; /* beside the others that are due now */
        if (due_us == timers->nodes.items[0].at_us)
            return bucket;
        put_off(timers, node, due_us);
    }
    return NULL;
}

int64_t tcn_timers_next_us(const tcn_timers *timers)
{
    return timers->nodes.count > 0 ? timers->nodes.items[0].at_us : INT64_MAX;
}

/* Of the nodes from that place down. */
static size_t count_all_due(const tcn_timer_heap *nodes, uint64_t at, int64_t now_us,
                            size_t most)
{
    if (at >= nodes->count || most == 0 || nodes->items[at].at_us > now_us)
        return 0;
    tcn_node *node = nodes->items[at].of;
    size_t count = node->has_own_bucket ? 1 : count_due(heap_of(node), 0, now_us, most);
    for (uint64_t i = 1; i <= CHILDREN && count < most; i++)
        count += count_all_due(nodes, at * CHILDREN + i, now_us, most - count);
    return count;
}

size_t tcn_timers_count_due(const tcn_timers *timers, int64_t now_us, size_t most)
{
    return count_all_due(&timers->nodes, 0, now_us, most);
}
