/* SPDX-License-Identifier: Apache-2.0 */
/* timers.c - a heap with four children a place: half as deep as a binary one, and the
 * children of a place share a cache line. Each bucket knows its place, so it can be taken
 * out. */
#include "core/engine/timers.h"

#include "core/base/alloc.h"
#include "core/engine/engine_int.h"

#define CHILDREN 4

/* Which of a child's buckets that are due together fires first shows in the composite.
 * Prefect on SQLite reads them by their starts, and those of one start by their keys. */
static bool is_by_start(const tcn_node *node)
{
    return node->parent != NULL && !node->is_reactive;
}

static bool is_before(const tcn_timer *a, const tcn_timer *b)
{
    if (a->at_us != b->at_us)
        return a->at_us < b->at_us;
    const tcn_node *x = a->bucket->node;
    const tcn_node *y = b->bucket->node;
    if (x->unit->rank != y->unit->rank)
        return x->unit->rank < y->unit->rank;
    if (x->ordinal != y->ordinal)
        return x->ordinal < y->ordinal;
    if (is_by_start(x) && a->bucket->start_us != b->bucket->start_us)
        return a->bucket->start_us < b->bucket->start_us;
    if (is_by_start(x))
        return tcn_key_cmp(tcn_bucket_key(a->bucket), tcn_bucket_key(b->bucket)) < 0;
    return a->bucket->sequence < b->bucket->sequence;
}

static void place(tcn_timers *timers, size_t at, tcn_timer timer)
{
    timers->heap[at] = timer;
    timer.bucket->timer = (uint32_t)at + 1;
}

static void sift_up(tcn_timers *timers, size_t at, tcn_timer timer)
{
    while (at > 0) {
        size_t parent = (at - 1) / CHILDREN;
        if (!is_before(&timer, &timers->heap[parent]))
            break;
        place(timers, at, timers->heap[parent]);
        at = parent;
    }
    place(timers, at, timer);
}

static void sift_down(tcn_timers *timers, size_t at, tcn_timer timer)
{
    for (;;) {
        size_t first = at * CHILDREN + 1;
        size_t end = first + CHILDREN < timers->count ? first + CHILDREN : timers->count;
        if (first >= end)
            break;
        size_t least = first;
        for (size_t i = first + 1; i < end; i++) {
            if (is_before(&timers->heap[i], &timers->heap[least]))
                least = i;
        }
        if (!is_before(&timers->heap[least], &timer))
            break;
        place(timers, at, timers->heap[least]);
        at = least;
    }
    place(timers, at, timer);
}

void tcn_timers_deinit(tcn_timers *timers)
{
    tcn_free(timers->heap);
    *timers = (tcn_timers){0};
}

int tcn_timers_set(tcn_timers *timers, tcn_bucket *bucket)
{
    tcn_timer timer = {bucket->end_us, bucket};
    if (bucket->timer != 0) {
        if (timer.at_us < timers->heap[bucket->timer - 1].at_us)
            sift_up(timers, bucket->timer - 1, timer);
        else if (is_by_start(bucket->node)) /* it is compared by more than the instant */
            sift_down(timers, bucket->timer - 1, timer);
        return 0;
    }
    int rc = tcn_grow((void **)&timers->heap, &timers->capacity, timers->count + 1,
                      sizeof *timers->heap);
    if (rc < 0)
        return rc;
    timers->count++;
    sift_up(timers, timers->count - 1, timer);
    return 0;
}

void tcn_timers_clear(tcn_timers *timers, tcn_bucket *bucket)
{
    if (bucket->timer == 0)
        return;
    size_t at = bucket->timer - 1;
    bucket->timer = 0;
    timers->count--;
    if (at == timers->count)
        return;
    tcn_timer last = timers->heap[timers->count];
    if (at > 0 && is_before(&last, &timers->heap[(at - 1) / CHILDREN]))
        sift_up(timers, at, last);
    else
        sift_down(timers, at, last);
}

tcn_bucket *tcn_timers_due(tcn_timers *timers, int64_t now_us)
{
    while (timers->count > 0 && timers->heap[0].at_us <= now_us) {
        tcn_timer first = timers->heap[0];
        int64_t due_us = first.bucket->end_us;
        if (due_us < now_us && is_by_start(first.bucket->node))
            due_us = now_us; /* beside the others that are due now */
        if (due_us == first.at_us)
            return first.bucket;
        first.at_us = due_us;
        sift_down(timers, 0, first);
    }
    return NULL;
}

int64_t tcn_timers_next_us(const tcn_timers *timers)
{
    return timers->count > 0 ? timers->heap[0].at_us : INT64_MAX;
}

/* Of the heap from that place down. */
static size_t count_due(const tcn_timers *timers, size_t at, int64_t now_us, size_t most)
{
    if (at >= timers->count || most == 0 || timers->heap[at].at_us > now_us)
        return 0;
    size_t count = 1;
    for (size_t i = 1; i <= CHILDREN && count < most; i++)
        count += count_due(timers, at * CHILDREN + i, now_us, most - count);
    return count;
}

size_t tcn_timers_count_due(const tcn_timers *timers, int64_t now_us, size_t most)
{
    return count_due(timers, 0, now_us, most);
}

void tcn_timers_reorder(tcn_timers *timers)
{
    for (size_t i = timers->count; i-- > 0;)
        sift_down(timers, i, timers->heap[i]);
}
