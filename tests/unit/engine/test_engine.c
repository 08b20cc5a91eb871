/* SPDX-License-Identifier: Apache-2.0 */
/* test_engine.c - what recorded scenarios do not show: jumps, lateness, ids, cuts of
 * steps, limits, the loop breaker, payloads. */
#include "fixture.h"

#include <stdlib.h>

static const char silent[] =
    "{\"name\":\"silent\",\"actions\":[],\"trigger\":{\"after\":[\"started\"],\"expect\":[\"done\"],"
    "\"for_each\":[\"prefect.resource.id\"],\"posture\":\"Proactive\",\"within\":10}}";
static const char twice[] =
    "{\"name\":\"twice\",\"actions\":[],\"trigger\":{\"expect\":[\"failed\"],\"for_each\":"
    "[\"prefect.resource.id\"],\"posture\":\"Reactive\",\"threshold\":2,\"within\":60}}";
static const char any[] =
    "{\"name\":\"any\",\"actions\":[],\"trigger\":{\"posture\":\"Reactive\"}}";

static void a_jump_fires_once_and_says_when_it_was_due(void **state)
{
    (void)state;
    fixture *f =
        fixture_new(&tcn_engine_limits_default,
                    "{\"name\":\"a\",\"actions\":[],\"trigger\":{\"expect\":[\"x\"],"
                    "\"posture\":\"Proactive\",\"within\":10}}");
    advance(f, 3600, true);
    assert_int_equal(f->count, 1);
    assert_true(fired_s(f, 0) == 3600);
    assert_int_equal(f->firings[0].due_us, START_US + 10 * TCN_SECOND_US);
    advance(f, 3611, false);
    assert_int_equal(f->count, 2);
    assert_true(fired_s(f, 1) == 3610);
    fixture_free(f);
}

static void without_a_jump_each_timer_fires_at_its_own_time(void **state)
{
    (void)state;
    fixture *f = fixture_new(&tcn_engine_limits_default, silent);
    feed(f, 1, 1, "started", "r.2");
    feed(f, 2, 2, "started", "r.1");
    advance(f, 600, false);
    assert_int_equal(f->count, 2);
    assert_true(fired_s(f, 0) == 11);
    assert_string_equal(f->firings[0].first_label, "r.2");
    assert_true(fired_s(f, 1) == 12);
    assert_int_equal(f->firings[1].event, 2);
    fixture_free(f);
}

static void an_event_at_the_instant_of_a_timer_comes_first(void **state)
{
    (void)state;
    fixture *f = fixture_new(&tcn_engine_limits_default, silent);
    feed(f, 1, 1, "started", "r");
    assert_int_equal(feed(f, 11, 1, "other", "r"), 1); /* a duplicate */
    begin(f);
    give(f, 11, 10.5, 2, "done", "r", 0);
    end(f);
    advance(f, 100, false);
    assert_int_equal(f->count, 0);
    fixture_free(f);
}

/* Runs the same events with the steps cut after every n-th one. */
static fixture *run_cut(size_t every)
{
    static const char *const names[] = {"started", "failed", "done", "failed", "beat"};
    fixture *f = fixture_new(&tcn_engine_limits_default, silent);
    put(f, twice);
    begin(f);
    for (uint8_t i = 1; i < 120; i++) {
        const char *resource = i % 3 == 0 ? "r.1" : "r.2";
        uint8_t follows = i % 11 == 0 ? (uint8_t)(i + 2) : 0;
        double at_s = i * 1.7;
        give(f, at_s, at_s - i % 7, i, names[i % 5], resource, follows);
        if (i % every == 0) {
            end(f);
            begin(f);
        }
    }
    end(f);
    advance(f, 2000, false);
    return f;
}

