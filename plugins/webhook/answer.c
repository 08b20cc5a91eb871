/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c - the table of answers. The lists of the user come first, then what every
 * webhook means by a status. */
#include "answer.h"

#include <stdio.h>
#include <string.h>

#define EXCERPT 450 /* of the answer's body, at each end */

static int read_status(tocsin_str *s)
{
    int status = 0;
    size_t digits = 0;
    while (s->len > 0 && s->ptr[0] == ' ') {
        s->ptr++;
        s->len--;
    }
    for (; s->len > 0 && s->ptr[0] >= '0' && s->ptr[0] <= '9' && digits < 4; digits++) {
        status = status * 10 + (s->ptr[0] - '0');
        s->ptr++;
        s->len--;
    }
    return digits == 3 && status >= 100 && status <= 599 ? status : -1;
}

static bool skip(tocsin_str *s, char c)
{
    while (s->len > 0 && s->ptr[0] == ' ') {
        s->ptr++;
        s->len--;
    }
    if (s->len == 0 || s->ptr[0] != c)
        return false;
    s->ptr++;
    s->len--;
    return true;
}

bool status_list_parse(status_list *list, tocsin_str s)
{
    list->count = 0;
    do {
        int first = read_status(&s);
        int last = skip(&s, '-') ? read_status(&s) : first;
        if (first < 0 || last < first || list->count == STATUS_RANGES)
            return false;
        list->ranges[list->count].first = first;
        list->ranges[list->count].last = last;
        list->count++;
    } while (skip(&s, ','));
    return s.len == 0;
}

bool status_list_has(const status_list *list, int status)
{
    for (unsigned i = 0; i < list->count; i++)
        if (status >= list->ranges[i].first && status <= list->ranges[i].last)
            return true;
    return false;
}

/* What went wrong below HTTP. */
static void judge_error(int32_t error, tocsin_result *ret)
{
    static const struct {
        int32_t error;
        uint32_t status, cause;
    } table[] = {
        {TOCSIN_E_RESOLVE, TOCSIN_RETRY, TOCSIN_CAUSE_NETWORK},
        {TOCSIN_E_CONNECT, TOCSIN_RETRY, TOCSIN_CAUSE_NETWORK},
        {TOCSIN_E_IO, TOCSIN_RETRY, TOCSIN_CAUSE_NETWORK},
        {TOCSIN_E_TLS, TOCSIN_RETRY, TOCSIN_CAUSE_TLS},
        {TOCSIN_E_TIMEOUT, TOCSIN_RETRY, TOCSIN_CAUSE_TIMEOUT},
        {TOCSIN_E_CANCELED, TOCSIN_RETRY, TOCSIN_CAUSE_CANCELED},
        {TOCSIN_E_DENIED, TOCSIN_FAIL, TOCSIN_CAUSE_DENIED},
        {TOCSIN_E_INVALID, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED},
        {0, TOCSIN_RETRY, TOCSIN_CAUSE_INTERNAL},
    };
    size_t i = 0;
    while (table[i].error != 0 && table[i].error != error)
        i++;
    ret->status = table[i].status;
    ret->cause = table[i].cause;
}

static void judge_status(int status, tocsin_result *ret)
{
    static const struct {
        int first, last;
        uint32_t status, cause;
    } table[] = {
        {200, 299, TOCSIN_DONE, TOCSIN_CAUSE_NONE},
        {408, 408, TOCSIN_RETRY, TOCSIN_CAUSE_TIMEOUT},
        {425, 425, TOCSIN_RETRY, TOCSIN_CAUSE_SERVER},
        {429, 429, TOCSIN_RETRY, TOCSIN_CAUSE_RATE_LIMIT},
        {501, 501, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED},
        {505, 505, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED},
        {500, 599, TOCSIN_RETRY, TOCSIN_CAUSE_SERVER},
        {401, 401, TOCSIN_FAIL, TOCSIN_CAUSE_AUTH},
        {403, 403, TOCSIN_FAIL, TOCSIN_CAUSE_AUTH},
        {407, 407, TOCSIN_FAIL, TOCSIN_CAUSE_AUTH},
        {404, 404, TOCSIN_FAIL, TOCSIN_CAUSE_GONE},
        {410, 410, TOCSIN_FAIL, TOCSIN_CAUSE_GONE},
        {413, 413, TOCSIN_FAIL, TOCSIN_CAUSE_TOO_LARGE},
        {0, 999, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED},
    };
    size_t i = 0;
    while (table[i].last != 999 && (status < table[i].first || status > table[i].last))
        i++;
    ret->status = table[i].status;
    ret->cause = table[i].cause;
}

/* A status that is good by default was taken out of the user's list, or the other way
 * round. */
static void apply_lists(int status, const status_list *success, const status_list *retry,
                        tocsin_result *ret)
{
    if (status_list_has(success, status)) {
        ret->status = TOCSIN_DONE;
        ret->cause = TOCSIN_CAUSE_NONE;
        return;
    }
    if (ret->status == TOCSIN_DONE) {
        ret->status = TOCSIN_FAIL;
        ret->cause = TOCSIN_CAUSE_REJECTED;
    }
    if (status_list_has(retry, status))
        ret->status = TOCSIN_RETRY;
}

static bool honors_retry_after(int status)
{
    return status == 408 || status == 425 || status == 429 || status >= 500;
}

static void write_reason(const tocsin_reply *reply, char out[REASON_SIZE])
{
    const tocsin_str body = reply->body;
    if (reply->error != TOCSIN_OK)
        (void)snprintf(out, REASON_SIZE, "%.*s", (int)reply->text.len, reply->text.ptr);
    else if (body.len == 0)
        (void)snprintf(out, REASON_SIZE, "answered %d", reply->status);
    else if (body.len <= (size_t)2 * EXCERPT)
        (void)snprintf(out, REASON_SIZE, "answered %d: %.*s", reply->status,
                       (int)body.len, body.ptr);
    else
        (void)snprintf(out, REASON_SIZE, "answered %d: %.*s ... %.*s", reply->status,
                       EXCERPT, body.ptr, EXCERPT, body.ptr + body.len - EXCERPT);
}

void answer_judge(const tocsin_reply *reply, const status_list *success,
                  const status_list *retry, tocsin_result *ret, char text[REASON_SIZE])
{
    ret->code = reply->status;
    ret->retry_after_ms = -1;
    if (reply->error != TOCSIN_OK) {
        judge_error(reply->error, ret);
    } else {
        judge_status(reply->status, ret);
        apply_lists(reply->status, success, retry, ret);
        if (ret->status == TOCSIN_RETRY && honors_retry_after(reply->status))
            ret->retry_after_ms = reply->retry_after_ms;
    }
    if (ret->status == TOCSIN_DONE)
        return;
    write_reason(reply, text);
    ret->reason.ptr = text;
    ret->reason.len = strlen(text);
}
