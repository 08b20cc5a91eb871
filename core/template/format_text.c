/* SPDX-License-Identifier: Apache-2.0 */
/* format_text.c - str.format: replacement fields, whose attributes and items go through
 * the sandbox's look-ups. */
#include "core/base/err.h"
#include "core/template/format.h"
#include "core/template/html.h"
#include "core/template/natives.h"

typedef struct formatter {
    tcn_rt *rt;
    const tcn_args *args;
    tcn_value mapping; /* of format_map, or MISSING */
    int64_t automatic; /* next automatic number; -1: numbered by hand */
    bool is_markup;    /* values are escaped */
} formatter;

static int named_value(formatter *f, tcn_str name, tcn_value *ret)
{
    char quoted[256];
    tcn_text key = {.ptr = name.ptr, .len = (uint32_t)name.len};
    if (!tcn_is_missing(f->mapping)) {
        tcn_value text;
        int rc = tcn_text_make(f->rt, name.ptr, name.len, &text);
        if (rc < 0)
            return rc;
        if (f->mapping.type == TCN_V_DICT) {
            const tcn_value *found =
                tcn_vdict_get_text(f->mapping.dict, &key, tcn_text_hash(&key));
            if (found != NULL) {
                *ret = *found;
                return 0;
            }
        } else if (f->mapping.type == TCN_V_OBJECT &&
                   f->mapping.object->type->item != NULL) {
            rc = f->mapping.object->type->item(f->rt, f->mapping.object, text, ret);
            if (rc != 0)
                return rc < 0 ? rc : 0;
        } else if (f->mapping.type == TCN_V_UNDEF) {
            *ret = f->mapping;
            return 0;
        } else {
            return tcn_raise(f->rt, TCN_EXC_TypeError, "'%s' object is not subscriptable",
                             tcn_type_name(f->mapping));
        }
    }
    for (uint32_t i = 0; i < f->args->named_count; i++) {
        if (tcn_str_eq(tcn_text_str(tcn_text_of(&f->args->names[i])), name)) {
            *ret = f->args->named[i];
            return 0;
        }
    }
    return tcn_raise(f->rt, TCN_EXC_KeyError, "%s",
                     tcn_quote(name, quoted, sizeof quoted));
}

static bool is_digits(tcn_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] < '0' || name.ptr[i] > '9')
            return false;
    }
    return name.len > 0;
}

/* Fields without a name count by themselves, which does not go together with those that
 * are a number and nothing else. */
static int count_field(formatter *f, tcn_str field, int64_t *ret_index)
{
    bool is_automatic = field.len == 0;
    if (is_automatic ? f->automatic < 0 : is_digits(field) && f->automatic > 0)
        return tcn_format_error(
            f->rt, "cannot switch from manual field specification to automatic "
                   "field numbering");
    if (is_automatic)
        *ret_index = f->automatic++;
    else if (is_digits(field))
        f->automatic = -1;
    return 0;
}

static int first_value(formatter *f, tcn_str field, tcn_str name, tcn_value *ret)
{
    int64_t index = 0;
    int rc = count_field(f, field, &index);
    if (rc < 0)
        return rc;
    if (field.len > 0 && !is_digits(name))
        return named_value(f, name, ret);
    if (field.len > 0 && !tcn_str_int(name, 0, INT64_MAX, &index))
        return tcn_format_error(f->rt, "Too many decimal digits in format string");
    if ((uint64_t)index >= f->args->count)
        return tcn_raise(f->rt, TCN_EXC_IndexError,
                         tcn_is_missing(f->mapping) ? "tuple index out of range"
                                                    : "Replacement index out of range");
    *ret = f->args->items[index];
    return 0;
}

/* first{.name|[key]} */
static int field_value(formatter *f, tcn_str name, tcn_value *ret)
{
    size_t pos = 0;
    while (pos < name.len && name.ptr[pos] != '.' && name.ptr[pos] != '[')
        pos++;
    int rc = first_value(f, name, tcn_str_of(name.ptr, pos), ret);
    while (pos < name.len && rc >= 0) {
        tcn_value key;
        bool is_item = name.ptr[pos] == '[';
        if (!is_item && name.ptr[pos] != '.')
            return tcn_format_error(
                f->rt, "Only '.' or '[' may follow ']' in format field specifier");
        size_t start = ++pos;
        while (pos < name.len && (is_item ? name.ptr[pos] != ']'
                                          : name.ptr[pos] != '.' && name.ptr[pos] != '['))
            pos++;
        tcn_str part = tcn_str_of(name.ptr + start, pos - start);
        if (is_item && pos == name.len)
            return tcn_format_error(f->rt, "Missing ']' in format string");
        if (part.len == 0)
            return tcn_format_error(f->rt, "Empty attribute in format string");
        pos += is_item;
        rc = tcn_text_make(f->rt, part.ptr, part.len, &key);
        int64_t index = 0;
        if (is_item && tcn_str_int(part, 0, INT64_MAX, &index))
            key = tcn_int(index);
        if (rc >= 0)
            rc = is_item ? tcn_item(f->rt, *ret, key, ret)
                         : tcn_attr(f->rt, *ret, key, tcn_atom_of(part), ret);
    }
    return rc;
}

static int format_into(formatter *f, tcn_str s, int depth, tcn_buf *out);

