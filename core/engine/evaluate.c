/* SPDX-License-Identifier: Apache-2.0 */
/* evaluate.c - what an event, or the end of a window, does to the buckets of one trigger.
 */
#include "core/base/alloc.h"
#include "core/engine/engine_int.h"

/* A Reactive bucket whose window is over still says which events are too old to count,
 * also to followers that come up to 15 minutes late. So it is kept for a day; when memory
 * is short it may go after a minute. */
#define STALE_US       TCN_DAY_US
#define STALE_SHORT_US TCN_MINUTE_US
#define SWEEP_AT_ONCE  64

/* ---- finding and making buckets ---- */

static uint32_t hash_key(const tcn_engine *engine, tcn_str key)
{
    return key.len > 0 ? (uint32_t)tcn_hash(key.ptr, key.len, engine->seed) : 0;
}

int tcn_node_key(tcn_engine *engine, const tcn_node *node, const tcn_event *event)
{
    tcn_buf_reset(&engine->key);
    if (node->has_own_bucket)
        return 0;
    return tcn_key_write(node->trigger->for_each, node->trigger->for_each_count, event,
                         &engine->key);
}

uint32_t tcn_engine_key_hash(const tcn_engine *engine)
{
    return hash_key(engine, tcn_buf_str(&engine->key));
}

const tcn_bucket *tcn_node_bucket(const tcn_engine *engine, const tcn_node *node,
                                  tcn_str key)
{
    return tcn_node_find_bucket(node, key, hash_key(engine, key));
}

static tcn_timers *timers_of(tcn_engine *engine, const tcn_node *node)
{
    return node->is_reactive ? &engine->stale : &engine->timers;
}

static void remove_bucket(tcn_engine *engine, tcn_bucket *bucket)
{
    tcn_save_gone_bucket(engine, bucket);
    tcn_timers_clear(timers_of(engine, bucket->node), bucket);
    tcn_node_remove_bucket(bucket);
    engine->bucket_count--;
}

static bool has_room(tcn_engine *engine)
{
    if (engine->bucket_count < engine->limits.max_buckets)
        return true;
    tcn_bucket *stale =
        tcn_timers_due(&engine->stale, tcn_engine_as_of(engine) - STALE_SHORT_US);
    if (stale != NULL)
        remove_bucket(engine, stale);
    return stale != NULL;
}

void tcn_engine_sweep(tcn_engine *engine)
{
    int64_t before_us = tcn_engine_as_of(engine) - STALE_US;
    for (int i = 0; i < SWEEP_AT_ONCE; i++) {
        tcn_bucket *stale = tcn_timers_due(&engine->stale, before_us);
        if (stale == NULL)
            break;
        remove_bucket(engine, stale);
    }
}

static tcn_bucket *add_bucket(tcn_engine *engine, tcn_node *node, tcn_str key,
                              uint32_t hash)
{
    if (!has_room(engine)) {
        tcn_engine_note_limit(engine, TCN_LIMIT_BUCKETS);
        return NULL;
    }
    tcn_bucket *bucket = tcn_node_add_bucket(node, key, hash);
    if (bucket == NULL) {
        tcn_engine_fail(engine);
        return NULL;
    }
    bucket->sequence = engine->bucket_sequence++;
    tcn_save_new_bucket(engine, bucket);
    engine->bucket_count++;
    return bucket;
}

tcn_bucket *tcn_node_open_bucket(tcn_engine *engine, tcn_node *node, tcn_str key)
{
    uint32_t hash = hash_key(engine, key);
    return tcn_node_find_bucket(node, key, hash) == NULL
               ? add_bucket(engine, node, key, hash)
               : NULL;
}

static void open_window(tcn_bucket *bucket, int64_t start_us, int64_t end_us,
                        int32_t count)
{
    bucket->start_us = start_us;
    bucket->end_us = end_us;
    bucket->count = count;
    bucket->last.position = TCN_POSITION_NONE;
}

static void set_last(tcn_bucket *bucket, const tcn_event *event)
{
    bucket->last = (tcn_event_ref){event->id, event->position};
}

void tcn_bucket_set_timer(tcn_engine *engine, tcn_bucket *bucket)
{
    if (tcn_timers_set(timers_of(engine, bucket->node), bucket) < 0)
        tcn_engine_fail(engine);
}

void tcn_node_stand(tcn_engine *engine, tcn_node *node)
{
    tcn_bucket *bucket =
        add_bucket(engine, node, TCN_STR(""), hash_key(engine, TCN_STR("")));
    if (bucket == NULL)
        return;
    int64_t now_us = tcn_engine_as_of(engine);
    open_window(bucket, now_us, now_us + node->within_us, 0);
    tcn_bucket_set_timer(engine, bucket);
}

void tcn_node_drop_buckets(tcn_engine *engine, tcn_node *node)
{
    tcn_timers_drop(timers_of(engine, node), node);
    engine->bucket_count -= tcn_node_bucket_count(node);
    tcn_node_give_up_buckets(node, &engine->leftovers);
}

void tcn_node_leave_timers(tcn_engine *engine, tcn_node *node)
{
    tcn_timers_leave(timers_of(engine, node), node);
}

void tcn_node_return_timers(tcn_engine *engine, tcn_node *node)
{
    if (tcn_timers_return(timers_of(engine, node), node) < 0)
        tcn_engine_fail(engine);
}

/* ---- one evaluation ---- */

typedef enum outcome {
    KEPT = 1,
    REMOVED,
    AGAIN, /* the event is still to be counted, in the new window */
} outcome;

