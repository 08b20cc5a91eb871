/* SPDX-License-Identifier: Apache-2.0 */
/* context.c - a table from names to the functions that build them. The firing in a row
 * names its trigger by id; in a template it carries the trigger's definition, as
 * Prefect's does, which is found in the automation. */
#include "core/action/context.h"

#include "core/value/json.h"

/* As deep as composite triggers may stand inside one another. */
#define TRIGGER_DEPTH_MAX 64

typedef int build_fn(tcn_context *context, enum tcn_prefect_kind kind, tcn_value *ret);

/* ---- always there ---- */

static int build_automation(tcn_context *context, enum tcn_prefect_kind kind,
                            tcn_value *ret)
{
    return tcn_prefect_object(kind, context->facts->automation, context->arena, ret);
}

static int build_event(tcn_context *context, enum tcn_prefect_kind kind, tcn_value *ret)
{
    if (!context->facts->has_event) {
        *ret = tcn_none();
        return 0;
    }
    tcn_value event = {.type = TCN_V_MISSING};
    int rc = tcn_json_read(context->facts->entry->event, context->arena, &tcn_stored_json,
                           &event, NULL);
    return rc < 0 ? rc : tcn_prefect_object(kind, event, context->arena, ret);
}

static int build_labels(tcn_context *context, enum tcn_prefect_kind kind, tcn_value *ret)
{
    tcn_value labels = tcn_dict_value(context->facts->firing, "triggering_labels");
    if (labels.type != TCN_V_DICT)
        labels = tcn_dict_new(context->arena, 0);
    if (tcn_is_missing(labels))
        return TCN_E_NOMEM;
    return tcn_prefect_object(kind, labels, context->arena, ret);
}

/* The definition of the trigger with that id; MISSING when the automation has none such.
 */
static tcn_value find_trigger(tcn_value trigger, tcn_str id, int depth)
{
    if (id.len > 0 && tcn_str_eq(tcn_dict_text(trigger, "id"), id))
        return trigger;
    tcn_value children = tcn_dict_value(trigger, "triggers");
    tcn_value found = {.type = TCN_V_MISSING};
    if (children.type != TCN_V_LIST || depth >= TRIGGER_DEPTH_MAX)
        return found;
    for (uint32_t i = 0; i < children.list->count && tcn_is_missing(found); i++)
        found = find_trigger(children.list->items[i], id, depth + 1);
    return found;
}

/* Triggers of events have no other state: nothing is ever resolved. */
static tcn_value trigger_states(tcn_arena *arena)
{
    tcn_value states = tcn_list_new(arena, TCN_V_LIST, 1);
    tcn_value state = tcn_str_borrow(arena, TCN_STR("Triggered"));
    bool is_made = !tcn_is_missing(states) && !tcn_is_missing(state) &&
                   tcn_vlist_add(arena, states.list, state) >= 0;
    return is_made ? states : (tcn_value){.type = TCN_V_MISSING};
}

static int firing_dict(tcn_context *context, tcn_value stored, int depth, tcn_value *ret);

static int child_dicts(tcn_context *context, tcn_value stored, int depth, tcn_value *ret)
{
    uint32_t count = stored.type == TCN_V_LIST ? stored.list->count : 0;
    tcn_value list = tcn_list_new(context->arena, TCN_V_LIST, count);
    if (tcn_is_missing(list))
        return TCN_E_NOMEM;
    for (uint32_t i = 0; i < count && depth < TRIGGER_DEPTH_MAX; i++) {
        tcn_value child = {.type = TCN_V_MISSING};
        int rc = firing_dict(context, stored.list->items[i], depth + 1, &child);
        if (rc >= 0)
            rc = tcn_vlist_add(context->arena, list.list, child);
        if (rc < 0)
            return rc;
    }
    *ret = list;
    return 0;
}

/* The event of the root firing: the row's own, or, for an action on the firing's event,
 * the one that this event carries. */
static int root_event(tcn_context *context, tcn_value *ret)
{
    const tcn_facts *facts = context->facts;
    *ret = tcn_none();
    if (!facts->has_event)
        return 0;
    tcn_value event = tcn_none();
    int rc = tcn_json_read(facts->entry->event, context->arena, &tcn_stored_json, &event,
                           NULL);
    if (rc >= 0 && tcn_str_eq(facts->event_id, facts->emitted_id))
        event = tcn_dict_value(tcn_dict_value(event, "payload"), "triggering_event");
    if (rc >= 0 && event.type == TCN_V_DICT)
        *ret = event;
    return rc;
}

static int event_of(tcn_context *context, tcn_value stored, int depth, tcn_value *ret)
{
    if (depth == 0)
        return root_event(context, ret);
    tcn_value event = tcn_dict_value(stored, "triggering_event");
    *ret = event.type == TCN_V_DICT ? event : tcn_none();
    return 0;
}

/* A firing as Prefect's API gives it, from the firing as the store keeps it. */
static int firing_dict(tcn_context *context, tcn_value stored, int depth, tcn_value *ret)
{
    tcn_value dict = tcn_dict_new(context->arena, 8);
    tcn_value states = trigger_states(context->arena);
    if (tcn_is_missing(dict) || tcn_is_missing(states))
        return TCN_E_NOMEM;
    tcn_value root = tcn_dict_value(context->facts->automation, "trigger");
    tcn_value children = tcn_dict_value(stored, "triggering_firings");
    tcn_value event = {.type = TCN_V_MISSING};
    int rc = child_dicts(context, children, depth, &children);
    if (rc >= 0)
        rc = event_of(context, stored, depth, &event);
    const struct {
        const char *key;
        tcn_value value;
    } fields[] = {
        {"id", tcn_dict_value(stored, "id")},
        {"trigger", find_trigger(root, tcn_dict_text(stored, "trigger_id"), 0)},
        {"trigger_states", states},
        {"triggered", tcn_dict_value(stored, "triggered")},
        {"triggering_labels", tcn_dict_value(stored, "triggering_labels")},
        {"triggering_firings", children},
        {"triggering_event", event},
        {"triggering_value", tcn_none()},
    };
    for (size_t i = 0; i < TCN_COUNT(fields) && rc >= 0; i++) {
        if (!tcn_is_missing(fields[i].value))
            rc = tcn_vdict_put_c(context->arena, dict.dict, fields[i].key,
                                 fields[i].value);
    }
    *ret = dict;
    return rc;
}

