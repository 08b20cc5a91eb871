/* SPDX-License-Identifier: Apache-2.0 */
/* methods_time.c - attributes of datetime, date, time, timedelta and UUID. */
#include <stdio.h>

#include "core/base/err.h"
#include "core/template/natives.h"
#include "core/value/big.h"
#include "core/value/moment.h"

enum part {
    YEAR,
    MONTH,
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    MICRO
};

static int part_of(tcn_rt *rt, tcn_value self, enum part part, tcn_value *ret)
{
    tcn_date d;
    (void)rt;
    tcn_moment_parts(self, &d);
    int parts[] = {d.year, d.month, d.day, d.hour, d.minute, d.second, d.microsecond};
    *ret = tcn_int(parts[part]);
    return 0;
}

static int time_year(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    return part_of(rt, self, YEAR, ret);
}

static int time_month(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    return part_of(rt, self, MONTH, ret);
}

static int time_day(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    return part_of(rt, self, DAY, ret);
}

static int time_hour(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    return part_of(rt, self, HOUR, ret);
}

static int time_minute(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    return part_of(rt, self, MINUTE, ret);
}

static int time_second(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    return part_of(rt, self, SECOND, ret);
}

static int time_micro(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    return part_of(rt, self, MICRO, ret);
}

static int timespec_of(tcn_rt *rt, tcn_value v, enum tcn_timespec *ret)
{
    static const char *const names[] = {"auto",    "hours",        "minutes",
                                        "seconds", "milliseconds", "microseconds"};
    const tcn_text *text = NULL;
    *ret = TCN_TIMESPEC_AUTO;
    if (v.type == TCN_V_MISSING)
        return 0;
    int rc = tcn_arg_text(rt, v, &text);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < TCN_COUNT(names); i++) {
        if (tcn_str_eq_c(tcn_text_str(text), names[i])) {
            *ret = (enum tcn_timespec)i;
            return 0;
        }
    }
    return tcn_raise(rt, TCN_EXC_ValueError, "Unknown timespec value");
}

