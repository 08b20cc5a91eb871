/* SPDX-License-Identifier: Apache-2.0 */
/* engine.h - automations, events and time in; firings and emitted events out. Pure and
 * deterministic: no I/O, no threads, no wall clock, no randomness. The same calls give
 * the same results byte for byte, ids included, however they are cut into steps.
 *
 * A step is what one transaction of the store holds: begin, events, advance, look at the
 * results, end. Everything in the results is valid until end.
 *
 * A hundred thousand triggers may want one event. Who must not be held up for so long
 * gives the engine patience for a number of them: then tcn_engine_event and
 * tcn_engine_advance may answer TCN_ENGINE_PAUSED, and tcn_engine_go_on goes on, until it
 * answers something else. Between these calls the engine may be looked at and its state
 * saved in slices, and nothing else. No result depends on where it pauses. */
#ifndef TCN_ENGINE_ENGINE_H
#define TCN_ENGINE_ENGINE_H

#include "core/base/buf.h"
#include "core/engine/automation.h"
#include "core/event/event.h"

#define TCN_ENGINE_PAUSED 2
#define TCN_ENGINE_PIECE  8000 /* the patience of a loop: some 3 ms */

typedef struct tcn_engine tcn_engine;

typedef struct tcn_engine_limits {
    uint32_t max_buckets;    /* 2,000,000; above, new buckets are refused and counted */
    uint32_t max_waiting;    /* 100,000 followers; above, the oldest is evaluated */
    uint32_t remembered_ids; /* 5,000,000; above, the oldest are forgotten */
    uint32_t firing_chain;   /* 32; and an automation that fired 10,000 times in a minute
                                is cut behind the second link of a chain */
    uint32_t firings_per_minute; /* per automation; 0: no limit */
} tcn_engine_limits;
extern const tcn_engine_limits tcn_engine_limits_default;

/* A firing of a root trigger, or of a child inside the firing of a composite. */
typedef struct tcn_firing {
    tcn_uuid id;
    tcn_uuid automation_id, trigger_id;
    const tcn_automation *automation; /* NULL in children restored from a saved state */
    int64_t triggered_at_us;          /* the engine's clock */
    int64_t due_at_us; /* when its timer was due; triggered_at_us if none was */
    tcn_label *labels; /* for_each label and its value */
    uint32_t label_count;
    uint16_t depth; /* of the event that completed it, + 1 */
    bool has_event;
    bool is_suppressed;      /* by the loop breaker: recorded, queues and emits nothing */
    const tcn_event *event;  /* the triggering event, when it is part of this step */
    tcn_event_ref event_ref; /* the triggering event, when has_event */
    struct tcn_firing *
        *children; /* of composites: the child firings, in order of firing */
    uint32_t child_count;
    const tcn_event
        *emitted; /* its prefect.automation.triggered; NULL when suppressed or a child */
} tcn_firing;

/* An event that the engine made. Its payload is left empty where it holds a triggering
 * event that is not at hand: tcn_firing_payload writes it once that event was found. */
typedef struct tcn_emitted {
    const tcn_event *event;
    const tcn_firing
        *firing; /* whose payload it needs; NULL: event->payload is complete */
} tcn_emitted;

typedef struct tcn_step {
    tcn_firing **firings; /* root firings, in the order in which they happened */
    size_t firing_count;
    tcn_emitted *emitted;
    size_t emitted_count;
} tcn_step;

tcn_engine *tcn_engine_new(const tcn_engine_limits *limits);
void tcn_engine_free(tcn_engine *engine);

/* Makes automations the whole set, in this order, at clock now_us, in one piece;
 * core/engine/renewal.h does it bit by bit. Takes them (not the array) over, also on
 * failure. Buckets and pending child firings stay where a trigger's id and definition are
 * unchanged; one with an owner that is missing was taken out by it, see below. Of two
 * with one id the first counts. Firings of the step that name an automation which goes
 * must not be looked at any more. */
int tcn_engine_define_own(tcn_engine *engine, tcn_automation **automations, size_t count,
                          int64_t now_us);
/* Adds one automation behind the others, or replaces the one that has its id, at the same
 * place. Takes it over, also on failure. */
int tcn_engine_put_own(tcn_engine *engine, tcn_automation *automation, int64_t now_us);
/* An automation that its owner's redeploy takes out keeps buckets and pending child
 * firings for its return, by its id, within 60 s of the engine's clock. One that a person
 * removes loses them, and so does one without owner or one that is disabled. */
enum tcn_remover {
    TCN_REMOVED_BY_HAND = 1,
    TCN_REMOVED_BY_OWNER,
};
/* False: there is none. */
bool tcn_engine_remove(tcn_engine *engine, const tcn_uuid *id, enum tcn_remover by,
                       int64_t now_us);
/* Borrowed until the next define; NULL when unknown. */
const tcn_automation *tcn_engine_automation(const tcn_engine *engine, const tcn_uuid *id);
size_t tcn_engine_automation_count(const tcn_engine *engine);
/* In their order; borrowed until the next define. */
const tcn_automation *tcn_engine_automation_at(const tcn_engine *engine, size_t i);
/* From the next step on. They are part of the state: a log record that changes
 * definitions carries them, and so does one that changes nothing else. */
