/* SPDX-License-Identifier: Apache-2.0 */
/* explain.c - POST /api/tocsin/explain?automation=NAME-OR-ID: what an automation makes of
 * the event in the body, or, without a body, what it has counted. The event is not taken
 * in. */
#include "core/api/api_int.h"

#include "core/engine/explain.h"

#define NAMES_MAX 2000 /* among which a misspelt one is looked for */

typedef struct found {
    const tcn_automation *automation; /* the first one */
    size_t count;
} found;

static found find_automation(const tcn_engine *engine, tcn_str wanted)
{
    found f = {0};
    tcn_uuid id;
    if (tcn_uuid_parse(wanted, &id))
        f.automation = tcn_engine_automation(engine, &id);
    if (f.automation != NULL) {
        f.count = 1;
        return f;
    }
    for (size_t i = 0; i < tcn_engine_automation_count(engine); i++) {
        const tcn_automation *automation = tcn_engine_automation_at(engine, i);
        if (!tcn_str_eq_c(wanted, automation->name))
            continue;
        if (f.automation == NULL)
            f.automation = automation;
        f.count++;
    }
    return f;
}

static void answer_unknown(tcn_request *request, const tcn_engine *engine, tcn_str wanted)
{
    const char *names[NAMES_MAX + 1] = {0};
    size_t count = tcn_engine_automation_count(engine);
    for (size_t i = 0; i < count && i < NAMES_MAX; i++)
        names[i] = tcn_engine_automation_at(engine, i)->name;
    const char *nearest = tcn_str_nearest(wanted, names);
    tcn_api_answer_detail(request, 404, "There is no automation \"%.*s\"%s%s%s",
                          TCN_STR_ARG(wanted), nearest != NULL ? ", did you mean \"" : "",
                          nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
}

static void answer(tcn_api *api, tcn_request *request, const tcn_automation *automation)
{
    tcn_str body = tcn_request_body(request);
    tcn_arena arena;
    tcn_event event;
    tcn_event_error error = {0};
    tcn_arena_init(&arena, 0);
    int rc = body.len > 0
                 ? tcn_event_decode(body, &api->options.events, &arena, &event, &error)
                 : 0;
    if (rc == 0) {
        const tcn_engine *engine = tcn_ingest_engine(api->options.ingest);
        tcn_api_answer_own(request, 200,
                           tcn_engine_explain(engine, automation,
                                              body.len > 0 ? &event : NULL,
                                              tcn_ingest_clock(api->options.ingest)));
    } else if (rc == TCN_E_NOMEM) {
        tcn_api_answer_busy(request, "There is no memory for this event");
    } else {
        tcn_api_answer_detail(request, error.is_too_large ? 413 : 422, "event%s%s: %s",
                              error.path[0] != '\0' ? "." : "", error.path, error.text);
    }
    tcn_arena_deinit(&arena);
}

void tcn_api_explain_post(tcn_api *api, tcn_request *request)
{
    tcn_ingest_counts counts;
    tcn_ingest_counts_get(api->options.ingest, &counts);
    if (counts.is_failed) { /* the engine is being rebuilt */
        tcn_api_answer_busy(request, "The store does not take commits now");
        return;
    }
    const tcn_engine *engine = tcn_ingest_engine(api->options.ingest);
    tcn_str wanted = tcn_request_query(request, "automation");
    found f = find_automation(engine, wanted);
    if (wanted.len == 0)
        tcn_api_answer_detail(request, 422, "The query parameter automation is missing");
    else if (f.count == 0)
        answer_unknown(request, engine, wanted);
    else if (f.count > 1)
        tcn_api_answer_detail(request, 409,
                              "%zu automations are named \"%.*s\": ask by id", f.count,
                              TCN_STR_ARG(wanted));
    else
        answer(api, request, f.automation);
}
