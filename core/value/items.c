/* SPDX-License-Identifier: Apache-2.0 */
/* items.c - what kind of thing a value is, how long it is, what iterating and slicing it
 * gives, and the undefined values that stand for what is not there. */
#include <stdio.h>

#include "core/base/err.h"
#include "core/value/big.h"

const char *tcn_type_name(tcn_value v)
{
    static const char *const names[] = {
        [TCN_V_MISSING] = "MissingType",
        [TCN_V_UNDEF] = "ChainableUndefined",
        [TCN_V_NONE] = "NoneType",
        [TCN_V_BOOL] = "bool",
        [TCN_V_INT] = "int",
        [TCN_V_FLOAT] = "float",
        [TCN_V_BIG] = "int",
        [TCN_V_STR] = "str",
        [TCN_V_ENUM] = "str",
        [TCN_V_BYTES] = "bytes",
        [TCN_V_LIST] = "list",
        [TCN_V_TUPLE] = "tuple",
        [TCN_V_SET] = "set",
        [TCN_V_LAZY] = "generator",
        [TCN_V_DICT] = "dict",
        [TCN_V_VIEW] = "dict_items",
        [TCN_V_RANGE] = "range",
        [TCN_V_DATETIME] = "datetime.datetime",
        [TCN_V_DATE] = "datetime.date",
        [TCN_V_TIME] = "datetime.time",
        [TCN_V_DELTA] = "datetime.timedelta",
        [TCN_V_UUID] = "UUID",
        [TCN_V_OBJECT] = "object",
    };
    static const char *const views[] = {"dict_keys", "dict_values", "dict_items"};
    switch (v.type) {
    case TCN_V_OBJECT:
        return v.object->type->name;
    case TCN_V_ENUM:
        return v.member->class_name;
    case TCN_V_VIEW:
        return views[v.sub];
    case TCN_V_STR:
        return v.sub == TCN_SUB_MARKUP ? "Markup" : "str";
    default:
        return names[v.type];
    }
}

const tcn_text *tcn_text_of(const tcn_value *v)
{
    if (v->type == TCN_V_STR)
        return v->text;
    return v->type == TCN_V_ENUM ? &v->member->value : NULL;
}

bool tcn_truth(tcn_value v)
{
    switch ((enum tcn_value_type)v.type) {
    case TCN_V_MISSING:
    case TCN_V_UNDEF:
    case TCN_V_NONE:
        return false;
    case TCN_V_BOOL:
        return v.boolean;
    case TCN_V_INT:
    case TCN_V_DELTA:
        return v.integer != 0;
    case TCN_V_FLOAT:
        return v.real != 0;
    case TCN_V_STR:
    case TCN_V_BYTES:
        return v.text->len != 0;
    case TCN_V_ENUM:
        return v.member->value.len != 0;
    case TCN_V_LIST:
    case TCN_V_TUPLE:
    case TCN_V_SET:
        return v.list->count != 0;
    case TCN_V_DICT:
    case TCN_V_VIEW:
        return v.dict->count != 0;
    case TCN_V_RANGE:
        return tcn_range_count(v.range) != 0;
    case TCN_V_BIG:
    case TCN_V_LAZY:
    case TCN_V_DATETIME:
    case TCN_V_DATE:
    case TCN_V_TIME:
    case TCN_V_UUID:
        return true;
    case TCN_V_OBJECT:
        return v.object->type->truth == NULL || v.object->type->truth(v.object);
    }
    return false;
}

bool tcn_has_length(tcn_value v)
{
    if (v.type == TCN_V_OBJECT)
        return v.object->type->length != NULL;
    return tcn_is_text(v) || tcn_has_items(v) || v.type == TCN_V_DICT ||
           v.type == TCN_V_VIEW || v.type == TCN_V_RANGE || v.type == TCN_V_UNDEF ||
           v.type == TCN_V_BYTES;
}

int tcn_length(tcn_rt *rt, tcn_value v, size_t *ret)
{
    if (!tcn_has_length(v))
        return tcn_raise(rt, TCN_EXC_TypeError, "object of type '%s' has no len()",
                         tcn_type_name(v));
    const tcn_text *text = tcn_text_of(&v);
    if (text != NULL)
        *ret = text->count;
    else if (v.type == TCN_V_OBJECT)
        return v.object->type->length(rt, v.object, ret);
    else if (v.type == TCN_V_DICT || v.type == TCN_V_VIEW)
        *ret = v.dict->count;
    else if (v.type == TCN_V_RANGE)
        *ret = tcn_range_count(v.range);
    else if (v.type == TCN_V_UNDEF)
        *ret = 0;
    else
        *ret = v.type == TCN_V_BYTES ? v.text->len : v.list->count;
    return 0;
}

