/* SPDX-License-Identifier: Apache-2.0 */
/* format_spec.c - writes numbers and texts by a specification. Widths and precisions are
 * checked against the limit by whoever parsed them. */
#include "core/template/format_spec.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/value/big.h"
#include "core/value/number.h"

int tcn_spec_digits_int(tcn_rt *rt, tcn_value magnitude, const tcn_spec *spec,
                        tcn_buf *out)
{
    switch (spec->type) {
    case 'b':
        return tcn_big_put(rt, magnitude, 2, false, out);
    case 'o':
        return tcn_big_put(rt, magnitude, 8, false, out);
    case 'x':
        return tcn_big_put(rt, magnitude, 16, false, out);
    case 'X':
        return tcn_big_put(rt, magnitude, 16, true, out);
    default:
        return tcn_big_put(rt, magnitude, 10, false, out);
    }
}

/* The alternate form has a point even before an exponent. */
static int put_repr(tcn_rt *rt, tcn_str text, const tcn_spec *spec, tcn_buf *out)
{
    const char *mark = memchr(text.ptr, 'e', text.len);
    bool has_point = memchr(text.ptr, '.', text.len) != NULL;
    if (!spec->is_alternate || mark == NULL || has_point)
        return tcn_put(rt, out, text.ptr, text.len);
    size_t len = (size_t)(mark - text.ptr);
    int rc = tcn_put(rt, out, text.ptr, len);
    if (rc >= 0)
        rc = tcn_put_char(rt, out, '.');
    return rc < 0 ? rc : tcn_put(rt, out, mark, text.len - len);
}

/* repr() digits in the layout of 'g' with precision, for a spec without a type. */
static int digits_repr(tcn_rt *rt, double f, const tcn_spec *spec, tcn_buf *out)
{
    char text[TCN_REAL_TEXT];
    if (spec->precision < 0)
        return put_repr(rt, tcn_str_of(text, tcn_real_repr(f, text)), spec, out);
    tcn_spec general = *spec;
    general.type = 'g';
    size_t start = out->len;
    int precision = (int)(spec->precision == 0 ? 1 : spec->precision);
    /* Unlike 'g', the point of no return to exponents is one digit earlier, and a digit
     * follows the point. */
    char probe[64];
    (void)snprintf(probe, sizeof probe, "%.*e", precision - 1 > 30 ? 30 : precision - 1,
                   f);
    const char *mark = strchr(probe, 'e');
    long exponent = mark != NULL ? strtol(mark + 1, NULL, 10) : 0;
    if (exponent == precision - 1 && exponent >= 0) {
        int n = snprintf(probe, sizeof probe, spec->is_alternate ? "%#.*e" : "%.*e",
                         precision - 1 > 30 ? 30 : precision - 1, f);
        char *e = memchr(probe, 'e', (size_t)n);
        char *end = e;
        if (spec->is_alternate)
            return tcn_put(rt, out, probe, (size_t)n);
        while (end > probe && end[-1] == '0' && memchr(probe, '.', (size_t)n) != NULL)
            end--;
        if (end > probe && end[-1] == '.')
            end--;
        int rc = tcn_put(rt, out, probe, (size_t)(end - probe));
        return rc < 0 ? rc : tcn_put_c(rt, out, e);
    }
    int rc = tcn_spec_digits_real(rt, f, &general, out);
    if (rc < 0 || memchr(out->ptr + start, '.', out->len - start) != NULL ||
        memchr(out->ptr + start, 'e', out->len - start) != NULL)
        return rc;
    return tcn_put(rt, out, ".0", 2);
}

