/* SPDX-License-Identifier: Apache-2.0 */
/* glob.h - the two kinds of patterns of a trigger, compiled. A label pattern is Python's
 * fnmatch.fnmatchcase: `*`, `?`, `[seq]`, `[!seq]`, by code points; a leading `!`
 * negates. In an event name only `*` is special. */
#ifndef TCN_ENGINE_GLOB_H
#define TCN_ENGINE_GLOB_H

#include "core/base/str.h"

/* Longest pattern in bytes: bounds what one comparison can cost. */
#define TCN_GLOB_MAX 4096

typedef enum tcn_glob_kind {
    TCN_GLOB_EXACT = 1, /* equal to prefix */
    TCN_GLOB_PREFIX,    /* begins with prefix */
    TCN_GLOB_PROGRAM,   /* begins with prefix, then the program */
} tcn_glob_kind;

typedef struct tcn_glob {
    tcn_glob_kind kind;
    bool is_negated;
    uint32_t rest_min;       /* fewest bytes behind prefix */
    tcn_str prefix;          /* literal start; owned with program */
    const uint32_t *program; /* PROGRAM: what follows prefix */
    uint32_t program_len;
} tcn_glob;

/* text is valid UTF-8 of at most TCN_GLOB_MAX bytes. 0 or TCN_E_NOMEM. */
int tcn_glob_init_label(tcn_glob *glob, tcn_str text);
int tcn_glob_init_name(tcn_glob *glob, tcn_str text);
void tcn_glob_deinit(tcn_glob *glob);

/* value is valid UTF-8. */
bool tcn_glob_matches(const tcn_glob *glob, tcn_str value);
/* An event name's pattern: whether name begins with what it says, each `*` standing for
 * at least one character. */
bool tcn_glob_begins(const tcn_glob *glob, tcn_str name);

#endif
