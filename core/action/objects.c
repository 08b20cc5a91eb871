/* SPDX-License-Identifier: Apache-2.0 */
/* objects.c - flows, runs, deployments, pools and queues as far as an event speaks of
 * them. The fields get the names that Prefect's API gives them; what is not said is left
 * out, so that a template finds it undefined. */
#include "core/action/context.h"

#include <stdio.h>

#include "core/value/json.h"

typedef struct object_maker {
    const tcn_event *event;
    const tcn_resource *resource; /* the object's own */
    tcn_arena *arena;
    tcn_value dict;
    int rc; /* the first failure */
} object_maker;

static const char *const slugs[] = {
    [TCN_PREFECT_FLOW] = "flow",
    [TCN_PREFECT_FLOW_RUN] = "flow-run",
    [TCN_PREFECT_TASK_RUN] = "task-run",
    [TCN_PREFECT_DEPLOYMENT] = "deployment",
    [TCN_PREFECT_WORK_POOL] = "work-pool",
    [TCN_PREFECT_WORK_QUEUE] = "work-queue",
    [TCN_PREFECT_CONCURRENCY_LIMIT] = "concurrency-limit",
};

/* ---- finding ---- */

/* "prefect.flow-run.<uuid>" is of kind flow-run; *ret_id is the part behind it. */
static bool is_of_kind(const tcn_resource *resource, enum tcn_prefect_kind kind,
                       tcn_str *ret_id)
{
    char prefix[48];
    int len = snprintf(prefix, sizeof prefix, "prefect.%s.", slugs[kind]);
    if (!tcn_str_starts(resource->id, tcn_str_of(prefix, (size_t)len)))
        return false;
    tcn_str rest = tcn_str_of(resource->id.ptr + len, resource->id.len - (size_t)len);
    tcn_uuid id;
    if (!tcn_uuid_parse(rest, &id))
        return false;
    *ret_id = rest;
    return true;
}

static const tcn_resource *find(const tcn_event *event, enum tcn_prefect_kind kind,
                                tcn_str *ret_id)
{
    if (is_of_kind(&event->resource, kind, ret_id))
        return &event->resource;
    for (uint32_t i = 0; i < event->related_count; i++) {
        if (is_of_kind(&event->related[i], kind, ret_id))
            return &event->related[i];
    }
    return NULL;
}

static tcn_str label(const tcn_resource *resource, const char *key)
{
    const tcn_str *value = tcn_resource_label(resource, tcn_str_c(key));
    return value != NULL ? *value : (tcn_str){0};
}

/* ---- putting ---- */

static void put(object_maker *maker, const char *key, tcn_value value)
{
    if (maker->rc < 0)
        return;
    maker->rc = tcn_is_missing(value)
                    ? TCN_E_NOMEM
                    : tcn_vdict_put_c(maker->arena, maker->dict.dict, key, value);
}

/* A text that is not there (ptr NULL) is left out. */
static void put_text(object_maker *maker, const char *key, tcn_str text)
{
    if (text.ptr != NULL)
        put(maker, key, tcn_str_borrow(maker->arena, text));
}

static void put_int_label(object_maker *maker, const char *key, const char *name)
{
    int64_t number = 0;
    if (tcn_str_int(label(maker->resource, name), 0, INT64_MAX, &number))
        put(maker, key, tcn_int(number));
}

/* Id and name of the first resource of another kind; either key may be NULL. */
static void put_other(object_maker *maker, enum tcn_prefect_kind kind, const char *id_key,
                      const char *name_key)
{
    tcn_str id = {0};
    const tcn_resource *other = find(maker->event, kind, &id);
    if (other == NULL)
        return;
    if (id_key != NULL)
        put_text(maker, id_key, id);
    if (name_key != NULL)
        put_text(maker, name_key, label(other, "prefect.resource.name"));
}

static void put_tags(object_maker *maker)
{
    const tcn_str prefix = TCN_STR("prefect.tag.");
    tcn_value tags = tcn_list_new(maker->arena, TCN_V_LIST, 0);
    put(maker, "tags", tags);
    for (uint32_t i = 0; i < maker->event->related_count && maker->rc >= 0; i++) {
        tcn_str id = maker->event->related[i].id;
        if (!tcn_str_eq_c(maker->event->related[i].role, "tag") ||
            !tcn_str_starts(id, prefix))
            continue;
        tcn_str name = tcn_str_of(id.ptr + prefix.len, id.len - prefix.len);
        tcn_value tag = tcn_str_borrow(maker->arena, name);
        maker->rc = tcn_is_missing(tag) ? TCN_E_NOMEM
                                        : tcn_vlist_add(maker->arena, tags.list, tag);
    }
}

