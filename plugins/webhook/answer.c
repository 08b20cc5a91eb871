/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c - see answer.h. */
#include "answer.h"

static void skip_spaces(tocsin_str *s)
{
    while (s->len > 0 && s->ptr[0] == ' ') {
        s->ptr++;
        s->len--;
    }
}

static bool skip(tocsin_str *s, char c)
{
    skip_spaces(s);
    if (s->len == 0 || s->ptr[0] != c)
        return false;
    s->ptr++;
    s->len--;
    return true;
}

static int read_status(tocsin_str *s)
{
    int status = 0, digits = 0;
    skip_spaces(s);
    for (; s->len > 0 && s->ptr[0] >= '0' && s->ptr[0] <= '9' && digits < 4; digits++) {
        status = status * 10 + (s->ptr[0] - '0');
        s->ptr++;
        s->len--;
    }
    return digits == 3 && status >= 100 && status <= 599 ? status : -1;
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

static bool has(const status_list *list, int status)
{
    for (unsigned i = 0; i < list->count; i++)
        if (status >= list->ranges[i].first && status <= list->ranges[i].last)
            return true;
    return false;
}

void answer_judge(const tocsin_reply *reply, const status_list *success,
                  const status_list *retry, tocsin_result *ret)
{
    tocsin_http_judge(reply, ret);
    if (reply->error != TOCSIN_OK)
        return;
    if (has(success, reply->status)) {
        ret->status = TOCSIN_DONE;
        ret->cause = TOCSIN_CAUSE_NONE;
        return;
    }
    if (ret->status == TOCSIN_DONE) {
        ret->status = TOCSIN_FAIL;
        ret->cause = TOCSIN_CAUSE_REJECTED;
    }
    if (has(retry, reply->status))
        ret->status = TOCSIN_RETRY;
}
