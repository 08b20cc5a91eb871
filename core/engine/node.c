/* SPDX-License-Identifier: Apache-2.0 */
/* node.c - the buckets of a node: in a table by their keys, or the only one that there
 * can be in the node itself. */
#include "core/engine/node.h"

#include "core/base/alloc.h"

static tcn_bucket *bucket_of(const tcn_table_link *link)
{
    return link != NULL
               ? tcn_container_of((tcn_table_link *)(uintptr_t)link, tcn_bucket, link)
               : NULL;
}

/* NULL when it is not there. */
static tcn_bucket *own_bucket(const tcn_node *node)
{
    return node->is_open ? (tcn_bucket *)(uintptr_t)&node->buckets.own : NULL;
}

tcn_bucket *tcn_node_find_bucket(const tcn_node *node, tcn_str key, uint32_t hash)
{
    if (node->has_own_bucket)
        return own_bucket(node);
    tcn_table_link *link = tcn_table_first(&node->buckets.keyed.table, hash);
    for (; link != NULL; link = tcn_table_next(link)) {
        if (tcn_str_eq(tcn_bucket_key(bucket_of(link)), key))
            return bucket_of(link);
    }
    return NULL;
}

static tcn_bucket *open_own(tcn_node *node)
{
    node->is_open = true;
    tcn_bucket_init(&node->buckets.own, node, TCN_STR(""));
    return &node->buckets.own;
}

tcn_bucket *tcn_node_add_bucket(tcn_node *node, tcn_str key, uint32_t hash)
{
    if (node->has_own_bucket)
        return open_own(node);
    tcn_bucket *bucket = tcn_alloc(sizeof *bucket + key.len);
    if (bucket == NULL)
        return NULL;
    tcn_bucket_init(bucket, node, key);
    if (tcn_table_add(&node->buckets.keyed.table, &bucket->link, hash) < 0) {
        tcn_free(bucket);
        return NULL;
    }
    return bucket;
}

void tcn_node_remove_bucket(tcn_bucket *bucket)
{
    tcn_node *node = bucket->node;
    if (node->has_own_bucket) {
        node->is_open = false;
        return;
    }
    tcn_table_remove(&node->buckets.keyed.table, &bucket->link);
    tcn_free(bucket);
}

/* ---- all of them ---- */

void tcn_node_give_up_buckets(tcn_node *node, tcn_leftovers *leftovers)
{
    if (node->has_own_bucket)
        node->is_open = false;
    else
        tcn_leftovers_take(leftovers, &node->buckets.keyed.table);
}

tcn_bucket *tcn_node_next_bucket(const tcn_node *node, uint32_t *chain, tcn_bucket *last)
{
    if (node->has_own_bucket)
        return last == NULL ? own_bucket(node) : NULL;
    return bucket_of(tcn_table_walk(&node->buckets.keyed.table, chain,
                                    last != NULL ? &last->link : NULL));
}

uint32_t tcn_node_chains(const tcn_node *node)
{
    return node->has_own_bucket ? 1 : node->buckets.keyed.table.used;
}

tcn_bucket *tcn_node_chain(const tcn_node *node, uint32_t chain)
{
    return node->has_own_bucket
               ? own_bucket(node)
               : bucket_of(tcn_table_head(node->buckets.keyed.table.chains[chain]));
}

tcn_bucket *tcn_node_chain_next(const tcn_bucket *last)
{
    return last->node->has_own_bucket ? NULL : bucket_of(last->link.next);
}
