/* SPDX-License-Identifier: Apache-2.0 */
/* format_percent.c - "text" % values. */
#include <math.h>
#include <stdio.h>

#include "core/base/err.h"
#include "core/template/filters.h"
#include "core/template/format.h"
#include "core/template/format_spec.h"
#include "core/template/strings.h"
#include "core/value/big.h"

typedef struct percent {
    tcn_rt *rt;
    tcn_str s;
    size_t pos;
    const tcn_value *items;
    uint32_t count, used;
    tcn_value mapping; /* or MISSING */
    bool was_named;
    bool is_markup; /* values are escaped */
} percent;

static int next_value(percent *p, tcn_value *ret)
{
    if (p->used >= p->count)
        return tcn_raise(p->rt, TCN_EXC_TypeError,
                         "not enough arguments for format string");
    *ret = p->items[p->used++];
    return 0;
}

/* "*", digits or nothing. */
static int parse_number(percent *p, int64_t *ret)
{
    *ret = -1;
    if (p->pos < p->s.len && p->s.ptr[p->pos] == '*') {
        tcn_value v;
        p->pos++;
        int rc = next_value(p, &v);
        if (rc < 0)
            return rc;
        if (v.type == TCN_V_BIG)
            return tcn_raise(p->rt, TCN_EXC_OverflowError,
                             "Python int too large to convert to C ssize_t");
        return tcn_index_of(v, ret) ? 0
                                    : tcn_raise(p->rt, TCN_EXC_TypeError, "* wants int");
    }
    while (p->pos < p->s.len && p->s.ptr[p->pos] >= '0' && p->s.ptr[p->pos] <= '9') {
        *ret = (*ret < 0 ? 0 : *ret) * 10 + (p->s.ptr[p->pos++] - '0');
        if (*ret > INT32_MAX)
            return tcn_raise_limit(p->rt, "width", p->rt->limits->width);
    }
    return 0;
}

static int parse_name(percent *p)
{
    size_t start = ++p->pos;
    int depth = 1;
    for (; p->pos < p->s.len && depth > 0; p->pos++)
        depth += p->s.ptr[p->pos] == '(' ? 1 : (p->s.ptr[p->pos] == ')' ? -1 : 0);
    if (depth > 0)
        return tcn_raise(p->rt, TCN_EXC_ValueError, "incomplete format key");
    if (tcn_is_missing(p->mapping))
        return tcn_raise(p->rt, TCN_EXC_TypeError, "format requires a mapping");
    p->was_named = true;
    if (p->mapping.type == TCN_V_UNDEF) {
        p->items = &p->mapping;
        p->count = 1;
        p->used = 0;
        return 0;
    }
    tcn_value key;
    int rc = tcn_text_make(p->rt, p->s.ptr + start, p->pos - 1 - start, &key);
    if (rc < 0)
        return rc;
    const tcn_value *found = tcn_vdict_get(p->mapping.dict, key);
    if (found == NULL) {
        char quoted[256];
        return tcn_raise(p->rt, TCN_EXC_KeyError, "%s",
                         tcn_quote(tcn_text_str(key.text), quoted, sizeof quoted));
    }
    p->items = found;
    p->count = 1;
    p->used = 0;
    return 0;
}

static int put_text(percent *p, tcn_str text, const tcn_spec *spec)
{
    text = tcn_spec_cut(text, spec);
    tcn_spec plain = *spec;
    plain.fill = ' ';
    if (plain.align != '<')
        plain.align = '>';
    return tcn_spec_put(p->rt, (tcn_str){0}, text, &plain, '>', &p->rt->scratch);
}

static int put_ascii(percent *p, tcn_value v, const tcn_spec *spec)
{
    tcn_value text;
    size_t start = tcn_scratch_begin(p->rt);
    int rc = tcn_repr(p->rt, v, &p->rt->scratch);
    if (rc >= 0)
        rc = tcn_scratch_end(p->rt, start, &text);
    if (rc < 0)
        return rc;
    tcn_str s = tcn_text_str(text.text);
    for (size_t i = 0; i < s.len && rc >= 0;) {
        char escaped[16];
        uint32_t c = tcn_utf8_decode(s, &i);
        if (c < 0x80)
            (void)snprintf(escaped, sizeof escaped, "%c", (char)c);
        else if (c < 0x100)
            (void)snprintf(escaped, sizeof escaped, "\\x%02x", c);
        else
            (void)snprintf(escaped, sizeof escaped, c < 0x10000 ? "\\u%04x" : "\\U%08x",
                           c);
        rc = tcn_put_c(p->rt, &p->rt->scratch, escaped);
    }
    if (rc >= 0)
        rc = tcn_scratch_end(p->rt, start, &text);
    return rc < 0 ? rc : put_text(p, tcn_text_str(text.text), spec);
}

