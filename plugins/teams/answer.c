/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c - a workflow says 202 and works later, out of sight; a connector says 200 and
 * puts the status that counts into the body. */
#include "answer.h"

#define HIDDEN_429_MS 30000 /* a connector does not say how long */

static void set_class(tocsin_result *ret, uint32_t status, uint32_t cause)
{
    ret->status = status;
    ret->cause = cause;
}

static const char *advice(const tocsin_reply *reply)
{
    if (tocsin_str_has(reply->body, "WorkflowTriggerIsNotEnabled"))
        return " (the workflow is switched off)";
    if (tocsin_str_has(reply->body, "TriggerInputSchemaMismatch"))
        return " (the workflow expects another form; start it from \"When a Teams webhook "
               "request is received\")";
    if (reply->status == 401 || reply->status == 403)
        return " (the signature in the URL is not valid (any more), or the workflow only "
               "takes calls of its tenant)";
    return "";
}

static void judge_workflow(const tocsin_reply *reply, tocsin_result *ret,
                           answer_texts *texts)
{
    if (reply->status == 400 &&
        tocsin_str_has(reply->body, "WorkflowTriggerIsNotEnabled"))
        set_class(ret, TOCSIN_FAIL, TOCSIN_CAUSE_GONE);
    (void)snprintf(texts->receipt, sizeof texts->receipt,
                   reply->status == 202
                       ? "{\"status\":%d,\"accepted\":\"queued by the workflow\"}"
                       : "{\"status\":%d}",
                   reply->status);
}

/* The status that the body of a connector names as "HTTP error 429"; 0: none. */
static int hidden_status(tocsin_str body)
{
    static const char mark[] = "HTTP error ";
    size_t len = sizeof mark - 1;
    for (size_t at = 0; at + len + 3 <= body.len; at++) {
        const char *digits = body.ptr + at + len;
        if (memcmp(body.ptr + at, mark, len) != 0 || digits[0] < '1' || digits[0] > '5' ||
            digits[1] < '0' || digits[1] > '9' || digits[2] < '0' || digits[2] > '9')
            continue;
        return (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
    }
    return 0;
}

static void judge_connector(const tocsin_reply *reply, tocsin_result *ret,
                            answer_texts *texts)
{
    (void)snprintf(texts->receipt, sizeof texts->receipt, "{\"status\":%d}",
                   reply->status);
    if (ret->status != TOCSIN_DONE || tocsin_str_eq(reply->body, "1"))
        return;
    int status = hidden_status(reply->body);
    if (status >= 400)
        tocsin_http_judge_status(status, ret);
    else
        set_class(ret, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED);
    if (status == 429)
        ret->retry_after_ms = HIDDEN_429_MS;
}

void answer_judge(const tocsin_reply *reply, bool is_connector, tocsin_result *ret,
                  answer_texts *texts)
{
    memset(texts, 0, sizeof *texts);
    tocsin_http_judge(reply, ret);
    (void)tocsin_http_explain(reply, texts->reason);
    if (reply->error == TOCSIN_OK && reply->status >= 500) {
        set_class(ret, TOCSIN_RETRY, TOCSIN_CAUSE_SERVER);
        ret->retry_after_ms = reply->retry_after_ms;
    }
    if (reply->error == TOCSIN_OK && is_connector)
        judge_connector(reply, ret, texts);
    else if (reply->error == TOCSIN_OK)
        judge_workflow(reply, ret, texts);
    if (ret->status == TOCSIN_DONE) {
        ret->receipt = tocsin_str_of(texts->receipt);
        return;
    }
    size_t used = strlen(texts->reason);
    (void)snprintf(texts->reason + used, sizeof texts->reason - used, "%s",
                   advice(reply));
    ret->reason = tocsin_str_of(texts->reason);
}
