/* SPDX-License-Identifier: Apache-2.0 */
/* test_explain.c - what is said of an event before it comes is what happens when it
 * does, and nothing changes by asking. */
#include "fixture.h"

#include <stdlib.h>

#include "core/engine/explain.h"
#include "tests/unit/failing_alloc.h"

static const char twice[] =
    "{\"name\":\"twice\",\"actions\":[],\"trigger\":{\"expect\":[\"failed\"],\"match\":{"
    "\"prefect.resource.id\":[\"r.*\",\"s\"]},\"for_each\":[\"prefect.resource.id\"],"
    "\"posture\":\"Reactive\",\"threshold\":2,\"within\":60}}";
static const char silent[] =
    "{\"name\":\"silent\",\"actions\":[],\"trigger\":{\"after\":[\"started\"],\"expect\":[\"done\"],"
    "\"for_each\":[\"prefect.resource.id\"],\"posture\":\"Proactive\",\"within\":10}}";
static const char both[] =
    "{\"name\":\"both\",\"actions\":[],\"trigger\":{\"type\":\"compound\",\"require\":\"all\","
    "\"within\":60,\"triggers\":[{\"expect\":[\"a\"],\"posture\":\"Reactive\"},{\"expect\":[\"b\"],"
    "\"match_related\":[{\"prefect.resource.role\":\"flow\",\"x\":\"1\"}],"
    "\"posture\":\"Reactive\"}]}}";

static json_t *explain_or_fail(fixture *f, double at_s, const char *name,
                               const char *resource)
{
    tcn_label label = {TCN_STR("prefect.resource.id"), tcn_str_c(resource)};
    tcn_label related[] = {
        {TCN_STR("prefect.resource.id"), TCN_STR("f.1")},
        {TCN_STR("prefect.resource.role"), TCN_STR("flow")},
    };
    tcn_resource flow = {related, 2, TCN_STR("f.1"), TCN_STR("flow")};
    tcn_event event = {
        .id = {.bytes = {[0] = 1, [15] = 200}},
        .occurred_at_us = START_US + (int64_t)(at_s * 1e6),
        .received_at_us = START_US + (int64_t)(at_s * 1e6),
        .name = tcn_str_c(name),
        .resource = {&label, 1, tcn_str_c(resource), TCN_STR("")},
        .related = &flow,
        .related_count = 1,
        .payload = TCN_STR("{}"),
    };
    return tcn_engine_explain(f->engine, tcn_engine_automation_at(f->engine, 0),
                              name != NULL ? &event : NULL,
                              START_US + (int64_t)(at_s * 1e6));
}

static json_t *explain(fixture *f, double at_s, const char *name, const char *resource)
{
    json_t *document = explain_or_fail(f, at_s, name, resource);
    assert_non_null(document);
    return document;
}

/* The member at a path of names; digits are places in lists. */
static const json_t *at(const json_t *document, const char *path)
{
    char copy[256];
    (void)snprintf(copy, sizeof copy, "%s", path);
    tcn_str rest = tcn_str_c(copy), part;
    while (document != NULL && tcn_str_split(&rest, '/', &part)) {
        document = json_is_array(document)
                       ? json_array_get(document, (size_t)(part.ptr[0] - '0'))
                       : json_object_getn(document, part.ptr, part.len);
    }
    if (document == NULL)
        fail_msg("nothing at %s", path);
    return document;
}

static void assert_text(const json_t *document, const char *path, const char *text)
{
    assert_string_equal(json_string_value(at(document, path)), text);
}

static void names_the_clause_that_fails(void **state)
{
    (void)state;
    fixture *f = fixture_new(&tcn_engine_limits_default, twice);
    json_t *document = explain(f, 1, "failed", "q.1");
    assert_text(document, "trigger/role", "none");
    assert_true(json_is_true(at(document, "trigger/clauses/0/passed")));
    assert_text(document, "trigger/clauses/1/clause", "match.prefect.resource.id");
    assert_text(document, "trigger/clauses/1/has", "q.1");
    assert_text(document, "trigger/clauses/1/wants/0", "r.*");
    assert_false(json_is_true(at(document, "trigger/clauses/1/passed")));
    assert_false(json_is_true(at(document, "outcome/fires")));
    json_decref(document);
    fixture_free(f);
}

