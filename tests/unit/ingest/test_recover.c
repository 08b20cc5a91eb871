/* SPDX-License-Identifier: Apache-2.0 */
/* test_recover.c - the engine from the saved state and the log, or from the log alone. */
#include "tests/unit/store/fixture.h"

#include "core/ingest/ingest.h"

static tcn_ingest *ingest_with(fixture *f, uint32_t max_buckets)
{
    tcn_ingest_options options = {
        .loop = &f->loop,
        .store = f->store,
        .engine = tcn_engine_limits_default,
    };
    options.engine.max_buckets = max_buckets;
    tcn_ingest *ingest = NULL;
    assert_int_equal(tcn_ingest_new(&options, &ingest), 0);
    return ingest;
}

static tcn_ingest *ingest_of(fixture *f)
{
    return ingest_with(f, tcn_engine_limits_default.max_buckets);
}

static uint64_t remembered(const tcn_ingest *ingest)
{
    tcn_engine_counts counts;
    tcn_engine_counts_get(tcn_ingest_engine(ingest), &counts);
    return counts.remembered_ids;
}

static void save(fixture *f, const tcn_buf *state)
{
    tcn_err err = {0};
    assert_int_equal(tcn_store_state_save_now(
                         f->store, state, tcn_store_next_sequence(f->store), true, &err),
                     0);
}

/* A state whose form has a version of the future. */
static void save_of_another_version(fixture *f)
{
    tcn_engine *engine = tcn_engine_new(&tcn_engine_limits_default);
    assert_non_null(engine);
    tcn_buf state;
    tcn_buf_init(&state, SIZE_MAX);
    bool is_whole = false;
    assert_int_equal(tcn_engine_save(engine, true, &state, &is_whole), 0);
    state.ptr[4] = 99;
    save(f, &state);
    tcn_buf_deinit(&state);
    tcn_engine_free(engine);
}

static void goes_on_from_the_state_with_the_tail(void **state)
{
    fixture *f = *state;
    assert_int_equal(fixture_commit_events(f, 0, 5), 0);
    tcn_ingest *ingest = ingest_of(f);
    tcn_err err = {0};
    assert_int_equal(tcn_ingest_recover(ingest, &err), 0);
    assert_int_equal(tcn_ingest_stop(ingest, &err), 0);
    tcn_ingest_free(ingest);

    assert_int_equal(fixture_commit_events(f, 5, 2), 0);
    fixture_reopen(f);
    fixture_close(f);
    fixture_sql(f, "DELETE FROM log WHERE sequence = 1");
    assert_int_equal(fixture_open(f, TCN_STORE_NORMAL, &err), 0);
    ingest = ingest_of(f);
    assert_int_equal(tcn_ingest_recover(ingest, &err), 0);
    assert_int_equal(remembered(ingest), 7);
    tcn_ingest_free(ingest);
}

static void a_state_of_another_version_is_made_again_from_the_log(void **state)
{
    fixture *f = *state;
    assert_int_equal(fixture_commit_events(f, 0, 5), 0);
    assert_int_equal(fixture_commit_events(f, 5, 2), 0);
    save_of_another_version(f);
    assert_int_equal(fixture_commit_events(f, 7, 1), 0);
    tcn_ingest *ingest = ingest_of(f);
    tcn_err err = {0};
    assert_int_equal(tcn_ingest_recover(ingest, &err), 0);
    assert_int_equal(remembered(ingest), 8);
    tcn_ingest_free(ingest);
}

static void a_state_of_another_version_without_its_log_is_refused(void **state)
{
    fixture *f = *state;
    tcn_err err = {0};
    assert_int_equal(fixture_commit_events(f, 0, 5), 0);
    save_of_another_version(f);
    fixture_close(f);
    fixture_sql(f, "DELETE FROM log");
    assert_int_equal(fixture_open(f, TCN_STORE_NORMAL, &err), 0);
    tcn_ingest *ingest = ingest_of(f);
    assert_int_equal(tcn_ingest_recover(ingest, &err), TCN_E_UNSUPPORTED);
    assert_non_null(strstr(err.text, "version 99"));
    assert_non_null(strstr(err.text, "the log is not whole"));
    tcn_ingest_free(ingest);
}

/* From the log, then from the saved state alone. */
static void assert_is_read_again(fixture *f, const char *definitions)
{
    tcn_err err = {0};
    const tcn_store_step step = {.clock_us = 1000000,
                                 .definitions = tcn_str_c(definitions)};
    assert_int_equal(fixture_commit(f, &step), 0);
    tcn_ingest *ingest = ingest_of(f);
    assert_int_equal(tcn_ingest_recover(ingest, &err), 0);
    assert_int_equal(tcn_engine_automation_count(tcn_ingest_engine(ingest)), 1);
    assert_int_equal(tcn_ingest_stop(ingest, &err), 0);
    tcn_ingest_free(ingest);

    fixture_reopen(f);
    fixture_close(f);
    fixture_sql(f, "DELETE FROM log");
    assert_int_equal(fixture_open(f, TCN_STORE_NORMAL, &err), 0);
    ingest = ingest_of(f);
    assert_int_equal(tcn_ingest_recover(ingest, &err), 0);
    assert_int_equal(tcn_engine_automation_count(tcn_ingest_engine(ingest)), 1);
    tcn_ingest_free(ingest);
}

