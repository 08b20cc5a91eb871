/* SPDX-License-Identifier: Apache-2.0 */
/* state_read.c - every read is bounded and every value checked: bytes that are damaged
 * are refused, however they are. */
#include "core/engine/state_read.h"

#include <stdlib.h>

#include "core/base/alloc.h"

#define FIRING_DEPTH 64
#define CHAIN_MAX    1000 /* that the configuration allows; a longer one hardly ends */
#define RANK_MAX     (UINT64_C(1) << 60)
#define TIME_MAX \
    (INT64_C(1) << 60) /* far beyond year 9999, and no sum of two overflows */

int tcn_state_corrupt(tcn_state_source *in, const char *what)
{
    in->reader.failed = true;
    return tcn_err_set(in->err, TCN_E_CORRUPT,
                       "the saved state is damaged (%s, at byte %zu)", what,
                       in->record_at + in->reader.pos);
}

static int no_memory(tcn_state_source *in)
{
    tcn_engine_fail(in->engine);
    return tcn_err_set(in->err, TCN_E_NOMEM, "out of memory for the saved state");
}

/* ---- small values ---- */

static tcn_uuid read_uuid(tcn_state_source *in)
{
    tcn_uuid id = {0};
    tcn_reader_bytes(&in->reader, id.bytes, sizeof id.bytes);
    return id;
}

static int64_t read_time(tcn_state_source *in)
{
    int64_t at_us = (int64_t)tcn_reader_u64(&in->reader);
    if (at_us < -TIME_MAX || at_us > TIME_MAX)
        in->reader.failed = true;
    return in->reader.failed ? 0 : at_us;
}

/* A time, or INT64_MIN: never. */
static int64_t read_time_or_never(tcn_state_source *in)
{
    uint64_t never = (uint64_t)INT64_MIN;
    tcn_reader ahead = in->reader;
    if (tcn_reader_u64(&ahead) != never || ahead.failed)
        return read_time(in);
    in->reader = ahead;
    return INT64_MIN;
}

static bool read_bool(tcn_state_source *in)
{
    uint8_t value = tcn_reader_u8(&in->reader);
    if (value > 1)
        in->reader.failed = true;
    return value == 1;
}

static uint16_t read_depth(tcn_state_source *in)
{
    uint32_t depth = tcn_reader_u32(&in->reader);
    if (depth > UINT16_MAX)
        in->reader.failed = true;
    return (uint16_t)depth;
}

static bool read_ref(tcn_state_source *in, tcn_event_ref *ret)
{
    if (!read_bool(in))
        return false;
    ret->id = read_uuid(in);
    ret->position = tcn_reader_u64(&in->reader);
    return true;
}

/* A number of things that take at least size bytes each. */
static uint32_t read_count(tcn_state_source *in, size_t size)
{
    uint32_t count = tcn_reader_u32(&in->reader);
    if (in->reader.failed || count > (in->reader.len - in->reader.pos) / size) {
        in->reader.failed = true;
        return 0;
    }
    return count;
}

/* In the step's arena; text is borrowed from the saved state. */
static int read_labels(tcn_state_source *in, tcn_label **ret, uint32_t *ret_count)
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
    return in->reader.failed ? tcn_state_corrupt(in, "labels") : 0;
}

/* ---- events ---- */

static int read_resource(tcn_state_source *in, bool is_related, tcn_resource *ret)
{
    int rc = read_labels(in, &ret->labels, &ret->count);
    if (rc < 0)
        return rc;
    const tcn_str *id = tcn_resource_label(ret, TCN_STR("prefect.resource.id"));
    const tcn_str *role = tcn_resource_label(ret, TCN_STR("prefect.resource.role"));
    if (id == NULL || (is_related && role == NULL))
        return tcn_state_corrupt(in, "resource");
    ret->id = *id;
    ret->role = role != NULL ? *role : TCN_STR("");
    return 0;
}

static int read_event_into(tcn_state_source *in, tcn_event *event)
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
    return rc == 0 && in->reader.failed ? tcn_state_corrupt(in, "event") : rc;
}

