/* SPDX-License-Identifier: Apache-2.0 */
/* firing.c - from a bucket or composite that is complete to a firing with its id, and
 * from a root firing to the event that tells of it. Ids follow from what happened, never
 * from a place in the log, so a replay or another cut of the steps gives the same ones.
 */
#include <assert.h>
#include <stdio.h>

#include "core/base/alloc.h"
#include "core/engine/engine_int.h"

#define TRIGGERED  "prefect.automation.triggered"
#define SUPPRESSED "tocsin.automation.suppressed"

#define FIRING_EFFORT 15 /* as much as so many triggers more */

/* ---- ids ---- */

int tcn_engine_remember_instant(tcn_engine *engine, const tcn_uuid *id)
{
    tcn_instant_id *item = tcn_arena_alloc(&engine->instant_arena, sizeof *item);
    if (item == NULL)
        return TCN_E_NOMEM;
    item->id = *id;
    uint32_t hash;
    memcpy(&hash, id->bytes, sizeof hash);
    return tcn_table_add(&engine->instant_ids, &item->link, hash);
}

static bool is_known_at_instant(const tcn_engine *engine, const tcn_uuid *id)
{
    uint32_t hash;
    memcpy(&hash, id->bytes, sizeof hash);
    tcn_table_link *link = tcn_table_first(&engine->instant_ids, hash);
    for (; link != NULL; link = tcn_table_next(link)) {
        if (tcn_uuid_eq(&tcn_container_of(link, tcn_instant_id, link)->id, id))
            return true;
    }
    return false;
}

static void enter_instant(tcn_engine *engine)
{
    if (engine->instant_us == engine->clock_us)
        return;
    engine->instant_us = engine->clock_us;
    if (engine->instant_ids.count == 0)
        return;
    (void)tcn_table_take(&engine->instant_ids);
    tcn_arena_reset(&engine->instant_arena, INSTANTS_KEPT);
}

/* The trigger, the key, the instant, what completed it, and an ordinal among equals. */
static tcn_uuid firing_id(tcn_engine *engine, const tcn_uuid *trigger, tcn_str key,
                          const tcn_cause *cause)
{
    tcn_buf *name = &engine->text;
    enter_instant(engine);
    tcn_buf_reset(name);
    (void)tcn_buf_add(name, trigger->bytes, sizeof trigger->bytes);
    (void)tcn_buf_add_field(name, key);
    (void)tcn_buf_add_u64(name, (uint64_t)engine->clock_us);
    (void)tcn_buf_add_u8(name, cause->event != NULL);
    if (cause->event != NULL)
        (void)tcn_buf_add(name, cause->event->id.bytes, sizeof cause->event->id.bytes);
    else
        (void)tcn_buf_add_u64(name, (uint64_t)cause->end_us);
    size_t len = name->len;
    for (uint32_t ordinal = 0;; ordinal++) {
        name->len = len;
        (void)tcn_buf_add_u32(name, ordinal);
        tcn_uuid id = tcn_uuid_v5(name->ptr, name->len);
        if (is_known_at_instant(engine, &id))
            continue;
        if (tcn_buf_status(name) < 0 || tcn_engine_remember_instant(engine, &id) < 0)
            tcn_engine_fail(engine);
        return id;
    }
}

tcn_uuid tcn_invocation_id(const tcn_uuid *firing, const char *list, uint32_t index)
{
    char name[16 + 32 + sizeof index];
    size_t len = strlen(list);
    assert(len <= 32);
    memcpy(name, firing->bytes, 16);
    memcpy(name + 16, list, len);
    memcpy(name + 16 + len, &index, sizeof index);
    return tcn_uuid_v5(name, 16 + len + sizeof index);
}

tcn_uuid tcn_emitted_id(const tcn_uuid *cause, const char *event_name)
{
    char name[16 + 128];
    size_t len = strlen(event_name);
    assert(len <= 128);
    memcpy(name, cause->bytes, 16);
    memcpy(name + 16, event_name, len);
    return tcn_uuid_v5(name, 16 + len);
}

/* ---- making firings ---- */

