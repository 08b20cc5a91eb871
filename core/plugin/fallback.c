/* SPDX-License-Identifier: Apache-2.0 */
/* fallback.c - the block that gets a message when another one could not deliver it. Only
 * when all blocks are known can it be said whether it is there, and whether a message
 * could go round for ever. */
#include "core/base/alloc.h"
#include "core/plugin/block.h"
#include "core/plugin/stage_int.h"

#define CHAIN_MAX 8

int tcn_block_fallback_read(tcn_block *block, const json_t *document,
                            tcn_problems *problems)
{
    const json_t *value = json_object_get(document, "fallback");
    tcn_err err = {0};
    if (value == NULL)
        return 0;
    if (!json_is_string(value) || json_string_length(value) == 0) {
        (void)tcn_err_field(&err, TCN_E_INVALID, "fallback", "must be a block's name");
        tcn_problems_add(problems, &err);
        return 0;
    }
    block->fallback = tcn_strdup(json_string_value(value));
    block->info.fallback = block->fallback;
    return block->fallback == NULL ? TCN_E_NOMEM : 0;
}

static const tcn_block *next_of(const tcn_blocks *blocks, const char *fallback)
{
    return fallback == NULL ? NULL : tcn_blocks_find(blocks, tcn_str_c(fallback));
}

/* How many blocks a message may come to; above: CHAIN_MAX. */
static size_t chain_length(const tcn_blocks *blocks, const char *fallback)
{
    size_t length = 0;
    const tcn_block *at = next_of(blocks, fallback);
    for (; at != NULL && length < CHAIN_MAX; length++)
        at = next_of(blocks, at->fallback);
    return length;
}

void tcn_stage_fallback_check(const tcn_stage *stage, const json_t *document,
                              tcn_problems *problems)
{
    const char *fallback = json_string_value(json_object_get(document, "fallback"));
    tcn_err err = {0};
    if (fallback == NULL)
        return;
    char lack[TCN_LACK_TEXT];
    if (next_of(&stage->blocks, fallback) == NULL)
        (void)tcn_err_field(&err, TCN_E_INVALID, "fallback", "%s",
                            tcn_blocks_lack(&stage->blocks, tcn_str_c(fallback), lack));
    else if (chain_length(&stage->blocks, fallback) == CHAIN_MAX)
        (void)tcn_err_field(&err, TCN_E_INVALID, "fallback",
                            "leads in a circle, or through %d blocks and more",
                            CHAIN_MAX);
    if (tcn_err_is_set(&err))
        tcn_problems_add(problems, &err);
}
