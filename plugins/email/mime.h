/* SPDX-License-Identifier: Apache-2.0 */
/* mime.h - header lines that are folded at 78 characters, encoded words (RFC 2047) and
 * the encodings of a body (RFC 2045). Everything is appended to a text, whose failure is
 * checked at the end. */
#ifndef EMAIL_MIME_H
#define EMAIL_MIME_H

#include "address.h"

#define HEADER_LINE 78
#define LINE_LIMIT  998

/* One header on its way. */
typedef struct header {
    tocsin_text *out;
    size_t column;     /* of the line so far */
    bool is_line_open; /* the line holds more than white space */
} header;

/* "Name:" */
void header_begin(header *h, tocsin_text *out, const char *name);
/* A space and the word, on a new line where this one has no room. */
void header_word(header *h, tocsin_str word);
/* Words of ASCII as they are, folded at their spaces; else encoded words. may_encode:
 * also where a word is longer than a line; false: such a word stays whole. */
void header_text(header *h, tocsin_str text, bool may_encode);
/* A mailbox, with a comma behind it unless it is the last one. */
void header_address(header *h, const address *a, bool is_last);
void header_end(header *h);

/* Encoded words of UTF-8 in base64, 75 characters at most, no character split. */
void header_encoded(header *h, tocsin_str text);
bool text_is_ascii(tocsin_str text);
/* The longest run of bytes other than spaces, or without LF. */
size_t text_longest(tocsin_str text, char separator);

enum encoding {
    ENCODING_7BIT,
    ENCODING_QUOTED,
    ENCODING_BASE64
};
/* Of a body whose lines end in LF. */
enum encoding body_encoding(tocsin_str body);
const char *encoding_name(enum encoding encoding);
/* Lines end in CRLF, the last one, too. */
void body_add(tocsin_text *out, tocsin_str body, enum encoding encoding);

#endif