const tcn_event *tcn_engine_at_hand(const tcn_engine *engine, const tcn_event_ref *ref)
{
    uint64_t emitted = ref->position - engine->first_position;
    if (ref->position >= engine->first_position && emitted < engine->emitted_count &&
        tcn_uuid_eq(&engine->emitted[emitted].event->id, &ref->id))
        return engine->emitted[emitted].event;
    for (size_t i = engine->step_event_count; i-- > 0;) {
        if (engine->step_events[i]->position == ref->position &&
            tcn_uuid_eq(&engine->step_events[i]->id, &ref->id))
            return engine->step_events[i];
    }
    return NULL;
}

static int read_labels(tcn_engine *engine, const tcn_trigger *trigger, tcn_str key,
                       tcn_firing *firing)
{
    firing->label_count = trigger->for_each_count;
    if (firing->label_count == 0)
        return 0;
    firing->labels =
        tcn_arena_zero(&engine->arena, firing->label_count * sizeof *firing->labels);
    if (firing->labels == NULL)
        return TCN_E_NOMEM;
    for (uint32_t i = 0; i < firing->label_count; i++) {
        tcn_str value = TCN_STR("");
        (void)tcn_key_read(&key, &value);
        firing->labels[i].key = trigger->for_each[i].text;
        firing->labels[i].value = tcn_arena_str(&engine->arena, value);
        if (firing->labels[i].value.ptr == NULL)
            return TCN_E_NOMEM;
    }
    return 0;
}

tcn_firing *tcn_firing_new(tcn_engine *engine, const tcn_node *node, tcn_str key,
                           const tcn_cause *cause)
{
    tcn_firing *firing = tcn_arena_zero(&engine->arena, sizeof *firing);
    if (firing == NULL || read_labels(engine, node->trigger, key, firing) < 0) {
        tcn_engine_fail(engine);
        return NULL;
    }
    firing->id = firing_id(engine, &node->trigger->id, key, cause);
    firing->automation = node->unit->automation;
    firing->automation_id = firing->automation->id;
    firing->trigger_id = node->trigger->id;
    firing->triggered_at_us = engine->clock_us;
    firing->due_at_us = cause->due_at_us;
    firing->depth = 1;
    if (cause->event != NULL && cause->event->depth < UINT16_MAX)
        firing->depth = (uint16_t)(cause->event->depth + 1);
    return firing;
}

void tcn_node_fire(tcn_engine *engine, tcn_node *node, const tcn_bucket *bucket,
                   const tcn_cause *cause)
{
    tcn_firing *firing = tcn_firing_new(engine, node, tcn_bucket_key(bucket), cause);
    if (firing == NULL)
        return;
    if (cause->event != NULL) {
        firing->has_event = true;
        firing->event = cause->event;
        firing->event_ref = (tcn_event_ref){cause->event->id, cause->event->position};
    } else if (tcn_bucket_has_last(bucket)) {
        firing->has_event = true;
        firing->event_ref = bucket->last;
        firing->event = tcn_engine_at_hand(engine, &bucket->last);
    }
    tcn_firing_deliver(engine, node, firing, cause);
}

/* ---- the events of a root firing ---- */

static tcn_label text_label(tcn_arena *arena, const char *key, tcn_str prefix,
                            tcn_str value)
{
    char *text = tcn_arena_alloc(arena, prefix.len + value.len + 1);
    if (text == NULL)
        return (tcn_label){tcn_str_c(key), {NULL, 0}};
    memcpy(text, prefix.ptr, prefix.len);
    if (value.len > 0)
        memcpy(text + prefix.len, value.ptr, value.len);
    text[prefix.len + value.len] = '\0';
    return (tcn_label){tcn_str_c(key), tcn_str_of(text, prefix.len + value.len)};
}

static tcn_label id_label(tcn_arena *arena, tcn_str prefix, const tcn_uuid *id)
{
    char text[TCN_UUID_TEXT + 1];
    return text_label(arena, "prefect.resource.id", prefix,
                      tcn_str_c(tcn_uuid_format(id, text)));
}

/* prefect.automation.<id>, its name, and the posture of an event trigger. */
static bool make_resource(tcn_arena *arena, const tcn_automation *automation,
                          tcn_event *event)
{
    tcn_label *labels = tcn_arena_alloc(arena, 3 * sizeof *labels);
    if (labels == NULL)
        return false;
    const json_t *name = json_object_get(automation->document, "name");
    labels[0] = id_label(arena, TCN_STR("prefect.automation."), &automation->id);
    labels[1] =
        text_label(arena, "prefect.resource.name", TCN_STR(""), tcn_json_str(name));
    uint32_t count = 2;
    if (automation->trigger->type == TCN_TRIGGER_EVENT) {
        bool is_reactive = automation->trigger->posture == TCN_REACTIVE;
        labels[count++] =
            (tcn_label){TCN_STR("prefect.posture"),
                        is_reactive ? TCN_STR("Reactive") : TCN_STR("Proactive")};
    }
    event->resource =
        (tcn_resource){.labels = labels, .count = count, .id = labels[0].value};
    return labels[0].value.ptr != NULL && labels[1].value.ptr != NULL;
}

