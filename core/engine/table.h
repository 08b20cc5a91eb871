/* SPDX-License-Identifier: Apache-2.0 */
/* table.h - an intrusive hash table that grows one chain at a time (linear hashing), so
 * that no insertion ever pauses to move everything. The table does not own its items;
 * keys are compared by the caller, who walks the items of one hash. Order is not defined
 * and must not be seen. */
#ifndef TCN_ENGINE_TABLE_H
#define TCN_ENGINE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/compiler.h"

typedef struct tcn_table_link {
    struct tcn_table_link *next;
    uint32_t hash;
} tcn_table_link;

/* The first item of a chain, and in the 16 bits that addresses leave free a mark for each
 * of its items: most look-ups of what is not there end without touching an item. */
typedef uintptr_t tcn_table_chain;
#define TCN_TABLE_ADDRESS ((UINT64_C(1) << 48) - 1)

/* A table of one chain is its own array, so that a small one is reached in one fetch; so
 * it must stay where it is while it has items. */
typedef struct tcn_table {
    tcn_table_chain *chains; /* NULL, or one, or an array on the heap */
    tcn_table_chain one;
    uint32_t capacity; /* of the array on the heap */
    uint32_t used;     /* chains in use: base + those of base that are split already */
    uint32_t base;     /* a power of two */
    uint32_t count;
} tcn_table;

/* A zeroed table is an empty one. */
void tcn_table_deinit(tcn_table *table);
/* 0 or TCN_E_NOMEM, then item is not in it. Equal items are not looked for. */
int tcn_table_add(tcn_table *table, tcn_table_link *item, uint32_t hash);
/* item is in the table. */
void tcn_table_remove(tcn_table *table, tcn_table_link *item);
/* Takes out all items as one chain, linked by next. */
tcn_table_link *tcn_table_take(tcn_table *table);
/* Takes out any item; NULL when there is none. Afterwards the table may only be emptied.
 */
tcn_table_link *tcn_table_pop(tcn_table *table);

static inline uint32_t tcn_table_place(const tcn_table *table, uint32_t hash)
{
    uint32_t chain = hash & (table->base - 1);
    if (chain < table->used - table->base)
        chain = hash & (2 * table->base - 1);
    return chain;
}

static inline tcn_table_link *tcn_table_head(tcn_table_chain chain)
{
    return (tcn_table_link *)(chain & TCN_TABLE_ADDRESS);
}
static inline tcn_table_chain tcn_table_mark(uint32_t hash)
{
    return UINT64_C(1) << (48 + (hash >> 28));
}

/* The first item of a chain that may have one with that hash, or NULL. */
static inline tcn_table_link *tcn_table_head_of(const tcn_table *table, uint32_t hash)
{
    if (table->used == 0)
        return NULL;
    tcn_table_chain chain = table->chains[tcn_table_place(table, hash)];
    return (chain & tcn_table_mark(hash)) != 0 ? tcn_table_head(chain) : NULL;
}

/* For what is looked up a little later: fetches the chain of a hash, and then, when there
 * may be an item with that hash, the first one of the chain, which is returned. */
static inline void tcn_table_fetch_chain(const tcn_table *table, uint32_t hash)
{
    if (table->used > 1)
        tcn_prefetch(&table->chains[tcn_table_place(table, hash)]);
}
static inline const tcn_table_link *tcn_table_fetch_first(const tcn_table *table,
                                                          uint32_t hash)
{
    const tcn_table_link *first = tcn_table_head_of(table, hash);
    if (first != NULL)
        tcn_prefetch(first);
    return first;
}

/* First item with that hash, or NULL; then tcn_table_next until NULL. */
static inline tcn_table_link *tcn_table_first(const tcn_table *table, uint32_t hash)
{
    tcn_table_link *item = tcn_table_head_of(table, hash);
    while (item != NULL && item->hash != hash)
        item = item->next;
    return item;
}
static inline tcn_table_link *tcn_table_next(const tcn_table_link *item)
{
    tcn_table_link *next = item->next;
    while (next != NULL && next->hash != item->hash)
        next = next->next;
    return next;
}

/* Every item: start with *chain = 0 and NULL, go on with the last item. NULL at the end.
 * The table must not change meanwhile. */
tcn_table_link *tcn_table_walk(const tcn_table *table, uint32_t *chain,
                               tcn_table_link *last);

#endif
