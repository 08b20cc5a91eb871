/* SPDX-License-Identifier: Apache-2.0 */
/* scenario.c - the steps of a scenario. Each one is a step of the engine, at its own
 * time. */
#include "core/cli/scenario.h"

#include <stdlib.h>

#include "core/base/alloc.h"
#include "core/base/datetime.h"
#include "core/base/map.h"
#include "core/event/decode.h"

#define ARENA_MAX   ((size_t)1 << 30)
#define FIRINGS_MAX 100000 /* a year that is wrong is a billion of them */

typedef struct runner {
    const tcn_scenario_options *options;
    tcn_scenario *scenario;
    tcn_problems *problems;
    tcn_engine *engine;
    int64_t clock_us;
    size_t step;   /* index */
    tcn_buf saved; /* layers of the state at the last restart */
    bool has_paused;
} runner;

/* Notes a problem at path, printf-like. */
static int wrong(tcn_problems *problems, const char *path, const char *fmt, ...)
    TCN_PRINTF(3, 4);
static int wrong(tcn_problems *problems, const char *path, const char *fmt, ...)
{
    tcn_err err = {.code = TCN_E_INVALID};
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(err.text, sizeof err.text, fmt, args);
    va_end(args);
    (void)snprintf(err.field, sizeof err.field, "%s", path);
    tcn_problems_add(problems, &err);
    return TCN_E_INVALID;
}

static int wrong_step(const runner *r, const char *name, const char *text)
{
    char path[96];
    (void)snprintf(path, sizeof path, "steps[%zu]%.60s", r->step, name);
    return wrong(r->problems, path, "%s", text);
}

static bool is_known(const char *const *known, const char *key)
{
    while (*known != NULL && strcmp(*known, key) != 0)
        known++;
    return *known != NULL;
}

static int wrong_key(tcn_problems *problems, const char *path, const char *const *known,
                     const char *key)
{
    const char *nearest = tcn_str_nearest(tcn_str_c(key), known);
    return wrong(problems, path, "unknown field%s%s%s",
                 nearest != NULL ? ", did you mean \"" : "",
                 nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
}

int tcn_scenario_check_keys(const json_t *object, const char *path,
                            const char *const *known, tcn_problems *problems)
{
    const char *key;
    const json_t *value;
    int rc = 0;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        char field[160];
        (void)snprintf(field, sizeof field, "%.50s%s%.100s", path,
                       path[0] != '\0' ? "." : "", key);
        if (!is_known(known, key))
            rc = wrong_key(problems, field, known, key);
    }
    return rc;
}

/* ---- automations ---- */

static void free_automations(tcn_automation **list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tcn_automation_free(list[i]);
    tcn_free(list);
}

/* Puts path in front of the fields of what was noted from first on. */
static void put_within(tcn_problems *problems, size_t first, const char *path,
                       size_t index)
{
    char prefix[96];
    (void)snprintf(prefix, sizeof prefix, "%s[%zu]", path, index);
    for (size_t i = first; i < problems->count; i++)
        tcn_err_within(&problems->items[i].err, prefix);
}

static int check_name(tcn_map *known, tcn_automation *automation, const char *path,
                      tcn_problems *problems)
{
    tcn_str id =
        tcn_str_of((const char *)automation->id.bytes, sizeof automation->id.bytes);
    void *other = NULL;
    int rc = tcn_map_put(known, id, automation, &other);
    if (rc == 0 && other != NULL)
        rc = wrong(problems, path,
                   "two automations are named \"%s\": give them an id each",
                   automation->name);
    return rc;
}

/* Items are added to list as long as they are right. */
static int parse_automations(const json_t *documents, const char *path,
                             tcn_automation **list, size_t *count, tcn_problems *problems)
{
    tcn_map known;
    tcn_map_init(&known, 0);
    int rc = 0;
    while (rc == 0 && *count < json_array_size(documents)) {
        const json_t *document = json_array_get(documents, *count);
        tcn_uuid id = tcn_automation_origin_id(document);
        size_t first = problems->count;
        rc = tcn_automation_parse(document, &id, &tcn_automation_limits_default,
                                  &list[*count], problems);
        put_within(problems, first, path, *count);
        if (rc == 0)
            rc = check_name(&known, list[(*count)++], path, problems);
    }
    tcn_map_deinit(&known);
    return rc;
}

