/* SPDX-License-Identifier: Apache-2.0 */
/* engine_int.h - what the files of this room share.
 *
 * A unit is an automation in force, a node a trigger in force: the definition is
 * immutable, the node holds what has happened to it. engine.c passes time and takes
 * events in, chain.c evaluates them with those that waited for them, ahead.c finds the
 * nodes to which they are of interest, order.c puts these in order, evaluate.c applies an
 * event or a due timer to one node, node.c has its buckets, composite.c collects child
 * firings, firing.c makes firings and the events that follow from them, notice.c tells of
 * limits, define.c gives units other definitions, renewal.c exchanges the set of them,
 * away.c keeps those that may come back, save.c and restore.c move the state, whose
 * records state_write.c writes and state_read.c reads. */
#ifndef TCN_ENGINE_INT_H
#define TCN_ENGINE_INT_H

#include "core/base/arena.h"
#include "core/base/datetime.h"
#include "core/engine/ahead.h"
#include "core/engine/away.h"
#include "core/engine/bucket.h"
#include "core/engine/chain.h"
#include "core/engine/engine.h"
#include "core/engine/ids.h"
#include "core/engine/index.h"
#include "core/engine/node.h"
#include "core/engine/queue.h"
#include "core/engine/save.h"
#include "core/engine/timers.h"
#include "core/engine/trigger.h"
#include "core/engine/waiting.h"

#define LOOKBACK_US     (15 * TCN_MINUTE_US) /* how late peers and leaders may be */
#define STEP_FIRINGS    2500                 /* some 4 ms of them */
#define INSTANTS_KEPT   ((size_t)1 << 20)
#define STEP_ARENA_KEPT ((size_t)4 << 20)

typedef struct tcn_unit {
    tcn_table_link link; /* by id */
    tcn_uuid id;
    tcn_automation *automation;
    uint64_t rank;        /* grows in the order of automations */
    uint64_t definitions; /* the definition of the whole set that named it last */
    tcn_node **nodes;     /* by ordinal of their triggers; none when disabled */
    uint32_t node_count;

    /* the loop breaker's memory */
    int64_t minute; /* to which fired belongs */
    uint32_t fired;
    int64_t notice_minute; /* of the last tocsin.automation.suppressed */

    tcn_save_mark save_mark; /* of that memory */
    tcn_absence absence;
} tcn_unit;

/* What made a bucket fire: the event that completed it, or the end of its window. */
typedef struct tcn_cause {
    const tcn_event *event; /* NULL: time */
    int64_t end_us;
    int64_t due_at_us;
} tcn_cause;

typedef struct tcn_instant_id {
    tcn_table_link link;
    tcn_uuid id;
} tcn_instant_id;

struct tcn_engine {
    tcn_engine_limits limits;
    uint64_t seed; /* of hashes, which no result depends on */
    int status;    /* TCN_E_NOMEM once it happened: the state is of no use any more */

    int64_t clock_us;
    int64_t newest_us,
        processed_at_us;   /* newest occurred so far; when an event was last processed */
    tcn_uuid processed_id; /* of that event */
    bool has_processed;
    uint64_t turn;     /* of the event that is evaluated: one more with each */
    bool is_unsettled; /* the step was full before everything due at this instant was done
                        */

    struct tcn_renewal *renewal; /* under way; NULL: none */
    tcn_unit **units;            /* by rank */
    uint64_t definitions;
    size_t unit_count, unit_capacity;
    tcn_table units_by_id; /* also those that are away, or not in force yet */
    tcn_away away;
    tcn_index index;
    tcn_pool pool; /* of nodes, and of the index's entries */
    uint64_t bucket_sequence;
    uint32_t bucket_count;
    tcn_timers timers; /* of Proactive buckets */
    tcn_timers stale;  /* of Reactive ones: they are looked at for their memory only */
    tcn_leftovers leftovers;
    tcn_ids ids;
    tcn_waiting waiting;
    tcn_queue emitted_queue; /* emitted events that are not evaluated yet */
    tcn_save save;
    int64_t told_us[TCN_LIMITS]; /* clock of the last event about it; INT64_MIN: never */
    /* An event belongs to a step: what another definition costs is told in the next one.
     */
    bool is_defining;
    unsigned untold; /* a bit for each limit */

    /* ids of the firings at this instant, to tell equals apart */
    tcn_table instant_ids;
    tcn_arena instant_arena;
    int64_t instant_us;

    /* the step */
    tcn_arena arena;
    uint64_t step_count;
    uint64_t first_position;
    const tcn_event **step_events;
    size_t step_event_count, step_event_capacity;
    tcn_firing **firings;
    size_t firing_count, firing_capacity;
    tcn_emitted *emitted;
    size_t emitted_count, emitted_capacity;
    tcn_event *
        *retired; /* events of our own that were evaluated; they live until the end */
    size_t retired_count, retired_capacity;
    tcn_step results;

