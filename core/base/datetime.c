/* SPDX-License-Identifier: Apache-2.0 */
/* datetime.c - reading and writing points in time and durations. The calendar is the
 * proleptic Gregorian one; leap seconds do not exist. */
#include "core/base/datetime.h"

#include "core/base/compiler.h"

/* Unix numbers above it are milliseconds, as pydantic takes them. */
#define UNIX_SECONDS_MAX INT64_C(20000000000)
#define AT_MIN_US        (INT64_C(-62135596800) * TCN_SECOND_US) /* 0001-01-01 */
#define AT_END_US        (INT64_C(253402300800) * TCN_SECOND_US) /* 10000-01-01 */
#define DURATION_MAX_US  (INT64_C(100000000) * TCN_DAY_US)
#define WHOLE_MAX        INT64_C(1000000000000000)

/* What is left of the text while it is read from the left. */
typedef struct cursor {
    const char *p, *end;
} cursor;

static cursor cursor_of(tcn_str s)
{
    return (cursor){s.ptr, s.len != 0 ? s.ptr + s.len : s.ptr};
}

static bool at_end(const cursor *c)
{
    return c->p == c->end;
}

static bool take(cursor *c, char wanted)
{
    if (c->p == c->end || *c->p != wanted)
        return false;
    c->p++;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool at_digit(const cursor *c)
{
    return c->p != c->end && is_digit(*c->p);
}

/* Exactly count digits. */
static bool take_digits(cursor *c, int count, int *ret)
{
    if (c->end - c->p < count)
        return false;
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (!is_digit(c->p[i]))
            return false;
        value = value * 10 + (c->p[i] - '0');
    }
    c->p += count;
    *ret = value;
    return true;
}

/* One digit or more, at most limit. */
static bool take_number(cursor *c, int64_t limit, int64_t *ret)
{
    if (!at_digit(c))
        return false;
    int64_t value = 0;
    for (; at_digit(c); c->p++) {
        value = value * 10 + (*c->p - '0');
        if (value > limit)
            return false;
    }
    *ret = value;
    return true;
}

