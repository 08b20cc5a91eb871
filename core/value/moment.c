/* SPDX-License-Identifier: Apache-2.0 */
/* moment.c - Python's datetime, date, time and timedelta as text. Names of days and
 * months are English whatever the locale. */
#include "core/value/moment.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/err.h"

static const char *const day_names[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                        "Friday", "Saturday", "Sunday"};
static const char *const month_names[] = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};

void tcn_moment_parts(tcn_value v, tcn_date *ret)
{
    tcn_date_of(v.moment->at_us, v.moment->offset_s, ret);
}

double tcn_delta_seconds(int64_t us)
{
    return (double)us / 1e6;
}

int tcn_moment_make(tcn_rt *rt, enum tcn_value_type type, tcn_moment moment,
                    tcn_value *ret)
{
    tcn_moment *copy = tcn_arena_alloc(rt->arena, sizeof *copy);
    if (copy == NULL)
        return tcn_raise_memory(rt);
    *copy = moment;
    *ret = (tcn_value){.type = (uint8_t)type, .moment = copy};
    return 0;
}

int tcn_moment_add(tcn_rt *rt, tcn_value v, int64_t us, tcn_value *ret)
{
    tcn_moment moment = *v.moment;
    int64_t first = tcn_date_days(1, 1, 1) * TCN_DAY_US;
    int64_t end = (tcn_date_days(9999, 12, 31) + 1) * TCN_DAY_US;
    int64_t shown;
    bool is_over = __builtin_add_overflow(moment.at_us, us, &moment.at_us);
    shown = moment.at_us;
    is_over =
        is_over || __builtin_add_overflow(shown, moment.offset_s * TCN_SECOND_US, &shown);
    if (is_over || shown < first || shown >= end)
        return tcn_raise(rt, TCN_EXC_OverflowError, "date value out of range");
    return tcn_moment_make(rt, (enum tcn_value_type)v.type, moment, ret);
}

static size_t put_offset(int offset_s, const char *colon, char *out, size_t size)
{
    int size_s = abs(offset_s);
    char sign = offset_s < 0 ? '-' : '+';
    if (size_s % 60 != 0)
        return (size_t)snprintf(out, size, "%c%02d%s%02d%s%02d", sign, size_s / 3600,
                                colon, size_s / 60 % 60, colon, size_s % 60);
    return (size_t)snprintf(out, size, "%c%02d%s%02d", sign, size_s / 3600, colon,
                            size_s / 60 % 60);
}

static size_t put_clock(const tcn_date *d, enum tcn_timespec spec, char *out, size_t size)
{
    switch (spec) {
    case TCN_TIMESPEC_HOURS:
        return (size_t)snprintf(out, size, "%02d", d->hour);
    case TCN_TIMESPEC_MINUTES:
        return (size_t)snprintf(out, size, "%02d:%02d", d->hour, d->minute);
    case TCN_TIMESPEC_MILLI:
        return (size_t)snprintf(out, size, "%02d:%02d:%02d.%03d", d->hour, d->minute,
                                d->second, d->microsecond / 1000);
    case TCN_TIMESPEC_MICRO:
        return (size_t)snprintf(out, size, "%02d:%02d:%02d.%06d", d->hour, d->minute,
                                d->second, d->microsecond);
    case TCN_TIMESPEC_AUTO:
        if (d->microsecond != 0)
            return put_clock(d, TCN_TIMESPEC_MICRO, out, size);
        break;
    case TCN_TIMESPEC_SECONDS:
        break;
    }
    return (size_t)snprintf(out, size, "%02d:%02d:%02d", d->hour, d->minute, d->second);
}

