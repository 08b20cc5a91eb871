/* SPDX-License-Identifier: Apache-2.0 */
/* humanize_time.c - spans of time in words: "4 minutes", "an hour ago", "1 day and 2.5
 * seconds". */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "core/base/err.h"
#include "core/template/convert.h"
#include "core/template/filters.h"
#include "core/template/format.h"
#include "core/template/humanize.h"
#include "core/value/moment.h"

enum unit {
    MICROSECONDS,
    MILLISECONDS,
    SECONDS,
    MINUTES,
    HOURS,
    DAYS,
    MONTHS,
    YEARS,
    UNITS
};
static const char *const unit_names[] = {"microsecond", "millisecond", "second", "minute",
                                         "hour",        "day",         "month",  "year"};

/* In Python the name is upper-cased first. */
static bool is_unit(tcn_str name, enum unit unit)
{
    size_t len = strlen(unit_names[unit]);
    if (name.len != len + 1)
        return false;
    for (size_t i = 0; i <= len; i++) {
        char c = name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? (char)(name.ptr[i] | 32)
                                                          : name.ptr[i];
        if (c != (i < len ? unit_names[unit][i] : 's'))
            return false;
    }
    return true;
}

static int unit_of(tcn_rt *rt, tcn_value v, enum unit fallback, enum unit *ret)
{
    *ret = fallback;
    if (tcn_is_missing(v))
        return 0;
    if (v.type == TCN_V_UNDEF)
        return tcn_raise_undef(rt, v);
    const tcn_text *text = tcn_text_of(&v);
    char quoted[256];
    if (text == NULL)
        return tcn_raise(rt, TCN_EXC_AttributeError,
                         "'%s' object has no attribute 'upper'", tcn_type_name(v));
    for (size_t i = 0; i < UNITS; i++) {
        if (!is_unit(tcn_text_str(text), (enum unit)i))
            continue;
        *ret = (enum unit)i;
        return 0;
    }
    return tcn_raise(rt, TCN_EXC_KeyError, "%s",
                     tcn_quote(tcn_text_str(text), quoted, sizeof quoted));
}

static int put_count(tcn_rt *rt, int64_t count, const char *one, const char *noun,
                     tcn_buf *out)
{
    char text[96];
    if (count == 1)
        return tcn_put_c(rt, out, one);
    (void)snprintf(text, sizeof text, "%" PRId64 " %ss", count, noun);
    return tcn_put_c(rt, out, text);
}

static int put_years(tcn_rt *rt, int64_t years, tcn_buf *out)
{
    char text[96];
    int low = (int)(years % 1000);
    int middle = (int)(years / 1000 % 1000);
    if (years < 1000)
        (void)snprintf(text, sizeof text, "%d years", low);
    else if (years < 1000000)
        (void)snprintf(text, sizeof text, "%d,%03d years", middle, low);
    else
        (void)snprintf(text, sizeof text, "%" PRId64 ",%03d,%03d years", years / 1000000,
                       middle, low);
    return tcn_put_c(rt, out, text);
}

static int put_below_second(tcn_rt *rt, int64_t us, enum unit minimum, tcn_buf *out)
{
    if (minimum == MICROSECONDS && us < 1000)
        return put_count(rt, us, "1 microsecond", "microsecond", out);
    if (minimum != SECONDS)
        return put_count(rt, us / 1000, "1 millisecond", "millisecond", out);
    return tcn_put_c(rt, out, "a moment");
}

static int put_below_day(tcn_rt *rt, int64_t us, enum unit minimum, tcn_buf *out)
{
    int64_t seconds = us / TCN_SECOND_US;
    if (seconds == 0)
        return put_below_second(rt, us, minimum, out);
    if (seconds < 60)
        return put_count(rt, seconds, "a second", "second", out);
    int64_t minutes = (int64_t)rint((double)seconds / 60);
    if (seconds < 3600 && minutes < 60)
        return put_count(rt, minutes, "a minute", "minute", out);
    int64_t hours = seconds < 3600 ? 1 : (int64_t)rint((double)seconds / 3600);
    return hours == 24 ? tcn_put_c(rt, out, "a day")
                       : put_count(rt, hours, "an hour", "hour", out);
}

