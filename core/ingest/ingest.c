/* SPDX-License-Identifier: Apache-2.0 */
/* ingest.c - the door: batches and reports come in, wait in one queue in the order of
 * their coming, and are taken out by steps. A batch is answered exactly once, a report is
 * kept until it is committed. */
#include "core/ingest/ingest_int.h"

#include <string.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"

#define IDLE_KEPT  64
#define PROBE_MS   250
#define ARENA_KEPT ((size_t)1 << 20)

int64_t tcn_ingest_clock(tcn_ingest *ingest)
{
    bool is_jump = false;
    int64_t now_us =
        tcn_pace_read(&ingest->pace, tcn_clock_wall_us(), tcn_clock_mono_us(), &is_jump);
    if (is_jump) {
        ingest->has_jump = true;
        ingest->jump_at_us = now_us;
    }
    return now_us;
}

static void on_idle(uv_idle_t *handle)
{
    (void)handle; /* keeps the poll from blocking, so that the check comes at once */
}

static void on_check(uv_check_t *handle)
{
    tcn_ingest *ingest = handle->data;
    uv_check_stop(&ingest->check);
    uv_idle_stop(&ingest->idle);
    tcn_ingest_pump(ingest);
}

void tcn_ingest_kick(tcn_ingest *ingest)
{
    bool can_go_on =
        ingest->state == TCN_INGEST_IDLE || ingest->state == TCN_INGEST_EVALUATING;
    if (!ingest->has_started || !can_go_on)
        return;
    uv_check_start(&ingest->check, on_check);
    uv_idle_start(&ingest->idle, on_idle);
}

static void on_timer(uv_timer_t *timer)
{
    tcn_ingest_pump(timer->data);
}

static void on_probe(uv_timer_t *timer)
{
    tcn_ingest_probe(timer->data);
}

int tcn_ingest_new(const tcn_ingest_options *options, tcn_ingest **ret)
{
    tcn_ingest *ingest = tcn_alloc_zero(sizeof *ingest);
    if (ingest == NULL)
        return TCN_E_NOMEM;
    ingest->options = *options;
    ingest->state = TCN_INGEST_IDLE;
    tcn_list_init(&ingest->waiting);
    tcn_list_init(&ingest->in_step);
    tcn_list_init(&ingest->idle_batches);
    tcn_list_init(&ingest->idle_inputs);
    tcn_arena_init(&ingest->arena, 0);

    if (tcn_ingest_limits_text(&options->engine, &ingest->limits) < 0) {
        tcn_free(ingest);
        return TCN_E_NOMEM;
    }
    *ret = ingest;
    return 0;
}

static void free_inputs(tcn_list *list)
{
    tcn_list_foreach (it, list) {
        tcn_input *input = tcn_container_of(it, tcn_input, link);
        if (input->batch != NULL) {
            tcn_arena_deinit(&input->batch->arena);
            tcn_free(input->batch);
        }
        tcn_report_free(input->report);
        tcn_free(input->order);
        tcn_free(input);
    }
    tcn_list_init(list);
}

void tcn_ingest_free(tcn_ingest *ingest)
{
    if (ingest == NULL)
        return;
    free_inputs(&ingest->waiting);
    free_inputs(&ingest->in_step);
    free_inputs(&ingest->idle_inputs);
    tcn_list_foreach (it, &ingest->idle_batches) {
        tcn_batch *batch = tcn_container_of(it, tcn_batch, link);
        tcn_arena_deinit(&batch->arena);
        tcn_free(batch);
    }
    tcn_engine_free(ingest->engine);
    tcn_arena_deinit(&ingest->arena);
    tcn_free(ingest->events);
    tcn_free(ingest->results);
    tcn_free(ingest->actions);
    tcn_change_free(ingest->coming);
    tcn_change_free(ingest->change);
    tcn_change_free(ingest->leaving);
    tcn_change_free(ingest->next);
    tcn_change_free(ingest->step_change);
    tcn_free(ingest->orders);
    tcn_free(ingest->limits);
    tcn_free(ingest);
}

void tcn_ingest_start(tcn_ingest *ingest, tcn_dispatcher *dispatcher)
{
    uv_loop_t *loop = ingest->options.loop;
    ingest->dispatcher = dispatcher;
    uv_check_init(loop, &ingest->check);
    uv_idle_init(loop, &ingest->idle);
    uv_idle_init(loop, &ingest->slices);
    uv_timer_init(loop, &ingest->timer);
    uv_timer_init(loop, &ingest->probe);
    ingest->check.data = ingest;
    ingest->idle.data = ingest;
    ingest->slices.data = ingest;
    ingest->timer.data = ingest;
    ingest->probe.data = ingest;
    ingest->has_started = true;
    ingest->saved_at_mono_us = tcn_clock_mono_us();
    tcn_ingest_kick(ingest);
}

