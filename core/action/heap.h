/* SPDX-License-Identifier: Apache-2.0 */
/* heap.h - what is due when: items ordered by a point in time, then by a number. Items
 * are embedded in what they stand for; the heap does not own them. Room is reserved
 * ahead, so that putting an item back can never fail. */
#ifndef TCN_ACTION_HEAP_H
#define TCN_ACTION_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct tcn_heap_item {
    int64_t at_us;
    uint64_t order; /* decides between equal times */
    size_t place;   /* 0: in no heap */
} tcn_heap_item;

typedef struct tcn_heap {
    tcn_heap_item **items; /* the first place is not used */
    size_t count, capacity;
} tcn_heap;

void tcn_heap_deinit(tcn_heap *heap);
/* Room for count items in all. 0 or TCN_E_NOMEM. */
int tcn_heap_reserve(tcn_heap *heap, size_t count);
/* Adds the item, or moves it when it is in the heap already. Within what was reserved. */
void tcn_heap_put(tcn_heap *heap, tcn_heap_item *item, int64_t at_us, uint64_t order);
/* Does nothing when the item is in no heap. */
void tcn_heap_remove(tcn_heap *heap, tcn_heap_item *item);
static inline bool tcn_heap_is_before(const tcn_heap_item *a, const tcn_heap_item *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}
/* The earliest item, NULL when empty. */
static inline tcn_heap_item *tcn_heap_first(const tcn_heap *heap)
{
    return heap->count == 0 ? NULL : heap->items[1];
}

#endif
