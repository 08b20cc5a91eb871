/* SPDX-License-Identifier: Apache-2.0 */
/* lookup.c - attributes and items with the rules of Jinja's immutable sandbox: attribute
 * first for a dot, item first for brackets; names that Python keeps for itself and
 * methods that change their object exist but give an undefined value whose use is a
 * SecurityError. */
#include "core/base/err.h"
#include "core/template/natives.h"

enum tcn_atom tcn_atom_of(tcn_str name)
{
    static const tcn_str names[] = {{NULL, 0},
#define TCN_ATOM_NAME(atom) {#atom, sizeof #atom - 1},
                                    TCN_ATOMS(TCN_ATOM_NAME)
#undef TCN_ATOM_NAME
    };
    /* The first one of each letter and of the next. */
    static const uint8_t starts[] = {
        TCN_A_add,         TCN_A_bit_count, TCN_A_caller,    TCN_A_date,
        TCN_A_encode,      TCN_A_fields,    TCN_A_get,       TCN_A_hex,
        TCN_A_imag,        TCN_A_join,      TCN_A_keys,      TCN_A_last,
        TCN_A_microsecond, TCN_A_name,      TCN_A_partition, TCN_A_partition,
        TCN_A_real,        TCN_A_real,      TCN_A_second,    TCN_A_time,
        TCN_A_unescape,    TCN_A_value,     TCN_A_weekday,   TCN_A_year,
        TCN_A_year,        TCN_A_zfill,     TCN_ATOM_COUNT};
    unsigned letter = name.len > 0 ? (unsigned char)name.ptr[0] - (unsigned)'a' : 26;
    if (letter >= 26)
        return TCN_A_NONE;
    for (unsigned i = starts[letter]; i < starts[letter + 1]; i++) {
        if (names[i].len == name.len && names[i].ptr[1] == name.ptr[1] &&
            memcmp(names[i].ptr, name.ptr, name.len) == 0)
            return (enum tcn_atom)i;
    }
    return TCN_A_NONE;
}

/* Attributes that every Python object has. */
static bool is_python_name(tcn_value object, tcn_str name)
{
    static const char *const common[] = {
        "__class__",     "__doc__",      "__init__",         "__dir__",
        "__eq__",        "__ne__",       "__lt__",           "__le__",
        "__gt__",        "__ge__",       "__hash__",         "__repr__",
        "__str__",       "__format__",   "__new__",          "__reduce__",
        "__sizeof__",    "__setattr__",  "__getattribute__", "__delattr__",
        "__reduce_ex__", "__getstate__", "__subclasshook__", "__init_subclass__"};
    static const char *const of_functions[] = {
        "__globals__",  "__code__",    "__call__",       "__name__",
        "__module__",   "__dict__",    "__func__",       "__self__",
        "__qualname__", "__closure__", "__defaults__",   "__mro__",
        "__bases__",    "__base__",    "__subclasses__", "_TemplateReference__context"};
    static const char *const of_containers[] = {"__len__",      "__getitem__", "__iter__",
                                                "__contains__", "__add__",     "__mul__",
                                                "__setitem__",  "__delitem__"};
    if (name.len < 5 || name.ptr[0] != '_')
        return false;
    for (size_t i = 0; i < TCN_COUNT(common); i++) {
        if (tcn_str_eq_c(name, common[i]))
            return true;
    }
    for (size_t i = 0; i < TCN_COUNT(of_functions) && object.type == TCN_V_OBJECT; i++) {
        if (tcn_str_eq_c(name, of_functions[i]))
            return true;
    }
    bool is_container =
        tcn_is_text(object) || tcn_has_items(object) || object.type == TCN_V_DICT;
    for (size_t i = 0; i < TCN_COUNT(of_containers) && is_container; i++) {
        if (tcn_str_eq_c(name, of_containers[i]))
            return true;
    }
    return false;
}

