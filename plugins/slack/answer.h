/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h - what Slack's answers mean. */
#ifndef SLACK_ANSWER_H
#define SLACK_ANSWER_H

#include <tocsin/http.h>
#include <tocsin/text.h>

#define ANSWER_RECEIPT 256

/* Texts that a result points to. */
typedef struct answer_texts {
    char reason[TOCSIN_HTTP_REASON], receipt[ANSWER_RECEIPT];
} answer_texts;

/* The answer of an incoming webhook, or of chat.postMessage. */
void answer_judge(const tocsin_reply *reply, bool is_bot, tocsin_result *ret,
                  answer_texts *texts);

#endif
