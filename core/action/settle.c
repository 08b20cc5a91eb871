/* SPDX-License-Identifier: Apache-2.0 */
/* settle.c - from how an attempt ended to what becomes of its job: done, dead, or queued
 * again. What must be remembered is made first; when there is no memory for it, nothing
 * has happened and the job is tried once more, which at-least-once allows. */
#include <stdio.h>

#include "core/action/attempt.h"
#include "core/action/backoff.h"
#include "core/action/report.h"
#include "core/action/tell.h"
#include "core/base/alloc.h"
#include "core/base/datetime.h"

#define REASON_MAX 1200

typedef struct settling {
    tcn_attempt *attempt;
    const tcn_ending *ending;
    tcn_outbox_result result;
    int64_t delay_us; /* of a retry */
    int64_t mono_us;
    char reason[REASON_MAX];
    tcn_buf rendered; /* as it is to be stored */
    char *progress;   /* for the job */
    tcn_lane *fallback;
} settling;

/* ---- what follows from the ending ---- */

static void give_up(settling *s, const char *why)
{
    int len =
        snprintf(s->reason, sizeof s->reason, "%.*s (gave up after %u attempt%s: %s)",
                 TCN_STR_ARG(s->ending->reason), s->result.attempt,
                 tcn_plural(s->result.attempt), why);
    size_t used = (size_t)len < sizeof s->reason ? (size_t)len : sizeof s->reason - 1;
    s->result.reason = tcn_str_of(s->reason, used);
    s->result.outcome = TCN_OUTBOX_DEAD;
}

static void decide(settling *s)
{
    const tcn_ending *ending = s->ending;
    if (ending->outcome != TCN_OUTBOX_RETRY)
        return;
    s->delay_us = tcn_backoff_us(s->result.attempt, &s->attempt->dispatcher->random);
    if (ending->retry_after_ms >= 0) {
        int64_t asked_us = tcn_backoff_asked_us(ending->retry_after_ms);
        if (asked_us > s->delay_us)
            s->delay_us = asked_us;
    }
    uint32_t max_attempts = ending->block != NULL ? ending->block->max_attempts : 0;
    if (max_attempts > 0 && s->result.attempt >= max_attempts)
        give_up(s, "no more are allowed");
    else if (s->result.at_us + s->delay_us >= tcn_job_deadline_us(s->attempt->job))
        give_up(s, "the next one would come after its deadline");
    else
        s->result.next_at_us = s->result.at_us + s->delay_us;
}

/* What a block cannot deliver goes to its fallback, if there is room for it. */
static void find_fallback(settling *s)
{
    const tcn_attempt *attempt = s->attempt;
    const tcn_block_info *block = s->ending->block;
    tcn_dispatcher *dispatcher = attempt->dispatcher;
    bool has_one = block != NULL && block->fallback != NULL && attempt->has_facts;
    if (s->result.outcome != TCN_OUTBOX_DEAD || !has_one || s->ending->failure != NULL)
        return;
    tcn_lane *lane = NULL;
    if (tcn_dispatcher_lane(dispatcher, tcn_str_c(block->fallback), &lane) < 0 ||
        lane == attempt->job->lane || lane->count >= dispatcher->options.max_per_block ||
        tcn_lane_reserve(lane) < 0)
        return;
    s->fallback = lane;
    s->result.outcome = TCN_OUTBOX_MOVED;
    s->result.block = tcn_str_of(lane->name, lane->name_len);
}

static void prepare(settling *s)
{
    const tcn_ending *ending = s->ending;
    const tcn_outbox_entry *entry = s->attempt->job->entry;
    s->mono_us = tcn_dispatcher_mono_us(s->attempt->dispatcher);
    s->result = (tcn_outbox_result){
        .id = entry->id,
        .invocation = entry->invocation,
        .outcome = ending->outcome,
        .attempt = entry->attempt + 1,
        .at_us = tcn_dispatcher_now_us(s->attempt->dispatcher),
        .code = ending->code,
        .cause = ending->cause,
        .reason = ending->reason,
        .receipt = ending->receipt,
        .progress = ending->progress,
    };
    decide(s);
    find_fallback(s);
}

/* ---- what is to be remembered ---- */

/* The texts go to the store with the first result that keeps the row or buries it, and
 * once more when a pause is to be known after a restart. */
static int remember_rendered(settling *s)
{
    const tcn_attempt *attempt = s->attempt;
    const tcn_job *job = attempt->job;
    bool is_stored = job->is_rendered_stored || job->entry->rendered.len > 0;
    bool is_pause =
        s->result.outcome == TCN_OUTBOX_RETRY && s->ending->retry_after_ms >= 0;
    if (s->result.outcome == TCN_OUTBOX_DONE || (is_stored && !is_pause) ||
        (!is_stored && job->rendered == NULL))
        return 0;
    if (!is_pause) {
        s->result.rendered = tcn_str_c(job->rendered);
        return 0;
    }
    tcn_rendered rendered = attempt->rendered;
    rendered.paused_until_us =
        s->result.at_us + tcn_backoff_asked_us(s->ending->retry_after_ms);
    int rc = tcn_rendered_write(&rendered, &s->rendered);
    s->result.rendered = tcn_buf_str(&s->rendered);
    return rc;
}

