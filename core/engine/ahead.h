/* SPDX-License-Identifier: Apache-2.0 */
/* ahead.h - the triggers to which events are of interest. Of a batch that was announced
 * they are found some events at a time, before these are evaluated: what an event reads
 * is scattered over memory, and so the events wait for it together. No result depends on
 * it: nothing is found that would not be found later. */
#ifndef TCN_ENGINE_AHEAD_H
#define TCN_ENGINE_AHEAD_H

#include "core/engine/index.h"
#include "core/event/event.h"

struct tcn_engine;
struct tcn_node;

/* A trigger to which an event is of interest. */
typedef struct tcn_candidate {
    struct tcn_node *node;
    uint32_t event;    /* its number among those that were looked at together */
    uint32_t key_hash; /* of the event's bucketing key */
    unsigned interest; /* enum tcn_interest */
} tcn_candidate;

typedef struct tcn_candidates {
    tcn_candidate *items; /* by event, then in the order of automations */
    size_t count, capacity;
} tcn_candidates;

typedef struct tcn_ahead {
    const tcn_event *coming; /* announced, and not looked at yet */
    size_t coming_count;
    const tcn_event *events; /* what was looked at last */
    size_t count;
    size_t first[TCN_INDEX_TOGETHER + 1]; /* where each one's candidates begin */
    tcn_candidates found;
    tcn_candidates single; /* of an event that was not announced */
} tcn_ahead;

void tcn_ahead_deinit(tcn_ahead *ahead);
/* Forgets what was announced and what was found: events or triggers end. */
void tcn_ahead_drop(tcn_ahead *ahead);
/* event will be evaluated soon. If it was announced, it and those behind it are looked
 * at. */
void tcn_ahead_reach(struct tcn_engine *engine, const tcn_event *event);
/* The event's candidates in the order of automations, borrowed until the next call. */
const tcn_candidate *tcn_ahead_candidates(struct tcn_engine *engine,
                                          const tcn_event *event, size_t *ret_count);

#endif
