/* SPDX-License-Identifier: Apache-2.0 */
/* state_write.c - the records of a saved state (state_form.h), each made of one thing as
 * it is now. Failures are left in the buffer's status. */
#include <stdlib.h>

#include "core/base/err.h"
#include "core/engine/engine_int.h"
#include "core/engine/state_form.h"

/* ---- the frame of a record ---- */

static size_t open_record(tcn_buf *out, enum tcn_state_kind kind)
{
    (void)tcn_buf_add_u8(out, (uint8_t)kind);
    (void)tcn_buf_add_u32(out, 0);
    return out->len;
}

/* Puts the length in its place. */
static void close_record(tcn_buf *out, size_t body)
{
    size_t len = out->len - body;
    if (len > UINT32_MAX && out->status == 0)
        out->status = TCN_E_LIMIT;
    if (out->status < 0)
        return;
    for (int i = 0; i < 4; i++)
        out->ptr[body - 4 + (size_t)i] = (char)(uint8_t)(len >> (8 * i));
}

/* ---- parts of records ---- */

static void add_uuid(tcn_buf *out, const tcn_uuid *id)
{
    (void)tcn_buf_add(out, id->bytes, sizeof id->bytes);
}

static void add_time(tcn_buf *out, int64_t at_us)
{
    (void)tcn_buf_add_u64(out, (uint64_t)at_us);
}

static void add_ref(tcn_buf *out, bool has_event, const tcn_event_ref *ref)
{
    (void)tcn_buf_add_u8(out, has_event);
    if (!has_event)
        return;
    add_uuid(out, &ref->id);
    (void)tcn_buf_add_u64(out, ref->position);
}

static void add_labels(tcn_buf *out, const tcn_label *labels, uint32_t count)
{
    (void)tcn_buf_add_u32(out, count);
    for (uint32_t i = 0; i < count; i++) {
        (void)tcn_buf_add_field(out, labels[i].key);
        (void)tcn_buf_add_field(out, labels[i].value);
    }
}

static void add_event(tcn_buf *out, const tcn_event *event)
{
    add_uuid(out, &event->id);
    (void)tcn_buf_add_u8(out, event->has_follows);
    add_uuid(out, &event->follows);
    (void)tcn_buf_add_u32(out, event->depth);
    add_time(out, event->occurred_at_us);
    add_time(out, event->received_at_us);
    (void)tcn_buf_add_u64(out, event->position);
    (void)tcn_buf_add_field(out, event->name);
    (void)tcn_buf_add_field(out, event->payload);
    (void)tcn_buf_add_field(out, event->source);
    add_labels(out, event->resource.labels, event->resource.count);
    (void)tcn_buf_add_u32(out, event->related_count);
    for (uint32_t i = 0; i < event->related_count; i++)
        add_labels(out, event->related[i].labels, event->related[i].count);
}

static void add_clock(tcn_buf *out, const tcn_engine *engine)
{
    add_time(out, engine->clock_us);
    (void)tcn_buf_add_u8(out, engine->is_unsettled);
    (void)tcn_buf_add_u8(out, engine->has_processed);
    add_time(out, engine->newest_us);
    add_time(out, engine->processed_at_us);
    add_uuid(out, &engine->processed_id);
    (void)tcn_buf_add_u64(out, engine->turn);
}

static void add_limits(tcn_buf *out, const tcn_engine_limits *limits)
{
    (void)tcn_buf_add_u32(out, limits->max_buckets);
    (void)tcn_buf_add_u32(out, limits->max_waiting);
    (void)tcn_buf_add_u32(out, limits->remembered_ids);
    (void)tcn_buf_add_u32(out, limits->firing_chain);
    (void)tcn_buf_add_u32(out, limits->firings_per_minute);
}

static void add_told(tcn_buf *out, const tcn_engine *engine)
{
    for (size_t i = 0; i < TCN_LIMITS; i++)
        add_time(out, engine->told_us[i]);
    (void)tcn_buf_add_u8(out, (uint8_t)engine->untold);
}

/* Ids of firings are told apart within one instant only. */
static void add_instant(tcn_buf *out, const tcn_engine *engine)
{
    bool is_present = engine->instant_us == engine->clock_us;
    add_time(out, is_present ? engine->instant_us : INT64_MIN);
    (void)tcn_buf_add_u32(out, is_present ? engine->instant_ids.count : 0);
    if (!is_present)
        return;
    uint32_t chain = 0;
    tcn_table_link *link = tcn_table_walk(&engine->instant_ids, &chain, NULL);
    for (; link != NULL; link = tcn_table_walk(&engine->instant_ids, &chain, link))
        add_uuid(out, &tcn_container_of(link, tcn_instant_id, link)->id);
}

static void add_firing(tcn_buf *out, const tcn_firing *firing)
{
    add_uuid(out, &firing->id);
    add_uuid(out, &firing->trigger_id);
    add_time(out, firing->triggered_at_us);
    add_time(out, firing->due_at_us);
    (void)tcn_buf_add_u32(out, firing->depth);
    add_ref(out, firing->has_event, &firing->event_ref);
    add_labels(out, firing->labels, firing->label_count);
    (void)tcn_buf_add_u32(out, firing->child_count);
    for (uint32_t i = 0; i < firing->child_count; i++)
        add_firing(out, firing->children[i]);
}

