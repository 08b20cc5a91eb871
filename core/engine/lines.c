/* SPDX-License-Identifier: Apache-2.0 */
/* lines.c - linear hashing of lines. With `used` lines, base <= used < 2 * base: lines
 * below used - base and from base on hold items by one more bit of their hash than the
 * others. */
#include "core/engine/lines.h"

#include <string.h>

#include "core/base/alloc.h"
#include "core/base/err.h"

#define LINES_MAX (UINT32_C(1) << 30)

void tcn_lines_deinit(tcn_lines *lines)
{
    for (uint32_t i = 0; i < lines->used; i++) {
        tcn_line *more = tcn_lines_at(lines, i)->more;
        while (more != NULL) {
            tcn_line *next = more->more;
            tcn_pool_free(lines->pool, more, sizeof *more);
            more = next;
        }
    }
    for (uint32_t i = 0; i < lines->used; i += TCN_LINES_PART)
        tcn_pool_free(lines->pool, lines->parts[i / TCN_LINES_PART],
                      TCN_LINES_PART * sizeof(tcn_line));
    tcn_free(lines->parts);
    tcn_free(lines->marks);
    *lines = (tcn_lines){.pool = lines->pool, .load = lines->load};
}

/* The line of a place that has room; a spare one is put behind it if there is none: NULL
 * when it is needed and not there. */
static tcn_line *line_with_room(tcn_line *line, tcn_line **spare)
{
    while (line->count == TCN_LINE_SLOTS && line->more != NULL)
        line = line->more;
    if (line->count < TCN_LINE_SLOTS)
        return line;
    tcn_line *added = *spare;
    if (added == NULL)
        return NULL;
    *spare = added->more;
    *added = (tcn_line){.count = 0};
    line->more = added;
    return added;
}

static bool put(tcn_lines *lines, uint32_t hash, const void *item, tcn_line **spare)
{
    uint32_t place = tcn_lines_place(lines, hash);
    tcn_line *line = line_with_room(tcn_lines_at(lines, place), spare);
    if (line == NULL)
        return false;
    line->items[line->count] = item;
    line->hashes[line->count] = hash;
    line->count++;
    lines->marks[place] |= tcn_lines_mark(hash);
    return true;
}

/* Enters again what stands at a place, which may be another one now. Lines behind the
 * first one are enough for that. */
static void spread(tcn_lines *lines, uint32_t place)
{
    tcn_line *first = tcn_lines_at(lines, place);
    tcn_line line = *first;
    tcn_line *spare = NULL;
    *first = (tcn_line){.count = 0};
    lines->marks[place] = 0;
    for (;;) {
        for (uint32_t i = 0; i < line.count; i++)
            (void)put(lines, line.hashes[i], line.items[i], &spare);
        tcn_line *more = line.more;
        if (more == NULL)
            break;
        line = *more;
        more->more = spare;
        spare = more;
    }
    while (spare != NULL) {
        tcn_line *next = spare->more;
        tcn_pool_free(lines->pool, spare, sizeof *spare);
        spare = next;
    }
}

/* Room for one line more. */
static int reserve(tcn_lines *lines)
{
    int rc = tcn_grow((void **)&lines->marks, &lines->mark_capacity,
                      (size_t)lines->used + 1, sizeof *lines->marks);
    if (rc < 0 || lines->used % TCN_LINES_PART != 0)
        return rc;
    size_t count = lines->used / TCN_LINES_PART;
    size_t size = TCN_LINES_PART * sizeof(tcn_line);
    rc = tcn_grow((void **)&lines->parts, &lines->part_capacity, count + 1,
                  sizeof(tcn_line *));
    tcn_line *part = rc == 0 ? tcn_pool_alloc(lines->pool, size) : NULL;
    if (part == NULL)
        return TCN_E_NOMEM;
    memset(part, 0, size);
    lines->parts[count] = part;
    return 0;
}

static int grow(tcn_lines *lines)
{
    int rc = reserve(lines);
    if (rc < 0)
        return rc;
    lines->marks[lines->used++] = 0;
    if (lines->used == 1) {
        lines->base = 1;
        return 0;
    }
    uint32_t divided = lines->used - 1 - lines->base;
    if (lines->used == 2 * lines->base)
        lines->base *= 2;
    spread(lines, divided);
    return 0;
}

int tcn_lines_add(tcn_lines *lines, uint32_t hash, const void *item)
{
    if (lines->count >= (uint64_t)lines->load * lines->used && lines->used < LINES_MAX) {
        int rc = grow(lines);
        if (rc < 0)
            return rc;
    }
    tcn_line *spare = NULL;
    if (!put(lines, hash, item, &spare)) {
        spare = tcn_pool_alloc(lines->pool, sizeof *spare);
        if (spare == NULL)
            return TCN_E_NOMEM;
        spare->more = NULL;
        (void)put(lines, hash, item, &spare);
    }
    lines->count++;
    return 0;
}

typedef struct slot {
    tcn_line *line;
    uint32_t at;
} slot;

static slot slot_of(tcn_line *line, uint32_t hash, const void *item)
{
    for (;; line = line->more) {
        for (uint32_t i = 0; i < line->count; i++)
            if (line->hashes[i] == hash && line->items[i] == item)
                return (slot){line, i};
    }
}

void tcn_lines_replace(tcn_lines *lines, uint32_t hash, const void *item,
                       const void *other)
{
    tcn_line *line = tcn_lines_at(lines, tcn_lines_place(lines, hash));
    slot at = slot_of(line, hash, item);
    at.line->items[at.at] = other;
}

/* The last item of the line, or of those behind it, moves to that slot. */
static void take_out(tcn_lines *lines, tcn_line *line, slot gone)
{
    tcn_line *before = NULL;
    for (; line->more != NULL; line = line->more)
        before = line;
    line->count--;
    gone.line->items[gone.at] = line->items[line->count];
    gone.line->hashes[gone.at] = line->hashes[line->count];
    if (line->count > 0 || before == NULL)
        return;
    before->more = NULL;
    tcn_pool_free(lines->pool, line, sizeof *line);
}

void tcn_lines_remove(tcn_lines *lines, uint32_t hash, const void *item)
{
    uint32_t place = tcn_lines_place(lines, hash);
    tcn_line *line = tcn_lines_at(lines, place);
    take_out(lines, line, slot_of(line, hash, item));
    lines->count--;
    lines->marks[place] = 0;
    for (; line != NULL; line = line->more)
        for (uint32_t i = 0; i < line->count; i++)
            lines->marks[place] |= tcn_lines_mark(line->hashes[i]);
}