static int put_number(percent *p, bool is_negative, const char *prefix, tcn_str digits,
                      tcn_spec *spec)
{
    char sign[4] = "";
    const char *mark =
        is_negative ? "-" : (spec->sign == '+' ? "+" : (spec->sign == ' ' ? " " : ""));
    (void)snprintf(sign, sizeof sign, "%s%s", mark, prefix);
    if (spec->align == '\0')
        spec->align = spec->has_zero ? '=' : '>';
    spec->fill = spec->align == '=' ? '0' : ' ';
    return tcn_spec_put(p->rt, tcn_str_c(sign), digits, spec, '>', &p->rt->scratch);
}

static int put_int(percent *p, tcn_value v, tcn_spec *spec)
{
    tcn_value whole = v;
    int rc = 0;
    bool is_hex = spec->type == 'x' || spec->type == 'X' || spec->type == 'o';
    if (v.type == TCN_V_FLOAT && !is_hex) {
        if (!isfinite(v.real))
            return tcn_raise(
                p->rt, isnan(v.real) ? TCN_EXC_ValueError : TCN_EXC_OverflowError,
                "cannot convert float %s to integer", isnan(v.real) ? "NaN" : "infinity");
        rc = tcn_big_from_real(p->rt, v.real, &whole);
    } else if (v.type == TCN_V_UUID && !is_hex) {
        rc = tcn_big_from_bytes(p->rt, v.uuid->bytes, sizeof v.uuid->bytes, &whole);
    } else if (v.type == TCN_V_UNDEF && !is_hex) {
        return tcn_raise_undef(p->rt, v);
    } else if (!tcn_is_number(v) || v.type == TCN_V_FLOAT) {
        return tcn_raise(p->rt, TCN_EXC_TypeError, "%%%c format: %s is required, not %s",
                         spec->type, is_hex ? "an integer" : "a real number",
                         tcn_type_name(v));
    }
    bool is_negative = rc >= 0 && tcn_big_sign(whole) < 0;
    if (is_negative)
        rc = tcn_big_neg(p->rt, whole, &whole);
    tcn_value digits;
    size_t start = tcn_scratch_begin(p->rt);
    tcn_spec plain = *spec;
    if (spec->precision >= 0 && rc >= 0) {
        rc = tcn_spec_digits_int(p->rt, whole, &plain, &p->rt->scratch);
        size_t have = p->rt->scratch.len - start;
        p->rt->scratch.len = start;
        if (rc >= 0 && (size_t)spec->precision > have)
            rc =
                tcn_put_fill(p->rt, &p->rt->scratch, '0', (size_t)spec->precision - have);
    }
    if (rc >= 0)
        rc = tcn_spec_digits_int(p->rt, whole, &plain, &p->rt->scratch);
    if (rc >= 0)
        rc = tcn_scratch_end(p->rt, start, &digits);
    if (rc < 0)
        return rc;
    const char *prefix = !spec->is_alternate || !is_hex ? ""
                         : spec->type == 'x'            ? "0x"
                         : spec->type == 'X'            ? "0X"
                                                        : "0o";
    return put_number(p, is_negative, prefix, tcn_text_str(digits.text), spec);
}

static int put_real(percent *p, tcn_value v, tcn_spec *spec)
{
    double f;
    if (!tcn_is_number(v))
        return v.type == TCN_V_UNDEF
                   ? tcn_raise_undef(p->rt, v)
                   : tcn_raise(p->rt, TCN_EXC_TypeError, "must be real number, not %s",
                               tcn_type_name(v));
    f = v.type == TCN_V_FLOAT ? v.real : tcn_big_real(v);
    if (v.type == TCN_V_BIG && isinf(f))
        return tcn_raise(p->rt, TCN_EXC_OverflowError,
                         "int too large to convert to float");
    tcn_value digits;
    size_t start = tcn_scratch_begin(p->rt);
    int rc = tcn_spec_digits_real(p->rt, fabs(f), spec, &p->rt->scratch);
    if (rc >= 0)
        rc = tcn_scratch_end(p->rt, start, &digits);
    if (rc < 0)
        return rc;
    if (!isfinite(f) && spec->has_zero && spec->align == '\0')
        spec->has_zero = true;
    return put_number(p, signbit(f) && !isnan(f), "", tcn_text_str(digits.text), spec);
}

