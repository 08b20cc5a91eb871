/* SPDX-License-Identifier: Apache-2.0 */
/* humanize_number.c - numbers in words and with commas, sizes, ordinals, fractions. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/err.h"
#include "core/template/convert.h"
#include "core/template/filters.h"
#include "core/template/format.h"
#include "core/value/big.h"

static int not_finite(tcn_rt *rt, double f, tcn_value *ret)
{
    const char *text = isnan(f) ? "NaN" : (f < 0 ? "-Inf" : "+Inf");
    return tcn_text_make(rt, text, strlen(text), ret);
}

/* float(v): 1, or 0 when *ret is what the filter gives instead. */
static int real_or_text(tcn_rt *rt, tcn_value v, double *ret_f, tcn_value *ret)
{
    int rc = tcn_to_real(rt, v, ret_f);
    if (rc < 0)
        return rc;
    if (rc == 1 && isfinite(*ret_f))
        return 1;
    rc = rc == 1 ? not_finite(rt, *ret_f, ret) : tcn_to_text(rt, v, ret);
    return rc < 0 ? rc : 0;
}

/* int(v): 1, or 0 when *ret is what the filter gives instead. */
static int int_or_text(tcn_rt *rt, tcn_value v, tcn_value *ret_i, tcn_value *ret)
{
    const tcn_text *text = tcn_text_of(&v);
    double f = 0;
    int rc = tcn_to_real(rt, v, &f);
    if (rc < 0)
        return rc;
    if (rc == 1 && !isfinite(f)) {
        rc = not_finite(rt, f, ret);
        return rc < 0 ? rc : 0;
    }
    if (rc == 1 && text != NULL)
        rc = tcn_text_to_int(rt, tcn_text_str(text), 10, ret_i);
    else if (rc == 1 && v.type == TCN_V_FLOAT)
        rc = tcn_big_from_real(rt, v.real, ret_i) < 0 ? TCN_E_LIMIT : 1;
    else if (rc == 1)
        *ret_i = v.type == TCN_V_BOOL ? tcn_int(v.integer) : v;
    if (rc != 0)
        return rc;
    rc = tcn_to_text(rt, v, ret);
    return rc < 0 ? rc : 0;
}

static int put_commas(tcn_rt *rt, tcn_str text)
{
    size_t start = text.len > 0 && text.ptr[0] == '-';
    size_t end = start;
    while (end < text.len && text.ptr[end] >= '0' && text.ptr[end] <= '9')
        end++;
    int rc = 0;
    for (size_t i = 0; i < text.len && rc >= 0; i++) {
        if (i > start && i < end && (end - i) % 3 == 0)
            rc = tcn_put_char(rt, &rt->scratch, ',');
        if (rc >= 0)
            rc = tcn_put(rt, &rt->scratch, text.ptr + i, 1);
    }
    return rc;
}

static int format_with(tcn_rt *rt, tcn_value format, const char *fallback, double f,
                       tcn_value *ret)
{
    int rc = tcn_is_missing(format)
                 ? tcn_text_make(rt, fallback, strlen(fallback), &format)
                 : 0;
    if (rc >= 0 && !tcn_is_text(format))
        return tcn_arith(rt, TCN_MOD, format, tcn_real(f), ret);
    return rc < 0 ? rc : tcn_format_percent(rt, format, tcn_real(f), ret);
}

