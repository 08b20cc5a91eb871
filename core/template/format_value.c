/* SPDX-License-Identifier: Apache-2.0 */
/* format_value.c - format(): the specification of one value, read and applied by its
 * type. */
#include <math.h>

#include "core/base/err.h"
#include "core/template/format.h"
#include "core/template/format_spec.h"
#include "core/value/big.h"
#include "core/value/moment.h"

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
            return tcn_format_error(rt, ret->grouping == s.ptr[pos]
                                            ? "Cannot specify ',' with ','."
                                            : "Cannot specify both ',' and '_'.");
    }
    if (pos < s.len && s.ptr[pos] == '.') {
        pos++;
        if (!parse_digits(s, &pos, &ret->precision))
            return tcn_format_error(rt, "Format specifier missing precision");
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
        return tcn_format_error(rt, spec->sign == ' '
                                        ? "Space not allowed in string format specifier"
                                        : "Sign not allowed in string format specifier");
    if (spec->is_positive_zero)
        return tcn_format_error(
            rt, "Negative zero coercion (z) not allowed in string format specifier");
    if (spec->is_alternate)
        return tcn_format_error(
            rt, "Alternate form (#) not allowed in string format specifier");
    if (spec->align == '=')
        return tcn_format_error(rt,
                                "'=' alignment not allowed in string format specifier");
    if (spec->grouping != '\0')
        return tcn_raise(rt, TCN_EXC_ValueError, "Cannot specify '%c' with 's'.",
                         spec->grouping);
    text = tcn_spec_cut(text, spec);
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
        return tcn_format_error(rt, "Sign not allowed with integer format specifier 'c'");
    if (spec->is_alternate)
        return tcn_format_error(
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
        return tcn_format_error(rt, "Precision not allowed in integer format specifier");
    if (spec->is_positive_zero)
        return tcn_format_error(
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

int tcn_format_error(tcn_rt *rt, const char *text)
{
    return tcn_raise(rt, TCN_EXC_ValueError, "%s", text);
}