/* The digits of a fraction, as millionths; what is smaller is cut. */
static bool take_fraction(cursor *c, int digits_max, int64_t *ret_millionths)
{
    int64_t value = 0;
    int64_t unit = 100000;
    int digits = 0;
    for (; at_digit(c); c->p++) {
        value += (*c->p - '0') * unit;
        unit /= 10;
        if (++digits > digits_max)
            return false;
    }
    *ret_millionths = value;
    return digits != 0;
}

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int year, int month)
{
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Years are counted from March, so that the leap day is the last of its year; 400 years
 * have 146097 days, and 719468 of them lie before 1970. */
int64_t tcn_date_days(int year, int month, int day)
{
    int64_t y = month <= 2 ? (int64_t)year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t month_from_march = (month + 9) % 12;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void set_date(int64_t days, tcn_date *ret)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    ret->day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    ret->month =
        (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    ret->year = (int)(year_of_era + era * 400 + (ret->month <= 2));
    ret->weekday = (int)(((days + 3) % 7 + 7) % 7);
    ret->yearday = (int)(days - tcn_date_days(ret->year, 1, 1)) + 1;
}

void tcn_date_of(int64_t at_us, int offset_s, tcn_date *ret)
{
    int64_t local = at_us + offset_s * TCN_SECOND_US;
    int64_t days = local / TCN_DAY_US;
    int64_t rest = local % TCN_DAY_US;
    if (rest < 0) {
        rest += TCN_DAY_US;
        days--;
    }
    set_date(days, ret);
    ret->hour = (int)(rest / TCN_HOUR_US);
    ret->minute = (int)(rest / TCN_MINUTE_US % 60);
    ret->second = (int)(rest / TCN_SECOND_US % 60);
    ret->microsecond = (int)(rest % TCN_SECOND_US);
}

static bool take_date(cursor *c, int64_t *ret_us)
{
    int year = 0, month = 0, day = 0;
    if (!take_digits(c, 4, &year) || !take(c, '-') || !take_digits(c, 2, &month) ||
        !take(c, '-') || !take_digits(c, 2, &day))
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1 ||
        day > days_in_month(year, month))
        return false;
    *ret_us = tcn_date_days(year, month, day) * TCN_DAY_US;
    return true;
}

static bool take_time(cursor *c, int64_t *ret_us)
{
    int hour = 0, minute = 0, second = 0;
    int64_t micro = 0;
    if (!take_digits(c, 2, &hour) || !take(c, ':') || !take_digits(c, 2, &minute))
        return false;
    if (take(c, ':')) {
        if (!take_digits(c, 2, &second))
            return false;
        if ((take(c, '.') || take(c, ',')) && !take_fraction(c, 9, &micro))
            return false;
    }
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    *ret_us =
        hour * TCN_HOUR_US + minute * TCN_MINUTE_US + second * TCN_SECOND_US + micro;
    return true;
}

/* "+" or "-" or the minus sign U+2212: 1, -1, or 0 when there is none. */
static int take_sign(cursor *c)
{
    if (take(c, '+'))
        return 1;
    if (take(c, '-'))
        return -1;
    if (c->end - c->p >= 3 && memcmp(c->p, "\xe2\x88\x92", 3) == 0) {
        c->p += 3;
        return -1;
    }
    return 0;
}

/* The zone up to the end of the text; none is UTC. */
static bool take_zone(cursor *c, int *ret_offset_s)
{
    *ret_offset_s = 0;
    if (at_end(c))
        return true;
    if (take(c, 'Z') || take(c, 'z'))
        return at_end(c);
    int sign = take_sign(c);
    int hours = 0, minutes = 0;
    if (sign == 0 || !take_digits(c, 2, &hours))
        return false;
    bool has_colon = take(c, ':');
    if ((has_colon || !at_end(c)) && !take_digits(c, 2, &minutes))
        return false;
    if (hours > 23 || minutes > 59)
        return false;
    *ret_offset_s = sign * (hours * 3600 + minutes * 60);
    return at_end(c);
}

static bool parse_number(tcn_str text, int64_t *ret_at_us)
{
    cursor c = cursor_of(text);
    bool is_negative = take(&c, '-');
    if (!is_negative)
        (void)take(&c, '+');
    int64_t whole = 0, millionths = 0;
    if (!take_number(&c, WHOLE_MAX, &whole))
        return false;
    if (take(&c, '.') && !take_fraction(&c, 40, &millionths))
        return false;
    if (!at_end(&c))
        return false;
    int64_t at_us = 0;
    if (whole > UNIX_SECONDS_MAX)
        at_us = whole * TCN_MS_US + millionths / 1000;
    else
        at_us = whole * TCN_SECOND_US + millionths;
    *ret_at_us = is_negative ? -at_us : at_us;
    return true;
}

static bool parse_text(tcn_str text, int64_t *ret_at_us, int *ret_offset_s)
{
    cursor c = cursor_of(text);
    int64_t date_us = 0, time_us = 0;
    if (!take_date(&c, &date_us))
        return false;
    if (!at_end(&c)) {
        if (!take(&c, 'T') && !take(&c, 't') && !take(&c, ' ') && !take(&c, '_'))
            return false;
        if (!take_time(&c, &time_us))
            return false;
        (void)(c.end - c.p > 1 && take(&c, ' '));
        if (!take_zone(&c, ret_offset_s))
            return false;
    }
    *ret_at_us = date_us + time_us - *ret_offset_s * TCN_SECOND_US;
    return true;
}

bool tcn_datetime_parse(tcn_str text, int64_t *ret_at_us, int *ret_offset_s)
{
    int64_t at_us = 0;
    int offset_s = 0;
    if (!parse_text(text, &at_us, &offset_s) && !parse_number(text, &at_us))
        return false;
    if (at_us < AT_MIN_US || at_us >= AT_END_US)
        return false;
    *ret_at_us = at_us;
    if (ret_offset_s != NULL)
        *ret_offset_s = offset_s;
    return true;
}

/* Writes value with count digits and returns the place behind them. */
static char *put_digits(char *out, int value, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return out + count;
}

size_t tcn_datetime_format(int64_t at_us, char out[TCN_DATETIME_TEXT])
{
    tcn_date date;
    tcn_date_of(at_us, 0, &date);
    char *p = put_digits(out, date.year, 4);
    *p++ = '-';
    p = put_digits(p, date.month, 2);
    *p++ = '-';
    p = put_digits(p, date.day, 2);
    *p++ = 'T';
    p = put_digits(p, date.hour, 2);
    *p++ = ':';
    p = put_digits(p, date.minute, 2);
    *p++ = ':';
    p = put_digits(p, date.second, 2);
    if (date.microsecond != 0) {
        *p++ = '.';
        p = put_digits(p, date.microsecond, 6);
    }
    *p++ = 'Z';
    *p = '\0';
    return (size_t)(p - out);
}

/* whole.millionths of unit_us added to *total; false when it leaves the range. */
static bool add_units(int64_t *total, int64_t whole, int64_t millionths, int64_t unit_us)
{
    if (whole > DURATION_MAX_US / unit_us)
        return false;
    /* Every unit is a multiple of 1000 us, and the product of the rest fits. */
    int64_t us = whole * unit_us + unit_us / 1000 * millionths / 1000;
    return !__builtin_add_overflow(*total, us, total) && *total <= DURATION_MAX_US;
}

/* One component of an ISO duration, such as "1.5H". *order keeps them in their order. */
static bool take_component(cursor *c, bool is_time, int *order, int64_t *total)
{
    static const struct {
        char letter;
        bool is_time;
        int64_t unit_us;
    } units[] = {
        {'Y', false, 365 * TCN_DAY_US}, {'M', false, 30 * TCN_DAY_US},
        {'W', false, 7 * TCN_DAY_US},   {'D', false, TCN_DAY_US},
        {'H', true, TCN_HOUR_US},       {'M', true, TCN_MINUTE_US},
        {'S', true, TCN_SECOND_US},
    };
    int64_t whole = 0, millionths = 0;
    if (!take_number(c, WHOLE_MAX, &whole))
        return false;
    if ((take(c, '.') || take(c, ',')) && !take_fraction(c, 9, &millionths))
        return false;
    for (int i = *order; i < (int)TCN_COUNT(units); i++) {
        if (units[i].is_time != is_time || !take(c, units[i].letter))
            continue;
        *order = i + 1;
        return add_units(total, whole, millionths, units[i].unit_us);
    }
    return false;
}

static bool parse_iso(cursor c, int64_t *ret_us)
{
    int64_t total = 0;
    int order = 0;
    bool is_time = false;
    if (!take(&c, 'P') || at_end(&c))
        return false;
    while (!at_end(&c)) {
        if (!is_time && take(&c, 'T')) {
            is_time = true;
            if (at_end(&c))
                return false;
        }
        if (!take_component(&c, is_time, &order, &total))
            return false;
    }
    *ret_us = total;
    return true;
}

static void take_blanks(cursor *c)
{
    while (take(c, ' '))
        continue;
}

static bool take_word(cursor *c, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(c->end - c->p) < len || memcmp(c->p, word, len) != 0)
        return false;
    c->p += len;
    return true;
}

