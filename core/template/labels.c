/* SPDX-License-Identifier: Apache-2.0 */
/* labels.c - resources (a dict of labels with some methods) and the tree of dotted
 * labels, whose nodes are made when they are asked for. */
#include "core/base/err.h"
#include "core/template/model.h"
#include "core/template/natives.h"

typedef struct diver {
    tcn_object object;
    tcn_value labels; /* dict: rest of the path to value */
    tcn_value value;  /* own text, or MISSING */
} diver;
static const tcn_object_type diver_type;

static tcn_model *model_in(tcn_object *object)
{
    return tcn_container_of(object, tcn_model, object);
}

static int diver_new(tcn_arena *arena, tcn_value labels, tcn_value value, tcn_value *ret)
{
    diver *d = tcn_arena_alloc(arena, sizeof *d);
    if (d == NULL)
        return TCN_E_NOMEM;
    *d = (diver){.object = {&diver_type}, .labels = labels, .value = value};
    *ret = tcn_of_object(&d->object);
    return 0;
}

int tcn_diver_make(tcn_arena *arena, tcn_value labels, tcn_value *ret)
{
    return diver_new(arena, labels, (tcn_value){.type = TCN_V_MISSING}, ret);
}

/* The first part of a dotted path, and the rest (empty: there is none). */
static void split_path(tcn_str path, tcn_str *ret_head, tcn_str *ret_tail)
{
    const char *dot = path.len > 0 ? memchr(path.ptr, '.', path.len) : NULL;
    size_t len = dot != NULL ? (size_t)(dot - path.ptr) : path.len;
    *ret_head = tcn_str_of(path.ptr, len);
    *ret_tail = dot != NULL ? tcn_str_of(dot + 1, path.len - len - 1) : (tcn_str){0};
}

/* 1: the node below d of that name; 0: there is none. */
static int diver_below(tcn_rt *rt, const diver *d, tcn_str name, tcn_value *ret)
{
    const tcn_vdict *labels = d->labels.dict;
    tcn_value below = {.type = TCN_V_MISSING};
    tcn_value value = {.type = TCN_V_MISSING};
    for (uint32_t i = 0; i < labels->count; i++) {
        const tcn_ventry *entry = &labels->entries[i];
        const tcn_text *path = tcn_text_of(&entry->key);
        tcn_str head, tail;
        int rc = tcn_charge(rt, 1);
        if (rc < 0)
            return rc;
        if (path == NULL)
            continue;
        split_path(tcn_text_str(path), &head, &tail);
        if (!tcn_str_eq(head, name))
            continue;
        if (tcn_is_missing(below))
            below = tcn_dict_new(rt->arena, 4);
        if (tcn_is_missing(below))
            return tcn_raise_memory(rt);
        if (tail.len == 0) {
            value = entry->value;
            continue;
        }
        tcn_value key;
        rc = tcn_text_make(rt, tail.ptr, tail.len, &key);
        if (rc >= 0)
            rc = tcn_dict_set(rt, below, key, entry->value);
        if (rc < 0)
            return rc;
    }
    if (tcn_is_missing(below))
        return 0;
    return diver_new(rt->arena, below, value, ret) < 0 ? tcn_raise_memory(rt) : 1;
}

static int diver_attr(tcn_rt *rt, tcn_object *self, tcn_str name, unsigned atom,
                      tcn_value *ret)
{
    (void)atom;
    if (name.len == 0 || name.ptr[0] == '_')
        return 0;
    return diver_below(rt, tcn_container_of(self, diver, object), name, ret);
}

static int diver_item(tcn_rt *rt, tcn_object *self, tcn_value key, tcn_value *ret)
{
    const diver *d = tcn_container_of(self, diver, object);
    (void)rt;
    const tcn_value *found = tcn_vdict_get(d->labels.dict, key);
    if (found == NULL)
        return 0;
    *ret = *found;
    return 1;
}

