/* SPDX-License-Identifier: Apache-2.0 */
/* ids.h - the ids of events that were seen in the last 30 minutes, to drop duplicates and
 * to know which leaders were processed. They are kept in the order in which they came,
 * the oldest go first. */
#ifndef TCN_ENGINE_IDS_H
#define TCN_ENGINE_IDS_H

#include "core/base/list.h"
#include "core/base/pool.h"
#include "core/base/uuid.h"
#include "core/engine/lines.h"

#define TCN_IDS_KEPT_US (30 * INT64_C(60000000))

typedef void (*tcn_ids_fn)(const tcn_uuid *id, int64_t at_us, void *ud);

struct tcn_ids_block;
typedef struct tcn_ids_reading {
    struct tcn_ids_block *block; /* of the next id, when there is one left */
    size_t at, left;
    tcn_ids_fn fn;
    void *ud;
} tcn_ids_reading;

typedef struct tcn_ids {
    tcn_pool pool;
    tcn_lines by_id; /* places in blocks, by the hash of their id */
    tcn_list blocks; /* oldest first */
    size_t first;    /* place of the oldest id in its block */
    size_t limit;    /* most ids; above, the oldest go early */
    uint64_t added;  /* so many ever */
    size_t early;    /* how many did, since the owner looked last and made it 0 */
    tcn_ids_reading reading;
    uint64_t seed;
} tcn_ids;

void tcn_ids_init(tcn_ids *ids, size_t limit, uint64_t seed);
void tcn_ids_deinit(tcn_ids *ids);
/* Remembers id from now on. 0 or TCN_E_NOMEM. */
int tcn_ids_add(tcn_ids *ids, const tcn_uuid *id, int64_t now_us);
/* The id will be asked for, or added, a little later. */
void tcn_ids_fetch(const tcn_ids *ids, const tcn_uuid *id);
bool tcn_ids_has(const tcn_ids *ids, const tcn_uuid *id, int64_t now_us);
/* 1: it is remembered already; else it is from now on, as tcn_ids_add does. */
int tcn_ids_meet(tcn_ids *ids, const tcn_uuid *id, int64_t now_us);
static inline size_t tcn_ids_count(const tcn_ids *ids)
{
    return ids->by_id.count;
}

/* Reads the ids that are there now but for the first so many that were ever added, in
 * pieces, while others come and go: fn gets each once, oldest first; one that is
 * forgotten before its turn, at that moment. One reading at a time: an earlier one ends.
 */
void tcn_ids_read_begin(tcn_ids *ids, uint64_t but_for, tcn_ids_fn fn, void *ud);
static inline size_t tcn_ids_unread(const tcn_ids *ids)
{
    return ids->reading.left;
}
/* The next one; there is one. */
void tcn_ids_read(tcn_ids *ids);
void tcn_ids_read_end(tcn_ids *ids);

#endif
