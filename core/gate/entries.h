/* SPDX-License-Identifier: Apache-2.0 */
/* entries.h - what the plugin directories hold: a path for each plugin, and the code that
 * was loaded from it. Ids are unique. */
#ifndef TCN_GATE_ENTRIES_H
#define TCN_GATE_ENTRIES_H

#include "core/gate/file.h"

#define TCN_PLUGINS_MAX 256

typedef struct tcn_plugin_entry {
    char *path;
    tcn_plugin_file *file;
} tcn_plugin_entry;

typedef struct tcn_plugin_entries {
    tcn_plugin_entry *items;
    size_t count, capacity;
} tcn_plugin_entries;

/* TCN_E_NOMEM; TCN_E_LIMIT: there are so many. */
int tcn_plugin_entries_add(tcn_plugin_entries *entries, const char *path,
                           tcn_plugin_file *file);
int tcn_plugin_entries_copy(tcn_plugin_entries *entries, const tcn_plugin_entries *from);
/* By the plugin's id; NULL: there is none. Borrowed until entries changes. */
const tcn_plugin_entry *tcn_plugin_entries_find(const tcn_plugin_entries *entries,
                                                const char *id);
void tcn_plugin_entries_deinit(tcn_plugin_entries *entries);

#endif