static bool make_related(tcn_arena *arena, const tcn_firing *firing, tcn_event *event)
{
    if (!firing->has_event)
        return true;
    tcn_resource *related = tcn_arena_zero(arena, sizeof *related);
    tcn_label *labels = tcn_arena_alloc(arena, 2 * sizeof *labels);
    if (related == NULL || labels == NULL)
        return false;
    labels[0] = id_label(arena, TCN_STR("prefect.event."), &firing->event_ref.id);
    labels[1] =
        (tcn_label){TCN_STR("prefect.resource.role"), TCN_STR("triggering-event")};
    *related = (tcn_resource){labels, 2, labels[0].value, labels[1].value};
    event->related = related;
    event->related_count = 1;
    return related->id.ptr != NULL;
}

/* Everything but the payload; NULL when out of memory. */
static tcn_event *make_event(tcn_engine *engine, const tcn_firing *firing,
                             const char *name)
{
    tcn_event *event = tcn_arena_zero(&engine->arena, sizeof *event);
    if (event == NULL || !make_resource(&engine->arena, firing->automation, event) ||
        !make_related(&engine->arena, firing, event))
        return NULL;
    event->id = tcn_emitted_id(&firing->id, name);
    event->name = tcn_str_c(name);
    event->depth = firing->depth;
    event->occurred_at_us = engine->clock_us;
    event->received_at_us = engine->clock_us;
    event->position = engine->first_position + engine->emitted_count;
    return event;
}

int tcn_firing_payload(const tcn_firing *firing, tcn_str triggering_event, tcn_buf *out)
{
    (void)tcn_buf_add_c(out, "{\"triggering_labels\":{");
    for (uint32_t i = 0; i < firing->label_count; i++) {
        if (i > 0)
            (void)tcn_buf_add_char(out, ',');
        (void)tcn_buf_add_json(out, firing->labels[i].key);
        (void)tcn_buf_add_char(out, ':');
        (void)tcn_buf_add_json(out, firing->labels[i].value);
    }
    (void)tcn_buf_add_c(out, "},\"triggering_event\":");
    if (triggering_event.len > 0)
        (void)tcn_buf_add_str(out, triggering_event);
    else
        (void)tcn_buf_add_c(out, "null");
    (void)tcn_buf_add_char(out, '}');
    return tcn_buf_status(out);
}

/* Writes the payload if everything for it is at hand; *ret_is_complete says so. */
static int write_payload(tcn_engine *engine, const tcn_firing *firing, tcn_event *event,
                         bool *ret_is_complete)
{
    bool has_text = firing->event != NULL && firing->event->payload.len > 0;
    *ret_is_complete = !firing->has_event || has_text;
    if (!*ret_is_complete)
        return 0;
    tcn_buf triggering;
    tcn_buf_init(&triggering, SIZE_MAX / 2);
    tcn_buf_reset(&engine->text);
    int rc = has_text ? tcn_event_encode(firing->event, &triggering) : 0;
    if (rc >= 0)
        rc = tcn_firing_payload(firing, tcn_buf_str(&triggering), &engine->text);
    tcn_buf_deinit(&triggering);
    if (rc < 0)
        return rc;
    event->payload = tcn_arena_str(&engine->arena, tcn_buf_str(&engine->text));
    return event->payload.ptr != NULL ? 0 : TCN_E_NOMEM;
}

int tcn_engine_emit(tcn_engine *engine, const tcn_event *event,
                    const tcn_firing *waits_for)
{
    int rc = tcn_grow((void **)&engine->emitted, &engine->emitted_capacity,
                      engine->emitted_count + 1, sizeof *engine->emitted);
    if (rc < 0)
        return rc;
    engine->emitted[engine->emitted_count++] = (tcn_emitted){event, waits_for};
    return tcn_queue_add(&engine->emitted_queue, event, NULL);
}

