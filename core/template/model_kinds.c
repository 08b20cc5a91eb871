/* SPDX-License-Identifier: Apache-2.0 */
/* model_kinds.c - what events, firings and states can do beyond having fields. */
#include "core/base/err.h"
#include "core/template/model.h"
#include "core/template/natives.h"
#include "core/template/strings.h"
#include "core/value/json.h"

static tcn_value field_of(const tcn_model *model, const char *name)
{
    const tcn_value *found = tcn_vdict_get_c(model->fields.dict, name);
    return found != NULL ? *found : tcn_none();
}

static tcn_model *self_of(tcn_value v)
{
    return tcn_container_of(v.object, tcn_model, object);
}

static const tcn_vlist *related_of(const tcn_model *event)
{
    static const tcn_vlist empty = {0};
    tcn_value related = field_of(event, "related");
    return related.type == TCN_V_LIST ? related.list : &empty;
}

static int involved(tcn_rt *rt, const tcn_model *event, tcn_value *ret)
{
    const tcn_vlist *related = related_of(event);
    int rc = tcn_list_make(rt, TCN_V_LIST, related->count + (size_t)1, ret);
    if (rc >= 0)
        rc = tcn_list_push(rt, *ret, field_of(event, "resource"));
    for (uint32_t i = 0; i < related->count && rc >= 0; i++)
        rc = tcn_list_push(rt, *ret, related->items[i]);
    return rc;
}

static tcn_value role_of(tcn_value resource)
{
    tcn_value role;
    return tcn_model_label(resource, "prefect.resource.role", &role) ? role : tcn_none();
}

/* A dict of role to list that gives an empty list for roles that are not there. */
typedef struct roles {
    tcn_object object;
    tcn_value dict;
} roles;

static int roles_item(tcn_rt *rt, tcn_object *self, tcn_value key, tcn_value *ret)
{
    const tcn_value *found =
        tcn_vdict_get(tcn_container_of(self, roles, object)->dict.dict, key);
    if (found != NULL) {
        *ret = *found;
        return 1;
    }
    uint64_t hash;
    if (!tcn_key_hash(key, &hash))
        return 0;
    int rc = tcn_list_make(rt, TCN_V_LIST, 0, ret);
    return rc < 0 ? rc : 1;
}

static int roles_attr(tcn_rt *rt, tcn_object *self, tcn_str name, unsigned atom,
                      tcn_value *ret)
{
    tcn_value text;
    int rc = tcn_text_make(rt, name.ptr, name.len, &text);
    if (rc < 0 || atom == TCN_A_NONE)
        return rc;
    tcn_value plain = tcn_container_of(self, roles, object)->dict;
    if (tcn_dict_members[atom].method.call == NULL)
        return 0;
    rc = tcn_attr(rt, plain, text, (enum tcn_atom)atom, ret);
    return rc < 0 ? rc : 1;
}

static int roles_iter(tcn_rt *rt, tcn_object *self, tcn_value *ret)
{
    return tcn_items(rt, tcn_container_of(self, roles, object)->dict, ret);
}

static int roles_length(tcn_rt *rt, tcn_object *self, size_t *ret)
{
    (void)rt;
    *ret = tcn_container_of(self, roles, object)->dict.dict->count;
    return 0;
}

static bool roles_truth(const tcn_object *self)
{
    const roles *r = (const roles *)(const void *)self;
    return r->dict.dict->count > 0;
}

static int roles_repr(tcn_rt *rt, tcn_object *self, tcn_buf *out)
{
    int rc = tcn_put_c(rt, out, "defaultdict(<class 'list'>, ");
    if (rc >= 0)
        rc = tcn_repr(rt, tcn_container_of(self, roles, object)->dict, out);
    return rc < 0 ? rc : tcn_put_char(rt, out, ')');
}

static int roles_plain(tcn_rt *rt, tcn_object *self, tcn_value *ret)
{
    (void)rt;
    *ret = tcn_container_of(self, roles, object)->dict;
    return 0;
}

