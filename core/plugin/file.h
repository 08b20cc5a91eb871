/* SPDX-License-Identifier: Apache-2.0 */
/* file.h - one plugin file that was let through the gate: a private copy, loaded and
 * never unmapped, and its table. Unloading would crash on a stray callback and win a few
 * hundred KiB. */
#ifndef TCN_PLUGIN_FILE_H
#define TCN_PLUGIN_FILE_H

#include "core/plugin/copy.h"
#include "core/plugin/gate.h"
#include "core/plugin/options.h"
#include "core/plugin/table.h"

typedef struct tcn_plugin_file {
    char *path;
    uint32_t generation; /* 1 for the first copy of the process, and so on */
    tcn_copy copy;
    void *handle;
    tcn_arena arena;
    tcn_table table;
    tcn_options_table options;
} tcn_plugin_file;

typedef struct tcn_plugin_loader {
    tcn_gate gate;
    const char *state_dir; /* for copies in files; or NULL */
    const tocsin_host *host;
    uint32_t generation; /* of the next copy */
    uint32_t probe_ms;   /* how long loading may take in a child */
    /* Is the id configured to be loaded? Asked before check 10. */
    bool (*is_wanted)(const char *id, void *ud);
    /* Check 10: the path of another file that has the id, or NULL. */
    const char *(*find_id)(const char *id, void *ud);
    void *ud;
} tcn_plugin_loader;

/* All checks in their order. Texts are what follows "plugin FILE: "; ret_warning as
 * tcn_gate_open's. TCN_E_CANCELED: in order, but not wanted. */
int tcn_plugin_file_load(tcn_plugin_loader *loader, const char *path,
                         tcn_plugin_file **ret, tcn_err *ret_warning, tcn_err *reterr);
/* Frees the host's side; the code stays loaded and its descriptor open. */
void tcn_plugin_file_retire(tcn_plugin_file *file);

#endif
