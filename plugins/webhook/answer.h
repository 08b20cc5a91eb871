/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h - lists of statuses, and what an answer means by them. */
#ifndef WEBHOOK_ANSWER_H
#define WEBHOOK_ANSWER_H

#include <tocsin/http.h>
#include <tocsin/text.h>

#define STATUS_RANGES 32

/* "200-299, 304" */
typedef struct status_list {
    struct {
        int first, last;
    } ranges[STATUS_RANGES];
    unsigned count;
} status_list;

/* Statuses from 100 to 599. */
bool status_list_parse(status_list *list, tocsin_str s);

/* The base table, after the lists of the user: success is done, retry is tried again. */
void answer_judge(const tocsin_reply *reply, const status_list *success,
                  const status_list *retry, tocsin_result *ret);

#endif
