/* SPDX-License-Identifier: Apache-2.0 */
/* engine.c - the door of the room: steps, the passing of time, and the order in which
 * events, their followers, due timers and emitted events are evaluated
 * (docs/architecture.md, Engine). */
#include "core/engine/engine_int.h"

#include "core/base/alloc.h"

const tcn_engine_limits tcn_engine_limits_default = {
    .max_buckets = 2000000,
    .max_waiting = 100000,
    .remembered_ids = 5000000,
    .firing_chain = 32,
    .firings_per_minute = 0,
};

/* ---- life ---- */

tcn_engine *tcn_engine_new(const tcn_engine_limits *limits)
{
    tcn_engine *engine = tcn_alloc_zero(sizeof *engine);
    if (engine == NULL)
        return NULL;
    engine->limits = *limits;
    /* Where it lies differs from run to run, which is all that is asked: no result
     * depends on it. */
    engine->seed = (uint64_t)(uintptr_t)engine * UINT64_C(0x9e3779b97f4a7c15);
    engine->instant_us = INT64_MIN;
    for (size_t i = 0; i < TCN_LIMITS; i++)
        engine->told_us[i] = INT64_MIN;
    tcn_ids_init(&engine->ids, limits->remembered_ids, engine->seed);
    tcn_waiting_init(&engine->waiting, engine->seed);
    tcn_arena_init(&engine->arena, 0);
    tcn_arena_init(&engine->instant_arena, 0);
    tcn_buf_init(&engine->key, SIZE_MAX / 2);
    tcn_buf_init(&engine->text, SIZE_MAX / 2);
    tcn_save_init(&engine->save);
    tcn_away_init(&engine->away);
    if (tcn_index_init(&engine->index, &engine->pool, engine->seed) < 0) {
        tcn_engine_free(engine);
        return NULL;
    }
    return engine;
}

static void free_retired(tcn_engine *engine)
{
    for (size_t i = 0; i < engine->retired_count; i++)
        tcn_event_free(engine->retired[i]);
    engine->retired_count = 0;
}

void tcn_engine_free(tcn_engine *engine)
{
    if (engine == NULL)
        return;
    tcn_engine_drop_renewal(engine);
    tcn_engine_drop_units(engine);
    (void)tcn_leftovers_free(&engine->leftovers, UINT32_MAX);
    free_retired(engine);
    tcn_index_deinit(&engine->index);
    tcn_pool_deinit(&engine->pool);
    tcn_timers_deinit(&engine->timers);
    tcn_timers_deinit(&engine->stale);
    tcn_ids_deinit(&engine->ids);
    tcn_waiting_deinit(&engine->waiting);
    tcn_queue_deinit(&engine->emitted_queue);
    tcn_table_deinit(&engine->instant_ids);
    tcn_arena_deinit(&engine->instant_arena);
    tcn_arena_deinit(&engine->arena);
    tcn_buf_deinit(&engine->key);
    tcn_buf_deinit(&engine->text);
    tcn_save_deinit(&engine->save);
    tcn_free(engine->step_events);
    tcn_free(engine->firings);
    tcn_free(engine->emitted);
    tcn_free(engine->retired);
    tcn_ahead_deinit(&engine->ahead);
    tcn_free(engine);
}

void tcn_engine_limits_set(tcn_engine *engine, const tcn_engine_limits *limits)
{
    engine->limits = *limits;
    engine->ids.limit = limits->remembered_ids;
}

tcn_engine_limits tcn_engine_limits_get(const tcn_engine *engine)
{
    return engine->limits;
}

bool tcn_engine_limits_eq(const tcn_engine_limits *a, const tcn_engine_limits *b)
{
    return a->max_buckets == b->max_buckets && a->max_waiting == b->max_waiting &&
           a->remembered_ids == b->remembered_ids && a->firing_chain == b->firing_chain &&
           a->firings_per_minute == b->firings_per_minute;
}

/* ---- evaluating events ---- */

void tcn_engine_note_processed(tcn_engine *engine, const tcn_event *event)
{
    int64_t occurred_us = event->occurred_at_us;
    if (occurred_us > engine->clock_us)
        occurred_us = engine->clock_us;
    if (!engine->has_processed || occurred_us > engine->newest_us)
        engine->newest_us = occurred_us;
    engine->processed_at_us = engine->clock_us;
    engine->processed_id = event->id;
    engine->has_processed = true;
}

static void note_forgotten(tcn_engine *engine)
{
    while (engine->ids.early > 0) {
        engine->ids.early--;
        tcn_engine_note_limit(engine, TCN_LIMIT_IDS);
    }
}

void tcn_engine_process(tcn_engine *engine, const tcn_event *event)
{
    tcn_engine_note_processed(engine, event);
    if (tcn_ids_add(&engine->ids, &event->id, engine->clock_us) < 0)
        tcn_engine_fail(engine);
    note_forgotten(engine);
}