bool tcn_is_iterable(tcn_value v)
{
    if (v.type == TCN_V_OBJECT)
        return v.object->type->iter != NULL;
    return tcn_has_length(v);
}

static int items_of_text(tcn_rt *rt, const tcn_text *text, tcn_value *ret)
{
    int rc = tcn_list_make(rt, TCN_V_LIST, text->count, ret);
    if (rc >= 0)
        rc = tcn_charge(rt, text->count);
    size_t at = 0;
    for (uint32_t i = 0; i < text->count && rc >= 0; i++) {
        size_t start = at;
        (void)tcn_utf8_decode(tcn_text_str(text), &at);
        rc = tcn_text_part(rt, text, start, at, &ret->list->items[i]);
        ret->list->count = i + 1;
    }
    return rc;
}

static int items_of_dict(tcn_rt *rt, const tcn_vdict *dict, enum tcn_view view,
                         tcn_value *ret)
{
    int rc = tcn_list_make(rt, TCN_V_LIST, dict->count, ret);
    for (uint32_t i = 0; i < dict->count && rc >= 0; i++) {
        const tcn_ventry *entry = &dict->entries[i];
        tcn_value *item = &ret->list->items[i];
        if (view == TCN_VIEW_ITEMS)
            rc = tcn_pair_make(rt, entry->key, entry->value, item);
        else
            *item = view == TCN_VIEW_KEYS ? entry->key : entry->value;
        ret->list->count = i + 1;
    }
    return rc;
}

static int items_of_range(tcn_rt *rt, const tcn_range *range, tcn_value *ret)
{
    uint64_t count = tcn_range_count(range);
    if (count > rt->limits->items)
        return tcn_raise_limit(rt, "number of items", rt->limits->items);
    int rc = tcn_list_make(rt, TCN_V_LIST, count, ret);
    int64_t value = range->start;
    for (uint32_t i = 0; i < count && rc >= 0; i++) {
        ret->list->items[i] = tcn_int(value);
        ret->list->count = i + 1;
        if (i + 1 < count)
            value += range->step;
    }
    return rc;
}

static int items_of_bytes(tcn_rt *rt, const tcn_text *bytes, tcn_value *ret)
{
    int rc = tcn_list_make(rt, TCN_V_LIST, bytes->len, ret);
    for (uint32_t i = 0; i < bytes->len && rc >= 0; i++) {
        ret->list->items[i] = tcn_int((unsigned char)bytes->ptr[i]);
        ret->list->count = i + 1;
    }
    return rc;
}

int tcn_items(tcn_rt *rt, tcn_value v, tcn_value *ret)
{
    const tcn_text *text = tcn_text_of(&v);
    if (text != NULL)
        return items_of_text(rt, text, ret);
    switch (v.type) {
    case TCN_V_LIST:
    case TCN_V_TUPLE:
    case TCN_V_SET:
    case TCN_V_LAZY:
        *ret = v;
        return 0;
    case TCN_V_DICT:
        return items_of_dict(rt, v.dict, TCN_VIEW_KEYS, ret);
    case TCN_V_VIEW:
        return items_of_dict(rt, v.dict, (enum tcn_view)v.sub, ret);
    case TCN_V_RANGE:
        return items_of_range(rt, v.range, ret);
    case TCN_V_UNDEF:
        return tcn_list_make(rt, TCN_V_LIST, 0, ret);
    case TCN_V_BYTES:
        return items_of_bytes(rt, v.text, ret);
    case TCN_V_OBJECT:
        if (v.object->type->iter != NULL)
            return v.object->type->iter(rt, v.object, ret);
        break;
    default:
        break;
    }
    return tcn_raise(rt, TCN_EXC_TypeError, "'%s' object is not iterable",
                     tcn_type_name(v));
}

int tcn_dict_set(tcn_rt *rt, tcn_value dict, tcn_value key, tcn_value value)
{
    int rc = tcn_check_hashable(rt, key);
    if (rc == 0)
        rc = tcn_charge(rt, 1);
    if (rc < 0)
        return rc;
    return tcn_vdict_put(rt->arena, dict.dict, key, value) < 0 ? tcn_raise_memory(rt) : 0;
}

tcn_value tcn_undef_make(tcn_rt *rt, enum tcn_undef_kind kind, const char *owner,
                         tcn_value name)
{
    static tcn_undef exhausted = {.kind = TCN_UNDEF_HINT, .name = {.type = TCN_V_NONE}};
    tcn_undef *undef = tcn_arena_alloc(rt->arena, sizeof *undef);
    if (undef == NULL) {
        (void)tcn_raise_memory(rt);
        undef = &exhausted;
    } else {
        *undef = (tcn_undef){.kind = (uint8_t)kind, .owner = owner, .name = name};
    }
    return (tcn_value){.type = TCN_V_UNDEF, .undef = undef};
}

