/* SPDX-License-Identifier: Apache-2.0 */
/* save.h - rounds of saving. A round writes a layer: the state as it was at one instant,
 * slice by slice while the engine goes on. A whole layer has everything, another one what
 * has changed since the round before, so that the layers from the last whole one on are
 * the state. The walk writes what it meets; whoever is about to change or drop something
 * that the walk has not met yet has it written first, and what came after the round began
 * is not part of it. So all that the layer needs is written once, as it was then.
 *
 * A change of definitions ends the round, and the next layer is whole. What is away
 * (away.h) changes with them only: when its time is over, the clock of a later layer says
 * so. So it is when the layers hold much that is no more: what is restored is never much
 * more than what is live, and what did not change is written again only after as much has
 * changed.
 */
#ifndef TCN_ENGINE_SAVE_H
#define TCN_ENGINE_SAVE_H

#include "core/base/buf.h"
#include "core/base/list.h"

struct tcn_bucket;
struct tcn_engine;
struct tcn_follower;
struct tcn_unit;

/* Rounds have even numbers. What may be saved bears a mark: the number of the last round:
 * it came or changed after that one began; one less: that round wrote it; two less: it
 * changed before that one began and after the one before; any other: a layer has it as it
 * is. */
typedef uint32_t tcn_save_mark;
#define TCN_SAVE_ROUND ((tcn_save_mark)2) /* before the first one */
#define TCN_SAVE_CLEAN (TCN_SAVE_ROUND - 1)

/* Buckets that earlier layers have and that are no more, by their sequences. */
typedef struct tcn_save_gone {
    uint64_t *sequences;
    size_t count, capacity;
} tcn_save_gone;

typedef struct tcn_save {
    bool is_on;
    bool is_whole;    /* the round's layer */
    bool needs_whole; /* the next round's, whatever the layers hold */
    tcn_save_mark round;

    /* the layers so far, with that of the round when it is handed out */
    uint32_t layers;
    uint64_t records;
    uint64_t ids;           /* so many of those that were ever remembered are in them */
    uint64_t sequence_from; /* of the first bucket that came after the last round began */

    /* since the last round began */
    uint32_t changed_buckets, changed_units;
    tcn_save_gone gone;

    /* the round */
    tcn_buf buf; /* records that are not handed out yet, from taken on */
    size_t taken;
    uint64_t sum; /* of everything written so far (state_form.h) */
    uint64_t written, ids_after;
    size_t work; /* of this slice beside the bytes that it wrote */

    /* the walk: a unit's document, then its buckets node by node, chain by chain; first
     * of the units in force, then, in a whole layer, of those that are away */
    size_t unit;
    tcn_list *away;
    uint32_t node, chain;
    bool has_document;
    tcn_save_gone leaving;
    size_t left;             /* how many of those were written */
    tcn_list *follower;      /* the next one */
    uint64_t followers_from; /* sequence of the first one that came after the beginning */
    uint32_t buckets_left, units_left, followers_left;
} tcn_save;

/* Before and at every change; what is about to change is written, if the round needs it.
 */
void tcn_save_bucket(struct tcn_engine *engine, struct tcn_bucket *bucket);
void tcn_save_unit(struct tcn_engine *engine, struct tcn_unit *unit);
/* One that has just come. */
void tcn_save_new_bucket(struct tcn_engine *engine, struct tcn_bucket *bucket);
/* Before it goes. */
void tcn_save_gone_bucket(struct tcn_engine *engine, struct tcn_bucket *bucket);
/* Before it is taken out of the list. */
void tcn_save_follower(struct tcn_engine *engine, const struct tcn_follower *follower);
/* Ends the round without a result; the next layer is whole. */
void tcn_save_cancel(struct tcn_engine *engine);

/* The engine was restored from that many layers and records. */
void tcn_save_go_on(struct tcn_engine *engine, uint32_t layers, uint64_t records);
void tcn_save_init(tcn_save *save);
void tcn_save_deinit(tcn_save *save);

#endif
