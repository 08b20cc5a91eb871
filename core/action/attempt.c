/* SPDX-License-Identifier: Apache-2.0 */
/* attempt.c - reads the row, renders at the first attempt, hands the message to the
 * block. What ends without a delivery ends here; how any of it is reported is settle.c's
 * business. */
#include "core/action/attempt.h"

#include <stdio.h>
#include <tocsin/plugin.h>

#include "core/action/message.h"
#include "core/base/alloc.h"
#include "core/base/datetime.h"

#define KEPT_MAX ((size_t)32 << 20)

/* ---- life ---- */

static tcn_attempt *attempt_new(tcn_dispatcher *dispatcher, tcn_job *job)
{
    tcn_attempt *attempt = tcn_alloc_zero(sizeof *attempt);
    if (attempt == NULL)
        return NULL;
    attempt->dispatcher = dispatcher;
    attempt->job = job;
    attempt->began_mono_us = tcn_dispatcher_mono_us(dispatcher);
    tcn_arena_init(&attempt->arena, 0);
    tcn_list_append(&dispatcher->attempts, &attempt->link);
    tcn_heap_remove(&job->lane->waiting, &job->due);
    job->lane->in_flight++;
    dispatcher->in_flight++;
    attempt->destination = job->lane->destination;
    return attempt;
}

void tcn_attempt_free(tcn_attempt *attempt)
{
    if (attempt->job != NULL) {
        attempt->job->lane->in_flight--;
        attempt->dispatcher->in_flight--;
        attempt->dispatcher->slow_count -= attempt->is_slow;
        attempt->job->lane->slow -= attempt->is_slow;
        attempt->job = NULL;
        tcn_list_remove(&attempt->link);
    }
    if (attempt->is_sending) {
        attempt->is_over = true;
        return;
    }
    tcn_arena_deinit(&attempt->arena);
    tcn_free(attempt);
}

/* ---- endings without a delivery ---- */

static void fail(tcn_attempt *attempt, const tcn_block_info *block, const char *cause,
                 tcn_str reason)
{
    const tcn_ending ending = {
        .outcome = TCN_OUTBOX_DEAD,
        .retry_after_ms = -1,
        .cause = tcn_str_c(cause),
        .reason = reason,
        .block = block,
    };
    tcn_attempt_settle(attempt, &ending);
}

static void fail_template(tcn_attempt *attempt, const tcn_block_info *block,
                          const tcn_render_failure *failure)
{
    tcn_buf reason;
    tcn_buf_init(&reason, KEPT_MAX);
    tcn_buf_add_c(&reason, "Template rendering failed: ");
    tcn_tpl_error_repr(&failure->error, &reason);
    const tcn_ending ending = {
        .outcome = TCN_OUTBOX_DEAD,
        .retry_after_ms = -1,
        .cause = TCN_STR("template"),
        .reason = tcn_buf_str(&reason),
        .failure = failure,
        .block = block,
    };
    if (tcn_buf_status(&reason) < 0)
        tcn_attempt_postpone(attempt);
    else
        tcn_attempt_settle(attempt, &ending);
    tcn_buf_deinit(&reason);
}

/* ---- texts ---- */

static int keep_rendered(tcn_attempt *attempt)
{
    tcn_buf kept;
    tcn_buf_init(&kept, KEPT_MAX);
    int rc = tcn_rendered_write(&attempt->rendered, &kept);
    if (rc >= 0)
        attempt->job->rendered = tcn_buf_take(&kept, NULL);
    tcn_buf_deinit(&kept);
    return rc;
}

static int load_rendered(tcn_attempt *attempt, tcn_str kept)
{
    int rc = tcn_rendered_read(kept, &attempt->arena, &attempt->rendered);
    attempt->rendered.paused_until_us = 0;
    return rc;
}