int tcn_engine_retire(tcn_engine *engine, tcn_event *own)
{
    int rc = tcn_grow((void **)&engine->retired, &engine->retired_capacity,
                      engine->retired_count + 1, sizeof(tcn_event *));
    if (rc < 0)
        tcn_event_free(own);
    else
        engine->retired[engine->retired_count++] = own;
    return rc;
}

int tcn_engine_note_at_hand(tcn_engine *engine, const tcn_event *event)
{
    int rc = tcn_grow((void **)&engine->step_events, &engine->step_event_capacity,
                      engine->step_event_count + 1, sizeof(tcn_event *));
    if (rc == 0)
        engine->step_events[engine->step_event_count++] = event;
    return rc;
}

int tcn_engine_run_due_timers(tcn_engine *engine, bool can_stop)
{
    while (engine->status == 0) {
        if (can_stop && engine->firing_count >= STEP_FIRINGS)
            return 1;
        tcn_bucket *bucket = tcn_timers_due(&engine->timers, tcn_engine_as_of(engine));
        if (bucket == NULL)
            return 0;
        if (tcn_engine_is_tired(engine))
            return TCN_ENGINE_PAUSED;
        tcn_engine_expire(engine, bucket);
        engine->effort++;
    }
    return engine->status;
}

static bool must_wait(const tcn_engine *engine, const tcn_event *event)
{
    if (!event->has_follows || tcn_uuid_eq(&event->follows, &event->id) ||
        engine->clock_us - event->received_at_us >= LOOKBACK_US)
        return false;
    return tcn_waiting_has(&engine->waiting, &event->follows) ||
           !tcn_ids_has(&engine->ids, &event->follows, engine->clock_us);
}

static void wait_for_leader(tcn_engine *engine, const tcn_event *event)
{
    tcn_event *copy = tcn_event_copy(event);
    if (copy == NULL || tcn_waiting_add_own(&engine->waiting, copy,
                                            event->received_at_us + LOOKBACK_US) < 0) {
        tcn_engine_fail(engine);
        return;
    }
    if (tcn_waiting_count(&engine->waiting) > engine->limits.max_waiting) {
        tcn_engine_note_limit(engine, TCN_LIMIT_WAITING);
        tcn_chain_begin_oldest(engine);
    }
}

static void take_emitted(tcn_engine *engine)
{
    tcn_queued item = tcn_queue_take(&engine->emitted_queue);
    if (item.own != NULL && tcn_engine_retire(engine, item.own) < 0) {
        tcn_engine_fail(engine);
        return;
    }
    tcn_engine_process(engine, item.event);
    tcn_chain_begin(engine, item.event);
}

/* ---- time ---- */

/* The next instant, not before now, at which something is due; INT64_MAX: none. */
static int64_t next_instant(const tcn_engine *engine)
{
    int64_t next_us = tcn_timers_next_us(&engine->timers);
    if (next_us != INT64_MAX)
        next_us += tcn_engine_lag(engine);
    const tcn_follower *first = tcn_waiting_first(&engine->waiting);
    if (first != NULL && first->give_up_us < next_us)
        next_us = first->give_up_us;
    return next_us > engine->clock_us ? next_us : engine->clock_us;
}

/* What was begun, then everything due at this instant: followers that give up, timers,
 * then emitted events one by one, each with the timers that it makes due. 1: the step is
 * full. */
static int settle(tcn_engine *engine, bool can_stop)
{
    int rc = tcn_chain_go_on(engine);
    const tcn_follower *first = tcn_waiting_first(&engine->waiting);
    if (rc == 0 && first != NULL && first->give_up_us <= engine->clock_us) {
        tcn_chain_begin_lost(engine);
        rc = tcn_chain_go_on(engine);
    }
    if (rc == 0)
        rc = tcn_engine_run_due_timers(engine, can_stop);
    while (rc == 0 && engine->emitted_queue.count > 0) {
        take_emitted(engine);
        rc = tcn_chain_go_on(engine);
        if (rc == 0)
            rc = tcn_engine_run_due_timers(engine, can_stop);
    }
    return rc;
}

/* Time passes up to to_us, instant by instant; what is due at to_us itself is left when
 * is_open. */
static int pass(tcn_engine *engine, int64_t to_us, bool is_open, bool can_stop)
{
    int rc = 0;
    int64_t last_us = is_open ? to_us - 1 : to_us;
    if (engine->is_unsettled || engine->clock_us <= last_us)
        rc = settle(engine, can_stop);
    while (rc == 0) {
        int64_t next_us = next_instant(engine);
        if (next_us > to_us || (is_open && next_us == to_us) ||
            next_us <= engine->clock_us)
            break;
        tcn_engine_set_clock(engine, next_us);
        rc = settle(engine, can_stop);
    }
    engine->is_unsettled = rc > 0;
    if (rc == 0 && to_us > engine->clock_us)
        tcn_engine_set_clock(engine, to_us);
    return rc;
}

