/* SPDX-License-Identifier: Apache-2.0 */
/* table.c - linear hashing. With `used` chains, base <= used < 2 * base: chains below
 * used - base and from base on hold items by one more bit of their hash than the others.
 */
#include "core/engine/table.h"

#include "core/base/alloc.h"
#include "core/base/err.h"

#define CHAINS_MAX  (UINT32_C(1) << 30)
#define SPLIT_AHEAD 8 /* chains, whose items are fetched before their turn */

void tcn_table_deinit(tcn_table *table)
{
    if (table->chains != &table->one)
        tcn_free(table->chains);
    *table = (tcn_table){0};
}

static void push(tcn_table_chain *chain, tcn_table_link *item)
{
    item->next = tcn_table_head(*chain);
    tcn_table_chain marks = *chain & ~TCN_TABLE_ADDRESS;
    *chain = (tcn_table_chain)item | marks | tcn_table_mark(item->hash);
}

/* Begins to load the first items of chains that are divided soon: the second one of a
 * chain is known once the first one is there. */
static void fetch_ahead(const tcn_table *table, uint32_t next)
{
    if (next + 2 * SPLIT_AHEAD >= table->base)
        return;
    tcn_prefetch(tcn_table_head(table->chains[next + 2 * SPLIT_AHEAD]));
    const tcn_table_link *first = tcn_table_head(table->chains[next + SPLIT_AHEAD]);
    if (first != NULL)
        tcn_prefetch(first->next);
}

/* Divides the chain whose turn it is between itself and a new one at the end. */
static void split(tcn_table *table)
{
    tcn_table_chain *from = &table->chains[table->used - table->base];
    tcn_table_chain *to = &table->chains[table->used];
    tcn_table_link *item = tcn_table_head(*from);
    *from = 0;
    *to = 0;
    while (item != NULL) {
        tcn_table_link *next = item->next;
        push((item->hash & table->base) != 0 ? to : from, item);
        item = next;
    }
    table->used++;
    if (table->used == 2 * table->base)
        table->base *= 2;
    fetch_ahead(table, table->used - table->base);
}

/* Makes room for one chain more, on the heap. */
static int reserve(tcn_table *table)
{
    bool is_inside = table->chains == &table->one;
    void *chains = is_inside ? NULL : table->chains;
    int rc =
        tcn_grow_small(&chains, &table->capacity, table->used + 1, sizeof table->one);
    if (rc < 0)
        return rc;
    table->chains = chains;
    if (is_inside)
        table->chains[0] = table->one;
    return 0;
}

static int grow(tcn_table *table)
{
    if (table->used > 0) {
        int rc = reserve(table);
        if (rc == 0)
            split(table);
        return rc;
    }
    table->chains = &table->one;
    table->one = 0;
    table->base = 1;
    table->used = 1;
    return 0;
}

int tcn_table_add(tcn_table *table, tcn_table_link *item, uint32_t hash)
{
    if (table->count >= table->used && table->used < CHAINS_MAX) {
        int rc = grow(table);
        if (rc < 0)
            return rc;
    }
    item->hash = hash;
    push(&table->chains[tcn_table_place(table, hash)], item);
    table->count++;
    return 0;
}

void tcn_table_remove(tcn_table *table, tcn_table_link *item)
{
    tcn_table_chain *chain = &table->chains[tcn_table_place(table, item->hash)];
    tcn_table_link *other = tcn_table_head(*chain);
    *chain = 0;
    while (other != NULL) {
        tcn_table_link *next = other->next;
        if (other != item)
            push(chain, other);
        other = next;
    }
    item->next = NULL;
    table->count--;
}

tcn_table_link *tcn_table_take(tcn_table *table)
{
    tcn_table_link *all = NULL;
    for (uint32_t i = 0; i < table->used; i++) {
        tcn_table_link *item = tcn_table_head(table->chains[i]);
        table->chains[i] = 0;
        while (item != NULL) {
            tcn_table_link *next = item->next;
            item->next = all;
            all = item;
            item = next;
        }
    }
    table->count = 0;
    return all;
}

tcn_table_link *tcn_table_pop(tcn_table *table)
{
    while (table->used > 0 && table->chains[table->used - 1] == 0)
        table->used--;
    if (table->used == 0)
        return NULL;
    tcn_table_chain *last = &table->chains[table->used - 1];
    tcn_table_link *item = tcn_table_head(*last);
    *last = (tcn_table_chain)item->next;
    table->count--;
    return item;
}

tcn_table_link *tcn_table_walk(const tcn_table *table, uint32_t *chain,
                               tcn_table_link *last)
{
    if (last != NULL && last->next != NULL)
        return last->next;
    if (last != NULL)
        ++*chain;
    while (*chain < table->used && table->chains[*chain] == 0)
        ++*chain;
    return *chain < table->used ? tcn_table_head(table->chains[*chain]) : NULL;
}