static const tcn_object_type roles_type = {
    .name = "defaultdict",
    .full_name = "collections.defaultdict object",
    .is_sequence = true,
    .is_mapping = true,
    .attr = roles_attr,
    .item = roles_item,
    .iter = roles_iter,
    .length = roles_length,
    .truth = roles_truth,
    .repr = roles_repr,
    .plain = roles_plain,
};

/* Dict of role to the first resource in it, in the order that Prefect finds them in: from
 * the end. */
static int first_in_roles(tcn_rt *rt, const tcn_model *event, tcn_value *ret)
{
    const tcn_vlist *related = related_of(event);
    *ret = tcn_dict_new(rt->arena, 8);
    int rc = tcn_is_missing(*ret) ? tcn_raise_memory(rt) : 0;
    for (uint32_t i = related->count; i > 0 && rc >= 0; i--)
        rc =
            tcn_dict_set(rt, *ret, role_of(related->items[i - 1]), related->items[i - 1]);
    return rc;
}

static int all_in_roles(tcn_rt *rt, const tcn_model *event, tcn_value *ret)
{
    const tcn_vlist *related = related_of(event);
    tcn_value dict = tcn_dict_new(rt->arena, 8);
    int rc = tcn_is_missing(dict) ? tcn_raise_memory(rt) : 0;
    for (uint32_t i = 0; i < related->count && rc >= 0; i++) {
        tcn_value role = role_of(related->items[i]);
        const tcn_value *known = tcn_vdict_get(dict.dict, role);
        tcn_value list = {0};
        if (known != NULL)
            list = *known;
        else
            rc = tcn_list_make(rt, TCN_V_LIST, 4, &list);
        if (known == NULL && rc >= 0)
            rc = tcn_dict_set(rt, dict, role, list);
        if (rc >= 0)
            rc = tcn_list_push(rt, list, related->items[i]);
    }
    if (rc < 0)
        return rc;
    roles *r = tcn_arena_alloc(rt->arena, sizeof *r);
    if (r == NULL)
        return tcn_raise_memory(rt);
    *r = (roles){.object = {&roles_type}, .dict = dict};
    *ret = tcn_of_object(&r->object);
    return 0;
}

/* The label of a resource, or none. */
static int label_of(tcn_rt *rt, tcn_value resource, tcn_str label, tcn_value *ret)
{
    tcn_value key;
    const tcn_model *model = tcn_model_of(resource);
    int rc = tcn_text_make(rt, label.ptr, label.len, &key);
    if (rc < 0)
        return rc;
    const tcn_value *found =
        model != NULL ? tcn_vdict_get(model->fields.dict, key) : NULL;
    *ret = found != NULL ? *found : tcn_none();
    return 0;
}

/* "related:ROLE:LABEL" asks the first resource of that role. */
static int find_label(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    const tcn_model *event = self_of(a[0]);
    const tcn_vlist *related = related_of(event);
    const tcn_str prefix = TCN_STR("related:");
    const tcn_text *label = NULL;
    int rc = tcn_model_arg_text(rt, a[1], &label);
    if (rc < 0)
        return rc;
    tcn_str text = tcn_text_str(label);
    size_t end = tcn_rfind(text, TCN_STR(":"));
    bool is_related = tcn_str_starts(text, prefix) && end >= prefix.len;
    for (uint32_t i = 0; is_related && i < related->count; i++) {
        tcn_value role = role_of(related->items[i]);
        if (role.type == TCN_V_STR &&
            tcn_str_eq(tcn_text_str(role.text),
                       tcn_str_of(text.ptr + prefix.len, end - prefix.len)))
            return label_of(rt, related->items[i],
                            tcn_str_of(text.ptr + end + 1, text.len - end - 1), ret);
    }
    return label_of(rt, field_of(event, "resource"), text, ret);
}

