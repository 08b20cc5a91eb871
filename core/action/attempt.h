/* SPDX-License-Identifier: Apache-2.0 */
/* attempt.h - one try to carry out one queued action, from reading its row to its report.
 */
#ifndef TCN_ACTION_ATTEMPT_H
#define TCN_ACTION_ATTEMPT_H

#include "core/action/context.h"
#include "core/action/dispatcher_int.h"
#include "core/action/rendered.h"

struct tcn_attempt {
    tcn_list link; /* in dispatcher->attempts, or slow */
    int64_t began_mono_us;
    bool is_slow;
    tcn_dispatcher *dispatcher;
    tcn_job *job;
    tcn_arena arena;
    tcn_facts facts;
    bool has_facts;
    tcn_context context;
    tcn_rendered rendered;
    bool is_first_rendering;      /* its texts are not in the store yet */
    tcn_destination *destination; /* that it was started for; NULL: none */
    bool is_probe;                /* of that destination */
    bool is_sending, is_over;     /* it may end before tcn_block_send returns */
    tcn_message message;
    tcn_delivery *delivery;
};

/* How it ended. Texts are borrowed for the call. */
typedef struct tcn_ending {
    enum tcn_outbox_outcome outcome;
    bool is_from_plugin;
    int32_t code;
    int64_t retry_after_ms; /* -1: not said */
    tcn_str cause, reason, receipt, progress;
    const tcn_render_failure *failure; /* a template that failed */
    const tcn_block_info *block;       /* that was to be used; NULL: none */
} tcn_ending;

/* Takes the job, which waits, and tries it. block is the one that the lane belongs to,
 * NULL: there is none (any more). */
void tcn_attempt_start(tcn_dispatcher *dispatcher, tcn_job *job, tcn_block *block);
/* Ends the job without a try. */
void tcn_attempt_refuse(tcn_dispatcher *dispatcher, tcn_job *job,
                        const tcn_block_info *block, tcn_str cause, tcn_str reason);
/* Ends it without a report: the job stays in the store's outbox. Not while its delivery
 * runs. */
void tcn_attempt_free(tcn_attempt *attempt);

/* settle.c: reports the ending, queues the job again or drops it. The attempt is gone
 * afterwards, unless it is being sent. */
void tcn_attempt_settle(tcn_attempt *attempt, const tcn_ending *ending);
/* Nothing is known of how it ended (out of memory): the job waits a second, unreported.
 */
void tcn_attempt_postpone(tcn_attempt *attempt);

#endif
