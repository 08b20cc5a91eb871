/* SPDX-License-Identifier: Apache-2.0 */
/* test_tell.c - one line a result; failures that are alike become one line a minute with
 * a count. */
#include "core/action/tell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "core/base/datetime.h"

typedef struct fixture {
    FILE *file;
    tcn_log *log;
    tcn_lane *lane;
    int64_t mono_us;
    char text[8192];
} fixture;

static int setup(void **state)
{
    static fixture f;
    f = (fixture){.file = tmpfile(), .mono_us = TCN_HOUR_US};
    assert_non_null(f.file);
    f.log = tcn_log_new(TCN_LOG_JSON, TCN_LOG_DEBUG, fileno(f.file));
    f.lane = tcn_lane_new(TCN_STR("ops"));
    const tcn_block_info info = {.name = "ops", .plugin_id = "webhook"};
    tcn_lane_look(f.lane, &info);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    tcn_log_free(f->log);
    tcn_lane_free(f->lane);
    fclose(f->file);
    return 0;
}

static void tell(fixture *f, enum tcn_outbox_outcome outcome, const char *reason)
{
    const tcn_outbox_result result = {
        .outcome = outcome,
        .attempt = 2,
        .code = 503,
        .cause = TCN_STR("server"),
        .reason = tcn_str_c(reason),
        .next_at_us = 1500 * TCN_MS_US,
    };
    tcn_tell(f->log, f->lane, NULL, &result, f->mono_us);
}

/* How many lines hold the text. */
static size_t lines_with(fixture *f, const char *text)
{
    rewind(f->file);
    size_t count = 0;
    while (fgets(f->text, sizeof f->text, f->file) != NULL)
        count += strstr(f->text, text) != NULL;
    return count;
}

static void tells_each_kind_at_its_level(void **state)
{
    fixture *f = *state;
    tell(f, TCN_OUTBOX_DONE, "");
    tell(f, TCN_OUTBOX_RETRY, "HTTP 503");
    tell(f, TCN_OUTBOX_DEAD, "HTTP 503");
    assert_int_equal(lines_with(f, "\"info\""), 1);
    assert_int_equal(lines_with(f, "\"notice\""), 1);
    assert_int_equal(lines_with(f, "\"warning\""), 1);
    assert_int_equal(lines_with(f, "webhook[ops]"), 3);
    assert_int_equal(lines_with(f, "attempt 2 failed, next in 1.5s: HTTP 503"), 1);
    assert_int_equal(lines_with(f, "failed for good: HTTP 503"), 1);
}

static void folds_failures_that_are_alike(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 100; i++) {
        tell(f, TCN_OUTBOX_RETRY, "HTTP 503");
        f->mono_us += TCN_SECOND_US;
    }
    assert_int_equal(lines_with(f, "HTTP 503"), 2);
    assert_int_equal(lines_with(f, "59 more failed like the one before"), 1);
    tell(f, TCN_OUTBOX_RETRY, "HTTP 500");
    assert_int_equal(lines_with(f, "39 more failed like the one before"), 1);
    assert_int_equal(lines_with(f, "HTTP 500"), 1);
}

static void a_success_ends_the_folding(void **state)
{
    fixture *f = *state;
    tell(f, TCN_OUTBOX_RETRY, "HTTP 503");
    tell(f, TCN_OUTBOX_RETRY, "HTTP 503");
    tell(f, TCN_OUTBOX_DONE, "");
    tell(f, TCN_OUTBOX_RETRY, "HTTP 503");
    assert_int_equal(lines_with(f, "1 more failed like the one before"), 1);
    assert_int_equal(lines_with(f, "next in"), 2);
}

static void works_without_a_log(void **state)
{
    fixture *f = *state;
    tcn_log *log = f->log;
    f->log = NULL;
    tell(f, TCN_OUTBOX_DONE, "");
    tell(f, TCN_OUTBOX_DEAD, "x");
    f->log = log;
    assert_int_equal(lines_with(f, ""), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
static const struct CMUnitTest cases[] = {
    CASE(tells_each_kind_at_its_level),
    CASE(folds_failures_that_are_alike),
    CASE(a_success_ends_the_folding),
    CASE(works_without_a_log),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