static int pairs_of(tcn_rt *rt, tcn_value labels, tcn_value *ret)
{
    tcn_value view = {.type = TCN_V_VIEW, .sub = TCN_VIEW_ITEMS, .dict = labels.dict};
    return tcn_items(rt, view, ret);
}

static int diver_iter(tcn_rt *rt, tcn_object *self, tcn_value *ret)
{
    return pairs_of(rt, tcn_container_of(self, diver, object)->labels, ret);
}

static int diver_length(tcn_rt *rt, tcn_object *self, size_t *ret)
{
    (void)rt;
    *ret = tcn_container_of(self, diver, object)->labels.dict->count;
    return 0;
}

static bool diver_truth(const tcn_object *self)
{
    const diver *d = (const diver *)(const void *)self;
    return d->labels.dict->count > 0;
}

static int diver_show(tcn_rt *rt, tcn_object *self, tcn_buf *out)
{
    return tcn_show(rt, tcn_container_of(self, diver, object)->value, out);
}

static int repr_below(tcn_rt *rt, const diver *d, tcn_str name, bool is_first,
                      tcn_buf *out)
{
    tcn_value below;
    int rc = diver_below(rt, d, name, &below);
    if (rc >= 0 && !is_first)
        rc = tcn_put(rt, out, ", ", 2);
    if (rc >= 0)
        rc = tcn_repr_text(rt, name, out);
    if (rc >= 0)
        rc = tcn_put(rt, out, ": ", 2);
    return rc < 0 ? rc : tcn_repr(rt, below, out);
}

/* Each name once: those with something below them first, as Prefect builds its tree. */
static int repr_names(tcn_rt *rt, const diver *d, tcn_buf *out)
{
    const tcn_vdict *labels = d->labels.dict;
    tcn_value seen = tcn_dict_new(rt->arena, 8);
    int rc = tcn_is_missing(seen) ? tcn_raise_memory(rt) : 0;
    for (int is_leaf = 0; is_leaf < 2; is_leaf++) {
        for (uint32_t i = 0; i < labels->count && rc >= 0; i++) {
            tcn_str head, tail;
            tcn_value key;
            split_path(tcn_text_str(tcn_text_of(&labels->entries[i].key)), &head, &tail);
            rc = tcn_text_make(rt, head.ptr, head.len, &key);
            if (rc < 0 || (tail.len == 0) != (is_leaf == 1) ||
                tcn_vdict_get(seen.dict, key) != NULL)
                continue;
            bool is_first = seen.dict->count == 0;
            rc = tcn_dict_set(rt, seen, key, tcn_bool(true));
            if (rc >= 0)
                rc = repr_below(rt, d, head, is_first, out);
        }
    }
    return rc;
}

static int diver_repr(tcn_rt *rt, tcn_object *self, tcn_buf *out)
{
    const diver *d = tcn_container_of(self, diver, object);
    int rc = tcn_put_c(rt, out, "LabelDiver(divers={");
    if (rc >= 0)
        rc = repr_names(rt, d, out);
    if (rc >= 0)
        rc = tcn_put_c(rt, out, "}, value=");
    if (rc >= 0)
        rc = tcn_is_missing(d->value) ? tcn_put_c(rt, out, "''")
                                      : tcn_repr(rt, d->value, out);
    return rc < 0 ? rc : tcn_put_char(rt, out, ')');
}

static const tcn_object_type diver_type = {
    .name = "LabelDiver",
    .full_name = "prefect.server.events.schemas.labelling.LabelDiver object",
    .is_sequence = true,
    .is_hashable = true,
    .attr = diver_attr,
    .item = diver_item,
    .iter = diver_iter,
    .length = diver_length,
    .truth = diver_truth,
    .show = diver_show,
    .repr = diver_repr,
};

static tcn_value labels_of(tcn_value resource)
{
    return model_in(resource.object)->fields;
}