int tcn_spec_digits_real(tcn_rt *rt, double magnitude, const tcn_spec *spec, tcn_buf *out)
{
    char type = spec->type == '%' || spec->type == 'F' ? 'f' : spec->type;
    int precision = (int)(spec->precision < 0 ? 6 : spec->precision);
    bool is_upper = type == 'E' || type == 'G' || spec->type == 'F';
    if (!isfinite(magnitude))
        return tcn_put_c(rt, out,
                         isnan(magnitude) ? (is_upper ? "NAN" : "nan")
                                          : (is_upper ? "INF" : "inf"));
    if (type == '\0')
        return digits_repr(rt, magnitude, spec, out);
    if (type == 'n')
        type = 'g';
    char format[8] = "%";
    size_t n = 1;
    if (spec->is_alternate)
        format[n++] = '#';
    format[n++] = '.';
    format[n++] = '*';
    format[n] = type;
    /* Digits before the point, the point, an exponent. */
    size_t size = (size_t)precision + 400;
    char small[512];
    char *text = size <= sizeof small ? small : tcn_arena_alloc(rt->arena, size);
    if (text == NULL)
        return tcn_raise_memory(rt);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    int len = snprintf(text, size, format, precision, magnitude);
#pragma GCC diagnostic pop
    int rc = tcn_charge(rt, (uint64_t)precision / 8);
    return rc < 0 ? rc : tcn_put(rt, out, text, (size_t)len);
}

/* Number of digits at the start: what grouping and zero padding are about. Those of
 * another base are nothing but digits. */
static size_t whole_digits(tcn_str digits, bool is_based)
{
    size_t n = 0;
    if (is_based)
        return digits.len;
    while (n < digits.len && digits.ptr[n] >= '0' && digits.ptr[n] <= '9')
        n++;
    return n;
}

static size_t grouped_length(size_t digits, size_t group)
{
    return digits + (digits > 0 ? (digits - 1) / group : 0);
}

static int put_grouped(tcn_rt *rt, tcn_str digits, size_t whole, size_t zeros,
                       const tcn_spec *spec, size_t group, tcn_buf *out)
{
    size_t total = whole + zeros;
    int rc = 0;
    for (size_t i = 0; i < total && rc >= 0; i++) {
        if (i > 0 && (total - i) % group == 0)
            rc = tcn_put(rt, out, &spec->grouping, 1);
        if (rc >= 0)
            rc = tcn_put_char(rt, out, i < zeros ? '0' : digits.ptr[i - zeros]);
    }
    return rc < 0 ? rc : tcn_put(rt, out, digits.ptr + whole, digits.len - whole);
}

tcn_str tcn_spec_cut(tcn_str text, const tcn_spec *spec)
{
    if (spec->precision >= 0) {
        size_t at = 0;
        for (int64_t i = 0; i < spec->precision && at < text.len; i++)
            (void)tcn_utf8_decode(text, &at);
        text.len = at;
    }
    return text;
}

int tcn_spec_put(tcn_rt *rt, tcn_str sign, tcn_str digits, const tcn_spec *spec,
                 char default_align, tcn_buf *out)
{
    char align =
        spec->align != '\0' ? spec->align : (spec->has_zero ? '=' : default_align);
    size_t width = spec->width < 0 ? 0 : (size_t)spec->width;
    bool is_based = spec->type != '\0' && strchr("boxX", spec->type) != NULL;
    size_t group = is_based ? 4 : 3;
    size_t whole = spec->grouping != '\0' ? whole_digits(digits, is_based) : 0;
    size_t rest = digits.len - whole;
    size_t zeros = 0;
    size_t shown = spec->grouping != '\0' ? grouped_length(whole, group) + rest
                                          : tcn_utf8_length(digits);
    bool has_zero_fill = align == '=' && spec->fill == '0' && whole > 0;
    while (has_zero_fill &&
           sign.len + grouped_length(whole + zeros, group) + rest < width)
        zeros++;
    if (zeros > 0)
        shown = grouped_length(whole + zeros, group) + rest;
    size_t pad = width > sign.len + shown ? width - sign.len - shown : 0;
    size_t left = align == '<' || align == '=' ? 0 : (align == '^' ? pad / 2 : pad);
    int rc = tcn_put_fill(rt, out, spec->fill, left);
    if (rc >= 0)
        rc = tcn_put(rt, out, sign.ptr != NULL ? sign.ptr : "", sign.len);
    if (rc >= 0 && align == '=')
        rc = tcn_put_fill(rt, out, spec->fill, pad);
    if (rc >= 0)
        rc = spec->grouping != '\0'
                 ? put_grouped(rt, digits, whole, zeros, spec, group, out)
                 : tcn_put(rt, out, digits.len > 0 ? digits.ptr : "", digits.len);
    if (rc >= 0 && (align == '<' || align == '^'))
        rc = tcn_put_fill(rt, out, spec->fill, pad - left);
    return rc;
}
