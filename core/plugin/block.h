/* SPDX-License-Identifier: Apache-2.0 */
/* block.h - one entry of the blocks' files: name, type, the host's keys, and the plugin's
 * options. */
#ifndef TCN_PLUGIN_BLOCK_H
#define TCN_PLUGIN_BLOCK_H

#include "core/plugin/plugins_int.h"

/* Reads and checks document; every problem goes to problems. *ret is set when there was
 * no error. */
int tcn_block_new(tcn_plugins *plugins, const json_t *document, tcn_block **ret,
                  tcn_problems *problems);
/* Its instance, if it has one, leaves at once. */
void tcn_block_free(tcn_block *block);
/* A new reference. */
json_t *tcn_block_status(const tcn_block *block);

#endif
