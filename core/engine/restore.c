/* SPDX-License-Identifier: Apache-2.0 */
/* restore.c - from a saved state to an engine. Every read is bounded and every value
 * checked: bytes that are damaged are refused, however they are. */
#include "core/base/alloc.h"
#include "core/engine/engine_int.h"
#include "core/engine/state_form.h"

#define FIRING_DEPTH 64
#define TIME_MAX \
    (INT64_C(1) << 60) /* far beyond year 9999, and no sum of two overflows */

/* What was checked when the automations were taken is not checked against today's limits.
 */
static const tcn_automation_limits limits = {.triggers = 1000000,
                                             .trigger_depth = FIRING_DEPTH};

typedef struct source {
    tcn_reader reader;
    tcn_engine *engine;
    tcn_err *err;
} source;

static int corrupt(source *in, const char *what)
{
    in->reader.failed = true;
    return tcn_err_set(in->err, TCN_E_CORRUPT,
                       "the saved state is damaged (%s, at byte %zu)", what,
                       in->reader.pos);
}

static int no_memory(source *in)
{
    tcn_engine_fail(in->engine);
    return tcn_err_set(in->err, TCN_E_NOMEM, "out of memory for the saved state");
}

/* ---- small values ---- */

static tcn_uuid read_uuid(source *in)
{
    tcn_uuid id = {0};
    tcn_reader_bytes(&in->reader, id.bytes, sizeof id.bytes);
    return id;
}

static int64_t read_time(source *in)
{
    int64_t at_us = (int64_t)tcn_reader_u64(&in->reader);
    if (at_us < -TIME_MAX || at_us > TIME_MAX)
        in->reader.failed = true;
    return in->reader.failed ? 0 : at_us;
}

/* A time, or INT64_MIN: never. */
static int64_t read_time_or_never(source *in)
{
    uint64_t never = (uint64_t)INT64_MIN;
    tcn_reader ahead = in->reader;
    if (tcn_reader_u64(&ahead) != never || ahead.failed)
        return read_time(in);
    in->reader = ahead;
    return INT64_MIN;
}

static bool read_bool(source *in)
{
    uint8_t value = tcn_reader_u8(&in->reader);
    if (value > 1)
        in->reader.failed = true;
    return value == 1;
}

static uint16_t read_depth(source *in)
{
    uint32_t depth = tcn_reader_u32(&in->reader);
    if (depth > UINT16_MAX)
        in->reader.failed = true;
    return (uint16_t)depth;
}

static bool read_ref(source *in, tcn_event_ref *ret)
{
    if (!read_bool(in))
        return false;
    ret->id = read_uuid(in);
    ret->position = tcn_reader_u64(&in->reader);
    return true;
}

/* A number of things that take at least size bytes each. */
static uint32_t read_count(source *in, size_t size)
{
    uint32_t count = tcn_reader_u32(&in->reader);
    if (in->reader.failed || count > (in->reader.len - in->reader.pos) / size) {
        in->reader.failed = true;
        return 0;
    }
    return count;
}

/* In the step's arena; text is borrowed from the saved state. */
static int read_labels(source *in, tcn_label **ret, uint32_t *ret_count)
{
    uint32_t count = read_count(in, 8);
    tcn_label *labels = tcn_arena_alloc(&in->engine->arena, (count + 1) * sizeof *labels);
    if (labels == NULL)
        return no_memory(in);
    for (uint32_t i = 0; i < count; i++) {
        labels[i].key = tcn_reader_field(&in->reader);
        labels[i].value = tcn_reader_field(&in->reader);
    }
    *ret = labels;
    *ret_count = count;
    return in->reader.failed ? corrupt(in, "labels") : 0;
}

/* ---- events ---- */

static int read_resource(source *in, bool is_related, tcn_resource *ret)
{
    int rc = read_labels(in, &ret->labels, &ret->count);
    if (rc < 0)
        return rc;
    const tcn_str *id = tcn_resource_label(ret, TCN_STR("prefect.resource.id"));
    const tcn_str *role = tcn_resource_label(ret, TCN_STR("prefect.resource.role"));
    if (id == NULL || (is_related && role == NULL))
        return corrupt(in, "resource");
    ret->id = *id;
    ret->role = role != NULL ? *role : TCN_STR("");
    return 0;
}