int tcn_scenario_automations(const json_t *list, const char *path, tcn_automation ***ret,
                             size_t *ret_count, tcn_problems *problems)
{
    if (!json_is_array(list))
        return wrong(problems, path, "%s",
                     list == NULL ? "Field required" : "a list is needed");
    size_t count = json_array_size(list);
    tcn_automation **items = tcn_alloc_array(count + 1, sizeof *items);
    if (items == NULL)
        return TCN_E_NOMEM;
    size_t parsed = 0;
    int rc = parse_automations(list, path, items, &parsed, problems);
    if (rc < 0) {
        free_automations(items, parsed);
        return rc;
    }
    *ret = items;
    *ret_count = count;
    return 0;
}

static int define(runner *r, const json_t *list)
{
    char path[64] = "automations";
    tcn_automation **automations = NULL;
    size_t count = 0;
    if (r->step > 0)
        (void)snprintf(path, sizeof path, "steps[%zu].automations", r->step);
    int rc = tcn_scenario_automations(list, path, &automations, &count, r->problems);
    if (rc < 0)
        return rc;
    rc = tcn_engine_define_own(r->engine, automations, count, r->clock_us);
    tcn_free(automations);
    return rc;
}

/* ---- firings ---- */

static tcn_label *copy_labels(tcn_arena *arena, const tcn_firing *firing)
{
    tcn_label *labels =
        tcn_arena_alloc(arena, (firing->label_count + 1) * sizeof *labels);
    for (uint32_t i = 0; labels != NULL && i < firing->label_count; i++) {
        labels[i].key = tcn_arena_str(arena, firing->labels[i].key);
        labels[i].value = tcn_arena_str(arena, firing->labels[i].value);
        if (labels[i].key.ptr == NULL || labels[i].value.ptr == NULL)
            return NULL;
    }
    return labels;
}

static int note_firing(tcn_scenario *scenario, const tcn_firing *firing)
{
    int rc = tcn_grow((void **)&scenario->firings, &scenario->firing_capacity,
                      scenario->firing_count + 1, sizeof *scenario->firings);
    if (rc < 0)
        return rc;
    tcn_scenario_firing *note = &scenario->firings[scenario->firing_count];
    *note = (tcn_scenario_firing){
        .at_us = firing->triggered_at_us,
        .automation =
            tcn_arena_str(&scenario->arena, tcn_str_c(firing->automation->name)),
        .has_event = firing->has_event,
        .event = firing->event_ref.id,
        .labels = copy_labels(&scenario->arena, firing),
        .label_count = firing->label_count,
        .is_suppressed = firing->is_suppressed,
    };
    if (note->automation.ptr == NULL || note->labels == NULL)
        return TCN_E_NOMEM;
    if (!note->is_suppressed)
        scenario->firing_count++;
    return 0;
}

static int note_firings(runner *r)
{
    const tcn_step *step = tcn_engine_results(r->engine);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < step->firing_count; i++)
        rc = note_firing(r->scenario, step->firings[i]);
    if (rc == 0 && r->scenario->firing_count > FIRINGS_MAX)
        rc = wrong_step(r, ".at", "more than 100000 firings until then; is it meant?");
    return rc;
}

/* ---- steps ---- */

static void begin(runner *r)
{
    uint64_t sequence = (uint64_t)r->step + 1;
    tcn_engine_begin(r->engine, sequence << TCN_POSITION_BITS | TCN_POSITION_EMITTED);
}

static int end(runner *r, int rc)
{
    if (rc >= 0)
        rc = note_firings(r);
    tcn_engine_end(r->engine);
    return rc < 0 ? rc : 0;
}

static int advance(runner *r, int64_t to_us)
{
    int rc = 1;
    while (rc == 1) {
        begin(r);
        rc = tcn_engine_advance(r->engine, to_us, false);
        int ended = end(r, rc);
        rc = ended < 0 ? ended : rc;
    }
    return rc;
}

/* Adds the next layer to what is saved already. */
static int save(runner *r)
{
    tcn_buf layer;
    tcn_buf_init(&layer, SIZE_MAX / 2);
    bool is_whole = false;
    int rc = tcn_engine_save(r->engine, false, &layer, &is_whole);
    if (is_whole)
        tcn_buf_reset(&r->saved);
    if (rc == 0)
        rc = tcn_buf_add_str(&r->saved, tcn_buf_str(&layer));
    tcn_buf_deinit(&layer);
    return rc;
}

