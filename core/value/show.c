/* SPDX-License-Identifier: Apache-2.0 */
/* show.c - str() and repr() of values, byte for byte as Python gives them. Containers
 * nest at most limits.depth deep; one that holds itself is shown as [...]. */
#include <stdio.h>

#include "core/base/err.h"
#include "core/value/big.h"
#include "core/value/moment.h"
#include "core/value/number.h"
#include "core/value/unicode.h"

static size_t escape_code(uint32_t c, char quote, char out[12])
{
    if (c == '\\' || c == (unsigned char)quote)
        return (size_t)snprintf(out, 12, "\\%c", (char)c);
    if (c == '\n' || c == '\r' || c == '\t')
        return (size_t)snprintf(out, 12, "\\%c",
                                c == '\n' ? 'n' : (c == '\r' ? 'r' : 't'));
    if (c < 0x20 || c == 0x7F || (c < 0x100 && !tcn_unicode_is(c, TCN_U_PRINTABLE)))
        return (size_t)snprintf(out, 12, "\\x%02x", c);
    if (c < 0x80 || tcn_unicode_is(c, TCN_U_PRINTABLE))
        return 0;
    return (size_t)snprintf(out, 12, c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
}

static char quote_for(tcn_str text)
{
    bool has_single = memchr(text.ptr, '\'', text.len) != NULL;
    return has_single && memchr(text.ptr, '"', text.len) == NULL ? '"' : '\'';
}

/* Bytes at the start that need no look: printable ASCII but quotes and backslash. */
static size_t plain_run(tcn_str text, size_t from, char quote)
{
    size_t i = from;
    while (i < text.len) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c >= 0x7F || c == '\\' || c == (unsigned char)quote)
            break;
        i++;
    }
    return i;
}

int tcn_repr_text(tcn_rt *rt, tcn_str text, tcn_buf *out)
{
    if (text.len == 0)
        return tcn_put(rt, out, "''", 2);
    char quote = quote_for(text);
    int rc = tcn_put(rt, out, &quote, 1);
    for (size_t i = 0; i < text.len && rc >= 0;) {
        size_t end = plain_run(text, i, quote);
        if (end > i) {
            rc = tcn_put(rt, out, text.ptr + i, end - i);
            i = end;
            continue;
        }
        uint32_t c = tcn_utf8_decode(text, &end);
        char escaped[12];
        size_t n = escape_code(c, quote, escaped);
        rc = n > 0 ? tcn_put(rt, out, escaped, n)
                   : tcn_put(rt, out, text.ptr + i, end - i);
        i = end;
    }
    return rc < 0 ? rc : tcn_put(rt, out, &quote, 1);
}

char *tcn_quote(tcn_str text, char *out, size_t size)
{
    size_t n = 0;
    char quote = text.len > 0 ? quote_for(text) : '\'';
    out[n++] = quote;
    for (size_t i = 0; i < text.len && n + 14 < size;) {
        size_t start = i;
        uint32_t c = tcn_utf8_decode(text, &i);
        char escaped[12];
        size_t len = escape_code(c, quote, escaped);
        const char *from = len > 0 ? escaped : text.ptr + start;
        len = len > 0 ? len : i - start;
        memcpy(out + n, from, len);
        n += len;
    }
    out[n++] = quote;
    out[n] = '\0';
    return out;
}

static int enter(tcn_rt *rt)
{
    if (++rt->depth > rt->limits->depth)
        return tcn_raise_limit(rt, "nesting of a value", rt->limits->depth);
    return tcn_charge(rt, 1);
}

static int repr_items(tcn_rt *rt, const tcn_vlist *list, char open, char close,
                      bool is_tuple, tcn_buf *out)
{
    int rc = enter(rt);
    if (rc >= 0)
        rc = tcn_put_char(rt, out, open);
    for (uint32_t i = 0; i < list->count && rc >= 0; i++) {
        if (i > 0)
            rc = tcn_put(rt, out, ", ", 2);
        if (rc >= 0)
            rc = tcn_charge(rt, 1);
        if (rc >= 0)
            rc = tcn_repr(rt, list->items[i], out);
    }
    if (rc >= 0 && is_tuple && list->count == 1)
        rc = tcn_put_char(rt, out, ',');
    rt->depth--;
    return rc < 0 ? rc : tcn_put_char(rt, out, close);
}

