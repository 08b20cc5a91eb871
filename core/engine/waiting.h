/* SPDX-License-Identifier: Apache-2.0 */
/* waiting.h - followers whose leader was not processed yet: found by their own id, by
 * their leader's, and by the time at which they give up. */
#ifndef TCN_ENGINE_WAITING_H
#define TCN_ENGINE_WAITING_H

#include "core/base/list.h"
#include "core/engine/table.h"
#include "core/event/event.h"

typedef struct tcn_follower {
    tcn_list link; /* by give_up_us, then order of arrival */
    tcn_table_link by_id, by_leader;
    tcn_event *event; /* owned */
    uint64_t sequence;
    int64_t give_up_us;
} tcn_follower;

typedef struct tcn_waiting {
    tcn_list followers;
    tcn_table by_id, by_leader;
    uint64_t sequence, seed;
} tcn_waiting;

void tcn_waiting_init(tcn_waiting *waiting, uint64_t seed);
void tcn_waiting_deinit(tcn_waiting *waiting);
static inline size_t tcn_waiting_count(const tcn_waiting *waiting)
{
    return waiting->by_id.count;
}
/* Takes the event over, also on failure (TCN_E_NOMEM). */
int tcn_waiting_add_own(tcn_waiting *waiting, tcn_event *event, int64_t give_up_us);
/* Its place in the list: by give_up_us, then order of arrival. */
bool tcn_follower_is_before(const tcn_follower *a, const tcn_follower *b);
bool tcn_waiting_has(const tcn_waiting *waiting, const tcn_uuid *id);
/* The one that gives up first, or NULL. */
tcn_follower *tcn_waiting_first(const tcn_waiting *waiting);
/* The followers of leader, in the order in which they occurred, in a list in arena; 0 or
 * TCN_E_NOMEM. They go on waiting. */
int tcn_waiting_of(const tcn_waiting *waiting, const tcn_uuid *leader, tcn_arena *arena,
                   tcn_follower ***ret, size_t *ret_count);
/* Those that give up at or before now_us, as above. */
int tcn_waiting_lost(const tcn_waiting *waiting, int64_t now_us, tcn_arena *arena,
                     tcn_follower ***ret, size_t *ret_count);
/* It waits no more; the event moves to the caller. */
tcn_event *tcn_waiting_take(tcn_waiting *waiting, tcn_follower *follower);

#endif
