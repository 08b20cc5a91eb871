/* SPDX-License-Identifier: Apache-2.0 */
/* retry_after.c - reads what servers say about when to come again. The names of weekdays
 * are not compared with the date: servers get them wrong, and the date is what counts. */
#include "core/net/retry_after.h"

#include <strings.h>

#include "core/base/datetime.h"

#define LONGEST_S (INT64_C(366) * 86400)

typedef struct scan {
    tcn_str rest;
    bool is_bad;
} scan;

static void literal(scan *s, char c)
{
    s->is_bad = s->is_bad || s->rest.len == 0 || s->rest.ptr[0] != c;
    if (s->is_bad)
        return;
    s->rest = tcn_str_of(s->rest.ptr + 1, s->rest.len - 1);
}

static int number(scan *s, size_t digits)
{
    int64_t value = 0;
    bool fits = !s->is_bad && s->rest.len >= digits;
    /* asctime pads a day of one digit with a space. */
    size_t skip = fits && digits == 2 && s->rest.ptr[0] == ' ' ? 1 : 0;
    if (!fits ||
        !tcn_str_int(tcn_str_of(s->rest.ptr + skip, digits - skip), 0, 9999, &value)) {
        s->is_bad = true;
        return 0;
    }
    s->rest = tcn_str_of(s->rest.ptr + digits, s->rest.len - digits);
    return (int)value;
}

static int month(scan *s)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int i = 0; !s->is_bad && s->rest.len >= 3 && i < 12; i++)
        if (strncasecmp(s->rest.ptr, names + 3 * i, 3) == 0) {
            s->rest = tcn_str_of(s->rest.ptr + 3, s->rest.len - 3);
            return i + 1;
        }
    s->is_bad = true;
    return 1;
}

static void clock_read(scan *s, tcn_date *date)
{
    date->hour = number(s, 2);
    literal(s, ':');
    date->minute = number(s, 2);
    literal(s, ':');
    date->second = number(s, 2);
}

static void zone(scan *s)
{
    literal(s, ' ');
    literal(s, 'G');
    literal(s, 'M');
    literal(s, 'T');
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" and "Sunday, 06-Nov-94 08:49:37 GMT", after the comma.
 */
static void date_with_comma(scan *s, tcn_date *date, int this_year)
{
    literal(s, ' ');
    date->day = number(s, 2);
    bool is_old = s->rest.len > 0 && s->rest.ptr[0] == '-';
    literal(s, is_old ? '-' : ' ');
    date->month = month(s);
    literal(s, is_old ? '-' : ' ');
    date->year = number(s, is_old ? 2 : 4);
    if (is_old) {
        date->year += this_year - this_year % 100;
        /* RFC 9110: more than 50 years ahead means the century before. */
        if (date->year > this_year + 50)
            date->year -= 100;
    }
    literal(s, ' ');
    clock_read(s, date);
    zone(s);
}

/* "Sun Nov  6 08:49:37 1994", after the weekday. */
static void date_of_asctime(scan *s, tcn_date *date)
{
    literal(s, ' ');
    date->month = month(s);
    literal(s, ' ');
    date->day = number(s, 2);
    literal(s, ' ');
    clock_read(s, date);
    literal(s, ' ');
    date->year = number(s, 4);
}

static bool is_real(const tcn_date *date)
{
    return date->year >= 1 && date->day >= 1 && date->day <= 31 && date->hour < 24 &&
           date->minute < 60 && date->second <= 60;
}

static bool date_read(tcn_str value, int this_year, int64_t *ret_s)
{
    size_t letters = 0;
    while (letters < value.len && ((value.ptr[letters] | 0x20) >= 'a') &&
           ((value.ptr[letters] | 0x20) <= 'z'))
        letters++;
    scan s = {.rest = tcn_str_of(value.ptr + letters, value.len - letters),
              .is_bad = letters < 3 || letters > 9};
    tcn_date date = {0};
    if (s.rest.len > 0 && s.rest.ptr[0] == ',') {
        literal(&s, ',');
        date_with_comma(&s, &date, this_year);
    } else {
        date_of_asctime(&s, &date);
    }
    if (s.is_bad || s.rest.len > 0 || !is_real(&date))
        return false;
    *ret_s = tcn_date_days(date.year, date.month, date.day) * 86400 + date.hour * 3600 +
             date.minute * 60 + date.second;
    return true;
}

static bool has_only_digits(tcn_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return s.len > 0;
}

int64_t tcn_retry_after_ms(tcn_str value, int64_t now_us)
{
    value = tcn_str_trim(value);
    if (has_only_digits(value)) {
        int64_t seconds = LONGEST_S;
        (void)tcn_str_int(value, 0, INT64_MAX, &seconds);
        return (seconds < LONGEST_S ? seconds : LONGEST_S) * 1000;
    }
    tcn_date today;
    tcn_date_of(now_us, 0, &today);
    int64_t at_s = 0;
    if (!date_read(value, today.year, &at_s) || at_s * TCN_SECOND_US <= now_us)
        return -1;
    int64_t wait_ms = (at_s * TCN_SECOND_US - now_us) / TCN_MS_US;
    return wait_ms < LONGEST_S * 1000 ? wait_ms : LONGEST_S * 1000;
}
