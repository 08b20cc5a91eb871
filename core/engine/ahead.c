/* SPDX-License-Identifier: Apache-2.0 */
/* ahead.c - candidates of one event, or of several at once. */
#include "core/engine/ahead.h"

#include "core/base/alloc.h"
#include "core/engine/engine_int.h"

#define MANY        4096 /* candidates of a few events: then one event at a time */
#define FEW_RELATED 4
#define WALK        256 /* nodes of a crowd that are met in one piece */
#define MOVES       16  /* candidates that are moved as fast as one is evaluated */

void tcn_ahead_deinit(tcn_ahead *ahead)
{
    tcn_candidates_deinit(&ahead->found);
    tcn_candidates_deinit(&ahead->single);
    tcn_free(ahead->search.crowds);
    *ahead = (tcn_ahead){.coming = NULL};
}

void tcn_ahead_drop(tcn_ahead *ahead)
{
    ahead->coming_count = 0;
    ahead->count = 0;
    ahead->search.phase = TCN_SEARCH_NONE;
}

/* ---- finding ---- */

/* Begins to load the bucket, or of many buckets the chain. */
static void fetch_bucket(const tcn_node *node, uint32_t key_hash)
{
    if (node->has_own_bucket)
        return; /* it came with the node */
    const tcn_table *table = &node->buckets.keyed.table;
    if (table->used > 1) {
        tcn_table_fetch_chain(table, key_hash);
        return;
    }
    const char *bucket = (const char *)tcn_table_fetch_first(table, key_hash);
    if (bucket != NULL)
        tcn_prefetch(bucket + sizeof(tcn_bucket));
}

/* Of the chain the first bucket. */
static void fetch_from_chain(const tcn_candidate *candidate)
{
    const tcn_node *node = candidate->node;
    if (!node->has_own_bucket && node->buckets.keyed.table.used > 1)
        (void)tcn_table_fetch_first(&node->buckets.keyed.table, candidate->key_hash);
}

static void add_candidate(tcn_node *node, uint32_t number, void *ud)
{
    tcn_engine *engine = ud;
    if (node->is_asleep)
        return;
    const tcn_event *event = &engine->ahead.search.events[number];
    unsigned interest = tcn_matcher_interest(tcn_node_matcher(node), event);
    if (interest == 0)
        return;
    tcn_candidates *found = engine->ahead.search.found;
    if (tcn_grow((void **)&found->items, &found->capacity, found->count + 1,
                 sizeof *found->items) < 0 ||
        tcn_node_key(engine, node, event) < 0) {
        tcn_engine_fail(engine);
        return;
    }
    uint32_t hash = tcn_engine_key_hash(engine);
    fetch_bucket(node, hash);
    found->items[found->count++] =
        (tcn_candidate){node, TCN_RANK_UNREAD, number, hash, interest};
}

static void add_crowd(const tcn_index_entry *entry, uint32_t event, void *ud)
{
    tcn_engine *engine = ud;
    tcn_search *search = &engine->ahead.search;
    if (tcn_grow((void **)&search->crowds, &search->crowd_capacity,
                 search->crowd_count + 1, sizeof *search->crowds) < 0) {
        tcn_engine_fail(engine);
        return;
    }
    search->crowds[search->crowd_count++] = (tcn_crowd){entry, event};
}

static tcn_index_found found_by(tcn_engine *engine)
{
    return (tcn_index_found){add_candidate, add_crowd, engine};
}

static void begin_search(tcn_engine *engine, const tcn_event *events, size_t count,
                         tcn_candidates *found)
{
    tcn_search *search = &engine->ahead.search;
    search->phase = TCN_SEARCH_MEETING;
    search->events = events;
    search->found = found;
    search->crowd_count = search->crowd = search->node = 0;
    found->count = 0;
    tcn_index_found told = found_by(engine);
    tcn_index_find(&engine->index, events, count, &told);
}

