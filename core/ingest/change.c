/* SPDX-License-Identifier: Apache-2.0 */
/* change.c - from what is to be in force to the step that makes it so. A change comes
 * (the engine prepares it, in slices), waits for the next step, is in the step, and
 * leaves (the engine disposes of what it replaced, in slices). */
#include "core/ingest/change.h"

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/ingest/ingest_int.h"

/* An event goes through several turns of the loop until it is answered, and each of them
 * holds a slice. */
#define SLICE_US 250

void tcn_change_deinit(tcn_change *change)
{
    tcn_renewal_free(change->renewal);
    tcn_free(change->automations);
    tcn_buf_deinit(&change->packed);
    tcn_free(change->blocks);
    tcn_free(change->limits_text);
    change->renewal = NULL;
    change->automations = NULL;
    change->blocks = NULL;
    change->limits_text = NULL;
}

void tcn_change_free(tcn_change *change)
{
    if (change == NULL)
        return;
    tcn_change_deinit(change);
    tcn_free(change);
}

int tcn_ingest_limits_text(const tcn_engine_limits *limits, char **ret)
{
    tcn_buf text;
    tcn_buf_init(&text, 1024);
    int rc =
        tcn_buf_printf(&text,
                       "{\"max_buckets\":%u,\"max_waiting\":%u,\"remembered_ids\":%u,"
                       "\"firing_chain\":%u,\"firings_per_minute\":%u}",
                       limits->max_buckets, limits->max_waiting, limits->remembered_ids,
                       limits->firing_chain, limits->firings_per_minute);
    if (rc >= 0)
        *ret = tcn_buf_take(&text, NULL);
    tcn_buf_deinit(&text);
    return rc;
}

/* ---- slices ---- */

static void free_change(tcn_change *change)
{
    if (change->dispose != NULL)
        change->dispose(change, change->ud);
    else
        tcn_change_free(change);
}

/* Rare enough to be done in one piece. */
static void abort_renewal(tcn_change *change)
{
    if (change->renewal == NULL)
        return;
    tcn_engine_renewal_abort(change->renewal);
    while (tcn_engine_renewal_dispose(change->renewal))
        continue;
}

/* What the engine cannot prepare is parsed again when it counts. False: it is done. */
static bool prepare(tcn_ingest *ingest)
{
    tcn_change *change = ingest->coming;
    int rc = tcn_engine_renewal_prepare(ingest->engine, change->renewal);
    if (rc > 0)
        return true;
    if (rc < 0)
        abort_renewal(change);
    ingest->coming = NULL;
    ingest->change = change;
    tcn_ingest_kick(ingest);
    return false;
}

static bool dispose(tcn_ingest *ingest)
{
    tcn_change *change = ingest->leaving;
    if (change == NULL)
        return false;
    if (tcn_engine_renewal_dispose(change->renewal))
        return true;
    ingest->leaving = NULL;
    free_change(change);
    return false;
}

static void on_slice(uv_idle_t *idle)
{
    tcn_ingest *ingest = idle->data;
    if (ingest->state == TCN_INGEST_EVALUATING)
        return; /* the engine pauses, its triggers stay as they are */
    int64_t until_us = tcn_clock_mono_us() + SLICE_US;
    bool is_more = true;
    while (is_more && tcn_clock_mono_us() < until_us)
        is_more = ingest->coming != NULL ? prepare(ingest) : dispose(ingest);
    if (!is_more && ingest->coming == NULL && ingest->leaving == NULL)
        (void)uv_idle_stop(idle);
}

/* ---- asking for one ---- */

static bool has_one_under_way(const tcn_ingest *ingest)
{
    return ingest->coming != NULL || ingest->change != NULL ||
           ingest->step_change != NULL;
}

/* A renewal is prepared first, when the engine can begin one now. */
static void begin(tcn_ingest *ingest, tcn_change *change)
{
    if (change->renewal == NULL || !ingest->has_started ||
        tcn_engine_renewal_begin(ingest->engine, change->renewal) < 0) {
        ingest->change = change;
        tcn_ingest_kick(ingest);
        return;
    }
    ingest->coming = change;
    (void)uv_idle_start(&ingest->slices, on_slice);
}