int tcn_moment_iso(tcn_rt *rt, tcn_value v, tcn_str separator, enum tcn_timespec spec,
                   tcn_buf *out)
{
    char text[96];
    tcn_date d;
    tcn_moment_parts(v, &d);
    int rc = 0;
    if (v.type != TCN_V_TIME) {
        int n = snprintf(text, sizeof text, "%04d-%02d-%02d", d.year, d.month, d.day);
        rc = tcn_put(rt, out, text, (size_t)n);
    }
    if (v.type == TCN_V_DATETIME && rc >= 0)
        rc = tcn_put(rt, out, separator.ptr, separator.len);
    if (v.type == TCN_V_DATE || rc < 0)
        return rc;
    size_t n = put_clock(&d, spec, text, sizeof text);
    if (!v.moment->is_naive)
        n += put_offset(v.moment->offset_s, ":", text + n, sizeof text - n);
    return tcn_put(rt, out, text, n);
}

int tcn_moment_show(tcn_rt *rt, tcn_value v, tcn_buf *out)
{
    return tcn_moment_iso(rt, v, TCN_STR(" "), TCN_TIMESPEC_AUTO, out);
}

int tcn_moment_json(tcn_rt *rt, tcn_value v, tcn_buf *out)
{
    if (v.type != TCN_V_DATETIME || v.moment->offset_s != 0 || v.moment->is_naive)
        return tcn_moment_iso(rt, v, TCN_STR("T"), TCN_TIMESPEC_AUTO, out);
    char text[TCN_DATETIME_TEXT];
    return tcn_put(rt, out, text, tcn_datetime_format(v.moment->at_us, text));
}

int tcn_moment_repr(tcn_rt *rt, tcn_value v, tcn_buf *out)
{
    char text[160];
    size_t n;
    tcn_date d;
    tcn_moment_parts(v, &d);
    if (v.type == TCN_V_DATE) {
        n = (size_t)snprintf(text, sizeof text, "datetime.date(%d, %d, %d)", d.year,
                             d.month, d.day);
        return tcn_put(rt, out, text, n);
    }
    if (v.type == TCN_V_TIME)
        n = (size_t)snprintf(text, sizeof text, "datetime.time(%d, %d", d.hour, d.minute);
    else
        n = (size_t)snprintf(text, sizeof text, "datetime.datetime(%d, %d, %d, %d, %d",
                             d.year, d.month, d.day, d.hour, d.minute);
    if (d.second != 0 || d.microsecond != 0)
        n += (size_t)snprintf(text + n, sizeof text - n, ", %d", d.second);
    if (d.microsecond != 0)
        n += (size_t)snprintf(text + n, sizeof text - n, ", %d", d.microsecond);
    if (!v.moment->is_naive)
        n += (size_t)snprintf(text + n, sizeof text - n, ", tzinfo=TzInfo(%d)",
                              v.moment->offset_s);
    n += (size_t)snprintf(text + n, sizeof text - n, ")");
    return tcn_put(rt, out, text, n);
}

typedef struct span {
    int64_t days;
    int seconds, microseconds;
} span;

/* As Python keeps it: only days may be negative. */
static span span_of(int64_t us)
{
    span s = {.days = us / TCN_DAY_US};
    int64_t rest = us % TCN_DAY_US;
    if (rest < 0) {
        rest += TCN_DAY_US;
        s.days--;
    }
    s.seconds = (int)(rest / TCN_SECOND_US);
    s.microseconds = (int)(rest % TCN_SECOND_US);
    return s;
}

int tcn_delta_show(tcn_rt *rt, int64_t us, tcn_buf *out)
{
    span s = span_of(us);
    char text[96];
    size_t n = 0;
    if (s.days != 0)
        n = (size_t)snprintf(text, sizeof text, "%" PRId64 " day%s, ", s.days,
                             s.days == 1 || s.days == -1 ? "" : "s");
    n += (size_t)snprintf(text + n, sizeof text - n, "%d:%02d:%02d", s.seconds / 3600,
                          s.seconds / 60 % 60, s.seconds % 60);
    if (s.microseconds != 0)
        n += (size_t)snprintf(text + n, sizeof text - n, ".%06d", s.microseconds);
    return tcn_put(rt, out, text, n);
}