static int read_event_into(source *in, tcn_event *event)
{
    event->id = read_uuid(in);
    event->has_follows = read_bool(in);
    event->follows = read_uuid(in);
    event->depth = read_depth(in);
    event->occurred_at_us = read_time(in);
    event->received_at_us = read_time(in);
    event->position = tcn_reader_u64(&in->reader);
    event->name = tcn_reader_field(&in->reader);
    event->payload = tcn_reader_field(&in->reader);
    event->source = tcn_reader_field(&in->reader);
    int rc = read_resource(in, false, &event->resource);
    if (rc < 0)
        return rc;
    event->related_count = read_count(in, 4);
    event->related = tcn_arena_zero(&in->engine->arena,
                                    (event->related_count + 1) * sizeof *event->related);
    if (event->related == NULL)
        return no_memory(in);
    for (uint32_t i = 0; rc == 0 && i < event->related_count; i++)
        rc = read_resource(in, true, &event->related[i]);
    return rc == 0 && in->reader.failed ? corrupt(in, "event") : rc;
}

/* *ret stands alone. */
static int read_event(source *in, tcn_event **ret)
{
    tcn_event event = {0};
    int rc = read_event_into(in, &event);
    if (rc < 0)
        return rc;
    *ret = tcn_event_copy(&event);
    tcn_arena_reset(&in->engine->arena, STEP_ARENA_KEPT);
    return *ret != NULL ? 0 : no_memory(in);
}

/* ---- buckets ---- */

static bool is_key(const tcn_trigger *trigger, tcn_str key)
{
    tcn_str value;
    uint32_t values = 0;
    while (key.len > 0 && tcn_key_read(&key, &value))
        values++;
    return key.len == 0 && values == trigger->for_each_count;
}

static int read_bucket(source *in, tcn_node *node)
{
    tcn_str key = tcn_reader_field(&in->reader);
    if (in->reader.failed || !is_key(node->trigger, key))
        return corrupt(in, "key of a bucket");
    tcn_bucket *bucket = tcn_node_open_bucket(in->engine, node, key);
    if (bucket == NULL)
        return in->engine->status < 0 ? no_memory(in) : corrupt(in, "key of a bucket");
    bucket->start_us = read_time(in);
    bucket->end_us = read_time(in);
    bucket->sequence = tcn_reader_u64(&in->reader);
    bucket->count = (int32_t)tcn_reader_u32(&in->reader);
    bucket->has_last = read_ref(in, &bucket->last);
    if (in->reader.failed || bucket->end_us < bucket->start_us)
        return corrupt(in, "bucket");
    tcn_bucket_set_timer(in->engine, bucket);
    return in->engine->status < 0 ? no_memory(in) : 0;
}

static int read_buckets(source *in, tcn_node *node)
{
    tcn_node_drop_buckets(in->engine, node);
    uint32_t count = read_count(in, 30);
    if (count > 0 && node->trigger->type != TCN_TRIGGER_EVENT)
        return corrupt(in, "buckets of a composite");
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < count; i++)
        rc = read_bucket(in, node);
    return rc;
}

/* ---- child firings ---- */

static int read_firing_into(source *in, uint32_t depth, tcn_firing *firing)
{
    firing->id = read_uuid(in);
    firing->trigger_id = read_uuid(in);
    firing->triggered_at_us = read_time(in);
    firing->due_at_us = read_time(in);
    firing->depth = read_depth(in);
    firing->has_event = read_ref(in, &firing->event_ref);
    int rc = read_labels(in, &firing->labels, &firing->label_count);
    if (rc < 0)
        return rc;
    uint32_t count = read_count(in, 60);
    if (count > 0 && depth == FIRING_DEPTH)
        return corrupt(in, "firings too deep");
    firing->children =
        tcn_arena_alloc(&in->engine->arena, (count + 1) * sizeof(tcn_firing *));
    if (firing->children == NULL)
        return no_memory(in);
    for (; rc == 0 && firing->child_count < count; firing->child_count++) {
        tcn_firing *child = tcn_arena_zero(&in->engine->arena, sizeof *child);
        if (child == NULL)
            return no_memory(in);
        firing->children[firing->child_count] = child;
        rc = read_firing_into(in, depth + 1, child);
    }
    return rc == 0 && in->reader.failed ? corrupt(in, "firing") : rc;
}

