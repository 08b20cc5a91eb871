/* SPDX-License-Identifier: Apache-2.0 */
/* humanize_scale.c - numbers by their power of 1000, 1024 or ten: sizes in bytes,
 * scientific notation, metric prefixes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/err.h"
#include "core/template/convert.h"
#include "core/template/filters.h"
#include "core/template/humanize.h"

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
    int rc = tcn_humanize_format(rt, format, "%.1f", size, &shown);
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
    rc = tcn_humanize_format(rt, format, "%.1f", bytes / size_unit(base, exp), &shown);
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
    int rc = tcn_humanize_real(rt, a[0], &f, ret);
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
    int rc = tcn_humanize_real(rt, a[0], &f, ret);
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