int tcn_delta_repr(tcn_rt *rt, int64_t us, tcn_buf *out)
{
    span s = span_of(us);
    char text[128];
    size_t n = (size_t)snprintf(text, sizeof text, "datetime.timedelta(");
    size_t start = n;
    if (s.days != 0)
        n += (size_t)snprintf(text + n, sizeof text - n, "days=%" PRId64, s.days);
    if (s.seconds != 0)
        n += (size_t)snprintf(text + n, sizeof text - n, "%sseconds=%d",
                              n > start ? ", " : "", s.seconds);
    if (s.microseconds != 0)
        n += (size_t)snprintf(text + n, sizeof text - n, "%smicroseconds=%d",
                              n > start ? ", " : "", s.microseconds);
    if (n == start)
        n += (size_t)snprintf(text + n, sizeof text - n, "0");
    n += (size_t)snprintf(text + n, sizeof text - n, ")");
    return tcn_put(rt, out, text, n);
}

static int iso_weeks(int year)
{
    /* A year has 53 weeks when it begins on Thursday, or on Wednesday and is a leap year.
     */
    int64_t days = tcn_date_days(year, 1, 1);
    int weekday = (int)(((days + 3) % 7 + 7) % 7);
    bool is_leap = tcn_date_days(year + 1, 1, 1) - days == 366;
    return weekday == 3 || (weekday == 2 && is_leap) ? 53 : 52;
}

static void iso_week(const tcn_date *d, int *ret_year, int *ret_week)
{
    int week = (d->yearday - 1 - d->weekday + 10) / 7;
    int year = d->year;
    if (week < 1) {
        year--;
        week = iso_weeks(year);
    } else if (week > iso_weeks(year)) {
        year++;
        week = 1;
    }
    *ret_year = year;
    *ret_week = week;
}

static int put_number(tcn_rt *rt, tcn_buf *out, const char *format_zero, int width,
                      int number, bool has_pad)
{
    char text[32];
    int n = has_pad ? snprintf(text, sizeof text, *format_zero == '0' ? "%0*d" : "%*d",
                               width, number)
                    : snprintf(text, sizeof text, "%d", number);
    return tcn_put(rt, out, text, (size_t)n);
}

static int hour12(int hour)
{
    return hour % 12 == 0 ? 12 : hour % 12;
}

static int put_zone(tcn_rt *rt, tcn_value v, char directive, bool has_colon, tcn_buf *out)
{
    if (v.type == TCN_V_DATE || v.moment->is_naive)
        return 0;
    char text[32];
    if (directive == 'Z' && v.moment->offset_s == 0)
        return tcn_put_c(rt, out, "UTC");
    bool is_split = directive == 'Z' || has_colon;
    size_t n = put_offset(v.moment->offset_s, is_split ? ":" : "", text, sizeof text);
    return tcn_put(rt, out, text, n);
}

static int put_composite(tcn_rt *rt, tcn_value v, char directive, tcn_buf *out)
{
    const char *format = "";
    switch (directive) {
    case 'c':
        format = "%a %b %e %H:%M:%S %Y";
        break;
    case 'x':
    case 'D':
        format = "%m/%d/%y";
        break;
    case 'X':
    case 'T':
        format = "%H:%M:%S";
        break;
    case 'F':
        format = "%Y-%m-%d";
        break;
    case 'R':
        format = "%H:%M";
        break;
    case 'r':
        format = "%I:%M:%S %p";
        break;
    default:
        break;
    }
    return tcn_moment_strftime(rt, v, tcn_str_c(format), out);
}

