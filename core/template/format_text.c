/* SPDX-License-Identifier: Apache-2.0 */
/* format_text.c - str.format and format(): replacement fields, whose attributes and items
 * go through the sandbox's look-ups, and specifications for each type. */
#include <math.h>

#include "core/base/err.h"
#include "core/template/format.h"
#include "core/template/format_spec.h"
#include "core/template/html.h"
#include "core/template/natives.h"
#include "core/value/big.h"
#include "core/value/moment.h"

typedef struct formatter {
    tcn_rt *rt;
    const tcn_args *args;
    tcn_value mapping; /* of format_map, or MISSING */
    int64_t automatic; /* next automatic number; -1: numbered by hand */
    bool is_markup;    /* values are escaped */
} formatter;

static int value_error(tcn_rt *rt, const char *text)
{
    return tcn_raise(rt, TCN_EXC_ValueError, "%s", text);
}

static bool parse_digits(tcn_str s, size_t *pos, int64_t *ret)
{
    bool is_any = false;
    int64_t n = 0;
    while (*pos < s.len && s.ptr[*pos] >= '0' && s.ptr[*pos] <= '9') {
        n = n > INT32_MAX ? n : n * 10 + (s.ptr[*pos] - '0');
        (*pos)++;
        is_any = true;
    }
    if (is_any)
        *ret = n;
    return is_any;
}

static bool is_align(uint32_t c)
{
    return c == '<' || c == '>' || c == '=' || c == '^';
}

static int parse_spec(tcn_rt *rt, tcn_str s, const char *type_name, tcn_spec *ret)
{
    size_t pos = 0;
    *ret = (tcn_spec){.fill = ' ', .width = -1, .precision = -1};
    if (s.len > 0) {
        size_t next = 0;
        uint32_t first = tcn_utf8_decode(s, &next);
        if (next < s.len && is_align((unsigned char)s.ptr[next])) {
            ret->fill = first;
            ret->align = s.ptr[next];
            pos = next + 1;
        } else if (is_align(first)) {
            ret->align = s.ptr[0];
            pos = 1;
        }
    }
    bool has_fill = pos > 1;
    if (pos < s.len && (s.ptr[pos] == '+' || s.ptr[pos] == '-' || s.ptr[pos] == ' '))
        ret->sign = s.ptr[pos++];
    if (pos < s.len && s.ptr[pos] == 'z') {
        ret->is_positive_zero = true;
        pos++;
    }
    if (pos < s.len && s.ptr[pos] == '#') {
        ret->is_alternate = true;
        pos++;
    }
    if (pos < s.len && s.ptr[pos] == '0' && !has_fill) {
        ret->fill = '0';
        ret->has_zero = ret->align == '\0';
        pos++;
    } else if (pos < s.len && s.ptr[pos] == '0') {
        pos++;
    }
    (void)parse_digits(s, &pos, &ret->width);
    if (pos < s.len && (s.ptr[pos] == ',' || s.ptr[pos] == '_')) {
        ret->grouping = s.ptr[pos++];
        if (pos < s.len && (s.ptr[pos] == ',' || s.ptr[pos] == '_'))
            return value_error(rt, ret->grouping == s.ptr[pos]
                                       ? "Cannot specify ',' with ','."
                                       : "Cannot specify both ',' and '_'.");
    }
    if (pos < s.len && s.ptr[pos] == '.') {
        pos++;
        if (!parse_digits(s, &pos, &ret->precision))
            return value_error(rt, "Format specifier missing precision");
    }
    if (ret->width > (int64_t)rt->limits->width ||
        ret->precision > (int64_t)rt->limits->width)
        return tcn_raise_limit(rt, "width", rt->limits->width);
    if (pos + 1 < s.len || (pos < s.len && (unsigned char)s.ptr[pos] >= 0x80))
        return tcn_raise(rt, TCN_EXC_ValueError,
                         "Invalid format specifier '%.*s' for object of "
                         "type '%s'",
                         TCN_STR_ARG(s), type_name);
    if (pos < s.len)
        ret->type = s.ptr[pos];
    return 0;
}

static int unknown_code(tcn_rt *rt, char type, const char *type_name)
{
    return tcn_raise(rt, TCN_EXC_ValueError,
                     "Unknown format code '%c' for object of type '%s'", type, type_name);
}

