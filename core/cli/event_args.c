/* SPDX-License-Identifier: Apache-2.0 */
/* event_args.c - labels from KEY=VALUE pairs or JSON. What the daemon checks anyway
 * (lengths, numbers of labels) is left to it. */
#include "core/cli/event_args.h"

#include <jansson.h>

#include "core/base/clock.h"
#include "core/base/datetime.h"
#include "core/value/json.h"

static int add_label(tcn_resource *resource, tcn_str key, tcn_str value, tcn_err *reterr)
{
    if (tcn_resource_label(resource, key) != NULL)
        return tcn_err_set(reterr, TCN_E_INVALID, "the label %.*s is given twice",
                           TCN_STR_ARG(key));
    resource->labels[resource->count] = (tcn_label){key, value};
    resource->count++;
    return 0;
}

/* Room for more labels than resource has. */
static int reserve(tcn_arena *arena, tcn_resource *resource, size_t more, tcn_err *reterr)
{
    tcn_label *labels =
        tcn_arena_alloc(arena, (resource->count + more + 1) * sizeof(tcn_label));
    if (labels == NULL)
        return tcn_err_set(reterr, TCN_E_NOMEM, "out of memory");
    if (resource->count > 0)
        memcpy(labels, resource->labels, resource->count * sizeof(tcn_label));
    resource->labels = labels;
    return 0;
}

static int add_pairs(tcn_arena *arena, tcn_resource *resource, tcn_str text,
                     tcn_err *reterr)
{
    size_t count = 1;
    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == ',';
    int rc = reserve(arena, resource, count, reterr);
    tcn_str pair;
    while (rc >= 0 && tcn_str_split(&text, ',', &pair)) {
        size_t equals = tcn_str_find(pair, TCN_STR("="));
        if (equals == SIZE_MAX || equals == 0)
            return tcn_err_set(reterr, TCN_E_INVALID,
                               "\"%.*s\" is not KEY=VALUE (values with commas: use JSON)",
                               TCN_STR_ARG(pair));
        rc = add_label(resource, tcn_str_of(pair.ptr, equals),
                       tcn_str_of(pair.ptr + equals + 1, pair.len - equals - 1), reterr);
    }
    return rc;
}

/* The texts are copied: the document is dropped afterwards. */
static int add_object(tcn_arena *arena, tcn_resource *resource, json_t *object,
                      tcn_err *reterr)
{
    int rc = reserve(arena, resource, json_object_size(object), reterr);
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        if (rc < 0)
            break;
        if (!json_is_string(value))
            return tcn_err_set(reterr, TCN_E_INVALID, "the value of %s is not text", key);
        tcn_str k = tcn_arena_str(arena, tcn_str_c(key));
        tcn_str v = tcn_arena_str(
            arena, tcn_str_of(json_string_value(value), json_string_length(value)));
        if (k.ptr == NULL || v.ptr == NULL)
            return tcn_err_set(reterr, TCN_E_NOMEM, "out of memory");
        rc = add_label(resource, k, v, reterr);
    }
    return rc;
}

static bool is_json(const char *text)
{
    return text[0] == '{' || text[0] == '[';
}

static json_t *load(const char *text, const char *what, tcn_err *reterr)
{
    json_error_t error;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL)
        tcn_err_set(reterr, TCN_E_INVALID, "%s is not valid JSON: %s at character %d",
                    what, error.text, error.position);
    return root;
}

static int build_resource(const tcn_event_args *args, tcn_arena *arena, tcn_resource *ret,
                          tcn_err *reterr)
{
    int rc = 0;
    if (args->resource_id != NULL) {
        rc = reserve(arena, ret, 1, reterr);
        if (rc >= 0)
            rc = add_label(ret, TCN_STR("prefect.resource.id"),
                           tcn_str_c(args->resource_id), reterr);
    }
    for (size_t i = 0; rc >= 0 && i < args->resource.count; i++) {
        const char *text = args->resource.items[i];
        if (!is_json(text)) {
            rc = add_pairs(arena, ret, tcn_str_c(text), reterr);
            continue;
        }
        json_t *object = load(text, "Resource", reterr);
        if (object == NULL)
            return TCN_E_INVALID;
        rc = json_is_object(object)
                 ? add_object(arena, ret, object, reterr)
                 : tcn_err_set(reterr, TCN_E_INVALID, "Resource must be a JSON object");
        json_decref(object);
    }
    if (rc < 0)
        return rc;
    const tcn_str *id = tcn_resource_label(ret, TCN_STR("prefect.resource.id"));
    if (id == NULL || id->len == 0)
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "Resource must include 'prefect.resource.id'");
    ret->id = *id;
    return 0;
}

