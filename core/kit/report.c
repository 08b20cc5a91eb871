/* SPDX-License-Identifier: Apache-2.0 */
/* report.c - the first thing that is said stays. */
#include <stdarg.h>
#include <stdio.h>

#include "core/kit/kit_int.h"

static void say(tcn_report *report, enum tcn_verdict verdict, const char *fmt,
                va_list args)
{
    if (report->verdict != TCN_VERDICT_OK)
        return;
    report->verdict = verdict;
    (void)vsnprintf(report->reason, sizeof report->reason, fmt, args);
}

bool tcn_report_fail(tcn_report *report, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    say(report, TCN_VERDICT_FAIL, fmt, args);
    va_end(args);
    return false;
}

bool tcn_report_skip(tcn_report *report, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    say(report, TCN_VERDICT_SKIP, fmt, args);
    va_end(args);
    return false;
}