static void ids_do_not_depend_on_how_steps_are_cut(void **state)
{
    (void)state;
    fixture *one = run_cut(1);
    assert_true(one->count > 20);
    for (size_t every = 2; every <= 64; every *= 2) {
        fixture *other = run_cut(every);
        assert_int_equal(other->count, one->count);
        for (size_t i = 0; i < one->count; i++)
            assert_memory_equal(&other->firings[i].id, &one->firings[i].id,
                                sizeof(tcn_uuid));
        fixture_free(other);
    }
    for (size_t i = 1; i < one->count; i++)
        assert_memory_not_equal(&one->firings[i].id, &one->firings[i - 1].id,
                                sizeof(tcn_uuid));
    fixture_free(one);
}

static void an_automation_that_feeds_itself_is_cut(void **state)
{
    (void)state;
    fixture *f = fixture_new(&tcn_engine_limits_default, any);
    feed(f, 1, 1, "x", "r");
    tcn_engine_counts counts;
    tcn_engine_counts_get(f->engine, &counts);
    assert_int_equal(counts.firings, 32);
    assert_int_equal(f->notices, 1);
    assert_true(f->firings[f->count - 1].is_suppressed);
    feed(f, 2, 2, "x", "r");
    assert_int_equal(f->notices, 1);
    feed(f, 61, 3, "x", "r");
    assert_int_equal(f->notices, 2);
    fixture_free(f);
}

static void who_watches_for_suppressed_automations_fires(void **state)
{
    (void)state;
    fixture *f =
        fixture_new(&tcn_engine_limits_default,
                    "{\"name\":\"self\",\"actions\":[],\"trigger\":{\"expect\":[\"x\","
                    "\"prefect.automation.triggered\"],\"posture\":\"Reactive\"}}");
    put(f, "{\"name\":\"watch\",\"actions\":[],\"trigger\":{\"expect\":"
           "[\"tocsin.automation.suppressed\"],\"posture\":\"Reactive\"}}");
    feed(f, 1, 1, "x", "r");
    assert_int_equal(f->count, 32 + 3);
    assert_true(f->firings[32].is_suppressed);
    assert_false(f->firings[33].is_suppressed);
    assert_true(f->firings[34].is_suppressed); /* of that firing nobody is told */
    assert_int_equal(f->notices, 1);
    fixture_free(f);
}

static void firings_per_minute_are_limited_when_asked(void **state)
{
    (void)state;
    tcn_engine_limits limits = tcn_engine_limits_default;
    limits.firings_per_minute = 3;
    fixture *f =
        fixture_new(&limits, "{\"name\":\"a\",\"actions\":[],\"trigger\":{\"expect\":"
                             "[\"x\"],\"posture\":\"Reactive\"}}");
    for (uint8_t i = 1; i <= 5; i++)
        feed(f, i, i, "x", "r");
    feed(f, 60, 6, "x", "r");
    assert_int_equal(f->count, 6);
    assert_false(f->firings[2].is_suppressed);
    assert_true(f->firings[3].is_suppressed && f->firings[4].is_suppressed);
    assert_false(f->firings[5].is_suppressed);
    assert_int_equal(f->notices, 1);
    fixture_free(f);
}

/* Events of the step, between begin and end, that tell of a limit. */
static size_t count_told(const fixture *f, const char *limit)
{
    const tcn_step *step = tcn_engine_results(f->engine);
    size_t count = 0;
    for (size_t i = 0; i < step->emitted_count; i++) {
        const tcn_event *event = step->emitted[i].event;
        count += tcn_str_eq_c(event->name, "tocsin.engine.limit") &&
                 tcn_str_eq_c(*tcn_resource_label(&event->resource,
                                                  TCN_STR("prefect.resource.name")),
                              limit);
    }
    return count;
}

