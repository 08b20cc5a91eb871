/* SPDX-License-Identifier: Apache-2.0 */
/* clauses.c - an event held against the conditions of one event trigger, one by one. What
 * decides is the same compiled patterns that the engine matches with; what is shown is
 * the definition as it was written. */
#include "core/engine/explain_int.h"

#include <stdio.h>

static bool any_matches(const tcn_globs *globs, tcn_str value)
{
    bool is_match = false;
    for (uint32_t i = 0; i < globs->count && !is_match; i++)
        is_match = tcn_glob_matches(&globs->items[i], value);
    return is_match;
}

static bool test_passes(const tcn_label_test *test, const tcn_resource *resource)
{
    const tcn_str *value = tcn_resource_label(resource, test->label);
    return value != NULL && any_matches(&test->values, *value);
}

static bool resource_passes(const tcn_match *match, const tcn_resource *resource)
{
    bool passes = true;
    for (uint32_t i = 0; i < match->count && passes; i++)
        passes = test_passes(&match->tests[i], resource);
    return passes;
}

static bool related_passes(const tcn_match *match, const tcn_event *event)
{
    bool passes = match->count == 0;
    for (uint32_t i = 0; i < event->related_count && !passes; i++)
        passes = resource_passes(match, &event->related[i]);
    return passes;
}

static bool any_begins(const tcn_globs *globs, tcn_str name)
{
    bool begins = false;
    for (uint32_t i = 0; i < globs->count && !begins; i++)
        begins = tcn_glob_begins(&globs->items[i], name);
    return begins;
}

/* Of the patterns of both lists one is enough. */
static bool name_begins(const tcn_trigger *trigger, tcn_str name)
{
    return trigger->expect.count == 0 || any_begins(&trigger->expect, name) ||
           any_begins(&trigger->after, name);
}

/* Never evaluated. */
static bool is_log(const tcn_event *event)
{
    return tcn_str_eq(event->name, TCN_STR("prefect.log.write"));
}

bool tcn_explain_expects(const tcn_trigger *trigger, const tcn_event *event)
{
    bool has_name =
        trigger->expect.count == 0 ||
        (any_matches(&trigger->expect, event->name) && name_begins(trigger, event->name));
    return has_name && !is_log(event);
}

bool tcn_explain_starts(const tcn_trigger *trigger, const tcn_event *event)
{
    return any_matches(&trigger->after, event->name) &&
           name_begins(trigger, event->name) && !is_log(event);
}

bool tcn_explain_covers(const tcn_trigger *trigger, const tcn_event *event)
{
    bool covers =
        (tcn_explain_expects(trigger, event) || tcn_explain_starts(trigger, event)) &&
        resource_passes(&trigger->match, &event->resource);
    for (uint32_t i = 0; i < trigger->related_count && covers; i++)
        covers = related_passes(&trigger->related[i], event);
    return covers;
}

/* ---- telling ---- */

/* Takes has over; NULL: the event has none. */
static void add(tcn_clauses *clauses, const char *name, const json_t *wants, json_t *has,
                bool passed)
{
    json_t *clause = json_pack("{s:s, s:O?, s:o?, s:b}", "clause", name, "wants", wants,
                               "has", has, "passed", passed);
    if (json_array_append_new(clauses->list, clause) < 0)
        clauses->has_failed = true;
}

static void add_tests(tcn_clauses *clauses, const char *field, const json_t *wants,
                      const tcn_match *match, const tcn_resource *resource)
{
    for (uint32_t i = 0; i < match->count; i++) {
        const tcn_label_test *test = &match->tests[i];
        const tcn_str *value =
            resource != NULL ? tcn_resource_label(resource, test->label) : NULL;
        char name[256];
        (void)snprintf(name, sizeof name, "%s.%.*s", field, TCN_STR_ARG(test->label));
        add(clauses, name, json_object_getn(wants, test->label.ptr, test->label.len),
            value != NULL ? tcn_explain_text(*value) : NULL,
            resource != NULL && test_passes(test, resource));
    }
}

/* The related resource that meets most of the tests; NULL when there is none at all. */
static const tcn_resource *closest(const tcn_match *match, const tcn_event *event)
{
    const tcn_resource *best = NULL;
    uint32_t most = 0;
    for (uint32_t i = 0; i < event->related_count; i++) {
        uint32_t passed = 0;
        for (uint32_t k = 0; k < match->count; k++)
            passed += test_passes(&match->tests[k], &event->related[i]);
        if (best == NULL || passed > most) {
            best = &event->related[i];
            most = passed;
        }
    }
    return best;
}

/* "match_related" may be one object or a list of them. */
static void add_related(tcn_clauses *clauses, const tcn_trigger *trigger,
                        const tcn_event *event)
{
    const json_t *list = json_object_get(trigger->document, "match_related");
    for (uint32_t i = 0; i < trigger->related_count; i++) {
        const json_t *wants = json_is_array(list) ? json_array_get(list, i) : list;
        char field[48] = "match_related";
        if (json_is_array(list))
            (void)snprintf(field, sizeof field, "match_related[%u]", i);
        const tcn_match *match = &trigger->related[i];
        add_tests(clauses, field, wants, match, closest(match, event));
    }
}

/* What the bucket asks of an event that is expected: that "after" was met before, and
 * that it is not older than the window. */
static void add_state(tcn_clauses *clauses, const tcn_trigger *trigger,
                      const tcn_event *event, const tcn_bucket *bucket)
{
    if (!tcn_explain_covers(trigger, event) || !tcn_explain_expects(trigger, event))
        return;
    json_t *start = bucket != NULL ? tcn_explain_time(bucket->start_us) : NULL;
    if (trigger->after.count > 0)
        add(clauses, "began", json_object_get(trigger->document, "after"),
            json_incref(start), bucket != NULL || tcn_explain_starts(trigger, event));
    if (bucket != NULL)
        add(clauses, "occurred since", start, tcn_explain_time(event->occurred_at_us),
            event->occurred_at_us >= bucket->start_us);
    json_decref(start);
}

void tcn_explain_clauses(const tcn_trigger *trigger, const tcn_event *event,
                         const tcn_bucket *bucket, tcn_clauses *clauses)
{
    const json_t *document = trigger->document;
    if (is_log(event)) {
        json_t *wants = json_string("no prefect.log.write");
        add(clauses, "event", wants, tcn_explain_text(event->name), false);
        json_decref(wants);
    }
    if (trigger->expect.count > 0)
        add(clauses, "expect", json_object_get(document, "expect"),
            tcn_explain_text(event->name), tcn_explain_expects(trigger, event));
    if (trigger->after.count > 0)
        add(clauses, "after", json_object_get(document, "after"),
            tcn_explain_text(event->name), tcn_explain_starts(trigger, event));
    add_tests(clauses, "match", json_object_get(document, "match"), &trigger->match,
              &event->resource);
    add_related(clauses, trigger, event);
    add_state(clauses, trigger, event, bucket);
}
