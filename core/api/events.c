/* SPDX-License-Identifier: Apache-2.0 */
/* events.c - POST /api/events: a JSON list of events, answered 204 once all of them are
 * durable and evaluated; all or nothing. Events borrow from the request's body, which
 * lives until the answer. */
#include "core/api/api_int.h"

#include <strings.h>

typedef struct post {
    tcn_api *api;
    tcn_request *request;
} post;

static bool is_json(tcn_str content_type)
{
    size_t end = tcn_str_find(content_type, TCN_STR(";"));
    tcn_str type = tcn_str_of(content_type.ptr, end == SIZE_MAX ? content_type.len : end);
    type = tcn_str_trim(type);
    tcn_str json = TCN_STR("application/json");
    /* Older Prefect clients send none. */
    return type.len == 0 ||
           (type.len == json.len && strncasecmp(type.ptr, json.ptr, type.len) == 0);
}

/* ["body", 3, "related", 0, "prefect.resource.role"]: as Prefect names a place. Only the
 * two outer levels are split at dots, since labels hold dots themselves. */
static json_t *location(const tcn_event_error *err)
{
    json_t *loc = json_pack("[s]", "body");
    if (err->index >= 0)
        json_array_append_new(loc, json_integer(err->index));
    tcn_str rest = tcn_str_c(err->path);
    tcn_str field = rest;
    for (size_t i = 0; i < rest.len && field.len == rest.len; i++)
        if (rest.ptr[i] == '.' || rest.ptr[i] == '[')
            field.len = i;
    if (field.len == 0)
        return loc;
    json_array_append_new(loc, json_stringn(field.ptr, field.len));
    rest = tcn_str_of(rest.ptr + field.len, rest.len - field.len);
    if (rest.len > 0 && rest.ptr[0] == '[') {
        size_t close = tcn_str_find(rest, TCN_STR("]"));
        int64_t index = 0;
        if (close != SIZE_MAX &&
            tcn_str_int(tcn_str_of(rest.ptr + 1, close - 1), 0, INT32_MAX, &index))
            json_array_append_new(loc, json_integer(index));
        size_t skip = close == SIZE_MAX ? rest.len : close + 1;
        rest = tcn_str_of(rest.ptr + skip, rest.len - skip);
    }
    if (rest.len > 1)
        json_array_append_new(loc, json_stringn(rest.ptr + 1, rest.len - 1));
    return loc;
}

static void answer_refusal(tcn_request *request, const tcn_event_error *err)
{
    json_t *problem =
        json_pack("{s:s,s:o,s:s,s:I}", "type", err->type, "loc", location(err), "msg",
                  err->text, "offset", (json_int_t)err->offset);
    tcn_api_answer_own(request, err->is_too_large ? 413 : 422,
                       json_pack("{s:s,s:[o]}", "exception_message",
                                 "Invalid request received.", "exception_detail",
                                 problem));
}

static void on_done(int status, void *ud)
{
    post *p = ud;
    if (status == 0)
        tcn_api_answer_empty(p->request, 204);
    else if (status == TCN_E_FULL)
        tcn_api_answer_busy(p->request,
                            "The disk is full; nothing of this request was stored");
    else
        tcn_api_answer_busy(p->request,
                            "The store failed; nothing of this request was stored");
}

static void submit(tcn_api *api, tcn_request *request, tcn_batch *batch)
{
    tcn_ingest *ingest = api->options.ingest;
    post *p = tcn_arena_alloc(&batch->arena, sizeof *p);
    int rc = TCN_E_NOMEM;
    if (p != NULL) {
        *p = (post){api, request};
        batch->done = on_done;
        batch->ud = p;
        rc = tcn_ingest_submit(ingest, batch);
    }
    if (rc >= 0)
        return;
    tcn_ingest_batch_return(ingest, batch);
    if (rc == TCN_E_STATE)
        tcn_api_answer_busy(request, "The daemon is stopping");
    else if (rc == TCN_E_LIMIT)
        tcn_api_answer_busy(request, "Too many actions are waiting to be carried out");
    else if (rc == TCN_E_IO)
        tcn_api_answer_busy(request, "The store does not take events now");
    else
        tcn_api_answer_busy(request, "Too many events are waiting");
}

void tcn_api_events_post(tcn_api *api, tcn_request *request)
{
    if (!is_json(tcn_request_header(request, "Content-Type"))) {
        tcn_api_answer_detail(request, 415, "Content-Type must be application/json");
        return;
    }
    if (tcn_request_header(request, "Content-Encoding").len > 0) {
        tcn_api_answer_detail(request, 415, "Content-Encoding is not supported");
        return;
    }
    tcn_batch *batch = tcn_ingest_batch_take(api->options.ingest);
    if (batch == NULL) {
        tcn_api_answer_busy(request, "Out of memory");
        return;
    }
    tcn_str body = tcn_request_body(request);
    tcn_event_error err = {0};
    int rc = tcn_event_decode_list(body, &api->options.events, &batch->arena,
                                   &batch->events, &batch->count, &err);
    batch->bytes = body.len;
    if (rc >= 0 && batch->count > 0) {
        submit(api, request, batch);
        return;
    }
    tcn_ingest_batch_return(api->options.ingest, batch);
    if (rc >= 0)
        tcn_api_answer_empty(request, 204);
    else if (rc == TCN_E_NOMEM)
        tcn_api_answer_busy(request, "Out of memory");
    else
        answer_refusal(request, &err);
}