/* How messages about undefined attributes name the owner. */
static const char *owner_name(tcn_value v)
{
    static const char *const names[] = {
        [TCN_V_MISSING] = "object",
        [TCN_V_UNDEF] = "jinja2.runtime.ChainableUndefined object",
        [TCN_V_NONE] = "None",
        [TCN_V_BOOL] = "bool object",
        [TCN_V_INT] = "int object",
        [TCN_V_FLOAT] = "float object",
        [TCN_V_BIG] = "int object",
        [TCN_V_STR] = "str object",
        [TCN_V_ENUM] = "str object",
        [TCN_V_BYTES] = "bytes object",
        [TCN_V_LIST] = "list object",
        [TCN_V_TUPLE] = "tuple object",
        [TCN_V_SET] = "set object",
        [TCN_V_LAZY] = "generator object",
        [TCN_V_DICT] = "dict object",
        [TCN_V_VIEW] = "dict_items object",
        [TCN_V_RANGE] = "range object",
        [TCN_V_DATETIME] = "datetime.datetime object",
        [TCN_V_DATE] = "datetime.date object",
        [TCN_V_TIME] = "datetime.time object",
        [TCN_V_DELTA] = "datetime.timedelta object",
        [TCN_V_UUID] = "uuid.UUID object",
        [TCN_V_OBJECT] = "object",
    };
    static const char *const views[] = {"dict_keys object", "dict_values object",
                                        "dict_items object"};
    switch (v.type) {
    case TCN_V_OBJECT:
        return v.object->type->full_name;
    case TCN_V_ENUM:
        return v.member->full_name;
    case TCN_V_VIEW:
        return views[v.sub];
    case TCN_V_STR:
        return v.sub == TCN_SUB_MARKUP ? "markupsafe.Markup object" : names[TCN_V_STR];
    default:
        return names[v.type];
    }
}

/* type(v).__name__ */
static const char *short_type_name(tcn_value v)
{
    const char *name = tcn_type_name(v);
    const char *dot = strrchr(name, '.');
    return dot != NULL ? dot + 1 : name;
}

static const tcn_member *members_of(tcn_value v)
{
    switch ((enum tcn_value_type)v.type) {
    case TCN_V_STR:
        return tcn_is_markup(v) ? tcn_markup_members : tcn_str_members;
    case TCN_V_ENUM:
        return tcn_enum_members;
    case TCN_V_BYTES:
        return tcn_bytes_members;
    case TCN_V_LIST:
        return tcn_list_members;
    case TCN_V_TUPLE:
        return tcn_tuple_members;
    case TCN_V_SET:
        return tcn_set_members;
    case TCN_V_DICT:
        return tcn_dict_members;
    case TCN_V_RANGE:
        return tcn_range_members;
    case TCN_V_BOOL:
    case TCN_V_INT:
    case TCN_V_BIG:
        return tcn_int_members;
    case TCN_V_FLOAT:
        return tcn_float_members;
    case TCN_V_DATETIME:
    case TCN_V_DATE:
    case TCN_V_TIME:
        return tcn_datetime_members;
    case TCN_V_DELTA:
        return tcn_delta_members;
    case TCN_V_UUID:
        return tcn_uuid_members;
    case TCN_V_MISSING:
    case TCN_V_UNDEF:
    case TCN_V_NONE:
    case TCN_V_LAZY:
    case TCN_V_VIEW:
    case TCN_V_OBJECT:
        break;
    }
    return NULL;
}

/* 1: *ret is the attribute or says that it is unsafe; 0: there is none. */
static int own_attr(tcn_rt *rt, tcn_value object, tcn_value name, enum tcn_atom atom,
                    tcn_value *ret)
{
    tcn_str text = tcn_text_str(name.text);
    const tcn_member *members = atom != TCN_A_NONE ? members_of(object) : NULL;
    if (members == NULL && object.type == TCN_V_OBJECT &&
        object.object->type->attr != NULL) {
        int rc = object.object->type->attr(rt, object.object, text, atom, ret);
        if (rc != 0)
            return rc;
    }
    bool is_unsafe = text.len > 1 && text.ptr[0] == '_' && is_python_name(object, text);
    if (members != NULL) {
        const tcn_member *member = &members[atom];
        if (member->prop != NULL) {
            int rc = member->prop(rt, object, ret);
            return rc < 0 ? rc : 1;
        }
        if (member->method.call != NULL || member->method.raw != NULL) {
            int rc = tcn_bound_make(rt, &member->method, object, ret);
            return rc < 0 ? rc : 1;
        }
        is_unsafe = is_unsafe || member->is_unsafe;
    }
    if (!is_unsafe)
        return 0;
    *ret = tcn_undef_make(rt, TCN_UNDEF_UNSAFE, short_type_name(object), name);
    return 1;
}

