/* SPDX-License-Identifier: Apache-2.0 */
/* heap.c - a binary heap in an array that counts from 1; each item knows its place, so
 * that any of them can be moved or taken out in logarithmic time. */
#include "core/action/heap.h"

#include <assert.h>

#include "core/base/alloc.h"

static void place(tcn_heap *heap, size_t at, tcn_heap_item *item)
{
    heap->items[at] = item;
    item->place = at;
}

static void sift_up(tcn_heap *heap, tcn_heap_item *item)
{
    size_t at = item->place;
    while (at > 1 && tcn_heap_is_before(item, heap->items[at / 2])) {
        place(heap, at, heap->items[at / 2]);
        at /= 2;
    }
    place(heap, at, item);
}

static void sift_down(tcn_heap *heap, tcn_heap_item *item)
{
    size_t at = item->place;
    while (2 * at <= heap->count) {
        size_t child = 2 * at;
        if (child < heap->count &&
            tcn_heap_is_before(heap->items[child + 1], heap->items[child]))
            child++;
        if (!tcn_heap_is_before(heap->items[child], item))
            break;
        place(heap, at, heap->items[child]);
        at = child;
    }
    place(heap, at, item);
}

void tcn_heap_deinit(tcn_heap *heap)
{
    tcn_free(heap->items);
    *heap = (tcn_heap){0};
}

int tcn_heap_reserve(tcn_heap *heap, size_t count)
{
    void *items = heap->items;
    int rc = tcn_grow(&items, &heap->capacity, count + 1, sizeof *heap->items);
    heap->items = items;
    return rc;
}

void tcn_heap_put(tcn_heap *heap, tcn_heap_item *item, int64_t at_us, uint64_t order)
{
    item->at_us = at_us;
    item->order = order;
    if (item->place == 0) {
        assert(heap->count + 1 < heap->capacity);
        place(heap, ++heap->count, item);
    }
    sift_up(heap, item);
    sift_down(heap, item);
}

void tcn_heap_remove(tcn_heap *heap, tcn_heap_item *item)
{
    if (item->place == 0)
        return;
    tcn_heap_item *last = heap->items[heap->count--];
    if (last != item) {
        place(heap, item->place, last);
        sift_up(heap, last);
        sift_down(heap, last);
    }
    item->place = 0;
}
