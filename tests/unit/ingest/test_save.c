/* SPDX-License-Identifier: Apache-2.0 */
/* test_save.c - rounds of saving while events come in: a process that ends without a word
 * goes on from the last state that was whole. And changes, one behind the other. */
#include "tests/unit/store/fixture.h"

#include "core/base/alloc.h"
#include "core/event/decode.h"
#include "core/ingest/ingest.h"
#include "core/value/document.h"

#define BATCHES      40
#define BATCH_EVENTS 500

typedef struct flow {
    fixture *f;
    tcn_dispatcher *dispatcher;
    tcn_ingest *ingest;
    unsigned sent, answered;
} flow;

static void start(flow *w)
{
    tcn_ingest_options options = {
        .loop = &w->f->loop,
        .store = w->f->store,
        .engine = tcn_engine_limits_default,
        .commit_events = BATCH_EVENTS,
        .queue_events = SIZE_MAX / 2,
        .queue_bytes = SIZE_MAX / 2,
        .save_interval_us = INT64_MAX / 4,
        .save_events = 3 * BATCH_EVENTS,
    };
    tcn_dispatcher_options dispatch = {.loop = &w->f->loop, .concurrency = 1};
    tcn_err err = {0};
    assert_int_equal(tcn_dispatcher_new(&dispatch, &w->dispatcher), 0);
    assert_int_equal(tcn_ingest_new(&options, &w->ingest), 0);
    if (tcn_ingest_recover(w->ingest, &err) < 0)
        fail_msg("%s", err.text);
    tcn_ingest_start(w->ingest, w->dispatcher);
}

/* One bucket for each resource, for a day. */
static tcn_change *change_to(const char *name)
{
    json_t *document =
        json_pack("{s:s,s:{s:s,s:[s],s:[s],s:[s],s:i},s:[]}", "name", name, "trigger",
                  "posture", "Reactive", "expect", "test.never", "after", "test.event",
                  "for_each", "prefect.resource.id", "within", 86400, "actions");
    assert_non_null(document);
    tcn_uuid id = tcn_automation_file_id(tcn_str_c(name));
    tcn_automation *automation = NULL;
    tcn_problems problems;
    tcn_problems_init(&problems);
    assert_int_equal(tcn_automation_parse(document, &id, &tcn_automation_limits_default,
                                          &automation, &problems),
                     0);
    tcn_problems_deinit(&problems);
    json_decref(document);
    tcn_change *change = tcn_alloc_zero(sizeof *change);
    tcn_buf text;
    tcn_buf_init(&text, 4096);
    json_t *documents = json_pack("[O]", automation->document);
    assert_int_equal(tcn_document_write(documents, &text), 0);
    json_decref(documents);
    tcn_automation_free(automation);
    *change = (tcn_change){.automations = tcn_buf_take(&text, NULL)};
    return change;
}

static void define(flow *w)
{
    assert_int_equal(tcn_ingest_change_own(w->ingest, change_to("each")), 0);
}

static void submit(flow *w);

static void on_done(int status, void *ud)
{
    flow *w = ud;
    assert_int_equal(status, 0);
    w->answered++;
    if (w->sent < BATCHES)
        submit(w);
    else
        uv_stop(&w->f->loop);
}

static void submit(flow *w)
{
    tcn_batch *batch = tcn_ingest_batch_take(w->ingest);
    assert_non_null(batch);
    batch->count = BATCH_EVENTS;
    batch->events = tcn_arena_zero(&batch->arena, BATCH_EVENTS * sizeof *batch->events);
    for (unsigned i = 0; i < BATCH_EVENTS; i++) {
        unsigned n = w->sent * BATCH_EVENTS + i;
        tcn_event *event = &batch->events[i];
        *event = *fixture_event(w->f, n, "test.event");
        event->resource.labels[0].value = tcn_str_c(fixture_text(w->f, "run.%u", n));
        event->resource.id = event->resource.labels[0].value;
        event->source = (tcn_str){0}; /* it says something else now */
    }
    batch->done = on_done;
    batch->ud = w;
    w->sent++;
    assert_int_equal(tcn_ingest_submit(w->ingest, batch), 0);
}

static tcn_engine_counts counts_of(const flow *w)
{
    tcn_engine_counts counts;
    tcn_engine_counts_get(tcn_ingest_engine(w->ingest), &counts);
    return counts;
}

static void on_closed(void *ud)
{
    (void)ud;
}

