/* SPDX-License-Identifier: Apache-2.0 */
/* humanize_number.c - numbers in words and with commas, ordinals, fractions, bounds. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "core/base/err.h"
#include "core/template/convert.h"
#include "core/template/filters.h"
#include "core/template/format.h"
#include "core/template/humanize.h"
#include "core/value/big.h"

static int not_finite(tcn_rt *rt, double f, tcn_value *ret)
{
    const char *text = isnan(f) ? "NaN" : (f < 0 ? "-Inf" : "+Inf");
    return tcn_text_make(rt, text, strlen(text), ret);
}

int tcn_humanize_real(tcn_rt *rt, tcn_value v, double *ret_f, tcn_value *ret)
{
    int rc = tcn_to_real(rt, v, ret_f);
    if (rc < 0)
        return rc;
    if (rc == 1 && isfinite(*ret_f))
        return 1;
    rc = rc == 1 ? not_finite(rt, *ret_f, ret) : tcn_to_plain(rt, v, ret);
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
    rc = tcn_to_plain(rt, v, ret);
    return rc < 0 ? rc : 0;
}

int tcn_humanize_format(tcn_rt *rt, tcn_value format, const char *fallback, double f,
                        tcn_value *ret)
{
    int rc = tcn_is_missing(format)
                 ? tcn_text_make(rt, fallback, strlen(fallback), &format)
                 : 0;
    if (rc >= 0 && !tcn_is_text(format))
        return tcn_arith(rt, TCN_MOD, format, tcn_real(f), ret);
    return rc < 0 ? rc : tcn_format_percent(rt, format, tcn_real(f), ret);
}

/* The number that a text with commas is: 1; 0: *ret is what the filter gives instead. */
static int comma_number(tcn_rt *rt, tcn_value text, tcn_value *ret_number, tcn_value *ret)
{
    tcn_value args[4] = {text, {0}, {0}, {0}};
    tcn_value plain;
    double f = 0;
    int rc = tcn_text_make(rt, ",", 1, &args[1]);
    if (rc >= 0)
        rc = tcn_text_make(rt, "", 0, &args[2]);
    args[3] = tcn_none();
    if (rc >= 0)
        rc = tcn_filter_replace(rt, args, &plain);
    if (rc < 0)
        return rc;
    tcn_str digits = tcn_text_str(plain.text);
    int is_real = tcn_text_to_real(digits, &f);
    if (is_real == 1 && !isfinite(f)) {
        rc = not_finite(rt, f, ret);
        return rc < 0 ? rc : 0;
    }
    bool has_point = memchr(digits.ptr, '.', digits.len) != NULL;
    *ret = plain;
    if (is_real == 1 && !has_point)
        return tcn_text_to_int(rt, digits, 10, ret_number);
    *ret_number = tcn_real(f);
    return is_real;
}