    /* the call under way */
    const tcn_event *taken; /* by tcn_engine_event; NULL: time passes */
    bool is_taken;          /* it was looked at, the rest is what follows from it */
    int64_t to_us;
    tcn_chain chain;
    uint32_t effort, patience; /* what was done since it went on, and at most; 0: all */

    tcn_ahead ahead;
    tcn_buf key, text; /* scratch */

    tcn_engine_counts counts;
};

static inline void tcn_engine_fail(tcn_engine *engine)
{
    engine->status = TCN_E_NOMEM;
}
static inline int64_t tcn_engine_lag(const tcn_engine *engine)
{
    return engine->has_processed ? engine->processed_at_us - engine->newest_us : 0;
}
/* The clock by which absence is judged: slow delivery must not look like it. */
static inline int64_t tcn_engine_as_of(const tcn_engine *engine)
{
    return engine->clock_us - tcn_engine_lag(engine);
}

static inline void tcn_engine_set_clock(tcn_engine *engine, int64_t at_us)
{
    engine->clock_us = at_us;
    if (at_us > engine->away.until_us)
        tcn_away_pass(engine);
}

/* Proactive, and neither for_each nor after: there is always a bucket. */
static inline bool tcn_node_is_standing(const tcn_node *node)
{
    return node->trigger->type == TCN_TRIGGER_EVENT && !node->is_reactive &&
           node->threshold > 0 && node->has_own_bucket && !node->has_after;
}

/* The caller wants to do something else meanwhile. */
static inline bool tcn_engine_is_tired(const tcn_engine *engine)
{
    return engine->patience > 0 && engine->effort >= engine->patience;
}

/* ---- engine.c ---- */
/* The event counts for the lag: it is processed now. */
void tcn_engine_note_processed(tcn_engine *engine, const tcn_event *event);
/* The same, and its id is remembered. */
void tcn_engine_process(tcn_engine *engine, const tcn_event *event);
/* An event of our own lives until the end of the step. Takes it over, also on failure. */
int tcn_engine_retire(tcn_engine *engine, tcn_event *own);
/* So that firings of this step can show it. */
int tcn_engine_note_at_hand(tcn_engine *engine, const tcn_event *event);
/* Every bucket whose window is over by now. With can_stop, 1 when the step is full.
 * TCN_ENGINE_PAUSED: to be called again. */
int tcn_engine_run_due_timers(tcn_engine *engine, bool can_stop);

/* ---- evaluate.c ---- */
/* The event is counted by one trigger. */
void tcn_node_evaluate(tcn_engine *engine, const tcn_candidate *candidate,
                       const tcn_event *event);
/* The bucket's timer is due on the clock of tcn_engine_as_of. */
void tcn_engine_expire(tcn_engine *engine, tcn_bucket *bucket);
/* Frees Reactive buckets whose window ended long ago. */
void tcn_engine_sweep(tcn_engine *engine);
/* Opens the bucket that a standing node always has. */
void tcn_node_stand(tcn_engine *engine, tcn_node *node);
/* A new bucket, all zero but for its key; NULL when there is one with that key, at the
 * limit of buckets, or out of memory (engine->status). */
tcn_bucket *tcn_node_open_bucket(tcn_engine *engine, tcn_node *node, tcn_str key);
/* NULL: none. */
const tcn_bucket *tcn_node_bucket(const tcn_engine *engine, const tcn_node *node,
                                  tcn_str key);
/* Writes the event's bucketing key into engine->key. 0 or TCN_E_NOMEM. */
int tcn_node_key(tcn_engine *engine, const tcn_node *node, const tcn_event *event);
/* Of the key that was written last. */
uint32_t tcn_engine_key_hash(const tcn_engine *engine);
/* After its window was set. */
void tcn_bucket_set_timer(tcn_engine *engine, tcn_bucket *bucket);
/* All of the node's; the memory of many is freed later. */
void tcn_node_drop_buckets(tcn_engine *engine, tcn_node *node);
/* Of its buckets: none is looked at until they return. */
void tcn_node_leave_timers(tcn_engine *engine, tcn_node *node);
void tcn_node_return_timers(tcn_engine *engine, tcn_node *node);

/* ---- composite.c ---- */
/* firing happened to the child at that index of node. */
void tcn_composite_take(tcn_engine *engine, tcn_node *node, uint32_t child,
                        tcn_firing *firing, const tcn_cause *cause);
/* Keeps a copy of the firing behind the others. 0 or TCN_E_NOMEM. */
int tcn_composite_keep(tcn_engine *engine, tcn_node *node, uint32_t child, uint64_t turn,
                       const tcn_firing *firing);
