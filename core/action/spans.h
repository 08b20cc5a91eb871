/* SPDX-License-Identifier: Apache-2.0 */
/* spans.h - where values stand in a rendered text. The rest is the template's own text:
 * who writes the text in a form of his own (mrkdwn, a card) escapes the values only. */
#ifndef TCN_ACTION_SPANS_H
#define TCN_ACTION_SPANS_H

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/plugin/plugins.h"

/* A text under construction that notes its values. The buffer that a template is rendered
 * into is text; tcn_spans_note is the context's escape. */
typedef struct tcn_spans_buf {
    tcn_buf text;
    tcn_buf items; /* of tcn_span */
} tcn_spans_buf;

void tcn_spans_buf_init(tcn_spans_buf *buf, size_t limit);
void tcn_spans_buf_deinit(tcn_spans_buf *buf);
/* Appends a value as it is and notes where; out is the text of a tcn_spans_buf. 0 or the
 * buffer's status. */
int tcn_spans_note(tcn_str text, tcn_buf *out);
/* A copy in arena; TCN_E_NOMEM. */
int tcn_spans_copy(const tcn_spans_buf *buf, tcn_arena *arena, tcn_spans *ret);

/* The form that is kept with a row: "0+12 14+3". */
int tcn_spans_write(const tcn_spans *spans, tcn_buf *out);
/* Spans that do not fit into text_len bytes in this order are damage: *ret is unknown
 * then. TCN_E_NOMEM. */
int tcn_spans_read(tcn_str kept, size_t text_len, tcn_arena *arena, tcn_spans *ret);

#endif
