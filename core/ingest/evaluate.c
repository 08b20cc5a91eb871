/* SPDX-License-Identifier: Apache-2.0 */
/* evaluate.c - the part of a step that happens in memory: time passes up to the inputs,
 * these are taken, time passes up to now, and the actions of what fired are listed. In
 * pieces: the loop does other things in between. */
#include "core/base/alloc.h"
#include "core/ingest/ingest_int.h"

#define PIECE_FIRINGS 250 /* whose actions are listed in a turn: some 2 ms */

size_t tcn_ingest_input_events(const tcn_input *input)
{
    if (input->batch != NULL)
        return input->batch->count;
    return input->report != NULL ? input->report->event_count : 0;
}

static tcn_event *input_event(tcn_input *input, size_t i)
{
    return input->batch != NULL ? &input->batch->events[i] : &input->report->events[i];
}

/* What the engine was asked last, or the rest of it. */
static int take_event(tcn_ingest *ingest, tcn_event *event)
{
    tcn_store_step *step = &ingest->step;
    int rc = ingest->is_paused ? tcn_engine_go_on(ingest->engine)
                               : tcn_engine_event(ingest->engine, event);
    if (rc == 1) {
        ingest->counts.duplicates++;
        return 0;
    }
    if (rc == 0) {
        ingest->events[step->event_count++] = event;
        ingest->counts.events++;
        ingest->events_since_save++;
    }
    return rc;
}

static int pass_time(tcn_ingest *ingest, int64_t to_us, bool is_jump)
{
    return ingest->is_paused ? tcn_engine_go_on(ingest->engine)
                             : tcn_engine_advance(ingest->engine, to_us, is_jump);
}

static void take_order(tcn_ingest *ingest, const tcn_input *input)
{
    tcn_store_step *step = &ingest->step;
    ingest->orders[step->order_count++] = (tcn_outbox_order){
        .id = input->order->action_id,
        .is_retry = input->order->is_retry,
        .at_us = input->received_at_us,
    };
}

static int evaluate_events(tcn_ingest *ingest, tcn_input *input)
{
    if (ingest->event == 0 && !ingest->is_paused)
        tcn_engine_announce(ingest->engine, input_event(input, 0),
                            tcn_ingest_input_events(input));
    for (; ingest->event < tcn_ingest_input_events(input); ingest->event++) {
        tcn_event *event = input_event(input, ingest->event);
        event->received_at_us = input->received_at_us;
        event->position =
            ingest->sequence << TCN_POSITION_BITS | ingest->step.event_count;
        int rc = take_event(ingest, event);
        if (rc != 0)
            return rc;
        ingest->is_paused = false;
    }
    ingest->event = 0;
    return 0;
}

static int evaluate_inputs(tcn_ingest *ingest)
{
    tcn_store_step *step = &ingest->step;
    for (; ingest->input != &ingest->in_step; ingest->input = ingest->input->next) {
        tcn_input *input = tcn_container_of(ingest->input, tcn_input, link);
        if (input->order != NULL) {
            take_order(ingest, input);
            continue;
        }
        int rc = evaluate_events(ingest, input);
        if (rc != 0)
            return rc;
        if (input->report != NULL)
            ingest->results[step->result_count++] = input->report->result;
    }
    return 0;
}

/* They wait again, before the others. */
static void return_inputs(tcn_ingest *ingest)
{
    for (tcn_list *it = ingest->in_step.prev; it != &ingest->in_step;) {
        tcn_input *input = tcn_container_of(it, tcn_input, link);
        it = it->prev;
        tcn_list_remove(&input->link);
        tcn_list_prepend(&ingest->waiting, &input->link);
    }
}

/* Time passes up to the first input. 1: so much was due that the step is full, and the
 * inputs wait again. */
static int pass_before_inputs(tcn_ingest *ingest)
{
    if (tcn_list_is_empty(&ingest->in_step) || ingest->step.is_jump)
        return 0;
    const tcn_input *first = tcn_container_of(ingest->in_step.next, tcn_input, link);
    int rc = pass_time(ingest, first->received_at_us - 1, false);
    if (rc == 1)
        return_inputs(ingest);
    return rc;
}

static int queue_actions_of(tcn_ingest *ingest, const tcn_firing *firing)
{
    tcn_store_step *step = &ingest->step;
    tcn_outbox_new *list = NULL;
    size_t count = 0;
    int rc = tcn_action_list(firing, ingest->options.deadline_us, &ingest->arena, &list,
                             &count);
    if (rc >= 0)
        rc = tcn_grow((void **)&ingest->actions, &ingest->action_capacity,
                      step->action_count + count, sizeof *ingest->actions);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < count; i++)
        ingest->actions[step->action_count++] = list[i];
    return 0;
}

static int queue_actions(tcn_ingest *ingest)
{
    const tcn_step *outcome = tcn_engine_results(ingest->engine);
    size_t end = outcome->firing_count - ingest->firing > PIECE_FIRINGS
                     ? ingest->firing + PIECE_FIRINGS
                     : outcome->firing_count;
    for (; ingest->firing < end; ingest->firing++) {
        const tcn_firing *firing = outcome->firings[ingest->firing];
        int rc = firing->is_suppressed ? 0 : queue_actions_of(ingest, firing);
        if (rc < 0)
            return rc;
    }
    ingest->step.actions = ingest->actions;
    ingest->step.outcome = outcome;
    return end < outcome->firing_count ? TCN_ENGINE_PAUSED : 0;
}

static void end_evaluation(tcn_ingest *ingest)
{
    tcn_store_step *step = &ingest->step;
    step->clock_us = tcn_engine_clock_us(ingest->engine);
    step->events = ingest->events;
    step->results = ingest->results;
    step->orders = ingest->orders;
    tcn_ingest_change_evaluate(ingest);
}

/* The stage under way, or what is left of it. 0: the next one may begin; 1: the step is
 * full. */
static int evaluate_stage(tcn_ingest *ingest)
{
    switch (ingest->stage) {
    case TCN_STAGE_BEFORE:
        return pass_before_inputs(ingest);
    case TCN_STAGE_INPUTS:
        return evaluate_inputs(ingest);
    case TCN_STAGE_AFTER:
        return pass_time(ingest, ingest->until_us, ingest->step.is_jump);
    case TCN_STAGE_ACTIONS:
        break;
    }
    return queue_actions(ingest);
}

void tcn_ingest_begin_stage(tcn_ingest *ingest, enum tcn_ingest_stage stage)
{
    ingest->stage = stage;
    ingest->input = ingest->in_step.next;
    ingest->event = 0;
    ingest->firing = 0;
}

int tcn_ingest_evaluate(tcn_ingest *ingest)
{
    tcn_engine_rest(ingest->engine, ingest->has_started ? TCN_ENGINE_PIECE : 0);
    for (;;) {
        int rc = evaluate_stage(ingest);
        ingest->is_paused = rc == TCN_ENGINE_PAUSED;
        if (rc < 0 || ingest->is_paused)
            return rc;
        if (ingest->stage == TCN_STAGE_ACTIONS)
            break;
        ingest->is_full = rc == 1;
        tcn_ingest_begin_stage(ingest,
                               ingest->is_full ? TCN_STAGE_ACTIONS : ingest->stage + 1);
    }
    end_evaluation(ingest);
    return 0;
}