static int put_char(percent *p, tcn_value v, const tcn_spec *spec)
{
    char bytes[4];
    const tcn_text *text = tcn_text_of(&v);
    tcn_spec plain = *spec;
    plain.precision = -1;
    if (text != NULL && text->count == 1)
        return put_text(p, tcn_text_str(text), &plain);
    if (!tcn_is_integer(v) && v.type != TCN_V_BIG)
        return tcn_raise(p->rt, TCN_EXC_TypeError, "%%c requires int or char");
    if (v.type == TCN_V_BIG || v.integer < 0 || v.integer > 0x10FFFF ||
        (v.integer >= 0xD800 && v.integer < 0xE000))
        return tcn_raise(p->rt, TCN_EXC_OverflowError, "%%c arg not in range(0x110000)");
    return put_text(p, tcn_str_of(bytes, tcn_utf8_encode((uint32_t)v.integer, bytes)),
                    &plain);
}

static int put_shown(percent *p, tcn_value v, bool is_repr, const tcn_spec *spec)
{
    tcn_value text;
    size_t start = tcn_scratch_begin(p->rt);
    int rc = is_repr ? tcn_repr(p->rt, v, &p->rt->scratch)
                     : tcn_show(p->rt, v, &p->rt->scratch);
    if (rc >= 0)
        rc = tcn_scratch_end(p->rt, start, &text);
    if (rc >= 0 && p->is_markup && !tcn_is_markup(v))
        rc = tcn_filter_escape(p->rt, &text, &text);
    return rc < 0 ? rc : put_text(p, tcn_text_str(text.text), spec);
}

static int put_value(percent *p, tcn_spec *spec)
{
    tcn_value v;
    int rc = next_value(p, &v);
    if (rc < 0)
        return rc;
    switch (spec->type) {
    case 's':
        return put_shown(p, v, false, spec);
    case 'r':
        return put_shown(p, v, true, spec);
    case 'a':
        return put_ascii(p, v, spec);
    case 'c':
        return put_char(p, v, spec);
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
        return put_int(p, v, spec);
    default:
        return put_real(p, v, spec);
    }
}

static int check_spec(percent *p, const tcn_spec *spec)
{
    if (spec->width > (int64_t)p->rt->limits->width ||
        spec->precision > (int64_t)p->rt->limits->width)
        return tcn_raise_limit(p->rt, "width", p->rt->limits->width);
    return 0;
}

/* A value is taken first, and its absence is what fails. */
static int unsupported(percent *p, size_t at, uint32_t c)
{
    tcn_value ignored;
    int rc = next_value(p, &ignored);
    return rc < 0 ? rc
                  : tcn_raise(p->rt, TCN_EXC_ValueError,
                              "unsupported format character '%.*s' (0x%x) at index %zu",
                              (int)(p->pos - at), p->s.ptr + at, c,
                              tcn_utf8_length(tcn_str_of(p->s.ptr, at)));
}

/* Behind the '%'. */
static int directive(percent *p)
{
    tcn_spec spec = {.fill = ' ', .width = -1, .precision = -1};
    size_t from = p->pos;
    int rc = 0;
    if (p->pos < p->s.len && p->s.ptr[p->pos] == '(')
        rc = parse_name(p);
    for (; rc >= 0 && p->pos < p->s.len && p->s.ptr[p->pos] != '\0' &&
           strchr("-+ #0", p->s.ptr[p->pos]) != NULL;
         p->pos++) {
        char c = p->s.ptr[p->pos];
        if (c == '-')
            spec.align = '<';
        else if (c == '#')
            spec.is_alternate = true;
        else if (c == '0')
            spec.has_zero = true;
        else if (c == '+' || spec.sign == '\0')
            spec.sign = c;
    }
    if (rc >= 0)
        rc = parse_number(p, &spec.width);
    if (rc >= 0 && spec.width < -1) {
        spec.align = '<';
        spec.width = spec.width == INT64_MIN ? INT64_MAX : -spec.width;
    }
    if (rc >= 0 && p->pos < p->s.len && p->s.ptr[p->pos] == '.') {
        p->pos++;
        rc = parse_number(p, &spec.precision);
        if (spec.precision < 0)
            spec.precision = 0;
    }
    while (rc >= 0 && p->pos < p->s.len && p->s.ptr[p->pos] != '\0' &&
           strchr("hlL", p->s.ptr[p->pos]) != NULL)
        p->pos++;
    if (rc < 0)
        return rc;
    if (p->pos >= p->s.len)
        return tcn_raise(p->rt, TCN_EXC_ValueError, "incomplete format");
    size_t at = p->pos;
    uint32_t c = tcn_utf8_decode(p->s, &p->pos);
    if (c == '%' && at == from)
        return tcn_put_char(p->rt, &p->rt->scratch, '%');
    if (c == 0 || c >= 0x80 || strchr("srcadiuoxXeEfFgG", (int)c) == NULL)
        return unsupported(p, at, c);
    spec.type = (char)c;
    rc = check_spec(p, &spec);
    return rc < 0 ? rc : put_value(p, &spec);
}

