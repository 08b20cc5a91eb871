/* SPDX-License-Identifier: Apache-2.0 */
/* summary.c - times and the Bloom filter. The filter is filled at its largest size and
 * then folded in half while at most half of its bits would be set: with four bits a key
 * about one record in sixteen is opened in vain. */
#include "core/store/summary.h"

#include <xxhash.h>

#include "core/store/pack.h"

#define PROBES   4
#define KEYS_MIN ((size_t)8)

_Static_assert((TCN_KEYS_MAX & (TCN_KEYS_MAX - 1)) == 0, "folding halves the filter");

void tcn_summary_init(tcn_summary *summary, uint64_t sequence)
{
    summary->sequence = sequence;
    summary->events = 0;
    summary->occurred_first_us = 0;
    summary->occurred_last_us = 0;
    summary->received_first_us = 0;
    summary->received_last_us = 0;
    memset(summary->keys, 0, sizeof summary->keys);
    summary->keys_len = sizeof summary->keys;
}

uint64_t tcn_summary_hash(enum tcn_key_kind kind, tcn_str key)
{
    return XXH3_64bits_withSeed(key.ptr, key.len, (uint64_t)kind);
}

/* Bits from the low end of the hash, so that a folded filter is asked with the same bits.
 */
static size_t bit_of(uint64_t hash, int probe, size_t len)
{
    return (size_t)(hash >> (16 * probe)) & (len * 8 - 1);
}

static void add_key(tcn_summary *summary, uint64_t hash)
{
    for (int i = 0; i < PROBES; i++) {
        size_t bit = bit_of(hash, i, TCN_KEYS_MAX);
        summary->keys[bit / 8] |= (uint8_t)(1u << (bit % 8));
    }
}

bool tcn_keys_may_hold(tcn_str keys, uint64_t hash)
{
    bool is_filter = keys.len >= KEYS_MIN && keys.len <= TCN_KEYS_MAX &&
                     (keys.len & (keys.len - 1)) == 0;
    if (!is_filter)
        return keys.len > 0; /* an unknown form: nothing can be said */
    for (int i = 0; i < PROBES; i++) {
        size_t bit = bit_of(hash, i, keys.len);
        if (((uint8_t)keys.ptr[bit / 8] >> (bit % 8) & 1) == 0)
            return false;
    }
    return true;
}

static void widen(int64_t at_us, bool is_first, int64_t *first_us, int64_t *last_us)
{
    if (is_first || at_us < *first_us)
        *first_us = at_us;
    if (is_first || at_us > *last_us)
        *last_us = at_us;
}

void tcn_summary_add(tcn_summary *summary, const tcn_event *event)
{
    bool is_first = summary->events == 0;
    widen(event->occurred_at_us, is_first, &summary->occurred_first_us,
          &summary->occurred_last_us);
    widen(event->received_at_us, is_first, &summary->received_first_us,
          &summary->received_last_us);
    summary->events++;
    add_key(summary, tcn_summary_hash(TCN_KEY_NAME, event->name));
    add_key(summary, tcn_summary_hash(TCN_KEY_RESOURCE, event->resource.id));
}

static size_t count_bits(uint64_t word)
{
    word -= word >> 1 & UINT64_C(0x5555555555555555);
    word = (word & UINT64_C(0x3333333333333333)) +
           (word >> 2 & UINT64_C(0x3333333333333333));
    word = (word + (word >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (size_t)(word * UINT64_C(0x0101010101010101) >> 56);
}

static size_t bits_after_fold(const uint8_t *keys, size_t half)
{
    size_t count = 0;
    for (size_t i = 0; i < half; i += 8) {
        uint64_t low, high;
        memcpy(&low, keys + i, sizeof low);
        memcpy(&high, keys + half + i, sizeof high);
        count += count_bits(low | high);
    }
    return count;
}

void tcn_summary_finish(tcn_summary *summary)
{
    if (summary->events == 0)
        summary->keys_len = 0;
    while (summary->keys_len > KEYS_MIN) {
        size_t half = summary->keys_len / 2;
        if (bits_after_fold(summary->keys, half) > half * 4)
            break;
        for (size_t i = 0; i < half; i++)
            summary->keys[i] |= summary->keys[half + i];
        summary->keys_len = half;
    }
}

uint64_t tcn_summary_seed(const tcn_summary *summary)
{
    uint64_t numbers[] = {
        summary->sequence,
        summary->events,
        (uint64_t)summary->occurred_first_us,
        (uint64_t)summary->occurred_last_us,
        (uint64_t)summary->received_first_us,
        (uint64_t)summary->received_last_us,
        tcn_pack_seed(summary->keys, summary->keys_len),
    };
    return tcn_pack_seed(numbers, sizeof numbers);
}
