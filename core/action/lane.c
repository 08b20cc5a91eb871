/* SPDX-License-Identifier: Apache-2.0 */
/* lane.c - the order inside one lane and when it may go on. Which lane comes first is the
 * dispatcher's business. */
#include "core/action/lane.h"

#include <stdio.h>

#include "core/base/alloc.h"
#include "core/base/datetime.h"

/* ---- jobs ---- */

int tcn_lane_reserve(tcn_lane *lane)
{
    return tcn_heap_reserve(&lane->waiting, lane->count + 1);
}

static void append(tcn_lane *lane, tcn_job *job)
{
    uint64_t id = job->entry->id;
    if (lane->count == 0 || id < lane->id_min)
        lane->id_min = id;
    if (lane->count == 0 || id > lane->id_max)
        lane->id_max = id;
    job->lane = lane;
    lane->count++;
    tcn_list_append(&lane->jobs, &job->link);
}

int tcn_lane_add(tcn_lane *lane, tcn_outbox_entry *entry, int64_t due_mono_us,
                 tcn_job **ret)
{
    int rc = tcn_lane_reserve(lane);
    if (rc < 0)
        return rc;
    tcn_job *job = tcn_alloc_zero(sizeof *job);
    if (job == NULL)
        return TCN_E_NOMEM;
    job->entry = entry;
    append(lane, job);
    tcn_lane_requeue(job, due_mono_us);
    *ret = job;
    return 0;
}

void tcn_lane_requeue(tcn_job *job, int64_t due_mono_us)
{
    tcn_heap_put(&job->lane->waiting, &job->due, due_mono_us, job->entry->id);
}

void tcn_lane_move(tcn_job *job, tcn_lane *lane, int64_t now_mono_us, int64_t now_us)
{
    tcn_heap_remove(&job->lane->waiting, &job->due);
    tcn_list_remove(&job->link);
    job->lane->count--;
    append(lane, job);
    job->entry->block = tcn_str_of(lane->name, lane->name_len);
    job->entry->attempt = 0;
    job->entry->created_at_us = now_us;
    job->entry->progress = (tcn_str){0};
    tcn_free(job->progress);
    job->progress = NULL;
    tcn_lane_requeue(job, now_mono_us);
}

void tcn_job_free(tcn_job *job)
{
    tcn_heap_remove(&job->lane->waiting, &job->due);
    tcn_list_remove(&job->link);
    job->lane->count--;
    tcn_outbox_entry_free(job->entry);
    tcn_free(job->rendered);
    tcn_free(job->progress);
    tcn_free(job);
}

tcn_job *tcn_lane_next(const tcn_lane *lane)
{
    tcn_heap_item *first = tcn_heap_first(&lane->waiting);
    return first == NULL ? NULL : tcn_container_of(first, tcn_job, due);
}

tcn_job *tcn_lane_oldest(const tcn_lane *lane)
{
    tcn_list_foreach (it, &lane->jobs) {
        tcn_job *job = tcn_container_of(it, tcn_job, link);
        if (job->due.place != 0)
            return job;
    }
    return NULL;
}

/* ---- lanes ---- */

tcn_lane *tcn_lane_new(tcn_str name)
{
    tcn_lane *lane = tcn_alloc_zero(sizeof *lane + name.len + 1);
    if (lane == NULL)
        return NULL;
    tcn_list_init(&lane->link);
    tcn_list_init(&lane->sibling);
    tcn_list_init(&lane->jobs);
    lane->concurrency = 1;
    lane->name_len = name.len;
    if (name.len > 0)
        memcpy(lane->name, name.ptr, name.len);
    snprintf(lane->component, sizeof lane->component, "actions");
    return lane;
}

