/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c - the forms that answers take. */
#include "core/api/api_int.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/value/document.h"

#define ANSWER_MAX ((size_t)64 << 20)

void tcn_api_answer_empty(tcn_request *request, int status)
{
    tcn_request_answer(request, status, NULL, TCN_STR(""));
}

void tcn_api_answer_own(tcn_request *request, int status, json_t *document)
{
    tcn_buf text;
    tcn_buf_init(&text, ANSWER_MAX);
    int rc = document == NULL ? TCN_E_NOMEM : tcn_document_write(document, &text);
    if (rc >= 0)
        tcn_request_answer(request, status, "application/json", tcn_buf_str(&text));
    else if (rc == TCN_E_LIMIT)
        tcn_api_answer_detail(request, 422,
                              "The answer has more than 64 MiB: ask for less");
    else
        tcn_request_answer(request, 503, "application/json",
                           TCN_STR("{\"detail\":\"out of memory\"}"));
    tcn_buf_deinit(&text);
    json_decref(document);
}

void tcn_api_answer_detail(tcn_request *request, int status, const char *fmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    tcn_utf8_mend(text);
    tcn_request_answer_detail(request, status, text);
}

void tcn_api_answer_busy(tcn_request *request, const char *detail)
{
    tcn_request_answer_header(request, "Retry-After", "1");
    tcn_api_answer_detail(request, 503, "%s", detail);
}
