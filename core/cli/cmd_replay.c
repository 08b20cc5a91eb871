/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_replay.c - tocsin replay: recorded events through automations, in virtual time. The
 * clock is each event's received, or its occurred when it has none. */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/alloc.h"
#include "core/base/datetime.h"
#include "core/cli/cli.h"
#include "core/cli/documents.h"
#include "core/cli/json_text.h"
#include "core/cli/options.h"
#include "core/cli/scenario.h"
#include "core/event/decode.h"

#define EVENTS_MAX ((size_t)4 << 30) /* bytes of a file */

static const char usage[] =
    "usage: tocsin replay --automations FILE --events FILE [--until TIME]\n"
    "\n"
    "Runs recorded events (one a line) through automations in virtual time and prints one line of\n"
    "JSON per firing: at, automation, event, labels.\n"
    "\n"
    "  --automations FILE   definitions, JSON or YAML: one, a list, or \"automations:\" with a list\n"
    "  --events FILE        recorded events, one JSON object a line; \"-\": standard input\n"
    "  --until TIME         let time pass up to then; without it, up to the last event\n";

typedef struct replay {
    tcn_buf text;    /* the file of events */
    tcn_arena arena; /* of the decoded events, which borrow from text */
    tcn_event *events;
    size_t count, capacity;
    tcn_automation **automations;
    size_t automation_count;
    tcn_engine *engine;
    uint64_t sequence;
    tcn_buf line;
} replay;

/* ---- events ---- */

static int add_event(replay *r, tcn_str line, size_t number, const char *path,
                     tcn_err *reterr)
{
    int rc = tcn_grow((void **)&r->events, &r->capacity, r->count + 1, sizeof *r->events);
    if (rc < 0)
        return tcn_err_set(reterr, rc, "out of memory");
    tcn_event *event = &r->events[r->count];
    tcn_event_error error = {0};
    rc = tcn_event_decode(line, &tcn_event_limits_default, &r->arena, event, &error);
    if (rc < 0) {
        const char *text = rc == TCN_E_NOMEM ? "out of memory" : error.text;
        uint32_t column = rc == TCN_E_NOMEM ? 0 : (uint32_t)error.offset + 1;
        tcn_err_source(reterr, path);
        return tcn_err_at(reterr, rc, (uint32_t)number, column, "%s%s%s", error.path,
                          error.path[0] != '\0' ? ": " : "", text);
    }
    if (event->received_at_us == 0)
        event->received_at_us = event->occurred_at_us;
    event->position = r->count; /* the order of the file, until it is sorted */
    r->count++;
    return 0;
}

static int by_clock(const void *a, const void *b)
{
    const tcn_event *x = a;
    const tcn_event *y = b;
    if (x->received_at_us != y->received_at_us)
        return x->received_at_us < y->received_at_us ? -1 : 1;
    return x->position < y->position ? -1 : 1;
}

static int read_events(replay *r, const char *path, tcn_err *reterr)
{
    int rc = tcn_cli_read_file(path, &r->text, reterr);
    tcn_str rest = tcn_buf_str(&r->text);
    tcn_str line;
    for (size_t number = 1; rc >= 0 && tcn_str_split(&rest, '\n', &line); number++) {
        if (tcn_str_trim(line).len > 0)
            rc = add_event(r, line, number, path, reterr);
    }
    if (rc >= 0 && r->count > 0)
        qsort(r->events, r->count, sizeof *r->events, by_clock);
    return rc;
}

/* ---- automations ---- */

static int parse_automations(replay *r, const tcn_documents *file)
{
    json_t *root = tcn_documents_root(file);
    json_t *inner = json_object_get(root, "automations");
    json_t *list = inner != NULL ? json_incref(inner) : json_incref(root);
    if (!json_is_array(list)) {
        json_t *one = json_pack("[o]", list);
        list = one;
    }
    tcn_problems problems;
    tcn_problems_init(&problems);
    int rc = tcn_scenario_automations(list, inner != NULL ? "automations" : "",
                                      &r->automations, &r->automation_count, &problems);
    tcn_documents_tell(file, &problems);
    tcn_problems_deinit(&problems);
    json_decref(list);
    return rc;
}

static int read_automations(replay *r, const char *path)
{
    tcn_documents *file = NULL;
    tcn_err err = {0};
    int rc = tcn_documents_load(path, &file, &err);
    if (rc < 0) {
        (void)tcn_cli_fail_err(&err);
        return rc;
    }
    rc = parse_automations(r, file);
    tcn_documents_free(file);
    return rc;
}

/* ---- running ---- */

