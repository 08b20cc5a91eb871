/* SPDX-License-Identifier: Apache-2.0 */
/* mrkdwn.h - Slack's markup, where it meets a limit: a text is divided or cut so that no
 * character, entity, link or fence is torn. Lengths are units of tocsin_str_units. */
#ifndef SLACK_MRKDWN_H
#define SLACK_MRKDWN_H

#include <tocsin/text.h>

/* & < > as entities: the text cannot ping, link or format by them. */
void mrkdwn_add_escaped(tocsin_text *out, tocsin_str s);

/* Walks through one text. */
typedef struct mrkdwn_reader {
    tocsin_str rest;
    bool in_fence; /* the last piece ended inside ``` */
} mrkdwn_reader;

/* Appends the next piece, at most limit (16 or more) units: up to a blank line where
 * there is one in the second half, else a line's end, else a space. A fence that goes on
 * is closed in this piece and opened again in the next. is_last: what does not fit is
 * left out, and the piece ends in an ellipsis. */
void mrkdwn_next(mrkdwn_reader *reader, size_t limit, bool is_last, tocsin_text *out);
/* The whole text, cut where it is longer. */
void mrkdwn_add_cut(tocsin_text *out, tocsin_str s, size_t limit);

#endif
