/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h - what the answers of workflows and connectors mean. */
#ifndef TEAMS_ANSWER_H
#define TEAMS_ANSWER_H

#include <tocsin/http.h>
#include <tocsin/text.h>

#define ANSWER_RECEIPT 96

/* Texts that a result points to. */
typedef struct answer_texts {
    char reason[TOCSIN_HTTP_REASON], receipt[ANSWER_RECEIPT];
} answer_texts;

void answer_judge(const tocsin_reply *reply, bool is_connector, tocsin_result *ret,
                  answer_texts *texts);

#endif