static int emit_triggered(tcn_engine *engine, tcn_firing *firing)
{
    tcn_event *event = make_event(engine, firing, TRIGGERED);
    bool is_complete = false;
    if (event == NULL)
        return TCN_E_NOMEM;
    int rc = write_payload(engine, firing, event, &is_complete);
    if (rc < 0)
        return rc;
    firing->emitted = event;
    return tcn_engine_emit(engine, event, is_complete ? NULL : firing);
}

/* ---- the loop breaker ---- */

/* Automations that feed each other multiply: a chain of 32 would have 2^32 links when
 * each has two. So the links of an automation behind the second one are counted, too. */
#define STORM_DEPTH   2
#define STORM_FIRINGS 10000 /* of an automation in a minute */

/* Who is suppressed is not set off by being told so. */
static bool is_own_notice(const tcn_unit *unit, const tcn_event *event)
{
    char text[TCN_UUID_TEXT + 1];
    char id[32 + TCN_UUID_TEXT];
    if (!tcn_str_eq_c(event->name, SUPPRESSED))
        return false;
    (void)snprintf(id, sizeof id, "prefect.automation.%s",
                   tcn_uuid_format(&unit->id, text));
    return tcn_str_eq_c(event->resource.id, id);
}

/* Why the firing is suppressed, or NULL. */
static const char *breaker_reason(const tcn_engine *engine, tcn_unit *unit,
                                  const tcn_cause *cause)
{
    int64_t minute = engine->clock_us / TCN_MINUTE_US;
    if (unit->minute != minute) {
        unit->minute = minute;
        unit->fired = 0;
    }
    uint32_t depth = cause->event != NULL ? cause->event->depth : 0;
    bool is_storm = depth >= STORM_DEPTH && unit->fired >= STORM_FIRINGS;
    if (depth >= engine->limits.firing_chain || is_storm ||
        (cause->event != NULL && is_own_notice(unit, cause->event)))
        return "firing_chain";
    uint32_t most = engine->limits.firings_per_minute;
    return most > 0 && unit->fired >= most ? "firings_per_minute" : NULL;
}

/* One event a minute tells that firings of the automation are suppressed. It may be the
 * last link but one of a chain, so that who watches for it fires, and nobody who watches
 * for that. */
static int emit_notice(tcn_engine *engine, tcn_unit *unit, const tcn_firing *firing,
                       const char *reason)
{
    if (unit->notice_minute == unit->minute)
        return 0;
    unit->notice_minute = unit->minute;
    tcn_event *event = make_event(engine, firing, SUPPRESSED);
    tcn_buf_reset(&engine->text);
    int rc = tcn_buf_printf(&engine->text, "{\"reason\":\"%s\"}", reason);
    if (event == NULL || rc < 0)
        return TCN_E_NOMEM;
    if (event->depth >= engine->limits.firing_chain)
        event->depth = (uint16_t)(engine->limits.firing_chain - 1);
    event->payload = tcn_arena_str(&engine->arena, tcn_buf_str(&engine->text));
    return event->payload.ptr != NULL ? tcn_engine_emit(engine, event, NULL)
                                      : TCN_E_NOMEM;
}

static int act(tcn_engine *engine, tcn_unit *unit, tcn_firing *firing,
               const tcn_cause *cause)
{
    int rc = tcn_grow((void **)&engine->firings, &engine->firing_capacity,
                      engine->firing_count + 1, sizeof(tcn_firing *));
    if (rc < 0)
        return rc;
    engine->firings[engine->firing_count++] = firing;
    engine->effort += FIRING_EFFORT;
    tcn_save_unit(engine, unit);
    const char *reason = breaker_reason(engine, unit, cause);
    if (reason != NULL) {
        firing->is_suppressed = true;
        engine->counts.suppressed++;
        return emit_notice(engine, unit, firing, reason);
    }
    unit->fired++;
    engine->counts.firings++;
    return emit_triggered(engine, firing);
}

void tcn_firing_deliver(tcn_engine *engine, tcn_node *node, tcn_firing *firing,
                        const tcn_cause *cause)
{
    if (engine->status < 0)
        return;
    if (node->parent != NULL)
        tcn_composite_take(engine, node->parent, node->trigger->index, firing, cause);
    else if (act(engine, node->unit, firing, cause) < 0)
        tcn_engine_fail(engine);
}
