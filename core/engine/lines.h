/* SPDX-License-Identifier: Apache-2.0 */
/* lines.h - a hash table of pointers for look-ups that mostly find nothing, or one thing:
 * a few bits say that there is nothing, and what there is stands with its hash in one
 * cache line. It grows line by line (linear hashing), so that no insertion pauses to move
 * everything. The same hash may be entered several times. Order is not defined. */
#ifndef TCN_ENGINE_LINES_H
#define TCN_ENGINE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/compiler.h"
#include "core/base/pool.h"

#define TCN_LINE_SLOTS 4
#define TCN_LINES_PART 16 /* lines that are allocated together */

typedef struct tcn_line {
    const void *items[TCN_LINE_SLOTS];
    uint32_t hashes[TCN_LINE_SLOTS];
    struct tcn_line *more; /* full lines go on there */
    uint32_t count;
} tcn_line;

/* A bit for each item with that hash. */
static inline uint32_t tcn_line_find(const tcn_line *line, uint32_t hash)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < TCN_LINE_SLOTS; i++)
        found |= (uint32_t)(line->hashes[i] == hash) << i;
    return found & ((1u << line->count) - 1);
}

/* It is empty when all but pool and load is zero. */
typedef struct tcn_lines {
    tcn_pool *pool;
    uint32_t load; /* items of a line on the average, of which some are in a second one */
    uint16_t *marks; /* of each line: two bits for each hash in it and behind it */
    tcn_line **parts;
    size_t mark_capacity, part_capacity;
    uint32_t used; /* lines in use: base + those of base that are divided already */
    uint32_t base; /* a power of two */
    uint32_t count;
} tcn_lines;

void tcn_lines_deinit(tcn_lines *lines);
/* 0 or TCN_E_NOMEM. */
int tcn_lines_add(tcn_lines *lines, uint32_t hash, const void *item);
/* The item is entered under that hash. */
void tcn_lines_remove(tcn_lines *lines, uint32_t hash, const void *item);
void tcn_lines_replace(tcn_lines *lines, uint32_t hash, const void *item,
                       const void *other);

/* Where a hash stands, when something is entered at all. */
static inline uint32_t tcn_lines_place(const tcn_lines *lines, uint32_t hash)
{
    uint32_t place = hash & (lines->base - 1);
    if (place < lines->used - lines->base)
        place = hash & (2 * lines->base - 1);
    return place;
}
static inline uint16_t tcn_lines_mark(uint32_t hash)
{
    return (uint16_t)(1u << (hash >> 28) | 1u << (hash >> 24 & 15));
}
/* False: nothing is entered under that hash, which stands at place. */
static inline bool tcn_lines_may_have(const tcn_lines *lines, uint32_t place,
                                      uint32_t hash)
{
    uint16_t mark = tcn_lines_mark(hash);
    return (lines->marks[place] & mark) == mark;
}
static inline tcn_line *tcn_lines_at(const tcn_lines *lines, uint32_t place)
{
    return &lines->parts[place / TCN_LINES_PART][place % TCN_LINES_PART];
}
/* The line, with those behind it, that may have something under that hash, or NULL. */
static inline const tcn_line *tcn_lines_look(const tcn_lines *lines, uint32_t hash)
{
    uint32_t place = tcn_lines_place(lines, hash);
    if (lines->used == 0 || !tcn_lines_may_have(lines, place, hash))
        return NULL;
    return tcn_lines_at(lines, place);
}
/* Begins to load what is read when that hash is looked at, entered or removed later. */
static inline void tcn_lines_fetch(const tcn_lines *lines, uint32_t hash)
{
    if (lines->used == 0)
        return;
    uint32_t place = tcn_lines_place(lines, hash);
    tcn_prefetch(&lines->marks[place]);
    tcn_prefetch(tcn_lines_at(lines, place));
}

#endif
