/* SPDX-License-Identifier: Apache-2.0 */
/* body.c - bodies that are one JSON object, and the answer to one that is not what it
 * should be. */
#include "core/api/api_int.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/value/document.h"

#define TEXT_SIZE 1024
/* A value takes a hundred times the memory of the two bytes that it may have here. */
#define VALUES_MAX 50000

/* As Prefect's clients write it: "body.data.url" is ["body", "data", "url"]. */
static json_t *location(const char *loc)
{
    char text[TEXT_SIZE];
    json_t *list = json_array();
    (void)snprintf(text, sizeof text, "%s", loc);
    tcn_utf8_mend(text);
    tcn_str rest = tcn_str_c(text), part;
    while (tcn_str_split(&rest, '.', &part))
        (void)json_array_append_new(list, json_stringn(part.ptr, part.len));
    return list;
}

void tcn_api_answer_invalid(tcn_request *request, const char *type, const char *loc,
                            const char *fmt, ...)
{
    char text[TEXT_SIZE];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    tcn_utf8_mend(text);
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

/* Counts what stands before a value outside of texts; whether it is JSON shows later. */
static bool has_too_many_values(tcn_str body)
{
    size_t count = 0;
    bool is_inside = false;
    for (size_t i = 0; i < body.len; i++) {
        char c = body.ptr[i];
        if (c == '"')
            is_inside = !is_inside;
        else if (is_inside)
            i += c == '\\' ? 1 : 0;
        else
            count += c == ',' || c == '[' || c == '{' ? 1 : 0;
    }
    return count > VALUES_MAX;
}

bool tcn_api_body_read(tcn_request *request, json_t **ret)
{
    tcn_str body = tcn_request_body(request);
    if (!is_text(request))
        return false;
    if (has_too_many_values(body)) {
        tcn_api_answer_detail(request, 413, "The body has more than %d values",
                              VALUES_MAX);
        return false;
    }
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
