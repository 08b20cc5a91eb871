/* SPDX-License-Identifier: Apache-2.0 */
/* notice.c - what the engine's limits cost is counted, and an event tells it: the first
 * time, and once a day while it goes on. */
#include <inttypes.h>

#include "core/engine/engine_int.h"

#define REACHED "tocsin.engine.limit"

static const char *const keys[TCN_LIMITS] = {
    [TCN_LIMIT_BUCKETS] = "engine.max_buckets",
    [TCN_LIMIT_WAITING] = "engine.max_waiting",
    [TCN_LIMIT_IDS] = "engine.remembered_ids",
};

static bool write_resource(tcn_arena *arena, const char *key, tcn_event *event)
{
    tcn_label *labels = tcn_arena_alloc(arena, 2 * sizeof *labels);
    char id[64];
    int len = snprintf(id, sizeof id, "tocsin.%s", key);
    if (labels == NULL)
        return false;
    labels[0] = (tcn_label){TCN_STR("prefect.resource.id"),
                            tcn_arena_str(arena, tcn_str_of(id, (size_t)len))};
    labels[1] = (tcn_label){TCN_STR("prefect.resource.name"), tcn_str_c(key)};
    event->resource = (tcn_resource){.labels = labels, .count = 2, .id = labels[0].value};
    return labels[0].value.ptr != NULL;
}

static bool write_payload(tcn_engine *engine, const char *key, uint32_t value,
                          tcn_event *event)
{
    tcn_buf_reset(&engine->text);
    (void)tcn_buf_printf(&engine->text, "{\"limit\":\"%s\",\"value\":%" PRIu32 "}", key,
                         value);
    if (tcn_buf_status(&engine->text) < 0)
        return false;
    event->payload = tcn_arena_str(&engine->arena, tcn_buf_str(&engine->text));
    return event->payload.ptr != NULL;
}

static int tell(tcn_engine *engine, const char *key, uint32_t value)
{
    char name[80];
    tcn_event *event = tcn_arena_zero(&engine->arena, sizeof *event);
    if (event == NULL || !write_resource(&engine->arena, key, event) ||
        !write_payload(engine, key, value, event))
        return TCN_E_NOMEM;
    (void)snprintf(name, sizeof name, "%s %" PRId64, key, engine->clock_us);
    event->id = tcn_uuid_v5_named("limit", tcn_str_c(name));
    event->name = TCN_STR(REACHED);
    event->occurred_at_us = engine->clock_us;
    event->received_at_us = engine->clock_us;
    event->position = engine->first_position + engine->emitted_count;
    return tcn_engine_emit(engine, event, NULL);
}

static uint32_t value_of(const tcn_engine_limits *limits, enum tcn_limit limit)
{
    switch (limit) {
    case TCN_LIMIT_BUCKETS:
        return limits->max_buckets;
    case TCN_LIMIT_WAITING:
        return limits->max_waiting;
    default:
        return limits->remembered_ids;
    }
}

static void tell_at_times(tcn_engine *engine, enum tcn_limit limit)
{
    int64_t told_us = engine->told_us[limit];
    if (told_us != INT64_MIN && engine->clock_us - told_us < TCN_DAY_US)
        return;
    engine->told_us[limit] = engine->clock_us;
    if (tell(engine, keys[limit], value_of(&engine->limits, limit)) < 0)
        tcn_engine_fail(engine);
}

void tcn_engine_note_limit(tcn_engine *engine, enum tcn_limit limit)
{
    engine->counts.limited[limit]++;
    if (engine->is_defining)
        engine->untold |= 1u << limit;
    else
        tell_at_times(engine, limit);
}

void tcn_engine_tell_untold(tcn_engine *engine)
{
    unsigned untold = engine->untold;
    engine->untold = 0;
    for (int limit = 0; untold != 0; limit++, untold >>= 1)
        if ((untold & 1) != 0)
            tell_at_times(engine, (enum tcn_limit)limit);
}