static int restart(runner *r)
{
    tcn_engine *engine = tcn_engine_new(&tcn_engine_limits_default);
    int rc = engine != NULL ? save(r) : TCN_E_NOMEM;
    tcn_err err = {0};
    if (rc >= 0)
        rc = tcn_engine_restore(engine, tcn_buf_str(&r->saved), &err);
    if (rc < 0) {
        tcn_engine_free(engine);
        return wrong_step(r, "", err.code != 0 ? err.text : tcn_err_text(rc));
    }
    tcn_engine_free(r->engine);
    r->engine = engine;
    return 0;
}

/* A value that follows from the number of the step. */
static json_t *step_id(size_t step)
{
    char name[48];
    char text[TCN_UUID_TEXT + 1];
    int len = snprintf(name, sizeof name, "scenario step %zu", step);
    tcn_uuid id = tcn_uuid_v5(name, (size_t)len);
    return json_string(tcn_uuid_format(&id, text));
}

/* The event as JSON text with what may be left out, in the scenario's arena. */
static int event_text(runner *r, const json_t *document, const json_t *at, tcn_str *ret)
{
    json_t *copy = json_copy((json_t *)(uintptr_t)document);
    if (copy == NULL)
        return TCN_E_NOMEM;
    bool is_done = true;
    if (json_object_get(copy, "id") == NULL)
        is_done = json_object_set_new(copy, "id", step_id(r->step)) == 0;
    if (json_object_get(copy, "occurred") == NULL)
        is_done =
            json_object_set(copy, "occurred", (json_t *)(uintptr_t)at) == 0 && is_done;
    char *text = is_done ? json_dumps(copy, JSON_COMPACT) : NULL;
    json_decref(copy);
    if (text == NULL)
        return TCN_E_NOMEM;
    *ret = tcn_arena_str(&r->scenario->arena, tcn_str_c(text));
    free(text);
    return ret->ptr != NULL ? 0 : TCN_E_NOMEM;
}

static int deliver(runner *r, const json_t *document, const json_t *at, int64_t at_us)
{
    if (!json_is_object(document))
        return wrong_step(r, ".event", "an event is an object");
    tcn_str text;
    int rc = event_text(r, document, at, &text);
    if (rc < 0)
        return rc;
    tcn_event event;
    tcn_event_error error = {0};
    rc = tcn_event_decode(text, &tcn_event_limits_default, &r->scenario->arena, &event,
                          &error);
    if (rc == TCN_E_NOMEM)
        return rc;
    if (rc < 0) {
        char path[256];
        (void)snprintf(path, sizeof path, ".event%s%s", error.path[0] != '\0' ? "." : "",
                       error.path);
        return wrong_step(r, path, error.text);
    }
    event.received_at_us = at_us;
    event.position = ((uint64_t)r->step + 1) << TCN_POSITION_BITS;
    if (r->options->look != NULL) {
        rc = advance(r, at_us - 1);
        if (rc < 0)
            return rc;
        r->options->look(r->engine, &event, at_us, r->options->ud);
    }
    begin(r);
    rc = tcn_engine_event(r->engine, &event);
    return end(r, rc);
}

static int read_at(const runner *r, const json_t *at, int64_t *ret_us)
{
    if (!json_is_string(at))
        return wrong_step(r, ".at",
                          at == NULL ? "Field required" : "a time is needed, as text");
    tcn_str text = tcn_str_of(json_string_value(at), json_string_length(at));
    if (!tcn_datetime_parse(text, ret_us, NULL))
        return wrong_step(r, ".at", "this is not a time");
    if (r->step > 0 && *ret_us < r->clock_us)
        return wrong_step(r, ".at", "earlier than the step before");
    return 0;
}

static int check_fields(const runner *r, const json_t *step)
{
    static const char *const known[] = {"at",      "event",   "automations",
                                        "restart", "comment", NULL};
    char path[48];
    (void)snprintf(path, sizeof path, "steps[%zu]", r->step);
    return tcn_scenario_check_keys(step, path, known, r->problems);
}