/* abs(delta) in the words of naturaldelta. */
static int put_delta(tcn_rt *rt, int64_t us, bool has_months, enum unit minimum,
                     tcn_buf *out)
{
    us = us < 0 ? (us == INT64_MIN ? INT64_MAX : -us) : us;
    int64_t all_days = us / TCN_DAY_US;
    int64_t years = all_days / 365;
    int64_t days = all_days % 365;
    int64_t months = (int64_t)rint((double)days / 30.5);
    if (years == 0 && days < 1)
        return put_below_day(rt, us % TCN_DAY_US, minimum, out);
    if (years == 0 && (!has_months || months == 0 || days == 1))
        return put_count(rt, days, "a day", "day", out);
    if (years == 0)
        return months == 12 ? tcn_put_c(rt, out, "a year")
                            : put_count(rt, months, "a month", "month", out);
    if (years > 1)
        return put_years(rt, (int64_t)rint((double)all_days / 365), out);
    if (months == 0 && days == 0)
        return tcn_put_c(rt, out, "a year");
    if (has_months && months == 12)
        return put_years(rt, 2, out);
    int rc = tcn_put_c(rt, out, "1 year, ");
    if (rc < 0)
        return rc;
    return has_months && months > 0 ? put_count(rt, months, "1 month", "month", out)
                                    : put_count(rt, days, "1 day", "day", out);
}

/* timedelta(seconds=f), which must be a number in its range. */
static int check_seconds(tcn_rt *rt, double seconds)
{
    if (fabs(seconds) < 8.64e13)
        return 0;
    return tcn_raise(rt, TCN_EXC_OverflowError, "days out of range for timedelta");
}

static bool fits_us(double seconds)
{
    return fabs(seconds) < 9.2e12;
}

static int64_t us_of(double seconds)
{
    double whole = trunc(seconds);
    return (int64_t)whole * TCN_SECOND_US + (int64_t)rint((seconds - whole) * 1e6);
}

int tcn_humanize_span(tcn_rt *rt, tcn_value v, int64_t now_us, bool is_rounded,
                      int64_t *ret_us, tcn_value *ret_date)
{
    double seconds = 0;
    tcn_moment now = {.at_us = now_us, .is_naive = true};
    if (v.type == TCN_V_DATETIME) {
        *ret_us = now_us - v.moment->at_us;
        *ret_date = v;
        return 1;
    }
    if (v.type == TCN_V_DELTA) {
        *ret_us = v.integer;
    } else {
        int rc = tcn_is_number(v) ? tcn_to_real(rt, v, &seconds) : 0;
        if (rc <= 0 || isnan(seconds))
            return rc < 0 ? rc : 0;
        if (check_seconds(rt, seconds) < 0)
            return TCN_E_INVALID;
        if (!fits_us(seconds))
            return tcn_raise(rt, TCN_EXC_OverflowError, "date value out of range");
        *ret_us = us_of(is_rounded ? rint(seconds) : seconds);
    }
    tcn_value from;
    int rc = tcn_moment_make(rt, TCN_V_DATETIME, now, &from);
    if (rc >= 0)
        rc = tcn_moment_add(rt, from, -*ret_us, ret_date);
    return rc < 0 ? rc : 1;
}

static int small_unit(tcn_rt *rt, tcn_value v, enum unit *ret)
{
    int rc = unit_of(rt, v, SECONDS, ret);
    if (rc >= 0 && *ret > SECONDS)
        return tcn_raise(rt, TCN_EXC_ValueError, "Minimum unit '%ss' not supported",
                         unit_names[*ret]);
    return rc;
}

/* float(v) of what int() takes too: 1; 0: it is no number. */
static int delta_seconds(tcn_rt *rt, tcn_value v, double *ret)
{
    const tcn_text *text = tcn_text_of(&v);
    if (text != NULL) {
        int rc = tcn_text_to_int(rt, tcn_text_str(text), 10, &v);
        if (rc <= 0)
            return rc;
    }
    int rc = tcn_is_number(v) ? tcn_to_real(rt, v, ret) : 0;
    if (rc <= 0 || !isfinite(*ret))
        return rc < 0 ? rc : 0;
    rc = check_seconds(rt, *ret);
    return rc < 0 ? rc : 1;
}

