/* SPDX-License-Identifier: Apache-2.0 */
/* ids.c - a queue of blocks of ids with a hash table over them. An id that comes again
 * while it is remembered is in the queue twice: the older place goes when its time is
 * over. */
#include "core/engine/ids.h"

#include "core/base/alloc.h"
#include "core/base/err.h"

#define BLOCK_IDS      1024
#define LINE_LOAD      2  /* one would be 64 bytes for each id */
#define FORGET_AT_ONCE 64 /* so that no single event pays for a long silence */
#define FORGET_AHEAD   8  /* ids between fetching a place, its line, and reading them */

typedef struct id_place {
    tcn_uuid id;
    int64_t at_us;
    uint32_t hash;
} id_place;

typedef struct tcn_ids_block {
    tcn_list link;
    size_t count;
    id_place places[BLOCK_IDS];
} tcn_ids_block;

void tcn_ids_init(tcn_ids *ids, size_t limit, uint64_t seed)
{
    *ids = (tcn_ids){.limit = limit, .seed = seed};
    ids->by_id = (tcn_lines){.pool = &ids->pool, .load = LINE_LOAD};
    tcn_list_init(&ids->blocks);
}

void tcn_ids_deinit(tcn_ids *ids)
{
    tcn_list_foreach (it, &ids->blocks)
        tcn_free(tcn_container_of(it, tcn_ids_block, link));
    tcn_lines_deinit(&ids->by_id);
    tcn_pool_deinit(&ids->pool);
    tcn_list_init(&ids->blocks);
}

/* Ids are chosen by senders, so the seed keeps them from choosing one chain. */
static uint32_t hash_id(const tcn_ids *ids, const tcn_uuid *id)
{
    return (uint32_t)tcn_hash(id->bytes, sizeof id->bytes, ids->seed);
}

/* Begins to load what the next ones to be forgotten read. */
static void fetch_next_oldest(const tcn_ids *ids, const tcn_ids_block *block)
{
    size_t next = ids->first + FORGET_AHEAD;
    if (next + FORGET_AHEAD >= block->count)
        return;
    tcn_lines_fetch(&ids->by_id, block->places[next].hash);
    tcn_prefetch(&block->places[next + FORGET_AHEAD]);
}

static void forget_oldest(tcn_ids *ids)
{
    tcn_ids_block *block = tcn_container_of(ids->blocks.next, tcn_ids_block, link);
    const tcn_ids_reading *reading = &ids->reading;
    if (reading->left > 0 && reading->block == block && reading->at == ids->first)
        tcn_ids_read(ids);
    const id_place *oldest = &block->places[ids->first];
    tcn_lines_remove(&ids->by_id, oldest->hash, oldest);
    ids->first++;
    fetch_next_oldest(ids, block);
    if (ids->first < block->count)
        return;
    tcn_list_remove(&block->link);
    tcn_free(block);
    ids->first = 0;
}

static void forget_old(tcn_ids *ids, int64_t now_us)
{
    for (int i = 0; i < FORGET_AT_ONCE && ids->by_id.count > 0; i++) {
        const tcn_ids_block *block =
            tcn_container_of(ids->blocks.next, tcn_ids_block, link);
        bool is_over = block->places[ids->first].at_us + TCN_IDS_KEPT_US <= now_us;
        if (!is_over && ids->by_id.count < ids->limit)
            break;
        ids->early += !is_over;
        forget_oldest(ids);
    }
}

/* The block that takes the next id, or NULL when out of memory. */
static tcn_ids_block *open_block(tcn_ids *ids)
{
    if (!tcn_list_is_empty(&ids->blocks)) {
        tcn_ids_block *last = tcn_container_of(ids->blocks.prev, tcn_ids_block, link);
        if (last->count < BLOCK_IDS)
            return last;
    }
    tcn_ids_block *block = tcn_alloc(sizeof *block);
    if (block == NULL)
        return NULL;
    block->count = 0;
    tcn_list_append(&ids->blocks, &block->link);
    return block;
}

static int add(tcn_ids *ids, const tcn_uuid *id, uint32_t hash, int64_t now_us)
{
    forget_old(ids, now_us);
    tcn_ids_block *block = open_block(ids);
    if (block == NULL)
        return TCN_E_NOMEM;
    id_place *place = &block->places[block->count];
    place->id = *id;
    place->at_us = now_us;
    place->hash = hash;
    int rc = tcn_lines_add(&ids->by_id, hash, place);
    if (rc < 0)
        return rc;
    block->count++;
    ids->added++;
    return 0;
}

static bool has(const tcn_ids *ids, const tcn_uuid *id, uint32_t hash, int64_t now_us)
{
    const tcn_line *line = tcn_lines_look(&ids->by_id, hash);
    for (; line != NULL; line = line->more) {
        uint32_t found = tcn_line_find(line, hash);
        for (; found != 0; found &= found - 1) {
            const id_place *place = line->items[__builtin_ctz(found)];
            if (tcn_uuid_eq(&place->id, id) && place->at_us + TCN_IDS_KEPT_US > now_us)
                return true;
        }
    }
    return false;
}

int tcn_ids_add(tcn_ids *ids, const tcn_uuid *id, int64_t now_us)
{
    return add(ids, id, hash_id(ids, id), now_us);
}

bool tcn_ids_has(const tcn_ids *ids, const tcn_uuid *id, int64_t now_us)
{
    return has(ids, id, hash_id(ids, id), now_us);
}

int tcn_ids_meet(tcn_ids *ids, const tcn_uuid *id, int64_t now_us)
{
    uint32_t hash = hash_id(ids, id);
    return has(ids, id, hash, now_us) ? 1 : add(ids, id, hash, now_us);
}

void tcn_ids_fetch(const tcn_ids *ids, const tcn_uuid *id)
{
    tcn_lines_fetch(&ids->by_id, hash_id(ids, id));
}

void tcn_ids_read_begin(tcn_ids *ids, uint64_t but_for, tcn_ids_fn fn, void *ud)
{
    size_t left = ids->by_id.count;
    if (left > ids->added - but_for)
        left = (size_t)(ids->added - but_for);
    ids->reading = (tcn_ids_reading){.left = left, .fn = fn, .ud = ud};
    tcn_list *it = &ids->blocks;
    size_t behind = 0; /* in the blocks from it on */
    while (behind < left) {
        it = it->prev;
        behind += tcn_container_of(it, tcn_ids_block, link)->count;
    }
    if (left == 0)
        return;
    ids->reading.block = tcn_container_of(it, tcn_ids_block, link);
    ids->reading.at = behind - left;
}

void tcn_ids_read(tcn_ids *ids)
{
    tcn_ids_reading *reading = &ids->reading;
    const id_place *place = &reading->block->places[reading->at];
    reading->fn(&place->id, place->at_us, reading->ud);
    reading->at++;
    reading->left--;
    if (reading->left > 0 && reading->at == reading->block->count) {
        reading->block = tcn_container_of(reading->block->link.next, tcn_ids_block, link);
        reading->at = 0;
    }
}

void tcn_ids_read_end(tcn_ids *ids)
{
    ids->reading = (tcn_ids_reading){0};
}
