/* SPDX-License-Identifier: Apache-2.0 */
/* smtp_lines.h - reads the answers of an SMTP server from bytes as they come. Knows no
 * connection. */
#ifndef TCN_NET_SMTP_LINES_H
#define TCN_NET_SMTP_LINES_H

#include "core/base/str.h"

#define TCN_SMTP_LINE_MAX  2048 /* bytes of a line with its end */
#define TCN_SMTP_LINES_MAX 256  /* lines of one answer */
#define TCN_SMTP_TEXT_MAX  400  /* bytes kept of an answer's text */

typedef struct tcn_smtp_lines {
    char line[TCN_SMTP_LINE_MAX];
    size_t line_len;
    size_t count;                     /* lines of the answer so far */
    int code;                         /* of the answer: 200 to 599 once it is whole */
    bool is_whole;                    /* the answer's last line was read */
    bool has_utf8;                    /* a line of it offers SMTPUTF8 */
    bool has_size;                    /* or SIZE */
    char text[TCN_SMTP_TEXT_MAX + 1]; /* its lines on one, without codes and controls */
    size_t text_len;
} tcn_smtp_lines;

void tcn_smtp_lines_init(tcn_smtp_lines *lines);
/* Takes bytes until an answer is whole, which the next call forgets. How many were taken;
 * SIZE_MAX: this is no answer, or over a limit. */
size_t tcn_smtp_lines_take(tcn_smtp_lines *lines, tcn_str bytes);

#endif