int tcn_ingest_change_own(tcn_ingest *ingest, tcn_change *change)
{
    int rc = 0;
    if (ingest->next != NULL)
        rc = TCN_E_BUSY;
    else if (change->done != NULL && ingest->is_quiescing)
        rc = TCN_E_STATE;
    else if (change->done != NULL && ingest->state == TCN_INGEST_FAILED)
        rc = TCN_E_IO;
    else if (change->has_limits)
        rc = tcn_ingest_limits_text(&change->limits, &change->limits_text);
    if (rc < 0) {
        tcn_change_free(change);
        return rc;
    }
    if (has_one_under_way(ingest))
        ingest->next = change;
    else
        begin(ingest, change);
    return 0;
}

bool tcn_ingest_is_changing(const tcn_ingest *ingest)
{
    return has_one_under_way(ingest) || ingest->next != NULL;
}

static void begin_next(tcn_ingest *ingest)
{
    tcn_change *next = ingest->next;
    if (next == NULL || has_one_under_way(ingest))
        return;
    ingest->next = NULL;
    begin(ingest, next);
}

/* ---- in the step ---- */

void tcn_ingest_change_evaluate(tcn_ingest *ingest)
{
    tcn_change *change = ingest->change;
    tcn_store_step *step = &ingest->step;
    if (change == NULL || ingest->is_full)
        return;
    ingest->step_change = change;
    ingest->change = NULL;
    if (change->automations != NULL) {
        step->is_packed = change->packed.len > 0;
        step->definitions = step->is_packed ? tcn_buf_str(&change->packed)
                                            : tcn_str_c(change->automations);
        step->engine_limits =
            tcn_str_c(change->has_limits ? change->limits_text : ingest->limits);
    }
    if (change->blocks != NULL)
        step->blocks = tcn_str_c(change->blocks);
}

static int put_in_force(tcn_ingest *ingest, tcn_change *change)
{
    if (change->has_limits) {
        ingest->options.engine = change->limits;
        tcn_engine_limits_set(ingest->engine, &change->limits);
        tcn_free(ingest->limits);
        ingest->limits = change->limits_text;
        change->limits_text = NULL;
    }
    if (change->automations == NULL)
        return 0;
    int64_t now_us = ingest->step.clock_us;
    if (change->renewal != NULL && tcn_renewal_is_ready(change->renewal, ingest->engine))
        return tcn_engine_renewal_apply(ingest->engine, change->renewal, now_us);
    return tcn_ingest_define_text(ingest, tcn_str_c(change->automations), now_us);
}

/* The record is durable: when memory does not follow, it is made from the store again. */
int tcn_ingest_change_apply(tcn_ingest *ingest)
{
    if (ingest->step_change == NULL)
        return 0;
    int rc = put_in_force(ingest, ingest->step_change);
    if (rc >= 0)
        return 0;
    tcn_log_write(ingest->options.log, TCN_LOG_ERROR, "ingest",
                  "definitions could not be put in force: %s; the engine is rebuilt",
                  tcn_err_text(rc));
    return tcn_ingest_rebuild(ingest, NULL);
}

void tcn_ingest_change_end(tcn_ingest *ingest, int status)
{
    tcn_change *change = ingest->step_change;
    ingest->step_change = NULL;
    if (change == NULL)
        return;
    if (status < 0 && change->done == NULL) {
        ingest->change = change; /* after the failure */
        return;
    }
    void (*done)(int status, void *ud) = change->done;
    void *ud = change->ud;
    bool leaves = status >= 0 && change->renewal != NULL && ingest->has_started;
    if (leaves) {
        ingest->leaving = change;
        (void)uv_idle_start(&ingest->slices, on_slice);
    } else {
        abort_renewal(change);
        free_change(change);
    }
    if (done != NULL)
        done(status, ud);
    begin_next(ingest);
}

/* Nothing of it was begun. */
static void refuse_next(tcn_ingest *ingest, int status)
{
    tcn_change *next = ingest->next;
    if (next == NULL || next->done == NULL)
        return;
    void (*done)(int status, void *ud) = next->done;
    void *ud = next->ud;
    ingest->next = NULL;
    free_change(next);
    done(status, ud);
}

void tcn_ingest_change_refuse(tcn_ingest *ingest, int status)
{
    refuse_next(ingest, status);
    tcn_change **waiting = ingest->coming != NULL ? &ingest->coming : &ingest->change;
    if (*waiting == NULL || (*waiting)->done == NULL)
        return;
    ingest->step_change = *waiting;
    *waiting = NULL;
    tcn_ingest_change_end(ingest, status);
}
