/* SPDX-License-Identifier: Apache-2.0 */
/* index.h - from an event to the triggers that it may concern, at a cost that does not
 * depend on how many there are. Each trigger is registered under one of its conditions,
 * the most selective one that can be looked up: a label of the resource, a label of a
 * related resource, or the event's name, with values that are exact or begin literally.
 * What has no such condition stands in a list that every event walks. */
#ifndef TCN_ENGINE_INDEX_H
#define TCN_ENGINE_INDEX_H

#include "core/base/pool.h"
#include "core/engine/lines.h"
#include "core/engine/table.h"
#include "core/event/event.h"

struct tcn_node;
typedef struct tcn_index_entry tcn_index_entry;
typedef struct tcn_index_field tcn_index_field;

/* Where a node is registered: an entry of an index, and the place in its list. */
typedef struct tcn_posting {
    struct tcn_index *index;
    tcn_index_entry *entry;
    uint32_t place;
} tcn_posting;

typedef enum tcn_index_kind {
    TCN_INDEX_NAME,
    TCN_INDEX_RESOURCE,
    TCN_INDEX_RELATED,
    TCN_INDEX_KINDS,
} tcn_index_kind;

typedef struct tcn_index {
    tcn_pool *pool;   /* of entries */
    tcn_table fields; /* tcn_index_field by kind and label */
    /* The fields that nearly every event reaches; NULL: nobody asks for them. */
    tcn_index_field *name, *resource_id, *related_id;
    uint64_t labels[TCN_INDEX_KINDS]; /* a bit for each other label that is asked for:
                                         most are not */
    tcn_index_entry *rest;            /* what cannot be looked up */
    tcn_index_entry *parent; /* whose nodes this index tells apart; NULL: the top */
    uint32_t depth;
    size_t count; /* of postings in it and below */
    uint64_t seed;
    uint64_t look_ups;
} tcn_index;

/* Borrows the pool. */
int tcn_index_init(tcn_index *index, tcn_pool *pool, uint64_t seed);
void tcn_index_deinit(tcn_index *index);
/* node is an event trigger's. 0 or TCN_E_NOMEM, then it is not registered. */
int tcn_index_add(tcn_index *index, struct tcn_node *node);
/* Nothing happens when it is not registered. */
void tcn_index_remove(tcn_index *index, struct tcn_node *node);

/* Most events that are looked up together. */
#define TCN_INDEX_TOGETHER 64

/* What find tells, in no order: for each node that one of the events may concern, some
 * more than once. An entry in which very many nodes stand is told instead of them. */
typedef struct tcn_index_found {
    void (*node)(struct tcn_node *node, uint32_t event, void *ud);
    void (*crowd)(const tcn_index_entry *entry, uint32_t event, void *ud);
    void *ud;
} tcn_index_found;
/* Looks all of the events (TCN_INDEX_TOGETHER at most) up at the same time, so that they
 * wait for memory together. */
void tcn_index_find(tcn_index *index, const tcn_event *events, size_t count,
                    const tcn_index_found *found);
/* Tells most nodes of a crowd from that place on; the place behind them, 0: that was
 * all. */
size_t tcn_index_walk(const tcn_index_entry *entry, uint32_t event, size_t from,
                      size_t most, const tcn_index_found *found);

#endif