static void set_automation(tcn_firing *firing, const tcn_uuid *id)
{
    firing->automation_id = *id;
    for (uint32_t i = 0; i < firing->child_count; i++)
        set_automation(firing->children[i], id);
}

static bool is_pending(const tcn_node *node, uint32_t child)
{
    for (size_t i = 0; i < node->pending_count; i++) {
        if (node->pending[i].child == child)
            return true;
    }
    return false;
}

static int read_pending(source *in, tcn_node *node)
{
    uint32_t child = tcn_reader_u32(&in->reader);
    if (child >= node->trigger->child_count || is_pending(node, child))
        return corrupt(in, "child firing");
    tcn_firing firing = {0};
    int rc = read_firing_into(in, 0, &firing);
    if (rc < 0)
        return rc;
    set_automation(&firing, &node->unit->id);
    rc = tcn_composite_keep(in->engine, node, child, &firing);
    tcn_arena_reset(&in->engine->arena, STEP_ARENA_KEPT);
    return rc < 0 ? no_memory(in) : 0;
}

static int read_node(source *in, tcn_node *node)
{
    int rc = read_buckets(in, node);
    uint32_t count = read_count(in, 60);
    for (uint32_t i = 0; rc == 0 && i < count; i++)
        rc = read_pending(in, node);
    return rc;
}

/* ---- automations ---- */

static int parse_automation(source *in, tcn_str text, tcn_automation **ret)
{
    json_error_t error;
    json_t *document = json_loadb(text.ptr, text.len, 0, &error);
    tcn_problems problems;
    tcn_problems_init(&problems);
    int rc = TCN_E_CORRUPT;
    if (document != NULL)
        rc = tcn_automation_parse(document, NULL, &limits, ret, &problems);
    json_decref(document);
    tcn_problems_deinit(&problems);
    if (rc == TCN_E_NOMEM)
        return no_memory(in);
    return rc < 0 ? corrupt(in, "automation") : 0;
}

static int read_unit(source *in)
{
    tcn_str text = tcn_reader_field(&in->reader);
    tcn_automation *automation = NULL;
    int rc = in->reader.failed ? corrupt(in, "automation")
                               : parse_automation(in, text, &automation);
    if (rc < 0)
        return rc;
    tcn_uuid id = automation->id;
    if (tcn_engine_unit(in->engine, &id) != NULL) {
        tcn_automation_free(automation);
        return corrupt(in, "automation twice");
    }
    rc = tcn_engine_put_own(in->engine, automation, in->engine->clock_us);
    if (rc < 0)
        return no_memory(in);
    tcn_unit *unit = tcn_engine_unit(in->engine, &id);
    unit->minute = read_time_or_never(in);
    unit->fired = tcn_reader_u32(&in->reader);
    unit->notice_minute = read_time_or_never(in);
    if (tcn_reader_u32(&in->reader) != unit->node_count)
        return corrupt(in, "triggers of an automation");
    for (uint32_t i = 0; rc == 0 && i < unit->node_count; i++)
        rc = read_node(in, unit->nodes[i]);
    return rc;
}

static int read_units(source *in)
{
    uint64_t sequence = tcn_reader_u64(&in->reader);
    uint32_t count = read_count(in, 28);
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < count; i++)
        rc = read_unit(in);
    in->engine->bucket_sequence = sequence;
    return rc;
}

/* ---- the rest ---- */

