/* SPDX-License-Identifier: Apache-2.0 */
/* arena.c - the blocks of an arena form a chain in the order of their use. Those before
 * current are full, those after it are kept from an earlier round and empty. */
#include "core/base/arena.h"

#include "core/base/alloc.h"

#define BLOCK_MIN ((size_t)8 * 1024)
#define BLOCK_MAX ((size_t)1024 * 1024)

struct tcn_arena_block {
    tcn_arena_block *next;
    size_t size; /* bytes behind this header */
};

_Static_assert(sizeof(tcn_arena_block) % 16 == 0, "what follows the header is aligned");

/* Where an arena without blocks points, so that zero bytes of it are not NULL. Never
 * written. */
static _Alignas(16) char nothing[16];

static char *block_bytes(tcn_arena_block *block)
{
    return (char *)(block + 1);
}

void tcn_arena_init(tcn_arena *arena, size_t limit)
{
    *arena = (tcn_arena){.next = nothing, .end = nothing, .limit = limit};
}

void tcn_arena_deinit(tcn_arena *arena)
{
    tcn_arena_reset(arena, 0);
}

/* Makes block the one that is handed out from, as far as the limit goes. */
static void enter(tcn_arena *arena, tcn_arena_block *block)
{
    size_t room = block != NULL ? block->size : 0;
    if (arena->limit != 0 && room > arena->limit - arena->used)
        room = arena->limit - arena->used;
    arena->current = block;
    arena->next = block != NULL ? block_bytes(block) : nothing;
    arena->end = arena->next + room;
}

void tcn_arena_init_with(tcn_arena *arena, size_t limit, void *room, size_t size)
{
    tcn_arena_block *block = room;
    tcn_arena_init(arena, limit);
    *block = (tcn_arena_block){.size = size - sizeof *block};
    arena->lent = block;
    arena->first = block;
    arena->held = block->size;
    enter(arena, block);
}

void tcn_arena_reset(tcn_arena *arena, size_t keep)
{
    size_t held = 0;
    tcn_arena_block **link = &arena->first;
    while (*link != NULL) {
        tcn_arena_block *block = *link;
        if (held + block->size <= keep || block == arena->lent) {
            held += block->size;
            link = &block->next;
            continue;
        }
        *link = block->next;
        tcn_free(block);
    }
    arena->held = held;
    arena->used = 0;
    enter(arena, arena->first);
}

static tcn_arena_block *block_new(tcn_arena *arena, size_t size)
{
    size_t wanted = arena->held < BLOCK_MIN ? BLOCK_MIN : arena->held;
    if (wanted > BLOCK_MAX)
        wanted = BLOCK_MAX;
    if (wanted < size)
        wanted = size;
    if (wanted > SIZE_MAX - sizeof(tcn_arena_block))
        return NULL;
    tcn_arena_block *block = tcn_alloc(sizeof *block + wanted);
    if (block == NULL)
        return NULL;
    block->size = wanted;
    arena->held += wanted;
    return block;
}

/* The next block with room for size bytes: a kept one, else a new one behind current. */
static tcn_arena_block *next_block(tcn_arena *arena, size_t size)
{
    tcn_arena_block *kept = arena->current != NULL ? arena->current->next : arena->first;
    if (kept != NULL && kept->size >= size)
        return kept;
    tcn_arena_block *block = block_new(arena, size);
    if (block == NULL)
        return NULL;
    block->next = kept;
    if (arena->current != NULL)
        arena->current->next = block;
    else
        arena->first = block;
    return block;
}

void *tcn_arena_slow(tcn_arena *arena, size_t size)
{
    size_t rounded = (size + 15) & ~(size_t)15;
    if (rounded < size)
        return NULL;
    if (arena->limit != 0 &&
        (rounded > arena->limit || arena->used > arena->limit - rounded))
        return NULL;
    if (rounded > (size_t)(arena->end - arena->next)) {
        tcn_arena_block *block = next_block(arena, rounded);
        if (block == NULL)
            return NULL;
        enter(arena, block);
    }
    char *ptr = arena->next;
    arena->next += rounded;
    arena->used += rounded;
    return ptr;
}

void *tcn_arena_zero(tcn_arena *arena, size_t size)
{
    void *ptr = tcn_arena_alloc(arena, size);
    if (ptr != NULL)
        memset(ptr, 0, size);
    return ptr;
}

char *tcn_arena_copy(tcn_arena *arena, const void *ptr, size_t len)
{
    if (len == SIZE_MAX)
        return NULL;
    char *copy = tcn_arena_alloc(arena, len + 1);
    if (copy == NULL)
        return NULL;
    if (len != 0)
        memcpy(copy, ptr, len);
    copy[len] = '\0';
    return copy;
}

tcn_str tcn_arena_str(tcn_arena *arena, tcn_str s)
{
    char *copy = tcn_arena_copy(arena, s.ptr, s.len);
    return (tcn_str){copy, copy != NULL ? s.len : 0};
}
