/* SPDX-License-Identifier: Apache-2.0 */
/* save.h - a round: the state as it was at one instant, written slice by slice while the
 * engine goes on. The walk writes what it meets; whoever is about to change or drop
 * something that the walk has not met yet has it written first, and what came after the
 * round began is not part of it. So every bucket, unit, follower and id that was there at
 * the beginning is written once, as it was then. A change of definitions ends the round.
 */
#ifndef TCN_ENGINE_SAVE_H
#define TCN_ENGINE_SAVE_H

#include "core/base/buf.h"
#include "core/base/list.h"

struct tcn_bucket;
struct tcn_engine;
struct tcn_follower;
struct tcn_unit;

typedef struct tcn_save {
    bool is_on;
    uint32_t round; /* what was written in it, or came after it began, bears its number */
    tcn_buf buf;    /* records that are not handed out yet, from taken on */
    size_t taken;
    uint64_t sum; /* of everything written so far (state_form.h) */
    size_t work;  /* of this slice beside the bytes that it wrote */

    /* the walk: a unit's document, then its buckets node by node, chain by chain */
    size_t unit;
    uint32_t node, chain;
    bool has_document;
    tcn_list *follower;      /* the next one */
    uint64_t followers_from; /* sequence of the first one that came after the beginning */
    uint32_t buckets_left, followers_left;
} tcn_save;

/* What is about to change is written first, if the round needs it. */
void tcn_save_bucket(struct tcn_engine *engine, struct tcn_bucket *bucket);
void tcn_save_unit(struct tcn_engine *engine, struct tcn_unit *unit);
/* Before it is taken out of the list. */
void tcn_save_follower(struct tcn_engine *engine, const struct tcn_follower *follower);
/* Ends the round without a result. */
void tcn_save_cancel(struct tcn_engine *engine);

#endif
