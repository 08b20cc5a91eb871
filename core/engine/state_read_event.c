/* SPDX-License-Identifier: Apache-2.0 */
/* state_read_event.c - events of a saved state: those that wait for their leaders, and
 * the queue of those that the engine emitted. */
#include <stdlib.h>

#include "core/base/alloc.h"
#include "core/engine/state_read_int.h"

static int read_resource(tcn_state_source *in, bool is_related, tcn_resource *ret)
{
    int rc = tcn_state_read_labels(in, &ret->labels, &ret->count);
    if (rc < 0)
        return rc;
    const tcn_str *id = tcn_resource_label(ret, TCN_STR("prefect.resource.id"));
    const tcn_str *role = tcn_resource_label(ret, TCN_STR("prefect.resource.role"));
    if (id == NULL || (is_related && role == NULL))
        return tcn_state_corrupt(in, "resource");
    ret->id = *id;
    ret->role = role != NULL ? *role : TCN_STR("");
    return 0;
}

static int read_event_into(tcn_state_source *in, tcn_event *event)
{
    event->id = tcn_state_read_uuid(in);
    event->has_follows = tcn_state_read_bool(in);
    event->follows = tcn_state_read_uuid(in);
    event->depth = tcn_state_read_depth(in);
    event->occurred_at_us = tcn_state_read_time(in);
    event->received_at_us = tcn_state_read_time(in);
    event->position = tcn_reader_u64(&in->reader);
    event->name = tcn_reader_field(&in->reader);
    event->payload = tcn_reader_field(&in->reader);
    event->source = tcn_reader_field(&in->reader);
    int rc = read_resource(in, false, &event->resource);
    if (rc < 0)
        return rc;
    event->related_count = tcn_state_read_count(in, 4);
    event->related = tcn_arena_zero(&in->engine->arena,
                                    (event->related_count + 1) * sizeof *event->related);
    if (event->related == NULL)
        return tcn_state_no_memory(in);
    for (uint32_t i = 0; rc == 0 && i < event->related_count; i++)
        rc = read_resource(in, true, &event->related[i]);
    return rc == 0 && in->reader.failed ? tcn_state_corrupt(in, "event") : rc;
}

/* *ret stands alone. */
static int read_event(tcn_state_source *in, tcn_event **ret)
{
    tcn_event event = {0};
    int rc = read_event_into(in, &event);
    if (rc < 0)
        return rc;
    *ret = tcn_event_copy(&event);
    tcn_arena_reset(&in->engine->arena, STEP_ARENA_KEPT);
    return *ret != NULL ? 0 : tcn_state_no_memory(in);
}

/* ---- those that wait ---- */

int tcn_state_read_follower(tcn_state_source *in)
{
    int rc = tcn_grow((void **)&in->followers, &in->follower_capacity,
                      in->follower_count + 1, sizeof *in->followers);
    if (rc < 0)
        return tcn_state_no_memory(in);
    tcn_state_follower next = {.give_up_us = tcn_state_read_time(in),
                               .sequence = tcn_reader_u64(&in->reader)};
    if (next.sequence >= in->follower_sequence)
        return tcn_state_corrupt(in, "place of a waiting event");
    rc = read_event(in, &next.event);
    if (rc == 0)
        in->followers[in->follower_count++] = next;
    return rc;
}

static int compare_followers(const void *a, const void *b)
{
    const tcn_state_follower *x = a;
    const tcn_state_follower *y = b;
    if (x->give_up_us != y->give_up_us)
        return x->give_up_us < y->give_up_us ? -1 : 1;
    return x->sequence < y->sequence ? -1 : x->sequence > y->sequence;
}

/* In their order each goes to the end of the list. */
int tcn_state_put_followers(tcn_state_source *in)
{
    tcn_waiting *waiting = &in->engine->waiting;
    if (in->follower_count > 1)
        qsort(in->followers, in->follower_count, sizeof *in->followers,
              compare_followers);
    while (in->followers_put < in->follower_count) {
        const tcn_state_follower *next = &in->followers[in->followers_put++];
        waiting->sequence = next->sequence;
        if (tcn_waiting_add_own(waiting, next->event, next->give_up_us) < 0)
            return tcn_state_no_memory(in);
    }
    waiting->sequence = in->follower_sequence;
    return 0;
}

int tcn_state_read_queue(tcn_state_source *in)
{
    uint32_t count = tcn_state_read_count(in, 90);
    for (uint32_t i = 0; i < count; i++) {
        tcn_event *event = NULL;
        int rc = read_event(in, &event);
        if (rc < 0)
            return rc;
        if (tcn_queue_add(&in->engine->emitted_queue, event, event) < 0)
            return tcn_state_no_memory(in);
    }
    return 0;
}