static int repr_dict(tcn_rt *rt, const tcn_vdict *dict, tcn_buf *out)
{
    int rc = enter(rt);
    if (rc >= 0)
        rc = tcn_put_char(rt, out, '{');
    for (uint32_t i = 0; i < dict->count && rc >= 0; i++) {
        if (i > 0)
            rc = tcn_put(rt, out, ", ", 2);
        if (rc >= 0)
            rc = tcn_repr(rt, dict->entries[i].key, out);
        if (rc >= 0)
            rc = tcn_put(rt, out, ": ", 2);
        if (rc >= 0)
            rc = tcn_charge(rt, 1);
        if (rc >= 0)
            rc = tcn_repr(rt, dict->entries[i].value, out);
    }
    rt->depth--;
    return rc < 0 ? rc : tcn_put_char(rt, out, '}');
}

static int repr_view(tcn_rt *rt, tcn_value v, tcn_buf *out)
{
    static const char *const names[] = {"dict_keys", "dict_values", "dict_items"};
    tcn_value items;
    int rc = tcn_items(rt, v, &items);
    if (rc >= 0)
        rc = tcn_put_c(rt, out, names[v.sub]);
    if (rc >= 0)
        rc = tcn_put_char(rt, out, '(');
    if (rc >= 0)
        rc = repr_items(rt, items.list, '[', ']', false, out);
    return rc < 0 ? rc : tcn_put_char(rt, out, ')');
}

static int put_int(tcn_rt *rt, int64_t i, tcn_buf *out)
{
    char text[TCN_INT_TEXT];
    return tcn_put(rt, out, text, tcn_int_format(i, text));
}

static int repr_range(tcn_rt *rt, const tcn_range *range, tcn_buf *out)
{
    int rc = tcn_put(rt, out, "range(", 6);
    if (rc >= 0)
        rc = put_int(rt, range->start, out);
    if (rc >= 0)
        rc = tcn_put(rt, out, ", ", 2);
    if (rc >= 0)
        rc = put_int(rt, range->stop, out);
    if (rc >= 0 && range->step != 1) {
        rc = tcn_put(rt, out, ", ", 2);
        if (rc >= 0)
            rc = put_int(rt, range->step, out);
    }
    return rc < 0 ? rc : tcn_put_char(rt, out, ')');
}

static int repr_bytes(tcn_rt *rt, const tcn_text *bytes, tcn_buf *out)
{
    bool has_single = bytes->len > 0 && memchr(bytes->ptr, '\'', bytes->len) != NULL;
    char quote = has_single && memchr(bytes->ptr, '"', bytes->len) == NULL ? '"' : '\'';
    char open[2] = {'b', quote};
    int rc = tcn_put(rt, out, open, 2);
    for (uint32_t i = 0; i < bytes->len && rc >= 0; i++) {
        unsigned char c = (unsigned char)bytes->ptr[i];
        char escaped[12];
        size_t n = c < 0x80 ? escape_code(c, quote, escaped)
                            : (size_t)snprintf(escaped, sizeof escaped, "\\x%02x", c);
        rc = n > 0 ? tcn_put(rt, out, escaped, n) : tcn_put(rt, out, bytes->ptr + i, 1);
    }
    return rc < 0 ? rc : tcn_put(rt, out, &quote, 1);
}

static int show_object(tcn_rt *rt, tcn_object *object, bool is_repr, tcn_buf *out)
{
    const tcn_object_type *type = object->type;
    int rc = enter(rt);
    if (rc >= 0) {
        if (!is_repr && type->show != NULL)
            rc = type->show(rt, object, out);
        else if (type->repr != NULL)
            rc = type->repr(rt, object, out);
        else
            rc = tcn_put_c(rt, out, type->name);
    }
    rt->depth--;
    return rc;
}

static int show_enum(tcn_rt *rt, const tcn_enum *member, tcn_buf *out)
{
    int rc = tcn_put_c(rt, out, member->class_name);
    if (rc >= 0)
        rc = tcn_put_char(rt, out, '.');
    return rc < 0 ? rc : tcn_put(rt, out, member->name.ptr, member->name.len);
}

static int show_uuid(tcn_rt *rt, const tcn_uuid *id, tcn_buf *out)
{
    char text[TCN_UUID_TEXT + 1];
    return tcn_put(rt, out, tcn_uuid_format(id, text), TCN_UUID_TEXT);
}

