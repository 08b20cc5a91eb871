/* SPDX-License-Identifier: Apache-2.0 */
/* by_hand.c - what a person does to an action that waits: now, or never. */
#include "core/action/attempt.h"

/* Lanes know between which ids theirs are, so most are passed over at a glance. */
static tcn_job *find_in(const tcn_lane *lane, uint64_t id)
{
    if (lane->count == 0 || id < lane->id_min || id > lane->id_max)
        return NULL;
    tcn_list_foreach (it, &lane->jobs) {
        tcn_job *job = tcn_container_of(it, tcn_job, link);
        if (job->entry->id == id)
            return job;
    }
    return NULL;
}

static tcn_job *find(const tcn_dispatcher *dispatcher, uint64_t id)
{
    tcn_job *job = find_in(dispatcher->blockless, id);
    tcn_list_foreach (it, &dispatcher->by_name) {
        if (job == NULL)
            job = find_in(tcn_container_of(it, tcn_lane, link), id);
    }
    return job;
}

/* 0: *ret waits, and may be touched. */
static int find_waiting(const tcn_dispatcher *dispatcher, uint64_t id, tcn_job **ret)
{
    if (dispatcher->is_quiescing)
        return TCN_E_STATE;
    tcn_job *job = find(dispatcher, id);
    if (job == NULL)
        return TCN_E_NOT_FOUND;
    *ret = job;
    return job->due.place != 0 ? 0 : TCN_E_BUSY;
}

int tcn_dispatcher_hurry(tcn_dispatcher *dispatcher, uint64_t id)
{
    tcn_job *job = NULL;
    int rc = find_waiting(dispatcher, id, &job);
    if (rc < 0)
        return rc;
    job->lane->not_before_mono_us = 0;
    tcn_lane_requeue(job, tcn_dispatcher_mono_us(dispatcher));
    tcn_dispatcher_touch(dispatcher, job->lane);
    tcn_dispatcher_kick(dispatcher);
    return 0;
}

int tcn_dispatcher_give_up(tcn_dispatcher *dispatcher, uint64_t id)
{
    tcn_job *job = NULL;
    int rc = find_waiting(dispatcher, id, &job);
    if (rc < 0)
        return rc;
    tcn_lane *lane = job->lane;
    const tcn_block *block = tcn_plugins_block(dispatcher->options.plugins,
                                               tcn_str_of(lane->name, lane->name_len));
    tcn_attempt_refuse(dispatcher, job, block != NULL ? tcn_block_info_get(block) : NULL,
                       TCN_STR("dropped"), TCN_STR("given up by hand"));
    tcn_dispatcher_touch(dispatcher, lane);
    return 0;
}
