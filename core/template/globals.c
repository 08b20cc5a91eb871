/* SPDX-License-Identifier: Apache-2.0 */
/* globals.c - range, dict, namespace, cycler and joiner. */
#include "core/base/err.h"
#include "core/template/strings.h"
#include "core/template/vm.h"

/* A global function or class as an object without state. */
typedef struct global {
    tcn_object object;
    tcn_native native;
} global;

static int call_range(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    int64_t parts[3] = {0, 0, 1};
    int count = 0;
    while (count < 3 && !tcn_is_missing(a[1 + count]))
        count++;
    for (int i = 0; i < count; i++) {
        int rc = tcn_arg_int(rt, a[1 + i], 0, &parts[i]);
        if (rc < 0)
            return rc;
    }
    if (count == 1) {
        parts[1] = parts[0];
        parts[0] = 0;
    }
    if (parts[2] == 0)
        return tcn_raise(rt, TCN_EXC_ValueError, "range() arg 3 must not be zero");
    tcn_range range = {parts[0], parts[1], parts[2]};
    if (tcn_range_count(&range) > rt->limits->range_items)
        return tcn_raise(rt, TCN_EXC_OverflowError,
                         "Range too big. The sandbox blocks ranges larger than "
                         "MAX_TEMPLATE_RANGE=%u.",
                         rt->limits->range_items);
    *ret = tcn_range_new(rt->arena, parts[0], parts[1], parts[2]);
    return tcn_is_missing(*ret) ? tcn_raise_memory(rt) : 0;
}

static int add_pair(tcn_rt *rt, tcn_value dict, tcn_value pair, uint32_t at)
{
    tcn_value items;
    if (!tcn_is_iterable(pair))
        return tcn_raise(
            rt, TCN_EXC_TypeError,
            "cannot convert dictionary update sequence element #%u to a sequence", at);
    int rc = tcn_items(rt, pair, &items);
    if (rc >= 0 && items.list->count != 2)
        return tcn_raise(
            rt, TCN_EXC_ValueError,
            "dictionary update sequence element #%u has length %u; 2 is required", at,
            items.list->count);
    return rc < 0 ? rc
                  : tcn_dict_set(rt, dict, items.list->items[0], items.list->items[1]);
}

static int call_dict(tcn_rt *rt, tcn_value subject, const tcn_args *args, tcn_value *ret)
{
    tcn_value dict = tcn_dict_new(rt->arena, args->named_count);
    tcn_value items;
    (void)subject;
    int rc = tcn_is_missing(dict) ? tcn_raise_memory(rt) : 0;
    if (rc >= 0 && args->count > 1)
        return tcn_raise(rt, TCN_EXC_TypeError,
                         "dict expected at most 1 argument, got %u", args->count);
    if (rc >= 0 && args->count == 1) {
        tcn_value from = args->items[0];
        bool is_dict = from.type == TCN_V_DICT;
        if (from.type == TCN_V_UNDEF)
            return tcn_raise_undef(rt, from);
        if (is_dict)
            from =
                (tcn_value){.type = TCN_V_VIEW, .sub = TCN_VIEW_ITEMS, .dict = from.dict};
        rc = tcn_items(rt, from, &items);
        for (uint32_t i = 0; rc >= 0 && i < items.list->count; i++)
            rc = add_pair(rt, dict, items.list->items[i], i);
    }
    for (uint32_t i = 0; i < args->named_count && rc >= 0; i++)
        rc = tcn_dict_set(rt, dict, args->names[i], args->named[i]);
    *ret = dict;
    return rc;
}

static int namespace_attr(tcn_rt *rt, tcn_object *self, tcn_str name, unsigned atom,
                          tcn_value *ret)
{
    const tcn_namespace *ns = tcn_container_of(self, tcn_namespace, object);
    tcn_text text = {.ptr = name.ptr, .len = (uint32_t)name.len};
    (void)rt;
    (void)atom;
    const tcn_value *found =
        tcn_vdict_get_text(ns->values.dict, &text, tcn_text_hash(&text));
    if (found == NULL)
        return 0;
    *ret = *found;
    return 1;
}

static int namespace_repr(tcn_rt *rt, tcn_object *self, tcn_buf *out)
{
    tcn_namespace *ns = tcn_container_of(self, tcn_namespace, object);
    int rc = tcn_put_c(rt, out, "<Namespace ");
    bool is_inside = ns->is_shown;
    ns->is_shown = true;
    if (rc >= 0)
        rc = is_inside ? tcn_put_c(rt, out, "{...}") : tcn_repr(rt, ns->values, out);
    ns->is_shown = is_inside;
    return rc < 0 ? rc : tcn_put_char(rt, out, '>');
}

