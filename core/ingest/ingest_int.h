/* SPDX-License-Identifier: Apache-2.0 */
/* ingest_int.h - what the files of this room share: ingest.c is the door and the queue,
 * step.c makes steps and commits them, evaluate.c is what they do in memory, save.c saves
 * the engine's state now and then, recover.c rebuilds the engine from the store, notice.c
 * writes what the engine tells into the log. */
#ifndef TCN_INGEST_INT_H
#define TCN_INGEST_INT_H

#include "core/ingest/ingest.h"
#include "core/ingest/notice.h"
#include "core/ingest/pace.h"

enum tcn_ingest_state {
    TCN_INGEST_IDLE = 1,
    TCN_INGEST_EVALUATING, /* in pieces, one a turn of the loop */
    TCN_INGEST_COMMITTING,
    TCN_INGEST_FAILED, /* the store refuses; a probe goes out every 250 ms */
};

/* What a person decided about a dead action. */
typedef struct tcn_ordered {
    uint64_t action_id;
    bool is_retry, was_there;
    tcn_ingest_order_cb done;
    void *ud;
} tcn_ordered;

/* Batches, reports or orders, in the order in which they came. */
typedef struct tcn_input {
    tcn_list link;
    int64_t received_at_us;
    tcn_batch *batch;
    tcn_report *report;
    tcn_ordered *order;
} tcn_input;

/* How far the evaluation of a step has come. */
enum tcn_ingest_stage {
    TCN_STAGE_BEFORE = 1, /* time passes up to the first input */
    TCN_STAGE_INPUTS,
    TCN_STAGE_AFTER, /* time passes up to now */
    TCN_STAGE_ACTIONS,
};

/* The round of saving under way. */
typedef struct tcn_ingest_save {
    bool is_on;
    bool is_writing; /* a piece is with the store, maybe of a round that was given up */
    bool is_first, is_last; /* the piece */
    bool is_whole;          /* the layer */
    bool has_failed;        /* the round before: the next one is not hurried */
    uint64_t sequence;      /* of the first record that is not in the layer */
    uint64_t events;        /* since the layer before that are in it */
} tcn_ingest_save;

struct tcn_ingest {
    tcn_ingest_options options;
    tcn_engine *engine;
    tcn_dispatcher *dispatcher;
    enum tcn_ingest_state state;
    bool has_started, is_quiescing;
    bool is_asking; /* the store has not answered a commit or a probe yet */

    tcn_list waiting; /* tcn_input */
    tcn_list in_step; /* tcn_input of the step under way */
    tcn_list idle_batches;
    size_t idle_batch_count, idle_input_count;
    tcn_list idle_inputs;

    tcn_pace pace;
    bool has_jump; /* time is to leap to jump_at_us before anything that came later */
    int64_t jump_at_us;

    /* A change on its way (change.c); step_change is the one of the step under way. */
    tcn_change *coming;  /* being prepared; NULL: none */
    tcn_change *change;  /* waiting to take effect; NULL: none */
    tcn_change *leaving; /* what it replaced is being taken away; NULL: none */
    tcn_change *next;    /* waits for the one before it; NULL: none */
    char *limits;        /* of the engine, as the log keeps them */
    bool has_new_limits; /* they are other ones than the log has: the next step's record
                            carries them, and they take effect behind it */

    /* the step under way */
    tcn_store_step step;
    enum tcn_ingest_stage stage;
    bool is_paused;  /* the engine has not done what it was asked last */
    tcn_list *input; /* which comes next, */
    size_t event;    /* and of its events */
    size_t firing;   /* whose actions come next */
    uint64_t sequence;
    int64_t until_us; /* clock at its end */
    tcn_arena arena;
    const tcn_event **events;
    size_t event_capacity;
    tcn_outbox_result *results;
    size_t result_capacity;
    tcn_outbox_new *actions;
    size_t action_capacity;
    tcn_outbox_order *orders;
    size_t order_capacity;
    bool is_full; /* the step ended before all due timers had fired */
    tcn_change *step_change;

    uv_check_t check;
    uv_idle_t idle, slices; /* slices of changes */
    uv_timer_t timer, probe;
    tcn_ingest_save save;
    uint64_t events_since_save;
    uint64_t replayed_to; /* the last record that was replayed */
    int64_t saved_at_mono_us;
    tcn_notices notices;
    tcn_ingest_counts counts;
};

/* Lets the next turn of the loop make a step, if there is anything to do. */
void tcn_ingest_kick(tcn_ingest *ingest);
/* When the next step is due without any input; when the store is asked again after a
 * failure. */
void tcn_ingest_timer_set(tcn_ingest *ingest, uint64_t delay_ms);
void tcn_ingest_probe_set(tcn_ingest *ingest);
void tcn_ingest_input_release(tcn_ingest *ingest, tcn_input *input);
/* Answers a batch and gives it back to the pool, or frees a report. */
void tcn_ingest_input_end(tcn_ingest *ingest, tcn_input *input, int status);

size_t tcn_ingest_input_events(const tcn_input *input);

/* evaluate.c */
void tcn_ingest_begin_stage(tcn_ingest *ingest, enum tcn_ingest_stage stage);
/* The stage that was begun and those behind it. 0: all of it is done; TCN_ENGINE_PAUSED:
 * to be called again. */
int tcn_ingest_evaluate(tcn_ingest *ingest);
/* step.c: begins a step, or goes on with the one under way. */
void tcn_ingest_pump(tcn_ingest *ingest);
/* Nothing waits for its turn of the loop: the step under way is evaluated to its end. */
void tcn_ingest_pump_out(tcn_ingest *ingest);
/* What waits is refused, but for reports: their results must not be lost. */
void tcn_ingest_refuse_waiting(tcn_ingest *ingest, int status);
void tcn_ingest_probe(tcn_ingest *ingest);
/* save.c: after a commit, begins a round of saving when one is due. */
void tcn_ingest_save_look(tcn_ingest *ingest);
void tcn_ingest_save_abort(tcn_ingest *ingest);
/* change.c: the change that waits becomes part of the step; it is put in force when the
 * step is durable; and its asker is told. */
void tcn_ingest_change_evaluate(tcn_ingest *ingest);
int tcn_ingest_change_apply(tcn_ingest *ingest);
/* One is on its way that has not taken effect. */
bool tcn_ingest_is_changing(const tcn_ingest *ingest);
void tcn_ingest_change_end(tcn_ingest *ingest, int status);
/* One that waits and does not want to wait longer. */
void tcn_ingest_change_refuse(tcn_ingest *ingest, int status);
int tcn_ingest_limits_text(const tcn_engine_limits *limits, char **ret);
/* recover.c: a new engine from the store. */
int tcn_ingest_rebuild(tcn_ingest *ingest, tcn_err *reterr);
int tcn_ingest_define_text(tcn_ingest *ingest, tcn_str documents, int64_t now_us);

#endif