/* "[D days,] HH:MM:SS[.f]", the form in which Python prints a timedelta. */
static bool parse_clock(cursor c, int64_t *ret_us)
{
    int64_t total = 0, days = 0;
    cursor ahead = c;
    if (take_number(&ahead, DURATION_MAX_US / TCN_DAY_US, &days)) {
        take_blanks(&ahead);
        if (take_word(&ahead, "days") || take_word(&ahead, "day") || take(&ahead, 'd')) {
            (void)take(&ahead, ',');
            take_blanks(&ahead);
            total = days * TCN_DAY_US;
            c = ahead;
            if (at_end(&c)) {
                *ret_us = total;
                return true;
            }
        }
    }
    int64_t hours = 0, micro = 0;
    int minutes = 0, seconds = 0;
    if (!take_number(&c, 23, &hours) || !take(&c, ':') || !take_digits(&c, 2, &minutes))
        return false;
    if (take(&c, ':')) {
        if (!take_digits(&c, 2, &seconds))
            return false;
        if (take(&c, '.') && !take_fraction(&c, 9, &micro))
            return false;
    }
    if (!at_end(&c) || minutes > 59 || seconds > 59)
        return false;
    *ret_us = total + hours * TCN_HOUR_US + minutes * TCN_MINUTE_US +
              seconds * TCN_SECOND_US + micro;
    return true;
}

bool tcn_duration_iso(tcn_str text, int64_t *ret_us)
{
    cursor c = cursor_of(text);
    int sign = take_sign(&c);
    int64_t us = 0;
    if (!parse_iso(c, &us) && !parse_clock(c, &us))
        return false;
    *ret_us = sign < 0 ? -us : us;
    return true;
}

bool tcn_duration_config(tcn_str text, int64_t *ret_us)
{
    static const struct {
        const char *suffix;
        int64_t unit_us;
    } units[] = {
        {"ms", TCN_MS_US},  {"s", TCN_SECOND_US}, {"m", TCN_MINUTE_US},
        {"h", TCN_HOUR_US}, {"d", TCN_DAY_US},    {"", TCN_SECOND_US},
    };
    cursor c = cursor_of(text);
    int64_t whole = 0, millionths = 0, total = 0;
    if (!take_number(&c, WHOLE_MAX, &whole))
        return false;
    if (take(&c, '.') && !take_fraction(&c, 9, &millionths))
        return false;
    for (size_t i = 0; i < TCN_COUNT(units); i++) {
        cursor rest = c;
        if (!take_word(&rest, units[i].suffix) || !at_end(&rest))
            continue;
        if (!add_units(&total, whole, millionths, units[i].unit_us))
            return false;
        *ret_us = total;
        return true;
    }
    return false;
}