const tcn_object_type tcn_namespace_type = {
    .name = "Namespace",
    .full_name = "jinja2.utils.Namespace object",
    .is_hashable = true,
    .attr = namespace_attr,
    .repr = namespace_repr,
};

static int call_namespace(tcn_rt *rt, tcn_value subject, const tcn_args *args,
                          tcn_value *ret)
{
    tcn_namespace *ns = tcn_arena_alloc(rt->arena, sizeof *ns);
    if (ns == NULL)
        return tcn_raise_memory(rt);
    ns->object.type = &tcn_namespace_type;
    ns->is_shown = false;
    *ret = tcn_of_object(&ns->object);
    return call_dict(rt, subject, args, &ns->values);
}

typedef struct cycler {
    tcn_object object;
    tcn_value items; /* tuple */
    uint32_t at;
} cycler;

static int cycler_next(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    cycler *c = tcn_container_of(a[0].object, cycler, object);
    (void)rt;
    *ret = c->items.list->items[c->at];
    c->at = (c->at + 1) % c->items.list->count;
    return 0;
}

static int cycler_reset(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    (void)rt;
    tcn_container_of(a[0].object, cycler, object)->at = 0;
    *ret = tcn_none();
    return 0;
}

static const tcn_native next_method = {
    .name = "next", .params = "", .min = 1, .max = 1, .call = cycler_next};
static const tcn_native reset_method = {
    .name = "reset", .params = "", .min = 1, .max = 1, .call = cycler_reset};

static int cycler_attr(tcn_rt *rt, tcn_object *self, tcn_str name, unsigned atom,
                       tcn_value *ret)
{
    const cycler *c = tcn_container_of(self, cycler, object);
    int rc = 0;
    switch ((int)atom) {
    case TCN_A_next:
        rc = tcn_bound_make(rt, &next_method, tcn_of_object(self), ret);
        return rc < 0 ? rc : 1;
    case TCN_A_reset:
        rc = tcn_bound_make(rt, &reset_method, tcn_of_object(self), ret);
        return rc < 0 ? rc : 1;
    case TCN_A_current:
        *ret = c->items.list->items[c->at];
        return 1;
    case TCN_A_items:
        *ret = c->items;
        return 1;
    default:
        if (!tcn_str_eq_c(name, "pos"))
            return 0;
        *ret = tcn_int(c->at);
        return 1;
    }
}

static const tcn_object_type cycler_type = {
    .name = "Cycler",
    .full_name = "jinja2.utils.Cycler object",
    .is_hashable = true,
    .attr = cycler_attr,
};

static int call_cycler(tcn_rt *rt, tcn_value subject, const tcn_args *args,
                       tcn_value *ret)
{
    (void)subject;
    if (args->named_count > 0)
        return tcn_raise(rt, TCN_EXC_TypeError,
                         "Cycler.__init__() got an unexpected keyword argument");
    if (args->count == 0)
        return tcn_raise(rt, TCN_EXC_RuntimeError,
                         "at least one item has to be provided");
    cycler *c = tcn_arena_alloc(rt->arena, sizeof *c);
    if (c == NULL)
        return tcn_raise_memory(rt);
    c->object.type = &cycler_type;
    c->at = 0;
    int rc = tcn_list_make(rt, TCN_V_TUPLE, args->count, &c->items);
    for (uint32_t i = 0; i < args->count && rc >= 0; i++)
        rc = tcn_list_push(rt, c->items, args->items[i]);
    *ret = tcn_of_object(&c->object);
    return rc;
}

typedef struct joiner {
    tcn_object object;
    tcn_value separator;
    bool was_used;
} joiner;

/* The joiner's own texts stand for what a template would write there. */
static int own_text(tcn_rt *rt, tcn_str text, tcn_value *ret)
{
    int rc = tcn_text_make(rt, text.ptr, text.len, ret);
    if (rc >= 0)
        ret->aux = TCN_TEXT_LITERAL;
    return rc;
}

static int joiner_call(tcn_rt *rt, tcn_object *self, const tcn_args *args, tcn_value *ret)
{
    joiner *j = tcn_container_of(self, joiner, object);
    if (args->count + args->named_count > 0)
        return tcn_raise(rt, TCN_EXC_TypeError, "Joiner.__call__() takes no arguments");
    bool was_used = j->was_used;
    j->was_used = true;
    *ret = j->separator;
    return was_used ? 0 : own_text(rt, TCN_STR(""), ret);
}

