/* SPDX-License-Identifier: Apache-2.0 */
/* state_read_value.c - the small values of which records are made, each checked. */
#include "core/base/datetime.h"
#include "core/engine/state_read_int.h"

#define TIME_MAX \
    (INT64_C(1) << 60) /* far beyond year 9999, and no sum of two overflows */

tcn_uuid tcn_state_read_uuid(tcn_state_source *in)
{
    tcn_uuid id = {0};
    tcn_reader_bytes(&in->reader, id.bytes, sizeof id.bytes);
    return id;
}

int64_t tcn_state_read_time(tcn_state_source *in)
{
    int64_t at_us = (int64_t)tcn_reader_u64(&in->reader);
    if (at_us < -TIME_MAX || at_us > TIME_MAX)
        in->reader.failed = true;
    return in->reader.failed ? 0 : at_us;
}

int64_t tcn_state_read_time_or_never(tcn_state_source *in)
{
    uint64_t never = (uint64_t)INT64_MIN;
    tcn_reader ahead = in->reader;
    if (tcn_reader_u64(&ahead) != never || ahead.failed)
        return tcn_state_read_time(in);
    in->reader = ahead;
    return INT64_MIN;
}

bool tcn_state_read_bool(tcn_state_source *in)
{
    uint8_t value = tcn_reader_u8(&in->reader);
    if (value > 1)
        in->reader.failed = true;
    return value == 1;
}

uint16_t tcn_state_read_depth(tcn_state_source *in)
{
    uint32_t depth = tcn_reader_u32(&in->reader);
    if (depth > UINT16_MAX)
        in->reader.failed = true;
    return (uint16_t)depth;
}

bool tcn_state_read_ref(tcn_state_source *in, tcn_event_ref *ret)
{
    if (!tcn_state_read_bool(in))
        return false;
    ret->id = tcn_state_read_uuid(in);
    ret->position = tcn_reader_u64(&in->reader);
    return true;
}

uint32_t tcn_state_read_count(tcn_state_source *in, size_t size)
{
    uint32_t count = tcn_reader_u32(&in->reader);
    if (in->reader.failed || count > (in->reader.len - in->reader.pos) / size) {
        in->reader.failed = true;
        return 0;
    }
    return count;
}

int tcn_state_read_labels(tcn_state_source *in, tcn_label **ret, uint32_t *ret_count)
{
    uint32_t count = tcn_state_read_count(in, 8);
    tcn_label *labels = tcn_arena_alloc(&in->engine->arena, (count + 1) * sizeof *labels);
    if (labels == NULL)
        return tcn_state_no_memory(in);
    for (uint32_t i = 0; i < count; i++) {
        labels[i].key = tcn_reader_field(&in->reader);
        labels[i].value = tcn_reader_field(&in->reader);
    }
    *ret = labels;
    *ret_count = count;
    return in->reader.failed ? tcn_state_corrupt(in, "labels") : 0;
}
