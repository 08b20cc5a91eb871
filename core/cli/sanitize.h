/* SPDX-License-Identifier: Apache-2.0 */
/* sanitize.h - runs "tocsin plugin check" again where mistakes of memory are found: with
 * the runtime of the sanitizer that the plugin was built with, or under valgrind. */
#ifndef TCN_CLI_SANITIZE_H
#define TCN_CLI_SANITIZE_H

#include "core/base/err.h"

typedef struct tcn_sanitize_job {
    const char *file, *options, *url; /* the last two may be NULL */
    bool is_json;
} tcn_sanitize_job;

/* Replaces the process, or fails: no valgrind is installed. */
int tcn_sanitize_exec(const tcn_sanitize_job *job, tcn_err *reterr);
/* How many times slower than usual this process runs for that; 1: not at all. */
int tcn_sanitize_slowdown(void);

#endif
