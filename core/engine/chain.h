/* SPDX-License-Identifier: Apache-2.0 */
/* chain.h - an event and what is evaluated right behind it: due timers, then the
 * followers that waited for it, each with its own. What is still to be done stands in
 * links instead of on the stack, so that the work can pause anywhere: a hundred thousand
 * triggers may want one event. */
#ifndef TCN_ENGINE_CHAIN_H
#define TCN_ENGINE_CHAIN_H

#include "core/engine/order.h"
#include "core/event/event.h"

struct tcn_engine;

#define TCN_FOLLOWERS_DEPTH 20

enum tcn_link_phase {
    TCN_LINK_FINDING,
    TCN_LINK_EVALUATING,
    TCN_LINK_TIMERS,
    TCN_LINK_FOLLOWERS,
};

/* One event, or a list of followers that nobody leads. */
typedef struct tcn_link {
    enum tcn_link_phase phase;
    int depth; /* how many leaders stand above it */
    const tcn_event *event;
    const tcn_candidate *candidates;
    size_t candidate_count, candidate;
    struct tcn_follower **followers; /* in the step's arena */
    const tcn_event **lost;          /* the same, in a list without a leader */
    size_t follower_count, follower;
} tcn_link;

typedef struct tcn_chain {
    tcn_link links[TCN_FOLLOWERS_DEPTH + 2];
    size_t count; /* the last one is worked on */
} tcn_chain;

/* The event will be evaluated; the chain is empty. */
void tcn_chain_begin(struct tcn_engine *engine, const tcn_event *event);
/* Followers that have waited long enough will be, in the order in which they occurred. */
void tcn_chain_begin_lost(struct tcn_engine *engine);
/* The follower that has waited longest will be. */
void tcn_chain_begin_oldest(struct tcn_engine *engine);
/* 0: all is done; TCN_ENGINE_PAUSED: to be called again; TCN_E_NOMEM. */
int tcn_chain_go_on(struct tcn_engine *engine);

#endif