static void close_handle(uv_handle_t *handle, void *ud)
{
    (void)ud;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

/* Nothing is saved and nothing is said, as when the process is killed. */
static void end_at_once(flow *w)
{
    tcn_dispatcher_close(w->dispatcher, on_closed, NULL);
    tcn_store_close(w->f->store);
    w->f->store = NULL;
    uv_walk(&w->f->loop, close_handle, NULL);
    uv_run(&w->f->loop, UV_RUN_DEFAULT);
    tcn_ingest_free(w->ingest);
}

/* The first record that the saved state does not contain. */
static uint64_t saved_sequence(fixture *f)
{
    tcn_buf state;
    tcn_buf_init(&state, SIZE_MAX);
    uint64_t sequence = 0;
    tcn_err err = {0};
    if (tcn_store_state_load(f->store, &state, &sequence, &err) < 0)
        fail_msg("%s", err.text);
    tcn_buf_deinit(&state);
    return sequence;
}

static void open_store(fixture *f)
{
    tcn_err err = {0};
    if (fixture_open(f, TCN_STORE_NORMAL, &err) < 0)
        fail_msg("%s", err.text);
}

/* Puts the automation in force and sends everything. */
static void send_all(flow *w)
{
    define(w);
    submit(w);
    uv_run(&w->f->loop, UV_RUN_DEFAULT);
    assert_int_equal(w->answered, BATCHES);
}

static void a_killed_process_goes_on_from_the_state_and_the_tail(void **state)
{
    flow w = {.f = *state};
    start(&w);
    send_all(&w);
    tcn_engine_counts before = counts_of(&w);
    assert_int_equal(before.buckets, BATCHES * BATCH_EVENTS);
    end_at_once(&w);

    open_store(w.f);
    uint64_t sequence = saved_sequence(w.f);
    /* The definitions have a record, too; rounds may be done as soon as they begin. */
    assert_in_range(sequence, 4, BATCHES + 2);
    fixture_close(w.f);
    /* What the state contains is not needed. */
    fixture_sql(w.f, fixture_text(w.f, "DELETE FROM log WHERE sequence < %u",
                                  (unsigned)sequence));
    open_store(w.f);
    start(&w);
    tcn_engine_counts after = counts_of(&w);
    assert_int_equal(after.buckets, before.buckets);
    assert_int_equal(after.remembered_ids, before.remembered_ids);
    tcn_ingest_counts counts;
    tcn_ingest_counts_get(w.ingest, &counts);
    assert_int_equal(counts.replay_mismatches, 0);
    end_at_once(&w);
    open_store(w.f);
}

static void on_changed(int status, void *ud)
{
    flow *w = ud;
    assert_int_equal(status, 0);
    uv_stop(&w->f->loop);
}

/* A reload may come before the definitions of the start are in force. */
static void a_change_follows_one_that_is_on_its_way(void **state)
{
    flow w = {.f = *state};
    start(&w);
    define(&w);
    tcn_change *second = change_to("other"), *third = change_to("third");
    second->done = on_changed;
    second->ud = &w;
    assert_int_equal(tcn_ingest_change_own(w.ingest, second), 0);
    assert_int_equal(tcn_ingest_change_own(w.ingest, third), TCN_E_BUSY);
    uv_run(&w.f->loop, UV_RUN_DEFAULT);
    const tcn_engine *engine = tcn_ingest_engine(w.ingest);
    assert_int_equal(tcn_engine_automation_count(engine), 1);
    assert_string_equal(tcn_engine_automation_at(engine, 0)->name, "other");
    tcn_ingest_counts counts;
    tcn_ingest_counts_get(w.ingest, &counts);
    assert_false(counts.is_changing);
    end_at_once(&w);
    open_store(w.f);
}

/* What is due at once is done in several turns of the loop, in which others have theirs.
 */
static void what_has_gone_is_freed_turn_by_turn(void **state)
{
    flow w = {.f = *state};
    start(&w);
    send_all(&w);
    tcn_change *change = change_to("other");
    change->done = on_changed;
    change->ud = &w;
    assert_int_equal(tcn_ingest_change_own(w.ingest, change), 0);
    uv_run(&w.f->loop, UV_RUN_DEFAULT);
    unsigned turns = 0;
    for (; tcn_engine_has_leftovers(tcn_ingest_engine(w.ingest)); turns++)
        uv_run(&w.f->loop, UV_RUN_ONCE);
    tcn_engine_counts counts = counts_of(&w);
    end_at_once(&w);
    open_store(w.f);
    assert_in_range(turns, 3, 20);
    assert_int_equal(counts.buckets, 0);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(a_change_follows_one_that_is_on_its_way,
                                    fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(a_killed_process_goes_on_from_the_state_and_the_tail,
                                    fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(what_has_gone_is_freed_turn_by_turn, fixture_setup,
                                    fixture_teardown),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
