/* SPDX-License-Identifier: Apache-2.0 */
/* tojson.c - the tojson filter: Python's json.dumps with sorted keys and ASCII only, then
 * what is dangerous in HTML as escapes. Writes straight to the text that it makes. */
#include <math.h>
#include <stdio.h>

#include "core/base/err.h"
#include "core/template/filters.h"
#include "core/template/strings.h"
#include "core/value/moment.h"

typedef struct writer {
    tcn_rt *rt;
    tcn_buf *out;
    tcn_str indent; /* of one level */
    bool has_indent;
    uint32_t level;
    bool is_inside; /* of a model: what pydantic turns into JSON */
} writer;

static int write_value(writer *w, tcn_value v);

static size_t escape_code(uint32_t c, char out[13])
{
    static const char letters[] = "\b\f\n\r\t";
    static const char names[] = "bfnrt";
    if (c == '"' || c == '\\') {
        out[0] = '\\';
        out[1] = (char)c;
        return 2;
    }
    const char *found = c != 0 && c < 0x20 ? strchr(letters, (int)c) : NULL;
    if (found != NULL) {
        out[0] = '\\';
        out[1] = names[found - letters];
        return 2;
    }
    if (c < 0x10000)
        return (size_t)snprintf(out, 13, "\\u%04x", c);
    c -= 0x10000;
    return (size_t)snprintf(out, 13, "\\u%04x\\u%04x", 0xD800 + (c >> 10),
                            0xDC00 + (c & 0x3FF));
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != '<' && c != '>' &&
           c != '&' && c != '\'';
}

static int write_text(writer *w, tcn_str text)
{
    int rc = tcn_put(w->rt, w->out, "\"", 1);
    for (size_t i = 0; i < text.len && rc >= 0;) {
        size_t end = i;
        while (end < text.len && is_plain((unsigned char)text.ptr[end]))
            end++;
        if (end > i)
            rc = tcn_put(w->rt, w->out, text.ptr + i, end - i);
        i = end;
        if (i < text.len && rc >= 0) {
            char escaped[13];
            size_t n = escape_code(tcn_utf8_decode(text, &i), escaped);
            rc = tcn_put(w->rt, w->out, escaped, n);
        }
    }
    return rc < 0 ? rc : tcn_put(w->rt, w->out, "\"", 1);
}

static int write_real(writer *w, double f)
{
    if (isfinite(f))
        return tcn_show(w->rt, tcn_real(f), w->out);
    return tcn_put_c(w->rt, w->out,
                     isnan(f) ? "NaN" : (f < 0 ? "-Infinity" : "Infinity"));
}

static int new_line(writer *w)
{
    if (!w->has_indent)
        return 0;
    int rc = tcn_put(w->rt, w->out, "\n", 1);
    for (uint32_t i = 0; i < w->level && rc >= 0; i++) {
        rc = tcn_put(w->rt, w->out, w->indent.ptr, w->indent.len);
        if (rc >= 0)
            rc = tcn_charge(w->rt, w->indent.len / 64);
    }
    return rc;
}

static int separate(writer *w, bool is_first)
{
    int rc = 0;
    if (!is_first)
        rc = w->has_indent ? tcn_put(w->rt, w->out, ",", 1)
                           : tcn_put(w->rt, w->out, ", ", 2);
    return rc < 0 ? rc : new_line(w);
}

static int enter(writer *w)
{
    if (++w->rt->depth > w->rt->limits->depth)
        return tcn_raise_limit(w->rt, "nesting of a value", w->rt->limits->depth);
    w->level++;
    return 0;
}

static int leave(writer *w, char close)
{
    w->level--;
    w->rt->depth--;
    int rc = new_line(w);
    return rc < 0 ? rc : tcn_put_char(w->rt, w->out, close);
}

static int write_list(writer *w, const tcn_vlist *list)
{
    if (list->count == 0)
        return tcn_put(w->rt, w->out, "[]", 2);
    int rc = tcn_put(w->rt, w->out, "[", 1);
    if (rc >= 0)
        rc = enter(w);
    for (uint32_t i = 0; i < list->count && rc >= 0; i++) {
        rc = separate(w, i == 0);
        if (rc >= 0)
            rc = tcn_charge(w->rt, 1);
        if (rc >= 0)
            rc = write_value(w, list->items[i]);
    }
    return rc < 0 ? rc : leave(w, ']');
}

static int not_serialisable(writer *w, tcn_value v)
{
    return tcn_raise(w->rt, TCN_EXC_TypeError,
                     "Object of type %s is not JSON serializable",
                     v.type == TCN_V_UNDEF ? "ChainableUndefined" : tcn_type_name(v));
}

static int write_key(writer *w, tcn_value key)
{
    const tcn_text *text = tcn_text_of(&key);
    if (text != NULL)
        return write_text(w, tcn_text_str(text));
    bool is_scalar = tcn_is_number(key) || key.type == TCN_V_NONE;
    bool is_shown =
        w->is_inside && (key.type == TCN_V_UUID || key.type == TCN_V_DATETIME);
    if (!is_scalar && !is_shown)
        return tcn_raise(w->rt, TCN_EXC_TypeError,
                         "keys must be str, int, float, bool or None, not %s",
                         tcn_type_name(key));
    if (is_shown)
        return write_value(w, key);
    int rc = tcn_put(w->rt, w->out, "\"", 1);
    if (rc >= 0)
        rc = write_value(w, key);
    return rc < 0 ? rc : tcn_put(w->rt, w->out, "\"", 1);
}