static int convert(formatter *f, char conversion, tcn_value *v)
{
    size_t start = tcn_scratch_begin(f->rt);
    int rc;
    switch (conversion) {
    case 's':
        return tcn_to_text(f->rt, *v, v);
    case 'r':
        rc = tcn_repr(f->rt, *v, &f->rt->scratch);
        return rc < 0 ? rc : tcn_scratch_end(f->rt, start, v);
    case 'a': {
        tcn_value format, tuple;
        rc = tcn_text_make(f->rt, "%a", 2, &format);
        if (rc >= 0)
            rc = tcn_list_make(f->rt, TCN_V_TUPLE, 1, &tuple);
        if (rc >= 0)
            rc = tcn_list_push(f->rt, tuple, *v);
        return rc < 0 ? rc : tcn_format_percent(f->rt, format, tuple, v);
    }
    default:
        return tcn_raise(f->rt, TCN_EXC_ValueError, "Unknown conversion specifier %c",
                         conversion);
    }
}

/* What stands between '{' and its '}'. */
static int format_field(formatter *f, tcn_str field, int depth, tcn_buf *out)
{
    size_t end = 0;
    int brackets = 0;
    while (end < field.len &&
           (brackets > 0 || (field.ptr[end] != '!' && field.ptr[end] != ':'))) {
        brackets += field.ptr[end] == '[' ? 1 : (field.ptr[end] == ']' ? -1 : 0);
        brackets = brackets < 0 ? 0 : brackets;
        end++;
    }
    tcn_str name = tcn_str_of(field.ptr, end);
    char conversion = '\0';
    if (memchr(name.ptr, '{', name.len) != NULL)
        return tcn_format_error(f->rt, "unexpected '{' in field name");
    if (end < field.len && field.ptr[end] == '!') {
        if (end + 1 >= field.len)
            return tcn_format_error(
                f->rt, "end of string while looking for conversion specifier");
        conversion = field.ptr[end + 1];
        end += 2;
        if (end < field.len && field.ptr[end] != ':')
            return tcn_format_error(f->rt, "expected ':' after conversion specifier");
    }
    tcn_str spec_source = end < field.len
                              ? tcn_str_of(field.ptr + end + 1, field.len - end - 1)
                              : (tcn_str){0};
    tcn_value v, spec;
    int rc = field_value(f, name, &v);
    if (rc >= 0 && conversion != '\0')
        rc = convert(f, conversion, &v);
    size_t start = tcn_scratch_begin(f->rt);
    if (rc >= 0)
        rc = format_into(f, spec_source, depth - 1, &f->rt->scratch);
    if (rc >= 0)
        rc = tcn_scratch_end(f->rt, start, &spec);
    if (rc < 0 || !f->is_markup || tcn_is_markup(v))
        return rc < 0 ? rc : tcn_format_value(f->rt, v, tcn_text_str(spec.text), out);
    tcn_value shown;
    start = tcn_scratch_begin(f->rt);
    rc = tcn_format_value(f->rt, v, tcn_text_str(spec.text), &f->rt->scratch);
    if (rc >= 0)
        rc = tcn_scratch_end(f->rt, start, &shown);
    return rc < 0 ? rc : tcn_html_escape(f->rt, tcn_text_str(shown.text), out);
}

static int format_into(formatter *f, tcn_str s, int depth, tcn_buf *out)
{
    int rc = 0;
    if (depth < 0)
        return tcn_format_error(f->rt, "Max string recursion exceeded");
    for (size_t i = 0; i < s.len && rc >= 0;) {
        char c = s.ptr[i];
        if (c != '{' && c != '}') {
            size_t end = i;
            while (end < s.len && s.ptr[end] != '{' && s.ptr[end] != '}')
                end++;
            rc = tcn_put(f->rt, out, s.ptr + i, end - i);
            i = end;
            continue;
        }
        if (i + 1 < s.len && s.ptr[i + 1] == c) {
            rc = tcn_put_char(f->rt, out, c);
            i += 2;
            continue;
        }
        if (c == '}' || i + 1 == s.len)
            return tcn_raise(f->rt, TCN_EXC_ValueError,
                             "Single '%c' encountered in format string", c);
        size_t end = i + 1;
        int braces = 1;
        bool in_item = false;
        for (; end < s.len; end++) {
            if (s.ptr[end] == '[' && braces == 1)
                in_item = true;
            else if (s.ptr[end] == ']')
                in_item = false;
            if (s.ptr[end] == '{' && !in_item)
                braces++;
            else if (s.ptr[end] == '}' && !in_item && --braces == 0)
                break;
        }
        if (end == s.len)
            return tcn_format_error(f->rt, "expected '}' before end of string");
        rc = format_field(f, tcn_str_of(s.ptr + i + 1, end - i - 1), depth, out);
        if (rc >= 0)
            rc = tcn_charge(f->rt, 1);
        i = end + 1;
    }
    return rc;
}

static int run(formatter *f, tcn_value text, tcn_value *ret)
{
    size_t start = tcn_scratch_begin(f->rt);
    f->is_markup = tcn_is_markup(text);
    int rc = format_into(f, tcn_text_str(tcn_text_of(&text)), 2, &f->rt->scratch);
    return rc < 0 ? rc : tcn_scratch_end(f->rt, start, ret);
}

int tcn_format_text(tcn_rt *rt, tcn_value text, const tcn_args *args, tcn_value *ret)
{
    formatter f = {.rt = rt, .args = args};
    return run(&f, text, ret);
}

int tcn_format_map(tcn_rt *rt, tcn_value text, tcn_value mapping, tcn_value *ret)
{
    tcn_args none = {0};
    formatter f = {.rt = rt, .args = &none, .mapping = mapping};
    return run(&f, text, ret);
}
