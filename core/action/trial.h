/* SPDX-License-Identifier: Apache-2.0 */
/* trial.h - one test message through one block: rendered, handed to the plugin and
 * recorded as a queued action would be, but neither queued nor repeated. [loop] */
#ifndef TCN_ACTION_TRIAL_H
#define TCN_ACTION_TRIAL_H

#include "core/action/dispatcher.h"

typedef struct tcn_trial {
    tcn_str block;         /* name or id */
    tcn_str subject, body; /* of a notification; templates; empty: a standard text */
    tcn_str payload;       /* of an action; the same */
    bool is_dry;           /* nothing is sent */
} tcn_trial;

/* report: {"block", "type", "dry_run", "result": "done", "retry", "fail" or "dry-run",
 * "cause", "code", "reason", "receipt", "exchanges"}, borrowed, secrets masked. NULL: out
 * of memory. */
typedef void (*tcn_trial_cb)(const json_t *report, void *ud);

/* 0: cb runs once, perhaps before this returns. Else it never runs: TCN_E_NOT_FOUND (no
 * such block), TCN_E_STATE (the block has not started), TCN_E_INVALID (a template is
 * wrong), TCN_E_NOMEM; with a text. */
int tcn_trial_start(tcn_dispatcher *dispatcher, const tcn_trial *trial, tcn_trial_cb cb,
                    void *ud, tcn_err *reterr);

#endif