int tcn_filter_humanize_intcomma(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    const tcn_text *text = tcn_text_of(&a[0]);
    tcn_value v = a[0], shown;
    double f = 0;
    int64_t digits = 0;
    int rc = 0;
    if (v.type == TCN_V_UNDEF)
        return tcn_raise_undef(rt, v);
    if (text != NULL) {
        tcn_value args[4] = {v, {0}, {0}, {0}};
        rc = tcn_text_make(rt, ",", 1, &args[1]);
        if (rc >= 0)
            rc = tcn_text_make(rt, "", 0, &args[2]);
        args[3] = tcn_none();
        if (rc >= 0)
            rc = tcn_filter_replace(rt, args, &v);
        if (rc < 0)
            return rc;
        bool has_point = memchr(v.text->ptr, '.', v.text->len) != NULL;
        int is_real = tcn_text_to_real(tcn_text_str(v.text), &f);
        if (is_real == 1 && !isfinite(f))
            return not_finite(rt, f, ret);
        rc = has_point ? is_real : tcn_text_to_int(rt, tcn_text_str(v.text), 10, &shown);
        if (rc <= 0)
            return rc < 0 ? rc : tcn_to_text(rt, a[0], ret);
        v = has_point ? tcn_real(f) : shown;
    } else {
        rc = real_or_text(rt, v, &f, ret);
        if (rc <= 0)
            return rc;
    }
    bool has_digits = !tcn_is_missing(a[1]) && a[1].type != TCN_V_NONE;
    rc = has_digits ? tcn_arg_int(rt, a[1], 0, &digits) : 0;
    size_t start = tcn_scratch_begin(rt);
    if (rc >= 0 && has_digits) {
        char spec[40];
        (void)snprintf(spec, sizeof spec, ".%" PRId64 "f", digits);
        rc = tcn_format_value(rt, v, tcn_str_c(spec), &rt->scratch);
        if (rc >= 0)
            rc = tcn_scratch_end(rt, start, &shown);
    } else if (rc >= 0) {
        rc = tcn_to_text(rt, v, &shown);
    }
    if (rc >= 0)
        rc = put_commas(rt, tcn_text_str(shown.text));
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

int tcn_filter_humanize_intword(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    static const char *const words[] = {"thousand",   "million",     "billion",
                                        "trillion",   "quadrillion", "quintillion",
                                        "sextillion", "septillion",  "octillion",
                                        "nonillion",  "decillion",   "googol"};
    static const double powers[] = {1e3,  1e6,  1e9,  1e12, 1e15, 1e18,
                                    1e21, 1e24, 1e27, 1e30, 1e33, 1e100};
    tcn_value v, shown;
    int rc = int_or_text(rt, a[0], &v, ret);
    if (rc <= 0)
        return rc;
    double size = fabs(tcn_big_real(v));
    bool is_negative = tcn_big_sign(v) < 0;
    if (size < powers[0] || size >= powers[11] * 1000)
        return tcn_to_text(rt, v, ret);
    size_t i = 0;
    while (i + 1 < TCN_COUNT(powers) && size >= powers[i + 1])
        i++;
    rc = format_with(rt, a[1], "%.1f", size / powers[i], &shown);
    double again = 0;
    if (rc >= 0 && i + 1 < TCN_COUNT(powers) && shown.type == TCN_V_STR &&
        tcn_text_to_real(tcn_text_str(shown.text), &again) == 1 &&
        again == powers[i + 1] / powers[i]) {
        i++;
        rc = format_with(rt, a[1], "%.1f", size / powers[i], &shown);
    }
    size_t start = tcn_scratch_begin(rt);
    if (rc >= 0 && is_negative)
        rc = tcn_put_char(rt, &rt->scratch, '-');
    if (rc >= 0)
        rc = tcn_show(rt, shown, &rt->scratch);
    if (rc >= 0)
        rc = tcn_put_char(rt, &rt->scratch, ' ');
    if (rc >= 0)
        rc = tcn_put_c(rt, &rt->scratch, words[i]);
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

static int last_digits(tcn_rt *rt, tcn_value v, int64_t modulus, int64_t *ret)
{
    tcn_value rest;
    int rc = tcn_arith(rt, TCN_MOD, v, tcn_int(modulus), &rest);
    *ret = rest.integer;
    return rc;
}

int tcn_filter_humanize_ordinal(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    static const char *const ends[] = {"th", "st", "nd", "rd", "th",
                                       "th", "th", "th", "th", "th"};
    tcn_value v;
    int64_t ten = 0;
    int64_t hundred = 0;
    int rc = int_or_text(rt, a[0], &v, ret);
    if (rc <= 0)
        return rc;
    rc = last_digits(rt, v, 10, &ten);
    if (rc >= 0)
        rc = last_digits(rt, v, 100, &hundred);
    size_t start = tcn_scratch_begin(rt);
    if (rc >= 0)
        rc = tcn_show(rt, v, &rt->scratch);
    if (rc >= 0)
        rc = tcn_put_c(rt, &rt->scratch,
                       hundred >= 11 && hundred <= 13 ? "th" : ends[ten]);
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

int tcn_filter_humanize_apnumber(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    static const char *const words[] = {"zero", "one", "two",   "three", "four",
                                        "five", "six", "seven", "eight", "nine"};
    tcn_value v;
    int rc = int_or_text(rt, a[0], &v, ret);
    if (rc <= 0)
        return rc;
    if (v.type == TCN_V_INT && v.integer >= 0 && v.integer < 10)
        return tcn_text_make(rt, words[v.integer], strlen(words[v.integer]), ret);
    return tcn_to_text(rt, v, ret);
}

int tcn_filter_humanize_naturalsize(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    static const char letters[] = "kMGTPEZYRQ";
    bool is_binary = tcn_arg_bool(a[1], false);
    bool is_gnu = tcn_arg_bool(a[2], false);
    double base = is_binary || is_gnu ? 1024 : 1000;
    double bytes = 0;
    char text[96];
    int rc = tcn_to_real(rt, a[0], &bytes);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return tcn_raise(rt, tcn_is_text(a[0]) ? TCN_EXC_ValueError : TCN_EXC_TypeError,
                         "could not convert to float");
    double size = fabs(bytes);
    if (size < base) {
        int n = snprintf(text, sizeof text, "%.0f%s", trunc(bytes),
                         is_gnu ? "B" : (size == 1 ? " Byte" : " Bytes"));
        return tcn_text_make(rt, text, (size_t)n, ret);
    }
    tcn_value shown;
    int i = 0;
    double scaled = bytes / base;
    while (fabs(scaled) >= base && i < 9) {
        scaled /= base;
        i++;
    }
    rc = format_with(rt, a[3], "%.1f", scaled, &shown);
    double again = 0;
    if (rc >= 0 && i < 9 && shown.type == TCN_V_STR &&
        tcn_text_to_real(tcn_text_str(shown.text), &again) == 1 && fabs(again) >= base) {
        i++;
        rc = format_with(rt, a[3], "%.1f", scaled / base, &shown);
    }
    size_t start = tcn_scratch_begin(rt);
    if (rc >= 0)
        rc = tcn_show(rt, shown, &rt->scratch);
    char letter = (is_binary || is_gnu) && i == 0 ? 'K' : letters[i];
    if (is_gnu)
        (void)snprintf(text, sizeof text, "%c", letter);
    else
        (void)snprintf(text, sizeof text, " %c%sB", letter, is_binary ? "i" : "");
    if (rc >= 0)
        rc = tcn_put_c(rt, &rt->scratch, text);
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

/* Nearest fraction with a denominator of at most 1000, by continued fractions. */
static void nearest_fraction(double f, int64_t *ret_n, int64_t *ret_d)
{
    int64_t den = INT64_C(1) << 58;
    int64_t num = (int64_t)ldexp(fabs(f), 58);
    int64_t n = num, d = den, p0 = 0, q0 = 1, p1 = 1, q1 = 0;
    while (d != 0) {
        int64_t a = n / d;
        if (q0 + a * q1 > 1000)
            break;
        int64_t p2 = p0 + a * p1;
        int64_t q2 = q0 + a * q1;
        int64_t rest = n - a * d;
        p0 = p1;
        q0 = q1;
        p1 = p2;
        q1 = q2;
        n = d;
        d = rest;
    }
    if (d != 0) {
        int64_t k = (1000 - q0) / q1;
        double far = fabs((double)(p0 + k * p1) / (double)(q0 + k * q1) - fabs(f));
        double near = fabs((double)p1 / (double)q1 - fabs(f));
        if (far < near) {
            p1 = p0 + k * p1;
            q1 = q0 + k * q1;
        }
    }
    *ret_n = f < 0 ? -p1 : p1;
    *ret_d = q1;
}

int tcn_filter_humanize_fractional(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    double f = 0;
    char text[400];
    int64_t n = 0;
    int64_t d = 1;
    int rc = real_or_text(rt, a[0], &f, ret);
    if (rc <= 0)
        return rc;
    double whole = trunc(f);
    nearest_fraction(f - whole, &n, &d);
    int len;
    if (n == 0 && d == 1)
        len = snprintf(text, sizeof text, "%.0f", whole + 0.0);
    else if (whole == 0)
        len = snprintf(text, sizeof text, "%" PRId64 "/%" PRId64, n, d);
    else
        len = snprintf(text, sizeof text, "%.0f %" PRId64 "/%" PRId64, whole, n, d);
    return tcn_text_make(rt, text, (size_t)len, ret);
}

static int put_scientific(tcn_rt *rt, double f, int64_t precision)
{
    static const char *const digits[] = {"⁰", "¹", "²", "³", "⁴",
                                         "⁵", "⁶", "⁷", "⁸", "⁹"};
    char text[400], exponent[24];
    if (precision < 0 || precision > 300)
        return tcn_raise_limit(rt, "width", 300);
    (void)snprintf(text, sizeof text, "%.*e", (int)precision, f);
    char *mark = strchr(text, 'e');
    long power = mark != NULL ? strtol(mark + 1, NULL, 10) : 0;
    if (mark != NULL)
        *mark = '\0';
    int rc = tcn_put_c(rt, &rt->scratch, text);
    if (rc >= 0)
        rc = tcn_put_c(rt, &rt->scratch, power < 0 ? " x 10⁻" : " x 10");
    (void)snprintf(exponent, sizeof exponent, "%ld", labs(power));
    for (const char *c = exponent; *c != '\0' && rc >= 0; c++)
        rc = tcn_put_c(rt, &rt->scratch, digits[*c - '0']);
    return rc;
}

int tcn_filter_humanize_scientific(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    double f = 0;
    int64_t precision = 2;
    int rc = real_or_text(rt, a[0], &f, ret);
    if (rc <= 0)
        return rc;
    rc = tcn_arg_int(rt, a[1], 2, &precision);
    size_t start = tcn_scratch_begin(rt);
    if (rc >= 0)
        rc = put_scientific(rt, f, precision);
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

int tcn_filter_humanize_metric(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    static const char *const large[] = {"k", "M", "G", "T", "P", "E", "Z", "Y", "R", "Q"};
    static const char *const small[] = {"m", "μ", "n", "p", "f", "a", "z", "y", "r", "q"};
    double f = 0;
    int64_t precision = 3;
    tcn_value unit;
    char text[400];
    if (a[0].type == TCN_V_UNDEF)
        return tcn_raise_undef(rt, a[0]);
    if (!tcn_is_number(a[0]))
        return tcn_raise(rt, TCN_EXC_TypeError, "must be real number, not %s",
                         tcn_type_name(a[0]));
    int rc = real_or_text(rt, a[0], &f, ret);
    if (rc <= 0)
        return rc;
    rc = tcn_is_missing(a[1]) ? tcn_text_make(rt, "", 0, &unit)
                              : tcn_to_text(rt, a[1], &unit);
    if (rc >= 0)
        rc = tcn_arg_int(rt, a[2], 3, &precision);
    if (rc < 0)
        return rc;
    size_t start = tcn_scratch_begin(rt);
    int exponent = f == 0 ? 0 : (int)floor(log10(fabs(f)));
    if (exponent >= 33 || exponent < -30) {
        rc = put_scientific(rt, f, precision - 1);
    } else {
        int third = exponent >= 0 ? exponent / 3 : -((2 - exponent) / 3);
        const char *prefix = exponent >= 3  ? large[third - 1]
                             : exponent < 0 ? small[(-exponent - 1) / 3]
                                            : "";
        int64_t digits = precision - (exponent - third * 3) - 1;
        if (digits < 0 || digits > 300)
            return tcn_raise(rt, TCN_EXC_ValueError,
                             "Format specifier missing precision");
        double scaled = third < 0 ? f * pow(10, -third * 3) : f / pow(10, third * 3);
        tcn_str u = tcn_text_str(unit.text);
        bool is_close = (u.len == 0 && prefix[0] == '\0') || tcn_str_eq_c(u, "°") ||
                        tcn_str_eq_c(u, "′") || tcn_str_eq_c(u, "″");
        (void)snprintf(text, sizeof text, "%.*f%s%s", (int)digits, scaled,
                       is_close ? "" : " ", prefix);
        rc = tcn_put_c(rt, &rt->scratch, text);
    }
    if (rc >= 0)
        rc = tcn_show(rt, unit, &rt->scratch);
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

/* Whether a bound is given and v lies beyond it. */
static int is_beyond(tcn_rt *rt, enum tcn_order order, tcn_value v, tcn_value bound)
{
    if (bound.type == TCN_V_MISSING || bound.type == TCN_V_NONE)
        return 0;
    return tcn_compare(rt, order, v, bound);
}

int tcn_filter_humanize_clamp(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_value v = a[0], token = {.type = TCN_V_MISSING}, format = a[3], shown;
    double f = 0;
    if (v.type == TCN_V_NONE) {
        *ret = v;
        return 0;
    }
    if (v.type == TCN_V_FLOAT && !isfinite(v.real))
        return not_finite(rt, v.real, ret);
    if (v.type == TCN_V_UNDEF)
        return tcn_raise_undef(rt, v);
    int rc = tcn_to_real(rt, v, &f) < 0 ? TCN_E_INVALID : is_beyond(rt, TCN_LT, v, a[1]);
    if (rc == 1) {
        v = a[1];
        rc = tcn_is_missing(a[4]) ? tcn_text_make(rt, "<", 1, &token) : (token = a[4], 0);
    } else if (rc == 0) {
        rc = is_beyond(rt, TCN_GT, v, a[2]);
        if (rc == 1) {
            v = a[2];
            rc = tcn_is_missing(a[5]) ? tcn_text_make(rt, ">", 1, &token)
                                      : (token = a[5], 0);
        }
    }
    if (rc >= 0 && !tcn_is_missing(format) && !tcn_is_text(format))
        return tcn_raise(rt, TCN_EXC_ValueError, "invalid format for clamping");
    if (rc >= 0 && tcn_is_missing(format))
        rc = tcn_text_make(rt, "{:}", 3, &format);
    tcn_args args = {.items = &v, .count = 1};
    if (rc >= 0)
        rc = tcn_format_text(rt, format, &args, &shown);
    size_t start = tcn_scratch_begin(rt);
    if (rc >= 0)
        rc = tcn_show(rt, token, &rt->scratch);
    if (rc >= 0)
        rc = tcn_show(rt, shown, &rt->scratch);
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}
