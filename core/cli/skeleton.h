/* SPDX-License-Identifier: Apache-2.0 */
/* skeleton.h - the files of a new plugin, as "tocsin plugin new" writes them: those of
 * sdk/template, with @NAME@, @TITLE@ and @HINTS@ filled in. */
#ifndef TCN_CLI_SKELETON_H
#define TCN_CLI_SKELETON_H

#include "core/base/buf.h"
#include "core/base/err.h"

typedef struct tcn_embedded {
    const char *name; /* of the file; may hold @NAME@ */
    const char *text;
} tcn_embedded;
/* Ends with a NULL name. */
extern const tcn_embedded tcn_skeleton[];

typedef struct tcn_skeleton_names {
    const char *name, *title;
    const char *hints; /* for find_package: where this tocsin is installed, or "" */
} tcn_skeleton_names;

/* Appends text with the names filled in. */
int tcn_skeleton_fill(const char *text, const tcn_skeleton_names *names, tcn_buf *out);

#endif