static void names_the_event_by_which_all_are_late(void **state)
{
    (void)state;
    fixture *f = fixture_new(&tcn_engine_limits_default, twice);
    json_t *document = explain(f, 0, "failed", "r.1");
    assert_true(json_is_null(at(document, "lag_event")));
    json_decref(document);
    feed(f, 1, 1, "failed", "r.1");
    begin(f);
    give(f, 31, 11, 2, "failed", "r.2", 0);
    end(f);
    document = explain(f, 31, "failed", "r.1");
    assert_true(json_number_value(at(document, "lag")) == 20);
    char id[TCN_UUID_TEXT + 1];
    tcn_engine_counts counts;
    tcn_engine_counts_get(f->engine, &counts);
    assert_text(document, "lag_event", tcn_uuid_format(&counts.lag_event, id));
    assert_string_equal(id + TCN_UUID_TEXT - 2, "02");
    json_decref(document);
    fixture_free(f);
}

static void tells_the_count_and_what_one_more_event_does(void **state)
{
    (void)state;
    fixture *f = fixture_new(&tcn_engine_limits_default, twice);
    feed(f, 1, 1, "failed", "r.1");
    json_t *document = explain(f, 5, "failed", "r.2");
    assert_true(json_is_null(at(document, "trigger/bucket")));
    assert_int_equal(json_integer_value(at(document, "trigger/bucket_after/count")), 1);
    assert_text(document, "trigger/bucket_after/labels/prefect.resource.id", "r.2");
    assert_false(json_is_true(at(document, "outcome/fires")));
    json_decref(document);

    document = explain(f, 5, "failed", "r.1");
    assert_int_equal(json_integer_value(at(document, "trigger/bucket/count")), 1);
    assert_true(json_is_true(at(document, "outcome/fires")));
    assert_text(document, "outcome/by", "event");
    assert_text(document, "outcome/at", "2026-01-01T00:00:05Z");
    json_decref(document);

    assert_int_equal(f->count, 0); /* asking changed nothing */
    feed(f, 5, 2, "failed", "r.1");
    assert_int_equal(f->count, 1);
    assert_true(fired_s(f, 0) == 5);
    fixture_free(f);
}

static void says_when_an_event_is_too_old(void **state)
{
    (void)state;
    fixture *f = fixture_new(&tcn_engine_limits_default, twice);
    feed(f, 2000, 1, "failed", "r.1");
    json_t *document = explain(f, 1, "failed", "r.1");
    assert_text(document, "trigger/clauses/2/clause", "occurred since");
    assert_false(json_is_true(at(document, "trigger/clauses/2/passed")));
    json_decref(document);
    fixture_free(f);
}

static void foretells_an_absence(void **state)
{
    (void)state;
    fixture *f = fixture_new(&tcn_engine_limits_default, silent);
    json_t *document = explain(f, 1, "done", "r.1");
    assert_text(document, "trigger/clauses/2/clause", "began");
    assert_false(json_is_true(at(document, "trigger/clauses/2/passed")));
    json_decref(document);

    document = explain(f, 1, "started", "r.1");
    assert_text(document, "trigger/role", "starts");
    assert_text(document, "outcome/by", "absence");
    assert_text(document, "outcome/at", "2026-01-01T00:00:11Z");
    json_decref(document);

    feed(f, 1, 1, "started", "r.1");
    advance(f, 60, false);
    assert_int_equal(f->count, 1);
    assert_true(fired_s(f, 0) == 11);
    fixture_free(f);
}

