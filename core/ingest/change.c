/* SPDX-License-Identifier: Apache-2.0 */
/* change.c - from what is to be in force to the step that makes it so. */
#include "core/ingest/change.h"

#include "core/base/alloc.h"
#include "core/ingest/ingest_int.h"

void tcn_change_deinit(tcn_change *change)
{
    for (size_t i = 0; i < change->count; i++)
        tcn_automation_free(change->parsed[i]);
    tcn_free(change->parsed);
    tcn_free(change->automations);
    tcn_free(change->blocks);
    tcn_free(change->limits_text);
    change->parsed = NULL;
    change->count = 0;
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

/* ---- asking for one ---- */

int tcn_ingest_change_own(tcn_ingest *ingest, tcn_change *change)
{
    int rc = 0;
    if (ingest->change != NULL || ingest->step_change != NULL)
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
    ingest->change = change;
    tcn_ingest_kick(ingest);
    return 0;
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
        step->definitions = tcn_str_c(change->automations);
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
    if (change->parsed == NULL)
        return tcn_ingest_define_text(ingest, tcn_str_c(change->automations), now_us);
    return tcn_engine_define_exchange(ingest->engine, change->parsed, change->count,
                                      now_us);
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
    if (change->dispose != NULL)
        change->dispose(change, ud);
    else
        tcn_change_free(change);
    if (done != NULL)
        done(status, ud);
}

void tcn_ingest_change_refuse(tcn_ingest *ingest, int status)
{
    if (ingest->change == NULL || ingest->change->done == NULL)
        return;
    ingest->step_change = ingest->change;
    ingest->change = NULL;
    tcn_ingest_change_end(ingest, status);
}
