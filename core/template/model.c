/* SPDX-License-Identifier: Apache-2.0 */
/* model.c - Prefect's objects: built from plain values by the tables of model_fields.c,
 * and how they behave as pydantic models do. */
#include "core/template/model.h"

#include <math.h>

#include "core/base/datetime.h"
#include "core/base/err.h"
#include "core/value/json.h"

static tcn_model *model_in(tcn_object *object)
{
    return tcn_container_of(object, tcn_model, object);
}

static bool is_bookkeeping(tcn_value name)
{
    tcn_str text = tcn_text_str(name.text);
    return tcn_str_eq_c(text, "created") || tcn_str_eq_c(text, "updated");
}

static int model_attr(tcn_rt *rt, tcn_object *self, tcn_str name, unsigned atom,
                      tcn_value *ret)
{
    tcn_model *model = model_in(self);
    tcn_text text = {.ptr = name.ptr, .len = (uint32_t)name.len};
    (void)atom;
    const tcn_value *found =
        tcn_vdict_get_text(model->fields.dict, &text, tcn_text_hash(&text));
    if (found != NULL) {
        *ret = *found;
        return 1;
    }
    if (tcn_str_eq_c(name, "model_fields_set")) {
        int rc = tcn_items(rt, model->fields, ret);
        if (rc >= 0)
            ret->type = TCN_V_SET;
        return rc < 0 ? rc : 1;
    }
    switch (model->kind) {
    case TCN_PREFECT_EVENT:
        return tcn_event_attr(rt, model, name, ret);
    case TCN_PREFECT_FIRING:
        return tcn_firing_attr(rt, model, name, ret);
    case TCN_PREFECT_STATE:
        return tcn_state_attr(rt, model, name, ret);
    default:
        return 0;
    }
}

static int model_iter(tcn_rt *rt, tcn_object *self, tcn_value *ret)
{
    tcn_value view = {
        .type = TCN_V_VIEW, .sub = TCN_VIEW_ITEMS, .dict = model_in(self)->fields.dict};
    return tcn_items(rt, view, ret);
}

/* name=value, with separator between them. */
static int show_fields(tcn_rt *rt, const tcn_vdict *fields, const char *separator,
                       tcn_buf *out)
{
    bool is_first = true;
    int rc = 0;
    for (uint32_t i = 0; i < fields->count && rc >= 0; i++) {
        const tcn_ventry *entry = &fields->entries[i];
        if (is_bookkeeping(entry->key))
            continue;
        if (!is_first)
            rc = tcn_put_c(rt, out, separator);
        is_first = false;
        if (rc >= 0)
            rc = tcn_show(rt, entry->key, out);
        if (rc >= 0)
            rc = tcn_put_char(rt, out, '=');
        if (rc >= 0)
            rc = tcn_repr(rt, entry->value, out);
    }
    return rc;
}

static int model_show(tcn_rt *rt, tcn_object *self, tcn_buf *out)
{
    tcn_model *model = model_in(self);
    if (model->kind == TCN_PREFECT_STATE)
        return tcn_state_show(rt, model, false, out);
    return show_fields(rt, model->fields.dict, " ", out);
}

static int model_repr(tcn_rt *rt, tcn_object *self, tcn_buf *out)
{
    tcn_model *model = model_in(self);
    if (model->kind == TCN_PREFECT_STATE)
        return tcn_state_show(rt, model, true, out);
    int rc = tcn_put_c(rt, out, self->type->name);
    if (rc >= 0)
        rc = tcn_put_char(rt, out, '(');
    if (rc >= 0)
        rc = show_fields(rt, model->fields.dict, ", ", out);
    return rc < 0 ? rc : tcn_put_char(rt, out, ')');
}

static int fields_equal(tcn_rt *rt, const tcn_vdict *a, const tcn_vdict *b,
                        unsigned kind);

/* Whether == of two such objects looks at the field. Events and firings are told apart by
 * all they have, flow runs by all but the times that grow; of others what the database
 * sets does not count. */
static bool counts(unsigned kind, tcn_value name)
{
    tcn_str text = tcn_text_str(name.text);
    if (kind == TCN_PREFECT_EVENT || kind == TCN_PREFECT_FIRING)
        return true;
    if (kind == TCN_PREFECT_FLOW_RUN)
        return !tcn_str_eq_c(text, "estimated_run_time") &&
               !tcn_str_eq_c(text, "estimated_start_time_delta");
    if (tcn_str_eq_c(text, "id"))
        return false;
    return kind == TCN_PREFECT_STATE || !is_bookkeeping(name);
}