static void a_limit_is_told_once_a_day(void **state)
{
    (void)state;
    tcn_engine_limits limits = tcn_engine_limits_default;
    tcn_engine_counts counts;
    limits.max_buckets = 1;
    limits.remembered_ids = 3;
    fixture *f = fixture_new(&limits, twice);
    for (uint8_t i = 1; i < 9; i++) {
        bool is_next_day = i == 8;
        begin(f);
        give(f, is_next_day ? 86500 : i, is_next_day ? 86500 : i, i, "failed",
             is_next_day  ? "r.2"
             : i % 2 == 0 ? "r.1"
                          : "r.2",
             0);
        if (is_next_day) /* the bucket before ended long ago */
            give(f, 86501, 86501, 20, "failed", "r.3", 0);
        assert_int_equal(count_told(f, "engine.max_buckets"), i == 2 || is_next_day);
        assert_int_equal(count_told(f, "engine.remembered_ids"), i == 3);
        end(f);
    }
    tcn_engine_counts_get(f->engine, &counts);
    assert_int_equal(counts.limited[TCN_LIMIT_BUCKETS], 4);
    assert_true(counts.limited[TCN_LIMIT_IDS] > 3);
    fixture_free(f);
}

/* Two that always have a bucket, where there is room for one. */
static void a_limit_that_a_definition_reaches_is_told_in_the_next_step(void **state)
{
    static const char *const absences[] = {
        "{\"name\":\"1\",\"actions\":[],\"trigger\":{\"posture\":\"Proactive\"}}",
        "{\"name\":\"2\",\"actions\":[],\"trigger\":{\"posture\":\"Proactive\"}}"};
    (void)state;
    tcn_engine_limits limits = tcn_engine_limits_default;
    limits.max_buckets = 1;
    fixture *f = fixture_new(&limits, absences[0]);
    begin(f);
    put(f, absences[1]);
    assert_int_equal(count_told(f, "engine.max_buckets"), 0);
    end(f);
    assert_int_equal(tcn_engine_next_due_us(f->engine), tcn_engine_clock_us(f->engine));
    begin(f);
    assert_int_equal(count_told(f, "engine.max_buckets"), 1);
    assert_int_equal(tcn_engine_results(f->engine)->emitted[0].event->position,
                     f->sequence << TCN_POSITION_BITS | TCN_POSITION_EMITTED);
    end(f);
    begin(f);
    assert_int_equal(count_told(f, "engine.max_buckets"), 0);
    end(f);
    fixture_free(f);
}

static void above_the_limit_of_buckets_stale_ones_go_then_new_ones_are_refused(
    void **state)
{
    (void)state;
    tcn_engine_limits limits = tcn_engine_limits_default;
    limits.max_buckets = 2;
    fixture *f = fixture_new(&limits, twice);
    feed(f, 1, 1, "failed", "r.1");
    feed(f, 1, 2, "failed", "r.2");
    feed(f, 1, 3, "failed", "r.3");
    tcn_engine_counts counts;
    tcn_engine_counts_get(f->engine, &counts);
    assert_int_equal(counts.buckets, 2);
    assert_int_equal(counts.limited[TCN_LIMIT_BUCKETS], 1);
    feed(f, 200, 4, "failed", "r.3"); /* the first two ended more than a minute ago */
    tcn_engine_counts_get(f->engine, &counts);
    assert_int_equal(counts.buckets, 2);
    assert_int_equal(counts.limited[TCN_LIMIT_BUCKETS], 1);
    feed(f, 201, 5, "failed", "r.3");
    assert_int_equal(f->count, 1);
    fixture_free(f);
}

static void above_the_limit_of_followers_the_oldest_is_evaluated(void **state)
{
    (void)state;
    tcn_engine_limits limits = tcn_engine_limits_default;
    limits.max_waiting = 1;
    fixture *f =
        fixture_new(&limits, "{\"name\":\"a\",\"actions\":[],\"trigger\":{\"expect\":"
                             "[\"x\"],\"posture\":\"Reactive\"}}");
    begin(f);
    give(f, 1, 1, 1, "x", "r", 100);
    give(f, 2, 2, 2, "x", "r", 101);
    end(f);
    assert_int_equal(f->count, 1);
    assert_int_equal(f->firings[0].event, 1);
    advance(f, 902, false);
    assert_int_equal(f->count, 2);
    assert_true(fired_s(f, 1) == 902);
    fixture_free(f);
}

