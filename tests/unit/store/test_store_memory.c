/* SPDX-License-Identifier: Apache-2.0 */
/* test_store_memory.c - the n-th allocation fails, for every n: a call fails with a code,
 * nothing leaks, and what failed is not in the store. */
#include "fixture.h"

#include <stdatomic.h>
#include <stdlib.h>

#define NEVER (-1)

static atomic_int left = NEVER; /* allocations until one fails */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *ptr, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *ptr, size_t size);

static bool fails_now(void)
{
    int seen = atomic_load(&left);
    while (seen >= 0 && !atomic_compare_exchange_weak(&left, &seen, seen - 1))
        continue;
    return seen == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *ptr, size_t size)
{
    return fails_now() ? NULL : __real_realloc(ptr, size);
}

/* Did the call that just ended meet the failure? */
static bool disarm(void)
{
    return atomic_exchange(&left, NEVER) == NEVER;
}

static void opens_or_says_why_not(void **state)
{
    fixture *f = *state;
    bool has_failed = true;
    int n = 0;
    for (; has_failed; n++) {
        fixture_close(f);
        tcn_err err = {0};
        atomic_store(&left, n);
        int rc = fixture_open(f, TCN_STORE_NORMAL, &err);
        has_failed = disarm();
        assert_true(rc == 0 || (rc == TCN_E_NOMEM && tcn_err_is_set(&err)));
        assert_in_range(n, 0, 10000);
    }
    assert_true(n > 2);
    assert_int_equal(fixture_commit_events(f, 0, 1), 0);
}

static void commits_whole_or_not_at_all(void **state)
{
    fixture *f = *state;
    assert_int_equal(fixture_commit_events(f, 0, 30), 0);
    const tcn_event *events[] = {fixture_event(f, 40, "a"), fixture_event(f, 41, "b")};
    tcn_firing *firing = fixture_firing(f, 1);
    firing->has_event = true;
    firing->event_ref =
        (tcn_event_ref){fixture_id(1, 7), UINT64_C(1) << TCN_POSITION_BITS | 7};
    tcn_event *made = fixture_emitted(f, 90, "prefect.automation.triggered", 0);
    firing->emitted = made;
    tcn_emitted emitted = {made, firing};
    tcn_step outcome = {&firing, 1, &emitted, 1};
    tcn_outbox_new action = {.firing = firing, .action = TCN_STR("{}")};
    tcn_store_step step = {
        .events = events,
        .event_count = 2,
        .outcome = &outcome,
        .actions = &action,
        .action_count = 1,
    };
    bool has_failed = true;
    int n = 0;
    for (; has_failed; n++) {
        fixture_reopen(f); /* with empty buffers again */
        uint64_t sequence = tcn_store_next_sequence(f->store);
        made->position = sequence << TCN_POSITION_BITS | TCN_POSITION_EMITTED;
        atomic_store(&left, n);
        int rc = fixture_commit(f, &step);
        has_failed = disarm();
        assert_true(rc == 0 || rc == TCN_E_NOMEM);
        assert_int_equal(tcn_store_next_sequence(f->store), sequence + (rc == 0));
        assert_int_equal(f->count, rc == 0 ? 1 : 0);
        assert_in_range(n, 0, 10000);
    }
    assert_true(n > 2);
    assert_int_equal(f->status, 0);
    assert_non_null(strstr(f->entries[0]->emitted.ptr, "\"number\":7"));
}

typedef struct page {
    int status;
    size_t size;
} page;

static void on_page(int status, tcn_str lines, uint64_t last, bool more, void *ud)
{
    (void)last;
    (void)more;
    *(page *)ud = (page){status, lines.len};
}

static void queries_fail_alone(void **state)
{
    fixture *f = *state;
    assert_int_equal(fixture_commit_events(f, 0, 3), 0);
    tcn_store_filter filter = {
        .until_us = INT64_MAX, .limit = 10, .name = TCN_STR("test.*")};
    bool has_failed = true;
    page p = {0};
    int n = 0;
    for (; has_failed; n++) {
        fixture_reopen(f);
        atomic_store(&left, n);
        int rc = tcn_store_query(f->store, &filter, on_page, &p);
        if (rc == 0) {
            uv_run(&f->loop, UV_RUN_DEFAULT);
            rc = p.status;
        }
        has_failed = disarm();
        assert_true(rc == 0 || rc == TCN_E_NOMEM);
        assert_in_range(n, 0, 10000);
    }
    assert_true(n > 2);
    assert_true(p.size > 500);
}

static int count_events(const tcn_store_record *record, void *ud)
{
    *(size_t *)ud += record->event_count;
    return 0;
}

static void replays_or_says_why_not(void **state)
{
    fixture *f = *state;
    assert_int_equal(fixture_commit_events(f, 0, 30), 0);
    bool has_failed = true;
    size_t events = 0;
    int n = 0;
    for (; has_failed; n++) {
        events = 0;
        tcn_err err = {0};
        atomic_store(&left, n);
        int rc = tcn_store_replay(f->store, 0, count_events, &events, &err);
        has_failed = disarm();
        assert_true(rc == 0 || (rc == TCN_E_NOMEM && tcn_err_is_set(&err)));
        assert_in_range(n, 0, 10000);
    }
    assert_true(n > 2);
    assert_int_equal(events, 30);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(opens_or_says_why_not, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(commits_whole_or_not_at_all, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(queries_fail_alone, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(replays_or_says_why_not, fixture_setup,
                                    fixture_teardown),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
