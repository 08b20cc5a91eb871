/* SPDX-License-Identifier: Apache-2.0 */
/* body.c - bodies that are one JSON object, and the answer to one that is not what it
 * should be. */
#include "core/api/api_int.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/value/document.h"

/* As Prefect's clients write it: "body.data.url" is ["body", "data", "url"]. */
static json_t *location(const char *loc)
{
    json_t *list = json_array();
    tcn_str rest = tcn_str_c(loc), part;
    while (tcn_str_split(&rest, '.', &part))
        (void)json_array_append_new(list, json_stringn(part.ptr, part.len));
    return list;
}

void tcn_api_answer_invalid(tcn_request *request, const char *type, const char *loc,
                            const char *fmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    json_t *problem =
        json_pack("{s:s, s:o, s:s}", "type", type, "loc", location(loc), "msg", text);
    tcn_api_answer_own(request, 422,
                       json_pack("{s:s, s:[o]}", "exception_message",
                                 "Invalid request received.", "exception_detail",
                                 problem));
}

static bool is_text(tcn_request *request)
{
    if (tcn_request_header(request, "Content-Encoding").len > 0) {
        tcn_api_answer_detail(request, 415, "Content-Encoding is not supported");
        return false;
    }
    return true;
}

bool tcn_api_body_read(tcn_request *request, json_t **ret)
{
    tcn_str body = tcn_request_body(request);
    if (!is_text(request))
        return false;
    tcn_err err = {0};
    json_t *json = NULL;
    int rc = body.len == 0 ? 0 : tcn_document_read(body, &json, &err);
    if (rc == TCN_E_NOMEM)
        tcn_api_answer_busy(request, "Out of memory");
    else if (rc < 0)
        tcn_api_answer_invalid(request, "json_invalid", "body", "JSON decode error: %s",
                               err.text);
    else if (json != NULL && !json_is_object(json))
        tcn_api_answer_invalid(request, "model_attributes_type", "body",
                               "Input should be a valid dictionary or object to extract "
                               "fields from");
    else if (json == NULL)
        json = json_object();
    if (rc < 0 || !json_is_object(json)) {
        json_decref(json);
        return false;
    }
    *ret = json;
    return true;
}
