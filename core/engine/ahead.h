/* SPDX-License-Identifier: Apache-2.0 */
/* ahead.h - the triggers to which events are of interest. Of a batch that was announced
 * they are found some events at a time, before these are evaluated: what an event reads
 * is scattered over memory, and so the events wait for it together. No result depends on
 * it: nothing is found that would not be found later. */
#ifndef TCN_ENGINE_AHEAD_H
#define TCN_ENGINE_AHEAD_H

#include "core/engine/index.h"
#include "core/engine/order.h"
#include "core/event/event.h"

struct tcn_engine;

/* An entry of the index in which so many nodes stand that they are met bit by bit. */
typedef struct tcn_crowd {
    const tcn_index_entry *entry;
    uint32_t event;
} tcn_crowd;

enum tcn_search_phase {
    TCN_SEARCH_NONE,
    TCN_SEARCH_MEETING,  /* the nodes of crowds */
    TCN_SEARCH_ORDERING, /* what was found */
};

typedef struct tcn_search {
    enum tcn_search_phase phase;
    const tcn_event *events;
    tcn_candidates *found;
    tcn_crowd *crowds;
    size_t crowd_count, crowd_capacity;
    size_t crowd, node; /* which one comes next */
} tcn_search;

typedef struct tcn_ahead {
    const tcn_event *coming; /* announced, and not looked at yet */
    size_t coming_count;
    const tcn_event *events; /* what was looked at last */
    size_t count;
    size_t first[TCN_INDEX_TOGETHER + 1]; /* where each one's candidates begin */
    tcn_candidates found;
    tcn_candidates single; /* of an event that was not announced */
    tcn_search search;     /* under way */
} tcn_ahead;

void tcn_ahead_deinit(tcn_ahead *ahead);
/* Forgets what was announced and what was found: events or triggers end. */
void tcn_ahead_drop(tcn_ahead *ahead);
/* event will be evaluated soon. If it was announced, it and those behind it are looked
 * at. TCN_ENGINE_PAUSED: not all of that is done, the same call goes on. */
int tcn_ahead_reach(struct tcn_engine *engine, const tcn_event *event);
/* The event's candidates in the order of automations, borrowed until the next call of
 * either. TCN_ENGINE_PAUSED: the same call goes on. */
int tcn_ahead_candidates(struct tcn_engine *engine, const tcn_event *event,
                         const tcn_candidate **ret, size_t *ret_count);

#endif
