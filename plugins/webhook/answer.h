/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h - what the peer's answer means: done, try again, or failed, and why. */
#ifndef WEBHOOK_ANSWER_H
#define WEBHOOK_ANSWER_H

#include <stdbool.h>
#include <tocsin/plugin.h>

#define STATUS_RANGES 32
#define REASON_SIZE   1001

/* "200-299, 304" */
typedef struct status_list {
    struct {
        int first, last;
    } ranges[STATUS_RANGES];
    unsigned count;
} status_list;

/* Statuses from 100 to 599. */
bool status_list_parse(status_list *list, tocsin_str s);
bool status_list_has(const status_list *list, int status);

/* Fills status, cause, code, retry_after_ms, and reason with its text in text. */
void answer_judge(const tocsin_reply *reply, const status_list *success,
                  const status_list *retry, tocsin_result *ret, char text[REASON_SIZE]);

#endif
