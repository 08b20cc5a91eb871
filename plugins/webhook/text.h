/* SPDX-License-Identifier: Apache-2.0 */
/* text.h - a growing text with a limit, and the forms that a webhook writes. A failed
 * append marks the text, so that a chain of appends is checked once. */
#ifndef WEBHOOK_TEXT_H
#define WEBHOOK_TEXT_H

#include <stdbool.h>
#include <tocsin/plugin.h>

#define TEXT_LIMIT ((size_t)8 << 20)

typedef struct text {
    char *ptr; /* ends in NUL once it holds anything */
    size_t len, capacity;
    bool failed; /* out of memory or over TEXT_LIMIT */
} text;

void text_free(text *t);
void text_add(text *t, const char *ptr, size_t len);
void text_add_str(text *t, tocsin_str s);
void text_add_c(text *t, const char *s);
/* As a JSON string with its quotes; line ends become \n, other controls but tab are
 * dropped, bytes that are no UTF-8 become U+FFFD. */
void text_add_json(text *t, tocsin_str s);
/* As a value of a query or form: all but letters, digits and -._~ as %XX. */
void text_add_url(text *t, tocsin_str s);
void text_add_base64(text *t, const void *ptr, size_t len);
void text_add_hex(text *t, const void *ptr, size_t len);
/* "2026-01-02T03:04:05.678Z" */
void text_add_time(text *t, int64_t unix_ms);
/* Standard base64 into out (at most cap bytes). Returns the length, or -1. */
long text_base64_decode(tocsin_str s, unsigned char *out, size_t cap);

tocsin_str str_of(const char *s);
bool str_is_blank(tocsin_str s);
/* Without case. */
bool str_same_name(tocsin_str a, const char *b);

#endif
