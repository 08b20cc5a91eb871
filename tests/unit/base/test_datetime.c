/* SPDX-License-Identifier: Apache-2.0 */
/* test_datetime.c - the forms of points in time and of durations. */
#include "core/base/datetime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

typedef struct form {
    const char *text;
    int64_t us;
} form;

#define AT_2026 (INT64_C(1767312245) * TCN_SECOND_US) /* 2026-01-02T00:04:05Z */

static void reads_every_form_of_a_point_in_time(void **state)
{
    (void)state;
    static const form forms[] = {
        {"2026-01-02T00:04:05Z", AT_2026},
        {"2026-01-02t00:04:05z", AT_2026},
        {"2026-01-02 00:04:05", AT_2026},
        {"2026-01-02_00:04:05+00:00", AT_2026},
        {"2026-01-02T02:04:05+02:00", AT_2026},
        {"2026-01-01T18:34:05-0530", AT_2026},
        {"2026-01-01T22:04:05-02", AT_2026},
        {"2026-01-01T22:04:05\xe2\x88\x92"
         "02:00",
         AT_2026},
        {"2026-01-02 00:04:05 +00:00", AT_2026},
        {"2026-01-02T00:04Z", AT_2026 - 5 * TCN_SECOND_US},
        {"2026-01-02T00:04", AT_2026 - 5 * TCN_SECOND_US},
        {"2026-01-02", AT_2026 - 245 * TCN_SECOND_US},
        {"2026-01-02T00:04:05.5Z", AT_2026 + 500000},
        {"2026-01-02T00:04:05.123456Z", AT_2026 + 123456},
        {"2026-01-02T00:04:05.123456789Z", AT_2026 + 123456},
        {"1767312245", AT_2026},
        {"+1767312245", AT_2026},
        {"1767312245.25", AT_2026 + 250000},
        {"1767312245000", AT_2026},
        {"1767312245000.5", AT_2026 + 500},
        {"20000000000", INT64_C(20000000000) * TCN_SECOND_US},
        {"20000000001", INT64_C(20000000001) * TCN_MS_US},
        {"-1.5", -1500000},
        {"0", 0},
        {"1969-12-31T23:59:59.999999Z", -1},
        {"2024-02-29", INT64_C(1709164800) * TCN_SECOND_US},
        {"0001-01-01T00:00:00Z", INT64_C(-62135596800) * TCN_SECOND_US},
        {"9999-12-31T23:59:59.999999Z", INT64_C(253402300800) * TCN_SECOND_US - 1},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        int64_t at_us = 0;
        if (!tcn_datetime_parse(tcn_str_c(forms[i].text), &at_us, NULL))
            fail_msg("%s was refused", forms[i].text);
        if (at_us != forms[i].us)
            fail_msg("%s is %lld, not %lld", forms[i].text, (long long)at_us,
                     (long long)forms[i].us);
    }
}

static void refuses_what_is_not_a_point_in_time(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "",
        " ",
        "yesterday",
        "2026-1-2",
        "2026-02-29",
        "2026-13-01",
        "2026-00-01",
        "2026-01-00",
        "0000-01-01",
        "2026-01-02T",
        "2026-01-02X00:00",
        "2026-01-02T24:00:00Z",
        "2026-01-02T00:60:00Z",
        "2026-01-02T00:00:60Z",
        "2026-01-02T00:00:00.Z",
        "2026-01-02T00:00:00.1234567890Z",
        "2026-01-02T00:00:00+24:00",
        "2026-01-02T00:00:00+01:60",
        "2026-01-02T00:00:00+1",
        "2026-01-02T00:00:00+01:",
        "2026-01-02T00:00:00Zx",
        "2026-01-02T00:00:00 ",
        "2026-01-02Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "1e3",
        "--1",
        "1.",
        "nan",
        "99999999999999999999",
        "999999999999999",
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        int64_t at_us = 7;
        if (tcn_datetime_parse(tcn_str_c(forms[i]), &at_us, NULL))
            fail_msg("%s was taken as %lld", forms[i], (long long)at_us);
    }
}

static void tells_the_offset(void **state)
{
    (void)state;
    int64_t at_us = 0;
    int offset_s = 0;
    assert_true(
        tcn_datetime_parse(TCN_STR("2026-01-02T00:04:05-05:30"), &at_us, &offset_s));
    assert_int_equal(offset_s, -19800);
    assert_true(tcn_datetime_parse(TCN_STR("2026-01-02"), &at_us, &offset_s));
    assert_int_equal(offset_s, 0);
}

