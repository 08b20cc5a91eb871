/* SPDX-License-Identifier: Apache-2.0 */
/* lane.h - the queue of one block. Lanes share nothing but the number of deliveries
 * beside each block's first one and, where two blocks lead to the same place, the
 * destination's pause and rates: one bad block never delays another.
 *
 * Points in time that end in _mono_us are monotonic; a job's deadline is wall time. */
#ifndef TCN_ACTION_LANE_H
#define TCN_ACTION_LANE_H

#include "core/action/heap.h"
#include "core/action/quota.h"
#include "core/base/list.h"
#include "core/plugin/plugins.h"
#include "core/store/outbox.h"

typedef struct tcn_lane tcn_lane;

/* What a lane's next job needs of the dispatcher's places for deliveries. */
enum tcn_place_need {
    TCN_PLACE_FREE, /* none: it ends at once, or nothing of the lane is in flight */
    TCN_PLACE_MORE, /* one, beside what the lane has in flight */
    TCN_PLACE_SLOW, /* the same, and something of the lane takes long */
    TCN_PLACE_NEEDS,
};

/* One queued action. */
typedef struct tcn_job {
    tcn_list link;     /* in lane->jobs */
    tcn_heap_item due; /* in lane->waiting; in no heap while it is in flight */
    tcn_lane *lane;
    tcn_outbox_entry *entry;
    char *rendered;          /* kept form, NUL-terminated; NULL: as in the entry */
    char *progress;          /* of the last attempt; NULL: as in the entry */
    bool is_rendered_stored; /* rendered went to the store with a result */
    bool is_over_limit;      /* its block's queue was full: it is not tried */
} tcn_job;

/* Where blocks lead to, known by a key only. After a Retry-After everything that goes
 * there waits; then one delivery goes first, the probe, and the others follow when it was
 * answered, as fast as its rates allow. */
typedef struct tcn_destination {
    uint64_t key;
    tcn_list lanes;
    tcn_list quotas;              /* of all blocks that lead there */
    int64_t paused_until_mono_us; /* 0: not paused */
    int64_t paused_until_us;      /* the same as wall time, for people */
    bool needs_probe, is_probing;
} tcn_destination;

/* Deliveries that ended alike, folded into one line a minute. */
typedef struct tcn_fold {
    uint64_t hash; /* of outcome, cause, code and reason; 0: nothing is folded */
    int64_t since_mono_us;
    uint64_t count; /* not written since then */
} tcn_fold;

struct tcn_lane {
    tcn_heap_item
        awake; /* in one of the dispatcher's heaps: when it wants to be looked at */
    enum tcn_place_need awake_in;  /* which one */
    tcn_list link;                 /* in the dispatcher's list, by name */
    tcn_list sibling;              /* in destination->lanes */
    tcn_list jobs;                 /* waiting and in flight, as they came here */
    tcn_heap waiting;              /* by due time, then id */
    size_t count, in_flight, slow; /* slow: of those in flight, they take long */
    uint64_t id_min, id_max;       /* of the jobs there are, and perhaps more */
    tcn_destination *destination;  /* NULL: none known yet */
    tcn_quota_set quotas;          /* of the destination, those of the block */

    /* of the block, as it was when last looked at */
    uint32_t concurrency;
    int64_t deadline_ms; /* 0: each job's own */
    char component[96];  /* of log lines: "webhook[ops-alerts]" */

    int64_t not_before_mono_us; /* the block is not there or ready, or held the loop */
    int64_t recheck_us;         /* how long to wait before it is looked at again */
    bool is_failing;            /* the last attempt failed for now: one at a time */

    uint64_t done, retried, dead, moved; /* moved: on to the fallback */
    char last_error[256];                /* empty: none */
    int64_t last_error_at_us;
    tcn_fold fold;
    size_t name_len;
    char name[]; /* of the block; empty: actions that need none */
};

tcn_lane *tcn_lane_new(tcn_str name);
/* Frees its jobs too. None of them is in flight. */
void tcn_lane_free(tcn_lane *lane);

/* Queues the entry, which the lane owns on success; it is due at due_mono_us. */
int tcn_lane_add(tcn_lane *lane, tcn_outbox_entry *entry, int64_t due_mono_us,
                 tcn_job **ret);
/* Back among those that wait. Cannot fail. */
void tcn_lane_requeue(tcn_job *job, int64_t due_mono_us);
/* Room for one more, so that moving a job there cannot fail. 0 or TCN_E_NOMEM. */
int tcn_lane_reserve(tcn_lane *lane);
/* The job, in flight or not, waits in that lane from now on, as if it was queued now. */
void tcn_lane_move(tcn_job *job, tcn_lane *lane, int64_t now_mono_us, int64_t now_us);
/* The job and its entry are gone. */
void tcn_job_free(tcn_job *job);
/* The next one to start; NULL when nothing waits. */
tcn_job *tcn_lane_next(const tcn_lane *lane);
/* The one that was queued first and waits; NULL when nothing does. */
tcn_job *tcn_lane_oldest(const tcn_lane *lane);

/* Takes over what the block says of itself, but for its destination and rates. */
void tcn_lane_look(tcn_lane *lane, const tcn_block_info *info);
/* 0 or TCN_E_NOMEM: its rates are not those, or none. */
int tcn_lane_bind(tcn_lane *lane, tcn_destination *destination, const tcn_rates *rates);
/* When the job is given up, wall time. */
int64_t tcn_job_deadline_us(const tcn_job *job);
/* When its next job may start, as its rates allow and its destination takes: INT64_MAX
 * while all its places are taken, the destination is being probed, or nothing waits. */
int64_t tcn_lane_start_mono_us(const tcn_lane *lane);
/* When the lane wants to be looked at: to start a job or to give one up. */
int64_t tcn_lane_awake_mono_us(const tcn_lane *lane, int64_t now_mono_us, int64_t now_us);

tcn_destination *tcn_destination_new(uint64_t key);
void tcn_destination_free(tcn_destination *destination);
/* Everything waits until then; a longer pause stays. */
void tcn_destination_pause(tcn_destination *destination, int64_t until_mono_us,
                           int64_t until_us);
/* The probe was answered: the others may follow. */
void tcn_destination_release(tcn_destination *destination);

#endif
