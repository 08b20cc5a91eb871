/* SPDX-License-Identifier: Apache-2.0 */
/* save.c - the whole state between two steps, as bytes. */
#include <stdlib.h>

#include "core/engine/engine_int.h"
#include "core/engine/state_form.h"

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
}

static void add_instant(tcn_buf *out, const tcn_engine *engine)
{
    add_time(out, engine->instant_us);
    (void)tcn_buf_add_u32(out, engine->instant_ids.count);
    uint32_t chain = 0;
    tcn_table_link *link = tcn_table_walk(&engine->instant_ids, &chain, NULL);
    for (; link != NULL; link = tcn_table_walk(&engine->instant_ids, &chain, link))
        add_uuid(out, &tcn_container_of(link, tcn_instant_id, link)->id);
}

static void add_buckets(tcn_buf *out, const tcn_node *node)
{
    (void)tcn_buf_add_u32(out, node->buckets.count);
    uint32_t chain = 0;
    tcn_table_link *link = tcn_table_walk(&node->buckets, &chain, NULL);
    for (; link != NULL; link = tcn_table_walk(&node->buckets, &chain, link)) {
        const tcn_bucket *bucket = tcn_container_of(link, tcn_bucket, link);
        (void)tcn_buf_add_field(out, tcn_bucket_key(bucket));
        add_time(out, bucket->start_us);
        add_time(out, bucket->end_us);
        (void)tcn_buf_add_u64(out, bucket->sequence);
        (void)tcn_buf_add_u32(out, (uint32_t)bucket->count);
        add_ref(out, bucket->has_last, &bucket->last);
    }
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

static void add_node(tcn_buf *out, const tcn_node *node)
{
    add_buckets(out, node);
    (void)tcn_buf_add_u32(out, (uint32_t)node->pending_count);
    for (size_t i = 0; i < node->pending_count; i++) {
        (void)tcn_buf_add_u32(out, node->pending[i].child);
        add_firing(out, node->pending[i].firing);
    }
}

static int add_unit(tcn_buf *out, const tcn_unit *unit)
{
    char *document = json_dumps(unit->automation->document, JSON_COMPACT);
    if (document == NULL)
        return TCN_E_NOMEM;
    (void)tcn_buf_add_field(out, tcn_str_c(document));
    free(document);
    add_time(out, unit->minute);
    (void)tcn_buf_add_u32(out, unit->fired);
    add_time(out, unit->notice_minute);
    (void)tcn_buf_add_u32(out, unit->node_count);
    for (uint32_t i = 0; i < unit->node_count; i++)
        add_node(out, unit->nodes[i]);
    return 0;
}

static void add_waiting(tcn_buf *out, const tcn_waiting *waiting)
{
    (void)tcn_buf_add_u32(out, (uint32_t)tcn_waiting_count(waiting));
    for (tcn_list *it = waiting->followers.next; it != &waiting->followers;
         it = it->next) {
        const tcn_follower *follower = tcn_container_of(it, tcn_follower, link);
        add_time(out, follower->give_up_us);
        add_event(out, follower->event);
    }
}

static void add_queue(tcn_buf *out, const tcn_queue *queue)
{
    (void)tcn_buf_add_u32(out, (uint32_t)queue->count);
    for (size_t i = 0; i < queue->count; i++)
        add_event(out, queue->items[queue->first + i].event);
}

static int add_id(const tcn_uuid *id, int64_t at_us, void *ud)
{
    add_uuid(ud, id);
    add_time(ud, at_us);
    return 0;
}

int tcn_engine_save(const tcn_engine *engine, tcn_buf *out)
{
    size_t start = out->len;
    (void)tcn_buf_add_u32(out, TCN_STATE_MAGIC);
    (void)tcn_buf_add_u32(out, TCN_STATE_VERSION);
    add_clock(out, engine);
    add_instant(out, engine);
    (void)tcn_buf_add_u64(out, engine->bucket_sequence);
    (void)tcn_buf_add_u32(out, (uint32_t)engine->unit_count);
    for (size_t i = 0; i < engine->unit_count; i++) {
        int rc = add_unit(out, engine->units[i]);
        if (rc < 0)
            return rc;
    }
    add_waiting(out, &engine->waiting);
    add_queue(out, &engine->emitted_queue);
    (void)tcn_buf_add_u32(out, (uint32_t)tcn_ids_count(&engine->ids));
    (void)tcn_ids_each(&engine->ids, add_id, out);
    int rc = tcn_buf_status(out);
    if (rc < 0)
        return rc;
    return tcn_buf_add_u64(out,
                           tcn_state_sum(tcn_str_of(out->ptr + start, out->len - start)));
}
