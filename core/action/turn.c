/* SPDX-License-Identifier: Apache-2.0 */
/* turn.c - what starts next. Lanes stand in a heap by the time at which something of them
 * can be done, then by the number of their next job: so the actions of one firing start
 * in the order in which they were queued, unless a lane cannot go on, which holds up
 * nobody else. */
#include <stdio.h>

#include "core/action/attempt.h"
#include "core/base/alloc.h"
#include "core/base/datetime.h"

#define STARTS_PER_TURN 256
#define TURN_US         (10 * TCN_MS_US) /* an ordinary start takes some 20 us */
#define REST_MAX_US     TCN_SECOND_US
#define SLOW_US         TCN_SECOND_US
#define RECHECK_MIN_US  (250 * TCN_MS_US)
#define RECHECK_MAX_US  (30 * TCN_SECOND_US)

static enum tcn_place_need need_of(const tcn_dispatcher *dispatcher, const tcn_lane *lane)
{
    if (lane == dispatcher->blockless || lane->in_flight == 0)
        return TCN_PLACE_FREE;
    return lane->slow > 0 ? TCN_PLACE_SLOW : TCN_PLACE_MORE;
}

void tcn_dispatcher_touch(tcn_dispatcher *dispatcher, tcn_lane *lane)
{
    int64_t at_us = tcn_lane_awake_mono_us(lane, tcn_dispatcher_mono_us(dispatcher),
                                           tcn_dispatcher_now_us(dispatcher));
    const tcn_job *next = tcn_lane_next(lane);
    tcn_heap_remove(&dispatcher->awake[lane->awake_in], &lane->awake);
    if (at_us == INT64_MAX || next == NULL)
        return;
    lane->awake_in = need_of(dispatcher, lane);
    tcn_heap_put(&dispatcher->awake[lane->awake_in], &lane->awake, at_us,
                 next->entry->id);
}

void tcn_dispatcher_touch_all(tcn_dispatcher *dispatcher, tcn_destination *destination)
{
    tcn_list_foreach (it, &destination->lanes)
        tcn_dispatcher_touch(dispatcher, tcn_container_of(it, tcn_lane, sibling));
}

static int find_destination(tcn_dispatcher *dispatcher, uint64_t key,
                            tcn_destination **ret)
{
    tcn_str name = tcn_str_of((const char *)&key, sizeof key);
    tcn_destination *destination = tcn_map_get(&dispatcher->destinations, name);
    if (destination == NULL) {
        destination = tcn_destination_new(key);
        if (destination == NULL)
            return TCN_E_NOMEM;
        name = tcn_str_of((const char *)&destination->key, sizeof destination->key);
        int rc = tcn_map_put(&dispatcher->destinations, name, destination, NULL);
        if (rc < 0) {
            tcn_destination_free(destination);
            return rc;
        }
    }
    *ret = destination;
    return 0;
}

int tcn_dispatcher_adopt(tcn_dispatcher *dispatcher, tcn_lane *lane,
                         const tcn_block_info *info)
{
    tcn_lane_look(lane, info);
    tcn_destination *destination = lane->destination;
    if (destination == NULL || destination->key != info->destination) {
        int rc = find_destination(dispatcher, info->destination, &destination);
        if (rc < 0)
            return rc;
    }
    return tcn_lane_bind(lane, destination, &info->rates);
}

/* ---- one lane ---- */

/* Something stands in the way; the lane sleeps, each time twice as long. */
static void put_off(tcn_dispatcher *dispatcher, tcn_lane *lane)
{
    lane->recheck_us = lane->recheck_us == 0 ? RECHECK_MIN_US : 2 * lane->recheck_us;
    if (lane->recheck_us > RECHECK_MAX_US)
        lane->recheck_us = RECHECK_MAX_US;
    lane->not_before_mono_us = tcn_dispatcher_mono_us(dispatcher) + lane->recheck_us;
}

static bool is_expired(tcn_dispatcher *dispatcher, const tcn_job *job)
{
    return tcn_job_deadline_us(job) <= tcn_dispatcher_now_us(dispatcher);
}

static void refuse_expired(tcn_dispatcher *dispatcher, tcn_job *job,
                           const tcn_block_info *info)
{
    char reason[300];
    if (info == NULL)
        (void)snprintf(reason, sizeof reason,
                       "its deadline passed while there was no block \"%.200s\"",
                       job->lane->name);
    else
        (void)snprintf(reason, sizeof reason, "its deadline passed %s",
                       info->is_ready ? "before it could be sent"
                                      : "while its block was not ready");
    tcn_attempt_refuse(dispatcher, job, info, TCN_STR("deadline"), tcn_str_c(reason));
}

/* Whoever renamed a block, or took its file away by mistake, loses nothing: what is
 * queued for it waits until it is back. */
static void wait_for_block(tcn_dispatcher *dispatcher, tcn_lane *lane)
{
    if (lane->recheck_us == 0)
        tcn_log_write(dispatcher->options.log, TCN_LOG_WARNING, "outbox",
                      "there is no block \"%s\": its actions wait for it until their "
                      "deadline",
                      lane->name);
    put_off(dispatcher, lane);
}

static void work_on_blockless(tcn_dispatcher *dispatcher, tcn_job *job)
{
    if (job->is_over_limit)
        tcn_attempt_refuse(dispatcher, job, NULL, TCN_STR("full"),
                           TCN_STR("too many actions of its block are queued"));
    else
        tcn_attempt_start(dispatcher, job, NULL);
}