/* 1: found; 0: no such item, or not a thing with items. */
static int own_item(tcn_rt *rt, tcn_value object, tcn_value key, tcn_value *ret)
{
    int64_t index;
    size_t length = 0;
    const tcn_text *text = tcn_text_of(&object);
    if (object.type == TCN_V_DICT) {
        const tcn_value *found = tcn_vdict_get(object.dict, key);
        if (found == NULL)
            return 0;
        *ret = *found;
        return 1;
    }
    if (object.type == TCN_V_OBJECT && object.object->type->item != NULL)
        return object.object->type->item(rt, object.object, key, ret);
    bool is_sequence = text != NULL || object.type == TCN_V_LIST ||
                       object.type == TCN_V_TUPLE || object.type == TCN_V_RANGE ||
                       object.type == TCN_V_BYTES;
    if (!is_sequence || !tcn_index_of(key, &index))
        return 0;
    int rc = tcn_length(rt, object, &length);
    if (rc < 0)
        return rc;
    if (index < 0)
        index += (int64_t)length;
    if (index < 0 || (uint64_t)index >= length)
        return 0;
    if (text != NULL) {
        size_t from = tcn_text_offset(text, (size_t)index);
        size_t to = from;
        (void)tcn_utf8_decode(tcn_text_str(text), &to);
        rc = tcn_text_part(rt, text, from, to, ret);
        if (rc >= 0 && tcn_is_markup(object))
            *ret = tcn_markup(*ret);
        return rc < 0 ? rc : 1;
    }
    if (object.type == TCN_V_RANGE)
        *ret = tcn_int(object.range->start + index * object.range->step);
    else if (object.type == TCN_V_BYTES)
        *ret = tcn_int((unsigned char)object.text->ptr[index]);
    else
        *ret = object.list->items[index];
    return 1;
}

static int undefined_attr(tcn_rt *rt, tcn_value object, tcn_value name, tcn_value *ret)
{
    enum tcn_undef_kind kind = tcn_is_text(name) ? TCN_UNDEF_ATTR : TCN_UNDEF_ITEM;
    *ret = tcn_undef_make(rt, kind, owner_name(object), name);
    return rt->exc.exc_class == TCN_EXC_NONE ? 0 : TCN_E_LIMIT;
}

int tcn_attr(tcn_rt *rt, tcn_value object, tcn_value name, enum tcn_atom atom,
             tcn_value *ret)
{
    if (TCN_LIKELY(object.type == TCN_V_DICT && atom == TCN_A_NONE)) {
        const tcn_value *found =
            name.text->ptr[0] != '_'
                ? tcn_vdict_get_text(object.dict, name.text, tcn_text_hash(name.text))
                : NULL;
        if (TCN_LIKELY(found != NULL)) {
            *ret = *found;
            return 0;
        }
    }
    if (object.type == TCN_V_UNDEF) {
        *ret = object;
        return object.undef->kind == TCN_UNDEF_BRANCH ? tcn_raise_undef(rt, object) : 0;
    }
    int rc = own_attr(rt, object, name, atom, ret);
    if (rc == 0)
        rc = own_item(rt, object, name, ret);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    return undefined_attr(rt, object, name, ret);
}

int tcn_attr_only(tcn_rt *rt, tcn_value object, tcn_value name, tcn_value *ret)
{
    if (object.type == TCN_V_UNDEF) {
        *ret = object;
        return 0;
    }
    int rc = own_attr(rt, object, name, tcn_atom_of(tcn_text_str(name.text)), ret);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    return undefined_attr(rt, object, name, ret);
}

