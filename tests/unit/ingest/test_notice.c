/* SPDX-License-Identifier: Apache-2.0 */
/* test_notice.c - a few suppressed automations of a minute are named, the others counted;
 * limits are told each time. */
#include "core/ingest/notice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/base/datetime.h"

#define START_US INT64_C(1767225600000000) /* 2026-01-01T00:00:00Z */

typedef struct fixture {
    FILE *file;
    tcn_log *log;
    tcn_notices notices;
    char text[1024];
} fixture;

static int setup(void **state)
{
    static fixture f;
    f = (fixture){.file = tmpfile()};
    assert_non_null(f.file);
    f.log = tcn_log_new(TCN_LOG_TEXT, TCN_LOG_DEBUG, fileno(f.file));
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    tcn_log_free(f->log);
    fclose(f->file);
    return 0;
}

static void emit(fixture *f, int64_t at_us, const char *event, const char *payload)
{
    tcn_label label = {TCN_STR("prefect.resource.name"), TCN_STR("it")};
    const tcn_event emitted = {
        .name = tcn_str_c(event),
        .occurred_at_us = at_us,
        .resource = {.labels = &label, .count = 1},
        .payload = tcn_str_c(payload),
    };
    tcn_notices_say(&f->notices, f->log, &emitted);
}

static void suppress(fixture *f, int64_t at_us, size_t count)
{
    for (size_t i = 0; i < count; i++)
        emit(f, at_us, "tocsin.automation.suppressed",
             i % 2 == 0 ? "{\"reason\":\"firing_chain\"}"
                        : "{\"reason\":\"firings_per_minute\"}");
}

static size_t lines_with(fixture *f, const char *text)
{
    rewind(f->file);
    size_t count = 0;
    while (fgets(f->text, sizeof f->text, f->file) != NULL)
        count += strstr(f->text, text) != NULL;
    return count;
}

static size_t named(fixture *f)
{
    return lines_with(f, "automation \"it\" is suppressed for the rest of this minute");
}

static void names_ten_and_counts_the_others_when_the_minute_is_over(void **state)
{
    fixture *f = *state;
    suppress(f, START_US, 4);
    suppress(f, START_US + TCN_MINUTE_US - 1, 3000);
    tcn_notices_pass(&f->notices, f->log, START_US + TCN_MINUTE_US - 1);
    assert_int_equal(named(f), 10);
    assert_int_equal(lines_with(f, ""), 10);
    tcn_notices_pass(&f->notices, f->log, START_US + TCN_MINUTE_US);
    tcn_notices_pass(&f->notices, f->log, START_US + 2 * TCN_MINUTE_US);
    assert_int_equal(lines_with(f, "2994 more automations were suppressed in the minute "
                                   "from 2026-01-01T00:00:00Z"),
                     1);
    assert_int_equal(lines_with(f, ""), 11);
}

static void the_first_of_the_next_minute_comes_behind_the_count(void **state)
{
    fixture *f = *state;
    suppress(f, START_US, 11);
    suppress(f, START_US + TCN_MINUTE_US, 1);
    assert_int_equal(named(f), 11);
    assert_int_equal(lines_with(f, "1 more automation was suppressed"), 1);
    assert_int_equal(lines_with(f, ""), 12);
    rewind(f->file);
    for (int line = 1; line <= 11; line++)
        assert_non_null(fgets(f->text, sizeof f->text, f->file));
    assert_non_null(strstr(f->text, "1 more automation was suppressed"));
}

static void ten_have_no_count(void **state)
{
    fixture *f = *state;
    suppress(f, START_US, 10);
    tcn_notices_pass(&f->notices, f->log, START_US + TCN_MINUTE_US);
    tcn_notices_end(&f->notices, f->log);
    assert_int_equal(named(f), 10);
    assert_int_equal(lines_with(f, ""), 10);
}

static void the_end_counts_the_minute_under_way_once(void **state)
{
    fixture *f = *state;
    suppress(f, START_US, 25);
    tcn_notices_end(&f->notices, f->log);
    tcn_notices_end(&f->notices, f->log);
    assert_int_equal(lines_with(f, "15 more automations were suppressed"), 1);
}

static void limits_are_told_beside_them(void **state)
{
    fixture *f = *state;
    suppress(f, START_US, 100);
    for (int i = 0; i < 12; i++)
        emit(f, START_US, "tocsin.engine.limit", "{\"limit\":\"engine.max_buckets\"}");
    emit(f, START_US, "prefect.automation.triggered", "{}");
    assert_int_equal(lines_with(f, "limit \"it\" is reached"), 12);
    assert_int_equal(lines_with(f, ""), 22);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
static const struct CMUnitTest cases[] = {
    CASE(names_ten_and_counts_the_others_when_the_minute_is_over),
    CASE(the_first_of_the_next_minute_comes_behind_the_count),
    CASE(ten_have_no_count),
    CASE(the_end_counts_the_minute_under_way_once),
    CASE(limits_are_told_beside_them),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
