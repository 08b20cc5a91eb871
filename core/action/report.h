/* SPDX-License-Identifier: Apache-2.0 */
/* report.h - how an attempt ended, as a result for the outbox and as the events that
 * Prefect sends when an action has finished. */
#ifndef TCN_ACTION_REPORT_H
#define TCN_ACTION_REPORT_H

#include "core/action/dispatcher.h"
#include "core/action/facts.h"
#include "core/action/rendered.h"

typedef struct tcn_report_input {
    const tcn_facts *facts;            /* NULL: the row could not be read, so no events */
    const tcn_block_info *block;       /* that was used; NULL: none */
    const tcn_render_failure *failure; /* a template that failed; NULL: none did */
    bool is_from_plugin;               /* the reason is what a delivery said */
    tcn_outbox_result result;          /* its texts are copied */
} tcn_report_input;

/* 0 or TCN_E_NOMEM. */
int tcn_report_new(const tcn_report_input *input, tcn_report **ret);

/* Adds the events to a report whose result is complete: action.triggered, then .executed
 * or .failed. */
int tcn_report_add_events(tcn_report *report, const tcn_report_input *input);

#endif
