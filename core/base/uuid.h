/* SPDX-License-Identifier: Apache-2.0 */
/* uuid.h - UUIDs as 16 bytes in network order (RFC 9562). */
#ifndef TCN_BASE_UUID_H
#define TCN_BASE_UUID_H

#include "core/base/str.h"

#define TCN_UUID_TEXT 36

typedef struct tcn_uuid {
    uint8_t bytes[16];
} tcn_uuid;

/* Accepts what Prefect accepts: hyphens or none, braces, "urn:uuid:", any case. */
bool tcn_uuid_parse(tcn_str text, tcn_uuid *ret);
/* 36 characters in lower case and a NUL. Returns out. */
char *tcn_uuid_format(const tcn_uuid *id, char out[TCN_UUID_TEXT + 1]);
/* Random (version 4). */
tcn_uuid tcn_uuid_v4(void);
/* Version 5 in tocsin's own namespace: the same name gives the same id everywhere. */
tcn_uuid tcn_uuid_v5(const void *name, size_t len);
/* The same of a kind of things and the name of one: ("automation", "late orders"). */
tcn_uuid tcn_uuid_v5_named(const char *kind, tcn_str name);
static inline bool tcn_uuid_eq(const tcn_uuid *a, const tcn_uuid *b)
{
    return memcmp(a->bytes, b->bytes, 16) == 0;
}
bool tcn_uuid_is_nil(const tcn_uuid *id);

#endif