void tcn_ingest_options_set(tcn_ingest *ingest, const tcn_ingest_options *options)
{
    tcn_ingest_options *own = &ingest->options;
    own->commit_events = options->commit_events;
    own->max_outbox = options->max_outbox;
    own->queue_events = options->queue_events;
    own->queue_bytes = options->queue_bytes;
    own->deadline_us = options->deadline_us;
    own->save_interval_us = options->save_interval_us;
    own->save_events = options->save_events;
}

void tcn_ingest_timer_set(tcn_ingest *ingest, uint64_t delay_ms)
{
    if (ingest->has_started)
        uv_timer_start(&ingest->timer, on_timer, delay_ms, 0);
}

void tcn_ingest_probe_set(tcn_ingest *ingest)
{
    if (ingest->has_started)
        uv_timer_start(&ingest->probe, on_probe, PROBE_MS, 0);
}

void tcn_ingest_quiesce(tcn_ingest *ingest)
{
    ingest->is_quiescing = true;
}

bool tcn_ingest_is_idle(const tcn_ingest *ingest)
{
    return ingest->state == TCN_INGEST_FAILED ||
           (ingest->state == TCN_INGEST_IDLE && tcn_list_is_empty(&ingest->waiting) &&
            !tcn_ingest_is_changing(ingest));
}

bool tcn_ingest_halt(tcn_ingest *ingest)
{
    if (ingest->has_started) {
        uv_close((uv_handle_t *)&ingest->check, NULL);
        uv_close((uv_handle_t *)&ingest->idle, NULL);
        uv_close((uv_handle_t *)&ingest->slices, NULL);
        uv_close((uv_handle_t *)&ingest->timer, NULL);
        uv_close((uv_handle_t *)&ingest->probe, NULL);
        ingest->has_started = false;
    }
    ingest->is_quiescing = true;
    tcn_ingest_pump_out(ingest);
    if (ingest->is_asking)
        return false;
    tcn_ingest_refuse_waiting(ingest, TCN_E_STATE);
    return true;
}

int tcn_ingest_stop(tcn_ingest *ingest, tcn_err *reterr)
{
    (void)tcn_ingest_halt(ingest);
    tcn_notices_end(&ingest->notices, ingest->options.log);
    if (ingest->state != TCN_INGEST_IDLE)
        return tcn_err_set(reterr, TCN_E_STATE, "the store does not take commits");

    tcn_ingest_save_abort(ingest);
    tcn_buf state;
    tcn_buf_init(&state, SIZE_MAX);
    bool is_whole = false;
    int rc = tcn_engine_save(ingest->engine, false, &state, &is_whole);
    if (rc >= 0)
        rc = tcn_store_state_save_now(ingest->options.store, &state,
                                      tcn_store_next_sequence(ingest->options.store),
                                      is_whole, reterr);
    tcn_buf_deinit(&state);
    return rc;
}

tcn_batch *tcn_ingest_batch_take(tcn_ingest *ingest)
{
    tcn_list *first = tcn_list_first(&ingest->idle_batches);
    if (first != NULL) {
        tcn_list_remove(first);
        ingest->idle_batch_count--;
        return tcn_container_of(first, tcn_batch, link);
    }
    tcn_batch *batch = tcn_alloc_zero(sizeof *batch);
    if (batch == NULL)
        return NULL;
    tcn_list_init(&batch->link);
    tcn_arena_init(&batch->arena, 0);
    return batch;
}

void tcn_ingest_batch_return(tcn_ingest *ingest, tcn_batch *batch)
{
    if (ingest->idle_batch_count >= IDLE_KEPT) {
        tcn_arena_deinit(&batch->arena);
        tcn_free(batch);
        return;
    }
    tcn_arena_reset(&batch->arena, ARENA_KEPT);
    batch->events = NULL;
    batch->count = 0;
    batch->bytes = 0;
    tcn_list_append(&ingest->idle_batches, &batch->link);
    ingest->idle_batch_count++;
}

static tcn_input *input_take(tcn_ingest *ingest)
{
    tcn_list *first = tcn_list_first(&ingest->idle_inputs);
    if (first != NULL) {
        tcn_list_remove(first);
        ingest->idle_input_count--;
        return tcn_container_of(first, tcn_input, link);
    }
    return tcn_alloc_zero(sizeof(tcn_input));
}

