/* SPDX-License-Identifier: Apache-2.0 */
/* report.c - a report owns everything it points to: the row that it is about may be gone
 * when it is recorded. */
#include "core/action/report.h"

#include "core/base/alloc.h"

void tcn_report_free(tcn_report *report)
{
    if (report == NULL)
        return;
    tcn_arena_deinit(&report->arena);
    tcn_free(report);
}

static bool copy(tcn_arena *arena, tcn_str *text)
{
    if (text->len == 0) {
        *text = (tcn_str){0};
        return true;
    }
    *text = tcn_arena_str(arena, *text);
    return text->ptr != NULL;
}

static bool copy_texts(tcn_arena *arena, tcn_outbox_result *result)
{
    return copy(arena, &result->cause) && copy(arena, &result->reason) &&
           copy(arena, &result->receipt) && copy(arena, &result->progress) &&
           copy(arena, &result->rendered) && copy(arena, &result->block);
}

int tcn_report_new(const tcn_report_input *input, tcn_report **ret)
{
    tcn_report *report = tcn_alloc_zero(sizeof *report);
    if (report == NULL)
        return TCN_E_NOMEM;
    tcn_list_init(&report->link);
    tcn_arena_init(&report->arena, 0);
    report->result = input->result;
    int rc = copy_texts(&report->arena, &report->result) ? 0 : TCN_E_NOMEM;
    if (rc >= 0 && input->facts != NULL && report->result.outcome != TCN_OUTBOX_RETRY)
        rc = tcn_report_add_events(report, input);
    if (rc < 0) {
        tcn_report_free(report);
        return TCN_E_NOMEM;
    }
    *ret = report;
    return 0;
}
