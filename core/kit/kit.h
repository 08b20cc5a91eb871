/* SPDX-License-Identifier: Apache-2.0 */
/* kit.h - the conformance kit: drives a plugin file through its whole contract, with the
 * daemon's own code as its host and a scripted peer, each check in a child. */
#ifndef TCN_KIT_KIT_H
#define TCN_KIT_KIT_H

#include <jansson.h>
#include <stdbool.h>

#include "core/base/err.h"

enum tcn_verdict {
    TCN_VERDICT_OK = 1,
    TCN_VERDICT_FAIL,
    TCN_VERDICT_SKIP,
};

typedef struct tcn_kit_options {
    const char *path;      /* of the plugin file */
    const json_t *options; /* of a block, as a user would write them; NULL: made up.
                              Addresses in them become those of the scripted peer. */
    const char *url;       /* a real receiver for one message; NULL: none */
    const char *answer;    /* body of the peer's 200 that means success; NULL: guessed */
    const char *const *only; /* names of checks; the others are left out; NULL: all. Those
                                that others depend on always run. */
    size_t only_count;
    const char *log_dir; /* of valgrind, a file for each process; NULL: none */
    int slowdown;        /* how many times slower than usual the process runs, 1: not;
                            then what takes long is done less often, and nothing is timed */
} tcn_kit_options;

typedef struct tcn_kit_result { /* valid in the callback only */
    const char *name, *what;    /* "answers", "every HTTP status has its class" */
    enum tcn_verdict verdict;
    const char *reason; /* FAIL, SKIP; else "" */
    bool is_left_out;   /* SKIP: not begun, as a check that it depends on has failed */
    int64_t took_ms;
} tcn_kit_result;
typedef void (*tcn_kit_cb)(const tcn_kit_result *result, void *ud);

typedef struct tcn_kit_score {
    size_t ok, failed, skipped;
    json_t *plugin; /* its description, or NULL; the caller drops it */
} tcn_kit_score;

/* Is there a check of that name? */
bool tcn_kit_has_check(const char *name);

/* Runs every check in order; cb after each. 0, or a negative code when the kit itself
 * could not run. The process must have one thread. */
int tcn_kit_run(const tcn_kit_options *options, tcn_kit_cb cb, void *ud,
                tcn_kit_score *ret, tcn_err *reterr);

#endif