static void add_queue(tcn_buf *out, const tcn_queue *queue)
{
    (void)tcn_buf_add_u32(out, (uint32_t)queue->count);
    for (size_t i = 0; i < queue->count; i++)
        add_event(out, queue->items[queue->first + i].event);
}

/* ---- records ---- */

void tcn_state_write_head(const tcn_engine *engine, tcn_buf *out)
{
    size_t body = open_record(out, TCN_STATE_HEAD);
    (void)tcn_buf_add_u32(out, engine->save.layers);
    add_limits(out, &engine->limits);
    add_clock(out, engine);
    add_told(out, engine);
    add_instant(out, engine);
    add_queue(out, &engine->emitted_queue);
    (void)tcn_buf_add_u64(out, engine->bucket_sequence);
    (void)tcn_buf_add_u64(out, engine->waiting.sequence);
    (void)tcn_buf_add_u32(out, (uint32_t)engine->unit_count);
    (void)tcn_buf_add_u32(out, engine->away.count);
    (void)tcn_buf_add_u32(out, engine->bucket_count);
    (void)tcn_buf_add_u32(out, (uint32_t)tcn_waiting_count(&engine->waiting));
    (void)tcn_buf_add_u32(out, (uint32_t)tcn_ids_count(&engine->ids));
    close_record(out, body);
}

void tcn_state_write_unit(const tcn_unit *unit, tcn_buf *out)
{
    char *document = json_dumps(unit->automation->document, JSON_COMPACT);
    if (document == NULL) {
        out->status = out->status < 0 ? out->status : TCN_E_NOMEM;
        return;
    }
    bool is_away = unit->absence.is_on;
    size_t body = open_record(out, is_away ? TCN_STATE_AWAY : TCN_STATE_UNIT);
    (void)tcn_buf_add_u64(out, unit->rank);
    if (is_away)
        add_time(out, unit->absence.left_us);
    (void)tcn_buf_add_field(out, tcn_str_c(document));
    close_record(out, body);
    free(document);
}

static void add_pending(tcn_buf *out, const tcn_node *node)
{
    if (node->pending_count == 0)
        return;
    (void)tcn_buf_add_u32(out, node->trigger->ordinal);
    (void)tcn_buf_add_u32(out, node->pending_count);
    for (size_t i = 0; i < node->pending_count; i++) {
        (void)tcn_buf_add_u32(out, node->pending[i].child);
        (void)tcn_buf_add_u64(out, node->pending[i].turn);
        add_firing(out, node->pending[i].firing);
    }
}

void tcn_state_write_fired(const tcn_unit *unit, tcn_buf *out)
{
    size_t body = open_record(out, TCN_STATE_FIRED);
    (void)tcn_buf_add_u64(out, unit->rank);
    add_time(out, unit->minute);
    (void)tcn_buf_add_u32(out, unit->fired);
    add_time(out, unit->notice_minute);
    for (uint32_t i = 0; i < unit->node_count; i++)
        add_pending(out, unit->nodes[i]);
    close_record(out, body);
}

void tcn_state_write_bucket(const tcn_bucket *bucket, tcn_buf *out)
{
    size_t body = open_record(out, TCN_STATE_BUCKET);
    (void)tcn_buf_add_u64(out, bucket->node->unit->rank);
    (void)tcn_buf_add_u32(out, bucket->node->trigger->ordinal);
    (void)tcn_buf_add_field(out, tcn_bucket_key(bucket));
    add_time(out, bucket->start_us);
    add_time(out, bucket->end_us);
    (void)tcn_buf_add_u64(out, bucket->sequence);
    (void)tcn_buf_add_u32(out, (uint32_t)bucket->count);
    add_ref(out, tcn_bucket_has_last(bucket), &bucket->last);
    close_record(out, body);
}

void tcn_state_write_follower(const tcn_follower *follower, tcn_buf *out)
{
    size_t body = open_record(out, TCN_STATE_FOLLOWER);
    add_time(out, follower->give_up_us);
    (void)tcn_buf_add_u64(out, follower->sequence);
    add_event(out, follower->event);
    close_record(out, body);
}

void tcn_state_write_id(const tcn_uuid *id, int64_t at_us, tcn_buf *out)
{
    size_t body = open_record(out, TCN_STATE_ID);
    add_uuid(out, id);
    add_time(out, at_us);
    close_record(out, body);
}

void tcn_state_write_gone(const uint64_t *sequences, size_t count, tcn_buf *out)
{
    size_t body = open_record(out, TCN_STATE_GONE);
    for (size_t i = 0; i < count; i++)
        (void)tcn_buf_add_u64(out, sequences[i]);
    close_record(out, body);
}

int tcn_state_write_end(uint64_t sum, tcn_buf *out)
{
    size_t body = open_record(out, TCN_STATE_END);
    (void)tcn_buf_add_u64(out, sum);
    close_record(out, body);
    return tcn_buf_status(out);
}
