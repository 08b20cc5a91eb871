/* SPDX-License-Identifier: Apache-2.0 */
/* test_store_query.c - pages of events, by time, name, resource and position. */
#include "fixture.h"

#include <string.h>

typedef struct page {
    int status, answers;
    char lines[200000];
    uint64_t last;
    bool has_more;
    unsigned count;
} page;

static void on_page(int status, tcn_str lines, uint64_t last, bool more, void *ud)
{
    page *p = ud;
    p->status = status;
    p->answers++;
    p->last = last;
    p->has_more = more;
    p->count = 0;
    assert_in_range(lines.len, 0, sizeof p->lines - 1);
    if (lines.len > 0)
        memcpy(p->lines, lines.ptr, lines.len);
    p->lines[lines.len] = '\0';
    for (size_t i = 0; i < lines.len; i++)
        p->count += lines.ptr[i] == '\n';
}

static page *ask(fixture *f, const tcn_store_filter *filter)
{
    static page p;
    p.answers = 0;
    assert_int_equal(tcn_store_query(f->store, filter, on_page, &p), 0);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(p.answers, 1);
    assert_int_equal(p.status, 0);
    return &p;
}

static tcn_store_filter any(void)
{
    return (tcn_store_filter){.until_us = INT64_MAX, .limit = 1000};
}

static void fill(fixture *f)
{
    for (unsigned first = 0; first < 100; first += 20)
        assert_int_equal(fixture_commit_events(f, first, 20), 0);
    const tcn_event *events[] = {fixture_event(f, 100, "other.name")};
    tcn_store_step step = {.events = events, .event_count = 1};
    assert_int_equal(fixture_commit(f, &step), 0);
}

static void gives_all_oldest_first(void **state)
{
    fixture *f = *state;
    fill(f);
    tcn_store_filter filter = any();
    page *p = ask(f, &filter);
    assert_int_equal(p->count, 101);
    assert_false(p->has_more);
    assert_memory_equal(
        p->lines, "{\"occurred\":\"2026-01-01T00:00:00Z\",\"event\":\"test.event\"", 54);
    assert_non_null(strstr(p->lines, "\"received\":\"2026-01-01T00:00:00.500000Z\""));
}

static void goes_on_page_by_page(void **state)
{
    fixture *f = *state;
    fill(f);
    tcn_store_filter filter = any();
    filter.limit = 7;
    unsigned total = 0, pages = 0;
    page *p;
    do {
        p = ask(f, &filter);
        assert_in_range(p->count, 1, 7);
        assert_true(p->last > filter.after);
        filter.after = p->last;
        total += p->count;
        pages++;
    } while (p->has_more);
    assert_int_equal(total, 101);
    assert_int_equal(pages, 15);
}

static void says_no_more_at_an_exact_end(void **state)
{
    fixture *f = *state;
    fill(f);
    tcn_store_filter filter = any();
    filter.limit = 101;
    page *p = ask(f, &filter);
    assert_int_equal(p->count, 101);
    assert_false(p->has_more);
    filter.after = p->last;
    p = ask(f, &filter);
    assert_int_equal(p->count, 0);
    assert_int_equal(p->last, filter.after);
}

static void filters(void **state)
{
    fixture *f = *state;
    fill(f);
    tcn_store_filter filter = any();
    filter.name = TCN_STR("other.name");
    assert_int_equal(ask(f, &filter)->count, 1);
    filter.name = TCN_STR("test.*");
    assert_int_equal(ask(f, &filter)->count, 100);
    filter.name = TCN_STR("nothing");
    assert_int_equal(ask(f, &filter)->count, 0);
    filter = any();
    filter.resource = TCN_STR("resource.3");
    assert_int_equal(ask(f, &filter)->count, 10);
    filter = any();
    filter.since_us = BASE_US + 90 * INT64_C(1000000);
    filter.until_us = BASE_US + 94 * INT64_C(1000000);
    assert_int_equal(ask(f, &filter)->count, 5);
}

static void shows_emitted_events(void **state)
{
    fixture *f = *state;
    uint64_t position = UINT64_C(1) << TCN_POSITION_BITS | TCN_POSITION_EMITTED;
    tcn_emitted emitted = {.event = fixture_emitted(f, 5, "engine.says", position)};
    tcn_step outcome = {.emitted = &emitted, .emitted_count = 1};
    tcn_store_step step = {.outcome = &outcome};
    assert_int_equal(fixture_commit(f, &step), 0);
    tcn_store_filter filter = any();
    filter.name = TCN_STR("engine.says");
    page *p = ask(f, &filter);
    assert_int_equal(p->count, 1);
    assert_non_null(strstr(p->lines, "\"payload\":{\"number\":5}"));
}

static void leaves_a_damaged_record_out(void **state)
{
    fixture *f = *state;
    fill(f);
    fixture_close(f);
    fixture_sql(f, "UPDATE log SET body = zeroblob(length(body)) WHERE sequence = 2");
    tcn_err err = {0};
    assert_int_equal(fixture_open(f, TCN_STORE_NORMAL, &err), 0);
    tcn_store_filter filter = any();
    assert_int_equal(ask(f, &filter)->count, 81);
}

static void count_answer(int status, tcn_str lines, uint64_t last, bool more, void *ud)
{
    (void)lines;
    (void)last;
    (void)more;
    *(unsigned *)ud += status == 0;
}

static void lets_only_so_many_wait(void **state)
{
    fixture *f = *state;
    fill(f);
    tcn_store_filter filter = any();
    unsigned answers = 0, taken = 0;
    int rc = 0;
    while (taken < 100000) {
        rc = tcn_store_query(f->store, &filter, count_answer, &answers);
        if (rc < 0)
            break;
        taken++;
    }
    assert_int_equal(rc, TCN_E_BUSY);
    assert_true(taken >= 64);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(answers, taken);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(gives_all_oldest_first, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(goes_on_page_by_page, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(says_no_more_at_an_exact_end, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(filters, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(shows_emitted_events, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(leaves_a_damaged_record_out, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(lets_only_so_many_wait, fixture_setup,
                                    fixture_teardown),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
