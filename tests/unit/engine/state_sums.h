/* SPDX-License-Identifier: Apache-2.0 */
/* state_sums.h - puts the sums of a saved state right, so that damage is met behind them.
 */
#ifndef TCN_TEST_STATE_SUMS_H
#define TCN_TEST_STATE_SUMS_H

#include <string.h>

#include "core/engine/state_form.h"

/* Of the layer that begins there; its length, or len when it does not end. */
static inline size_t state_sum_put(char *layer, size_t len)
{
    tcn_reader reader = tcn_reader_of(tcn_str_of(layer, len));
    if (len < TCN_STATE_BEGIN)
        return len;
    reader.pos = TCN_STATE_BEGIN;
    uint64_t sum = tcn_state_add(TCN_STATE_MAGIC, tcn_str_of(layer, TCN_STATE_BEGIN));
    tcn_str record;
    while (tcn_state_next(&reader, &record)) {
        if (record.ptr[0] == TCN_STATE_END && record.len == TCN_STATE_SUM) {
            memcpy(layer + reader.pos - sizeof sum, &sum, sizeof sum);
            return reader.pos;
        }
        sum = tcn_state_add(sum, record);
    }
    return len;
}

static inline void state_sums_put(char *state, size_t len)
{
    for (size_t at = 0; at < len;)
        at += state_sum_put(state + at, len - at);
}

#endif