static int remember_progress(settling *s)
{
    if (s->result.outcome != TCN_OUTBOX_RETRY)
        return 0;
    s->progress = tcn_strdup_n(s->ending->progress.ptr, s->ending->progress.len);
    return s->progress != NULL ? 0 : TCN_E_NOMEM;
}

static int make_report(settling *s, tcn_report **ret)
{
    const tcn_report_input input = {
        .facts = s->attempt->has_facts ? &s->attempt->facts : NULL,
        .block = s->ending->block,
        .failure = s->ending->failure,
        .is_from_plugin = s->ending->is_from_plugin,
        .result = s->result,
    };
    return tcn_report_new(&input, ret);
}

/* ---- what changes ---- */

static void update_lane(const settling *s)
{
    tcn_lane *lane = s->attempt->job->lane;
    lane->done += s->result.outcome == TCN_OUTBOX_DONE;
    lane->retried += s->result.outcome == TCN_OUTBOX_RETRY;
    lane->dead += s->result.outcome == TCN_OUTBOX_DEAD;
    lane->moved += s->result.outcome == TCN_OUTBOX_MOVED;
    if (s->ending->is_from_plugin)
        lane->is_failing = s->ending->outcome == TCN_OUTBOX_RETRY;
    if (s->result.outcome == TCN_OUTBOX_DONE)
        return;
    lane->last_error_at_us = s->result.at_us;
    snprintf(lane->last_error, sizeof lane->last_error, "%.*s",
             TCN_STR_ARG(s->result.reason));
}

static void update_destination(const settling *s)
{
    tcn_destination *destination = s->attempt->destination;
    if (destination == NULL)
        return;
    if (s->attempt->is_probe)
        destination->is_probing = false;
    if (s->ending->outcome == TCN_OUTBOX_RETRY &&
        (s->ending->retry_after_ms >= 0 || s->attempt->is_probe)) {
        int64_t pause_us = s->ending->retry_after_ms >= 0
                               ? tcn_backoff_asked_us(s->ending->retry_after_ms)
                               : s->delay_us;
        tcn_destination_pause(destination, s->mono_us + pause_us,
                              s->result.at_us + pause_us);
    } else if (s->attempt->is_probe) {
        tcn_destination_release(destination);
    }
    tcn_dispatcher_touch_all(s->attempt->dispatcher, destination);
}

/* The job goes on without this attempt. */
static void update_job(settling *s)
{
    tcn_job *job = s->attempt->job;
    tcn_lane *lane = job->lane;
    tcn_dispatcher *dispatcher = s->attempt->dispatcher;
    tcn_attempt_free(s->attempt);
    if (s->result.outcome == TCN_OUTBOX_RETRY) {
        job->entry->attempt = s->result.attempt;
        job->is_rendered_stored = job->rendered != NULL;
        tcn_free(job->progress);
        job->progress = s->progress;
        s->progress = NULL;
        tcn_lane_requeue(job, s->mono_us + s->delay_us);
    } else if (s->result.outcome == TCN_OUTBOX_MOVED) {
        job->is_rendered_stored = job->rendered != NULL;
        tcn_lane_move(job, s->fallback, s->mono_us, s->result.at_us);
        tcn_dispatcher_touch(dispatcher, s->fallback);
    } else {
        tcn_job_free(job);
    }
    tcn_dispatcher_touch(dispatcher, lane);
}

void tcn_attempt_postpone(tcn_attempt *attempt)
{
    tcn_dispatcher *dispatcher = attempt->dispatcher;
    tcn_job *job = attempt->job;
    if (attempt->is_probe)
        attempt->destination->is_probing = false;
    if (attempt->destination != NULL)
        tcn_dispatcher_touch_all(dispatcher, attempt->destination);
    tcn_attempt_free(attempt);
    tcn_lane_requeue(job, tcn_dispatcher_mono_us(dispatcher) + TCN_SECOND_US);
    tcn_dispatcher_touch(dispatcher, job->lane);
    tcn_dispatcher_kick(dispatcher);
}

void tcn_attempt_settle(tcn_attempt *attempt, const tcn_ending *ending)
{
    settling s = {.attempt = attempt, .ending = ending};
    tcn_dispatcher *dispatcher = attempt->dispatcher;
    tcn_buf_init(&s.rendered, (size_t)32 << 20);
    prepare(&s);
    tcn_report *report = NULL;
    int rc = remember_rendered(&s);
    if (rc >= 0)
        rc = remember_progress(&s);
    if (rc >= 0)
        rc = make_report(&s, &report);
    if (rc >= 0) {
        tcn_tell(dispatcher->options.log, attempt->job->lane,
                 attempt->has_facts ? &attempt->facts : NULL, &s.result, s.mono_us);
        update_lane(&s);
        update_destination(&s);
        update_job(&s);
        tcn_dispatcher_kick(dispatcher);
        dispatcher->options.report(report, dispatcher->options.ud);
    } else {
        tcn_attempt_postpone(attempt);
    }
    tcn_free(s.progress);
    tcn_buf_deinit(&s.rendered);
}
