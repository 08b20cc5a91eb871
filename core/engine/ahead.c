/* SPDX-License-Identifier: Apache-2.0 */
/* ahead.c - candidates of one event, or of several at once. */
#include "core/engine/ahead.h"

#include <stdlib.h>

#include "core/base/alloc.h"
#include "core/engine/engine_int.h"

#define MANY        4096 /* candidates of a few events: then one event at a time */
#define FEW_RELATED 4
#define FEW         32 /* candidates that are sorted by insertion */

void tcn_ahead_deinit(tcn_ahead *ahead)
{
    tcn_free(ahead->found.items);
    tcn_free(ahead->single.items);
    *ahead = (tcn_ahead){.coming = NULL};
}

void tcn_ahead_drop(tcn_ahead *ahead)
{
    ahead->coming_count = 0;
    ahead->count = 0;
}

/* ---- finding ---- */

typedef struct search {
    tcn_engine *engine;
    const tcn_event *events;
    tcn_candidates *found;
} search;

/* Begins to load the bucket, or of many buckets the chain. */
static void fetch_bucket(const tcn_node *node, uint32_t key_hash)
{
    if (node->buckets.used > 1) {
        tcn_table_fetch_chain(&node->buckets, key_hash);
        return;
    }
    const char *bucket = (const char *)tcn_table_fetch_first(&node->buckets, key_hash);
    if (bucket != NULL) {
        tcn_prefetch(bucket + 48);
        tcn_prefetch(bucket + offsetof(tcn_bucket, key));
    }
}

static void add_candidate(tcn_node *node, uint32_t number, void *ud)
{
    const search *s = ud;
    if (node->is_asleep)
        return;
    const tcn_event *event = &s->events[number];
    unsigned interest = tcn_matcher_interest(tcn_node_matcher(node), event);
    if (interest == 0)
        return;
    tcn_candidates *found = s->found;
    if (tcn_grow((void **)&found->items, &found->capacity, found->count + 1,
                 sizeof *found->items) < 0 ||
        tcn_node_key(s->engine, node, event) < 0) {
        tcn_engine_fail(s->engine);
        return;
    }
    uint32_t hash = tcn_engine_key_hash(s->engine);
    fetch_bucket(node, hash);
    found->items[found->count++] = (tcn_candidate){node, number, hash, interest};
}

/* By event, then in the order of automations and triggers. */
static int compare(const void *a, const void *b)
{
    const tcn_candidate *x = a;
    const tcn_candidate *y = b;
    if (x->event != y->event)
        return x->event < y->event ? -1 : 1;
    if (x->node == y->node)
        return 0;
    if (x->node->unit->rank != y->node->unit->rank)
        return x->node->unit->rank < y->node->unit->rank ? -1 : 1;
    return x->node->ordinal < y->node->ordinal ? -1 : 1;
}

/* Nearly sorted is sorted fast. */
static void insertion_sort(tcn_candidates *found)
{
    for (size_t i = 1; i < found->count; i++) {
        tcn_candidate moved = found->items[i];
        size_t at = i;
        for (; at > 0 && compare(&found->items[at - 1], &moved) > 0; at--)
            found->items[at] = found->items[at - 1];
        found->items[at] = moved;
    }
}

/* Puts them in order, each once. Mostly an event has one, and little is to be done. */
static void sort(tcn_candidates *found)
{
    if (found->count <= FEW)
        insertion_sort(found);
    else
        qsort(found->items, found->count, sizeof *found->items, compare);
    size_t kept = 0;
    for (size_t i = 0; i < found->count; i++) {
        if (kept == 0 || compare(&found->items[kept - 1], &found->items[i]) != 0)
            found->items[kept++] = found->items[i];
    }
    found->count = kept;
}

static void find(tcn_engine *engine, const tcn_event *events, size_t count,
                 tcn_candidates *found)
{
    search s = {engine, events, found};
    found->count = 0;
    tcn_index_find(&engine->index, events, count, add_candidate, &s);
    sort(found);
}

/* ---- several events ---- */

/* Their ids are looked up, too. */
static void fetch_ids(const tcn_engine *engine, const tcn_event *events, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tcn_ids_fetch(&engine->ids, &events[i].id);
}

/* What comes behind them is read next. */
static void fetch_events(const tcn_event *events, size_t count)
{
    for (size_t i = 0; i < count && i < TCN_INDEX_TOGETHER; i++) {
        const tcn_event *event = &events[i];
        tcn_prefetch(event->resource.id.ptr);
        tcn_prefetch(event->resource.labels);
        for (uint32_t r = 0; r < event->related_count && r < FEW_RELATED; r++)
            tcn_prefetch(&event->related[r]);
    }
}

static void look(tcn_engine *engine)
{
    tcn_ahead *ahead = &engine->ahead;
    size_t together = ahead->found.count > MANY ? 1 : TCN_INDEX_TOGETHER;
    ahead->count = ahead->coming_count < together ? ahead->coming_count : together;
    ahead->events = ahead->coming;
    ahead->coming += ahead->count;
    ahead->coming_count -= ahead->count;
    fetch_ids(engine, ahead->events, ahead->count);
    fetch_events(ahead->coming, ahead->coming_count);
    find(engine, ahead->events, ahead->count, &ahead->found);
    size_t at = 0;
    for (uint32_t i = 0; i <= ahead->count; i++) {
        while (at < ahead->found.count && ahead->found.items[at].event < i)
            at++;
        ahead->first[i] = at;
    }
    for (size_t i = 0; i < ahead->found.count; i++) {
        const tcn_candidate *candidate = &ahead->found.items[i];
        if (candidate->node->buckets.used > 1)
            (void)tcn_table_fetch_first(&candidate->node->buckets, candidate->key_hash);
    }
}

void tcn_ahead_reach(tcn_engine *engine, const tcn_event *event)
{
    if (engine->ahead.coming_count > 0 && event == engine->ahead.coming)
        look(engine);
}

const tcn_candidate *tcn_ahead_candidates(tcn_engine *engine, const tcn_event *event,
                                          size_t *ret_count)
{
    const tcn_ahead *ahead = &engine->ahead;
    uintptr_t offset = (uintptr_t)event - (uintptr_t)ahead->events;
    if (offset < ahead->count * sizeof *event) {
        const size_t *first = &ahead->first[offset / sizeof *event];
        *ret_count = first[1] - first[0];
        return ahead->found.items + first[0];
    }
    find(engine, event, 1, &engine->ahead.single);
    *ret_count = ahead->single.count;
    return ahead->single.items;
}
