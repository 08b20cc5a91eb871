/* SPDX-License-Identifier: Apache-2.0 */
/* ingest.h - the one road by which anything changes: what waits (batches of events,
 * results of actions, new definitions, passing time) becomes one step of the engine, the
 * step becomes one transaction of the store, and only then are senders answered and
 * actions handed on. [loop]
 *
 * One step is under way at a time. The next one takes everything that came meanwhile, so
 * an fsync is shared by all who wait for it, and there is no timer between an event and
 * its commit. */
#ifndef TCN_INGEST_INGEST_H
#define TCN_INGEST_INGEST_H

#include <uv.h>

#include "core/action/dispatcher.h"
#include "core/base/list.h"
#include "core/base/log.h"
#include "core/engine/engine.h"
#include "core/ingest/change.h"
#include "core/store/store.h"

typedef struct tcn_ingest tcn_ingest;

typedef struct tcn_ingest_options {
    uv_loop_t *loop;
    tcn_log *log;
    tcn_store *store;
    tcn_engine_limits engine;
    size_t commit_events; /* most events of one step, unless one batch alone holds more */
    size_t queue_events, queue_bytes; /* what may wait; above: TCN_E_BUSY */
    uint64_t max_outbox; /* actions that may wait; from then on: TCN_E_LIMIT. 0: any */
    int64_t deadline_us; /* of an action, after its firing */
    int64_t save_interval_us; /* the engine's state is saved this often, */
    uint64_t save_events;     /* or after so many events */
} tcn_ingest_options;

/* Events of one sender, with everything that they borrow from. From the pool, back to it.
 */
typedef struct tcn_batch {
    tcn_list link;
    tcn_arena arena;
    tcn_event *events;
    size_t count, bytes;
    /* status 0: durable and evaluated. Negative: not taken; TCN_E_FULL, TCN_E_IO: the
     * store. What the events borrow from must live until then. */
    void (*done)(int status, void *ud);
    void *ud;
} tcn_batch;

int tcn_ingest_new(const tcn_ingest_options *options, tcn_ingest **ret);
void tcn_ingest_free(tcn_ingest *ingest);

/* [start] Loads the saved state and replays the tail of the log. Firings that differ from
 * the recorded ones are counted and logged; the record stands. */
int tcn_ingest_recover(tcn_ingest *ingest, tcn_err *reterr);
/* Takes effect with the next step, or, when another change is on its way (as at a start),
 * with a step behind that. Takes change over, also on failure, when done does not run:
 * TCN_E_BUSY while one waits for another one already, TCN_E_STATE when stopping, TCN_E_IO
 * while the store does not take commits. */
int tcn_ingest_change_own(tcn_ingest *ingest, tcn_change *change);
/* Of the options only what a reload may change: commit_events, queue_*, deadline_us,
 * save_*. */
void tcn_ingest_options_set(tcn_ingest *ingest, const tcn_ingest_options *options);

/* Time passes and actions are handed to dispatcher, which is borrowed. */
void tcn_ingest_start(tcn_ingest *ingest, tcn_dispatcher *dispatcher);
/* No more batches (TCN_E_STATE); what was taken is still committed, results too. */
void tcn_ingest_quiesce(tcn_ingest *ingest);
/* Nothing waits and no step is under way. */
bool tcn_ingest_is_idle(const tcn_ingest *ingest);
/* Time stops: no step begins any more. False while the store has the last one: then to be
 * called again. True: what still waited was refused, and the dispatcher is not used any
 * more. */
bool tcn_ingest_halt(tcn_ingest *ingest);
/* Halts, and saves the state on this thread. Only when no step is under way. */
int tcn_ingest_stop(tcn_ingest *ingest, tcn_err *reterr);

/* An empty batch; NULL when out of memory. */
tcn_batch *tcn_ingest_batch_take(tcn_ingest *ingest);
void tcn_ingest_batch_return(tcn_ingest *ingest, tcn_batch *batch);
/* 0: batch->done runs later. TCN_E_BUSY: too much waits; TCN_E_LIMIT: too many actions
 * do; TCN_E_STATE: stopping; TCN_E_IO: the store does not take commits now. Then the
 * batch is still the caller's and done does not run. */
int tcn_ingest_submit(tcn_ingest *ingest, tcn_batch *batch);
/* How an attempt of an action ended. Takes the report over and keeps it until it is
 * committed. */
void tcn_ingest_report(tcn_ingest *ingest, tcn_report *report);

/* Brings a dead action back, or drops it. 0: done runs later; status as for batches, and
 * whether there was such an action. Negative: it never runs. */
typedef void (*tcn_ingest_order_cb)(int status, bool was_there, void *ud);
int tcn_ingest_order(tcn_ingest *ingest, uint64_t action_id, bool is_retry,
                     tcn_ingest_order_cb done, void *ud);

typedef struct tcn_ingest_counts {
    uint64_t events, duplicates, refused_busy, steps, step_failures, replay_mismatches;
    size_t queued_events, queued_bytes;
    bool is_failed;   /* the store refuses commits */
    bool is_changing; /* definitions wait to take effect */
    int last_error;
} tcn_ingest_counts;
void tcn_ingest_counts_get(const tcn_ingest *ingest, tcn_ingest_counts *ret);
const tcn_engine *tcn_ingest_engine(const tcn_ingest *ingest);
/* The engine's clock now, while the engine stands at its last step; notes a leap. */
int64_t tcn_ingest_clock(tcn_ingest *ingest);

#endif