static const char *sign_text(bool is_negative, const tcn_spec *spec)
{
    return is_negative ? "-" : (spec->sign == '+' ? "+" : (spec->sign == ' ' ? " " : ""));
}

static int format_str(tcn_rt *rt, tcn_str text, const tcn_spec *spec, tcn_buf *out)
{
    if (spec->type != '\0' && spec->type != 's')
        return unknown_code(rt, spec->type, "str");
    if (spec->sign != '\0')
        return value_error(rt, spec->sign == ' '
                                   ? "Space not allowed in string format specifier"
                                   : "Sign not allowed in string format specifier");
    if (spec->is_positive_zero)
        return value_error(
            rt, "Negative zero coercion (z) not allowed in string format specifier");
    if (spec->is_alternate)
        return value_error(rt,
                           "Alternate form (#) not allowed in string format specifier");
    if (spec->align == '=')
        return value_error(rt, "'=' alignment not allowed in string format specifier");
    if (spec->grouping != '\0')
        return tcn_raise(rt, TCN_EXC_ValueError, "Cannot specify '%c' with 's'.",
                         spec->grouping);
    if (spec->precision >= 0) {
        size_t at = 0;
        for (int64_t i = 0; i < spec->precision && at < text.len; i++)
            (void)tcn_utf8_decode(text, &at);
        text.len = at;
    }
    tcn_spec plain = *spec;
    if (plain.has_zero)
        plain.align = '<';
    return tcn_spec_put(rt, (tcn_str){0}, text, &plain, '<', out);
}

static int put_real(tcn_rt *rt, double f, tcn_spec *spec, tcn_buf *out)
{
    tcn_value digits;
    size_t start = tcn_scratch_begin(rt);
    double size = fabs(f);
    if (spec->type == '%')
        size *= 100;
    int rc = tcn_spec_digits_real(rt, size, spec, &rt->scratch);
    if (rc >= 0 && spec->type == '%')
        rc = tcn_put_char(rt, &rt->scratch, '%');
    if (rc >= 0)
        rc = tcn_scratch_end(rt, start, &digits);
    if (rc < 0)
        return rc;
    bool is_negative = signbit(f) && !isnan(f);
    if (spec->is_positive_zero && is_negative && isfinite(f)) {
        bool is_zero = true;
        for (uint32_t i = 0; i < digits.text->len && digits.text->ptr[i] != 'e'; i++)
            is_zero =
                is_zero && !(digits.text->ptr[i] >= '1' && digits.text->ptr[i] <= '9');
        is_negative = !is_zero;
    }
    return tcn_spec_put(rt, tcn_str_c(sign_text(is_negative, spec)),
                        tcn_text_str(digits.text), spec, '>', out);
}

static int format_real(tcn_rt *rt, double f, tcn_spec *spec, tcn_buf *out)
{
    if (spec->type != '\0' && strchr("eEfFgGn%", spec->type) == NULL)
        return unknown_code(rt, spec->type, "float");
    if (spec->grouping != '\0' && spec->type == 'n')
        return tcn_raise(rt, TCN_EXC_ValueError, "Cannot specify '%c' with 'n'.",
                         spec->grouping);
    return put_real(rt, f, spec, out);
}

static int format_char(tcn_rt *rt, tcn_value v, tcn_spec *spec, tcn_buf *out)
{
    char bytes[4];
    if (spec->sign != '\0')
        return value_error(rt, "Sign not allowed with integer format specifier 'c'");
    if (spec->is_alternate)
        return value_error(
            rt, "Alternate form (#) not allowed with integer format specifier 'c'");
    if (!tcn_is_integer(v) || v.integer < 0 || v.integer > 0x10FFFF ||
        (v.integer >= 0xD800 && v.integer < 0xE000))
        return tcn_raise(rt, TCN_EXC_OverflowError, "%%c arg not in range(0x110000)");
    size_t n = tcn_utf8_encode((uint32_t)v.integer, bytes);
    return tcn_spec_put(rt, (tcn_str){0}, tcn_str_of(bytes, n), spec, '<', out);
}

