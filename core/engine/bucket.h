/* SPDX-License-Identifier: Apache-2.0 */
/* bucket.h - one window of one trigger for one key. There may be a million, so it names
 * its last event instead of holding it, and its key stands behind it in the same
 * allocation. */
#ifndef TCN_ENGINE_BUCKET_H
#define TCN_ENGINE_BUCKET_H

#include "core/base/buf.h"
#include "core/engine/match.h"
#include "core/engine/save.h"
#include "core/engine/table.h"

struct tcn_node;

/* What an event reads and writes of it stands together in the second half. */
typedef struct tcn_bucket {
    tcn_table_link link; /* in the node's table */
    struct tcn_node *node;
    uint64_t sequence; /* order of creation */
    uint32_t timer;    /* place in the heap of timers, counted from 1; 0: none */
    uint32_t key_len;  /* the key stands behind the bucket */

    int64_t start_us, end_us;
    tcn_event_ref last; /* TCN_POSITION_NONE: there was none in this window */
    int32_t count;
    tcn_save_mark save_mark;
} tcn_bucket;

static inline tcn_str tcn_bucket_key(const tcn_bucket *bucket)
{
    return tcn_str_of((const char *)(bucket + 1), bucket->key_len);
}
static inline bool tcn_bucket_has_last(const tcn_bucket *bucket)
{
    return bucket->last.position != TCN_POSITION_NONE;
}
/* There is room for the key behind it. */
void tcn_bucket_init(tcn_bucket *bucket, struct tcn_node *node, tcn_str key);

/* A key is the values of the for_each labels in their order, each with its length. */
int tcn_key_write(const tcn_key_label *labels, uint32_t count, const tcn_event *event,
                  tcn_buf *out);
/* Takes the next value off *rest; false when there is none. */
bool tcn_key_read(tcn_str *rest, tcn_str *ret_value);
/* Fewer than 0: a's values stand before b's, the first that differ decide. */
int tcn_key_cmp(tcn_str a, tcn_str b);

#endif