void tcn_composite_drop(tcn_node *node);
/* Whether a child firing that it keeps is too old to count at now_us. */
bool tcn_composite_is_old(const tcn_node *node, const tcn_child_firing *pending,
                          int64_t now_us);
/* How many children of a sequence have fired as declared, from the first one on. */
uint32_t tcn_sequence_done(const tcn_node *node, int64_t now_us);

/* ---- firing.c ---- */
/* The node fires; bucket is NULL for composites. */
void tcn_node_fire(tcn_engine *engine, tcn_node *node, const tcn_bucket *bucket,
                   const tcn_cause *cause);
/* In the step's arena; NULL when out of memory. */
tcn_firing *tcn_firing_new(tcn_engine *engine, const tcn_node *node, tcn_str key,
                           const tcn_cause *cause);
/* Hands a firing to the parent, or carries out a root's. */
void tcn_firing_deliver(tcn_engine *engine, tcn_node *node, tcn_firing *firing,
                        const tcn_cause *cause);
/* A copy on the heap that borrows nothing but event. */
tcn_firing *tcn_firing_keep(const tcn_firing *firing);
void tcn_firing_free(tcn_firing *kept);
/* The event of this step at that place, or NULL. */
const tcn_event *tcn_engine_at_hand(const tcn_engine *engine, const tcn_event_ref *ref);
int tcn_engine_remember_instant(tcn_engine *engine, const tcn_uuid *id);

/* Into the results, and into the queue of what is still to be evaluated. The event lives
 * in the step's arena; waits_for: whose payload it needs, or NULL. 0 or TCN_E_NOMEM. */
int tcn_engine_emit(tcn_engine *engine, const tcn_event *event,
                    const tcn_firing *waits_for);

/* ---- notice.c ---- */
/* The limit has cost something once more. */
void tcn_engine_note_limit(tcn_engine *engine, enum tcn_limit limit);
/* At the start of a step. */
void tcn_engine_tell_untold(tcn_engine *engine);

/* ---- state_write.c ---- */
/* Records, appended to out; its status says whether they could be. */
void tcn_state_write_head(const tcn_engine *engine, tcn_buf *out);
void tcn_state_write_unit(const tcn_unit *unit, tcn_buf *out);
void tcn_state_write_fired(const tcn_unit *unit, tcn_buf *out);
void tcn_state_write_bucket(const tcn_bucket *bucket, tcn_buf *out);
void tcn_state_write_follower(const tcn_follower *follower, tcn_buf *out);
void tcn_state_write_gone(const uint64_t *sequences, size_t count, tcn_buf *out);
void tcn_state_write_id(const tcn_uuid *id, int64_t at_us, tcn_buf *out);
int tcn_state_write_end(uint64_t sum, tcn_buf *out);

/* ---- define.c ---- */
/* In force, not yet, or away; NULL: there is none. */
tcn_unit *tcn_engine_unit(const tcn_engine *engine, const tcn_uuid *id);
/* A unit without a definition yet, in units_by_id only; NULL when out of memory. */
tcn_unit *tcn_engine_add_unit(tcn_engine *engine, const tcn_uuid *id);
void tcn_engine_remove_unit(tcn_engine *engine, tcn_unit *unit);
/* One that is in no table and no list any more. */
void tcn_engine_free_unit(tcn_engine *engine, tcn_unit *unit);
/* What the node keeps goes, and it falls asleep. */
void tcn_node_end(tcn_engine *engine, tcn_node *node);

/* A new definition of a unit with the nodes of its triggers, among them those of the
 * unit that stay. After the swap the old definition with its nodes, NULL where one
 * stayed. */
typedef struct tcn_redefinition {
    tcn_unit *unit;
    tcn_automation *automation;
    tcn_node **nodes; /* by ordinal */
    uint32_t node_count;
} tcn_redefinition;
/* Unit and automation are set. TCN_E_NOMEM: then only an end is allowed. */
int tcn_redefinition_make(tcn_engine *engine, tcn_redefinition *new);
/* For want of memory the engine's status changes. True: triggers that stay have other
 * ordinals now, and tcn_engine_reorder_timers is due. */
bool tcn_redefinition_swap(tcn_engine *engine, tcn_redefinition *new);
/* Timers of one instant stand in the order of automations and of their triggers: after
 * some that stay changed places. Proportional to all timers. */
void tcn_engine_reorder_timers(tcn_engine *engine);
/* The nodes that are not needed go, the automation stays. Also without a make. */
void tcn_redefinition_end(tcn_engine *engine, tcn_redefinition *old);
void tcn_engine_drop_units(tcn_engine *engine);

/* ---- renewal.c ---- */
/* The one under way, if there is one, ends; before its swap: without effect. */
void tcn_engine_drop_renewal(tcn_engine *engine);

#endif