static int format_int(tcn_rt *rt, tcn_value v, tcn_spec *spec, tcn_buf *out)
{
    if (spec->type != '\0' && strchr("eEfFgG%", spec->type) != NULL) {
        double f = v.type == TCN_V_BIG ? tcn_big_real(v) : (double)v.integer;
        if (isinf(f))
            return tcn_raise(rt, TCN_EXC_OverflowError,
                             "int too large to convert to float");
        return put_real(rt, f, spec, out);
    }
    if (spec->type != '\0' && strchr("bcdnoxX", spec->type) == NULL)
        return unknown_code(rt, spec->type, v.type == TCN_V_BOOL ? "bool" : "int");
    if (spec->precision >= 0)
        return value_error(rt, "Precision not allowed in integer format specifier");
    if (spec->is_positive_zero)
        return value_error(
            rt, "Negative zero coercion (z) not allowed in format specifier with "
                "integer presentation type");
    if (spec->grouping != '\0' &&
        (spec->type == 'c' || spec->type == 'n' ||
         (spec->grouping == ',' && spec->type != '\0' && spec->type != 'd')))
        return tcn_raise(rt, TCN_EXC_ValueError, "Cannot specify '%c' with '%c'.",
                         spec->grouping, spec->type);
    if (spec->type == 'c')
        return format_char(rt, v, spec, out);
    bool is_negative = tcn_big_sign(v) < 0;
    tcn_value size = v, digits;
    int rc = is_negative ? tcn_big_neg(rt, v, &size) : 0;
    size_t start = tcn_scratch_begin(rt);
    if (rc >= 0)
        rc = tcn_spec_digits_int(rt, size, spec, &rt->scratch);
    if (rc >= 0)
        rc = tcn_scratch_end(rt, start, &digits);
    if (rc < 0)
        return rc;
    char sign[4] = {0};
    size_t n = 0;
    const char *mark = sign_text(is_negative, spec);
    if (mark[0] != '\0')
        sign[n++] = mark[0];
    if (spec->is_alternate && spec->type != '\0' && strchr("boxX", spec->type) != NULL) {
        sign[n++] = '0';
        sign[n++] = spec->type;
    }
    return tcn_spec_put(rt, tcn_str_of(sign, n), tcn_text_str(digits.text), spec, '>',
                        out);
}

int tcn_format_value(tcn_rt *rt, tcn_value v, tcn_str spec_text, tcn_buf *out)
{
    tcn_spec spec;
    bool is_moment =
        v.type == TCN_V_DATETIME || v.type == TCN_V_DATE || v.type == TCN_V_TIME;
    if (spec_text.len == 0)
        return tcn_show(rt, v, out);
    if (is_moment)
        return tcn_moment_strftime(rt, v, spec_text, out);
    if (!tcn_is_number(v) && !tcn_is_text(v))
        return tcn_raise(rt, TCN_EXC_TypeError,
                         "unsupported format string passed to %s.__format__",
                         tcn_type_name(v));
    int rc = parse_spec(rt, spec_text, tcn_type_name(v), &spec);
    if (rc < 0)
        return rc;
    if (v.type == TCN_V_FLOAT)
        return format_real(rt, v.real, &spec, out);
    if (tcn_is_number(v))
        return format_int(rt, v, &spec, out);
    tcn_value text = v;
    if (v.type == TCN_V_ENUM)
        rc = tcn_to_text(rt, v, &text);
    return rc < 0 ? rc : format_str(rt, tcn_text_str(text.text), &spec, out);
}

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
        return value_error(f->rt,
                           "cannot switch from manual field specification to automatic "
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
        return value_error(f->rt, "Too many decimal digits in format string");
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
            return value_error(
                f->rt, "Only '.' or '[' may follow ']' in format field specifier");
        size_t start = ++pos;
        while (pos < name.len && (is_item ? name.ptr[pos] != ']'
                                          : name.ptr[pos] != '.' && name.ptr[pos] != '['))
            pos++;
        tcn_str part = tcn_str_of(name.ptr + start, pos - start);
        if (is_item && pos == name.len)
            return value_error(f->rt, "Missing ']' in format string");
        if (part.len == 0)
            return value_error(f->rt, "Empty attribute in format string");
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
        return value_error(f->rt, "unexpected '{' in field name");
    if (end < field.len && field.ptr[end] == '!') {
        if (end + 1 >= field.len)
            return value_error(f->rt,
                               "end of string while looking for conversion specifier");
        conversion = field.ptr[end + 1];
        end += 2;
        if (end < field.len && field.ptr[end] != ':')
            return value_error(f->rt, "expected ':' after conversion specifier");
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
        return value_error(f->rt, "Max string recursion exceeded");
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
            return value_error(f->rt, "expected '}' before end of string");
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
