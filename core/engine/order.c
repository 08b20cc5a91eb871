/* SPDX-License-Identifier: Apache-2.0 */
/* order.c - few candidates are put in order by insertion, many by merging runs of few. */
#include "core/engine/order.h"

#include <string.h>

#include "core/base/alloc.h"
#include "core/engine/engine_int.h"

#define FEW   32
#define PIECE 4096

void tcn_candidates_deinit(tcn_candidates *candidates)
{
    tcn_free(candidates->items);
    tcn_free(candidates->spare);
    *candidates = (tcn_candidates){.items = NULL};
}

/* It is far away, and mostly not asked for. */
static uint64_t rank_of(tcn_candidate *c)
{
    if (c->rank == TCN_RANK_UNREAD)
        c->rank = c->node->unit->rank;
    return c->rank;
}

/* Fewer than 0: a is evaluated before b; 0: they are the same. */
static int compare(tcn_candidate *a, tcn_candidate *b)
{
    if (a->event != b->event)
        return a->event < b->event ? -1 : 1;
    if (a->node == b->node)
        return 0;
    if (rank_of(a) != rank_of(b))
        return a->rank < b->rank ? -1 : 1;
    return a->node->ordinal < b->node->ordinal ? -1 : 1;
}

/* Nearly sorted is sorted fast. */
static void sort_few(tcn_candidate *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        tcn_candidate moved = items[i];
        size_t at = i;
        for (; at > 0 && compare(&items[at - 1], &moved) > 0; at--)
            items[at] = items[at - 1];
        items[at] = moved;
    }
}

/* Each once. Mostly an event has one, and little is to be done. */
static void drop_twins(tcn_candidates *c)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->count; i++) {
        if (kept == 0 || compare(&c->items[kept - 1], &c->items[i]) != 0)
            c->items[kept++] = c->items[i];
    }
    c->count = kept;
}

int tcn_order_begin(tcn_candidates *c)
{
    c->width = 0;
    c->at = 0;
    if (c->count <= FEW)
        return 0;
    return tcn_grow((void **)&c->spare, &c->spare_capacity, c->count, sizeof *c->spare);
}

static size_t at_most(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The runs from at on, width each, become one in spare. */
static void merge(tcn_candidates *c)
{
    size_t left = c->at, middle = at_most(left + c->width, c->count);
    size_t right = middle, end = at_most(middle + c->width, c->count);
    for (size_t to = left; to < end; to++) {
        bool takes_left =
            left < middle &&
            (right == end || compare(&c->items[left], &c->items[right]) <= 0);
        c->spare[to] = takes_left ? c->items[left++] : c->items[right++];
    }
    c->at = end;
}

static void next_width(tcn_candidates *c)
{
    tcn_candidate *merged = c->spare;
    size_t capacity = c->spare_capacity;
    c->spare = c->items;
    c->spare_capacity = c->capacity;
    c->items = merged;
    c->capacity = capacity;
    c->width *= 2;
    c->at = 0;
}

/* The first runs. */
static void sort_runs(tcn_candidates *c)
{
    for (size_t until = c->at + PIECE; c->at < c->count && c->at < until; c->at += FEW)
        sort_few(c->items + c->at, at_most(FEW, c->count - c->at));
    if (c->at >= c->count) {
        c->width = FEW;
        c->at = 0;
    }
}

static size_t merge_runs(tcn_candidates *c)
{
    size_t from = c->at;
    while (c->at < c->count && c->at < from + PIECE)
        merge(c);
    size_t moved = c->at - from;
    if (c->at == c->count)
        next_width(c);
    return moved;
}

size_t tcn_order_go_on(tcn_candidates *c)
{
    if (c->count <= FEW) {
        sort_few(c->items, c->count);
    } else if (c->width == 0) {
        sort_runs(c);
        return PIECE;
    } else if (c->width < c->count) {
        return merge_runs(c);
    }
    drop_twins(c);
    return 0;
}
