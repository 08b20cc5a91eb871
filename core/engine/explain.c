/* SPDX-License-Identifier: Apache-2.0 */
/* explain.c - the document of an explanation: automation, event, the tree of triggers
 * with what was counted, and what would follow. Members that could not be made for want
 * of memory are missing while it is built; then there is no document. */
#include "core/engine/explain.h"

#include <stdio.h>

#include "core/base/alloc.h"
#include "core/engine/explain_int.h"

#define PATH_MAX_BYTES 1024
#define BUCKETS_SHOWN  20

/* What is explained. */
typedef struct telling {
    const tcn_engine *engine;
    const tcn_unit *unit;
    const tcn_unit *after; /* when the event has come; NULL: no event, or disabled */
    const tcn_engine *engine_after;
    const tcn_event *event;
    int64_t now_us;
    bool has_failed;
} telling;

/* ---- values ---- */

json_t *tcn_explain_time(int64_t at_us)
{
    char text[TCN_DATETIME_TEXT];
    (void)tcn_datetime_format(at_us, text);
    return json_string(text);
}

json_t *tcn_explain_text(tcn_str text)
{
    return json_stringn(text.ptr != NULL ? text.ptr : "", text.len);
}

json_t *tcn_explain_uuid(const tcn_uuid *id)
{
    char text[TCN_UUID_TEXT + 1];
    return json_string(tcn_uuid_format(id, text));
}

static void set(telling *t, json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) < 0)
        t->has_failed = true;
}

/* A member of the definition as it was written; absent ones are left out. */
static void set_written(telling *t, json_t *object, const json_t *document,
                        const char *key)
{
    json_t *value = json_object_get(document, key);
    if (value != NULL)
        set(t, object, key, json_incref(value));
}

/* ---- buckets ---- */

const tcn_bucket *tcn_explain_bucket(const tcn_engine *engine, const tcn_node *node,
                                     const tcn_event *event)
{
    if (node->trigger->type != TCN_TRIGGER_EVENT)
        return NULL;
    tcn_buf key;
    tcn_buf_init(&key, SIZE_MAX / 2);
    const tcn_bucket *bucket = NULL;
    if (tcn_key_write(node->trigger->for_each, node->trigger->for_each_count, event,
                      &key) == 0)
        bucket = tcn_node_bucket(engine, node, tcn_buf_str(&key));
    tcn_buf_deinit(&key);
    return bucket;
}

static json_t *bucket_labels(telling *t, const tcn_bucket *bucket)
{
    const tcn_trigger *trigger = bucket->node->trigger;
    json_t *labels = json_object();
    tcn_str rest = tcn_bucket_key(bucket), value;
    for (uint32_t i = 0; i < trigger->for_each_count && tcn_key_read(&rest, &value);
         i++) {
        tcn_str name = trigger->for_each[i].text;
        if (json_object_setn_new(labels, name.ptr, name.len, tcn_explain_text(value)) < 0)
            t->has_failed = true;
    }
    return labels;
}

static json_t *bucket_document(telling *t, const tcn_bucket *bucket)
{
    if (bucket == NULL)
        return json_null();
    json_t *document = json_object();
    set(t, document, "labels", bucket_labels(t, bucket));
    set(t, document, "count", json_integer(bucket->count));
    set(t, document, "start", tcn_explain_time(bucket->start_us));
    set(t, document, "end", tcn_explain_time(bucket->end_us));
    set(t, document, "last_event",
        tcn_bucket_has_last(bucket) ? tcn_explain_uuid(&bucket->last.id) : json_null());
    return document;
}

static json_t *some_buckets(telling *t, const tcn_node *node)
{
    json_t *list = json_array();
    uint32_t chain = 0;
    tcn_bucket *bucket = tcn_node_next_bucket(node, &chain, NULL);
    while (bucket != NULL && json_array_size(list) < BUCKETS_SHOWN) {
        if (json_array_append_new(list, bucket_document(t, bucket)) < 0)
            t->has_failed = true;
        bucket = tcn_node_next_bucket(node, &chain, bucket);
    }
    return list;
}

