/* SPDX-License-Identifier: Apache-2.0 */
/* run.c - one child after the other. A child says its verdict in one line; one that says
 * none, or ends badly after all, has failed. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/str.h"
#include "core/kit/child.h"
#include "core/kit/inspect.h"
#include "core/kit/kit_int.h"
#include "core/kit/sanitizer.h"

#define LIMIT_MS   30000
#define OUTPUT_MAX ((size_t)64 << 10)

static const tcn_check *const families[] = {
    tcn_checks_load,    tcn_checks_options, tcn_checks_time,  tcn_checks_life,
    tcn_checks_answer,  tcn_checks_end,     tcn_checks_apart, tcn_checks_text,
    tcn_checks_arrival, tcn_checks_process,
};

typedef struct job {
    const tcn_kit *kit;
    const tcn_check *check;
} job;

static int run_check(int out, void *ud)
{
    const job *j = ud;
    tcn_report report = {.verdict = TCN_VERDICT_OK};
    j->check->run(j->kit, &report);
    char line[sizeof report.reason + 16];
    int len = snprintf(line, sizeof line, "%d %s\n", (int)report.verdict, report.reason);
    return write(out, line, (size_t)len) == len ? 0 : 1;
}

/* Those descriptors are the daemon's. A sanitizer speaks there, too. */
static void judge_words(const tcn_kit *kit, const tcn_child *child, tcn_report *report)
{
    tcn_str spoken = tcn_buf_str(&child->spoken), line;
    if (report->verdict == TCN_VERDICT_FAIL || kit->options.log_dir != NULL ||
        !tcn_str_split(&spoken, '\n', &line))
        return;
    (void)tcn_report_fail(report,
                          "the plugin writes to standard output or error, not to "
                          "host->log: %.*s",
                          line.len < 100 ? (int)line.len : 100, line.ptr);
}

static void judge(const tcn_kit *kit, const tcn_child *child, tcn_report *report)
{
    char end[160];
    tcn_str line = tcn_buf_str(&child->output);
    const char *how = tcn_child_end(child, end);
    *report = (tcn_report){.verdict = TCN_VERDICT_OK};
    if (tcn_sanitizer_explain(kit, child, report))
        return;
    if (how != NULL) {
        (void)tcn_report_fail(report, "the plugin %s", how);
    } else if (line.len < 3 || line.ptr[1] != ' ' || line.ptr[0] < '1' ||
               line.ptr[0] > '3') {
        (void)tcn_report_fail(report, "the plugin wrote into the kit's pipe");
    } else {
        report->verdict = (enum tcn_verdict)(line.ptr[0] - '0');
        (void)snprintf(report->reason, sizeof report->reason, "%.*s", (int)(line.len - 3),
                       line.ptr + 2);
        judge_words(kit, child, report);
    }
}

static int run_one(const tcn_kit *kit, const tcn_check *check, tcn_report *report,
                   tcn_err *reterr)
{
    job j = {kit, check};
    uint32_t limit_ms = check->limit_ms != 0 ? check->limit_ms : LIMIT_MS;
    tcn_child child = {.limit_ms = limit_ms * (uint32_t)kit->options.slowdown,
                       .output_max = OUTPUT_MAX};
    int rc = tcn_child_run(&child, run_check, &j, reterr);
    if (rc == 0)
        judge(kit, &child, report);
    tcn_child_deinit(&child);
    return rc;
}

static void count(tcn_kit_score *score, enum tcn_verdict verdict)
{
    switch (verdict) {
    case TCN_VERDICT_OK:
        score->ok++;
        break;
    case TCN_VERDICT_FAIL:
        score->failed++;
        break;
    case TCN_VERDICT_SKIP:
        score->skipped++;
        break;
    }
}

static bool is_wanted(const tcn_kit *kit, const tcn_check *check)
{
    for (size_t i = 0; i < kit->options.only_count; i++)
        if (strcmp(kit->options.only[i], check->name) == 0)
            return true;
    return kit->options.only_count == 0 || check->vital != NULL;
}

/* The first check lets the plugin be described, for those behind it. */
static void describe(tcn_kit *kit, tcn_report *report)
{
    tcn_err err = {0};
    if (kit->plugin == NULL && tcn_report_is_ok(report) &&
        tcn_kit_inspect(kit->options.path, &kit->plugin, &err) < 0)
        (void)tcn_report_fail(report, "%s", err.text);
}

/* *missing: why nothing more can be checked; NULL so far. */
static int run_family(tcn_kit *kit, const tcn_check *checks, const char **missing,
                      tcn_kit_cb cb, void *ud, tcn_kit_score *score, tcn_err *reterr)
{
    for (; checks->name != NULL; checks++) {
        if (!is_wanted(kit, checks))
            continue;
        tcn_report report = {.verdict = TCN_VERDICT_OK};
        int64_t began_ms = tcn_clock_mono_ms();
        bool is_left_out = *missing != NULL;
        if (is_left_out)
            (void)tcn_report_skip(&report, "%s", *missing);
        else if (run_one(kit, checks, &report, reterr) < 0)
            return reterr->code;
        describe(kit, &report);
        if (report.verdict == TCN_VERDICT_FAIL && *missing == NULL)
            *missing = checks->vital;
        const tcn_kit_result result = {checks->name,   checks->what,
                                       report.verdict, report.reason,
                                       is_left_out,    tcn_clock_mono_ms() - began_ms};
        count(score, report.verdict);
        cb(&result, ud);
    }
    return 0;
}

/* Children that crash leave their files. */
static void remove_folder(const char *path)
{
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
        (void)unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir != NULL)
        (void)closedir(dir);
    (void)rmdir(path);
}

bool tcn_kit_has_check(const char *name)
{
    for (size_t i = 0; i < TCN_COUNT(families); i++)
        for (const tcn_check *check = families[i]; check->name != NULL; check++)
            if (strcmp(check->name, name) == 0)
                return true;
    return false;
}

int tcn_kit_run(const tcn_kit_options *options, tcn_kit_cb cb, void *ud,
                tcn_kit_score *ret, tcn_err *reterr)
{
    tcn_kit kit = {.options = *options};
    char path[PATH_MAX];
    const char *missing = NULL;
    (void)snprintf(kit.folder, sizeof kit.folder, "/tmp/tocsin-kit-XXXXXX");
    if (mkdtemp(kit.folder) == NULL)
        return tcn_err_set(reterr, TCN_E_IO, "cannot make a folder in /tmp: %s",
                           strerror(errno));
    *ret = (tcn_kit_score){0};
    /* A plugin may change the folder. */
    if (realpath(options->path, path) != NULL)
        kit.options.path = path;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < TCN_COUNT(families); i++)
        rc = run_family(&kit, families[i], &missing, cb, ud, ret, reterr);
    remove_folder(kit.folder);
    ret->plugin = kit.plugin;
    return rc;
}
