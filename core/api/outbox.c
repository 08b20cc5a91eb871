/* SPDX-License-Identifier: Apache-2.0 */
/* outbox.c - actions that wait and those that failed for good.
 *
 * GET /api/tocsin/outbox?state=queued|dead&block=&after=&limit=: one a line (NDJSON), in
 * pages as /api/tocsin/events. GET /api/tocsin/outbox/ID: one with all it holds. POST
 * .../ID/retry: a dead one is queued again, one that waits is tried now. POST
 * .../ID/drop: one that waits ends as failed and is dead, a dead one is gone. */
#include "core/api/api_int.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/base/alloc.h"

#define LIMIT_DEFAULT 1000
#define LIMIT_MAX     10000

/* ---- lists ---- */

static void on_lines(int status, tcn_str lines, uint64_t last, bool more, void *ud)
{
    tcn_request *request = ud;
    if (status < 0) {
        tcn_api_answer_busy(request, "The outbox could not be read");
        return;
    }
    if (more) {
        char position[24];
        (void)snprintf(position, sizeof position, "%" PRIu64, last);
        tcn_request_answer_header(request, "Tocsin-Next", position);
    }
    tcn_request_answer(request, 200, "application/x-ndjson", lines);
}

void tcn_api_outbox_get(tcn_api *api, tcn_request *request)
{
    tcn_str state = tcn_request_query(request, "state");
    tcn_str after = tcn_request_query(request, "after");
    tcn_str limit = tcn_request_query(request, "limit");
    int64_t after_id = 0, most = LIMIT_DEFAULT;
    const char *wrong = NULL;
    if (!tcn_str_eq(state, TCN_STR("queued")) && !tcn_str_eq(state, TCN_STR("dead")))
        wrong = "state (queued or dead)";
    else if (after.len > 0 && !tcn_str_int(after, 0, INT64_MAX, &after_id))
        wrong = "after";
    else if (limit.len > 0 && !tcn_str_int(limit, 1, LIMIT_MAX, &most))
        wrong = "limit";
    if (wrong != NULL) {
        tcn_api_answer_detail(request, 422, "The query parameter %s is not valid", wrong);
        return;
    }
    const tcn_outbox_filter filter = {
        .is_dead = tcn_str_eq(state, TCN_STR("dead")),
        .block = tcn_request_query(request, "block"),
        .after = (uint64_t)after_id,
        .limit = (uint32_t)most,
    };
    if (tcn_outbox_query(api->options.store, &filter, on_lines, request) < 0)
        tcn_api_answer_busy(request, "Too many queries are waiting");
}

/* ---- one ---- */

typedef struct asked {
    tcn_api *api;
    tcn_request *request;
    uint64_t id;
    bool is_dead;
} asked;

static void answer_unknown(tcn_request *request, uint64_t id)
{
    tcn_api_answer_detail(request, 404, "The outbox holds no action %" PRIu64, id);
}

static bool read_id(tcn_api *api, tcn_request *request, uint64_t *ret)
{
    int64_t id = 0;
    if (!tcn_str_int(api->params[0], 1, INT64_MAX, &id)) {
        tcn_api_answer_detail(request, 422, "An action's id is a number");
        return false;
    }
    *ret = (uint64_t)id;
    return true;
}

static void on_one(int status, tcn_str lines, uint64_t last, bool more, void *ud);

static int look_for(asked *a)
{
    const tcn_outbox_filter filter = {.is_dead = a->is_dead, .id = a->id};
    return tcn_outbox_query(a->api->options.store, &filter, on_one, a);
}

/* First among those that wait, then among the dead. */
static void on_one(int status, tcn_str lines, uint64_t last, bool more, void *ud)
{
    (void)last;
    (void)more;
    asked *a = ud;
    if (status >= 0 && lines.len == 0 && !a->is_dead) {
        a->is_dead = true;
        status = look_for(a);
        if (status >= 0)
            return;
    }
    if (status < 0)
        tcn_api_answer_busy(a->request, "The outbox could not be read");
    else if (lines.len == 0)
        answer_unknown(a->request, a->id);
    else
        tcn_request_answer(a->request, 200, "application/json", lines);
    tcn_free(a);
}

void tcn_api_outbox_one_get(tcn_api *api, tcn_request *request)
{
    uint64_t id = 0;
    if (!read_id(api, request, &id))
        return;
    asked *a = tcn_alloc_zero(sizeof *a);
    int rc = TCN_E_NOMEM;
    if (a != NULL) {
        *a = (asked){.api = api, .request = request, .id = id};
        rc = look_for(a);
    }
    if (rc >= 0)
        return;
    tcn_free(a);
    tcn_api_answer_busy(request, "Too many queries are waiting");
}

/* ---- orders ---- */

static void on_ordered(int status, bool was_there, void *ud)
{
    tcn_request *request = ud;
    if (status < 0)
        tcn_api_answer_busy(request, "The store does not take commits now");
    else if (!was_there)
        tcn_api_answer_detail(request, 404, "The outbox holds no such action");
    else
        tcn_api_answer_empty(request, 204);
}

/* One that waits is the dispatcher's, a dead one the store's. */
static void order(tcn_api *api, tcn_request *request, bool is_retry)
{
    uint64_t id = 0;
    if (!read_id(api, request, &id))
        return;
    tcn_dispatcher *dispatcher = api->options.dispatcher;
    int rc = is_retry ? tcn_dispatcher_hurry(dispatcher, id)
                      : tcn_dispatcher_give_up(dispatcher, id);
    if (rc == 0)
        tcn_api_answer_empty(request, 204);
    else if (rc == TCN_E_BUSY)
        tcn_api_answer_detail(request, 409, "Action %" PRIu64 " is being carried out",
                              id);
    else if (tcn_ingest_order(api->options.ingest, id, is_retry, on_ordered, request) < 0)
        tcn_api_answer_busy(request, "The store does not take commits now");
}

void tcn_api_outbox_retry_post(tcn_api *api, tcn_request *request)
{
    order(api, request, true);
}

void tcn_api_outbox_drop_post(tcn_api *api, tcn_request *request)
{
    order(api, request, false);
}
