/* SPDX-License-Identifier: Apache-2.0 */
/* fixture.h - an engine with automations from JSON text, and events by seconds after a
 * start. What fires is kept as plain values. */
#ifndef TCN_TEST_ENGINE_FIXTURE_H
#define TCN_TEST_ENGINE_FIXTURE_H

/* cmocka needs them first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/base/alloc.h"
#include "core/base/datetime.h"
#include "core/engine/engine.h"

#define START_US    INT64_C(1767225600000000) /* 2026-01-01T00:00:00Z */
#define FIRINGS_MAX 4096

typedef struct fired {
    tcn_uuid id;
    int64_t at_us, due_us;
    bool is_suppressed, has_event;
    uint8_t event; /* number of the triggering event */
    char first_label[64];
    uint32_t child_count;
} fired;

typedef struct fixture {
    tcn_engine *engine;
    uint64_t sequence;
    fired firings[FIRINGS_MAX];
    size_t count;
    size_t notices;
    tcn_event *events[256]; /* of the step; they must outlive it */
    size_t event_count;
} fixture;

static inline tcn_automation *parse_text(const char *text)
{
    json_error_t error;
    json_t *document = json_loads(text, 0, &error);
    if (document == NULL)
        fail_msg("%s", error.text);
    tcn_uuid id = tcn_automation_origin_id(document);
    tcn_automation *automation = NULL;
    tcn_problems problems;
    tcn_problems_init(&problems);
    int rc = tcn_automation_parse(document, &id, &tcn_automation_limits_default,
                                  &automation, &problems);
    if (rc < 0)
        fail_msg("%s: %s", problems.items[0].err.field, problems.items[0].err.text);
    tcn_problems_deinit(&problems);
    json_decref(document);
    return automation;
}

static inline void put(fixture *f, const char *text)
{
    assert_int_equal(tcn_engine_put_own(f->engine, parse_text(text), START_US), 0);
}

/* text: an automation, or NULL. */
static inline fixture *fixture_new(const tcn_engine_limits *limits, const char *text)
{
    fixture *f = tcn_alloc_zero(sizeof *f);
    assert_non_null(f);
    f->engine = tcn_engine_new(limits);
    assert_non_null(f->engine);
    if (text != NULL)
        put(f, text);
    return f;
}

static inline void fixture_free(fixture *f)
{
    tcn_engine_free(f->engine);
    tcn_free(f);
}

static inline void begin(fixture *f)
{
    f->sequence++;
    tcn_engine_begin(f->engine, f->sequence << TCN_POSITION_BITS | TCN_POSITION_EMITTED);
}

static inline void note(fixture *f, const tcn_firing *firing)
{
    fired *note = &f->firings[f->count++];
    note->id = firing->id;
    note->at_us = firing->triggered_at_us;
    note->due_us = firing->due_at_us;
    note->is_suppressed = firing->is_suppressed;
    note->has_event = firing->has_event;
    note->event = firing->event_ref.id.bytes[15];
    note->child_count = firing->child_count;
    if (firing->label_count > 0)
        (void)snprintf(note->first_label, sizeof note->first_label, "%.*s",
                       TCN_STR_ARG(firing->labels[0].value));
}

static inline void end(fixture *f)
{
    const tcn_step *step = tcn_engine_results(f->engine);
    for (size_t i = 0; i < step->firing_count && f->count < FIRINGS_MAX; i++)
        note(f, step->firings[i]);
    for (size_t i = 0; i < step->emitted_count; i++)
        f->notices +=
            tcn_str_eq_c(step->emitted[i].event->name, "tocsin.automation.suppressed");
    tcn_engine_end(f->engine);
    while (f->event_count > 0)
        tcn_event_free(f->events[--f->event_count]);
}

/* Event number n on that resource, inside a step. */
static inline int give(fixture *f, double at_s, double occurred_s, uint8_t n,
                       const char *name, const char *resource, uint8_t follows)
{
    tcn_label label = {TCN_STR("prefect.resource.id"), tcn_str_c(resource)};
    tcn_event *event = tcn_event_copy(&(tcn_event){
        .id = {.bytes = {[0] = 1, [15] = n}},
        .follows = {.bytes = {[0] = 1, [15] = follows}},
        .has_follows = follows != 0,
        .occurred_at_us = START_US + (int64_t)(occurred_s * 1e6),
        .received_at_us = START_US + (int64_t)(at_s * 1e6),
        .name = tcn_str_c(name),
        .resource = {&label, 1, tcn_str_c(resource), TCN_STR("")},
        .payload = TCN_STR("{}"),
        .position = f->sequence << TCN_POSITION_BITS | n,
    });
    assert_non_null(event);
    int rc = tcn_engine_event(f->engine, event);
    assert_true(rc >= 0);
    f->events[f->event_count++] = event;
    return rc;
}

/* Event number n in a step of its own; it occurred when it came. */
static inline int feed(fixture *f, double at_s, uint8_t n, const char *name,
                       const char *resource)
{
    begin(f);
    int rc = give(f, at_s, at_s, n, name, resource, 0);
    end(f);
    return rc;
}

static inline void advance(fixture *f, double to_s, bool is_jump)
{
    begin(f);
    int64_t to_us = START_US + (int64_t)(to_s * 1e6);
    assert_int_equal(tcn_engine_advance(f->engine, to_us, is_jump), 0);
    end(f);
}

/* Seconds after the start, of firing i. */
static inline double fired_s(const fixture *f, size_t i)
{
    return (double)(f->firings[i].at_us - START_US) / 1e6;
}

#endif
