/* SPDX-License-Identifier: Apache-2.0 */
/* block.h - one entry of the blocks' files: name, type, the host's keys, and the plugin's
 * options. */
#ifndef TCN_PLUGIN_BLOCK_H
#define TCN_PLUGIN_BLOCK_H

#include "core/plugin/plugins_int.h"
#include "core/plugin/prefect_options.h"

/* What a document is read against. */
typedef struct tcn_block_reader {
    tcn_stage *stage; /* that the block is made for */
    const tcn_plugin_entries *entries;
    const tcn_options_env *env;
    const tcn_block_info *defaults;
    const tcn_prefect_settings *prefect;
    const tcn_block_origin *origin; /* NULL: a file */
    bool is_private_refused;        /* private addresses are not connected to */
    bool is_lenient;                /* a plugin that is not there is no error */
} tcn_block_reader;

/* Reads and checks all of document but the options; every problem goes to problems. *ret
 * is set when there was no error: it has no instance yet. */
int tcn_block_read(const tcn_block_reader *reader, const json_t *document,
                   tcn_block **ret, tcn_problems *problems);
/* Is there something that an instance of it could do? */
bool tcn_block_has_use(const tcn_block *block);
/* Nothing of it is different for those who look at it from outside. */
bool tcn_block_is_same(const tcn_block *a, const tcn_block *b);
/* Checks the block's options and makes it an instance of them. */
int tcn_block_configure(tcn_plugins *plugins, tcn_block *block, tcn_problems *problems);
/* They may hold secrets: when nobody needs them any more. */
void tcn_block_forget_options(tcn_block *block);
/* It has no instance: the last of the problems says why. */
void tcn_block_fail(tcn_block *block, const tcn_problems *problems);
/* fallback.c: the key of the document. 0 or TCN_E_NOMEM. */
int tcn_block_fallback_read(tcn_block *block, const json_t *document,
                            tcn_problems *problems);
/* Its instance, if it has one, leaves at once. */
void tcn_block_free(tcn_block *block);
/* A new reference. */
json_t *tcn_block_status(const tcn_block *block);

#endif