int tcn_filter_humanize_naturaldelta(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    enum unit minimum = SECONDS;
    double seconds = 0;
    int rc = small_unit(rt, a[2], &minimum);
    if (rc >= 0 && a[0].type == TCN_V_UNDEF)
        return tcn_raise_undef(rt, a[0]);
    if (rc >= 0 && a[0].type != TCN_V_DELTA) {
        rc = delta_seconds(rt, a[0], &seconds);
        if (rc == 0)
            return tcn_to_plain(rt, a[0], ret);
    }
    size_t start = tcn_scratch_begin(rt);
    if (rc >= 0 && a[0].type == TCN_V_DELTA)
        rc = put_delta(rt, a[0].integer, tcn_arg_bool(a[1], true), minimum, &rt->scratch);
    else if (rc >= 0 && fits_us(seconds))
        rc = put_delta(rt, us_of(seconds), tcn_arg_bool(a[1], true), minimum,
                       &rt->scratch);
    else if (rc >= 0)
        rc = put_years(rt, (int64_t)rint(floor(fabs(seconds) / 86400) / 365),
                       &rt->scratch);
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

int tcn_filter_humanize_naturaltime(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    enum unit minimum = SECONDS;
    int64_t now_us = rt->now_us;
    int64_t ago_us = 0;
    tcn_value date;
    bool is_future = tcn_arg_bool(a[1], false);
    if (a[0].type == TCN_V_UNDEF)
        return tcn_text_make(rt, "", 0, ret);
    if (a[4].type == TCN_V_DATETIME)
        now_us = a[4].moment->at_us;
    else if (!tcn_is_missing(a[4]) && tcn_truth(a[4]))
        return tcn_raise(rt, TCN_EXC_TypeError, "when is not a datetime but %s",
                         tcn_type_name(a[4]));
    int rc = tcn_humanize_span(rt, a[0], now_us, true, &ago_us, &date);
    if (rc == 0)
        return tcn_to_plain(rt, a[0], ret);
    if (a[0].type == TCN_V_DATETIME || a[0].type == TCN_V_DELTA)
        is_future = ago_us < 0;
    if (rc >= 0)
        rc = small_unit(rt, a[3], &minimum);
    size_t start = tcn_scratch_begin(rt);
    if (rc >= 0)
        rc = put_delta(rt, ago_us, tcn_arg_bool(a[2], true), minimum, &rt->scratch);
    if (rc < 0)
        return rc;
    tcn_str shown = tcn_str_of(rt->scratch.ptr + start, rt->scratch.len - start);
    if (tcn_str_eq_c(shown, "a moment")) {
        rt->scratch.len = start;
        return tcn_text_make(rt, "now", 3, ret);
    }
    rc = tcn_put_c(rt, &rt->scratch, is_future ? " from now" : " ago");
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

typedef struct precise {
    tcn_rt *rt;
    enum unit minimum;
    bool is_suppressed[UNITS];
    tcn_value format;
    double counts[UNITS];
} precise;

/* float(format % f) */
static int rounded(const precise *p, double f, double *ret)
{
    tcn_value shown;
    int rc = tcn_format_percent(p->rt, p->format, tcn_real(f), &shown);
    if (rc < 0)
        return rc;
    if (tcn_text_to_real(tcn_text_str(shown.text), ret) == 1)
        return 0;
    return tcn_raise(p->rt, TCN_EXC_ValueError, "could not convert string to float");
}

/* How many of the unit are in *rest, which keeps what is left. */
static int take(precise *p, enum unit unit, double divisor, double *rest)
{
    if (unit == p->minimum) {
        int rc = rounded(p, *rest / divisor, &p->counts[unit]);
        *rest = 0;
        return rc;
    }
    if (p->is_suppressed[unit])
        return 0;
    /* Half a day that months leave over is dropped, as Python does it. */
    p->counts[unit] = floor(*rest / divisor);
    *rest = trunc(*rest - p->counts[unit] * divisor);
    return 0;
}

static int split_units(precise *p, int64_t us)
{
    static const struct step {
        enum unit unit;
        double divisor, factor; /* what is left is multiplied before the next step */
    } steps[] = {
        {YEARS, 365, 1},         {MONTHS, 30.5, 86400}, {DAYS, 86400, 1},
        {HOURS, 3600, 1},        {MINUTES, 60, 1e6},    {SECONDS, 1e6, 1},
        {MILLISECONDS, 1000, 1},
    };
    double rest = (double)(us / TCN_DAY_US);
    double seconds = (double)(us % TCN_DAY_US / TCN_SECOND_US);
    double micros = (double)(us % TCN_SECOND_US);
    /* Days, then seconds, then microseconds join as the steps get small enough: what is
     * smaller than the minimum unit's step is dropped. */
    int rc = 0;
    for (size_t i = 0; i < TCN_COUNT(steps) && rc >= 0; i++) {
        if (steps[i].unit == DAYS)
            rest += seconds;
        if (steps[i].unit == SECONDS)
            rest += micros;
        if (steps[i].unit < p->minimum)
            break;
        rc = take(p, steps[i].unit, steps[i].divisor, &rest);
        rest *= steps[i].factor;
    }
    if (p->minimum == MICROSECONDS && rc >= 0)
        p->counts[MICROSECONDS] = rest;
    /* Behind a whole number of years humanize does not stop. */
    if (p->minimum == YEARS && rc >= 0 && p->counts[YEARS] == floor(p->counts[YEARS]))
        p->counts[MICROSECONDS] = (double)(us % TCN_DAY_US);
    return rc;
}

/* 60 seconds are a minute once rounding made them so. */
static void carry(precise *p)
{
    static const double sizes[] = {1000, 1000, 60, 60, 24, 31, 12};
    for (size_t i = p->minimum; i < YEARS; i++) {
        size_t next = i + 1;
        if (p->counts[i] < sizes[i] || p->is_suppressed[next])
            continue;
        p->counts[i] -= sizes[i];
        p->counts[next] += 1;
    }
}

static int put_unit(const precise *p, enum unit unit)
{
    double count = p->counts[unit];
    tcn_value text;
    int rc;
    if (unit == p->minimum && count != floor(count))
        rc = tcn_format_percent(p->rt, p->format, tcn_real(count), &text);
    else
        rc = tcn_to_text(p->rt, tcn_int((int64_t)count), &text);
    if (rc >= 0 && unit == YEARS && count == floor(count) && count >= 1000) {
        tcn_value a[2] = {text, {.type = TCN_V_MISSING}};
        rc = tcn_filter_humanize_intcomma(p->rt, a, &text);
    }
    if (rc >= 0)
        rc = tcn_show(p->rt, text, &p->rt->scratch);
    if (rc >= 0)
        rc = tcn_put_char(p->rt, &p->rt->scratch, ' ');
    if (rc >= 0)
        rc = tcn_put_c(p->rt, &p->rt->scratch, unit_names[unit]);
    return rc < 0 || count == 1 ? rc : tcn_put_char(p->rt, &p->rt->scratch, 's');
}

static int put_units(const precise *p)
{
    enum unit shown[UNITS];
    size_t count = 0;
    int rc = 0;
    for (int i = YEARS; i >= MICROSECONDS; i--) {
        if (p->counts[i] > 0 || (count == 0 && i == (int)p->minimum))
            shown[count++] = (enum unit)i;
    }
    for (size_t i = 0; i < count && rc >= 0; i++) {
        if (i > 0)
            rc = tcn_put_c(p->rt, &p->rt->scratch, i + 1 == count ? " and " : ", ");
        if (rc >= 0)
            rc = put_unit(p, shown[i]);
    }
    return rc;
}

static int suppress(precise *p, tcn_value v)
{
    tcn_value items;
    if (tcn_is_missing(v))
        return 0;
    int rc = tcn_items(p->rt, v, &items);
    for (uint32_t i = 0; rc >= 0 && i < items.list->count; i++) {
        enum unit unit = SECONDS;
        rc = unit_of(p->rt, items.list->items[i], SECONDS, &unit);
        if (rc >= 0)
            p->is_suppressed[unit] = true;
    }
    return rc;
}

/* The smallest unit that is not suppressed, from minimum on. */
static int find_minimum(precise *p)
{
    int rc = 0;
    while (rc >= 0 && p->is_suppressed[p->minimum]) {
        if (p->minimum == YEARS)
            return tcn_raise(p->rt, TCN_EXC_ValueError,
                             "Minimum unit is suppressed and no "
                             "suitable replacement was found");
        p->minimum++;
    }
    return rc;
}

int tcn_filter_humanize_precisedelta(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    precise p = {.rt = rt, .format = a[3]};
    int64_t us = 0;
    tcn_value date;
    if (a[0].type == TCN_V_UNDEF)
        return tcn_text_make(rt, "", 0, ret);
    int rc = tcn_humanize_check_zone(rt, a[0]);
    if (rc >= 0)
        rc = tcn_humanize_span(rt, a[0], rt->now_us, false, &us, &date);
    if (rc == 0)
        return tcn_to_plain(rt, a[0], ret);
    if (rc >= 0 && tcn_is_missing(a[3]))
        rc = tcn_text_make(rt, "%0.2f", 5, &p.format);
    else if (rc >= 0 && !tcn_is_text(a[3]))
        rc = tcn_raise(rt, TCN_EXC_TypeError, "the format is not a text but %s",
                       tcn_type_name(a[3]));
    if (rc >= 0)
        rc = suppress(&p, a[2]);
    if (rc >= 0)
        rc = unit_of(rt, a[1], SECONDS, &p.minimum);
    if (rc >= 0)
        rc = find_minimum(&p);
    if (rc >= 0)
        rc = split_units(&p, us < 0 ? -us : us);
    if (rc < 0)
        return rc;
    carry(&p);
    size_t start = tcn_scratch_begin(rt);
    rc = put_units(&p);
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

int tcn_filter_humanize_abs_timedelta(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return tcn_absolute(rt, a[0], ret);
}