/* ---- steps ---- */

void tcn_engine_begin(tcn_engine *engine, uint64_t first_position)
{
    engine->first_position = first_position;
    engine->step_count++;
    tcn_away_free_some(engine);
    if (engine->untold != 0)
        tcn_engine_tell_untold(engine);
}

void tcn_engine_announce(tcn_engine *engine, const tcn_event *events, size_t count)
{
    engine->ahead.coming = events;
    engine->ahead.coming_count = count;
}

/* 1: a duplicate. */
static int take(tcn_engine *engine, const tcn_event *event)
{
    int rc = tcn_ids_meet(&engine->ids, &event->id, engine->clock_us);
    if (rc == 1) {
        engine->counts.duplicates++;
        return 1;
    }
    if (rc < 0)
        tcn_engine_fail(engine);
    note_forgotten(engine);
    engine->counts.events++;
    engine->effort++;
    tcn_engine_note_processed(engine, event);
    if (tcn_engine_note_at_hand(engine, event) < 0)
        tcn_engine_fail(engine);
    else if (must_wait(engine, event))
        wait_for_leader(engine, event);
    else
        tcn_chain_begin(engine, event);
    return engine->status;
}

static int go_on_with_event(tcn_engine *engine, const tcn_event *event)
{
    if (!engine->is_taken) {
        int rc = tcn_ahead_reach(engine, event);
        if (rc == 0)
            rc = pass(engine, event->received_at_us, true, false);
        if (rc == 0)
            rc = take(engine, event);
        if (rc != 0)
            return rc;
        engine->is_taken = true;
    }
    return settle(engine, false);
}

int tcn_engine_event(tcn_engine *engine, const tcn_event *event)
{
    engine->taken = event;
    engine->is_taken = false;
    return go_on_with_event(engine, event);
}

int tcn_engine_advance(tcn_engine *engine, int64_t to_us, bool is_jump)
{
    if (is_jump && to_us > engine->clock_us)
        tcn_engine_set_clock(engine, to_us);
    engine->taken = NULL;
    engine->to_us = to_us;
    return pass(engine, to_us, false, true);
}

int tcn_engine_go_on(tcn_engine *engine)
{
    return engine->taken != NULL ? go_on_with_event(engine, engine->taken)
                                 : pass(engine, engine->to_us, false, true);
}

void tcn_engine_rest(tcn_engine *engine, uint32_t patience)
{
    engine->effort = 0;
    engine->patience = patience;
}

const tcn_step *tcn_engine_results(const tcn_engine *engine)
{
    tcn_step *results = &((tcn_engine *)(uintptr_t)engine)->results;
    *results = (tcn_step){
        .firings = engine->firings,
        .firing_count = engine->firing_count,
        .emitted = engine->emitted,
        .emitted_count = engine->emitted_count,
    };
    return results;
}

void tcn_engine_end(tcn_engine *engine)
{
    if (tcn_queue_keep(&engine->emitted_queue) < 0)
        tcn_engine_fail(engine);
    free_retired(engine);
    tcn_ahead_drop(&engine->ahead);
    engine->chain.count = 0;
    engine->firing_count = 0;
    engine->emitted_count = 0;
    engine->step_event_count = 0;
    tcn_arena_reset(&engine->arena, STEP_ARENA_KEPT);
}

int64_t tcn_engine_next_due_us(const tcn_engine *engine)
{
    if (engine->emitted_queue.count > 0 || engine->untold != 0)
        return engine->clock_us;
    if (engine->timers.count == 0 && tcn_waiting_count(&engine->waiting) == 0)
        return INT64_MAX;
    return next_instant(engine);
}

bool tcn_engine_is_much_due(const tcn_engine *engine, int64_t to_us)
{
    int64_t as_of_us = to_us - tcn_engine_lag(engine);
    return tcn_timers_count_due(&engine->timers, as_of_us, STEP_FIRINGS) == STEP_FIRINGS;
}

int64_t tcn_engine_clock_us(const tcn_engine *engine)
{
    return engine->clock_us;
}

void tcn_engine_counts_get(const tcn_engine *engine, tcn_engine_counts *ret)
{
    *ret = engine->counts;
    ret->buckets = engine->bucket_count;
    ret->waiting = tcn_waiting_count(&engine->waiting);
    ret->timers = engine->timers.count;
    ret->remembered_ids = tcn_ids_count(&engine->ids);
    ret->lag_us = tcn_engine_lag(engine);
    ret->lag_event = engine->processed_id;
}
