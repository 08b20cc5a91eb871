/* SPDX-License-Identifier: Apache-2.0 */
/* option_value.h - one value of one option: does it have the declared type, does it lie
 * in its bounds, what is it. The same code judges what users write and the defaults in
 * plugins' tables. */
#ifndef TCN_OPTION_OPTION_VALUE_H
#define TCN_OPTION_OPTION_VALUE_H

#include <jansson.h>
#include <tocsin/plugin.h>

#include "core/base/arena.h"
#include "core/base/err.h"

#define TCN_OPTION_TEXT_MAX    ((size_t)64 << 10)
#define TCN_OPTION_LONG_MAX    ((size_t)1 << 20) /* TEXT and JSON */
#define TCN_OPTION_ENTRIES_MAX 1000

typedef struct tcn_option_value {
    int64_t integer; /* BOOL, INT, DURATION (ms), SIZE (bytes) */
    double number;   /* NUMBER */
    tcn_str text;    /* STRING, TEXT, ENUM, URL, JSON; NUL-terminated in arena */
    tocsin_str *list;
    tocsin_pair *map;
    size_t count; /* of list or map */
} tcn_option_value;

/* Is it one of the types of this header's version? */
bool tcn_option_type_known(uint32_t type);
/* Texts in arena. Errors name the value as it was written: "900s is above the maximum
 * 5m". */
int tcn_option_value_read(const tocsin_option *option, const json_t *value,
                          tcn_arena *arena, tcn_option_value *ret, tcn_err *reterr);
/* The checks of one text, as for a STRING, TEXT, ENUM or URL option. For secrets, whose
 * values must not be shown: errors do not name it. */
int tcn_option_text_check(const tocsin_option *option, tcn_str text, tcn_err *reterr);
/* A bound in the unit in which a person would write it: "5m", "64k". Returns out. */
const char *tcn_option_bound_text(const tocsin_option *option, int64_t bound,
                                  char out[32]);
/* The document's form of a default, which stands as text in a table; NULL when it has
 * none. */
json_t *tcn_option_default(const tocsin_option *option);

#endif