static void meet_crowds(tcn_engine *engine)
{
    tcn_search *search = &engine->ahead.search;
    tcn_index_found told = found_by(engine);
    while (search->crowd < search->crowd_count && !tcn_engine_is_tired(engine)) {
        const tcn_crowd *crowd = &search->crowds[search->crowd];
        search->node =
            tcn_index_walk(crowd->entry, crowd->event, search->node, WALK, &told);
        search->crowd += search->node == 0;
        engine->effort += WALK / 2;
    }
    if (search->crowd < search->crowd_count)
        return;
    search->phase = TCN_SEARCH_ORDERING;
    if (tcn_order_begin(search->found) < 0)
        tcn_engine_fail(engine);
}

static void put_in_order(tcn_engine *engine)
{
    tcn_search *search = &engine->ahead.search;
    size_t moved = 1;
    while (moved > 0 && !tcn_engine_is_tired(engine)) {
        moved = tcn_order_go_on(search->found);
        engine->effort += (uint32_t)(moved / MOVES);
    }
    if (moved == 0)
        search->phase = TCN_SEARCH_NONE;
}

static int go_on_searching(tcn_engine *engine)
{
    tcn_search *search = &engine->ahead.search;
    if (engine->status == 0 && search->phase == TCN_SEARCH_MEETING)
        meet_crowds(engine);
    if (engine->status == 0 && search->phase == TCN_SEARCH_ORDERING)
        put_in_order(engine);
    if (engine->status < 0)
        return engine->status;
    return search->phase == TCN_SEARCH_NONE ? 0 : TCN_ENGINE_PAUSED;
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

static void begin_look(tcn_engine *engine)
{
    tcn_ahead *ahead = &engine->ahead;
    size_t together = ahead->found.count > MANY ? 1 : TCN_INDEX_TOGETHER;
    ahead->count = ahead->coming_count < together ? ahead->coming_count : together;
    ahead->events = ahead->coming;
    ahead->coming += ahead->count;
    ahead->coming_count -= ahead->count;
    fetch_ids(engine, ahead->events, ahead->count);
    fetch_events(ahead->coming, ahead->coming_count);
    begin_search(engine, ahead->events, ahead->count, &ahead->found);
}

static void finish_look(tcn_ahead *ahead)
{
    size_t at = 0;
    for (uint32_t i = 0; i <= ahead->count; i++) {
        while (at < ahead->found.count && ahead->found.items[at].event < i)
            at++;
        ahead->first[i] = at;
    }
    for (size_t i = 0; i < ahead->found.count && i < MANY; i++)
        fetch_from_chain(&ahead->found.items[i]);
}

int tcn_ahead_reach(tcn_engine *engine, const tcn_event *event)
{
    tcn_ahead *ahead = &engine->ahead;
    if (ahead->search.phase == TCN_SEARCH_NONE) {
        if (ahead->coming_count == 0 || event != ahead->coming)
            return 0;
        begin_look(engine);
    }
    int rc = go_on_searching(engine);
    if (rc == 0)
        finish_look(ahead);
    return rc;
}

int tcn_ahead_candidates(tcn_engine *engine, const tcn_event *event,
                         const tcn_candidate **ret, size_t *ret_count)
{
    tcn_ahead *ahead = &engine->ahead;
    uintptr_t offset = (uintptr_t)event - (uintptr_t)ahead->events;
    if (offset < ahead->count * sizeof *event) {
        const size_t *first = &ahead->first[offset / sizeof *event];
        *ret = ahead->found.items + first[0];
        *ret_count = first[1] - first[0];
        if (first[1] < ahead->found.count) /* of the next event */
            tcn_prefetch(tcn_node_line(ahead->found.items[first[1]].node));
        return 0;
    }
    if (ahead->search.phase == TCN_SEARCH_NONE)
        begin_search(engine, event, 1, &ahead->single);
    int rc = go_on_searching(engine);
    *ret = ahead->single.items;
    *ret_count = ahead->single.count;
    return rc;
}
