/* SPDX-License-Identifier: Apache-2.0 */
/* waiting.c - the followers that wait. */
#include "core/engine/waiting.h"

#include <stdlib.h>

#include "core/base/alloc.h"
#include "core/base/err.h"

void tcn_waiting_init(tcn_waiting *waiting, uint64_t seed)
{
    *waiting = (tcn_waiting){.seed = seed};
    tcn_list_init(&waiting->followers);
}

void tcn_waiting_deinit(tcn_waiting *waiting)
{
    tcn_list_foreach (it, &waiting->followers) {
        tcn_follower *follower = tcn_container_of(it, tcn_follower, link);
        tcn_event_free(follower->event);
        tcn_free(follower);
    }
    tcn_list_init(&waiting->followers);
    tcn_table_deinit(&waiting->by_id);
    tcn_table_deinit(&waiting->by_leader);
}

static uint32_t hash_id(const tcn_waiting *waiting, const tcn_uuid *id)
{
    return (uint32_t)tcn_hash(id->bytes, sizeof id->bytes, waiting->seed);
}

bool tcn_follower_is_before(const tcn_follower *a, const tcn_follower *b)
{
    if (a->give_up_us != b->give_up_us)
        return a->give_up_us < b->give_up_us;
    return a->sequence < b->sequence;
}

/* Almost always at the end: events come in the order of time. */
static void insert_by_time(tcn_waiting *waiting, tcn_follower *follower)
{
    tcn_list *place = &waiting->followers;
    while (place->prev != &waiting->followers &&
           tcn_follower_is_before(follower,
                                  tcn_container_of(place->prev, tcn_follower, link)))
        place = place->prev;
    tcn_list_insert_before(place, &follower->link);
}

int tcn_waiting_add_own(tcn_waiting *waiting, tcn_event *event, int64_t give_up_us)
{
    tcn_follower *follower = tcn_alloc_zero(sizeof *follower);
    if (follower == NULL)
        goto fail_alloc;
    follower->event = event;
    follower->give_up_us = give_up_us;
    follower->sequence = waiting->sequence++;
    if (tcn_table_add(&waiting->by_id, &follower->by_id, hash_id(waiting, &event->id)) <
        0)
        goto fail_id;
    if (tcn_table_add(&waiting->by_leader, &follower->by_leader,
                      hash_id(waiting, &event->follows)) < 0)
        goto fail_leader;
    insert_by_time(waiting, follower);
    return 0;

fail_leader:
    tcn_table_remove(&waiting->by_id, &follower->by_id);
fail_id:
    tcn_free(follower);
fail_alloc:
    tcn_event_free(event);
    return TCN_E_NOMEM;
}

bool tcn_waiting_has(const tcn_waiting *waiting, const tcn_uuid *id)
{
    tcn_table_link *link = tcn_table_first(&waiting->by_id, hash_id(waiting, id));
    for (; link != NULL; link = tcn_table_next(link)) {
        if (tcn_uuid_eq(&tcn_container_of(link, tcn_follower, by_id)->event->id, id))
            return true;
    }
    return false;
}

tcn_follower *tcn_waiting_first(const tcn_waiting *waiting)
{
    if (tcn_list_is_empty(&waiting->followers))
        return NULL;
    return tcn_container_of(waiting->followers.next, tcn_follower, link);
}

static int by_occurred(const void *a, const void *b)
{
    const tcn_follower *x = *(tcn_follower *const *)a;
    const tcn_follower *y = *(tcn_follower *const *)b;
    if (x->event->occurred_at_us != y->event->occurred_at_us)
        return x->event->occurred_at_us < y->event->occurred_at_us ? -1 : 1;
    return x->sequence < y->sequence ? -1 : 1;
}

static bool is_follower_of(tcn_table_link *link, const tcn_uuid *leader)
{
    return tcn_uuid_eq(&tcn_container_of(link, tcn_follower, by_leader)->event->follows,
                       leader);
}

int tcn_waiting_of(const tcn_waiting *waiting, const tcn_uuid *leader, tcn_arena *arena,
                   tcn_follower ***ret, size_t *ret_count)
{
    tcn_table_link *first =
        tcn_table_first(&waiting->by_leader, hash_id(waiting, leader));
    size_t count = 0;
    for (tcn_table_link *link = first; link != NULL; link = tcn_table_next(link))
        count += is_follower_of(link, leader);
    *ret_count = count;
    if (count == 0)
        return 0;
    tcn_follower **all = tcn_arena_alloc(arena, count * sizeof(tcn_follower *));
    if (all == NULL)
        return TCN_E_NOMEM;
    count = 0;
    for (tcn_table_link *link = first; link != NULL; link = tcn_table_next(link)) {
        if (is_follower_of(link, leader))
            all[count++] = tcn_container_of(link, tcn_follower, by_leader);
    }
    qsort(all, count, sizeof(tcn_follower *), by_occurred);
    *ret = all;
    return 0;
}

int tcn_waiting_lost(const tcn_waiting *waiting, int64_t now_us, tcn_arena *arena,
                     tcn_follower ***ret, size_t *ret_count)
{
    size_t count = 0;
    tcn_list *end = waiting->followers.next;
    for (; end != &waiting->followers; end = end->next) {
        if (tcn_container_of(end, tcn_follower, link)->give_up_us > now_us)
            break;
        count++;
    }
    *ret_count = count;
    if (count == 0)
        return 0;
    tcn_follower **all = tcn_arena_alloc(arena, count * sizeof(tcn_follower *));
    if (all == NULL)
        return TCN_E_NOMEM;
    count = 0;
    for (tcn_list *it = waiting->followers.next; it != end; it = it->next)
        all[count++] = tcn_container_of(it, tcn_follower, link);
    qsort(all, count, sizeof(tcn_follower *), by_occurred);
    *ret = all;
    return 0;
}

tcn_event *tcn_waiting_take(tcn_waiting *waiting, tcn_follower *follower)
{
    tcn_event *event = follower->event;
    tcn_list_remove(&follower->link);
    tcn_table_remove(&waiting->by_id, &follower->by_id);
    tcn_table_remove(&waiting->by_leader, &follower->by_leader);
    tcn_free(follower);
    return event;
}
