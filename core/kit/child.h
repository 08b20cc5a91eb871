/* SPDX-License-Identifier: Apache-2.0 */
/* child.h - code of plugins runs in children, so that whatever it does to its process is
 * a report and not the end of the kit. */
#ifndef TCN_KIT_CHILD_H
#define TCN_KIT_CHILD_H

#include <sys/types.h>

#include "core/base/buf.h"
#include "core/base/err.h"

/* Runs in the child. What it writes to out comes back to the parent; its return value is
 * the child's exit status. */
typedef int (*tcn_child_fn)(int out, void *ud);

typedef struct tcn_child {
    uint32_t limit_ms; /* then it is killed, with all that it started */
    size_t output_max; /* bytes of out and of its standard output and error, each */
    /* filled in by tcn_child_run; the caller frees them with tcn_child_deinit */
    tcn_buf output; /* what was written to out */
    tcn_buf spoken; /* what it printed */
    pid_t pid;
    bool is_late; /* it was killed for its time */
    int signal;   /* that ended it, or 0 */
    int status;   /* its exit status */
} tcn_child;

/* 0, or a negative code when there was no child. The process must have one thread. */
int tcn_child_run(tcn_child *child, tcn_child_fn fn, void *ud, tcn_err *reterr);
void tcn_child_deinit(tcn_child *child);
/* "crashed (signal 11, Segmentation fault)", "did not end within 20 s", "ended the
 * process (exit 3)"; NULL when it ended with status 0 and has written something, as every
 * fn does: a plugin may call exit, too. out is returned. */
const char *tcn_child_end(const tcn_child *child, char out[160]);

#endif
