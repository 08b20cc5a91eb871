/* SPDX-License-Identifier: Apache-2.0 */
/* dispatcher_int.h - what the files of the dispatcher share: dispatcher.c is the door and
 * the clock, turn.c decides what starts when, attempt.c and settle.c carry one action
 * out. */
#ifndef TCN_ACTION_DISPATCHER_INT_H
#define TCN_ACTION_DISPATCHER_INT_H

#include "core/action/dispatcher.h"
#include "core/action/lane.h"
#include "core/action/tpl_cache.h"

typedef struct tcn_attempt tcn_attempt;

struct tcn_dispatcher {
    tcn_dispatcher_options options;
    char *ui_url;
    tcn_tpl_env env;
    tcn_tpl_cache templates;
    tcn_arena scratch; /* of a rendering */
    uint64_t random;

    /* Entries that came with many others and stand in no lane yet, from arrival on. */
    tcn_outbox_entry **arrivals;
    size_t arrival, arrival_count, arrival_capacity;

    tcn_map lanes; /* by name of the block */
    tcn_list by_name;
    /* Lanes by what they need, and by when something of them can be done. */
    tcn_heap awake[TCN_PLACE_NEEDS];
    tcn_lane *blockless;
    tcn_map destinations;

    /* In flight, in the order in which they began: those that take long, and the others.
     */
    tcn_list slow, attempts;
    size_t in_flight, slow_count;

    uv_timer_t timer; /* the next job's time */
    uv_idle_t idle;   /* there is something to do on this turn of the loop */
    unsigned open_handles;
    bool is_quiescing, is_closing;
    void (*closed)(void *ud);
    void *closed_ud;
};

/* turn.c */

/* Starts and gives up what is due, at most so many that the loop is not held up. */
void tcn_dispatcher_turn(tcn_dispatcher *dispatcher);
/* A lane changed: it is looked at again when its time comes. */
void tcn_dispatcher_touch(tcn_dispatcher *dispatcher, tcn_lane *lane);
/* A destination changed: all lanes that lead to it. */
void tcn_dispatcher_touch_all(tcn_dispatcher *dispatcher, tcn_destination *destination);
/* The lane becomes as the block is now, destination and rates included. 0 or TCN_E_NOMEM.
 */
int tcn_dispatcher_adopt(tcn_dispatcher *dispatcher, tcn_lane *lane,
                         const tcn_block_info *info);

/* dispatcher.c */

/* The cache of templates, with limits as they are configured now. */
tcn_tpl_cache *tcn_dispatcher_templates(tcn_dispatcher *dispatcher);
/* The lane of a block, made if it has none yet. TCN_E_NOT_FOUND: there is no such block.
 */
int tcn_dispatcher_lane(tcn_dispatcher *dispatcher, tcn_str name_or_id, tcn_lane **ret);

/* Some of the arrivals go to their lanes. False: none is left. */
bool tcn_dispatcher_admit(tcn_dispatcher *dispatcher);
/* Makes the loop take a turn soon. */
void tcn_dispatcher_kick(tcn_dispatcher *dispatcher);
/* Makes it take one at that time; INT64_MAX: no more. */
void tcn_dispatcher_alarm(tcn_dispatcher *dispatcher, int64_t at_mono_us);
int64_t tcn_dispatcher_now_us(const tcn_dispatcher *dispatcher);
int64_t tcn_dispatcher_mono_us(const tcn_dispatcher *dispatcher);
/* Ends closing when nothing is in flight and all handles are closed. */
void tcn_dispatcher_close_step(tcn_dispatcher *dispatcher);

#endif