static void forgotten_ids_are_no_duplicates_any_more(void **state)
{
    (void)state;
    tcn_engine_limits limits = tcn_engine_limits_default;
    limits.remembered_ids = 3;
    fixture *f = fixture_new(&limits, NULL);
    assert_int_equal(feed(f, 1, 1, "x", "r"), 0);
    assert_int_equal(feed(f, 2, 2, "x", "r"), 0);
    assert_int_equal(feed(f, 3, 1, "x", "r"), 1);
    assert_int_equal(feed(f, 3, 3, "x", "r"), 0);
    assert_int_equal(feed(f, 4, 4, "x", "r"),
                     0); /* the event that tells has an id, too */
    assert_int_equal(feed(f, 5, 1, "x", "r"), 0);
    assert_int_equal(feed(f, 4 + 1799, 4, "x", "r"), 1);
    assert_int_equal(feed(f, 5 + 1800, 1, "x", "r"), 0);
    fixture_free(f);
}

static void an_unchanged_trigger_keeps_its_buckets_a_changed_one_loses_them(void **state)
{
    (void)state;
    fixture *f = fixture_new(&tcn_engine_limits_default, twice);
    feed(f, 1, 1, "failed", "r");
    tcn_automation *list[2] = {parse_text(silent), parse_text(twice)};
    assert_int_equal(tcn_engine_define_own(f->engine, list, 2, START_US + TCN_SECOND_US),
                     0);
    feed(f, 2, 2, "failed", "r");
    assert_int_equal(f->count, 1);

    feed(f, 100, 3, "failed", "r");
    json_t *document = json_loads(twice, 0, NULL);
    json_object_set_new(json_object_get(document, "trigger"), "within", json_integer(61));
    char *text = json_dumps(document, 0);
    list[0] = parse_text(text);
    assert_int_equal(
        tcn_engine_define_own(f->engine, list, 1, START_US + 101 * TCN_SECOND_US), 0);
    assert_int_equal(tcn_engine_automation_count(f->engine), 1);
    feed(f, 102, 4, "failed", "r");
    assert_int_equal(f->count, 1);
    free(text);
    json_decref(document);
    fixture_free(f);
}

static void a_firing_tells_its_labels_and_event(void **state)
{
    (void)state;
    fixture *f = fixture_new(&tcn_engine_limits_default, silent);
    begin(f);
    give(f, 1, 1, 1, "started", "r", 0);
    assert_int_equal(tcn_engine_advance(f->engine, START_US + 20 * TCN_SECOND_US, false),
                     0);
    const tcn_step *step = tcn_engine_results(f->engine);
    assert_int_equal(step->emitted_count, 1);
    assert_null(step->emitted[0].firing); /* its event is part of this step */
    json_t *payload = json_loadb(step->emitted[0].event->payload.ptr,
                                 step->emitted[0].event->payload.len, 0, NULL);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(payload, "triggering_labels"),
                                          "prefect.resource.id")),
        "r");
    assert_string_equal(json_string_value(json_object_get(
                            json_object_get(payload, "triggering_event"), "event")),
                        "started");
    json_decref(payload);
    end(f);

    feed(f, 30, 2, "started", "r");
    begin(f);
    assert_int_equal(tcn_engine_advance(f->engine, START_US + 60 * TCN_SECOND_US, false),
                     0);
    step = tcn_engine_results(f->engine);
    assert_int_equal(step->emitted_count, 1);
    assert_ptr_equal(step->emitted[0].firing, step->firings[0]);
    assert_null(step->firings[0]->event);
    assert_int_equal(step->firings[0]->event_ref.id.bytes[15], 2);
    assert_int_equal(step->emitted[0].event->payload.len, 0);
    end(f);
    fixture_free(f);
}