/* ---- triggers ---- */

/* What the event is to the trigger. */
static const char *event_role(const tcn_trigger *trigger, const tcn_event *event)
{
    if (!tcn_explain_covers(trigger, event))
        return "none";
    if (!tcn_explain_expects(trigger, event))
        return "starts";
    return tcn_explain_starts(trigger, event) ? "starts and counts" : "counts";
}

static void set_event_trigger(telling *t, json_t *object, const tcn_node *node)
{
    static const char *const written[] = {"posture", "threshold", "within", "for_each"};
    const tcn_trigger *trigger = node->trigger;
    for (size_t i = 0; i < TCN_COUNT(written); i++)
        set_written(t, object, trigger->document, written[i]);
    set(t, object, "buckets", json_integer((json_int_t)tcn_node_bucket_count(node)));
    if (t->event == NULL) {
        set(t, object, "some_buckets", some_buckets(t, node));
        return;
    }
    const tcn_bucket *bucket = tcn_explain_bucket(t->engine, node, t->event);
    set(t, object, "bucket", bucket_document(t, bucket));
    tcn_clauses clauses = {.list = json_array()};
    tcn_explain_clauses(trigger, t->event, bucket, &clauses);
    t->has_failed = t->has_failed || clauses.has_failed;
    set(t, object, "role", json_string(event_role(trigger, t->event)));
    set(t, object, "clauses", clauses.list);
    if (t->after != NULL)
        set(t, object, "bucket_after",
            bucket_document(t, tcn_explain_bucket(t->engine_after,
                                                  t->after->nodes[trigger->ordinal],
                                                  t->event)));
}

/* Those that still count. */
static json_t *fired_children(telling *t, const tcn_node *node, int64_t now_us)
{
    json_t *list = json_array();
    for (size_t i = 0; i < node->pending_count; i++) {
        const tcn_child_firing *pending = &node->pending[i];
        if (tcn_composite_is_old(node, pending, now_us))
            continue;
        json_t *item = json_object();
        set(t, item, "trigger", json_integer(pending->child));
        set(t, item, "at", tcn_explain_time(pending->firing->triggered_at_us));
        if (json_array_append_new(list, item) < 0)
            t->has_failed = true;
    }
    return list;
}

static bool has_fired(const tcn_node *node, uint32_t child, int64_t now_us)
{
    for (size_t i = 0; i < node->pending_count; i++) {
        const tcn_child_firing *pending = &node->pending[i];
        if (pending->child == child && !tcn_composite_is_old(node, pending, now_us))
            return true;
    }
    return false;
}

/* Of a sequence those that must fire one after the other, of a compound those of which
 * enough must. */
static json_t *missing_children(telling *t, const tcn_node *node, int64_t now_us)
{
    const tcn_trigger *trigger = node->trigger;
    bool is_sequence = trigger->type == TCN_TRIGGER_SEQUENCE;
    uint32_t done = is_sequence ? tcn_sequence_done(node, now_us) : 0;
    json_t *list = json_array();
    for (uint32_t i = done; i < trigger->child_count; i++) {
        if (!is_sequence && has_fired(node, i, now_us))
            continue;
        if (json_array_append_new(list, json_integer(i)) < 0)
            t->has_failed = true;
    }
    return list;
}

static void set_composite(telling *t, json_t *object, const tcn_node *node)
{
    const tcn_trigger *trigger = node->trigger;
    int64_t now_us = t->now_us;
    set(t, object, "require", json_integer(trigger->require));
    set_written(t, object, trigger->document, "within");
    set(t, object, "fired", fired_children(t, node, now_us));
    set(t, object, "missing", missing_children(t, node, now_us));
    if (t->after == NULL)
        return;
    node = t->after->nodes[trigger->ordinal];
    now_us = t->engine_after->clock_us;
    set(t, object, "fired_after", fired_children(t, node, now_us));
    set(t, object, "missing_after", missing_children(t, node, now_us));
}