void tcn_engine_limits_set(tcn_engine *engine, const tcn_engine_limits *limits);
tcn_engine_limits tcn_engine_limits_get(const tcn_engine *engine);
bool tcn_engine_limits_eq(const tcn_engine_limits *a, const tcn_engine_limits *b);

/* first_position: where the first emitted event will stand in the log
 * (TCN_POSITION_EMITTED in its record); the next ones follow. */
void tcn_engine_begin(tcn_engine *engine, uint64_t first_position);
/* A hint: these events come next, one by one in this order, in this step. Their ids,
 * names and resources stay as they are until then. No result depends on it, but among
 * many automations a batch that was announced is evaluated much faster. */
void tcn_engine_announce(tcn_engine *engine, const tcn_event *events, size_t count);
/* Time passes up to, not including, event->received_at_us, then the event is taken. It
 * must outlive the step. 0: taken; 1: a duplicate, dropped without effect. TCN_E_NOMEM,
 * here and below: the engine is of no use any more and can only be freed. */
int tcn_engine_event(tcn_engine *engine, const tcn_event *event);
/* Time passes up to and including to_us. is_jump: in one leap (after a start or a
 * suspend), so that what is due fires at to_us. Returns 1 when the step is full (2,500
 * firings) and the caller should end it and advance again, 0 when done. */
int tcn_engine_advance(tcn_engine *engine, int64_t to_us, bool is_jump);
/* Goes on with what paused; answers as that does. */
int tcn_engine_go_on(tcn_engine *engine);
/* From now on it pauses once about patience triggers were evaluated (0.3 us each; a
 * firing counts as sixteen of them). 0, as it begins: it never pauses. */
void tcn_engine_rest(tcn_engine *engine, uint32_t patience);
const tcn_step *tcn_engine_results(const tcn_engine *engine);
void tcn_engine_end(tcn_engine *engine);

/* When the next timer wants tcn_engine_advance, on the engine's clock; INT64_MAX: none.
 */
int64_t tcn_engine_next_due_us(const tcn_engine *engine);
/* Memory of automations that are gone waits to be freed: each step that begins frees some
 * of it. */
bool tcn_engine_has_leftovers(const tcn_engine *engine);
/* So many timers want it before to_us that they would fill a step: who has an event of
 * that time lets time pass first, in steps. */
bool tcn_engine_is_much_due(const tcn_engine *engine, int64_t to_us);
int64_t tcn_engine_clock_us(const tcn_engine *engine);

/* The limits that cost something: new buckets are refused, the follower that has waited
 * longest is evaluated, the oldest id is forgotten. */
enum tcn_limit {
    TCN_LIMIT_BUCKETS,
    TCN_LIMIT_WAITING,
    TCN_LIMIT_IDS,
    TCN_LIMITS,
};

typedef struct tcn_engine_counts {
    uint64_t events, duplicates, firings, suppressed, buckets, waiting, timers,
        remembered_ids;
    uint64_t limited[TCN_LIMITS]; /* how often each limit did that */
    int64_t lag_us;
    tcn_uuid lag_event; /* which caused it: processed last; all zero: none was yet */
} tcn_engine_counts;
void tcn_engine_counts_get(const tcn_engine *engine, tcn_engine_counts *ret);

/* The state between two steps: automations, also those that may return, buckets, child
 * firings, waiting events, ids, clock, lag, limits. It is saved in layers (save.h): one
 * with the whole of it, then what changed since the layer before. Who keeps a layer keeps
 * those before it, until the next whole one; a layer that was not kept needs
 * tcn_engine_save_abort. Appends the next layer to out, a whole one if that is asked for
 * or has to be. Ends a round of saving that is under way. */
int tcn_engine_save(tcn_engine *engine, bool is_whole, tcn_buf *out, bool *ret_is_whole);
/* The next layer in slices: of the state as it is now, while steps go on between the
 * slices. One round at a time: another one ends. TCN_E_BUSY: so much is going on at this
 * very instant that beginning would take long; after the next step it may not. */
int tcn_engine_save_begin(tcn_engine *engine, bool *ret_is_whole);
/* Appends the next part to out, which may be nothing, with work for about budget bytes.
 * 1: there is more; 0: that was all; TCN_E_CANCELED: the automations changed, the round
 * is of no use. Also within a step. */
int tcn_engine_save_slice(tcn_engine *engine, size_t budget, tcn_buf *out);
/* Ends the round, if it goes on; the next layer is whole. */
void tcn_engine_save_abort(tcn_engine *engine);
/* Layers, one behind the other, the first a whole one. Needs a new engine, which then
 * goes on with the next layer. The form has a version; TCN_E_UNSUPPORTED for another one.
 */
int tcn_engine_restore(tcn_engine *engine, tcn_str saved, tcn_err *reterr);

/* Payload of prefect.automation.triggered: triggering_labels, triggering_event (JSON text
 * as tcn_event_encode writes it; empty: null). */
int tcn_firing_payload(const tcn_firing *firing, tcn_str triggering_event, tcn_buf *out);
/* Id of the action at list ("actions", "actions_on_trigger") and index of a firing, and
 * of an event that is emitted for a firing or an invocation. */
tcn_uuid tcn_invocation_id(const tcn_uuid *firing, const char *list, uint32_t index);
tcn_uuid tcn_emitted_id(const tcn_uuid *cause, const char *event_name);

#endif
