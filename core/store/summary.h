/* SPDX-License-Identifier: Apache-2.0 */
/* summary.h - what can be said of a log record without opening it: times, the number of
 * events, and a Bloom filter over the names and the primary resources of its events. A
 * query skips what cannot hold an answer. */
#ifndef TCN_STORE_SUMMARY_H
#define TCN_STORE_SUMMARY_H

#include "core/event/event.h"

#define TCN_KEYS_MAX 2048 /* bytes of the largest filter */

typedef struct tcn_summary {
    uint64_t sequence;
    uint32_t events; /* taken and emitted */
    int64_t occurred_first_us, occurred_last_us;
    int64_t received_first_us, received_last_us;
    uint8_t keys[TCN_KEYS_MAX];
    size_t keys_len; /* a power of two; 0: no event */
} tcn_summary;

void tcn_summary_init(tcn_summary *summary, uint64_t sequence);
void tcn_summary_add(tcn_summary *summary, const tcn_event *event);
/* Makes the filter as small as its contents allow. Nothing is added afterwards. */
void tcn_summary_finish(tcn_summary *summary);

enum tcn_key_kind {
    TCN_KEY_NAME = 1,
    TCN_KEY_RESOURCE = 2,
};
uint64_t tcn_summary_hash(enum tcn_key_kind kind, tcn_str key);
/* false: certainly not among the keys. */
bool tcn_keys_may_hold(tcn_str keys, uint64_t hash);

/* Seed of the record's checksum: covers the summary as well. */
uint64_t tcn_summary_seed(const tcn_summary *summary);

#endif
