/* SPDX-License-Identifier: Apache-2.0 */
/* block_type.h - what "type" of a block stands for: a plugin ("slack"), or a block type
 * of Prefect ("prefect.slack-webhook") that some plugin serves, or that none does. */
#ifndef TCN_PLUGIN_BLOCK_TYPE_H
#define TCN_PLUGIN_BLOCK_TYPE_H

#include "core/plugin/block.h"
#include "core/plugin/prefect_options.h"

/* Finds the type and fills the block: file, capabilities, and refusal where nothing can
 * carry it. TCN_E_NOT_FOUND: its plugin is not there, which is told already. */
int tcn_block_type_set(const tcn_block_reader *reader, tcn_block *block,
                       const json_t *document, tcn_problems *problems);
/* Fills the block's options, as its plugin understands them, what is shown of them, and
 * what the host itself understands of them. *ret_host: keys of the host that stood among
 * them; a new reference, or NULL. */
int tcn_block_options_set(const tcn_block_reader *reader, tcn_block *block,
                          const json_t *document, json_t **ret_host,
                          tcn_problems *problems);
/* The id of a plugin that may have been meant, or NULL. */
const char *tcn_block_plugin_nearest(const tcn_plugin_entries *entries, const char *id);

#endif