static void shows_the_children_that_have_fired(void **state)
{
    (void)state;
    fixture *f = fixture_new(&tcn_engine_limits_default, both);
    feed(f, 1, 1, "a", "r.1");
    json_t *document = explain(f, 2, "b", "r.1");
    assert_int_equal(json_integer_value(at(document, "trigger/require")), 2);
    assert_int_equal(json_integer_value(at(document, "trigger/fired/0/trigger")), 0);
    assert_text(document, "trigger/triggers/1/path", "trigger.triggers[1]");
    assert_text(document, "trigger/triggers/1/clauses/1/clause",
                "match_related[0].prefect.resource.role");
    assert_true(json_is_true(at(document, "trigger/triggers/1/clauses/1/passed")));
    assert_text(document, "trigger/triggers/1/clauses/2/clause", "match_related[0].x");
    assert_true(json_is_null(at(document, "trigger/triggers/1/clauses/2/has")));
    assert_false(json_is_true(at(document, "outcome/fires")));
    json_decref(document);
    fixture_free(f);
}

static void a_child_firing_that_is_too_old_is_missing(void **state)
{
    (void)state;
    fixture *f = fixture_new(&tcn_engine_limits_default, both);
    feed(f, 1, 1, "a", "r.1");
    json_t *document = explain(f, 2, NULL, "");
    assert_int_equal(json_array_size(at(document, "trigger/fired")), 1);
    assert_int_equal(json_array_size(at(document, "trigger/missing")), 1);
    assert_int_equal(json_integer_value(at(document, "trigger/missing/0")), 1);
    json_decref(document);
    document = explain(f, 100, NULL, ""); /* the engine stands at 1 s */
    assert_int_equal(json_array_size(at(document, "trigger/fired")), 0);
    assert_int_equal(json_array_size(at(document, "trigger/missing")), 2);
    json_decref(document);
    fixture_free(f);
}

static void an_engine_that_stands_is_asked_at_the_clock_of_the_question(void **state)
{
    (void)state;
    fixture *f = fixture_new(&tcn_engine_limits_default, twice);
    feed(f, 1, 1, "failed", "r.1");
    json_t *document = explain(f, 40, "failed", "r.1");
    assert_text(document, "clock", "2026-01-01T00:00:40Z");
    assert_text(document, "outcome/at", "2026-01-01T00:00:40Z");
    json_decref(document);
    fixture_free(f);
}

static void without_an_event_tells_the_state(void **state)
{
    (void)state;
    fixture *f = fixture_new(&tcn_engine_limits_default, twice);
    feed(f, 1, 1, "failed", "r.1");
    json_t *document = explain(f, 2, NULL, "");
    assert_int_equal(json_integer_value(at(document, "trigger/buckets")), 1);
    assert_null(json_object_get(document, "event"));
    json_decref(document);
    fixture_free(f);
}

static void *counted_malloc(size_t size)
{
    return is_to_fail() ? NULL : malloc(size);
}

static void every_allocation_fails_once_without_harm(void **state)
{
    (void)state;
    fixture *f = fixture_new(&tcn_engine_limits_default, both);
    feed(f, 1, 1, "a", "r.1");
    json_set_alloc_funcs(counted_malloc, free);
    json_t *document = NULL;
    size_t n = 0;
    while (document == NULL && n < 10000) {
        allocations = 0;
        fail_at = ++n;
        document = explain_or_fail(f, 2, "b", "r.1");
    }
    fail_at = 0;
    assert_in_range(n, 50, 9999);
    json_decref(document);
    json_set_alloc_funcs(malloc, free);
    feed(f, 2, 2, "b", "r.1"); /* the engine is as it was */
    assert_int_equal(f->count, 0);
    fixture_free(f);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(names_the_clause_that_fails),
    cmocka_unit_test(names_the_event_by_which_all_are_late),
    cmocka_unit_test(tells_the_count_and_what_one_more_event_does),
    cmocka_unit_test(says_when_an_event_is_too_old),
    cmocka_unit_test(foretells_an_absence),
    cmocka_unit_test(shows_the_children_that_have_fired),
    cmocka_unit_test(a_child_firing_that_is_too_old_is_missing),
    cmocka_unit_test(an_engine_that_stands_is_asked_at_the_clock_of_the_question),
    cmocka_unit_test(without_an_event_tells_the_state),
    cmocka_unit_test(every_allocation_fails_once_without_harm),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
