/* SPDX-License-Identifier: Apache-2.0 */
/* table.c - linear hashing. With `used` chains, base <= used < 2 * base: chains below
 * used - base and from base on hold items by one more bit of their hash than the others.
 */
#include "core/engine/table.h"

#include "core/base/alloc.h"
#include "core/base/err.h"

#define CHAINS_FIRST 4
#define CHAINS_MAX   (UINT32_C(1) << 30)

void tcn_table_deinit(tcn_table *table)
{
    tcn_free(table->chains);
    *table = (tcn_table){0};
}

/* Divides the chain whose turn it is between itself and a new one at the end. */
static void split(tcn_table *table)
{
    uint32_t from = table->used - table->base;
    tcn_table_link *item = table->chains[from];
    tcn_table_link **stay = &table->chains[from];
    tcn_table_link **move = &table->chains[table->used];
    while (item != NULL) {
        tcn_table_link ***end = (item->hash & table->base) != 0 ? &move : &stay;
        **end = item;
        *end = &item->next;
        item = item->next;
    }
    *stay = NULL;
    *move = NULL;
    table->used++;
    if (table->used == 2 * table->base)
        table->base *= 2;
}

static int grow(tcn_table *table)
{
    size_t need = table->used == 0 ? CHAINS_FIRST : (size_t)table->used + 1;
    int rc = tcn_grow((void **)&table->chains, &table->capacity, need,
                      sizeof(tcn_table_link *));
    if (rc < 0)
        return rc;
    if (table->used == 0) {
        for (size_t i = 0; i < CHAINS_FIRST; i++)
            table->chains[i] = NULL;
        table->base = CHAINS_FIRST;
        table->used = CHAINS_FIRST;
    } else {
        split(table);
    }
    return 0;
}

int tcn_table_add(tcn_table *table, tcn_table_link *item, uint32_t hash)
{
    if (table->count >= table->used && table->used < CHAINS_MAX) {
        int rc = grow(table);
        if (rc < 0)
            return rc;
    }
    tcn_table_link **chain = &table->chains[tcn_table_chain(table, hash)];
    item->hash = hash;
    item->next = *chain;
    *chain = item;
    table->count++;
    return 0;
}

void tcn_table_remove(tcn_table *table, tcn_table_link *item)
{
    tcn_table_link **at = &table->chains[tcn_table_chain(table, item->hash)];
    while (*at != item)
        at = &(*at)->next;
    *at = item->next;
    item->next = NULL;
    table->count--;
}

tcn_table_link *tcn_table_take(tcn_table *table)
{
    tcn_table_link *all = NULL;
    for (uint32_t i = 0; i < table->used; i++) {
        while (table->chains[i] != NULL) {
            tcn_table_link *item = table->chains[i];
            table->chains[i] = item->next;
            item->next = all;
            all = item;
        }
    }
    table->count = 0;
    return all;
}

tcn_table_link *tcn_table_walk(const tcn_table *table, uint32_t *chain,
                               tcn_table_link *last)
{
    if (last != NULL && last->next != NULL)
        return last->next;
    if (last != NULL)
        ++*chain;
    while (*chain < table->used && table->chains[*chain] == NULL)
        ++*chain;
    return *chain < table->used ? table->chains[*chain] : NULL;
}
