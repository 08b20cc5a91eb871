/* SPDX-License-Identifier: Apache-2.0 */
/* sanitizer.c - sanitizers print a summary; valgrind writes a log for each process, of
 * which the first error is shown. */
#include "core/kit/sanitizer.h"

#include <stdio.h>
#include <string.h>

#include "core/base/str.h"

#define LOG_BYTES 65536

/* The line that says it all. */
static tcn_str summary_of(tcn_str spoken)
{
    tcn_str line, found = {NULL, 0};
    while (tcn_str_split(&spoken, '\n', &line))
        if (tcn_str_find(line, TCN_STR("SUMMARY:")) != SIZE_MAX ||
            (found.len == 0 && tcn_str_find(line, TCN_STR("runtime error:")) != SIZE_MAX))
            found = line;
    return found;
}

/* "==123== Invalid read of size 1" without what stands before it. */
static tcn_str without_prefix(tcn_str line)
{
    size_t at = tcn_str_starts(line, TCN_STR("==")) ? tcn_str_find(line, TCN_STR("== "))
                                                    : SIZE_MAX;
    return at == SIZE_MAX
               ? line
               : tcn_str_trim(tcn_str_of(line.ptr + at + 3, line.len - at - 3));
}

/* The first error and where it is: two lines of the log. */
static bool read_log(const char *path, char what[200], char where[200])
{
    static char bytes[LOG_BYTES];
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    tcn_str log = {bytes, fread(bytes, 1, sizeof bytes, file)}, line;
    (void)fclose(file);
    what[0] = '\0';
    while (tcn_str_split(&log, '\n', &line)) {
        tcn_str text = without_prefix(line);
        if (tcn_str_starts(text, TCN_STR("at 0x")) && what[0] != '\0') {
            size_t colon = tcn_str_find(text, TCN_STR(": "));
            size_t skip = colon == SIZE_MAX ? 0 : colon + 2;
            (void)snprintf(where, 200, "%.*s", (int)(text.len - skip), text.ptr + skip);
            return true;
        }
        if (text.len > 0 && !tcn_str_starts(line, TCN_STR("--")))
            (void)snprintf(what, 200, "%.*s", TCN_STR_ARG(text));
    }
    return false;
}

bool tcn_sanitizer_explain(const tcn_kit *kit, const tcn_child *child, tcn_report *report)
{
    char path[4200], what[200], where[200];
    tcn_str summary = summary_of(tcn_buf_str(&child->spoken));
    bool has_ended = child->signal != 0 || child->status != 0;
    if (has_ended && summary.len > 0) {
        (void)tcn_report_fail(report, "%.*s", TCN_STR_ARG(summary));
        return true;
    }
    if (child->status != TCN_SANITIZER_STATUS || kit->options.log_dir == NULL)
        return false;
    (void)snprintf(path, sizeof path, "%s/%d", kit->options.log_dir, (int)child->pid);
    if (read_log(path, what, where))
        (void)tcn_report_fail(report, "%s in %s (valgrind: %s)", what, where, path);
    else
        (void)tcn_report_fail(report, "valgrind found an error: %s", path);
    return true;
}
