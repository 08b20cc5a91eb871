/* SPDX-License-Identifier: Apache-2.0 */
/* step.c - one step from what waits to what is durable: take inputs, evaluate them in
 * memory, commit the outcome as one transaction, then answer the senders and hand the
 * actions on. A failed commit leaves nothing behind: senders are refused, memory is
 * rebuilt from the store, and a probe every 250 ms finds out when the store takes commits
 * again. */
#include "core/ingest/ingest_int.h"

#include <assert.h>

#include "core/base/alloc.h"
#include "core/base/datetime.h"

#define STEP_ARENA_KEPT ((size_t)4 << 20)
#define LONGEST_WAIT_US (TCN_MINUTE_US / 2)
#define STEP_REPORTS    1000
#define PIECE_FIRINGS   1000 /* whose actions are listed in a turn */

/* Moves what this step takes from waiting to in_step; returns how many events that are.
 */
static size_t take_inputs(tcn_ingest *ingest, size_t *ret_reports)
{
    size_t events = 0, reports = 0;
    *ret_reports = 0;
    if (ingest->change != NULL)
        return 0; /* what waits is for the new ones */
    if (ingest->is_full)
        return 0; /* first the rest of what was due before */
    tcn_list_foreach (it, &ingest->waiting) {
        tcn_input *input = tcn_container_of(it, tcn_input, link);
        size_t more = tcn_ingest_input_events(input);
        bool is_full = events > 0 && events + more > ingest->options.commit_events;
        bool is_after_jump =
            ingest->has_jump && input->received_at_us >= ingest->jump_at_us;
        /* Timers in between that would make the step long get steps of their own. */
        bool is_behind_much =
            !tcn_list_is_empty(&ingest->in_step) &&
            tcn_engine_is_much_due(ingest->engine, input->received_at_us);
        if (is_full || is_after_jump || is_behind_much || reports == STEP_REPORTS)
            break;
        events += more;
        reports += input->report != NULL || input->order != NULL;
        tcn_list_remove(it);
        tcn_list_append(&ingest->in_step, it);
    }
    *ret_reports = reports;
    return events;
}

static int reserve(tcn_ingest *ingest, size_t events, size_t reports)
{
    int rc = tcn_grow((void **)&ingest->events, &ingest->event_capacity, events + 1,
                      sizeof(tcn_event *));
    if (rc >= 0)
        rc = tcn_grow((void **)&ingest->results, &ingest->result_capacity, reports + 1,
                      sizeof *ingest->results);
    if (rc >= 0)
        rc = tcn_grow((void **)&ingest->orders, &ingest->order_capacity, reports + 1,
                      sizeof *ingest->orders);
    return rc;
}

/* Time that passed without a trace need not be recorded: the next step passes it again.
 */
static bool has_trace(const tcn_store_step *step)
{
    return step->event_count > 0 || step->result_count > 0 || step->order_count > 0 ||
           step->definitions.len > 0 || step->engine_limits.len > 0 ||
           step->blocks.len > 0 || step->is_jump || step->outcome->firing_count > 0 ||
           step->outcome->emitted_count > 0;
}

/* What the store found, for those who asked; in the order of the inputs. */
static void note_orders(tcn_ingest *ingest)
{
    size_t i = 0;
    tcn_list_foreach (it, &ingest->in_step) {
        tcn_input *input = tcn_container_of(it, tcn_input, link);
        if (input->order != NULL)
            input->order->was_there = ingest->orders[i++].is_done;
    }
}

static void end_inputs(tcn_ingest *ingest, int status)
{
    tcn_list_foreach (it, &ingest->in_step)
        tcn_ingest_input_end(ingest, tcn_container_of(it, tcn_input, link), status);
}

/* What the engine told in this step, as log lines. */
static void say_notices(tcn_ingest *ingest)
{
    tcn_log *log = ingest->options.log;
    const tcn_step *step = tcn_engine_results(ingest->engine);
    for (size_t i = 0; i < step->emitted_count; i++)
        tcn_notices_say(&ingest->notices, log, step->emitted[i].event);
    tcn_notices_pass(&ingest->notices, log, tcn_engine_clock_us(ingest->engine));
}

