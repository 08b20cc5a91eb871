/* SPDX-License-Identifier: Apache-2.0 */
/* json.h - JSON text to values and back, as Python's json module does it: integers of any
 * size, NaN and Infinity, duplicate keys (the last one wins), "\u0000". A lone surrogate
 * escape becomes U+FFFD, because our text is UTF-8. */
#ifndef TCN_VALUE_JSON_H
#define TCN_VALUE_JSON_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/value/value.h"

/* 0 in a field: its default. */
typedef struct tcn_json_limits {
    size_t bytes;    /* of the text; 16 MiB */
    uint32_t depth;  /* 200 */
    uint32_t digits; /* of one integer; 4300 */
    bool is_strict;  /* NaN and Infinity are refused */
} tcn_json_limits;

/* Reads one document. Text without escapes is borrowed from the input, which therefore
 * must outlive the arena. limits may be NULL. TCN_E_SYNTAX with line and column,
 * TCN_E_LIMIT, TCN_E_NOMEM. */
int tcn_json_read(tcn_str text, tcn_arena *arena, const tcn_json_limits *limits,
                  tcn_value *ret, tcn_err *reterr);

/* Writes v compactly, in UTF-8, keys in their order. Dates and UUIDs are text, spans of
 * time are seconds; what has no JSON form (functions, undefined values) is TCN_E_INVALID.
 * Nesting beyond 200 is TCN_E_LIMIT. */
int tcn_json_write(tcn_value v, tcn_buf *out);

#endif