static int read_clock(source *in)
{
    tcn_engine *engine = in->engine;
    engine->clock_us = read_time(in);
    engine->is_unsettled = read_bool(in);
    engine->has_processed = read_bool(in);
    engine->newest_us = read_time(in);
    engine->processed_at_us = read_time(in);
    if (in->reader.failed || tcn_engine_lag(engine) < 0 ||
        engine->processed_at_us > engine->clock_us)
        return corrupt(in, "clock");
    return 0;
}

static int read_instant(source *in)
{
    in->engine->instant_us = read_time_or_never(in);
    uint32_t count = read_count(in, 16);
    for (uint32_t i = 0; i < count; i++) {
        tcn_uuid id = read_uuid(in);
        if (tcn_engine_remember_instant(in->engine, &id) < 0)
            return no_memory(in);
    }
    return in->reader.failed ? corrupt(in, "instant") : 0;
}

static int read_waiting(source *in)
{
    uint32_t count = read_count(in, 90);
    for (uint32_t i = 0; i < count; i++) {
        tcn_event *event = NULL;
        int64_t give_up_us = read_time(in);
        int rc = read_event(in, &event);
        if (rc < 0)
            return rc;
        if (tcn_waiting_add_own(&in->engine->waiting, event, give_up_us) < 0)
            return no_memory(in);
    }
    return 0;
}

static int read_queue(source *in)
{
    uint32_t count = read_count(in, 90);
    for (uint32_t i = 0; i < count; i++) {
        tcn_event *event = NULL;
        int rc = read_event(in, &event);
        if (rc < 0)
            return rc;
        if (tcn_queue_add(&in->engine->emitted_queue, event, event) < 0)
            return no_memory(in);
    }
    return 0;
}

static int read_ids(source *in)
{
    uint32_t count = read_count(in, 24);
    for (uint32_t i = 0; i < count; i++) {
        tcn_uuid id = read_uuid(in);
        int64_t at_us = read_time(in);
        if (tcn_ids_add(&in->engine->ids, &id, at_us) < 0)
            return no_memory(in);
    }
    return in->reader.failed ? corrupt(in, "remembered ids") : 0;
}

static int read_head(source *in, tcn_str saved)
{
    uint32_t magic = tcn_reader_u32(&in->reader);
    uint32_t version = tcn_reader_u32(&in->reader);
    if (in->reader.failed || magic != TCN_STATE_MAGIC)
        return tcn_err_set(in->err, TCN_E_CORRUPT, "this is not a saved state");
    if (version != TCN_STATE_VERSION)
        return tcn_err_set(
            in->err, TCN_E_UNSUPPORTED,
            "the saved state has version %u, this program reads version %u", version,
            TCN_STATE_VERSION);
    if (saved.len < 16)
        return corrupt(in, "cut short");
    tcn_reader sum = tcn_reader_of(tcn_str_of(saved.ptr + saved.len - 8, 8));
    if (tcn_reader_u64(&sum) != tcn_state_sum(tcn_str_of(saved.ptr, saved.len - 8)))
        return corrupt(in, "wrong checksum");
    in->reader.len = saved.len - 8;
    return 0;
}

int tcn_engine_restore(tcn_engine *engine, tcn_str saved, tcn_err *reterr)
{
    static int (*const parts[])(source *) = {read_clock,   read_instant, read_units,
                                             read_waiting, read_queue,   read_ids};
    source in = {.reader = tcn_reader_of(saved), .engine = engine, .err = reterr};
    /* Limits bound what is new: what was there when it was saved stays. */
    uint32_t max_buckets = engine->limits.max_buckets;
    engine->limits.max_buckets = UINT32_MAX;
    int rc = read_head(&in, saved);
    for (size_t i = 0; rc == 0 && i < TCN_COUNT(parts); i++)
        rc = in.reader.failed ? corrupt(&in, "cut short") : parts[i](&in);
    if (rc == 0 && (in.reader.failed || !tcn_reader_at_end(&in.reader)))
        rc = corrupt(&in, "length");
    engine->limits.max_buckets = max_buckets;
    engine->counts = (tcn_engine_counts){0};
    return rc;
}