void tcn_lane_free(tcn_lane *lane)
{
    if (lane == NULL)
        return;
    tcn_list_foreach (it, &lane->jobs)
        tcn_job_free(tcn_container_of(it, tcn_job, link));
    tcn_list_remove(&lane->link);
    tcn_list_remove(&lane->sibling);
    tcn_quota_set_clear(&lane->quotas);
    tcn_heap_deinit(&lane->waiting);
    tcn_free(lane);
}

void tcn_lane_look(tcn_lane *lane, const tcn_block_info *info)
{
    lane->concurrency = info->concurrency > 0 ? info->concurrency : 1;
    lane->deadline_ms = info->deadline_ms;
    snprintf(lane->component, sizeof lane->component, "%s[%s]", info->plugin_id,
             info->name);
}

int tcn_lane_bind(tcn_lane *lane, tcn_destination *destination, const tcn_rates *rates)
{
    if (lane->destination != destination) {
        tcn_list_remove(&lane->sibling);
        tcn_list_append(&destination->lanes, &lane->sibling);
        tcn_quota_set_clear(&lane->quotas);
        lane->destination = destination;
    }
    return tcn_quota_set_use(&lane->quotas, &destination->quotas, rates);
}

int64_t tcn_job_deadline_us(const tcn_job *job)
{
    if (job->lane->deadline_ms > 0)
        return job->entry->created_at_us + job->lane->deadline_ms * TCN_MS_US;
    return job->entry->deadline_at_us;
}

/* A lane whose last attempt failed sends one at a time until something goes through: a
 * dead block then holds one of the dispatcher's places, not several. */
static size_t places(const tcn_lane *lane)
{
    return lane->is_failing ? 1 : lane->concurrency;
}

int64_t tcn_lane_start_mono_us(const tcn_lane *lane)
{
    const tcn_heap_item *first = tcn_heap_first(&lane->waiting);
    if (first == NULL || lane->in_flight >= places(lane))
        return INT64_MAX;
    int64_t start_us = first->at_us;
    if (start_us < lane->not_before_mono_us)
        start_us = lane->not_before_mono_us;
    const tcn_destination *destination = lane->destination;
    if (destination == NULL)
        return start_us;
    if (destination->is_probing)
        return INT64_MAX;
    int64_t allowed_us = tcn_quota_set_start_mono_us(&lane->quotas);
    if (allowed_us < destination->paused_until_mono_us)
        allowed_us = destination->paused_until_mono_us;
    return start_us < allowed_us ? allowed_us : start_us;
}

int64_t tcn_lane_awake_mono_us(const tcn_lane *lane, int64_t now_mono_us, int64_t now_us)
{
    int64_t start_us = tcn_lane_start_mono_us(lane);
    const tcn_job *oldest = tcn_lane_oldest(lane);
    if (oldest == NULL)
        return start_us;
    int64_t left_us = tcn_job_deadline_us(oldest) - now_us;
    int64_t give_up_us = now_mono_us + (left_us > 0 ? left_us : 0);
    if (give_up_us < oldest->due.at_us)
        give_up_us = oldest->due.at_us;
    return start_us < give_up_us ? start_us : give_up_us;
}

/* ---- destinations ---- */

tcn_destination *tcn_destination_new(uint64_t key)
{
    tcn_destination *destination = tcn_alloc_zero(sizeof *destination);
    if (destination == NULL)
        return NULL;
    destination->key = key;
    tcn_list_init(&destination->lanes);
    tcn_list_init(&destination->quotas);
    return destination;
}

void tcn_destination_free(tcn_destination *destination)
{
    tcn_free(destination);
}

void tcn_destination_pause(tcn_destination *destination, int64_t until_mono_us,
                           int64_t until_us)
{
    destination->needs_probe = true;
    if (until_mono_us <= destination->paused_until_mono_us)
        return;
    destination->paused_until_mono_us = until_mono_us;
    destination->paused_until_us = until_us;
}

void tcn_destination_release(tcn_destination *destination)
{
    destination->needs_probe = false;
    destination->paused_until_mono_us = 0;
    destination->paused_until_us = 0;
}