static void a_full_step_goes_on_in_the_next_one(void **state)
{
    (void)state;
    enum {
        COUNT = 2600
    };
    fixture *f = fixture_new(&tcn_engine_limits_default, silent);
    for (uint32_t i = 0; i < COUNT; i++) {
        char resource[32];
        (void)snprintf(resource, sizeof resource, "r.%u", i);
        tcn_label label = {TCN_STR("prefect.resource.id"), tcn_str_c(resource)};
        tcn_event event = {.received_at_us = START_US,
                           .occurred_at_us = START_US,
                           .name = TCN_STR("started"),
                           .resource = {&label, 1, tcn_str_c(resource), TCN_STR("")}};
        memcpy(event.id.bytes, &i, sizeof i);
        begin(f);
        assert_int_equal(tcn_engine_event(f->engine, &event), 0);
        tcn_engine_end(f->engine);
    }
    int64_t due_us = START_US + 10 * TCN_SECOND_US;
    assert_false(tcn_engine_is_much_due(f->engine, due_us - 1));
    assert_true(tcn_engine_is_much_due(f->engine, due_us));
    size_t firings = 0;
    int steps = 0;
    for (int rc = 1; rc == 1; steps++) {
        begin(f);
        rc = tcn_engine_advance(f->engine, START_US + 20 * TCN_SECOND_US, false);
        firings += tcn_engine_results(f->engine)->firing_count;
        if (rc == 1)
            assert_int_equal(tcn_engine_next_due_us(f->engine), due_us);
        tcn_engine_end(f->engine);
    }
    assert_int_equal(steps, 2);
    assert_int_equal(firings, COUNT);
    assert_int_equal(tcn_engine_next_due_us(f->engine), INT64_MAX);
    fixture_free(f);
}

/* Each feeds both: the chain would have 2^32 links. */
static void automations_that_multiply_each_other_are_cut(void **state)
{
    (void)state;
    fixture *f = fixture_new(&tcn_engine_limits_default, NULL);
    for (int i = 0; i < 2; i++) {
        char text[256];
        (void)snprintf(text, sizeof text,
                       "{\"name\":\"%d\",\"actions\":[],\"trigger\":{\"posture\":"
                       "\"Reactive\",\"within\":0}}",
                       i);
        put(f, text);
    }
    begin(f);
    give(f, 1, 1, 1, "started", "r", 0);
    const tcn_step *step = tcn_engine_results(f->engine);
    size_t acted = 0;
    for (size_t i = 0; i < step->firing_count; i++)
        acted += !step->firings[i]->is_suppressed;
    assert_int_equal(acted, 2 * 10000);
    tcn_engine_counts counts;
    tcn_engine_counts_get(f->engine, &counts);
    assert_int_equal(counts.firings, acted);
    assert_int_equal(counts.suppressed, step->firing_count - acted);
    end(f);
    fixture_free(f);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_jump_fires_once_and_says_when_it_was_due),
    cmocka_unit_test(without_a_jump_each_timer_fires_at_its_own_time),
    cmocka_unit_test(an_event_at_the_instant_of_a_timer_comes_first),
    cmocka_unit_test(ids_do_not_depend_on_how_steps_are_cut),
    cmocka_unit_test(an_automation_that_feeds_itself_is_cut),
    cmocka_unit_test(who_watches_for_suppressed_automations_fires),
    cmocka_unit_test(firings_per_minute_are_limited_when_asked),
    cmocka_unit_test(a_limit_is_told_once_a_day),
    cmocka_unit_test(a_limit_that_a_definition_reaches_is_told_in_the_next_step),
    cmocka_unit_test(above_the_limit_of_buckets_stale_ones_go_then_new_ones_are_refused),
    cmocka_unit_test(above_the_limit_of_followers_the_oldest_is_evaluated),
    cmocka_unit_test(forgotten_ids_are_no_duplicates_any_more),
    cmocka_unit_test(an_unchanged_trigger_keeps_its_buckets_a_changed_one_loses_them),
    cmocka_unit_test(a_firing_tells_its_labels_and_event),
    cmocka_unit_test(a_full_step_goes_on_in_the_next_one),
    cmocka_unit_test(automations_that_multiply_each_other_are_cut),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