/* *ret stands alone. */
static int read_event(tcn_state_source *in, tcn_event **ret)
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

/* The unit at that place, or NULL. */
static tcn_unit *read_rank(tcn_state_source *in)
{
    const tcn_engine *engine = in->engine;
    uint64_t rank = tcn_reader_u64(&in->reader);
    size_t low = 0;
    size_t high = engine->unit_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (engine->units[middle]->rank < rank)
            low = middle + 1;
        else
            high = middle;
    }
    bool is_there = low < engine->unit_count && engine->units[low]->rank == rank;
    return is_there && !in->reader.failed ? engine->units[low] : NULL;
}

static bool is_key(const tcn_trigger *trigger, tcn_str key)
{
    tcn_str value;
    uint32_t values = 0;
    while (key.len > 0 && tcn_key_read(&key, &value))
        values++;
    return key.len == 0 && values == trigger->for_each_count;
}

typedef struct known {
    tcn_table_link link;
    uint64_t sequence;
} known;

static uint32_t hash_sequence(uint64_t sequence)
{
    return (uint32_t)(sequence * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

static bool is_known(const tcn_state_source *in, uint64_t sequence)
{
    tcn_table_link *link = tcn_table_first(&in->known, hash_sequence(sequence));
    for (; link != NULL; link = tcn_table_next(link)) {
        if (tcn_container_of(link, known, link)->sequence == sequence)
            return true;
    }
    return false;
}

static int make_known(tcn_state_source *in, uint64_t sequence)
{
    if (in->is_first)
        return 0;
    known *item = tcn_arena_alloc(&in->known_arena, sizeof *item);
    if (item == NULL)
        return no_memory(in);
    item->sequence = sequence;
    int rc = tcn_table_add(&in->known, &item->link, hash_sequence(sequence));
    return rc < 0 ? no_memory(in) : 0;
}

static int put_bucket(tcn_state_source *in, tcn_node *node, tcn_str key,
                      const tcn_bucket *as)
{
    tcn_bucket *bucket = tcn_node_open_bucket(in->engine, node, key);
    if (bucket == NULL)
        return in->engine->status < 0 ? no_memory(in)
                                      : tcn_state_corrupt(in, "key of a bucket");
    bucket->start_us = as->start_us;
    bucket->end_us = as->end_us;
    bucket->sequence = as->sequence;
    bucket->count = as->count;
    bucket->has_last = as->has_last;
    bucket->last = as->last;
    bucket->save_mark = TCN_SAVE_CLEAN;
    tcn_bucket_set_timer(in->engine, bucket);
    return in->engine->status < 0 ? no_memory(in) : make_known(in, as->sequence);
}

static int read_bucket(tcn_state_source *in)
{
    tcn_unit *unit = read_rank(in);
    uint32_t ordinal = tcn_reader_u32(&in->reader);
    if (unit == NULL || ordinal >= unit->node_count ||
        unit->nodes[ordinal]->trigger->type != TCN_TRIGGER_EVENT)
        return tcn_state_corrupt(in, "trigger of a bucket");
    tcn_node *node = unit->nodes[ordinal];
    tcn_str key = tcn_reader_field(&in->reader);
    if (in->reader.failed || !is_key(node->trigger, key))
        return tcn_state_corrupt(in, "key of a bucket");
    tcn_bucket as = {.start_us = read_time(in), .end_us = read_time(in)};
    as.sequence = tcn_reader_u64(&in->reader);
    as.count = (int32_t)tcn_reader_u32(&in->reader);
    as.has_last = read_ref(in, &as.last);
    if (in->reader.failed || as.end_us < as.start_us ||
        as.sequence >= in->bucket_sequence)
        return tcn_state_corrupt(in, "bucket");
    return is_known(in, as.sequence) ? 0 : put_bucket(in, node, key, &as);
}

static int read_gone(tcn_state_source *in)
{
    int rc = in->is_first ? tcn_state_corrupt(in, "bucket that is gone") : 0;
    while (rc == 0 && !in->reader.failed && !tcn_reader_at_end(&in->reader))
        rc = make_known(in, tcn_reader_u64(&in->reader));
    return rc;
}

/* ---- child firings ---- */

static int read_firing_into(tcn_state_source *in, uint32_t depth, tcn_firing *firing)
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
        return tcn_state_corrupt(in, "firings too deep");
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
    return rc == 0 && in->reader.failed ? tcn_state_corrupt(in, "firing") : rc;
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

static int read_pending(tcn_state_source *in, tcn_node *node)
{
    uint32_t child = tcn_reader_u32(&in->reader);
    if (child >= node->trigger->child_count || is_pending(node, child))
        return tcn_state_corrupt(in, "child firing");
    tcn_firing firing = {0};
    int rc = read_firing_into(in, 0, &firing);
    if (rc < 0)
        return rc;
    set_automation(&firing, &node->unit->id);
    rc = tcn_composite_keep(in->engine, node, child, &firing);
    tcn_arena_reset(&in->engine->arena, STEP_ARENA_KEPT);
    return rc < 0 ? no_memory(in) : 0;
}

static int read_node(tcn_state_source *in, const tcn_unit *unit)
{
    uint32_t ordinal = tcn_reader_u32(&in->reader);
    uint32_t count = read_count(in, 60);
    if (ordinal >= unit->node_count || unit->nodes[ordinal]->pending_count > 0)
        return tcn_state_corrupt(in, "trigger of child firings");
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < count; i++)
        rc = read_pending(in, unit->nodes[ordinal]);
    return rc;
}

static int read_fired(tcn_state_source *in)
{
    tcn_unit *unit = read_rank(in);
    if (unit == NULL)
        return tcn_state_corrupt(in, "automation of firings");
    if (unit->save_mark == TCN_SAVE_CLEAN) { /* by a later layer */
        in->reader.pos = in->reader.len;
        return 0;
    }
    unit->save_mark = TCN_SAVE_CLEAN;
    unit->minute = read_time_or_never(in);
    unit->fired = tcn_reader_u32(&in->reader);
    unit->notice_minute = read_time_or_never(in);
    int rc = 0;
    while (rc == 0 && !in->reader.failed && !tcn_reader_at_end(&in->reader))
        rc = read_node(in, unit);
    return rc;
}

/* ---- automations ---- */

static int parse_automation(tcn_state_source *in, tcn_str text, tcn_automation **ret)
{
    json_error_t error;
    json_t *document = json_loadb(text.ptr, text.len, JSON_ALLOW_NUL, &error);
    tcn_problems problems;
    tcn_problems_init(&problems);
    int rc = TCN_E_CORRUPT;
    if (document != NULL)
        rc = tcn_automation_parse(document, NULL, &tcn_automation_limits_kept, ret,
                                  &problems);
    json_decref(document);
    tcn_problems_deinit(&problems);
    if (rc == TCN_E_NOMEM)
        return no_memory(in);
    return rc < 0 ? tcn_state_corrupt(in, "automation") : 0;
}

static int put_unit(tcn_state_source *in, tcn_automation *automation, uint64_t rank)
{
    tcn_engine *engine = in->engine;
    tcn_uuid id = automation->id;
    size_t count = engine->unit_count;
    if (tcn_engine_unit(engine, &id) != NULL ||
        (count > 0 && engine->units[count - 1]->rank >= rank) || rank > RANK_MAX) {
        tcn_automation_free(automation);
        return tcn_state_corrupt(in, "place of an automation");
    }
    if (tcn_engine_put_own(engine, automation, engine->clock_us) < 0)
        return no_memory(in);
    tcn_unit *unit = engine->units[count];
    unit->rank = rank;
    /* Its buckets are among the records, also those that are always there. */
    for (uint32_t i = 0; i < unit->node_count; i++)
        tcn_node_drop_buckets(engine, unit->nodes[i]);
    return 0;
}

static int read_unit(tcn_state_source *in)
{
    uint64_t rank = tcn_reader_u64(&in->reader);
    tcn_str text = tcn_reader_field(&in->reader);
    tcn_automation *automation = NULL;
    int rc = in->reader.failed ? tcn_state_corrupt(in, "automation")
                               : parse_automation(in, text, &automation);
    return rc < 0 ? rc : put_unit(in, automation, rank);
}

/* ---- the rest ---- */

static int read_clock(tcn_state_source *in)
{
    tcn_engine *engine = in->engine;
    engine->clock_us = read_time(in);
    engine->is_unsettled = read_bool(in);
    engine->has_processed = read_bool(in);
    engine->newest_us = read_time(in);
    engine->processed_at_us = read_time(in);
    engine->processed_id = read_uuid(in);
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
        in->engine->told_us[i] = read_time_or_never(in);
}

static int read_instant(tcn_state_source *in)
{
    in->engine->instant_us = read_time_or_never(in);
    uint32_t count = read_count(in, 16);
    for (uint32_t i = 0; i < count; i++) {
        tcn_uuid id = read_uuid(in);
        if (tcn_engine_remember_instant(in->engine, &id) < 0)
            return no_memory(in);
    }
    return in->reader.failed ? tcn_state_corrupt(in, "instant") : 0;
}

static int read_follower(tcn_state_source *in)
{
    int rc = tcn_grow((void **)&in->followers, &in->follower_capacity,
                      in->follower_count + 1, sizeof *in->followers);
    if (rc < 0)
        return no_memory(in);
    tcn_state_follower next = {.give_up_us = read_time(in),
                               .sequence = tcn_reader_u64(&in->reader)};
    if (next.sequence >= in->follower_sequence)
        return tcn_state_corrupt(in, "place of a waiting event");
    rc = read_event(in, &next.event);
    if (rc == 0)
        in->followers[in->follower_count++] = next;
    return rc;
}

static int compare_followers(const void *a, const void *b)
{
    const tcn_state_follower *x = a;
    const tcn_state_follower *y = b;
    if (x->give_up_us != y->give_up_us)
        return x->give_up_us < y->give_up_us ? -1 : 1;
    return x->sequence < y->sequence ? -1 : x->sequence > y->sequence;
}

/* In their order, in which each goes to the end of the list. */
int tcn_state_put_followers(tcn_state_source *in)
{
    tcn_waiting *waiting = &in->engine->waiting;
    if (in->follower_count > 1)
        qsort(in->followers, in->follower_count, sizeof *in->followers,
              compare_followers);
    while (in->followers_put < in->follower_count) {
        const tcn_state_follower *next = &in->followers[in->followers_put++];
        waiting->sequence = next->sequence;
        if (tcn_waiting_add_own(waiting, next->event, next->give_up_us) < 0)
            return no_memory(in);
    }
    waiting->sequence = in->follower_sequence;
    return 0;
}

static int read_queue(tcn_state_source *in)
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

static int read_id(tcn_state_source *in)
{
    tcn_uuid id = read_uuid(in);
    int64_t at_us = read_time(in);
    if (in->reader.failed)
        return tcn_state_corrupt(in, "remembered id");
    if (in->ids_to_skip > 0) {
        in->ids_to_skip--;
        return 0;
    }
    return tcn_ids_add(&in->engine->ids, &id, at_us) < 0 ? no_memory(in) : 0;
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
        rc = read_queue(in);
    in->bucket_sequence = tcn_reader_u64(&in->reader);
    in->follower_sequence = tcn_reader_u64(&in->reader);
    in->units = tcn_reader_u32(&in->reader);
    in->buckets = tcn_reader_u32(&in->reader);
    in->waiting = tcn_reader_u32(&in->reader);
    in->ids = tcn_reader_u32(&in->reader);
    return rc;
}

int tcn_state_read(tcn_state_source *in, tcn_str record)
{
    static int (*const readers[TCN_STATE_END])(tcn_state_source *) = {
        [TCN_STATE_HEAD] = read_head,   [TCN_STATE_UNIT] = read_unit,
        [TCN_STATE_FIRED] = read_fired, [TCN_STATE_BUCKET] = read_bucket,
        [TCN_STATE_GONE] = read_gone,   [TCN_STATE_FOLLOWER] = read_follower,
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
