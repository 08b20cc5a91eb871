/* SPDX-License-Identifier: Apache-2.0 */
/* leftovers.c - tables of buckets in a list. */
#include "core/engine/leftovers.h"

#include "core/base/alloc.h"
#include "core/engine/bucket.h"

#define FEW 500

typedef struct tcn_leftover {
    struct tcn_leftover *next;
    tcn_table table; /* of many buckets: its chains are on the heap */
} tcn_leftover;

static uint32_t free_some(tcn_table *table, uint32_t most)
{
    uint32_t count = 0;
    for (; count < most && table->count > 0; count++)
        tcn_free(tcn_container_of(tcn_table_pop(table), tcn_bucket, link));
    if (table->count == 0)
        tcn_table_deinit(table);
    return count;
}

void tcn_leftovers_take(tcn_leftovers *leftovers, tcn_table *table)
{
    tcn_leftover *leftover = table->count > FEW ? tcn_alloc(sizeof *leftover) : NULL;
    if (leftover == NULL) {
        (void)free_some(table, UINT32_MAX);
        return;
    }
    *leftover = (tcn_leftover){leftovers->first, *table};
    *table = (tcn_table){.count = 0};
    leftovers->first = leftover;
    leftovers->count += leftover->table.count;
}

uint32_t tcn_leftovers_free(tcn_leftovers *leftovers, uint32_t most)
{
    uint32_t count = 0;
    while (count < most && leftovers->first != NULL) {
        tcn_leftover *first = leftovers->first;
        count += free_some(&first->table, most - count);
        if (first->table.count > 0)
            break;
        leftovers->first = first->next;
        tcn_free(first);
    }
    leftovers->count -= count;
    return count;
}