static int json_size(tcn_rt *rt, tcn_value v, tcn_value *ret)
{
    tcn_buf text;
    tcn_buf_init(&text, rt->limits->text_bytes * 4);
    int rc = tcn_json_write(v, &text);
    *ret = tcn_int((int64_t)text.len);
    tcn_buf_deinit(&text);
    return rc < 0 ? tcn_raise_limit(rt, "size of an event", rt->limits->text_bytes * 4)
                  : 0;
}

int tcn_event_attr(tcn_rt *rt, tcn_model *model, tcn_str name, tcn_value *ret)
{
    static const tcn_native find = {.name = "find_resource_label",
                                    .params = "label",
                                    .min = 2,
                                    .max = 2,
                                    .call = find_label};
    int rc;
    if (tcn_str_eq_c(name, "involved_resources"))
        rc = involved(rt, model, ret);
    else if (tcn_str_eq_c(name, "resource_in_role"))
        rc = first_in_roles(rt, model, ret);
    else if (tcn_str_eq_c(name, "resources_in_role"))
        rc = all_in_roles(rt, model, ret);
    else if (tcn_str_eq_c(name, "url"))
        rc = tcn_ui_url(rt, tcn_of_object(&model->object), ret);
    else if (tcn_str_eq_c(name, "size_bytes"))
        rc = json_size(rt, tcn_of_object(&model->object), ret);
    else if (tcn_str_eq_c(name, "find_resource_label"))
        rc = tcn_bound_make(rt, &find, tcn_of_object(&model->object), ret);
    else
        return 0;
    return rc < 0 ? rc : 1;
}

/* This firing and those below it, first the parents; events of them instead when asked.
 */
static int collect(tcn_rt *rt, tcn_value firing, bool is_events, tcn_value list)
{
    const tcn_model *model = tcn_model_of(firing);
    int rc = 0;
    if (model == NULL)
        return 0;
    if (++rt->depth > rt->limits->depth)
        return tcn_raise_limit(rt, "nesting of a value", rt->limits->depth);
    tcn_value own = is_events ? field_of(model, "triggering_event") : firing;
    if (own.type != TCN_V_NONE)
        rc = tcn_list_push(rt, list, own);
    tcn_value below = field_of(model, "triggering_firings");
    for (uint32_t i = 0; rc >= 0 && below.type == TCN_V_LIST && i < below.list->count;
         i++)
        rc = collect(rt, below.list->items[i], is_events, list);
    rt->depth--;
    return rc;
}

static int all_firings(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    int rc = tcn_list_make(rt, TCN_V_LIST, 4, ret);
    return rc < 0 ? rc : collect(rt, a[0], false, *ret);
}

static int all_events(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    int rc = tcn_list_make(rt, TCN_V_LIST, 4, ret);
    return rc < 0 ? rc : collect(rt, a[0], true, *ret);
}

int tcn_firing_attr(tcn_rt *rt, tcn_model *model, tcn_str name, tcn_value *ret)
{
    static const tcn_native methods[] = {
        {.name = "all_firings", .params = "", .min = 1, .max = 1, .call = all_firings},
        {.name = "all_events", .params = "", .min = 1, .max = 1, .call = all_events},
    };
    for (size_t i = 0; i < TCN_COUNT(methods); i++) {
        if (tcn_str_eq_c(name, methods[i].name)) {
            int rc = tcn_bound_make(rt, &methods[i], tcn_of_object(&model->object), ret);
            return rc < 0 ? rc : 1;
        }
    }
    return 0;
}

static tcn_str state_type(const tcn_model *state)
{
    tcn_value type = field_of(state, "type");
    const tcn_text *text = tcn_text_of(&type);
    return text != NULL ? tcn_text_str(text) : (tcn_str){0};
}

static int is_type(tcn_value *a, const char *type, tcn_value *ret)
{
    *ret = tcn_bool(tcn_str_eq_c(state_type(self_of(a[0])), type));
    return 0;
}

/* clang-format off */
#define STATE_TEST(name, type) \
    static int is_##name(tcn_rt *rt, tcn_value *a, tcn_value *ret) \
    { \
        (void)rt; \
        return is_type(a, type, ret); \
    }
