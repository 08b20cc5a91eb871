/* SPDX-License-Identifier: Apache-2.0 */
/* kit_int.h - a check and what it reports. Checks run in a child, one after the other in
 * the order of the tables; each file check_<family>.c holds one family. */
#ifndef TCN_KIT_KIT_INT_H
#define TCN_KIT_KIT_INT_H

#include "core/base/compiler.h"
#include "core/kit/kit.h"

typedef struct tcn_kit {
    tcn_kit_options options;
    json_t *plugin;  /* its description; NULL in the checks of loading */
    char folder[40]; /* for files of checks; the parent removes it */
} tcn_kit;

/* count, or fewer where the process is slow. */
static inline int tcn_kit_times(const tcn_kit *kit, int count)
{
    int fewer = count / kit->options.slowdown;
    return fewer > 0 ? fewer : 1;
}
/* A sanitizer keeps memory that was given back. */
static inline bool tcn_kit_is_weighed(const tcn_kit *kit)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    (void)kit;
    return false;
#else
    return kit->options.slowdown == 1;
#endif
}
static inline bool tcn_kit_is_timed(const tcn_kit *kit)
{
    return kit->options.slowdown == 1;
}

/* "1 block is", "2 blocks are". */
#define TCN_IS_ARE(n, noun) (n), (n) == 1 ? noun : noun "s", (n) == 1 ? "is" : "are"

typedef struct tcn_report {
    enum tcn_verdict verdict; /* OK at first; the first FAIL or SKIP stays */
    char reason[900];
} tcn_report;

/* Both return false, so that "return tcn_report_fail(...)" reads well. */
bool tcn_report_fail(tcn_report *report, const char *fmt, ...) TCN_PRINTF(2, 3);
bool tcn_report_skip(tcn_report *report, const char *fmt, ...) TCN_PRINTF(2, 3);
static inline bool tcn_report_is_ok(const tcn_report *report)
{
    return report->verdict == TCN_VERDICT_OK;
}

typedef struct tcn_check {
    const char *name, *what; /* NULL name: the end of a table */
    void (*run)(const tcn_kit *kit, tcn_report *report);
    uint32_t limit_ms; /* 0: the usual */
    const char *vital; /* why the checks behind it are skipped when it fails; or NULL */
} tcn_check;

extern const tcn_check tcn_checks_load[], tcn_checks_options[], tcn_checks_life[],
    tcn_checks_answer[], tcn_checks_end[], tcn_checks_apart[], tcn_checks_text[],
    tcn_checks_process[], tcn_checks_arrival[], tcn_checks_time[];

#endif
