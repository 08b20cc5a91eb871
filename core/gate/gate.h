/* SPDX-License-Identifier: Apache-2.0 */
/* gate.h - checks 1 to 3 of loading: where a plugin file stands, who may change it, how
 * large it is. They come first because loading a plugin runs its code as the daemon. The
 * file is opened once; what follows reads that descriptor. */
#ifndef TCN_GATE_GATE_H
#define TCN_GATE_GATE_H

#include <sys/types.h>

#include "core/base/err.h"
#include "core/base/file_mark.h"

#define TCN_PLUGIN_FILE_MAX ((size_t)64 << 20)

typedef struct tcn_gate {
    const char *const *dirs; /* plugin directories */
    size_t dir_count;
    bool is_strict; /* refuse what others own or can write; else *ret_warning */
} tcn_gate;

/* ret_warning: zeroed by the caller, filled when the check of owners fails and is not
 * strict. *ret_mark: of the file as it was before anybody read it. The texts are what
 * follows "plugin FILE: ". */
int tcn_gate_open(const tcn_gate *gate, const char *path, int *ret_fd,
                  tcn_file_mark *ret_mark, tcn_err *ret_warning, tcn_err *reterr);

#endif