int tcn_items_dict(tcn_rt *rt, tcn_value v, const tcn_vdict **ret)
{
    tcn_value plain = v;
    tcn_value method;
    int rc = 0;
    if (v.type == TCN_V_OBJECT && v.object->type->plain != NULL &&
        v.object->type->attr != NULL)
        rc = v.object->type->attr(rt, v.object, TCN_STR("items"), TCN_A_items, &method);
    if (rc == 1)
        rc = v.object->type->plain(rt, v.object, &plain);
    if (rc < 0)
        return rc;
    if (plain.type != TCN_V_DICT)
        return tcn_raise(rt, TCN_EXC_AttributeError,
                         "'%s' object has no attribute 'items'", tcn_type_name(v));
    *ret = plain.dict;
    return 0;
}

int tcn_item(tcn_rt *rt, tcn_value object, tcn_value key, tcn_value *ret)
{
    if (object.type == TCN_V_UNDEF) {
        *ret = object;
        return object.undef->kind == TCN_UNDEF_BRANCH ? tcn_raise_undef(rt, object) : 0;
    }
    int rc = own_item(rt, object, key, ret);
    if (rc == 0 && key.type == TCN_V_STR)
        rc = own_attr(rt, object, key, tcn_atom_of(tcn_text_str(key.text)), ret);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    return undefined_attr(rt, object, key, ret);
}

static int path_part(tcn_rt *rt, tcn_str part, tcn_value *ret)
{
    int64_t index;
    if (tcn_str_int(part, 0, INT64_MAX, &index)) {
        *ret = tcn_int(index);
        return 0;
    }
    return tcn_text_make(rt, part.ptr, part.len, ret);
}

int tcn_path(tcn_rt *rt, tcn_value object, tcn_value path, tcn_value default_value,
             tcn_value *ret)
{
    *ret = object;
    if (path.type == TCN_V_MISSING || path.type == TCN_V_NONE)
        return 0;
    const tcn_text *text = tcn_text_of(&path);
    tcn_str rest = text != NULL ? tcn_text_str(text) : (tcn_str){0};
    bool is_single =
        text == NULL || rest.len == 0 || memchr(rest.ptr, '.', rest.len) == NULL;
    for (bool is_more = true; is_more;) {
        tcn_value key = path;
        const char *dot = is_single ? NULL : memchr(rest.ptr, '.', rest.len);
        tcn_str part = rest;
        if (dot != NULL)
            part.len = (size_t)(dot - rest.ptr);
        int rc = text != NULL ? path_part(rt, part, &key) : 0;
        if (rc >= 0)
            rc = tcn_item(rt, *ret, key, ret);
        if (rc < 0)
            return rc;
        if (ret->type == TCN_V_UNDEF && !tcn_is_missing(default_value) &&
            default_value.type != TCN_V_NONE)
            *ret = default_value;
        is_more = dot != NULL;
        if (is_more)
            rest = tcn_str_of(dot + 1, rest.len - part.len - 1);
    }
    return 0;
}

int tcn_arg_int(tcn_rt *rt, tcn_value v, int64_t fallback, int64_t *ret)
{
    if (v.type == TCN_V_MISSING) {
        *ret = fallback;
        return 0;
    }
    if (tcn_index_of(v, ret))
        return 0;
    if (v.type == TCN_V_UNDEF)
        return tcn_raise(
            rt, TCN_EXC_TypeError,
            "'ChainableUndefined' object cannot be interpreted as an integer");
    return tcn_raise(rt, TCN_EXC_TypeError,
                     "'%s' object cannot be interpreted as an integer", tcn_type_name(v));
}

int tcn_arg_text(tcn_rt *rt, tcn_value v, const tcn_text **ret)
{
    if (tcn_is_text(v)) {
        *ret = v.type == TCN_V_STR ? v.text : &v.member->value;
        return 0;
    }
    return tcn_raise(rt, TCN_EXC_TypeError, "expected str, got %s", tcn_type_name(v));
}
