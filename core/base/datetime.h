/* SPDX-License-Identifier: Apache-2.0 */
/* datetime.h - points in time as microseconds since 1970-01-01T00:00:00Z, and durations
 * in microseconds. Years 1 to 9999. */
#ifndef TCN_BASE_DATETIME_H
#define TCN_BASE_DATETIME_H

#include "core/base/str.h"

#define TCN_MS_US         INT64_C(1000)
#define TCN_SECOND_US     INT64_C(1000000)
#define TCN_MINUTE_US     (60 * TCN_SECOND_US)
#define TCN_HOUR_US       (3600 * TCN_SECOND_US)
#define TCN_DAY_US        (86400 * TCN_SECOND_US)
#define TCN_DATETIME_TEXT 40

typedef struct tcn_date {
    int year, month, day; /* month and day count from 1 */
    int hour, minute, second, microsecond;
    int weekday; /* Monday is 0 */
    int yearday; /* 1 January is 1 */
} tcn_date;

/* Splits at_us + offset_s into its parts (proleptic Gregorian calendar). */
void tcn_date_of(int64_t at_us, int offset_s, tcn_date *ret);
/* Days since 1970-01-01 of a date. */
int64_t tcn_date_days(int year, int month, int day);

/* RFC 3339 and the forms that pydantic accepts in JSON text: 'T', 't', ' ' or '_' between
 * date and time, seconds optional, fraction of 1 to 9 digits cut to microseconds, 'Z',
 * +HH:MM, +HHMM, +HH or none (UTC); a date alone; a Unix number as text (seconds, or
 * milliseconds above 2e10). *ret_offset_s may be NULL. */
bool tcn_datetime_parse(tcn_str text, int64_t *ret_at_us, int *ret_offset_s);
/* "2026-01-02T03:04:05.678901Z", without the fraction when it is 0. Returns the length.
 */
size_t tcn_datetime_format(int64_t at_us, char out[TCN_DATETIME_TEXT]);

/* ISO 8601 duration ("PT1M30S", "P1DT2H", "-PT5S") or pydantic's "[D days,]
 * HH:MM:SS[.f]". */
bool tcn_duration_iso(tcn_str text, int64_t *ret_us);
/* Configuration's form: a number of seconds, or 500ms 10s 5m 2h 7d. */
bool tcn_duration_config(tcn_str text, int64_t *ret_us);

#endif