/* The texts of the first attempt; this may be it. */
static int get_rendered(tcn_attempt *attempt, tcn_render_failure *ret_failure)
{
    tcn_job *job = attempt->job;
    if (job->rendered != NULL)
        return load_rendered(attempt, tcn_str_c(job->rendered));
    if (job->entry->rendered.len > 0)
        return load_rendered(attempt, job->entry->rendered);
    tcn_dispatcher *dispatcher = attempt->dispatcher;
    int rc = tcn_rendered_make(&attempt->context, tcn_dispatcher_templates(dispatcher),
                               &dispatcher->scratch, &attempt->rendered, ret_failure);
    return rc < 0 ? rc : keep_rendered(attempt);
}

/* ---- the delivery ---- */

static void fill_message(tcn_attempt *attempt, const tcn_block_info *info)
{
    const tcn_job *job = attempt->job;
    int64_t left_ms =
        (tcn_job_deadline_us(job) - tcn_dispatcher_now_us(attempt->dispatcher)) /
        TCN_MS_US;
    tcn_message_fill(&attempt->message, info, &attempt->facts, &attempt->rendered,
                     &attempt->context);
    attempt->message.attempt = job->entry->attempt + 1;
    attempt->message.timeout_ms =
        left_ms > 0 && left_ms < info->timeout_ms ? (uint32_t)left_ms : info->timeout_ms;
    attempt->message.progress =
        job->progress != NULL ? tcn_str_c(job->progress) : job->entry->progress;
}

static enum tcn_outbox_outcome outcome_of(uint32_t status)
{
    if (status == TOCSIN_DONE)
        return TCN_OUTBOX_DONE;
    return status == TOCSIN_FAIL ? TCN_OUTBOX_DEAD : TCN_OUTBOX_RETRY;
}

static void on_delivered(const tcn_delivery_result *result, void *ud)
{
    tcn_attempt *attempt = ud;
    tcn_dispatcher *dispatcher = attempt->dispatcher;
    if (dispatcher->is_closing) {
        tcn_attempt_free(attempt);
        tcn_dispatcher_close_step(dispatcher);
        return;
    }
    const char *name = attempt->job->lane->name;
    tcn_block *block = tcn_plugins_block(dispatcher->options.plugins, tcn_str_c(name));
    const tcn_ending ending = {
        .outcome = outcome_of(result->status),
        .is_from_plugin = true,
        .code = result->code,
        .retry_after_ms = result->retry_after_ms,
        .cause = result->status == TOCSIN_DONE ? (tcn_str){0}
                                               : tcn_str_c(tcn_cause_name(result->cause)),
        .reason = result->reason,
        .receipt = result->receipt,
        .progress = result->progress,
        .block = block != NULL ? tcn_block_info_get(block) : NULL,
    };
    tcn_attempt_settle(attempt, &ending);
}

static void fail_to_send(tcn_attempt *attempt, const tcn_block_info *info, int code)
{
    const tcn_ending ending = {
        .outcome = TCN_OUTBOX_RETRY,
        .is_from_plugin = true,
        .retry_after_ms = -1,
        .cause = TCN_STR("internal"),
        .reason = tcn_str_c(tcn_err_text(code)),
        .block = info,
    };
    tcn_attempt_settle(attempt, &ending);
}

/* After a pause one goes first; the others wait for its answer. */
static void become_probe(tcn_attempt *attempt)
{
    tcn_destination *destination = attempt->destination;
    if (destination == NULL || !destination->needs_probe)
        return;
    attempt->is_probe = true;
    destination->is_probing = true;
    tcn_dispatcher_touch_all(attempt->dispatcher, destination);
}

static void hand_over(tcn_attempt *attempt, tcn_block *block, const tcn_block_info *info)
{
    become_probe(attempt);
    if (attempt->destination != NULL)
        tcn_quotas_take(&attempt->destination->quotas, attempt->began_mono_us);
    fill_message(attempt, info);
    attempt->is_sending = true;
    tcn_delivery *delivery = NULL;
    int rc = tcn_block_send(block, &attempt->message, on_delivered, attempt, &delivery);
    attempt->is_sending = false;
    if (rc < 0)
        fail_to_send(attempt, info, rc);
    else if (attempt->is_over)
        tcn_attempt_free(attempt);
    else
        attempt->delivery = delivery;
}