static int resource_get(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    int rc = tcn_check_hashable(rt, a[1]);
    if (rc < 0)
        return rc;
    const tcn_value *found = tcn_vdict_get(labels_of(a[0]).dict, a[1]);
    *ret = found != NULL ? *found : (tcn_is_missing(a[2]) ? tcn_none() : a[2]);
    return 0;
}

static int resource_keys(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    (void)rt;
    *ret = (tcn_value){
        .type = TCN_V_VIEW, .sub = TCN_VIEW_KEYS, .dict = labels_of(a[0]).dict};
    return 0;
}

static int resource_items(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    (void)rt;
    *ret = (tcn_value){
        .type = TCN_V_VIEW, .sub = TCN_VIEW_ITEMS, .dict = labels_of(a[0]).dict};
    return 0;
}

static int resource_array(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    const tcn_vdict *labels = labels_of(a[0]).dict;
    int rc = tcn_list_make(rt, TCN_V_LIST, labels->count, ret);
    for (uint32_t i = 0; i < labels->count && rc >= 0; i++) {
        tcn_value pair = tcn_dict_new(rt->arena, 2);
        if (tcn_is_missing(pair))
            return tcn_raise_memory(rt);
        if (tcn_vdict_put_c(rt->arena, pair.dict, "label", labels->entries[i].key) < 0 ||
            tcn_vdict_put_c(rt->arena, pair.dict, "value", labels->entries[i].value) < 0)
            return tcn_raise_memory(rt);
        rc = tcn_list_push(rt, *ret, pair);
    }
    return rc;
}

static int resource_has_all(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    if (a[1].type != TCN_V_DICT)
        return tcn_raise(rt, TCN_EXC_AttributeError,
                         "'%s' object has no attribute 'items'", tcn_type_name(a[1]));
    int rc = 1;
    for (uint32_t i = 0; i < a[1].dict->count && rc == 1; i++) {
        const tcn_ventry *entry = &a[1].dict->entries[i];
        const tcn_value *own = tcn_vdict_get(labels_of(a[0]).dict, entry->key);
        rc = tcn_equal(rt, own != NULL ? *own : tcn_none(), entry->value);
    }
    *ret = tcn_bool(rc == 1);
    return rc < 0 ? rc : 0;
}

static int resource_object_id(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    const tcn_text *kind = NULL;
    tcn_value id;
    tcn_uuid uuid;
    int rc = tcn_model_arg_text(rt, a[1], &kind);
    if (rc < 0)
        return rc;
    tcn_str text = {0};
    if (tcn_model_label(a[0], "prefect.resource.id", &id) && id.type == TCN_V_STR)
        text = tcn_text_str(id.text);
    /* The kind may have its point already. */
    tcn_str prefix = tcn_text_str(kind);
    bool has_point = tcn_str_ends(prefix, TCN_STR("."));
    size_t len = prefix.len + !has_point;
    if (!tcn_str_starts(text, prefix) || text.len < len || text.ptr[len - 1] != '.')
        return tcn_raise(rt, TCN_EXC_ValueError,
                         "Resource ID %.*s does not start with %.*s%s", TCN_STR_ARG(text),
                         TCN_STR_ARG(prefix), has_point ? "" : ".");
    text = tcn_str_of(text.ptr + len, text.len - len);
    if (!tcn_uuid_parse(text, &uuid))
        return tcn_raise(rt, TCN_EXC_ValueError, "badly formed hexadecimal UUID string");
    *ret = tcn_uuid_new(rt->arena, &uuid);
    return tcn_is_missing(*ret) ? tcn_raise_memory(rt) : 0;
}

static const tcn_native methods[] = {
    {.name = "get", .params = "label default", .min = 2, .max = 3, .call = resource_get},
    {.name = "keys", .params = "", .min = 1, .max = 1, .call = resource_keys},
    {.name = "items", .params = "", .min = 1, .max = 1, .call = resource_items},
    {.name = "as_label_value_array",
     .params = "",
     .min = 1,
     .max = 1,
     .call = resource_array},
    {.name = "has_all_labels",
     .params = "labels",
     .min = 2,
     .max = 2,
     .call = resource_has_all},
    {.name = "prefect_object_id",
     .params = "kind",
     .min = 2,
     .max = 2,
     .call = resource_object_id},
};

