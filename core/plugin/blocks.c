/* SPDX-License-Identifier: Apache-2.0 */
/* blocks.c - an array in order and a map. */
#include "core/plugin/blocks.h"

#include <stdio.h>

#include "core/base/alloc.h"
#include "core/plugin/plugins_int.h"

#define BLOCKS_MAX    4096
#define NEAREST_AMONG 256

void tcn_blocks_init(tcn_blocks *blocks)
{
    *blocks = (tcn_blocks){0};
    tcn_map_init(&blocks->by_name, 0);
}

void tcn_blocks_deinit(tcn_blocks *blocks)
{
    tcn_map_deinit(&blocks->by_name);
    tcn_free(blocks->items);
    *blocks = (tcn_blocks){0};
}

tcn_str tcn_block_id_of(const tcn_block *block)
{
    return tcn_str_of(block->id_text, TCN_UUID_TEXT);
}

/* A name belongs to the block of a file; one that was made through the API has it where
 * it is free. */
static bool has_name(const tcn_blocks *blocks, const tcn_block *block)
{
    return tcn_map_get(&blocks->by_name, tcn_str_c(block->name)) == block;
}

static int put_names(tcn_blocks *blocks, tcn_block *block)
{
    tcn_str name = tcn_str_c(block->name);
    bool is_free = tcn_map_get(&blocks->by_name, name) == NULL;
    int rc = is_free ? tcn_map_put(&blocks->by_name, name, block, NULL) : 0;
    if (rc < 0)
        return rc;
    rc = tcn_map_put(&blocks->by_name, tcn_block_id_of(block), block, NULL);
    if (rc < 0 && is_free)
        (void)tcn_map_remove(&blocks->by_name, name);
    return rc;
}

/* A block of the same name stands in the way. */
static int check_name(const tcn_blocks *blocks, const tcn_block *block, tcn_err *reterr)
{
    const tcn_block *other = tcn_map_get(&blocks->by_name, tcn_str_c(block->name));
    if (other == NULL)
        return 0;
    if (!block->info.is_api && !other->info.is_api)
        return tcn_err_field(reterr, TCN_E_EXISTS, "name",
                             "a block \"%s\" exists already", block->name);
    if (strcmp(block->type, other->type) == 0)
        return tcn_err_field(reterr, TCN_E_EXISTS, "name",
                             "block \"%s\" (%s) exists in the store; delete it or rename",
                             block->name, block->type);
    return 0;
}

int tcn_blocks_add(tcn_blocks *blocks, tcn_block *block, tcn_err *reterr)
{
    int named = check_name(blocks, block, reterr);
    if (named < 0)
        return named;
    if (blocks->count >= BLOCKS_MAX)
        return tcn_err_set(reterr, TCN_E_LIMIT, "there are more than %d blocks",
                           BLOCKS_MAX);
    int rc = tcn_grow((void **)&blocks->items, &blocks->capacity, blocks->count + 1,
                      sizeof(tcn_block *));
    if (rc == 0)
        rc = put_names(blocks, block);
    if (rc < 0)
        return tcn_err_set(reterr, rc, "%s", tcn_err_text(rc));
    blocks->items[blocks->count++] = block;
    return 0;
}

int tcn_blocks_copy(tcn_blocks *blocks, const tcn_blocks *from)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < from->count; i++)
        rc = tcn_blocks_add(blocks, from->items[i], NULL);
    return rc;
}

static size_t index_of(const tcn_blocks *blocks, const tcn_block *block)
{
    size_t i = 0;
    while (blocks->items[i] != block)
        i++;
    return i;
}

static void remove_names(tcn_blocks *blocks, const tcn_block *block)
{
    if (has_name(blocks, block))
        (void)tcn_map_remove(&blocks->by_name, tcn_str_c(block->name));
    (void)tcn_map_remove(&blocks->by_name, tcn_block_id_of(block));
}

void tcn_blocks_replace(tcn_blocks *blocks, const tcn_block *old, tcn_block *block)
{
    blocks->items[index_of(blocks, old)] = block;
    remove_names(blocks, old);
    /* Two places were just given back, so there is memory for two. */
    (void)put_names(blocks, block);
}

void tcn_blocks_remove(tcn_blocks *blocks, const tcn_block *block)
{
    size_t i = index_of(blocks, block);
    remove_names(blocks, block);
    blocks->count--;
    memmove(&blocks->items[i], &blocks->items[i + 1],
            (blocks->count - i) * sizeof(tcn_block *));
}

tcn_block *tcn_blocks_find(const tcn_blocks *blocks, tcn_str name_or_id)
{
    return tcn_map_get(&blocks->by_name, name_or_id);
}

uint64_t tcn_blocks_face(const tcn_blocks *blocks)
{
    uint64_t face = 0;
    for (size_t i = 0; blocks != NULL && i < blocks->count; i++) {
        const tcn_block *block = blocks->items[i];
        const bool can[] = {block->info.can_notify, block->info.can_act};
        tcn_str id = tcn_block_id_of(block);
        face = tcn_hash(block->name, strlen(block->name), face);
        face = tcn_hash(id.ptr, id.len, face);
        face = tcn_hash(can, sizeof can, face);
        if (block->file != NULL)
            face = tcn_hash(block->file->copy.sha256, TCN_SHA256, face);
    }
    return face;
}

/* Among very many it would take long, for each of those who ask. */
static const char *nearest(const tcn_blocks *blocks, tcn_str name)
{
    const char *found = NULL;
    for (size_t i = 0; i < blocks->count && blocks->count <= NEAREST_AMONG; i++) {
        const char *const candidates[] = {blocks->items[i]->name, found, NULL};
        found = tcn_str_nearest(name, candidates);
    }
    return found;
}

const char *tcn_blocks_lack(const tcn_blocks *blocks, tcn_str name_or_id,
                            char out[TCN_LACK_TEXT])
{
    const char *near = nearest(blocks, name_or_id);
    (void)snprintf(out, TCN_LACK_TEXT, "there is no block \"%.*s\"%s%s%s",
                   (int)(name_or_id.len < 64 ? name_or_id.len : 64), name_or_id.ptr,
                   near != NULL ? ", did you mean \"" : "", near != NULL ? near : "",
                   near != NULL ? "\"?" : "");
    return out;
}
