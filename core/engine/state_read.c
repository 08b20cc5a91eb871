/* SPDX-License-Identifier: Apache-2.0 */
/* state_read.c - every read is bounded and every value checked: bytes that are damaged
 * are refused, however they are. Here the head and the ids; the other records have files
 * of their own. */
#include "core/engine/state_read_int.h"

#include "core/base/alloc.h"

#define CHAIN_MAX 1000 /* that the configuration allows; a longer one hardly ends */

int tcn_state_corrupt(tcn_state_source *in, const char *what)
{
    in->reader.failed = true;
    return tcn_err_set(in->err, TCN_E_CORRUPT,
                       "the saved state is damaged (%s, at byte %zu)", what,
                       in->record_at + in->reader.pos);
}

int tcn_state_no_memory(tcn_state_source *in)
{
    tcn_engine_fail(in->engine);
    return tcn_err_set(in->err, TCN_E_NOMEM, "out of memory for the saved state");
}

static int read_clock(tcn_state_source *in)
{
    tcn_engine *engine = in->engine;
    engine->clock_us = tcn_state_read_time(in);
    engine->is_unsettled = tcn_state_read_bool(in);
    engine->has_processed = tcn_state_read_bool(in);
    engine->newest_us = tcn_state_read_time(in);
    engine->processed_at_us = tcn_state_read_time(in);
    engine->processed_id = tcn_state_read_uuid(in);
    engine->turn = tcn_reader_u64(&in->reader);
    if (in->reader.failed || tcn_engine_lag(engine) < 0 ||
        engine->processed_at_us > engine->clock_us)
        return tcn_state_corrupt(in, "clock");
    return 0;
}

static void read_limits(tcn_state_source *in)
{
    in->limits.max_buckets = tcn_reader_u32(&in->reader);
    in->limits.max_waiting = tcn_reader_u32(&in->reader);
    in->limits.remembered_ids = tcn_reader_u32(&in->reader);
    in->limits.firing_chain = tcn_reader_u32(&in->reader);
    in->limits.firings_per_minute = tcn_reader_u32(&in->reader);
    if (in->limits.firing_chain > CHAIN_MAX)
        in->reader.failed = true;
}

static void read_told(tcn_state_source *in)
{
    for (size_t i = 0; i < TCN_LIMITS; i++)
        in->engine->told_us[i] = tcn_state_read_time_or_never(in);
    in->engine->untold = tcn_reader_u8(&in->reader);
    if (in->engine->untold >= 1u << TCN_LIMITS)
        in->reader.failed = true;
}

static int read_instant(tcn_state_source *in)
{
    in->engine->instant_us = tcn_state_read_time_or_never(in);
    uint32_t count = tcn_state_read_count(in, 16);
    for (uint32_t i = 0; i < count; i++) {
        tcn_uuid id = tcn_state_read_uuid(in);
        if (tcn_engine_remember_instant(in->engine, &id) < 0)
            return tcn_state_no_memory(in);
    }
    return in->reader.failed ? tcn_state_corrupt(in, "instant") : 0;
}

static int read_id(tcn_state_source *in)
{
    tcn_uuid id = tcn_state_read_uuid(in);
    int64_t at_us = tcn_state_read_time(in);
    if (in->reader.failed)
        return tcn_state_corrupt(in, "remembered id");
    if (in->ids_to_skip > 0) {
        in->ids_to_skip--;
        return 0;
    }
    return tcn_ids_add(&in->engine->ids, &id, at_us) < 0 ? tcn_state_no_memory(in) : 0;
}

static int read_head(tcn_state_source *in)
{
    (void)tcn_reader_u32(&in->reader); /* the layer's place, which was checked */
    read_limits(in);
    int rc = read_clock(in);
    read_told(in);
    if (rc == 0)
        rc = read_instant(in);
    if (rc == 0)
        rc = tcn_state_read_queue(in);
    in->bucket_sequence = tcn_reader_u64(&in->reader);
    in->follower_sequence = tcn_reader_u64(&in->reader);
    in->units = tcn_reader_u32(&in->reader);
    in->away = tcn_reader_u32(&in->reader);
    in->buckets = tcn_reader_u32(&in->reader);
    in->waiting = tcn_reader_u32(&in->reader);
    in->ids = tcn_reader_u32(&in->reader);
    return rc;
}

int tcn_state_read(tcn_state_source *in, tcn_str record)
{
    static int (*const readers[TCN_STATE_END])(tcn_state_source *) = {
        [TCN_STATE_HEAD] = read_head,
        [TCN_STATE_UNIT] = tcn_state_read_unit,
        [TCN_STATE_AWAY] = tcn_state_read_away,
        [TCN_STATE_FIRED] = tcn_state_read_fired,
        [TCN_STATE_BUCKET] = tcn_state_read_bucket,
        [TCN_STATE_GONE] = tcn_state_read_gone,
        [TCN_STATE_FOLLOWER] = tcn_state_read_follower,
        [TCN_STATE_ID] = read_id,
    };
    in->reader = tcn_reader_of(record);
    in->reader.pos = TCN_STATE_RECORD;
    int rc = readers[(uint8_t)record.ptr[0]](in);
    if (rc == 0 && (in->reader.failed || !tcn_reader_at_end(&in->reader)))
        rc = tcn_state_corrupt(in, "length of a record");
    return rc;
}

void tcn_state_source_deinit(tcn_state_source *in)
{
    while (in->followers_put < in->follower_count)
        tcn_event_free(in->followers[in->followers_put++].event);
    tcn_free(in->followers);
    tcn_table_deinit(&in->known);
    tcn_arena_deinit(&in->known_arena);
}
