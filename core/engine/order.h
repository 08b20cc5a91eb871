/* SPDX-License-Identifier: Apache-2.0 */
/* order.h - candidates in the order in which they are evaluated: by event, then by
 * automation and trigger, each once. In pieces, for there may be a hundred thousand. */
#ifndef TCN_ENGINE_ORDER_H
#define TCN_ENGINE_ORDER_H

#include <stddef.h>
#include <stdint.h>

struct tcn_node;

#define TCN_RANK_UNREAD UINT64_MAX

/* A trigger to which an event is of interest. */
typedef struct tcn_candidate {
    struct tcn_node *node;
    uint64_t rank;     /* of its automation, once it was asked for */
    uint32_t event;    /* its number among those that were looked at together */
    uint32_t key_hash; /* of the event's bucketing key */
    unsigned interest; /* enum tcn_interest */
} tcn_candidate;

typedef struct tcn_candidates {
    tcn_candidate *items;
    size_t count, capacity;
    tcn_candidate *spare; /* as many, while many are put in order */
    size_t spare_capacity;
    size_t width, at; /* sorted runs, and where the next two of them begin */
} tcn_candidates;

void tcn_candidates_deinit(tcn_candidates *candidates);
/* Before the first piece. 0 or TCN_E_NOMEM. */
int tcn_order_begin(tcn_candidates *candidates);
/* One piece: some thousand candidates, or two runs. How many it moved; 0: they are in
 * order, each once. */
size_t tcn_order_go_on(tcn_candidates *candidates);

#endif