static int print_firing(replay *r, const tcn_firing *firing)
{
    char at[TCN_DATETIME_TEXT];
    char id[TCN_UUID_TEXT + 1];
    (void)tcn_datetime_format(firing->triggered_at_us, at);
    tcn_buf_reset(&r->line);
    (void)tcn_buf_printf(&r->line, "{\"at\":\"%s\",\"automation\":", at);
    (void)tcn_buf_add_json(&r->line, tcn_str_c(firing->automation->name));
    if (firing->has_event)
        (void)tcn_buf_printf(&r->line, ",\"event\":\"%s\",\"labels\":{",
                             tcn_uuid_format(&firing->event_ref.id, id));
    else
        (void)tcn_buf_add_c(&r->line, ",\"event\":null,\"labels\":{");
    for (uint32_t i = 0; i < firing->label_count; i++) {
        if (i > 0)
            (void)tcn_buf_add_char(&r->line, ',');
        (void)tcn_buf_add_json(&r->line, firing->labels[i].key);
        (void)tcn_buf_add_char(&r->line, ':');
        (void)tcn_buf_add_json(&r->line, firing->labels[i].value);
    }
    (void)tcn_buf_add_c(&r->line, "}}\n");
    if (tcn_buf_status(&r->line) < 0)
        return tcn_buf_status(&r->line);
    tcn_cli_write_json(tcn_buf_str(&r->line));
    return 0;
}

/* One step of the engine: the event, or the passing of time up to to_us. 1: there is
 * more. */
static int step(replay *r, tcn_event *event, int64_t to_us)
{
    uint64_t sequence = ++r->sequence;
    tcn_engine_begin(r->engine, sequence << TCN_POSITION_BITS | TCN_POSITION_EMITTED);
    int rc;
    if (event != NULL) {
        event->position = sequence << TCN_POSITION_BITS;
        rc = tcn_engine_event(r->engine, event);
    } else {
        rc = tcn_engine_advance(r->engine, to_us, false);
    }
    const tcn_step *results = tcn_engine_results(r->engine);
    for (size_t i = 0; rc >= 0 && i < results->firing_count; i++) {
        if (results->firings[i]->is_suppressed)
            continue;
        int printed = print_firing(r, results->firings[i]);
        rc = printed < 0 ? printed : rc;
    }
    tcn_engine_end(r->engine);
    return rc;
}

static int run(replay *r, int64_t until_us)
{
    int64_t from_us = r->count > 0 ? r->events[0].received_at_us : until_us;
    int rc =
        tcn_engine_define_own(r->engine, r->automations, r->automation_count, from_us);
    r->automation_count = 0;
    int64_t to_us = from_us;
    for (size_t i = 0; rc >= 0 && i < r->count && r->events[i].received_at_us <= until_us;
         i++) {
        to_us = r->events[i].received_at_us;
        rc = step(r, &r->events[i], 0);
    }
    if (until_us != INT64_MAX)
        to_us = until_us;
    if (rc >= 0)
        rc = 1;
    while (rc == 1)
        rc = step(r, NULL, to_us);
    return rc;
}

static int replay_files(replay *r, const char *automations, const char *events,
                        int64_t until_us)
{
    tcn_err err = {0};
    if (read_automations(r, automations) < 0)
        return TCN_EXIT_FAILED;
    if (read_events(r, events, &err) < 0)
        return tcn_cli_fail_err(&err);
    if (r->count == 0 && until_us == INT64_MAX)
        return TCN_EXIT_OK;
    r->engine = tcn_engine_new(&tcn_engine_limits_default);
    int rc = r->engine != NULL ? run(r, until_us) : TCN_E_NOMEM;
    return rc < 0 ? tcn_cli_fail("%s", tcn_err_text(rc)) : TCN_EXIT_OK;
}

static void deinit(replay *r)
{
    tcn_engine_free(r->engine);
    for (size_t i = 0; i < r->automation_count; i++)
        tcn_automation_free(r->automations[i]);
    tcn_free(r->automations);
    tcn_free(r->events);
    tcn_arena_deinit(&r->arena);
    tcn_buf_deinit(&r->text);
    tcn_buf_deinit(&r->line);
}

int tcn_cmd_replay(int argc, char **argv)
{
    const char *automations = NULL;
    const char *events = NULL;
    const char *until = NULL;
    const tcn_option options[] = {
        {.name = "automations", .text = &automations},
        {.name = "events", .text = &events},
        {.name = "until", .text = &until},
        {0},
    };
    tcn_operands operands;
    int status = TCN_EXIT_OK;
    int64_t until_us = INT64_MAX;
    if (!tcn_options_parse(usage, options, argc, argv, &operands, &status))
        return status;
    if (automations == NULL || events == NULL || operands.count > 0)
        return tcn_usage_error("replay",
                               "--automations FILE and --events FILE are needed");
    if (until != NULL && !tcn_datetime_parse(tcn_str_c(until), &until_us, NULL))
        return tcn_usage_error("replay", "--until: \"%s\" is not a time", until);

    replay r = {0};
    tcn_buf_init(&r.text, EVENTS_MAX);
    tcn_buf_init(&r.line, SIZE_MAX / 2);
    tcn_arena_init(&r.arena, 0);
    status = replay_files(&r, automations, events, until_us);
    deinit(&r);
    return tcn_cli_flush(status);
}