static void work_on(tcn_dispatcher *dispatcher, tcn_lane *lane)
{
    tcn_job *job = tcn_lane_next(lane);
    if (lane == dispatcher->blockless) {
        work_on_blockless(dispatcher, job);
        return;
    }
    tcn_str name = tcn_str_of(lane->name, lane->name_len);
    tcn_block *block = tcn_plugins_block(dispatcher->options.plugins, name);
    const tcn_block_info *info = block != NULL ? tcn_block_info_get(block) : NULL;
    if (info != NULL && tcn_dispatcher_adopt(dispatcher, lane, info) < 0) {
        put_off(dispatcher, lane);
        return;
    }
    tcn_job *oldest = tcn_lane_oldest(lane);
    if (is_expired(dispatcher, oldest)) {
        refuse_expired(dispatcher, oldest, info);
    } else if (info == NULL) {
        wait_for_block(dispatcher, lane);
    } else if (!info->is_ready) {
        put_off(dispatcher, lane);
    } else if (tcn_lane_start_mono_us(lane) <= tcn_dispatcher_mono_us(dispatcher)) {
        lane->recheck_us = 0;
        lane->not_before_mono_us = 0;
        tcn_attempt_start(dispatcher, job, block);
    }
}

/* ---- all lanes ---- */

/* Every lane may have one delivery in flight, whatever the others do. For more of them it
 * needs a place; what has been in flight for long gives its place back, so that lanes
 * that hang hold none. Such a lane gets more only while most places are free: starting
 * something takes time of the loop, which the others would wait for. In the end its own
 * concurrency bounds it. */
static bool has_place(const tcn_dispatcher *dispatcher, int need)
{
    size_t taken = dispatcher->in_flight - dispatcher->slow_count;
    size_t places = dispatcher->options.concurrency;
    if (need == TCN_PLACE_SLOW)
        places = (places + 7) / 8;
    return need == TCN_PLACE_FREE || taken < places;
}

/* Marks what takes long. Returns when the next attempt will: INT64_MAX when none is left.
 */
static int64_t mark_slow(tcn_dispatcher *dispatcher, int64_t now_mono_us)
{
    tcn_list *first;
    while ((first = tcn_list_first(&dispatcher->attempts)) != NULL) {
        tcn_attempt *attempt = tcn_container_of(first, tcn_attempt, link);
        int64_t at_us = attempt->began_mono_us + SLOW_US;
        if (at_us > now_mono_us)
            return at_us;
        tcn_list_remove(first);
        tcn_list_append(&dispatcher->slow, first);
        attempt->is_slow = true;
        attempt->job->lane->slow++;
        dispatcher->slow_count++;
        tcn_dispatcher_touch(dispatcher, attempt->job->lane);
    }
    return INT64_MAX;
}

/* When the loop has to look again. */
static int64_t next_look(tcn_dispatcher *dispatcher, const tcn_heap_item *first,
                         int64_t slow_at_us)
{
    int64_t at_us = first != NULL ? first->at_us : INT64_MAX;
    bool is_short = false;
    for (int need = 0; need < TCN_PLACE_NEEDS; need++)
        is_short = is_short || (!has_place(dispatcher, need) &&
                                tcn_heap_first(&dispatcher->awake[need]) != NULL);
    return is_short && slow_at_us < at_us ? slow_at_us : at_us;
}

/* The first of the heaps' items that a place is there for; NULL: none. */
static tcn_heap_item *first_awake(const tcn_dispatcher *dispatcher)
{
    tcn_heap_item *first = NULL;
    for (int need = 0; need < TCN_PLACE_NEEDS; need++) {
        tcn_heap_item *item = tcn_heap_first(&dispatcher->awake[need]);
        if (item == NULL || !has_place(dispatcher, need))
            continue;
        if (first == NULL || tcn_heap_is_before(item, first))
            first = item;
    }
    return first;
}

/* Templates may take tens of milliseconds, and a request that comes meanwhile needs some
 * turns of the loop: a lane that held it rests for as long. Returns when that was. */
static int64_t note_time(tcn_dispatcher *dispatcher, tcn_lane *lane,
                         int64_t began_mono_us)
{
    int64_t now_mono_us = tcn_dispatcher_mono_us(dispatcher);
    int64_t took_us = now_mono_us - began_mono_us;
    if (took_us > REST_MAX_US)
        took_us = REST_MAX_US;
    if (took_us >= TURN_US && lane->not_before_mono_us < now_mono_us + took_us)
        lane->not_before_mono_us = now_mono_us + took_us;
    return now_mono_us;
}

void tcn_dispatcher_turn(tcn_dispatcher *dispatcher)
{
    if (dispatcher->is_quiescing)
        return;
    if (tcn_dispatcher_admit(dispatcher))
        tcn_dispatcher_kick(dispatcher);
    int64_t now_mono_us = tcn_dispatcher_mono_us(dispatcher), at_mono_us = now_mono_us;
    int64_t slow_at_us = mark_slow(dispatcher, now_mono_us);
    tcn_heap_item *first = first_awake(dispatcher);
    for (int starts = 0; first != NULL && first->at_us <= now_mono_us; starts++) {
        if (starts == STARTS_PER_TURN || at_mono_us - now_mono_us >= TURN_US) {
            tcn_dispatcher_kick(dispatcher);
            return;
        }
        tcn_lane *lane = tcn_container_of(first, tcn_lane, awake);
        work_on(dispatcher, lane);
        at_mono_us = note_time(dispatcher, lane, at_mono_us);
        tcn_dispatcher_touch(dispatcher, lane);
        first = first_awake(dispatcher);
    }
    tcn_dispatcher_alarm(dispatcher, next_look(dispatcher, first, slow_at_us));
}