static int time_isoformat(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    const tcn_text *separator = NULL;
    enum tcn_timespec spec = TCN_TIMESPEC_AUTO;
    bool is_point = a[0].type == TCN_V_DATETIME;
    int rc = is_point && !tcn_is_missing(a[1]) ? tcn_arg_text(rt, a[1], &separator) : 0;
    if (rc >= 0 && separator != NULL && separator->count != 1)
        rc = tcn_raise(rt, TCN_EXC_TypeError,
                       "isoformat() argument 1 must be a character");
    if (rc >= 0)
        rc = timespec_of(rt, a[is_point ? 2 : 1], &spec);
    if (rc < 0)
        return rc;
    size_t start = tcn_scratch_begin(rt);
    rc = tcn_moment_iso(rt, a[0],
                        separator != NULL ? tcn_text_str(separator) : TCN_STR("T"), spec,
                        &rt->scratch);
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

static int time_strftime(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    const tcn_text *format = NULL;
    int rc = tcn_arg_text(rt, a[1], &format);
    if (rc < 0)
        return rc;
    size_t start = tcn_scratch_begin(rt);
    rc = tcn_moment_strftime(rt, a[0], tcn_text_str(format), &rt->scratch);
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

static int need_point(tcn_rt *rt, tcn_value v, const char *name)
{
    if (v.type == TCN_V_DATETIME)
        return 0;
    return tcn_raise(rt, TCN_EXC_TypeError, "'%s' object has no method '%s'",
                     tcn_type_name(v), name);
}

static int time_date(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    int rc = need_point(rt, a[0], "date");
    if (rc < 0)
        return rc;
    tcn_date d;
    tcn_moment_parts(a[0], &d);
    int64_t day = tcn_date_days(d.year, d.month, d.day);
    return tcn_moment_make(
        rt, TCN_V_DATE, (tcn_moment){.at_us = day * TCN_DAY_US, .is_naive = true}, ret);
}

static int time_time(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    int rc = need_point(rt, a[0], "time");
    if (rc < 0)
        return rc;
    tcn_date d;
    tcn_moment_parts(a[0], &d);
    int64_t us =
        ((d.hour * 60 + d.minute) * 60 + d.second) * TCN_SECOND_US + d.microsecond;
    return tcn_moment_make(rt, TCN_V_TIME, (tcn_moment){.at_us = us, .is_naive = true},
                           ret);
}

static int time_timestamp(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    int rc = need_point(rt, a[0], "timestamp");
    if (rc >= 0)
        *ret = tcn_real((double)a[0].moment->at_us / 1e6);
    return rc;
}

static int time_weekday(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_date d;
    (void)rt;
    tcn_moment_parts(a[0], &d);
    *ret = tcn_int(d.weekday);
    return 0;
}

static int time_isoweekday(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_date d;
    (void)rt;
    tcn_moment_parts(a[0], &d);
    *ret = tcn_int(d.weekday + 1);
    return 0;
}

static int month_days(int year, int month)
{
    int next_year = month == 12 ? year + 1 : year;
    int next_month = month == 12 ? 1 : month + 1;
    return (int)(tcn_date_days(next_year, next_month, 1) - tcn_date_days(year, month, 1));
}

/* a[1] on: the fields from first to last, year being 0, and the zone of all but dates. */
static int replace_fields(tcn_rt *rt, tcn_value *a, size_t first, size_t last,
                          tcn_value *ret)
{
    static const char *const names[] = {"year",   "month",  "day",        "hour",
                                        "minute", "second", "microsecond"};
    static const int64_t lows[] = {1, 1, 1, 0, 0, 0, 0};
    int64_t highs[] = {9999, 12, 31, 23, 59, 59, 999999};
    tcn_date d;
    tcn_moment_parts(a[0], &d);
    int64_t parts[] = {d.year, d.month, d.day, d.hour, d.minute, d.second, d.microsecond};
    for (size_t i = first; i <= last; i++) {
        int rc = tcn_arg_int(rt, a[1 + i - first], parts[i], &parts[i]);
        if (rc < 0)
            return rc;
        if (i == 2)
            highs[2] = month_days((int)parts[0], (int)parts[1]);
        if (parts[i] < lows[i] || parts[i] > highs[i])
            return tcn_raise(rt, TCN_EXC_ValueError,
                             i == 2 ? "day is out of range for month"
                                    : "%s is out of range",
                             names[i]);
    }
    tcn_moment moment = *a[0].moment;
    if (a[0].type != TCN_V_DATE && !tcn_is_missing(a[2 + last - first])) {
        tcn_value zone = a[2 + last - first];
        if (zone.type != TCN_V_NONE)
            return tcn_raise(rt, TCN_EXC_TypeError,
                             "tzinfo argument must be None, not '%s'",
                             tcn_type_name(zone));
        moment.is_naive = true;
        moment.offset_s = 0;
    }
    int64_t days = tcn_date_days((int)parts[0], (int)parts[1], (int)parts[2]);
    moment.at_us = days * TCN_DAY_US + parts[3] * TCN_HOUR_US + parts[4] * TCN_MINUTE_US +
                   parts[5] * TCN_SECOND_US + parts[6] - moment.offset_s * TCN_SECOND_US;
    return tcn_moment_make(rt, (enum tcn_value_type)a[0].type, moment, ret);
}

static int date_replace(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return replace_fields(rt, a, 0, 2, ret);
}

static int time_replace(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return replace_fields(rt, a, 3, 6, ret);
}

static int point_replace(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return replace_fields(rt, a, 0, 6, ret);
}

static int replace_method(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    static const tcn_native of_date = {.name = "replace",
                                       .params = "year month day",
                                       .min = 1,
                                       .max = 4,
                                       .call = date_replace};
    static const tcn_native of_time = {.name = "replace",
                                       .params = "hour minute second microsecond tzinfo",
                                       .min = 1,
                                       .max = 6,
                                       .call = time_replace};
    static const tcn_native of_point = {
        .name = "replace",
        .params = "year month day hour minute second microsecond tzinfo",
        .min = 1,
        .max = 9,
        .call = point_replace};
    return tcn_bound_make(rt,
                          self.type == TCN_V_DATE   ? &of_date
                          : self.type == TCN_V_TIME ? &of_time
                                                    : &of_point,
                          self, ret);
}

static int time_astimezone(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    int rc = need_point(rt, a[0], "astimezone");
    if (rc >= 0 && !tcn_is_missing(a[1]) && a[1].type != TCN_V_NONE)
        rc =
            tcn_raise(rt, TCN_EXC_TypeError, "tz argument must be an instance of tzinfo");
    if (rc < 0)
        return rc;
    tcn_moment moment = *a[0].moment;
    moment.offset_s = 0;
    moment.is_naive = false;
    return tcn_moment_make(rt, TCN_V_DATETIME, moment, ret);
}

static int time_utcoffset(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    (void)rt;
    *ret = a[0].moment->is_naive ? tcn_none()
                                 : tcn_delta(a[0].moment->offset_s * TCN_SECOND_US);
    return 0;
}

static int time_tzname(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    if (a[0].moment->is_naive) {
        *ret = tcn_none();
        return 0;
    }
    size_t start = tcn_scratch_begin(rt);
    int rc = tcn_moment_strftime(rt, a[0], TCN_STR("%Z"), &rt->scratch);
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

static int time_tzinfo(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    tcn_value a[1] = {self};
    return time_tzname(rt, a, ret);
}

static int64_t floor_days(int64_t us)
{
    return us / TCN_DAY_US - (us % TCN_DAY_US < 0);
}

static int delta_days(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    (void)rt;
    *ret = tcn_int(floor_days(self.integer));
    return 0;
}

static int delta_seconds(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    (void)rt;
    *ret =
        tcn_int((self.integer - floor_days(self.integer) * TCN_DAY_US) / TCN_SECOND_US);
    return 0;
}

static int delta_micro(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    (void)rt;
    *ret =
        tcn_int((self.integer - floor_days(self.integer) * TCN_DAY_US) % TCN_SECOND_US);
    return 0;
}

static int delta_total(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    (void)rt;
    *ret = tcn_real(tcn_delta_seconds(a[0].integer));
    return 0;
}

static int uuid_hex(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    char text[33];
    for (int i = 0; i < 16; i++)
        (void)snprintf(text + (ptrdiff_t)2 * i, 3, "%02x", self.uuid->bytes[i]);
    return tcn_text_make(rt, text, 32, ret);
}

static int uuid_int(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    return tcn_big_from_bytes(rt, self.uuid->bytes, 16, ret);
}

static int uuid_urn(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    char text[9 + TCN_UUID_TEXT + 1] = "urn:uuid:";
    (void)tcn_uuid_format(self.uuid, text + 9);
    return tcn_text_make(rt, text, 9 + TCN_UUID_TEXT, ret);
}

static int uuid_version(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    bool is_rfc = (self.uuid->bytes[8] & 0xC0) == 0x80;
    (void)rt;
    *ret = is_rfc ? tcn_int(self.uuid->bytes[6] >> 4) : tcn_none();
    return 0;
}

static int uuid_fields(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    static const uint8_t widths[] = {4, 2, 2, 1, 1, 6};
    const uint8_t *byte = self.uuid->bytes;
    int rc = tcn_list_make(rt, TCN_V_TUPLE, TCN_COUNT(widths), ret);
    for (size_t i = 0; i < TCN_COUNT(widths) && rc >= 0; i++) {
        int64_t field = 0;
        for (int j = 0; j < widths[i]; j++)
            field = field << 8 | *byte++;
        rc = tcn_list_push(rt, *ret, tcn_int(field));
    }
    return rc;
}

/* Bytes from to the one before to as a number, the first the most significant. */
static int64_t uuid_number(tcn_value self, size_t from, size_t to)
{
    int64_t number = 0;
    for (size_t i = from; i < to; i++)
        number = number << 8 | self.uuid->bytes[i];
    return number;
}

#define UUID_NUMBER(name, expression)                                  \
    static int uuid_##name(tcn_rt *rt, tcn_value self, tcn_value *ret) \
    {                                                                  \
        (void)rt;                                                      \
        *ret = tcn_int(expression);                                    \
        return 0;                                                      \
    }
UUID_NUMBER(time_low, uuid_number(self, 0, 4))
UUID_NUMBER(time_mid, uuid_number(self, 4, 6))
UUID_NUMBER(time_hi_version, uuid_number(self, 6, 8))
UUID_NUMBER(clock_seq_hi_variant, uuid_number(self, 8, 9))
UUID_NUMBER(clock_seq_low, uuid_number(self, 9, 10))
UUID_NUMBER(clock_seq, uuid_number(self, 8, 10) & 0x3FFF)
UUID_NUMBER(node, uuid_number(self, 10, 16))
UUID_NUMBER(time, (uuid_number(self, 6, 8) & 0xFFF) << 48 |
                      uuid_number(self, 4, 6) << 32 | uuid_number(self, 0, 4))

static int uuid_variant(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    uint8_t byte = self.uuid->bytes[8];
    const char *name = (byte & 0x80) == 0   ? "reserved for NCS compatibility"
                       : (byte & 0x40) == 0 ? "specified in RFC 4122"
                       : (byte & 0x20) == 0 ? "reserved for Microsoft compatibility"
                                            : "reserved for future definition";
    return tcn_text_make(rt, name, strlen(name), ret);
}

static int made_bytes(tcn_rt *rt, const uint8_t *bytes, tcn_value *ret)
{
    *ret = tcn_bytes_new(rt->arena, tcn_str_of((const char *)bytes, 16));
    return tcn_is_missing(*ret) ? tcn_raise_memory(rt) : 0;
}

static int uuid_bytes(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    return made_bytes(rt, self.uuid->bytes, ret);
}

/* The first three fields with their least significant byte first. */
static int uuid_bytes_le(tcn_rt *rt, tcn_value self, tcn_value *ret)
{
    static const uint8_t order[16] = {3, 2, 1,  0,  5,  4,  7,  6,
                                      8, 9, 10, 11, 12, 13, 14, 15};
    uint8_t bytes[16];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = self.uuid->bytes[order[i]];
    return made_bytes(rt, bytes, ret);
}

/* clang-format off */
const tcn_member tcn_datetime_members[TCN_ATOM_COUNT] = {
    [TCN_A_year] = TCN_PROP(time_year), [TCN_A_month] = TCN_PROP(time_month),
    [TCN_A_day] = TCN_PROP(time_day), [TCN_A_hour] = TCN_PROP(time_hour),
    [TCN_A_minute] = TCN_PROP(time_minute), [TCN_A_second] = TCN_PROP(time_second),
    [TCN_A_microsecond] = TCN_PROP(time_micro), [TCN_A_tzinfo] = TCN_PROP(time_tzinfo),
    [TCN_A_isoformat] = TCN_METHOD("isoformat", "sep timespec", 1, 3, time_isoformat),
    [TCN_A_strftime] = TCN_METHOD("strftime", "format", 2, 2, time_strftime),
    [TCN_A_date] = TCN_METHOD("date", "", 1, 1, time_date),
    [TCN_A_time] = TCN_METHOD("time", "", 1, 1, time_time),
    [TCN_A_timestamp] = TCN_METHOD("timestamp", "", 1, 1, time_timestamp),
    [TCN_A_weekday] = TCN_METHOD("weekday", "", 1, 1, time_weekday),
    [TCN_A_isoweekday] = TCN_METHOD("isoweekday", "", 1, 1, time_isoweekday),
    [TCN_A_replace] = TCN_PROP(replace_method),
    [TCN_A_astimezone] = TCN_METHOD("astimezone", "tz", 1, 2, time_astimezone),
    [TCN_A_utcoffset] = TCN_METHOD("utcoffset", "", 1, 1, time_utcoffset),
    [TCN_A_tzname] = TCN_METHOD("tzname", "", 1, 1, time_tzname),
};
const tcn_member tcn_delta_members[TCN_ATOM_COUNT] = {
    [TCN_A_days] = TCN_PROP(delta_days), [TCN_A_seconds] = TCN_PROP(delta_seconds),
    [TCN_A_microseconds] = TCN_PROP(delta_micro),
    [TCN_A_total_seconds] = TCN_METHOD("total_seconds", "", 1, 1, delta_total),
};
const tcn_member tcn_uuid_members[TCN_ATOM_COUNT] = {
    [TCN_A_hex] = TCN_PROP(uuid_hex), [TCN_A_int] = TCN_PROP(uuid_int),
    [TCN_A_urn] = TCN_PROP(uuid_urn), [TCN_A_version] = TCN_PROP(uuid_version),
    [TCN_A_fields] = TCN_PROP(uuid_fields), [TCN_A_variant] = TCN_PROP(uuid_variant),
    [TCN_A_bytes] = TCN_PROP(uuid_bytes), [TCN_A_bytes_le] = TCN_PROP(uuid_bytes_le),
    [TCN_A_time_low] = TCN_PROP(uuid_time_low), [TCN_A_time_mid] = TCN_PROP(uuid_time_mid),
    [TCN_A_time_hi_version] = TCN_PROP(uuid_time_hi_version),
    [TCN_A_clock_seq] = TCN_PROP(uuid_clock_seq),
    [TCN_A_clock_seq_hi_variant] = TCN_PROP(uuid_clock_seq_hi_variant),
    [TCN_A_clock_seq_low] = TCN_PROP(uuid_clock_seq_low),
    [TCN_A_node] = TCN_PROP(uuid_node), [TCN_A_time] = TCN_PROP(uuid_time),
};
/* clang-format on */