static int label_or_none(const tcn_model *model, const char *label, tcn_value *ret)
{
    const tcn_value *found = tcn_vdict_get_c(model->fields.dict, label);
    *ret = found != NULL ? *found : tcn_none();
    return 1;
}

static int resource_attr(tcn_rt *rt, tcn_object *self, tcn_str name, unsigned atom,
                         tcn_value *ret)
{
    tcn_model *model = model_in(self);
    bool is_specification = model->kind == TCN_MODEL_SPECIFICATION;
    (void)atom;
    if (tcn_str_eq_c(name, "root")) {
        *ret = model->fields;
        return 1;
    }
    if (tcn_str_eq_c(name, "labels") && !is_specification)
        return tcn_diver_make(rt->arena, model->fields, ret) < 0 ? tcn_raise_memory(rt)
                                                                 : 1;
    if (tcn_str_eq_c(name, "id") && !is_specification)
        return label_or_none(model, "prefect.resource.id", ret);
    if (tcn_str_eq_c(name, "name") && !is_specification)
        return label_or_none(model, "prefect.resource.name", ret);
    if (tcn_str_eq_c(name, "role") && model->kind == TCN_PREFECT_RELATED)
        return label_or_none(model, "prefect.resource.role", ret);
    for (size_t i = 0; i < TCN_COUNT(methods); i++) {
        if (!tcn_str_eq_c(name, methods[i].name))
            continue;
        int rc = tcn_bound_make(rt, &methods[i], tcn_of_object(self), ret);
        return rc < 0 ? rc : 1;
    }
    return 0;
}

static int resource_item(tcn_rt *rt, tcn_object *self, tcn_value key, tcn_value *ret)
{
    (void)rt;
    const tcn_value *found = tcn_vdict_get(model_in(self)->fields.dict, key);
    if (found == NULL)
        return 0;
    *ret = *found;
    return 1;
}

static int resource_iter(tcn_rt *rt, tcn_object *self, tcn_value *ret)
{
    return pairs_of(rt, model_in(self)->fields, ret);
}

static int resource_show(tcn_rt *rt, tcn_object *self, tcn_buf *out)
{
    int rc = tcn_put_c(rt, out, "root=");
    return rc < 0 ? rc : tcn_repr(rt, model_in(self)->fields, out);
}

static int resource_repr(tcn_rt *rt, tcn_object *self, tcn_buf *out)
{
    int rc = tcn_put_c(rt, out, self->type->name);
    if (rc >= 0)
        rc = tcn_put_char(rt, out, '(');
    if (rc >= 0)
        rc = resource_show(rt, self, out);
    return rc < 0 ? rc : tcn_put_char(rt, out, ')');
}

static int resource_contains(tcn_rt *rt, tcn_object *self, tcn_value item)
{
    int rc = tcn_check_hashable(rt, item);
    return rc < 0 ? rc : tcn_vdict_get(model_in(self)->fields.dict, item) != NULL;
}

static int resource_equal(tcn_rt *rt, tcn_object *self, tcn_object *other)
{
    if (model_in(self)->kind != model_in(other)->kind)
        return 0;
    return tcn_equal(rt, model_in(self)->fields, model_in(other)->fields);
}

static int resource_plain(tcn_rt *rt, tcn_object *self, tcn_value *ret)
{
    (void)rt;
    *ret = model_in(self)->fields;
    return 0;
}

const tcn_object_type tcn_labelled_type = {
    .attr = resource_attr,
    .item = resource_item,
    .iter = resource_iter,
    .show = resource_show,
    .repr = resource_repr,
    .equal = resource_equal,
    .contains = resource_contains,
    .plain = resource_plain,
};