/* The next related resource of the event; its place is reserved. */
static int add_related(tcn_arena *arena, tcn_event *event, const char *pairs,
                       json_t *object, tcn_err *reterr)
{
    tcn_resource *resource = &event->related[event->related_count];
    *resource = (tcn_resource){0};
    if (object != NULL && !json_is_object(object))
        return tcn_err_set(reterr, TCN_E_INVALID, "Related must be JSON objects");
    int rc = object != NULL ? add_object(arena, resource, object, reterr)
                            : add_pairs(arena, resource, tcn_str_c(pairs), reterr);
    if (rc < 0)
        return rc;
    const tcn_str *id = tcn_resource_label(resource, TCN_STR("prefect.resource.id"));
    const tcn_str *role = tcn_resource_label(resource, TCN_STR("prefect.resource.role"));
    if (id == NULL || role == NULL)
        return tcn_err_set(
            reterr, TCN_E_INVALID,
            "Related must include 'prefect.resource.id' and 'prefect.resource.role'");
    resource->id = *id;
    resource->role = *role;
    event->related_count++;
    return 0;
}

static int add_related_json(tcn_arena *arena, tcn_event *event, const char *text,
                            tcn_err *reterr)
{
    json_t *root = load(text, "Related", reterr);
    if (root == NULL)
        return TCN_E_INVALID;
    int rc = 0;
    if (json_is_object(root))
        rc = add_related(arena, event, NULL, root, reterr);
    for (size_t i = 0; rc >= 0 && i < json_array_size(root); i++) {
        if (event->related_count == TCN_EVENT_RELATED_MAX)
            rc = tcn_err_set(reterr, TCN_E_LIMIT, "more than %d related resources",
                             TCN_EVENT_RELATED_MAX);
        else
            rc = add_related(arena, event, NULL, json_array_get(root, i), reterr);
    }
    json_decref(root);
    return rc;
}

static int build_related(const tcn_event_args *args, tcn_arena *arena, tcn_event *event,
                         tcn_err *reterr)
{
    if (args->related.count == 0)
        return 0;
    event->related =
        tcn_arena_alloc(arena, (TCN_EVENT_RELATED_MAX) * sizeof(tcn_resource));
    if (event->related == NULL)
        return tcn_err_set(reterr, TCN_E_NOMEM, "out of memory");
    int rc = 0;
    for (size_t i = 0; rc >= 0 && i < args->related.count; i++) {
        const char *text = args->related.items[i];
        if (event->related_count == TCN_EVENT_RELATED_MAX)
            return tcn_err_set(reterr, TCN_E_LIMIT, "more than %d related resources",
                               TCN_EVENT_RELATED_MAX);
        rc = is_json(text) ? add_related_json(arena, event, text, reterr)
                           : add_related(arena, event, text, NULL, reterr);
    }
    return rc;
}

static int build_payload(const char *text, tcn_arena *arena, tcn_str *ret,
                         tcn_err *reterr)
{
    *ret = TCN_STR("{}");
    if (text == NULL)
        return 0;
    tcn_value value;
    tcn_json_limits limits = {.is_strict = true};
    tcn_err err = {0};
    int rc = tcn_json_read(tcn_str_c(text), arena, &limits, &value, &err);
    if (rc < 0)
        return tcn_err_set(reterr, rc, "Payload is not valid JSON: %s at character %u",
                           err.text, (unsigned)err.column);
    if (value.type != TCN_V_DICT)
        return tcn_err_set(reterr, TCN_E_INVALID, "Payload must be a JSON object");
    *ret = tcn_str_c(text);
    return 0;
}

static int read_id(const char *text, const char *what, tcn_uuid *ret, tcn_err *reterr)
{
    if (tcn_uuid_parse(tcn_str_c(text), ret))
        return 0;
    return tcn_err_set(reterr, TCN_E_INVALID, "%s is not a UUID: \"%s\"", what, text);
}

static int build_ids(const tcn_event_args *args, tcn_event *event, tcn_err *reterr)
{
    int rc = 0;
    if (args->id != NULL)
        rc = read_id(args->id, "id", &event->id, reterr);
    else
        event->id = tcn_uuid_v4();
    event->has_follows = args->follows != NULL;
    if (rc >= 0 && event->has_follows)
        rc = read_id(args->follows, "follows", &event->follows, reterr);
    return rc;
}

int tcn_event_args_build(const tcn_event_args *args, tcn_arena *arena, tcn_event *ret,
                         tcn_err *reterr)
{
    tcn_event event = {.name = tcn_str_c(args->name)};
    event.occurred_at_us = tcn_clock_wall_us();
    event.received_at_us = event.occurred_at_us;
    if (args->occurred != NULL &&
        !tcn_datetime_parse(tcn_str_c(args->occurred), &event.occurred_at_us, NULL))
        return tcn_err_set(reterr, TCN_E_INVALID, "occurred is not a time: \"%s\"",
                           args->occurred);
    int rc = build_ids(args, &event, reterr);
    if (rc >= 0)
        rc = build_resource(args, arena, &event.resource, reterr);
    if (rc >= 0)
        rc = build_related(args, arena, &event, reterr);
    if (rc >= 0)
        rc = build_payload(args->payload, arena, &event.payload, reterr);
    if (rc >= 0)
        *ret = event;
    return rc;
}