static void end_step(tcn_ingest *ingest)
{
    tcn_engine_end(ingest->engine);
    tcn_arena_reset(&ingest->arena, STEP_ARENA_KEPT);
    ingest->step = (tcn_store_step){0};
}

/* What is due already is done in the next turn of the loop: others have theirs first. */
static void set_timer(tcn_ingest *ingest)
{
    int64_t wait_us = tcn_engine_next_due_us(ingest->engine) - ingest->pace.clock_us;
    if (wait_us <= 0 || tcn_engine_has_leftovers(ingest->engine)) {
        tcn_ingest_kick(ingest);
        return;
    }
    if (wait_us > LONGEST_WAIT_US)
        wait_us = LONGEST_WAIT_US; /* a leap of the clock is noticed within this time */
    tcn_ingest_timer_set(ingest, (uint64_t)((wait_us + 999) / 1000));
}

void tcn_ingest_refuse_waiting(tcn_ingest *ingest, int status)
{
    tcn_list_foreach (it, &ingest->waiting) {
        tcn_input *input = tcn_container_of(it, tcn_input, link);
        if (input->report == NULL)
            tcn_ingest_input_end(ingest, input, status);
    }
    tcn_ingest_change_refuse(ingest, status);
}

static void fail_step(tcn_ingest *ingest, int status)
{
    const char *text = tcn_err_text(status);
    tcn_log_write(
        ingest->options.log, TCN_LOG_ERROR, "ingest",
        "a step could not be committed (%s): events are refused until it works again",
        text);
    ingest->state = TCN_INGEST_FAILED;
    tcn_ingest_save_abort(ingest);
    ingest->counts.step_failures++;
    ingest->counts.last_error = status;
    ingest->has_jump |= ingest->step.is_jump; /* the leap is still to be made */
    end_step(ingest);
    for (tcn_list *it = ingest->in_step.prev; it != &ingest->in_step;) {
        tcn_input *input = tcn_container_of(it, tcn_input, link);
        it = it->prev;
        if (input->report != NULL) {
            tcn_list_remove(&input->link);
            tcn_list_prepend(&ingest->waiting, &input->link);
        }
    }
    end_inputs(ingest, status);
    tcn_ingest_change_end(ingest, status);
    tcn_ingest_refuse_waiting(ingest, status);
    tcn_ingest_probe_set(ingest);
}

/* Negative: what was committed is durable, but memory is lost until the store is read
 * again. */
static int finish_step(tcn_ingest *ingest)
{
    ingest->state = TCN_INGEST_IDLE;
    say_notices(ingest);
    if (ingest->has_new_limits)
        tcn_engine_limits_set(ingest->engine, &ingest->options.engine);
    ingest->has_new_limits = false;
    int rc = tcn_ingest_change_apply(ingest);
    if (rc < 0) {
        ingest->state = TCN_INGEST_FAILED;
        ingest->counts.last_error = rc;
        tcn_ingest_probe_set(ingest);
    }
    end_step(ingest);
    ingest->counts.steps++;
    return rc;
}

static void on_committed(int status, tcn_outbox_entry **entries, size_t count, void *ud)
{
    tcn_ingest *ingest = ud;
    ingest->is_asking = false;
    if (status < 0) {
        fail_step(ingest, status);
        return;
    }
    note_orders(ingest);
    int finished = finish_step(ingest);
    end_inputs(ingest, 0);
    tcn_ingest_change_end(ingest, 0);
    int rc = tcn_dispatcher_take(ingest->dispatcher, entries, count);
    if (rc < 0)
        tcn_log_write(
            ingest->options.log, TCN_LOG_ERROR, "ingest",
            "out of memory: %zu actions wait in the outbox until the next start", count);
    if (finished < 0)
        return;
    tcn_ingest_save_look(ingest);
    if (ingest->is_full || !tcn_list_is_empty(&ingest->waiting) || ingest->change != NULL)
        tcn_ingest_kick(ingest);
    else
        set_timer(ingest);
}