static int repr_text_value(tcn_rt *rt, tcn_value v, tcn_buf *out)
{
    if (v.sub != TCN_SUB_MARKUP)
        return tcn_repr_text(rt, tcn_text_str(v.text), out);
    int rc = tcn_put(rt, out, "Markup(", 7);
    if (rc >= 0)
        rc = tcn_repr_text(rt, tcn_text_str(v.text), out);
    return rc < 0 ? rc : tcn_put_char(rt, out, ')');
}

static int repr_set(tcn_rt *rt, const tcn_vlist *list, tcn_buf *out)
{
    return list->count == 0 ? tcn_put_c(rt, out, "set()")
                            : repr_items(rt, list, '{', '}', false, out);
}

int tcn_repr(tcn_rt *rt, tcn_value v, tcn_buf *out)
{
    int rc;
    switch ((enum tcn_value_type)v.type) {
    case TCN_V_STR:
        return repr_text_value(rt, v, out);
    case TCN_V_UNDEF:
        return tcn_put_c(rt, out, "Undefined");
    case TCN_V_DELTA:
        return tcn_delta_repr(rt, v.integer, out);
    case TCN_V_DATETIME:
    case TCN_V_DATE:
    case TCN_V_TIME:
        return tcn_moment_repr(rt, v, out);
    case TCN_V_UUID:
        rc = tcn_put(rt, out, "UUID('", 6);
        if (rc >= 0)
            rc = show_uuid(rt, v.uuid, out);
        return rc < 0 ? rc : tcn_put(rt, out, "')", 2);
    case TCN_V_OBJECT:
        return show_object(rt, v.object, true, out);
    case TCN_V_MISSING:
    case TCN_V_NONE:
    case TCN_V_BOOL:
    case TCN_V_INT:
    case TCN_V_FLOAT:
    case TCN_V_BIG:
    case TCN_V_ENUM:
    case TCN_V_BYTES:
    case TCN_V_LIST:
    case TCN_V_TUPLE:
    case TCN_V_SET:
    case TCN_V_LAZY:
    case TCN_V_DICT:
    case TCN_V_VIEW:
    case TCN_V_RANGE:
        break;
    }
    return tcn_show(rt, v, out);
}

static int show_real(tcn_rt *rt, double f, tcn_buf *out)
{
    char text[TCN_REAL_TEXT];
    return tcn_put(rt, out, text, tcn_real_repr(f, text));
}

int tcn_show(tcn_rt *rt, tcn_value v, tcn_buf *out)
{
    switch ((enum tcn_value_type)v.type) {
    case TCN_V_MISSING:
    case TCN_V_UNDEF:
        return 0;
    case TCN_V_NONE:
        return tcn_put(rt, out, "None", 4);
    case TCN_V_BOOL:
        return v.boolean ? tcn_put(rt, out, "True", 4) : tcn_put(rt, out, "False", 5);
    case TCN_V_INT:
        return put_int(rt, v.integer, out);
    case TCN_V_FLOAT:
        return show_real(rt, v.real, out);
    case TCN_V_BIG:
        return tcn_big_put(rt, v, 10, false, out);
    case TCN_V_STR:
        return tcn_put(rt, out, v.text->ptr, v.text->len);
    case TCN_V_ENUM:
        return show_enum(rt, v.member, out);
    case TCN_V_BYTES:
        return repr_bytes(rt, v.text, out);
    case TCN_V_LIST:
    case TCN_V_LAZY:
        return repr_items(rt, v.list, '[', ']', false, out);
    case TCN_V_TUPLE:
        return repr_items(rt, v.list, '(', ')', true, out);
    case TCN_V_SET:
        return repr_set(rt, v.list, out);
    case TCN_V_DICT:
        return repr_dict(rt, v.dict, out);
    case TCN_V_VIEW:
        return repr_view(rt, v, out);
    case TCN_V_RANGE:
        return repr_range(rt, v.range, out);
    case TCN_V_DATETIME:
    case TCN_V_DATE:
    case TCN_V_TIME:
        return tcn_moment_show(rt, v, out);
    case TCN_V_DELTA:
        return tcn_delta_show(rt, v.integer, out);
    case TCN_V_UUID:
        return show_uuid(rt, v.uuid, out);
    case TCN_V_OBJECT:
        return show_object(rt, v.object, false, out);
    }
    return 0;
}