/* The state that the event reports, when it has all of its labels. */
static void put_state(object_maker *maker)
{
    tcn_str name = label(maker->resource, "prefect.state-name");
    tcn_str type = label(maker->resource, "prefect.state-type");
    tcn_str message = label(maker->resource, "prefect.state-message");
    tcn_str timestamp = label(maker->resource, "prefect.state-timestamp");
    if (name.ptr == NULL || type.ptr == NULL || message.ptr == NULL ||
        timestamp.ptr == NULL)
        return;
    put_text(maker, "state_type", type);
    put_text(maker, "state_name", name);
    object_maker state = {.arena = maker->arena, .dict = tcn_dict_new(maker->arena, 4)};
    if (tcn_is_missing(state.dict))
        state.rc = TCN_E_NOMEM;
    put_text(&state, "type", type);
    put_text(&state, "name", name);
    put_text(&state, "timestamp", timestamp);
    put_text(&state, "message", message);
    if (state.rc < 0)
        maker->rc = state.rc;
    put(maker, "state", state.dict);
}

/* Pools, queues and deployments announce their status in the event's name. */
static void put_status(object_maker *maker, bool can_pause)
{
    static const struct {
        const char *suffix, *status;
    } known[] = {{".not-ready", "NOT_READY"}, {".ready", "READY"}, {".paused", "PAUSED"}};
    if (maker->resource != &maker->event->resource)
        return;
    for (size_t i = 0; i < TCN_COUNT(known); i++) {
        if (!tcn_str_ends(maker->event->name, tcn_str_c(known[i].suffix)))
            continue;
        put_text(maker, "status", tcn_str_c(known[i].status));
        if (can_pause)
            put(maker, "is_paused", tcn_bool(strcmp(known[i].status, "PAUSED") == 0));
        return;
    }
}

/* ---- the kinds ---- */

/* Client-side orchestration sends the whole task run with the event. */
static void put_sent_task_run(object_maker *maker)
{
    tcn_value payload = {.type = TCN_V_MISSING};
    int rc = tcn_json_read(maker->event->payload, maker->arena, NULL, &payload, NULL);
    if (rc == TCN_E_NOMEM)
        maker->rc = rc;
    tcn_value sent = tcn_dict_value(payload, "task_run");
    if (rc < 0 || sent.type != TCN_V_DICT || maker->resource != &maker->event->resource)
        return;
    for (uint32_t i = 0; i < sent.dict->count && maker->rc >= 0; i++) {
        const tcn_ventry *entry = &sent.dict->entries[i];
        maker->rc =
            tcn_vdict_put(maker->arena, maker->dict.dict, entry->key, entry->value);
    }
}

static void put_run(object_maker *maker)
{
    put_tags(maker);
    put_int_label(maker, "run_count", "prefect.run-count");
    put_state(maker);
}

static void put_fields(object_maker *maker, enum tcn_prefect_kind kind)
{
    if (kind == TCN_PREFECT_FLOW_RUN) {
        put_other(maker, TCN_PREFECT_FLOW, "flow_id", NULL);
        put_other(maker, TCN_PREFECT_DEPLOYMENT, "deployment_id", NULL);
        put_other(maker, TCN_PREFECT_WORK_QUEUE, "work_queue_id", "work_queue_name");
        put_other(maker, TCN_PREFECT_WORK_POOL, "work_pool_id", "work_pool_name");
        put_run(maker);
    } else if (kind == TCN_PREFECT_TASK_RUN) {
        put_other(maker, TCN_PREFECT_FLOW_RUN, "flow_run_id", NULL);
        put_run(maker);
    } else if (kind == TCN_PREFECT_DEPLOYMENT) {
        put_other(maker, TCN_PREFECT_FLOW, "flow_id", NULL);
        put_other(maker, TCN_PREFECT_WORK_QUEUE, "work_queue_id", "work_queue_name");
        put_other(maker, TCN_PREFECT_WORK_POOL, NULL, "work_pool_name");
        put_status(maker, false);
    } else if (kind == TCN_PREFECT_WORK_POOL) {
        put_text(maker, "type", label(maker->resource, "prefect.work-pool.type"));
        put_status(maker, true);
    } else if (kind == TCN_PREFECT_WORK_QUEUE) {
        put_other(maker, TCN_PREFECT_WORK_POOL, "work_pool_id", "work_pool_name");
        put_status(maker, true);
    } else if (kind == TCN_PREFECT_CONCURRENCY_LIMIT) {
        put_int_label(maker, "limit", "limit");
    }
}

int tcn_object_from_event(const tcn_event *event, enum tcn_prefect_kind kind,
                          tcn_arena *arena, tcn_value *ret)
{
    tcn_str id = {0};
    const tcn_resource *resource = find(event, kind, &id);
    if (resource == NULL) {
        *ret = tcn_none();
        return 0;
    }
    object_maker maker = {.event = event, .resource = resource, .arena = arena};
    maker.dict = tcn_dict_new(arena, 16);
    if (tcn_is_missing(maker.dict))
        return TCN_E_NOMEM;
    if (kind == TCN_PREFECT_TASK_RUN)
        put_sent_task_run(&maker);
    put_text(&maker, "id", id);
    put_text(&maker, "name", label(resource, "prefect.resource.name"));
    put_fields(&maker, kind);
    return maker.rc < 0 ? maker.rc : tcn_prefect_object(kind, maker.dict, arena, ret);
}
