/* SPDX-License-Identifier: Apache-2.0 */
/* scenario_compare.c - what happened against what was expected: same number, same order,
 * but firings at one instant may stand in any order. */
#include "core/cli/scenario.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/alloc.h"
#include "core/base/datetime.h"

#define EXPLAINED_MAX 3 /* differences of one scenario; what follows comes from them */
#define ALIGNED_MAX   1000

typedef struct expectation {
    const json_t *document;
    bool has_at, has_event;
    int64_t at_us;
    const char *automation;
    bool is_event_null;
    tcn_uuid event;
    const json_t *labels;
    size_t firing; /* the one that meets it, or SIZE_MAX */
} expectation;

typedef struct comparison {
    const tcn_scenario *scenario;
    expectation *expected;
    size_t count;
    size_t *taken;  /* of each firing: the expectation that it meets, or SIZE_MAX */
    bool *is_tried; /* of each firing, in one search */
    size_t explained;
} comparison;

/* ---- reading ---- */

static int wrong(tcn_problems *problems, size_t index, const char *name, const char *text)
{
    char path[64];
    (void)snprintf(path, sizeof path, "expect[%zu]%s", index, name);
    tcn_err err = {0};
    (void)tcn_err_field(&err, TCN_E_INVALID, path, "%s", text);
    tcn_problems_add(problems, &err);
    return TCN_E_INVALID;
}

static int read_event(const json_t *event, size_t index, expectation *e,
                      tcn_problems *problems)
{
    e->has_event = event != NULL;
    e->is_event_null = json_is_null(event);
    if (event == NULL || e->is_event_null)
        return 0;
    if (!json_is_string(event) ||
        !tcn_uuid_parse(tcn_str_c(json_string_value(event)), &e->event))
        return wrong(problems, index, ".event", "the id of an event is needed, or null");
    return 0;
}

static int read_expectation(const json_t *document, size_t index, expectation *e,
                            tcn_problems *problems)
{
    static const char *const known[] = {"at",     "automation", "event",
                                        "labels", "comment",    NULL};
    char path[32];
    (void)snprintf(path, sizeof path, "expect[%zu]", index);
    *e = (expectation){.document = document, .firing = SIZE_MAX};
    if (!json_is_object(document))
        return wrong(problems, index, "", "an expectation is an object");
    int rc = tcn_scenario_check_keys(document, path, known, problems);
    if (rc < 0)
        return rc;
    const json_t *at = json_object_get(document, "at");
    if (at != NULL) {
        e->has_at = true;
        if (!json_is_string(at) ||
            !tcn_datetime_parse(tcn_str_c(json_string_value(at)), &e->at_us, NULL))
            return wrong(problems, index, ".at", "this is not a time");
    }
    const json_t *automation = json_object_get(document, "automation");
    e->automation = json_string_value(automation);
    if (e->automation == NULL)
        return wrong(problems, index, ".automation",
                     automation == NULL ? "Field required" : "a name is needed");
    e->labels = json_object_get(document, "labels");
    if (e->labels != NULL && !json_is_object(e->labels))
        return wrong(problems, index, ".labels", "an object is needed");
    return read_event(json_object_get(document, "event"), index, e, problems);
}

/* ---- meeting ---- */

static bool labels_meet(const json_t *labels, const tcn_scenario_firing *firing)
{
    if (labels == NULL)
        return true;
    if (json_object_size(labels) != firing->label_count)
        return false;
    for (uint32_t i = 0; i < firing->label_count; i++) {
        tcn_str key = firing->labels[i].key;
        const json_t *value = json_object_getn(labels, key.ptr, key.len);
        tcn_str text = tcn_str_of(json_string_value(value), json_string_length(value));
        if (!json_is_string(value) || !tcn_str_eq(text, firing->labels[i].value))
            return false;
    }
    return true;
}

static bool meets(const expectation *e, const tcn_scenario_firing *firing)
{
    if (e->has_at && e->at_us != firing->at_us)
        return false;
    if (!tcn_str_eq_c(firing->automation, e->automation))
        return false;
    if (e->has_event && e->is_event_null == firing->has_event)
        return false;
    if (e->has_event && firing->has_event && !tcn_uuid_eq(&e->event, &firing->event))
        return false;
    return labels_meet(e->labels, firing);
}

/* Finds a firing in [from, to) for the expectation, moving others to other firings if
 * need be. */
static bool find_firing(comparison *c, size_t e, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (c->is_tried[i] || !meets(&c->expected[e], &c->scenario->firings[i]))
            continue;
        c->is_tried[i] = true;
        if (c->taken[i] != SIZE_MAX && !find_firing(c, c->taken[i], from, to))
            continue;
        c->taken[i] = e;
        c->expected[e].firing = i;
        return true;
    }
    return false;
}

static void assign(comparison *c)
{
    size_t firings = c->scenario->firing_count;
    for (size_t from = 0; from < firings;) {
        size_t to = from + 1;
        while (to < firings &&
               c->scenario->firings[to].at_us == c->scenario->firings[from].at_us)
            to++;
        for (size_t e = from; e < to && e < c->count; e++) {
            memset(c->is_tried, 0, firings * sizeof *c->is_tried);
            (void)find_firing(c, e, from, to);
        }
        from = to;
    }
}

