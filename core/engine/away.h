/* SPDX-License-Identifier: Apache-2.0 */
/* away.h - automations that their owner's redeploy has taken out. For a minute of the
 * engine's clock they keep what they have, asleep: whatever of them comes back unchanged
 * goes on with it. They take no events and no timer, and nobody sees them, but their
 * buckets count. What was away for longer is gone at the instant at which the clock says
 * so; its memory is freed later, some of it a step. */
#ifndef TCN_ENGINE_AWAY_H
#define TCN_ENGINE_AWAY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/list.h"

struct tcn_engine;
struct tcn_unit;

/* Places of units that are away; those in force have lower ones. */
#define TCN_RANK_AWAY (UINT64_C(1) << 61)

/* Of a unit. */
typedef struct tcn_absence {
    tcn_list link; /* in the engine's list */
    int64_t left_us;
    uint32_t buckets;
    bool is_on;   /* it is away */
    bool is_over; /* for too long: its buckets count no more */
} tcn_absence;

typedef struct tcn_away {
    tcn_list units;    /* in the order in which they left */
    tcn_list *kept;    /* the first that was not away for too long; &units: none */
    uint32_t count;    /* of those that were not */
    int64_t until_us;  /* beyond this instant the first of them is; INT64_MAX: none */
    uint64_t sequence; /* of departures */
} tcn_away;

void tcn_away_init(tcn_away *away);
/* The unit has something to keep and somebody to bring it back. */
bool tcn_away_is_for(const struct tcn_unit *unit);
/* It stands in no list any more, in units_by_id only. left_us is not before that of those
 * that left earlier. */
void tcn_away_leave(struct tcn_engine *engine, struct tcn_unit *unit, int64_t left_us);
/* Its triggers stay asleep, with what they kept, until it is defined anew; nothing, if it
 * was away for too long. */
void tcn_away_return(struct tcn_engine *engine, struct tcn_unit *unit);
/* After the clock moved: whose time is over. */
void tcn_away_pass(struct tcn_engine *engine);
/* Between two steps: tcn_engine_has_leftovers. */
void tcn_away_free_some(struct tcn_engine *engine);

#endif