/* Values inside an object are compared by all they have. */
static int dumped_equal(tcn_rt *rt, tcn_value a, tcn_value b)
{
    const tcn_model *x = tcn_model_of(a);
    const tcn_model *y = tcn_model_of(b);
    if (x != NULL && y != NULL)
        return fields_equal(rt, x->fields.dict, y->fields.dict, TCN_PREFECT_EVENT);
    if (a.type != TCN_V_LIST || b.type != TCN_V_LIST)
        return tcn_equal(rt, a, b);
    int rc = a.list->count == b.list->count;
    for (uint32_t i = 0; i < a.list->count && rc == 1; i++)
        rc = dumped_equal(rt, a.list->items[i], b.list->items[i]);
    return rc;
}

static int fields_equal(tcn_rt *rt, const tcn_vdict *a, const tcn_vdict *b, unsigned kind)
{
    int rc = a->count == b->count;
    if (++rt->depth > rt->limits->depth)
        rc = tcn_raise_limit(rt, "nesting of a value", rt->limits->depth);
    for (uint32_t i = 0; i < a->count && rc == 1; i++) {
        const tcn_ventry *entry = &a->entries[i];
        const tcn_value *found = tcn_vdict_get(b, entry->key);
        if (!counts(kind, entry->key))
            continue;
        rc = tcn_charge(rt, 1);
        if (rc >= 0)
            rc = found == NULL ? 0 : dumped_equal(rt, entry->value, *found);
    }
    rt->depth--;
    return rc;
}

static int model_equal(tcn_rt *rt, tcn_object *self, tcn_object *other)
{
    const tcn_model *a = model_in(self);
    return fields_equal(rt, a->fields.dict, model_in(other)->fields.dict, a->kind);
}

static int model_plain(tcn_rt *rt, tcn_object *self, tcn_value *ret)
{
    (void)rt;
    *ret = model_in(self)->fields;
    return 0;
}

static const tcn_object_type model_type = {
    .attr = model_attr,
    .iter = model_iter,
    .show = model_show,
    .repr = model_repr,
    .equal = model_equal,
    .plain = model_plain,
};

const tcn_model *tcn_model_of(tcn_value v)
{
    if (v.type != TCN_V_OBJECT)
        return NULL;
    const tcn_object_type *type = v.object->type;
    bool is_model = type->attr == model_attr || type->attr == tcn_labelled_type.attr;
    return is_model ? model_in(v.object) : NULL;
}

enum tcn_prefect_kind tcn_model_kind(tcn_value v)
{
    const tcn_model *model = tcn_model_of(v);
    return model == NULL || model->kind > TCN_PREFECT_LABELS
               ? TCN_PREFECT_NONE
               : (enum tcn_prefect_kind)model->kind;
}

bool tcn_model_field(tcn_value v, const char *name, tcn_value *ret)
{
    const tcn_model *model = tcn_model_of(v);
    const tcn_value *found =
        model != NULL ? tcn_vdict_get_c(model->fields.dict, name) : NULL;
    if (found != NULL)
        *ret = *found;
    return found != NULL;
}

bool tcn_model_label(tcn_value v, const char *label, tcn_value *ret)
{
    return tcn_model_field(v, label, ret);
}

int tcn_model_arg_text(tcn_rt *rt, tcn_value v, const tcn_text **ret)
{
    if (v.type == TCN_V_UNDEF)
        return tcn_raise_undef(rt, v);
    *ret = tcn_text_of(&v);
    return *ret != NULL ? 0
                        : tcn_raise(rt, TCN_EXC_AttributeError,
                                    "'%s' object is not a text", tcn_type_name(v));
}

static int build(unsigned kind, tcn_value data, tcn_arena *arena, tcn_value *ret);

static tcn_value uuid_of(tcn_value v, tcn_arena *arena)
{
    tcn_uuid id;
    if (v.type != TCN_V_STR || !tcn_uuid_parse(tcn_text_str(v.text), &id))
        return v;
    return tcn_uuid_new(arena, &id);
}

static tcn_value datetime_of(tcn_value v, tcn_arena *arena)
{
    int64_t at_us = 0;
    int offset_s = 0;
    if (v.type != TCN_V_STR ||
        !tcn_datetime_parse(tcn_text_str(v.text), &at_us, &offset_s))
        return v;
    return tcn_datetime_new(arena, at_us, offset_s);
}