tcn_value tcn_undef_hint(tcn_rt *rt, const char *hint)
{
    return tcn_undef_make(rt, TCN_UNDEF_HINT, hint, tcn_none());
}

int tcn_undef_message(tcn_rt *rt, tcn_value v, tcn_buf *out)
{
    const tcn_undef *undef = v.undef;
    char quoted[TCN_EXC_TEXT];
    char owner[256];
    int rc = 0;
    switch ((enum tcn_undef_kind)undef->kind) {
    case TCN_UNDEF_NAME:
        rc = tcn_repr(rt, undef->name, out);
        if (rc >= 0)
            rc = tcn_put_c(rt, out, " is undefined");
        break;
    case TCN_UNDEF_ATTR:
        rc =
            tcn_put_c(rt, out, tcn_quote(tcn_str_c(undef->owner), quoted, sizeof quoted));
        if (rc >= 0)
            rc = tcn_put_c(rt, out, " has no attribute ");
        if (rc >= 0)
            rc = tcn_repr(rt, undef->name, out);
        break;
    case TCN_UNDEF_ITEM:
        rc = tcn_put_c(rt, out, undef->owner);
        if (rc >= 0)
            rc = tcn_put_c(rt, out, " has no element ");
        if (rc >= 0)
            rc = tcn_repr(rt, undef->name, out);
        break;
    case TCN_UNDEF_HINT:
    case TCN_UNDEF_BRANCH:
        rc = undef->owner != NULL ? tcn_put_c(rt, out, undef->owner)
                                  : tcn_show(rt, undef->name, out);
        break;
    case TCN_UNDEF_UNSAFE:
        rc = tcn_put_c(rt, out, "access to attribute ");
        if (rc >= 0)
            rc = tcn_repr(rt, undef->name, out);
        (void)snprintf(owner, sizeof owner, " of '%s' object is unsafe.", undef->owner);
        if (rc >= 0)
            rc = tcn_put_c(rt, out, owner);
        break;
    }
    return rc;
}

int tcn_raise_undef(tcn_rt *rt, tcn_value v)
{
    size_t start = tcn_scratch_begin(rt);
    tcn_buf *out = &rt->scratch;
    int rc = tcn_undef_message(rt, v, out);
    if (rc < 0)
        return rc;
    rc = tcn_raise_str(rt,
                       v.undef->kind == TCN_UNDEF_UNSAFE ? TCN_EXC_SecurityError
                                                         : TCN_EXC_UndefinedError,
                       tcn_str_of(out->ptr + start, out->len - start));
    out->len = start;
    return rc;
}

bool tcn_index_of(tcn_value v, int64_t *ret)
{
    if (v.type == TCN_V_BIG) {
        *ret = v.big->negative ? INT64_MIN : INT64_MAX;
        return true;
    }
    if (!tcn_is_integer(v))
        return false;
    *ret = v.integer;
    return true;
}

typedef struct slice {
    int64_t start, stop, step;
    size_t count;
} slice;

static int slice_part(tcn_rt *rt, tcn_value v, int64_t *ret)
{
    if (v.type == TCN_V_NONE || tcn_index_of(v, ret))
        return v.type != TCN_V_NONE;
    return tcn_raise(
        rt, TCN_EXC_TypeError,
        "slice indices must be integers or None or have an __index__ method");
}

static int64_t clamp(int64_t i, int64_t length, int64_t low, int64_t high)
{
    if (i < 0)
        i = i < -length ? low : i + length;
    return i < low ? low : (i > high ? high : i);
}

/* As slice.indices() of Python. */
static int slice_indices(tcn_rt *rt, size_t size, tcn_value start, tcn_value stop,
                         tcn_value step, slice *ret)
{
    int64_t from = 0, to = 0, by = 1;
    int64_t length = (int64_t)size;
    int has_step = slice_part(rt, step, &by);
    if (has_step == 1 && by == 0)
        return tcn_raise(rt, TCN_EXC_ValueError, "slice step cannot be zero");
    int has_start = slice_part(rt, start, &from);
    int has_stop = slice_part(rt, stop, &to);
    if (has_step < 0 || has_start < 0 || has_stop < 0)
        return TCN_E_INVALID;
    if (by < -INT64_MAX)
        by = -INT64_MAX;
    int64_t low = by < 0 ? -1 : 0;
    int64_t high = by < 0 ? length - 1 : length;
    from = has_start ? clamp(from, length, low, high) : (by < 0 ? high : low);
    to = has_stop ? clamp(to, length, low, high) : (by < 0 ? low : high);
    int64_t distance = by < 0 ? from - to : to - from;
    int64_t size_of_step = by < 0 ? -by : by;
    *ret =
        (slice){.start = from,
                .stop = to,
                .step = by,
                .count = distance <= 0 ? 0 : (size_t)((distance - 1) / size_of_step + 1)};
    return 0;
}