/* One directive; unknown ones are left as they are, as glibc does. */
static int put_directive(tcn_rt *rt, tcn_value v, const tcn_date *d, char c, bool has_pad,
                         tcn_buf *out)
{
    char text[48];
    int year = 0;
    int week = 0;
    switch (c) {
    case 'a':
        return tcn_put(rt, out, day_names[d->weekday], 3);
    case 'A':
        return tcn_put_c(rt, out, day_names[d->weekday]);
    case 'b':
    case 'h':
        return tcn_put(rt, out, month_names[d->month - 1], 3);
    case 'B':
        return tcn_put_c(rt, out, month_names[d->month - 1]);
    case 'd':
        return put_number(rt, out, "0", 2, d->day, has_pad);
    case 'e':
        return put_number(rt, out, " ", 2, d->day, has_pad);
    case 'H':
        return put_number(rt, out, "0", 2, d->hour, has_pad);
    case 'k':
        return put_number(rt, out, " ", 2, d->hour, has_pad);
    case 'I':
        return put_number(rt, out, "0", 2, hour12(d->hour), has_pad);
    case 'l':
        return put_number(rt, out, " ", 2, hour12(d->hour), has_pad);
    case 'j':
        return put_number(rt, out, "0", 3, d->yearday, has_pad);
    case 'm':
        return put_number(rt, out, "0", 2, d->month, has_pad);
    case 'M':
        return put_number(rt, out, "0", 2, d->minute, has_pad);
    case 'S':
        return put_number(rt, out, "0", 2, d->second, has_pad);
    case 'f':
        return put_number(rt, out, "0", 6, d->microsecond, true);
    case 'p':
        return tcn_put_c(rt, out, d->hour < 12 ? "AM" : "PM");
    case 'P':
        return tcn_put_c(rt, out, d->hour < 12 ? "am" : "pm");
    case 'y':
        return put_number(rt, out, "0", 2, d->year % 100, has_pad);
    case 'C':
        return put_number(rt, out, "0", 2, d->year / 100, has_pad);
    case 'Y':
        return put_number(rt, out, "0", 4, d->year, false);
    case 'u':
        return put_number(rt, out, "0", 1, d->weekday + 1, false);
    case 'w':
        return put_number(rt, out, "0", 1, (d->weekday + 1) % 7, false);
    case 'U':
        return put_number(rt, out, "0", 2, (d->yearday + 6 - (d->weekday + 1) % 7) / 7,
                          has_pad);
    case 'W':
        return put_number(rt, out, "0", 2, (d->yearday + 6 - d->weekday) / 7, has_pad);
    case 'G':
        iso_week(d, &year, &week);
        return put_number(rt, out, "0", 4, year, has_pad);
    case 'g':
        iso_week(d, &year, &week);
        return put_number(rt, out, "0", 2, year % 100, has_pad);
    case 'V':
        iso_week(d, &year, &week);
        return put_number(rt, out, "0", 2, week, has_pad);
    case 's':
        /* As mktime has it: date and time as they are shown, taken as UTC. */
        (void)snprintf(text, sizeof text, "%" PRId64,
                       (v.moment->at_us + v.moment->offset_s * TCN_SECOND_US) /
                           TCN_SECOND_US);
        return tcn_put_c(rt, out, text);
    case 'n':
        return tcn_put_char(rt, out, '\n');
    case 't':
        return tcn_put_char(rt, out, '\t');
    case 'z':
    case 'Z':
        return put_zone(rt, v, c, false, out);
    case '%':
        return tcn_put_char(rt, out, '%');
    default:
        if (strchr("cxXDTFRr", c) != NULL)
            return put_composite(rt, v, c, out);
        text[0] = '%';
        text[1] = c;
        return tcn_put(rt, out, text, 2);
    }
}

int tcn_moment_strftime(tcn_rt *rt, tcn_value v, tcn_str format, tcn_buf *out)
{
    tcn_date d;
    tcn_moment_parts(v, &d);
    int rc = 0;
    for (size_t i = 0; i < format.len && rc >= 0; i++) {
        char c = format.ptr[i];
        if (c != '%' || i + 1 == format.len) {
            rc = tcn_put_char(rt, out, c);
            continue;
        }
        c = format.ptr[++i];
        bool has_flag = (c == '-' || c == ':') && i + 1 < format.len;
        if (c == ':' && has_flag && format.ptr[i + 1] == 'z') {
            i++;
            rc = put_zone(rt, v, 'z', true, out);
        } else if (c == '-' && has_flag &&
                   strchr("deHIjklmMSyUWVgGC", format.ptr[i + 1]) != NULL) {
            rc = put_directive(rt, v, &d, format.ptr[++i], false, out);
        } else {
            rc = put_directive(rt, v, &d, c, true, out);
        }
        if (rc >= 0)
            rc = tcn_charge(rt, 1);
    }
    return rc;
}