static void writes_what_it_reads(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "2026-01-02T03:04:05.678901Z", "2026-01-02T03:04:05Z",
        "0001-01-01T00:00:00Z",        "9999-12-31T23:59:59.999999Z",
        "1969-12-31T23:59:59.000001Z", "2000-02-29T00:00:00Z"};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        int64_t at_us = 0;
        char out[TCN_DATETIME_TEXT];
        assert_true(tcn_datetime_parse(tcn_str_c(forms[i]), &at_us, NULL));
        assert_int_equal(tcn_datetime_format(at_us, out), strlen(forms[i]));
        assert_string_equal(out, forms[i]);
    }
}

static void splits_every_day_of_four_centuries(void **state)
{
    (void)state;
    int64_t day = tcn_date_days(1800, 1, 1);
    int yearday = 0, year = 1800;
    for (int i = 0; i < 146097; i++, day++) {
        tcn_date date;
        tcn_date_of(day * TCN_DAY_US + 1, 0, &date);
        yearday = date.year == year ? yearday + 1 : 1;
        year = date.year;
        assert_int_equal(date.yearday, yearday);
        assert_int_equal(tcn_date_days(date.year, date.month, date.day), day);
        assert_int_equal(date.weekday, ((day + 3) % 7 + 7) % 7);
    }
    assert_int_equal(year, 2199);
    tcn_date date;
    tcn_date_of(0, -3600, &date);
    assert_int_equal(date.year, 1969);
    assert_int_equal(date.hour, 23);
    assert_int_equal(date.weekday, 2);
}

static void reads_durations_of_iso_8601_and_python(void **state)
{
    (void)state;
    static const form forms[] = {
        {"PT1M30S", 90 * TCN_SECOND_US},
        {"P1DT2H", 26 * TCN_HOUR_US},
        {"-PT5S", -5 * TCN_SECOND_US},
        {"+PT5S", 5 * TCN_SECOND_US},
        {"PT0.5S", 500000},
        {"PT1.5H", 90 * TCN_MINUTE_US},
        {"P2W", 14 * TCN_DAY_US},
        {"P1Y", 365 * TCN_DAY_US},
        {"P1M", 30 * TCN_DAY_US},
        {"P1MT1M", 30 * TCN_DAY_US + TCN_MINUTE_US},
        {"00:01:30", 90 * TCN_SECOND_US},
        {"1 day, 00:00:01", TCN_DAY_US + TCN_SECOND_US},
        {"2 days 01:00:00.25", 2 * TCN_DAY_US + TCN_HOUR_US + 250000},
        {"3d", 3 * TCN_DAY_US},
        {"-00:00:01", -TCN_SECOND_US},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        int64_t us = 0;
        if (!tcn_duration_iso(tcn_str_c(forms[i].text), &us) || us != forms[i].us)
            fail_msg("%s is %lld", forms[i].text, (long long)us);
    }
    static const char *const bad[] = {"",         "P",    "PT",     "5",
                                      "PT5",      "P5S",  "PT1S1M", "1:2:3",
                                      "00:60:00", "P1DT", "PT1H ",  "P999999999999Y",
                                      "PT.S"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t us = 0;
        if (tcn_duration_iso(tcn_str_c(bad[i]), &us))
            fail_msg("%s was taken as %lld", bad[i], (long long)us);
    }
}

static void reads_durations_of_the_configuration(void **state)
{
    (void)state;
    static const form forms[] = {{"10", 10 * TCN_SECOND_US},
                                 {"0.5", 500000},
                                 {"500ms", 500 * TCN_MS_US},
                                 {"10s", 10 * TCN_SECOND_US},
                                 {"5m", 5 * TCN_MINUTE_US},
                                 {"2h", 2 * TCN_HOUR_US},
                                 {"7d", 7 * TCN_DAY_US},
                                 {"1.5h", 90 * TCN_MINUTE_US},
                                 {"0", 0}};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        int64_t us = 0;
        if (!tcn_duration_config(tcn_str_c(forms[i].text), &us) || us != forms[i].us)
            fail_msg("%s is %lld", forms[i].text, (long long)us);
    }
    static const char *const bad[] = {"",
                                      "s",
                                      "-1",
                                      "5x",
                                      "5 s",
                                      "1e3",
                                      "5mm",
                                      "1h30m",
                                      "99999999999999999999d",
                                      "999999999999d"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t us = 0;
        if (tcn_duration_config(tcn_str_c(bad[i]), &us))
            fail_msg("%s was taken as %lld", bad[i], (long long)us);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(reads_every_form_of_a_point_in_time),
    cmocka_unit_test(refuses_what_is_not_a_point_in_time),
    cmocka_unit_test(tells_the_offset),
    cmocka_unit_test(writes_what_it_reads),
    cmocka_unit_test(splits_every_day_of_four_centuries),
    cmocka_unit_test(reads_durations_of_iso_8601_and_python),
    cmocka_unit_test(reads_durations_of_the_configuration),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
