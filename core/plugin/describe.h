/* SPDX-License-Identifier: Apache-2.0 */
/* describe.h - all that a loaded plugin says about itself, for "tocsin plugin inspect"
 * and its documentation. */
#ifndef TCN_PLUGIN_DESCRIBE_H
#define TCN_PLUGIN_DESCRIBE_H

#include "core/plugin/plugins.h"

/* {"id", "version", "title", "summary", "sha256", "abi": {"major", "minor", "min_minor"},
 * "capabilities", "options", "actions": [{"type", "doc", "on_block", "params"}],
 * "extensions", "block_types": [...], "block_schema": {...}}: of the file that was loaded
 * last. A new reference; NULL: nothing is loaded, or no memory. Runs the plugin's slot
 * extension. */
json_t *tcn_plugins_describe(const tcn_plugins *plugins);
/* Does its entry give the same table, with the same bytes, each time? */
bool tcn_plugins_entry_is_steady(const tcn_plugins *plugins);

#endif