static int slice_text(tcn_rt *rt, tcn_value v, const slice *s, tcn_value *ret)
{
    const tcn_text *text = tcn_text_of(&v);
    int rc = 0;
    if (s->step == 1 || s->count == 0) {
        size_t from = tcn_text_offset(text, (size_t)s->start);
        size_t to =
            s->count == 0 ? from : tcn_text_offset(text, (size_t)s->start + s->count);
        rc = s->count == 0 ? tcn_text_make(rt, "", 0, ret)
                           : tcn_text_part(rt, text, from, to, ret);
    } else {
        size_t begin = tcn_scratch_begin(rt);
        rc = tcn_charge(
            rt, s->count + (tcn_text_is_ascii(text) ? 0 : s->count * text->count / 64));
        for (size_t i = 0; i < s->count && rc >= 0; i++) {
            size_t at = tcn_text_offset(text, (size_t)(s->start + (int64_t)i * s->step));
            size_t end = at;
            (void)tcn_utf8_decode(tcn_text_str(text), &end);
            rc = tcn_put(rt, &rt->scratch, text->ptr + at, end - at);
        }
        if (rc >= 0)
            rc = tcn_scratch_end(rt, begin, ret);
    }
    if (rc >= 0 && v.type == TCN_V_STR)
        ret->sub = v.sub;
    return rc;
}

static int slice_bytes(tcn_rt *rt, tcn_value v, const slice *s, tcn_value *ret)
{
    char *bytes = tcn_arena_alloc(rt->arena, s->count + 1);
    int rc = tcn_charge(rt, s->count / 64);
    if (bytes == NULL)
        return tcn_raise_memory(rt);
    for (size_t i = 0; i < s->count; i++)
        bytes[i] = v.text->ptr[s->start + (int64_t)i * s->step];
    tcn_value made = tcn_bytes_new(rt->arena, tcn_str_of(bytes, s->count));
    if (tcn_is_missing(made))
        return tcn_raise_memory(rt);
    *ret = made;
    return rc;
}

static int slice_list(tcn_rt *rt, tcn_value v, const slice *s, tcn_value *ret)
{
    int rc = tcn_list_make(rt, (enum tcn_value_type)v.type, s->count, ret);
    if (rc >= 0)
        rc = tcn_charge(rt, s->count);
    for (size_t i = 0; i < s->count && rc >= 0; i++)
        ret->list->items[i] = v.list->items[s->start + (int64_t)i * s->step];
    if (rc >= 0)
        ret->list->count = (uint32_t)s->count;
    return rc;
}

static int slice_range(tcn_rt *rt, const tcn_range *range, const slice *s, tcn_value *ret)
{
    int64_t start, stop, step;
    bool is_over = __builtin_mul_overflow(s->step, range->step, &step);
    is_over |= __builtin_mul_overflow(s->start, range->step, &start);
    is_over |= __builtin_add_overflow(start, range->start, &start);
    is_over |= __builtin_mul_overflow(s->stop, range->step, &stop);
    is_over |= __builtin_add_overflow(stop, range->start, &stop);
    if (is_over)
        return tcn_raise_limit(rt, "size of a range", INT64_MAX);
    *ret = tcn_range_new(rt->arena, start, stop, step);
    return tcn_is_missing(*ret) ? tcn_raise_memory(rt) : 0;
}

int tcn_slice(tcn_rt *rt, tcn_value v, tcn_value start, tcn_value stop, tcn_value step,
              tcn_value *ret)
{
    slice s = {0};
    size_t size = 0;
    if (!tcn_is_text(v) && v.type != TCN_V_LIST && v.type != TCN_V_TUPLE &&
        v.type != TCN_V_RANGE && v.type != TCN_V_BYTES)
        return tcn_raise(rt, TCN_EXC_TypeError, "'%s' object is not subscriptable",
                         tcn_type_name(v));
    int rc = tcn_length(rt, v, &size);
    if (rc >= 0)
        rc = slice_indices(rt, size, start, stop, step, &s);
    if (rc < 0)
        return rc;
    if (tcn_is_text(v))
        return slice_text(rt, v, &s, ret);
    if (v.type == TCN_V_BYTES)
        return slice_bytes(rt, v, &s, ret);
    return v.type == TCN_V_RANGE ? slice_range(rt, v.range, &s, ret)
                                 : slice_list(rt, v, &s, ret);
}