static int joiner_attr(tcn_rt *rt, tcn_object *self, tcn_str name, unsigned atom,
                       tcn_value *ret)
{
    const joiner *j = tcn_container_of(self, joiner, object);
    (void)rt;
    (void)atom;
    if (tcn_str_eq_c(name, "sep"))
        *ret = j->separator;
    else if (tcn_str_eq_c(name, "used"))
        *ret = tcn_bool(j->was_used);
    else
        return 0;
    return 1;
}

static const tcn_object_type joiner_type = {
    .name = "Joiner",
    .full_name = "jinja2.utils.Joiner object",
    .is_callable = true,
    .is_hashable = true,
    .attr = joiner_attr,
    .call = joiner_call,
};

static int call_joiner(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    joiner *j = tcn_arena_alloc(rt->arena, sizeof *j);
    if (j == NULL)
        return tcn_raise_memory(rt);
    *j = (joiner){.object = {&joiner_type}, .separator = a[1]};
    *ret = tcn_of_object(&j->object);
    return tcn_is_missing(a[1]) ? own_text(rt, TCN_STR(", "), &j->separator) : 0;
}

/* The number of paragraphs is what can hurt: their length is limited with it. */
static int call_lipsum(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    static const char words[] = "lorem ipsum dolor sit amet consectetur adipiscing elit";
    int64_t count = 5;
    size_t size = 0;
    bool is_html = tcn_arg_bool(a[2], true);
    int rc = tcn_arg_int(rt, a[1], 5, &count);
    if (rc >= 0)
        rc = tcn_check_width(rt, count, &size);
    size_t start = tcn_scratch_begin(rt);
    for (size_t i = 0; i < size && rc >= 0; i++) {
        rc = tcn_put_c(rt, &rt->scratch,
                       is_html ? (i > 0 ? "\n<p>" : "<p>") : (i > 0 ? "\n\n" : ""));
        if (rc >= 0)
            rc = tcn_put_c(rt, &rt->scratch, words);
        if (rc >= 0)
            rc = tcn_put_c(rt, &rt->scratch, is_html ? ".</p>" : ".");
    }
    if (rc >= 0)
        rc = tcn_scratch_end(rt, start, ret);
    if (rc >= 0 && is_html)
        *ret = tcn_markup(*ret);
    return rc;
}

static int global_call(tcn_rt *rt, tcn_object *self, const tcn_args *args, tcn_value *ret)
{
    return tcn_native_call(rt, &tcn_container_of(self, global, object)->native,
                           tcn_none(), args, ret);
}

static int global_repr(tcn_rt *rt, tcn_object *self, tcn_buf *out)
{
    const global *g = tcn_container_of(self, global, object);
    int rc = tcn_put_c(rt, out, self->type->name[0] == 't' ? "<class '" : "<function ");
    if (rc >= 0)
        rc = tcn_put_c(rt, out, g->native.name);
    return rc < 0 ? rc : tcn_put_c(rt, out, self->type->name[0] == 't' ? "'>" : ">");
}

static const tcn_object_type function_type = {
    .name = "function",
    .full_name = "function object",
    .is_callable = true,
    .is_hashable = true,
    .repr = global_repr,
    .call = global_call,
};
static const tcn_object_type class_type = {
    .name = "type",
    .full_name = "type object",
    .is_callable = true,
    .is_hashable = true,
    .repr = global_repr,
    .call = global_call,
};

/* clang-format off */
static global globals[] = {
    {{&function_type}, {.name = "range", .params = "", .min = 2, .max = 4, .call = call_range}},
    {{&class_type}, {.name = "dict", .raw = call_dict}},
    {{&function_type}, {.name = "lipsum", .params = "n html min max", .min = 1, .max = 5,
                        .call = call_lipsum}},
    {{&class_type}, {.name = "cycler", .raw = call_cycler}},
    {{&class_type}, {.name = "joiner", .params = "sep", .min = 1, .max = 2, .call = call_joiner}},
    {{&class_type}, {.name = "namespace", .raw = call_namespace}},
};
/* clang-format on */

bool tcn_global_find(tcn_str name, tcn_value *ret)
{
    for (size_t i = 0; i < TCN_COUNT(globals); i++) {
        if (tcn_str_eq_c(name, globals[i].native.name)) {
            *ret = tcn_of_object(&globals[i].object);
            return true;
        }
    }
    return false;
}
