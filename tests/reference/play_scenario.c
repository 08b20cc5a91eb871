/* SPDX-License-Identifier: Apache-2.0 */
/* play_scenario.c - from JSON to events and operations. */
#include "play_scenario.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/alloc.h"
#include "core/base/datetime.h"
#include "core/event/decode.h"

#define ARENA_MAX ((size_t)64 << 20)

void play_stop(const char *what)
{
    fprintf(stderr, "play: %s\n", what);
    exit(1);
}

static int64_t read_at(const json_t *step)
{
    int64_t at_us = 0;
    const char *text = json_string_value(json_object_get(step, "at"));
    if (text == NULL || !tcn_datetime_parse(tcn_str_c(text), &at_us, NULL))
        play_stop("a step without a time");
    return at_us;
}

static void read_event(scenario *s, json_t *document, const json_t *at, tcn_event *ret)
{
    if (json_object_get(document, "occurred") == NULL)
        json_object_set(document, "occurred", json_object_get(at, "at"));
    char *text = json_dumps(document, JSON_COMPACT);
    tcn_event_error error = {0};
    if (text == NULL ||
        tcn_event_decode(tcn_arena_str(&s->arena, tcn_str_c(text)),
                         &tcn_event_limits_default, &s->arena, ret, &error) < 0)
        play_stop(error.text);
    ret->received_at_us = read_at(at);
    free(text);
}

static op read_step(scenario *s, const json_t *step)
{
    op result = {.kind = PASS, .at_us = read_at(step)};
    json_t *event = json_object_get(step, "event");
    result.automations = json_object_get(step, "automations");
    if (event != NULL) {
        result.kind = EVENT;
        result.event = s->event_count++;
        read_event(s, event, step, &s->events[result.event]);
    } else if (result.automations != NULL) {
        result.kind = DEFINE;
    } else if (json_is_true(json_object_get(step, "restart"))) {
        result.kind = RESTART;
    }
    return result;
}

void scenario_init(scenario *s, json_t *document)
{
    *s = (scenario){.document = document};
    tcn_arena_init(&s->arena, ARENA_MAX);
    json_t *steps = json_object_get(document, "steps");
    size_t count = json_array_size(steps);
    s->events = tcn_alloc_array(count + 1, sizeof *s->events);
    s->ops = tcn_alloc_array(count + 1, sizeof *s->ops);
    if (s->events == NULL || s->ops == NULL)
        play_stop("out of memory");
    int64_t start_us = count > 0 ? read_at(json_array_get(steps, 0)) : 0;
    s->ops[s->op_count++] =
        (op){DEFINE, start_us, 0, json_object_get(document, "automations")};
    for (size_t i = 0; i < count; i++)
        s->ops[s->op_count++] = read_step(s, json_array_get(steps, i));
}

void scenario_deinit(scenario *s)
{
    tcn_free(s->events);
    tcn_free(s->ops);
    tcn_arena_deinit(&s->arena);
}
