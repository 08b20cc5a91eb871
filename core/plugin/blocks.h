/* SPDX-License-Identifier: Apache-2.0 */
/* blocks.h - a set of blocks, found by name or by id. It does not own them. */
#ifndef TCN_PLUGIN_BLOCKS_H
#define TCN_PLUGIN_BLOCKS_H

#include "core/base/map.h"
#include "core/plugin/plugins.h"

struct tcn_blocks {
    tcn_block **items; /* in the order in which they were added */
    size_t count, capacity;
    tcn_map by_name; /* names and ids */
};

void tcn_blocks_init(tcn_blocks *blocks);
void tcn_blocks_deinit(tcn_blocks *blocks);
/* Errors say that its name is taken or that there are too many; then nothing changed. */
int tcn_blocks_add(tcn_blocks *blocks, tcn_block *block, tcn_err *reterr);
int tcn_blocks_copy(tcn_blocks *blocks, const tcn_blocks *from);
/* block, which has the id of old, takes its place. */
void tcn_blocks_replace(tcn_blocks *blocks, const tcn_block *old, tcn_block *block);
/* As it stands in documents. */
tcn_str tcn_block_id_of(const tcn_block *block);
void tcn_blocks_remove(tcn_blocks *blocks, const tcn_block *block);

#endif