/* Positions of the entries by their keys, in order: an insertion sort by halves, as
 * sorted() only needs "<". */
static int sorted_keys(writer *w, const tcn_vdict *dict, uint32_t *order)
{
    for (uint32_t i = 0; i < dict->count; i++) {
        uint32_t low = 0;
        uint32_t high = i;
        while (low < high) {
            uint32_t middle = (low + high) / 2;
            int rc = tcn_compare(w->rt, TCN_LT, dict->entries[i].key,
                                 dict->entries[order[middle]].key);
            if (rc >= 0 && tcn_charge(w->rt, 1) < 0)
                rc = TCN_E_LIMIT;
            if (rc < 0)
                return rc;
            if (rc == 1)
                high = middle;
            else
                low = middle + 1;
        }
        memmove(order + low + 1, order + low, (i - low) * sizeof *order);
        order[low] = i;
    }
    return 0;
}

static int write_dict(writer *w, const tcn_vdict *dict)
{
    if (dict->count == 0)
        return tcn_put(w->rt, w->out, "{}", 2);
    uint32_t *order = tcn_arena_alloc(w->rt->arena, dict->count * sizeof *order);
    int rc = order == NULL ? tcn_raise_memory(w->rt) : sorted_keys(w, dict, order);
    if (rc >= 0)
        rc = tcn_put(w->rt, w->out, "{", 1);
    if (rc >= 0)
        rc = enter(w);
    for (uint32_t i = 0; i < dict->count && rc >= 0; i++) {
        const tcn_ventry *entry = &dict->entries[order[i]];
        rc = separate(w, i == 0);
        if (rc >= 0)
            rc = write_key(w, entry->key);
        if (rc >= 0)
            rc = tcn_put(w->rt, w->out, ": ", 2);
        if (rc >= 0)
            rc = write_value(w, entry->value);
    }
    return rc < 0 ? rc : leave(w, '}');
}

static int write_shown(writer *w, tcn_value v)
{
    size_t start = tcn_scratch_begin(w->rt);
    tcn_value text;
    int rc = v.type == TCN_V_UUID ? tcn_show(w->rt, v, &w->rt->scratch)
                                  : tcn_moment_json(w->rt, v, &w->rt->scratch);
    if (rc >= 0)
        rc = tcn_scratch_end(w->rt, start, &text);
    return rc < 0 ? rc : write_text(w, tcn_text_str(text.text));
}

static int write_object(writer *w, tcn_value v)
{
    const tcn_object_type *type = v.object->type;
    bool was_inside = w->is_inside;
    tcn_value plain;
    if (type->plain == NULL)
        return not_serialisable(w, v);
    if (++w->rt->depth > w->rt->limits->depth)
        return tcn_raise_limit(w->rt, "nesting of a value", w->rt->limits->depth);
    int rc = type->plain(w->rt, v.object, &plain);
    w->is_inside = true;
    if (rc >= 0)
        rc = write_value(w, plain);
    w->is_inside = was_inside;
    w->rt->depth--;
    return rc;
}

static int write_value(writer *w, tcn_value v)
{
    const tcn_text *text = tcn_text_of(&v);
    if (text != NULL)
        return write_text(w, tcn_text_str(text));
    switch (v.type) {
    case TCN_V_NONE:
        return tcn_put(w->rt, w->out, "null", 4);
    case TCN_V_BOOL:
        return tcn_put_c(w->rt, w->out, v.boolean ? "true" : "false");
    case TCN_V_INT:
    case TCN_V_BIG:
        return tcn_show(w->rt, v, w->out);
    case TCN_V_FLOAT:
        return write_real(w, v.real);
    case TCN_V_DELTA:
        return write_real(w, tcn_delta_seconds(v.integer));
    case TCN_V_UUID:
    case TCN_V_DATETIME:
        return write_shown(w, v);
    case TCN_V_LIST:
    case TCN_V_TUPLE:
    case TCN_V_LAZY:
        return write_list(w, v.list);
    case TCN_V_SET:
        return w->is_inside ? write_list(w, v.list) : not_serialisable(w, v);
    case TCN_V_DICT:
        return write_dict(w, v.dict);
    case TCN_V_OBJECT:
        return write_object(w, v);
    default:
        return not_serialisable(w, v);
    }
}

static int indent_of(writer *w, tcn_value v)
{
    const tcn_text *text = tcn_text_of(&v);
    int64_t width = 0;
    size_t size = 0;
    tcn_value spaces;
    if (v.type == TCN_V_MISSING || v.type == TCN_V_NONE)
        return 0;
    w->has_indent = true;
    if (text != NULL) {
        w->indent = tcn_text_str(text);
        return 0;
    }
    int rc = tcn_arg_int(w->rt, v, 0, &width);
    if (rc >= 0)
        rc = tcn_check_width(w->rt, width, &size);
    size_t start = tcn_scratch_begin(w->rt);
    if (rc >= 0)
        rc = tcn_put_fill(w->rt, &w->rt->scratch, ' ', size);
    if (rc >= 0)
        rc = tcn_scratch_end(w->rt, start, &spaces);
    if (rc >= 0)
        w->indent = tcn_text_str(spaces.text);
    return rc;
}

int tcn_filter_tojson(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    writer w = {.rt = rt, .out = &rt->scratch};
    int rc = indent_of(&w, a[1]);
    size_t start = tcn_scratch_begin(rt);
    if (rc >= 0)
        rc = write_value(&w, a[0]);
    if (rc >= 0)
        rc = tcn_scratch_end(rt, start, ret);
    if (rc >= 0)
        *ret = tcn_markup(*ret);
    return rc;
}