static bool is_mapping(tcn_value v)
{
    return v.type == TCN_V_DICT;
}

static bool takes_unused(tcn_value v)
{
    return is_mapping(v) || v.type == TCN_V_LIST || v.type == TCN_V_RANGE ||
           v.type == TCN_V_BYTES || v.type == TCN_V_UNDEF ||
           (v.type == TCN_V_OBJECT && v.object->type->item != NULL);
}

int tcn_format_percent(tcn_rt *rt, tcn_value text, tcn_value values, tcn_value *ret)
{
    bool is_tuple = values.type == TCN_V_TUPLE;
    percent p = {.rt = rt, .s = tcn_text_str(tcn_text_of(&text))};
    p.items = is_tuple ? values.list->items : &values;
    p.count = is_tuple ? values.list->count : 1;
    bool has_keys = is_mapping(values) || values.type == TCN_V_UNDEF;
    p.mapping = has_keys ? values : (tcn_value){.type = TCN_V_MISSING};
    p.is_markup = tcn_is_markup(text);
    size_t start = tcn_scratch_begin(rt);
    int rc = 0;
    while (p.pos < p.s.len && rc >= 0) {
        const char *mark = memchr(p.s.ptr + p.pos, '%', p.s.len - p.pos);
        size_t end = mark != NULL ? (size_t)(mark - p.s.ptr) : p.s.len;
        rc = tcn_put(rt, &rt->scratch, p.s.ptr + p.pos, end - p.pos);
        p.pos = end;
        if (mark == NULL || rc < 0)
            break;
        p.pos++;
        rc = directive(&p);
        if (rc >= 0)
            rc = tcn_charge(rt, 1);
    }
    if (rc >= 0 && p.used < p.count && !p.was_named &&
        (is_tuple || !takes_unused(values)))
        return tcn_raise(rt, TCN_EXC_TypeError,
                         "not all arguments converted during string formatting");
    if (rc >= 0)
        rc = tcn_scratch_end(rt, start, ret);
    if (rc >= 0 && p.is_markup)
        *ret = tcn_markup(*ret);
    /* Members of enums have nothing to fill in, and stay what they are. */
    if (rc >= 0 && text.type == TCN_V_ENUM)
        *ret = text;
    return rc;
}

int tcn_filter_format(tcn_rt *rt, tcn_value subject, const tcn_args *args, tcn_value *ret)
{
    tcn_value text, values;
    int rc = tcn_is_text(subject) ? (text = subject, 0) : tcn_to_text(rt, subject, &text);
    if (rc < 0)
        return rc;
    if (args->count > 0 && args->named_count > 0)
        return tcn_raise(
            rt, TCN_EXC_FilterArgumentError,
            "can't handle positional and keyword arguments at the same time");
    if (args->named_count > 0) {
        values = tcn_dict_new(rt->arena, args->named_count);
        rc = tcn_is_missing(values) ? tcn_raise_memory(rt) : 0;
        for (uint32_t i = 0; i < args->named_count && rc >= 0; i++)
            rc = tcn_dict_set(rt, values, args->names[i], args->named[i]);
    } else {
        rc = tcn_list_make(rt, TCN_V_TUPLE, args->count, &values);
        for (uint32_t i = 0; i < args->count && rc >= 0; i++)
            rc = tcn_list_push(rt, values, args->items[i]);
    }
    return rc < 0 ? rc : tcn_format_percent(rt, text, values, ret);
}
