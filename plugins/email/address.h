/* SPDX-License-Identifier: Apache-2.0 */
/* address.h - one mailbox as people write it: "a@b.example" or "Name <a@b.example>". The
 * address is RFC 5322's addr-spec without comments, routes, groups and folding. */
#ifndef EMAIL_ADDRESS_H
#define EMAIL_ADDRESS_H

#include <tocsin/text.h>

#define ADDRESS_MAX 254
#define DISPLAY_MAX 256

typedef struct address {
    char spec[ADDRESS_MAX + 1]; /* local@domain; the domain in lower case A-labels */
    size_t domain;              /* where the domain begins in spec */
    char name[DISPLAY_MAX + 1]; /* display name, unquoted UTF-8, or "" */
    bool is_ascii;              /* else its local part needs SMTPUTF8 */
} address;

/* NULL, or what is wrong, for people: "holds a line break". */
const char *address_parse(tocsin_str text, address *ret);
/* The domain as A-labels (RFC 3492), in lower case; NULL when ret (of size bytes) is
 * filled, else what is wrong. */
const char *domain_to_ascii(tocsin_str domain, char *ret, size_t size);

#endif