static bool meets_threshold(const tcn_node *node, const tcn_bucket *bucket)
{
    bool is_reached = bucket->count >= node->threshold;
    return node->is_reactive == is_reached;
}

static void fire(tcn_engine *engine, tcn_bucket *bucket, const tcn_event *event)
{
    tcn_cause cause = {
        .event = event, .end_us = bucket->end_us, .due_at_us = engine->clock_us};
    int64_t due_us = bucket->end_us + tcn_engine_lag(engine);
    if (event == NULL && due_us < cause.due_at_us)
        cause.due_at_us = due_us;
    tcn_node_fire(engine, bucket->node, bucket, &cause);
}

/* An event that is still to be counted by a node, and what it is to the trigger; event
 * NULL: time has passed. */
typedef struct occasion {
    tcn_node *node; /* the bucket's: to read it there is one line more */
    const tcn_event *event;
    unsigned interest;
    int64_t now_us;
} occasion;

/* The window goes on. An event that is both expected and starts anew (a heartbeat)
 * restarts it. */
static void go_on(tcn_bucket *bucket, const occasion *o, bool meets)
{
    const tcn_node *node = o->node;
    if (o->interest != (TCN_EXPECTED | TCN_STARTS_AFTER) || node->is_reactive || meets)
        return;
    open_window(bucket, o->event->occurred_at_us,
                o->event->occurred_at_us + node->within_us, 0);
    set_last(bucket, o->event);
}

/* pending: an event that has not been counted yet. */
static outcome evaluate_once(tcn_engine *engine, tcn_bucket *bucket, const occasion *o,
                             int32_t pending)
{
    const tcn_node *node = o->node;
    if (o->now_us < bucket->start_us)
        return KEPT;
    if (pending > 0 && (tcn_node_is_immediate(node) || o->now_us < bucket->end_us)) {
        bucket->count++;
        set_last(bucket, o->event);
        pending = 0;
    }
    bool meets = meets_threshold(node, bucket);
    bool has_fired = meets && (node->is_reactive || bucket->end_us <= o->now_us);
    if (has_fired) {
        fire(engine, bucket, o->event);
    } else if (o->now_us < bucket->end_us) {
        go_on(bucket, o, meets);
        return KEPT;
    }
    if (node->has_after || (has_fired && !node->has_window))
        return REMOVED;
    if (!node->has_window)
        return KEPT; /* it counts on, without a window */
    int64_t start_us = bucket->end_us > o->now_us ? bucket->end_us : o->now_us;
    open_window(bucket, start_us, start_us + node->within_us,
                node->is_reactive ? 0 : pending);
    return node->is_reactive && pending > 0 ? AGAIN : KEPT;
}

static void evaluate_bucket(tcn_engine *engine, tcn_bucket *bucket, const occasion *o)
{
    tcn_node *node = o->node;
    int64_t end_us = bucket->end_us;
    tcn_save_bucket(engine, bucket);
    outcome result = evaluate_once(engine, bucket, o, o->event != NULL ? 1 : 0);
    if (result == AGAIN)
        result = evaluate_once(engine, bucket, o, 1);
    if (!node->is_reactive && bucket->count >= node->threshold)
        result = REMOVED;
    if (result != REMOVED) {
        if (bucket->end_us != end_us)
            tcn_bucket_set_timer(engine, bucket);
        return;
    }
    remove_bucket(engine, bucket);
    if (tcn_node_is_standing(node))
        tcn_node_stand(engine, node);
}

void tcn_engine_expire(tcn_engine *engine, tcn_bucket *bucket)
{
    occasion o = {.node = bucket->node, .now_us = tcn_engine_as_of(engine)};
    evaluate_bucket(engine, bucket, &o);
}

/* ---- one event ---- */

/* The key's bucket, or a new one with that window. */
static tcn_bucket *ensure_bucket(tcn_engine *engine, tcn_node *node, tcn_str key,
                                 uint32_t hash, int64_t start_us, const tcn_event *event,
                                 int32_t count)
{
    tcn_bucket *bucket = tcn_node_find_bucket(node, key, hash);
    if (bucket != NULL) {
        tcn_save_bucket(engine, bucket);
    } else {
        bucket = add_bucket(engine, node, key, hash);
        if (bucket == NULL)
            return NULL;
        open_window(bucket, start_us, event->occurred_at_us + node->within_us, count);
        tcn_bucket_set_timer(engine, bucket);
    }
    set_last(bucket, event);
    return bucket;
}

void tcn_node_evaluate(tcn_engine *engine, const tcn_candidate *candidate,
                       const tcn_event *event)
{
    tcn_node *node = candidate->node;
    uint32_t hash = candidate->key_hash;
    if (tcn_node_key(engine, node, event) < 0) {
        tcn_engine_fail(engine);
        return;
    }
    tcn_str key = tcn_buf_str(&engine->key);
    occasion o = {node, event, candidate->interest, event->occurred_at_us};
    bool is_expected = (o.interest & TCN_EXPECTED) != 0;
    tcn_bucket *bucket = NULL;
    if (node->has_after && (o.interest & TCN_STARTS_AFTER) != 0)
        bucket =
            ensure_bucket(engine, node, key, hash, o.now_us, event, is_expected ? -1 : 0);
    else if (!node->has_after && is_expected)
        bucket = ensure_bucket(engine, node, key, hash, o.now_us - LOOKBACK_US, event, 0);
    if (!is_expected)
        return;
    if (bucket == NULL)
        bucket = tcn_node_find_bucket(node, key, hash);
    if (bucket != NULL)
        evaluate_bucket(engine, bucket, &o);
}