static tcn_value delta_of(tcn_value v)
{
    int64_t us = 0;
    if (v.type == TCN_V_STR && tcn_duration_iso(tcn_text_str(v.text), &us))
        return tcn_delta(us);
    double seconds = v.type == TCN_V_FLOAT ? v.real : (double)v.integer;
    bool is_number = v.type == TCN_V_FLOAT || v.type == TCN_V_INT;
    if (!is_number || !(fabs(seconds) < 9e12))
        return v;
    return tcn_delta((int64_t)rint(seconds * 1e6));
}

static tcn_value enum_of(tcn_value v, const tcn_enum *members)
{
    for (; v.type == TCN_V_STR && members->class_name != NULL; members++) {
        if (tcn_str_eq(tcn_text_str(v.text), tcn_text_str(&members->value)))
            return (tcn_value){.type = TCN_V_ENUM, .member = members};
    }
    return v;
}

static int models_of(tcn_value v, unsigned kind, tcn_arena *arena, tcn_value *ret)
{
    if (v.type != TCN_V_LIST) {
        *ret = v;
        return 0;
    }
    *ret = tcn_list_new(arena, TCN_V_LIST, v.list->count);
    for (uint32_t i = 0; i < v.list->count && !tcn_is_missing(*ret); i++) {
        tcn_value item;
        int rc = build(kind, v.list->items[i], arena, &item);
        if (rc >= 0)
            rc = tcn_vlist_add(arena, ret->list, item);
        if (rc < 0)
            return rc;
    }
    return tcn_is_missing(*ret) ? TCN_E_NOMEM : 0;
}

static int set_of(tcn_value v, const tcn_enum *members, tcn_arena *arena, tcn_value *ret)
{
    *ret = v;
    if (v.type != TCN_V_LIST)
        return 0;
    *ret = tcn_list_new(arena, TCN_V_SET, v.list->count);
    for (uint32_t i = 0; i < v.list->count && !tcn_is_missing(*ret); i++) {
        tcn_value item = v.list->items[i];
        if (tcn_vlist_add(arena, ret->list,
                          members != NULL ? enum_of(item, members) : item) < 0)
            return TCN_E_NOMEM;
    }
    return tcn_is_missing(*ret) ? TCN_E_NOMEM : 0;
}

static int field_value(const tcn_field *field, tcn_value v, tcn_arena *arena,
                       tcn_value *ret)
{
    *ret = v;
    switch (field->type) {
    case TCN_FIELD_PLAIN:
        break;
    case TCN_FIELD_UUID:
        *ret = uuid_of(v, arena);
        break;
    case TCN_FIELD_DATETIME:
        *ret = datetime_of(v, arena);
        break;
    case TCN_FIELD_DELTA:
        *ret = delta_of(v);
        break;
    case TCN_FIELD_ENUM:
        *ret = enum_of(v, field->members);
        break;
    case TCN_FIELD_SET:
    case TCN_FIELD_ENUM_SET:
        return set_of(v, field->members, arena, ret);
    case TCN_FIELD_MODEL:
        return build(field->kind, v, arena, ret);
    case TCN_FIELD_MODELS:
        return models_of(v, field->kind, arena, ret);
    }
    return tcn_is_missing(*ret) ? TCN_E_NOMEM : 0;
}

static int model_new(unsigned kind, const char *name, const char *full_name,
                     const tcn_object_type *type, tcn_value fields, tcn_arena *arena,
                     tcn_value *ret)
{
    tcn_model *model = tcn_arena_alloc(arena, sizeof *model);
    if (model == NULL)
        return TCN_E_NOMEM;
    *model = (tcn_model){.type = *type, .kind = kind, .fields = fields};
    model->type.name = name;
    model->type.full_name = full_name;
    model->object.type = &model->type;
    *ret = tcn_of_object(&model->object);
    return 0;
}

static tcn_str type_of(tcn_value data)
{
    const tcn_value *type = tcn_vdict_get_c(data.dict, "type");
    return type != NULL && type->type == TCN_V_STR ? tcn_text_str(type->text)
                                                   : (tcn_str){0};
}

static const tcn_class *class_for(unsigned kind, tcn_value data)
{
    tcn_str type = type_of(data);
    if (kind == TCN_MODEL_ACTION)
        return tcn_action_class_of(type);
    if (kind != TCN_MODEL_TRIGGER)
        return tcn_class_of(kind);
    if (tcn_str_eq_c(type, "compound"))
        return tcn_class_of(TCN_MODEL_COMPOUND_TRIGGER);
    return tcn_class_of(tcn_str_eq_c(type, "sequence") ? TCN_MODEL_SEQUENCE_TRIGGER
                                                       : TCN_MODEL_EVENT_TRIGGER);
}

