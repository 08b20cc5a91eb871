/* SPDX-License-Identifier: Apache-2.0 */
/* message.h - the bytes of one mail: headers in a fixed order, then text, or text and
 * HTML. Knows no daemon and no server; what it is given is checked here, too. */
#ifndef EMAIL_MESSAGE_H
#define EMAIL_MESSAGE_H

#include "mime.h"

#define MESSAGE_MAX ((size_t)10 << 20)
#define SUBJECT_MAX 2000 /* bytes */
#define HEADERS_MAX 32

typedef struct addresses {
    const address *items;
    size_t count;
} addresses;

typedef struct mail {
    int64_t date_ms; /* Unix time */
    const address *from;
    addresses to, cc, reply_to;
    tocsin_str subject;
    tocsin_str message_id;      /* before the @ */
    tocsin_str domain;          /* behind the @ of this id and of the thread's */
    tocsin_str thread;          /* before the @; empty: no thread */
    int priority;               /* X-Priority; 0: none */
    const tocsin_pair *headers; /* further ones */
    size_t header_count;
    tocsin_str text, html; /* html: empty, or a second form of text */
    const char *boundary;  /* with html */
} mail;

/* Appends the message; lines end in CRLF. NULL, or what is wrong with the header of the
 * name *ret_header; out->failed: no memory, or larger than out's limit. */
const char *message_write(const mail *m, tocsin_text *out, const char **ret_header);
/* A name that the user may set: X-..., List-..., Keywords, and none of our own. NULL, or
 * what is wrong. */
const char *header_name_check(tocsin_str name);

#endif