int tcn_filter_humanize_intcomma(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_value v = a[0];
    tcn_value spec;
    double f = 0;
    if (v.type == TCN_V_UNDEF)
        return tcn_raise_undef(rt, v);
    int rc =
        tcn_is_text(v) ? comma_number(rt, v, &v, ret) : tcn_humanize_real(rt, v, &f, ret);
    if (rc <= 0)
        return rc;
    bool has_digits = !tcn_is_missing(a[1]) && a[1].type != TCN_V_NONE;
    size_t start = tcn_scratch_begin(rt);
    rc = tcn_put_c(rt, &rt->scratch, has_digits ? ",." : ",");
    if (rc >= 0 && has_digits)
        rc = tcn_show(rt, a[1], &rt->scratch);
    if (rc >= 0 && has_digits)
        rc = tcn_put_char(rt, &rt->scratch, 'f');
    if (rc >= 0)
        rc = tcn_scratch_end(rt, start, &spec);
    if (rc >= 0)
        rc = tcn_format_value(rt, v, tcn_text_str(spec.text), &rt->scratch);
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

/* How many of the words' powers v reaches. */
static int count_powers(tcn_rt *rt, tcn_value v, const int *exponents, int count)
{
    int reached = 0;
    while (reached < count) {
        tcn_value power;
        int rc = tcn_arith(rt, TCN_POW, tcn_int(10), tcn_int(exponents[reached]), &power);
        if (rc >= 0)
            rc = tcn_compare(rt, TCN_GE, v, power);
        if (rc <= 0)
            return rc < 0 ? rc : reached;
        reached++;
    }
    return reached;
}

/* v / 10**exponent, exact before it is rounded once. */
static int scale_down(tcn_rt *rt, tcn_value v, int exponent, double *ret)
{
    tcn_value power, scaled;
    int rc = tcn_arith(rt, TCN_POW, tcn_int(10), tcn_int(exponent), &power);
    if (rc >= 0)
        rc = tcn_arith(rt, TCN_DIV, v, power, &scaled);
    *ret = rc >= 0 ? scaled.real : 0;
    return rc;
}

int tcn_filter_humanize_intword(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    static const char *const words[] = {"thousand",   "million",     "billion",
                                        "trillion",   "quadrillion", "quintillion",
                                        "sextillion", "septillion",  "octillion",
                                        "nonillion",  "decillion",   "googol"};
    static const int exponents[] = {3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 100};
    enum {
        COUNT = TCN_COUNT(words)
    };
    tcn_value v, size, shown;
    double scaled = 0;
    double again = 0;
    int rc = int_or_text(rt, a[0], &v, ret);
    if (rc <= 0)
        return rc;
    rc = tcn_absolute(rt, v, &size);
    int reached = rc < 0 ? rc : count_powers(rt, size, exponents, COUNT);
    if (reached <= 0)
        return reached < 0 ? reached : tcn_to_plain(rt, v, ret);
    int i = reached - 1;
    rc = scale_down(rt, size, exponents[i], &scaled);
    if (rc >= 0)
        rc = tcn_humanize_format(rt, a[1], "%.1f", scaled, &shown);
    if (rc >= 0 && reached < COUNT && tcn_to_real(rt, shown, &again) == 1 &&
        again == pow(10, exponents[reached] - exponents[i])) {
        i++;
        rc = tcn_humanize_format(rt, a[1], "%.1f", 1, &shown);
    }
    size_t start = tcn_scratch_begin(rt);
    if (rc >= 0 && tcn_big_sign(v) < 0)
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
    return tcn_to_plain(rt, v, ret);
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
    int rc = tcn_humanize_real(rt, a[0], &f, ret);
    if (rc <= 0)
        return rc;
    double whole = trunc(f);
    nearest_fraction(f - whole, &n, &d);
    int len;
    if (d == 1)
        len = snprintf(text, sizeof text, "%.0f", whole + (double)n + 0.0);
    else if (whole == 0)
        len = snprintf(text, sizeof text, "%" PRId64 "/%" PRId64, n, d);
    else
        len = snprintf(text, sizeof text, "%.0f %" PRId64 "/%" PRId64, whole,
                       n < 0 ? -n : n, d);
    return tcn_text_make(rt, text, (size_t)len, ret);
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
    if (!tcn_is_number(v))
        return tcn_raise(rt, TCN_EXC_TypeError, "must be real number, not %s",
                         tcn_type_name(v));
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
        return format.type == TCN_V_UNDEF
                   ? tcn_raise_undef(rt, format)
                   : tcn_raise(rt, TCN_EXC_ValueError, "invalid format for clamping");
    if (rc >= 0 && tcn_is_missing(format))
        rc = tcn_text_make(rt, "{:}", 3, &format);
    tcn_args args = {.items = &v, .count = 1};
    if (rc >= 0)
        rc = tcn_format_text(rt, format, &args, &shown);
    if (rc < 0 || tcn_is_missing(token)) {
        *ret = shown;
        return rc;
    }
    return tcn_arith(rt, TCN_ADD, token, shown, ret);
}