static int build_labelled(unsigned kind, tcn_value data, tcn_arena *arena, tcn_value *ret)
{
    if (kind == TCN_PREFECT_RESOURCE)
        return model_new(kind, "Resource",
                         "prefect.server.events.schemas.events.Resource object",
                         &tcn_labelled_type, data, arena, ret);
    if (kind == TCN_PREFECT_RELATED)
        return model_new(kind, "RelatedResource",
                         "prefect.server.events.schemas.events.RelatedResource object",
                         &tcn_labelled_type, data, arena, ret);
    return model_new(kind, "ResourceSpecification",
                     "prefect.server.events.schemas.events.ResourceSpecification object",
                     &tcn_labelled_type, data, arena, ret);
}

static int build_class(const tcn_class *class, tcn_value data, tcn_arena *arena,
                       tcn_value *ret)
{
    tcn_value fields = data;
    if (class->fields != NULL) {
        fields = tcn_dict_new(arena, data.dict->count);
        if (tcn_is_missing(fields))
            return TCN_E_NOMEM;
    }
    for (const tcn_field *field = class->fields; field != NULL && field->name != NULL;
         field++) {
        const tcn_value *given = tcn_vdict_get_c(data.dict, field->name);
        tcn_value v;
        if (given == NULL)
            continue;
        int rc = field_value(field, *given, arena, &v);
        if (rc >= 0)
            rc = tcn_vdict_put_c(arena, fields.dict, field->name, v);
        if (rc < 0)
            return rc;
    }
    return model_new(class->kind, class->name, class->full_name, &model_type, fields,
                     arena, ret);
}

/* Recursion ends with the data, whose nesting its reader has limited. */
static int build(unsigned kind, tcn_value data, tcn_arena *arena, tcn_value *ret)
{
    *ret = data;
    if (data.type != TCN_V_DICT)
        return 0;
    if (kind == TCN_PREFECT_LABELS)
        return tcn_diver_make(arena, data, ret);
    if (kind == TCN_PREFECT_RESOURCE || kind == TCN_PREFECT_RELATED ||
        kind == TCN_MODEL_SPECIFICATION)
        return build_labelled(kind, data, arena, ret);
    const tcn_class *class = class_for(kind, data);
    return class == NULL ? 0 : build_class(class, data, arena, ret);
}

enum tcn_prefect_kind tcn_prefect_kind_of(tcn_str name)
{
    static const char *const names[] = {
        [TCN_PREFECT_EVENT] = "event",
        [TCN_PREFECT_AUTOMATION] = "automation",
        [TCN_PREFECT_FIRING] = "firing",
        [TCN_PREFECT_FLOW] = "flow",
        [TCN_PREFECT_FLOW_RUN] = "flow_run",
        [TCN_PREFECT_TASK_RUN] = "task_run",
        [TCN_PREFECT_DEPLOYMENT] = "deployment",
        [TCN_PREFECT_WORK_POOL] = "work_pool",
        [TCN_PREFECT_WORK_QUEUE] = "work_queue",
        [TCN_PREFECT_CONCURRENCY_LIMIT] = "concurrency_limit",
        [TCN_PREFECT_STATE] = "state",
        [TCN_PREFECT_RESOURCE] = "resource",
        [TCN_PREFECT_RELATED] = "related",
        [TCN_PREFECT_LABELS] = "labels",
    };
    for (size_t i = 1; i < TCN_COUNT(names); i++) {
        if (tcn_str_eq_c(name, names[i]))
            return (enum tcn_prefect_kind)i;
    }
    return TCN_PREFECT_NONE;
}

int tcn_prefect_object(enum tcn_prefect_kind kind, tcn_value data, tcn_arena *arena,
                       tcn_value *ret)
{
    return build(kind, data, arena, ret);
}

int tcn_prefect_json(enum tcn_prefect_kind kind, tcn_str json, tcn_arena *arena,
                     tcn_value *ret, tcn_err *reterr)
{
    tcn_value data, object;
    int rc = tcn_json_read(json, arena, NULL, &data, reterr);
    if (rc < 0)
        return rc;
    rc = build(kind, data, arena, &object);
    if (rc < 0)
        return tcn_err_set(reterr, rc, "out of memory");
    *ret = object;
    return 0;
}
