/* SPDX-License-Identifier: Apache-2.0 */
/* directory.h - which files the plugin directories hold. Blocking. [any] */
#ifndef TCN_GATE_DIRECTORY_H
#define TCN_GATE_DIRECTORY_H

#include "core/base/err.h"

typedef struct tcn_plugin_paths {
    char *
        *items; /* sorted in each directory, so that refusals do not depend on the disk */
    size_t count, capacity;
} tcn_plugin_paths;

/* Adds the path of each *.so of the directory to paths, which is zeroed at first; of two
 * with one name that of the earlier directory stays. false: there is no such directory,
 * or it cannot be read, which is a problem. */
bool tcn_plugin_paths_read(const char *path, tcn_plugin_paths *paths,
                           tcn_problems *problems);
void tcn_plugin_paths_deinit(tcn_plugin_paths *paths);

#endif
