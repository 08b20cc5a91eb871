/* SPDX-License-Identifier: Apache-2.0 */
/* census.h - what a process has and how it is set up, to be compared before and after a
 * plugin ran in it. */
#ifndef TCN_KIT_CENSUS_H
#define TCN_KIT_CENSUS_H

#include <signal.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "core/base/compiler.h"

typedef struct tcn_census {
    size_t descriptors, threads;
    size_t rss_kib; /* resident memory */
    char folder[4096], locale[256];
    mode_t umask;
    sigset_t mask;
    struct sigaction actions[NSIG];
    uint64_t environment; /* a hash of it */
    struct rlimit limits[RLIM_NLIMITS];
} tcn_census;

void tcn_census_take(tcn_census *census);
/* What a plugin must not change, by name: "changed the umask from 0022 to 0000"; NULL:
 * nothing did. out is returned. Numbers of things are not compared. */
const char *tcn_census_change(const tcn_census *before, const tcn_census *after,
                              char out[400]);

#endif
