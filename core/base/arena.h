/* SPDX-License-Identifier: Apache-2.0 */
/* arena.h - memory that is given back all at once. Blocks come from the heap and are kept
 * by tcn_arena_reset, so a reused arena stops allocating after its first rounds. */
#ifndef TCN_BASE_ARENA_H
#define TCN_BASE_ARENA_H

#include "core/base/str.h"

typedef struct tcn_arena_block tcn_arena_block;
typedef struct tcn_arena {
    tcn_arena_block *first, *current;
    char *next, *end;
    size_t used;      /* bytes handed out since the last reset */
    size_t limit;     /* most that may be handed out; 0: no limit */
    size_t held;      /* bytes of blocks */
    const void *lent; /* the block that is the caller's, or NULL */
} tcn_arena;

void tcn_arena_init(tcn_arena *arena, size_t limit);
/* The first block is size bytes of the caller's, aligned to 16, for as long as the arena
 * is: what is small then needs no heap. */
void tcn_arena_init_with(tcn_arena *arena, size_t limit, void *room, size_t size);
void tcn_arena_deinit(tcn_arena *arena);
/* Forgets everything handed out; keeps at most keep bytes of blocks. */
void tcn_arena_reset(tcn_arena *arena, size_t keep);
void *tcn_arena_slow(tcn_arena *arena, size_t size);

/* 16-byte aligned, not zeroed; NULL when out of memory or over the limit. */
static inline void *tcn_arena_alloc(tcn_arena *arena, size_t size)
{
    size_t room = (size_t)(arena->end - arena->next);
    size_t rounded = (size + 15) & ~(size_t)15;
    if (rounded < size || rounded > room)
        return tcn_arena_slow(arena, size);
    char *ptr = arena->next;
    arena->next += rounded;
    arena->used += rounded;
    return ptr;
}
void *tcn_arena_zero(tcn_arena *arena, size_t size);
/* NUL-terminated copy. */
char *tcn_arena_copy(tcn_arena *arena, const void *ptr, size_t len);
/* As above; ptr is NULL in the result when there was no memory. */
tcn_str tcn_arena_str(tcn_arena *arena, tcn_str s);

#endif
