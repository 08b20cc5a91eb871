/* SPDX-License-Identifier: Apache-2.0 */
/* block.h - one entry of the blocks' files: name, type, the host's keys, and the plugin's
 * options. */
#ifndef TCN_PLUGIN_BLOCK_H
#define TCN_PLUGIN_BLOCK_H

#include "core/plugin/plugins_int.h"

/* What a document is read against. */
typedef struct tcn_block_reader {
    tcn_stage *stage; /* that the block is made for */
    const tcn_plugin_entries *entries;
    const tcn_options_env *env;
    const tcn_block_info *defaults;
    bool is_lenient; /* a plugin that is not there is no error */
} tcn_block_reader;

/* Reads and checks all of document but the options; every problem goes to problems. *ret
 * is set when there was no error: it has no instance yet. */
int tcn_block_read(const tcn_block_reader *reader, const json_t *document,
                   tcn_block **ret, tcn_problems *problems);
/* Checks the document's options and makes the block an instance of them. */
int tcn_block_configure(tcn_plugins *plugins, tcn_block *block, const json_t *document,
                        tcn_problems *problems);
/* Its instance, if it has one, leaves at once. */
void tcn_block_free(tcn_block *block);
/* A new reference. */
json_t *tcn_block_status(const tcn_block *block);

#endif