void tcn_ingest_input_release(tcn_ingest *ingest, tcn_input *input)
{
    input->batch = NULL;
    input->report = NULL;
    input->order = NULL;
    if (ingest->idle_input_count >= IDLE_KEPT) {
        tcn_free(input);
        return;
    }
    tcn_list_append(&ingest->idle_inputs, &input->link);
    ingest->idle_input_count++;
}

void tcn_ingest_input_end(tcn_ingest *ingest, tcn_input *input, int status)
{
    tcn_batch *batch = input->batch;
    tcn_ordered *order = input->order;
    tcn_report_free(input->report);
    tcn_list_remove(&input->link);
    tcn_ingest_input_release(ingest, input);
    if (order != NULL)
        order->done(status, order->was_there, order->ud);
    tcn_free(order);
    if (batch == NULL)
        return;
    ingest->counts.queued_events -= batch->count;
    ingest->counts.queued_bytes -= batch->bytes;
    batch->done(status, batch->ud);
    tcn_ingest_batch_return(ingest, batch);
}

/* Exactly one of the three is set. */
static int queue_input(tcn_ingest *ingest, tcn_batch *batch, tcn_report *report,
                       tcn_ordered *order)
{
    tcn_input *input = input_take(ingest);
    if (input == NULL)
        return TCN_E_NOMEM;
    input->batch = batch;
    input->report = report;
    input->order = order;
    input->received_at_us = tcn_ingest_clock(ingest);
    tcn_list_append(&ingest->waiting, &input->link);
    tcn_ingest_kick(ingest);
    return 0;
}

static bool has_room(const tcn_ingest *ingest, const tcn_batch *batch)
{
    const tcn_ingest_counts *c = &ingest->counts;
    if (c->queued_events == 0)
        return true; /* one batch may always wait: its own limits are checked elsewhere */
    return c->queued_events + batch->count <= ingest->options.queue_events &&
           c->queued_bytes + batch->bytes <= ingest->options.queue_bytes;
}

static bool is_outbox_full(const tcn_ingest *ingest)
{
    tcn_store_counts counts;
    tcn_store_counts_get(ingest->options.store, &counts);
    uint64_t most = ingest->options.max_outbox;
    return most > 0 && counts.outbox_queued >= most;
}

int tcn_ingest_submit(tcn_ingest *ingest, tcn_batch *batch)
{
    if (ingest->is_quiescing || !ingest->has_started)
        return TCN_E_STATE;
    if (ingest->state == TCN_INGEST_FAILED)
        return TCN_E_IO;
    if (!has_room(ingest, batch)) {
        ingest->counts.refused_busy++;
        return TCN_E_BUSY;
    }
    if (is_outbox_full(ingest)) {
        ingest->counts.refused_busy++;
        return TCN_E_LIMIT;
    }
    int rc = queue_input(ingest, batch, NULL, NULL);
    if (rc < 0)
        return rc;
    ingest->counts.queued_events += batch->count;
    ingest->counts.queued_bytes += batch->bytes;
    return 0;
}

void tcn_ingest_report(tcn_ingest *ingest, tcn_report *report)
{
    if (queue_input(ingest, NULL, report, NULL) == 0)
        return;
    /* The row stays in the outbox: it is attempted again after the next start. */
    tcn_log_write(ingest->options.log, TCN_LOG_ERROR, "ingest",
                  "out of memory: the result of an action could not be recorded");
    tcn_report_free(report);
}

int tcn_ingest_order(tcn_ingest *ingest, uint64_t action_id, bool is_retry,
                     tcn_ingest_order_cb done, void *ud)
{
    if (ingest->is_quiescing || !ingest->has_started)
        return TCN_E_STATE;
    if (ingest->state == TCN_INGEST_FAILED)
        return TCN_E_IO;
    tcn_ordered *order = tcn_alloc_zero(sizeof *order);
    if (order == NULL)
        return TCN_E_NOMEM;
    *order = (tcn_ordered){
        .action_id = action_id, .is_retry = is_retry, .done = done, .ud = ud};
    int rc = queue_input(ingest, NULL, NULL, order);
    if (rc < 0)
        tcn_free(order);
    return rc;
}

void tcn_ingest_counts_get(const tcn_ingest *ingest, tcn_ingest_counts *ret)
{
    *ret = ingest->counts;
    ret->is_failed = ingest->state == TCN_INGEST_FAILED;
    ret->is_changing = tcn_ingest_is_changing(ingest);
}

const tcn_engine *tcn_ingest_engine(const tcn_ingest *ingest)
{
    return ingest->engine;
}