/* Lets the one who looks see the instant before the one that was asked for. */
static int pause_before(runner *r, int64_t at_us)
{
    int64_t pause_us = r->options->pause_at_us;
    if (r->options->look == NULL || pause_us == INT64_MIN || at_us < pause_us ||
        r->has_paused)
        return 0;
    r->has_paused = true;
    int rc = pause_us > r->clock_us ? advance(r, pause_us - 1) : 0;
    if (rc == 0)
        r->options->look(r->engine, NULL, pause_us, r->options->ud);
    return rc;
}

/* What changes the engine is done before anything that is due at the same time. */
static int run_step(runner *r, const json_t *step)
{
    const json_t *at = json_object_get(step, "at");
    const json_t *event = json_object_get(step, "event");
    const json_t *automations = json_object_get(step, "automations");
    bool is_restart = json_is_true(json_object_get(step, "restart"));
    int64_t at_us = 0;
    int rc = json_is_object(step) ? check_fields(r, step)
                                  : wrong_step(r, "", "a step is an object");
    if (rc == 0)
        rc = read_at(r, at, &at_us);
    if (rc == 0)
        rc = pause_before(r, at_us);
    if (rc == 0 && (automations != NULL || is_restart))
        rc = advance(r, at_us - 1);
    r->clock_us = at_us;
    if (rc == 0 && automations != NULL)
        rc = define(r, automations);
    if (rc == 0 && is_restart)
        rc = restart(r);
    if (rc == 0 && event != NULL)
        rc = deliver(r, event, at, at_us);
    if (rc == 0 && event == NULL && automations == NULL && !is_restart)
        rc = advance(r, at_us);
    if (rc == 0 && r->options->restarts_always)
        rc = restart(r);
    return rc;
}

static int run_steps(runner *r, const json_t *document)
{
    const json_t *steps = json_object_get(document, "steps");
    if (!json_is_array(steps))
        return wrong(r->problems, "steps", "%s",
                     steps == NULL ? "Field required" : "a list is needed");
    if (json_array_size(steps) > 0) {
        const json_t *at = json_object_get(json_array_get(steps, 0), "at");
        int rc = read_at(r, at, &r->clock_us);
        if (rc < 0)
            return rc;
    }
    int rc = define(r, json_object_get(document, "automations"));
    for (; rc == 0 && r->step < json_array_size(steps); r->step++)
        rc = run_step(r, json_array_get(steps, r->step));
    if (rc == 0)
        rc = advance(r, r->clock_us); /* what is due at the last instant */
    if (rc == 0 && r->options->look != NULL)
        r->options->look(r->engine, NULL, TCN_SCENARIO_END, r->options->ud);
    return rc;
}

/* A scenario is taken as it was meant or not at all. */
static int check_members(const json_t *document, tcn_problems *problems)
{
    static const char *const known[] = {"name",   "automations", "steps",
                                        "expect", "comment",     NULL};
    if (!json_is_object(document))
        return wrong(problems, "", "%s", "a scenario is an object");
    return tcn_scenario_check_keys(document, "", known, problems);
}

int tcn_scenario_play(const json_t *document, const tcn_scenario_options *options,
                      tcn_scenario *ret, tcn_problems *problems)
{
    *ret = (tcn_scenario){.document = document, .options = options};
    ret->name = json_string_value(json_object_get(document, "name"));
    if (ret->name == NULL)
        ret->name = "(no name)";
    tcn_arena_init(&ret->arena, ARENA_MAX);
    runner r = {.options = options, .scenario = ret, .problems = problems};
    int rc = check_members(document, problems);
    if (rc < 0)
        return rc;
    r.engine = tcn_engine_new(&tcn_engine_limits_default);
    if (r.engine == NULL)
        return TCN_E_NOMEM;
    tcn_buf_init(&r.saved, SIZE_MAX / 2);
    rc = run_steps(&r, document);
    tcn_buf_deinit(&r.saved);
    tcn_engine_free(r.engine);
    return rc;
}

int tcn_scenario_run(const json_t *document, const tcn_scenario_options *options,
                     tcn_scenario *ret, tcn_buf *text, tcn_problems *problems)
{
    int rc = tcn_scenario_play(document, options, ret, problems);
    if (rc < 0)
        return rc;
    return tcn_scenario_compare(ret, json_object_get(document, "expect"), text, problems);
}

void tcn_scenario_deinit(tcn_scenario *scenario)
{
    tcn_free(scenario->firings);
    tcn_arena_deinit(&scenario->arena);
    scenario->firings = NULL;
}
