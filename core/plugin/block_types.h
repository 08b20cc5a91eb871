/* SPDX-License-Identifier: Apache-2.0 */
/* block_types.h - every block type that the daemon knows by itself: one of each plugin,
 * Prefect's that a plugin serves, and Prefect's that none does yet. */
#ifndef TCN_PLUGIN_BLOCK_TYPES_H
#define TCN_PLUGIN_BLOCK_TYPES_H

#include <jansson.h>

#include "core/plugin/plugins.h"

/* [{"slug", "name", "description", "capability" (or null), "version", "is_served",
 * "fields" (the schema)}]; of two that serve one type the first. A new reference; NULL:
 * out of memory. */
json_t *tcn_plugins_block_types(const tcn_plugins *plugins);
/* Changes whenever they may have changed. */
uint64_t tcn_plugins_revision(const tcn_plugins *plugins);
/* The name of one of Prefect's types that no plugin here serves, or NULL. */
const char *tcn_block_type_known(const char *slug);
/* Of Prefect's types the one whose slug is nearest to a wrong one, or NULL. */
const char *tcn_block_type_nearest(const char *slug);

#endif