static int get_firing(tcn_context *context)
{
    if (!tcn_is_missing(context->firing))
        return 0;
    tcn_value dict = {.type = TCN_V_MISSING};
    int rc = firing_dict(context, context->facts->firing, 0, &dict);
    if (rc >= 0)
        context->firing = dict;
    return rc;
}

static int build_firing(tcn_context *context, enum tcn_prefect_kind kind, tcn_value *ret)
{
    int rc = get_firing(context);
    return rc < 0 ? rc : tcn_prefect_object(kind, context->firing, context->arena, ret);
}

/* Adds the firing and those inside it, depth first; with kind EVENT their triggering
 * events. */
static int collect(tcn_context *context, enum tcn_prefect_kind kind, tcn_value dict,
                   tcn_vlist *out)
{
    tcn_value data =
        kind == TCN_PREFECT_EVENT ? tcn_dict_value(dict, "triggering_event") : dict;
    int rc = 0;
    if (data.type == TCN_V_DICT) {
        tcn_value object = {.type = TCN_V_MISSING};
        rc = tcn_prefect_object(kind, data, context->arena, &object);
        if (rc >= 0)
            rc = tcn_vlist_add(context->arena, out, object);
    }
    tcn_value children = tcn_dict_value(dict, "triggering_firings");
    for (uint32_t i = 0;
         rc >= 0 && children.type == TCN_V_LIST && i < children.list->count; i++)
        rc = collect(context, kind, children.list->items[i], out);
    return rc;
}

static int build_all(tcn_context *context, enum tcn_prefect_kind kind, tcn_value *ret)
{
    tcn_value list = tcn_list_new(context->arena, TCN_V_LIST, 1);
    if (tcn_is_missing(list))
        return TCN_E_NOMEM;
    int rc = get_firing(context);
    if (rc >= 0)
        rc = collect(context, kind, context->firing, list.list);
    *ret = list;
    return rc;
}

/* ---- with a triggering event ---- */

static int build_object(tcn_context *context, enum tcn_prefect_kind kind, tcn_value *ret)
{
    return tcn_object_from_event(&context->facts->event, kind, context->arena, ret);
}

/* Variables are kept by a Prefect server; an event does not speak of them. */
static int build_variables(tcn_context *context, enum tcn_prefect_kind kind,
                           tcn_value *ret)
{
    (void)kind;
    *ret = tcn_dict_new(context->arena, 0);
    return tcn_is_missing(*ret) ? TCN_E_NOMEM : 0;
}

/* ---- the table ---- */

static const struct {
    const char *name;
    bool needs_event;
    enum tcn_prefect_kind kind;
    build_fn *build;
} names[] = {
    {"automation", false, TCN_PREFECT_AUTOMATION, build_automation},
    {"event", false, TCN_PREFECT_EVENT, build_event},
    {"labels", false, TCN_PREFECT_LABELS, build_labels},
    {"firing", false, TCN_PREFECT_FIRING, build_firing},
    {"firings", false, TCN_PREFECT_FIRING, build_all},
    {"events", false, TCN_PREFECT_EVENT, build_all},
    {"flow", true, TCN_PREFECT_FLOW, build_object},
    {"flow_run", true, TCN_PREFECT_FLOW_RUN, build_object},
    {"task_run", true, TCN_PREFECT_TASK_RUN, build_object},
    {"deployment", true, TCN_PREFECT_DEPLOYMENT, build_object},
    {"work_pool", true, TCN_PREFECT_WORK_POOL, build_object},
    {"work_queue", true, TCN_PREFECT_WORK_QUEUE, build_object},
    {"concurrency_limit", true, TCN_PREFECT_CONCURRENCY_LIMIT, build_object},
    {"variables", true, TCN_PREFECT_NONE, build_variables},
};
_Static_assert(TCN_COUNT(names) == TCN_CONTEXT_NAMES, "one place for each name");

static int look_up(void *ud, tcn_str name, tcn_arena *arena, tcn_value *ret)
{
    (void)arena;
    tcn_context *context = ud;
    for (size_t i = 0; i < TCN_COUNT(names); i++) {
        if (!tcn_str_eq_c(name, names[i].name))
            continue;
        if (names[i].needs_event && !context->facts->has_event)
            return 0;
        if (tcn_is_missing(context->values[i])) {
            tcn_value value = {.type = TCN_V_MISSING};
            int rc = names[i].build(context, names[i].kind, &value);
            if (rc < 0)
                return rc;
            context->values[i] = value;
        }
        *ret = context->values[i];
        return 1;
    }
    return 0;
}

void tcn_context_init(tcn_context *context, const tcn_facts *facts, tcn_arena *arena,
                      int64_t now_us)
{
    *context = (tcn_context){
        .tpl = {.lookup = look_up, .ud = context, .now_us = now_us},
        .facts = facts,
        .arena = arena,
    };
}
