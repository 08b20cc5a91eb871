/* SPDX-License-Identifier: Apache-2.0 */
/* list.h - intrusive doubly linked list. The list does not own its items. */
#ifndef TCN_BASE_LIST_H
#define TCN_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/compiler.h"

typedef struct tcn_list {
    struct tcn_list *prev, *next;
} tcn_list;

static inline void tcn_list_init(tcn_list *head)
{
    head->prev = head;
    head->next = head;
}
static inline bool tcn_list_is_empty(const tcn_list *head)
{
    return head->next == head;
}
static inline void tcn_list_insert_before(tcn_list *place, tcn_list *item)
{
    item->prev = place->prev;
    item->next = place;
    place->prev->next = item;
    place->prev = item;
}
static inline void tcn_list_append(tcn_list *head, tcn_list *item)
{
    tcn_list_insert_before(head, item);
}
static inline void tcn_list_prepend(tcn_list *head, tcn_list *item)
{
    tcn_list_insert_before(head->next, item);
}
/* Leaves item pointing at itself, so that removing it twice is harmless. */
static inline void tcn_list_remove(tcn_list *item)
{
    item->prev->next = item->next;
    item->next->prev = item->prev;
    tcn_list_init(item);
}
static inline tcn_list *tcn_list_first(tcn_list *head)
{
    return head->next == head ? NULL : head->next;
}

/* it may be removed from the list inside the loop. */
#define tcn_list_foreach(it, head)                                         \
    for (tcn_list *it = (head)->next, *it##_next = it->next; it != (head); \
         it = it##_next, it##_next = it->next)

#endif