static bool is_assigned(const comparison *c)
{
    bool is_same = c->count == c->scenario->firing_count;
    for (size_t i = 0; is_same && i < c->count; i++)
        is_same = c->expected[i].firing != SIZE_MAX;
    return is_same;
}

/* One firing too many moves all that follow: what is told is what no other place has. */
static void align(comparison *c)
{
    size_t firings = c->scenario->firing_count;
    for (size_t e = 0; e < c->count && firings <= ALIGNED_MAX; e++) {
        memset(c->is_tried, 0, firings * sizeof *c->is_tried);
        if (c->expected[e].firing == SIZE_MAX)
            (void)find_firing(c, e, 0, firings);
    }
}

/* ---- telling ---- */

static void explain(comparison *c, const tcn_scenario_question *question, tcn_buf *text)
{
    if (c->explained++ < EXPLAINED_MAX)
        tcn_scenario_explain(c->scenario, question, text);
}

static void tell_firing(comparison *c, tcn_buf *text, const tcn_scenario_firing *firing)
{
    char at[TCN_DATETIME_TEXT];
    char id[TCN_UUID_TEXT + 1] = "null";
    (void)tcn_datetime_format(firing->at_us, at);
    if (firing->has_event)
        (void)tcn_uuid_format(&firing->event, id);
    (void)tcn_buf_printf(text, "  not expected: at %s, automation \"", at);
    (void)tcn_buf_add_printable(text, firing->automation);
    (void)tcn_buf_printf(text, "\", event %s, labels {", id);
    for (uint32_t i = 0; i < firing->label_count; i++) {
        if (i > 0)
            (void)tcn_buf_add_c(text, ", ");
        (void)tcn_buf_add_json(text, firing->labels[i].key);
        (void)tcn_buf_add_c(text, ": ");
        (void)tcn_buf_add_json(text, firing->labels[i].value);
    }
    (void)tcn_buf_add_c(text, "}\n");
    tcn_scenario_question question = {
        .automation = firing->automation,
        .has_event = firing->has_event,
        .event = firing->event,
        .has_at = true,
        .at_us = firing->at_us,
    };
    explain(c, &question, text);
}

static void tell_expectation(comparison *c, tcn_buf *text, const expectation *e)
{
    char *document = json_dumps(e->document, 0);
    (void)tcn_buf_add_c(text, "  missing:      ");
    (void)tcn_buf_add_c(text, document != NULL ? document : "(out of memory)");
    (void)tcn_buf_add_char(text, '\n');
    free(document);
    tcn_scenario_question question = {
        .automation = tcn_str_c(e->automation),
        .has_event = e->has_event && !e->is_event_null,
        .event = e->event,
        .has_at = e->has_at,
        .at_us = e->at_us,
    };
    explain(c, &question, text);
}

/* In the order of time, as both lists stand. */
static void tell(comparison *c, tcn_buf *text)
{
    size_t firings = c->scenario->firing_count;
    bool is_same = c->count == firings;
    if (!is_same)
        (void)tcn_buf_printf(text, "  expected %zu firing%s, there %s %zu\n", c->count,
                             c->count == 1 ? "" : "s", firings == 1 ? "was" : "were",
                             firings);
    size_t most = c->count > firings ? c->count : firings;
    for (size_t i = 0; i < most; i++) {
        bool is_missing = i < c->count && c->expected[i].firing == SIZE_MAX;
        bool is_extra = i < firings && c->taken[i] == SIZE_MAX;
        if (is_missing)
            tell_expectation(c, text, &c->expected[i]);
        if (is_extra)
            tell_firing(c, text, &c->scenario->firings[i]);
        is_same = is_same && !is_missing && !is_extra;
    }
    if (is_same)
        (void)tcn_buf_add_c(text, "  these firings, but in another order\n");
}

static int compare(comparison *c, const json_t *expect, tcn_buf *text,
                   tcn_problems *problems)
{
    size_t firings = c->scenario->firing_count;
    c->expected = tcn_alloc_array(c->count + 1, sizeof *c->expected);
    c->taken = tcn_alloc_array(firings + 1, sizeof *c->taken);
    c->is_tried = tcn_alloc_array(firings + 1, sizeof *c->is_tried);
    if (c->expected == NULL || c->taken == NULL || c->is_tried == NULL)
        return TCN_E_NOMEM;
    for (size_t i = 0; i < firings; i++)
        c->taken[i] = SIZE_MAX;
    for (size_t i = 0; i < c->count; i++) {
        int rc =
            read_expectation(json_array_get(expect, i), i, &c->expected[i], problems);
        if (rc < 0)
            return rc;
    }
    assign(c);
    if (is_assigned(c))
        return 0;
    align(c);
    tell(c, text);
    return 1;
}

int tcn_scenario_compare(const tcn_scenario *scenario, const json_t *expect,
                         tcn_buf *text, tcn_problems *problems)
{
    if (!json_is_array(expect)) {
        tcn_err err = {0};
        (void)tcn_err_field(&err, TCN_E_INVALID, "expect", "%s",
                            expect == NULL ? "Field required" : "a list is needed");
        tcn_problems_add(problems, &err);
        return TCN_E_INVALID;
    }
    comparison c = {.scenario = scenario, .count = json_array_size(expect)};
    int rc = compare(&c, expect, text, problems);
    tcn_free(c.expected);
    tcn_free(c.taken);
    tcn_free(c.is_tried);
    return rc;
}
