/* SPDX-License-Identifier: Apache-2.0 */
/* chain.c - the links of an event and its followers, one after the other. */
#include "core/engine/chain.h"

#include "core/engine/engine_int.h"

/* ---- links ---- */

static tcn_link *push(tcn_chain *chain, tcn_link link)
{
    chain->links[chain->count] = link;
    return &chain->links[chain->count++];
}

static void push_event(tcn_engine *engine, const tcn_event *event, int depth)
{
    engine->turn++;
    tcn_link link = {.phase = TCN_LINK_FINDING, .event = event, .depth = depth};
    push(&engine->chain, link);
}

void tcn_chain_begin(tcn_engine *engine, const tcn_event *event)
{
    push_event(engine, event, 0);
}

/* Waits no more. The event lives until the end of the step. NULL: out of memory. */
static const tcn_event *take(tcn_engine *engine, tcn_follower *follower)
{
    tcn_save_follower(engine, follower);
    tcn_event *own = tcn_waiting_take(&engine->waiting, follower);
    return tcn_engine_retire(engine, own) < 0 ? NULL : own;
}

static void release(tcn_engine *engine, const tcn_event *follower, int depth)
{
    if (follower == NULL || tcn_engine_note_at_hand(engine, follower) < 0) {
        tcn_engine_fail(engine);
        return;
    }
    tcn_engine_process(engine, follower);
    push_event(engine, follower, depth);
}

void tcn_chain_begin_oldest(tcn_engine *engine)
{
    release(engine, take(engine, tcn_waiting_first(&engine->waiting)), 0);
}

/* All of them leave first: none is evaluated as the follower of another one. */
void tcn_chain_begin_lost(tcn_engine *engine)
{
    tcn_link link = {.phase = TCN_LINK_FOLLOWERS, .depth = -1};
    tcn_arena *arena = &engine->arena;
    if (tcn_waiting_lost(&engine->waiting, engine->clock_us, arena, &link.followers,
                         &link.follower_count) == 0)
        link.lost = tcn_arena_alloc(arena, (link.follower_count + 1) * sizeof *link.lost);
    if (link.lost == NULL) {
        tcn_engine_fail(engine);
        return;
    }
    for (size_t i = 0; i < link.follower_count; i++)
        link.lost[i] = take(engine, link.followers[i]);
    push(&engine->chain, link);
}

/* ---- phases ---- */

static int find(tcn_engine *engine, tcn_link *link)
{
    link->phase = TCN_LINK_EVALUATING;
    if (tcn_str_eq(link->event->name, TCN_STR("prefect.log.write")))
        return 0;
    int rc = tcn_ahead_candidates(engine, link->event, &link->candidates,
                                  &link->candidate_count);
    if (rc == TCN_ENGINE_PAUSED)
        link->phase = TCN_LINK_FINDING;
    return rc;
}

static int evaluate(tcn_engine *engine, tcn_link *link)
{
    while (link->candidate < link->candidate_count && engine->status == 0) {
        if (tcn_engine_is_tired(engine))
            return TCN_ENGINE_PAUSED;
        tcn_node_evaluate(engine, &link->candidates[link->candidate++], link->event);
        engine->effort++;
    }
    tcn_engine_sweep(engine);
    link->phase = TCN_LINK_TIMERS;
    return engine->status;
}

static int run_timers(tcn_engine *engine, tcn_link *link)
{
    int rc = tcn_engine_run_due_timers(engine, false);
    if (rc != 0)
        return rc;
    link->phase = TCN_LINK_FOLLOWERS;
    if (tcn_waiting_count(&engine->waiting) == 0 || link->depth == TCN_FOLLOWERS_DEPTH)
        return 0;
    return tcn_waiting_of(&engine->waiting, &link->event->id, &engine->arena,
                          &link->followers, &link->follower_count);
}

static int release_next(tcn_engine *engine, tcn_link *link)
{
    if (link->follower == link->follower_count) {
        engine->chain.count--;
        return 0;
    }
    size_t i = link->follower++;
    release(engine, link->lost != NULL ? link->lost[i] : take(engine, link->followers[i]),
            link->depth + 1);
    return engine->status;
}

static int go_on_with(tcn_engine *engine, tcn_link *link)
{
    switch (link->phase) {
    case TCN_LINK_FINDING:
        return find(engine, link);
    case TCN_LINK_EVALUATING:
        return evaluate(engine, link);
    case TCN_LINK_TIMERS:
        return run_timers(engine, link);
    case TCN_LINK_FOLLOWERS:
        break;
    }
    return release_next(engine, link);
}

int tcn_chain_go_on(tcn_engine *engine)
{
    tcn_chain *chain = &engine->chain;
    int rc = engine->status;
    while (rc == 0 && chain->count > 0)
        rc = go_on_with(engine, &chain->links[chain->count - 1]);
    if (rc < 0)
        tcn_engine_fail(engine);
    return rc;
}