/* Nothing to record: what the step evaluated is as if it had not been looked at yet. */
static void finish_silently(tcn_ingest *ingest)
{
    tcn_notices_pass(&ingest->notices, ingest->options.log,
                     tcn_engine_clock_us(ingest->engine));
    end_step(ingest);
    end_inputs(ingest, 0);
    if (tcn_list_is_empty(&ingest->waiting))
        set_timer(ingest);
    else
        tcn_ingest_kick(ingest);
}

static void begin_step(tcn_ingest *ingest)
{
    uint64_t sequence = tcn_store_next_sequence(ingest->options.store);
    ingest->step = (tcn_store_step){0};
    ingest->sequence = sequence;
    ingest->is_full = false;
    ingest->is_paused = false;
    if (ingest->has_jump) {
        ingest->step.is_jump = true;
        ingest->has_jump = false;
    }
    if (ingest->has_new_limits)
        ingest->step.engine_limits = tcn_str_c(ingest->limits);
    tcn_engine_begin(ingest->engine,
                     sequence << TCN_POSITION_BITS | TCN_POSITION_EMITTED);
}

/* The rest of what was due goes on up to the first input that waits, not beyond. */
static int64_t clock_to_reach(tcn_ingest *ingest)
{
    int64_t now_us = tcn_ingest_clock(ingest);
    if (!ingest->is_full || tcn_list_is_empty(&ingest->waiting))
        return now_us;
    const tcn_input *first = tcn_container_of(ingest->waiting.next, tcn_input, link);
    return first->received_at_us <= now_us ? first->received_at_us - 1 : now_us;
}

static int ask_store(tcn_ingest *ingest, tcn_store_commit_cb done)
{
    int rc = tcn_store_commit(ingest->options.store, &ingest->step, done, ingest);
    ingest->is_asking = rc >= 0;
    return rc;
}

static int begin(tcn_ingest *ingest)
{
    size_t reports = 0;
    ingest->until_us = clock_to_reach(ingest);
    size_t events = take_inputs(ingest, &reports);
    begin_step(ingest);
    tcn_ingest_begin_stage(ingest, TCN_STAGE_BEFORE);
    ingest->state = TCN_INGEST_EVALUATING;
    return reserve(ingest, events, reports);
}

/* What was evaluated, or could not be. */
static void conclude(tcn_ingest *ingest, int rc)
{
    if (rc >= 0 && !has_trace(&ingest->step)) {
        ingest->state = TCN_INGEST_IDLE;
        finish_silently(ingest);
        return;
    }
    ingest->state = TCN_INGEST_COMMITTING;
    if (rc >= 0)
        rc = ask_store(ingest, on_committed);
    if (rc < 0)
        fail_step(ingest, rc);
}

void tcn_ingest_pump(tcn_ingest *ingest)
{
    int rc = 0;
    if (ingest->state == TCN_INGEST_IDLE)
        rc = begin(ingest);
    else if (ingest->state != TCN_INGEST_EVALUATING)
        return;
    if (rc >= 0)
        rc = tcn_ingest_evaluate(ingest);
    if (rc == TCN_ENGINE_PAUSED)
        tcn_ingest_kick(ingest);
    else
        conclude(ingest, rc);
}

void tcn_ingest_pump_out(tcn_ingest *ingest)
{
    while (ingest->state == TCN_INGEST_EVALUATING)
        tcn_ingest_pump(ingest);
}

static void on_probed(int status, tcn_outbox_entry **entries, size_t count, void *ud)
{
    tcn_ingest *ingest = ud;
    ingest->is_asking = false;
    (void)entries;
    assert(count == 0);
    tcn_err err = {0};
    if (status >= 0)
        status = tcn_ingest_rebuild(ingest, &err);
    if (status < 0) {
        ingest->counts.last_error = status;
        tcn_ingest_probe_set(ingest);
        return;
    }
    tcn_log_write(ingest->options.log, TCN_LOG_NOTICE, "ingest",
                  "the store takes commits again");
    ingest->state = TCN_INGEST_IDLE;
    tcn_ingest_kick(ingest);
}

void tcn_ingest_probe(tcn_ingest *ingest)
{
    ingest->step = (tcn_store_step){.clock_us = 0};
    int rc = ask_store(ingest, on_probed);
    if (rc < 0)
        tcn_ingest_probe_set(ingest);
}