static void deliver(tcn_attempt *attempt, tcn_block *block)
{
    const tcn_facts *facts = &attempt->facts;
    bool is_notice = facts->type->means == TCN_ACTION_NOTIFY;
    const tcn_block_info *info = tcn_block_info_get(block);
    if (is_notice && !info->can_notify) {
        fail(attempt, info, "config",
             TCN_STR("The referenced block was not a notification block"));
        return;
    }
    if (!is_notice && !tcn_block_has_action(block, tcn_str_c(facts->type->name))) {
        fail(attempt, info, "config",
             TCN_STR("The referenced block was not a webhook block"));
        return;
    }
    if (info->refusal != NULL) {
        fail(attempt, info, "config", tcn_str_c(info->refusal));
        return;
    }
    tcn_context_init(&attempt->context, facts, &attempt->arena,
                     tcn_dispatcher_now_us(attempt->dispatcher));
    tcn_render_failure failure = {0};
    int rc = get_rendered(attempt, &failure);
    if (rc == TCN_E_NOMEM)
        tcn_attempt_postpone(attempt);
    else if (rc < 0 && failure.source.ptr != NULL)
        fail_template(attempt, info, &failure);
    else if (rc < 0)
        fail(attempt, info, "internal",
             TCN_STR("the stored text of the message is damaged"));
    else
        hand_over(attempt, block, info);
}

/* ---- the way through ---- */

static void fail_unprovided(tcn_attempt *attempt)
{
    char reason[120];
    int len = snprintf(reason, sizeof reason, "no plugin provides the action type \"%s\"",
                       attempt->facts.type->name);
    fail(attempt, NULL, "config", tcn_str_of(reason, (size_t)len));
}

/* NULL when the job had to be put back or is over. */
static tcn_attempt *begin(tcn_dispatcher *dispatcher, tcn_job *job)
{
    tcn_attempt *attempt = attempt_new(dispatcher, job);
    if (attempt == NULL) {
        tcn_lane_requeue(job, tcn_dispatcher_mono_us(dispatcher) + TCN_SECOND_US);
        return NULL;
    }
    tcn_err err = {0};
    int rc = tcn_facts_read(job->entry, &attempt->arena, &attempt->facts, &err);
    if (rc >= 0) {
        attempt->has_facts = true;
        return attempt;
    }
    if (rc == TCN_E_NOMEM)
        tcn_attempt_postpone(attempt);
    else
        fail(attempt, NULL, "internal", tcn_str_c(err.text));
    return NULL;
}

void tcn_attempt_start(tcn_dispatcher *dispatcher, tcn_job *job, tcn_block *block)
{
    tcn_attempt *attempt = begin(dispatcher, job);
    if (attempt == NULL)
        return;
    const tcn_ending done = {.outcome = TCN_OUTBOX_DONE, .retry_after_ms = -1};
    switch (attempt->facts.type->means) {
    case TCN_ACTION_NOTHING:
        tcn_attempt_settle(attempt, &done);
        break;
    case TCN_ACTION_PREFECT:
        fail_unprovided(attempt);
        break;
    case TCN_ACTION_NOTIFY:
    case TCN_ACTION_ON_BLOCK:
        if (block == NULL)
            fail(attempt, NULL, "config", TCN_STR("it names no block"));
        else
            deliver(attempt, block);
        break;
    }
}

void tcn_attempt_refuse(tcn_dispatcher *dispatcher, tcn_job *job,
                        const tcn_block_info *block, tcn_str cause, tcn_str reason)
{
    tcn_attempt *attempt = begin(dispatcher, job);
    if (attempt == NULL)
        return;
    const tcn_ending ending = {
        .outcome = TCN_OUTBOX_DEAD,
        .retry_after_ms = -1,
        .cause = cause,
        .reason = reason,
        .block = block,
    };
    tcn_attempt_settle(attempt, &ending);
}