/* clang-format on */
STATE_TEST(scheduled, "SCHEDULED")
STATE_TEST(pending, "PENDING")
STATE_TEST(running, "RUNNING")
STATE_TEST(completed, "COMPLETED")
STATE_TEST(failed, "FAILED")
STATE_TEST(crashed, "CRASHED")
STATE_TEST(cancelled, "CANCELLED")
STATE_TEST(cancelling, "CANCELLING")
STATE_TEST(paused, "PAUSED")

static int is_final(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    static const char *const finals[] = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"};
    tcn_str type = state_type(self_of(a[0]));
    (void)rt;
    *ret = tcn_bool(false);
    for (size_t i = 0; i < TCN_COUNT(finals); i++) {
        if (tcn_str_eq_c(type, finals[i]))
            *ret = tcn_bool(true);
    }
    return 0;
}

/* clang-format off */
#define STATE_METHOD(name_) \
    {.name = "is_" #name_, .params = "", .min = 1, .max = 1, .call = is_##name_}
/* clang-format on */

int tcn_state_attr(tcn_rt *rt, tcn_model *model, tcn_str name, tcn_value *ret)
{
    static const tcn_native methods[] = {
        STATE_METHOD(scheduled), STATE_METHOD(pending),    STATE_METHOD(running),
        STATE_METHOD(completed), STATE_METHOD(failed),     STATE_METHOD(crashed),
        STATE_METHOD(cancelled), STATE_METHOD(cancelling), STATE_METHOD(final),
        STATE_METHOD(paused),
    };
    for (size_t i = 0; i < TCN_COUNT(methods); i++) {
        if (tcn_str_eq_c(name, methods[i].name)) {
            int rc = tcn_bound_make(rt, &methods[i], tcn_of_object(&model->object), ret);
            return rc < 0 ? rc : 1;
        }
    }
    return 0;
}

static bool equals_ignoring_case(tcn_str a, tcn_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        char x = a.ptr[i] >= 'A' && a.ptr[i] <= 'Z' ? (char)(a.ptr[i] | 32) : a.ptr[i];
        char y = b.ptr[i] >= 'A' && b.ptr[i] <= 'Z' ? (char)(b.ptr[i] | 32) : b.ptr[i];
        if (x != y)
            return false;
    }
    return true;
}

static int state_repr(tcn_rt *rt, const tcn_model *state, tcn_str type, tcn_buf *out)
{
    int rc = tcn_show(rt, field_of(state, "name"), out);
    if (rc >= 0)
        rc = tcn_put_c(rt, out, "(message=");
    if (rc >= 0)
        rc = tcn_repr(rt, field_of(state, "message"), out);
    if (rc >= 0)
        rc = tcn_put_c(rt, out, ", type=");
    if (rc >= 0)
        rc = tcn_put(rt, out, type.ptr != NULL ? type.ptr : "", type.len);
    return rc < 0 ? rc : tcn_put_c(rt, out, ", result=None)");
}

int tcn_state_show(tcn_rt *rt, tcn_model *state, bool is_repr, tcn_buf *out)
{
    tcn_str type = state_type(state);
    tcn_value name = field_of(state, "name");
    tcn_value message = field_of(state, "message");
    if (is_repr)
        return state_repr(rt, state, type, out);
    bool has_message = tcn_truth(message);
    bool has_type =
        name.type != TCN_V_STR || !equals_ignoring_case(tcn_text_str(name.text), type);
    int rc = tcn_show(rt, name, out);
    if (rc >= 0)
        rc = tcn_put_char(rt, out, '(');
    if (rc >= 0 && has_message)
        rc = tcn_repr(rt, message, out);
    if (rc >= 0 && has_message && has_type)
        rc = tcn_put(rt, out, ", ", 2);
    if (rc >= 0 && has_type)
        rc = tcn_put_c(rt, out, "type=");
    if (rc >= 0 && has_type)
        rc = tcn_put(rt, out, type.ptr != NULL ? type.ptr : "", type.len);
    return rc < 0 ? rc : tcn_put_char(rt, out, ')');
}