#define HEAD "[{\"id\":\"aaaaaaaa-1111-4222-8333-444455556666\",\"name\":\"a\\u0000b\","
#define TAIL ",\"actions\":[{\"type\":\"do-nothing\"}]}]"

/* Files may not hold it, but what is in force stays so. */
static void a_definition_with_a_nul_character_is_read_again(void **state)
{
    assert_is_read_again(*state, HEAD "\"trigger\":{\"expect\":[\"x\\u0000\"],"
                                      "\"threshold\":1,\"within\":0}" TAIL);
}

/* It was allowed when it was taken. */
static void a_definition_over_the_usual_limits_is_read_again(void **state)
{
    const int depth = 30; /* the deepest that a file may hold */
    tcn_buf text;
    tcn_buf_init(&text, 65536);
    (void)tcn_buf_add_c(&text, HEAD "\"trigger\":");
    for (int i = 0; i < depth; i++)
        (void)tcn_buf_add_c(&text,
                            "{\"type\":\"compound\",\"require\":\"all\",\"within\":"
                            "10,\"triggers\":[");
    (void)tcn_buf_add_c(&text, "{\"expect\":[\"x\"]}");
    for (int i = 0; i < depth; i++)
        (void)tcn_buf_add_c(&text, "]}");
    assert_int_equal(tcn_buf_add_c(&text, TAIL), 0);
    assert_is_read_again(*state, text.ptr);
    tcn_buf_deinit(&text);
}

static void assert_recovers(tcn_ingest *ingest, uint64_t buckets, uint32_t max_buckets)
{
    tcn_err err = {0};
    assert_int_equal(tcn_ingest_recover(ingest, &err), 0);
    tcn_engine_counts counts;
    tcn_engine_counts_get(tcn_ingest_engine(ingest), &counts);
    assert_int_equal(counts.buckets, buckets);
    assert_int_equal(tcn_engine_limits_get(tcn_ingest_engine(ingest)).max_buckets,
                     max_buckets);
}

static void recover_and_stop(fixture *f)
{
    tcn_err err = {0};
    tcn_ingest *ingest = ingest_with(f, 3);
    assert_int_equal(tcn_ingest_recover(ingest, &err), 0);
    assert_int_equal(tcn_ingest_stop(ingest, &err), 0);
    tcn_ingest_free(ingest);
}

#define ONE_EACH                                                                     \
    "\"trigger\":{\"expect\":[\"test.event\"],\"for_each\":[\"n\"],\"threshold\":9," \
    "\"within\":99999999}"

static void on_closed(void *ud)
{
    (void)ud;
}

/* One step, as after a start. */
static void step_once(fixture *f, tcn_ingest *ingest)
{
    tcn_dispatcher_options dispatch = {.loop = &f->loop, .concurrency = 1};
    tcn_dispatcher *dispatcher = NULL;
    uint64_t before = tcn_store_next_sequence(f->store);
    assert_int_equal(tcn_dispatcher_new(&dispatch, &dispatcher), 0);
    tcn_ingest_start(ingest, dispatcher);
    while (tcn_store_next_sequence(f->store) == before)
        uv_run(&f->loop, UV_RUN_ONCE);
    assert_true(tcn_ingest_halt(ingest));
    tcn_dispatcher_close(dispatcher, on_closed, NULL);
}

/* What was evaluated under other limits is so again; the new ones hold from the first
 * step on, and the log says so. */
static void what_is_replayed_has_the_limits_of_its_time(void **state)
{
    fixture *f = *state;
    tcn_store_step step = {
        .clock_us = 1000000,
        .definitions = TCN_STR(HEAD ONE_EACH TAIL),
        .engine_limits =
            TCN_STR("{\"max_buckets\":3,\"max_waiting\":100,\"remembered_ids\":"
                    "100,\"firing_chain\":32,\"firings_per_minute\":0}"),
    };
    assert_int_equal(fixture_commit(f, &step), 0);
    recover_and_stop(f);
    assert_int_equal(fixture_commit_events(f, 0, 5), 0);
    tcn_ingest *ingest = ingest_with(f, 1000);
    assert_recovers(ingest, 3, 3);
    step_once(f, ingest);
    assert_int_equal(tcn_engine_limits_get(tcn_ingest_engine(ingest)).max_buckets, 1000);
    tcn_ingest_free(ingest);
    fixture_reopen(f);

    assert_int_equal(fixture_commit_events(f, 5, 5), 0);
    ingest = ingest_with(f, 3);
    assert_recovers(ingest, 8, 1000);
    tcn_ingest_free(ingest);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(goes_on_from_the_state_with_the_tail, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(a_state_of_another_version_is_made_again_from_the_log,
                                    fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(a_state_of_another_version_without_its_log_is_refused,
                                    fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(a_definition_with_a_nul_character_is_read_again,
                                    fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(a_definition_over_the_usual_limits_is_read_again,
                                    fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(what_is_replayed_has_the_limits_of_its_time,
                                    fixture_setup, fixture_teardown),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