static json_t *trigger_document(telling *t, const tcn_trigger *trigger, const char *path)
{
    static const char *const types[] = {[TCN_TRIGGER_EVENT] = "event",
                                        [TCN_TRIGGER_COMPOUND] = "compound",
                                        [TCN_TRIGGER_SEQUENCE] = "sequence"};
    json_t *object = json_object();
    json_t *children = trigger->child_count > 0 ? json_array() : NULL;
    set(t, object, "path", json_string(path));
    set(t, object, "type", json_string(types[trigger->type]));
    const tcn_node *node =
        t->unit->node_count > 0 ? t->unit->nodes[trigger->ordinal] : NULL;
    if (node != NULL && trigger->type == TCN_TRIGGER_EVENT)
        set_event_trigger(t, object, node);
    else if (node != NULL)
        set_composite(t, object, node);
    for (uint32_t i = 0; i < trigger->child_count; i++) {
        char child[PATH_MAX_BYTES];
        (void)snprintf(child, sizeof child, "%s.triggers[%u]", path, i);
        if (json_array_append_new(children,
                                  trigger_document(t, trigger->children[i], child)) < 0)
            t->has_failed = true;
    }
    if (children != NULL)
        set(t, object, "triggers", children);
    return object;
}

/* ---- the whole ---- */

static json_t *event_document(telling *t)
{
    const tcn_event *event = t->event;
    const tcn_ids *ids = &t->engine->ids;
    int64_t now_us = t->now_us;
    bool waits = event->has_follows && !tcn_uuid_eq(&event->follows, &event->id) &&
                 !tcn_ids_has(ids, &event->follows, now_us);
    json_t *document = json_object();
    set(t, document, "id", tcn_explain_uuid(&event->id));
    set(t, document, "event", tcn_explain_text(event->name));
    set(t, document, "resource", tcn_explain_text(event->resource.id));
    set(t, document, "occurred", tcn_explain_time(event->occurred_at_us));
    set(t, document, "is_known", json_boolean(tcn_ids_has(ids, &event->id, now_us)));
    set(t, document, "waits_for",
        waits ? tcn_explain_uuid(&event->follows) : json_null());
    return document;
}

static json_t *whole_document(telling *t, json_t *outcome)
{
    const tcn_automation *automation = t->unit->automation;
    json_t *document = json_object();
    json_t *head = json_object();
    set(t, head, "id", tcn_explain_uuid(&automation->id));
    set(t, head, "name", json_string(automation->name));
    set(t, head, "enabled", json_boolean(automation->is_enabled));
    set(t, document, "automation", head);
    set(t, document, "clock", tcn_explain_time(t->now_us));
    set(t, document, "lag", json_real((double)tcn_engine_lag(t->engine) / TCN_SECOND_US));
    set(t, document, "lag_event",
        tcn_uuid_is_nil(&t->engine->processed_id)
            ? json_null()
            : tcn_explain_uuid(&t->engine->processed_id));
    if (t->event != NULL)
        set(t, document, "event", event_document(t));
    set(t, document, "trigger", trigger_document(t, automation->trigger, "trigger"));
    set(t, document, "outcome", outcome != NULL ? json_incref(outcome) : json_null());
    return document;
}

json_t *tcn_engine_explain(const tcn_engine *engine, const tcn_automation *automation,
                           const tcn_event *event, int64_t now_us)
{
    telling t = {.engine = engine, .event = event, .now_us = engine->clock_us};
    tcn_foresight foresight = {0};
    if (t.now_us < now_us)
        t.now_us = now_us;
    t.unit = tcn_engine_unit(engine, &automation->id);
    if (t.unit == NULL || tcn_foresee(engine, t.unit, event, t.now_us, &foresight) < 0)
        return NULL;
    t.engine_after = foresight.engine;
    if (event != NULL && foresight.engine != NULL)
        t.after = tcn_engine_unit(foresight.engine, &automation->id);
    json_t *document = whole_document(&t, foresight.outcome);
    tcn_foresight_deinit(&foresight);
    if (!t.has_failed)
        return document;
    json_decref(document);
    return NULL;
}
