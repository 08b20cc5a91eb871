/* SPDX-License-Identifier: Apache-2.0 */
/* generation.h - all code that the process has loaded, one entry for each content. A file
 * that comes back with a content that is loaded, even a retired one, uses it again; what
 * is loaded stays until the process ends, so there is a limit. */
#ifndef TCN_PLUGIN_GENERATION_H
#define TCN_PLUGIN_GENERATION_H

#include "core/plugin/plugins_int.h"

/* By the content; NULL: it is not loaded. */
tcn_plugin_file *tcn_generation_find(const tcn_plugins *plugins,
                                     const uint8_t sha256[TCN_SHA256]);
/* By the mark of the file that it was read from. */
tcn_plugin_file *tcn_generation_find_mark(const tcn_plugins *plugins,
                                          const tcn_file_mark *mark);
size_t tcn_generation_count(const tcn_plugins *plugins);
/* Takes what was opened and checked. */
void tcn_generation_keep(tcn_plugins *plugins, tcn_plugin_file *file);
/* One object for each; a new reference. Their states: "active", "failed" (none of its
 * instances starts), "draining", "retired", "stuck". */
json_t *tcn_generation_status(const tcn_plugins *plugins);
/* The host's side of all of them. */
void tcn_generation_retire_all(tcn_plugins *plugins);

#endif
