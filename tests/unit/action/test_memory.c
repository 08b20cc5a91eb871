/* SPDX-License-Identifier: Apache-2.0 */
/* test_memory.c - the n-th allocation fails, for every n: nothing crashes, nothing leaks,
 * and every action that was taken still ends exactly once. malloc, calloc and realloc are
 * wrapped by the linker. */
#include "support.h"
#include "tests/unit/failing_alloc.h"

static const char *const actions[] = {
    "{\"type\":\"do-nothing\"}",
    "{\"type\":\"cancel-flow-run\"}",
    "{\"type\":\"send-notification\",\"subject\":\"{{ automation.name }}\","
    "\"body\":\"{{ flow_run.name }} {{ firings | length }} {{ event.event }}\"}",
    "{\"type\":\"send-notification\",\"subject\":\"\",\"body\":\"{{ 1 // 0 }}\"}",
    "{\"type\":\"call-webhook\",\"payload\":\"{{ event.id }}\"}",
};

static void answer_all(fixture *f, tcn_block *ops, int round)
{
    while (open_count(ops) > 0) {
        if (round == 0)
            answer_retry_after(f, ops, 1000);
        else
            answer(f, ops, TOCSIN_DONE, 0, 200, "");
    }
}

static size_t endings_of(const fixture *f, uint64_t id)
{
    size_t count = 0;
    for (size_t i = 0; i < f->report_count; i++)
        count += f->reports[i]->result.id == id &&
                 f->reports[i]->result.outcome != TCN_OUTBOX_RETRY;
    return count;
}

/* One action from queueing to its end. True when the failure was reached. */
static bool play(const char *action, size_t n)
{
    fixture *f = fixture_new();
    tcn_block *ops = add_block(f, "ops");
    tcn_outbox_entry *entry = make_entry(f, (row_spec){.block = "ops", .action = action});
    uint64_t id = entry->id;
    allocations = 0;
    fail_at = n;
    int rc = tcn_dispatcher_take(f->dispatcher, &entry, 1);
    settle(f);
    answer_all(f, ops, 0);
    pass(f, 2 * TCN_SECOND_US);
    bool was_reached = allocations >= n;
    fail_at = 0;
    for (int round = 1; round < 10; round++) {
        pass_slowly(f, 5 * TCN_SECOND_US);
        answer_all(f, ops, round);
    }
    assert_int_equal(endings_of(f, id), rc >= 0 ? 1 : 0);
    fixture_free(f);
    return was_reached;
}

static void every_action_taken_ends_once_whatever_allocation_fails(void **state)
{
    (void)state;
    for (size_t i = 0; i < TCN_COUNT(actions); i++) {
        size_t n = 1;
        while (play(actions[i], n))
            n++;
        assert_in_range(n, 10, 100000);
    }
}

static void a_dispatcher_is_made_whole_or_not_at_all(void **state)
{
    (void)state;
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    tcn_plugins plugins = {0};
    const tcn_dispatcher_options options = {.loop = &loop,
                                            .plugins = &plugins,
                                            .ui_url = "https://ui.example",
                                            .concurrency = 1};
    tcn_dispatcher *dispatcher = NULL;
    int rc = TCN_E_NOMEM;
    for (size_t n = 1; rc < 0; n++) {
        allocations = 0;
        fail_at = n;
        rc = tcn_dispatcher_new(&options, &dispatcher);
        assert_true(rc == 0 || rc == TCN_E_NOMEM);
        assert_true(rc == 0 || dispatcher == NULL);
    }
    fail_at = 0;
    bool is_closed = false;
    tcn_dispatcher_close(dispatcher, note_closed, &is_closed);
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
    assert_true(is_closed);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void rows_that_find_no_memory_are_told(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 4; n++) {
        fixture *f = fixture_new();
        add_block(f, "ops");
        tcn_outbox_entry *entry = make_entry(f, (row_spec){.block = "ops"});
        allocations = 0;
        fail_at = n;
        assert_int_equal(tcn_dispatcher_take(f->dispatcher, &entry, 1), TCN_E_NOMEM);
        fail_at = 0;
        settle(f);
        assert_int_equal(f->report_count, 0);
        fixture_free(f);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(every_action_taken_ends_once_whatever_allocation_fails),
    cmocka_unit_test(a_dispatcher_is_made_whole_or_not_at_all),
    cmocka_unit_test(rows_that_find_no_memory_are_told),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
