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

/* int(v), which reads texts and cuts fractions off. */
static int whole_number(tcn_rt *rt, tcn_value v, int64_t fallback, int64_t *ret)
{
    const tcn_text *text = tcn_text_of(&v);
    if (text != NULL)
        return tcn_str_int(tcn_str_trim(tcn_text_str(text)), INT32_MIN, INT32_MAX, ret)
                   ? 0
                   : tcn_raise(rt, TCN_EXC_ValueError,
                               "invalid literal for int() with base 10");
    if (v.type == TCN_V_FLOAT && fabs(v.real) < INT32_MAX) {
        *ret = (int64_t)v.real;
        return 0;
    }
    if (v.type == TCN_V_UNDEF)
        return tcn_raise_undef(rt, v);
    return tcn_arg_int(rt, v, fallback, ret);
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
    int rc = tcn_is_text(v) ? comma_number(rt, v, &v, ret) : real_or_text(rt, v, &f, ret);
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
        rc = format_with(rt, a[1], "%.1f", scaled, &shown);
    if (rc >= 0 && reached < COUNT && tcn_to_real(rt, shown, &again) == 1 &&
        again == pow(10, exponents[reached] - exponents[i])) {
        i++;
        rc = format_with(rt, a[1], "%.1f", 1, &shown);
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

enum {
    SIZES = 10
};

/* 1000 or 1024 to the power of exp, each exact or the nearest double. */
static double size_unit(double base, int exp)
{
    static const double powers[SIZES + 1] = {1,    1e3,  1e6,  1e9,  1e12, 1e15,
                                             1e18, 1e21, 1e24, 1e27, 1e30};
    return base > 1000 ? ldexp(1, 10 * exp) : powers[exp];
}

/* Whether the format rounds a size up to the next unit. */
static int is_rounded_up(tcn_rt *rt, tcn_value format, double size, double base)
{
    tcn_value shown;
    double again = 0;
    int rc = format_with(rt, format, "%.1f", size, &shown);
    if (rc >= 0)
        rc = tcn_to_real(rt, shown, &again);
    if (rc == 0)
        return tcn_raise(rt, TCN_EXC_ValueError, "could not convert string to float");
    return rc < 0 ? rc : fabs(again) >= base;
}

static int put_size(tcn_rt *rt, tcn_value format, double bytes, bool is_binary,
                    bool is_gnu)
{
    static const char letters[] = "kMGTPEZYRQ";
    double base = is_binary || is_gnu ? 1024 : 1000;
    double exponent = log(fabs(bytes)) / log(base);
    int exp = exponent < SIZES ? (int)exponent : SIZES;
    tcn_value shown;
    char unit[8];
    int rc = exp == SIZES
                 ? 0
                 : is_rounded_up(rt, format, fabs(bytes) / size_unit(base, exp), base);
    if (rc < 0)
        return rc;
    exp += rc;
    char letter = base > 1000 && exp == 1 ? 'K' : letters[exp - 1];
    if (is_gnu)
        (void)snprintf(unit, sizeof unit, "%c", letter);
    else
        (void)snprintf(unit, sizeof unit, " %c%sB", letter, is_binary ? "i" : "");
    rc = format_with(rt, format, "%.1f", bytes / size_unit(base, exp), &shown);
    if (rc >= 0 && shown.type != TCN_V_STR)
        return tcn_raise(rt, TCN_EXC_TypeError,
                         "unsupported operand type(s) for +: '%s' and 'str'",
                         tcn_type_name(shown));
    if (rc >= 0)
        rc = tcn_show(rt, shown, &rt->scratch);
    return rc < 0 ? rc : tcn_put_c(rt, &rt->scratch, unit);
}

int tcn_filter_humanize_naturalsize(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    bool is_binary = tcn_arg_bool(a[1], false);
    bool is_gnu = tcn_arg_bool(a[2], false);
    double bytes = 0;
    char text[96];
    int rc = tcn_to_real(rt, a[0], &bytes);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return tcn_raise(rt,
                         tcn_is_text(a[0]) || a[0].type == TCN_V_BYTES
                             ? TCN_EXC_ValueError
                             : TCN_EXC_TypeError,
                         "could not convert to float");
    if (isnan(bytes))
        return tcn_raise(rt, TCN_EXC_ValueError, "cannot convert float NaN to integer");
    if (fabs(bytes) < (is_binary || is_gnu ? 1024 : 1000)) {
        const char *unit = fabs(bytes) == 1 ? " Byte" : " Bytes";
        int n = snprintf(text, sizeof text, "%d%s", (int)bytes, is_gnu ? "B" : unit);
        return tcn_text_make(rt, text, (size_t)n, ret);
    }
    size_t start = tcn_scratch_begin(rt);
    rc = put_size(rt, a[3], bytes, is_binary, is_gnu);
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
    if (d == 1)
        len = snprintf(text, sizeof text, "%.0f", whole + (double)n + 0.0);
    else if (whole == 0)
        len = snprintf(text, sizeof text, "%" PRId64 "/%" PRId64, n, d);
    else
        len = snprintf(text, sizeof text, "%.0f %" PRId64 "/%" PRId64, whole,
                       n < 0 ? -n : n, d);
    return tcn_text_make(rt, text, (size_t)len, ret);
}

static int put_scientific(tcn_rt *rt, double f, int64_t precision)
{
    static const char *const digits[] = {"⁰", "¹", "²", "³", "⁴",
                                         "⁵", "⁶", "⁷", "⁸", "⁹"};
    char text[400], exponent[24];
    if (precision < 0)
        return tcn_raise(rt, TCN_EXC_ValueError, "Format specifier missing precision");
    if (precision > 300)
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
    rc = whole_number(rt, a[1], 2, &precision);
    size_t start = tcn_scratch_begin(rt);
    if (rc >= 0)
        rc = put_scientific(rt, f, precision);
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

/* As many digits as precision leaves behind the point. */
static int metric_digits(int exponent, int64_t precision)
{
    int64_t digits = precision - (exponent % 3 + 3) % 3 - 1;
    return digits < 0 ? 0 : (int)digits;
}

static int floor_third(int exponent)
{
    return (exponent >= 0 ? exponent : exponent - 2) / 3;
}

/* 9.999 becomes 10.0: one digit less behind the point, or the next prefix. */
static bool metric_carries(double scaled, int exponent, int digits)
{
    char text[400];
    (void)snprintf(text, sizeof text, "%.*f", digits, fabs(scaled));
    return exponent < 30 && strtod(text, NULL) >= pow(10, (exponent % 3 + 3) % 3 + 1);
}

static int put_metric(tcn_rt *rt, double f, tcn_str unit, int64_t precision)
{
    static const char *const large[] = {"k", "M", "G", "T", "P", "E", "Z", "Y", "R", "Q"};
    static const char *const small[] = {"m", "μ", "n", "p", "f", "a", "z", "y", "r", "q"};
    char text[400];
    int exponent = f == 0 ? 0 : (int)floor(log10(fabs(f)));
    if (exponent >= 33 || exponent < -30)
        return put_scientific(rt, f, precision - 1);
    if (precision > 300)
        return tcn_raise_limit(rt, "width", 300);
    int third = floor_third(exponent);
    int digits = metric_digits(exponent, precision);
    f /= pow(10, third * 3);
    if (metric_carries(f, exponent, digits)) {
        exponent++;
        f /= pow(10, (floor_third(exponent) - third) * 3);
        digits = metric_digits(exponent, precision);
    }
    const char *prefix = exponent >= 3  ? large[exponent / 3 - 1]
                         : exponent < 0 ? small[(-exponent - 1) / 3]
                                        : "";
    bool is_close = (unit.len == 0 && prefix[0] == '\0') || tcn_str_eq_c(unit, "°") ||
                    tcn_str_eq_c(unit, "′") || tcn_str_eq_c(unit, "″");
    (void)snprintf(text, sizeof text, "%.*f%s%s", digits, f, is_close ? "" : " ", prefix);
    return tcn_put_c(rt, &rt->scratch, text);
}

int tcn_filter_humanize_metric(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    double f = 0;
    int64_t precision = 3;
    tcn_value unit;
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
        rc = a[2].type == TCN_V_UNDEF ? tcn_raise_undef(rt, a[2])
                                      : tcn_arg_int(rt, a[2], 3, &precision);
    if (rc < 0)
        return rc;
    size_t start = tcn_scratch_begin(rt);
    rc = put_metric(rt, f, tcn_text_str(unit.text), precision);
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
