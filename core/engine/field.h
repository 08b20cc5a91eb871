/* SPDX-License-Identifier: Apache-2.0 */
/* field.h - one value of a definition and its way from the top, so that every problem can
 * name its field ("trigger.triggers[1].within"). Lives on the stack; the parent must
 * outlive it. */
#ifndef TCN_ENGINE_FIELD_H
#define TCN_ENGINE_FIELD_H

#include <jansson.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/uuid.h"

typedef struct tcn_field {
    const struct tcn_field *parent; /* NULL: the document itself */
    const char *name;               /* NULL: an item of a list */
    size_t index;
    const json_t *value; /* NULL: absent */
    tcn_problems *problems;
} tcn_field;

tcn_field tcn_field_get(const tcn_field *object, const char *name);
tcn_field tcn_field_at(const tcn_field *list, size_t index);
/* "trigger.triggers[1]"; cut when longer. Returns out. */
char *tcn_field_path(const tcn_field *field, char *out, size_t size);

/* Notes a problem or a warning about this field. */
void tcn_field_refuse(const tcn_field *field, const char *fmt, ...) TCN_PRINTF(2, 3);
void tcn_field_warn(const tcn_field *field, const char *fmt, ...) TCN_PRINTF(2, 3);
/* Warns about each key that is not in known (ends with NULL). */
void tcn_field_unknown(const tcn_field *object, const char *const *known);

/* Read a value in the ways in which pydantic does. False: absent (no problem noted), or
 * wrong (noted). */
bool tcn_field_bool(const tcn_field *field, bool *ret);
bool tcn_field_integer(const tcn_field *field, int64_t min, int64_t max, int64_t *ret);
bool tcn_field_text(const tcn_field *field, tcn_str *ret);
bool tcn_field_uuid(const tcn_field *field, tcn_uuid *ret);
/* A number of seconds or an ISO 8601 duration; at most 36,500 days either way. */
bool tcn_field_duration(const tcn_field *field, int64_t *ret_us);

/* New references; NULL when out of memory. */
json_t *tcn_json_uuid(const tcn_uuid *id);
json_t *tcn_json_seconds(int64_t us);
static inline tcn_str tcn_json_str(const json_t *text)
{
    return tcn_str_of(json_string_value(text), json_string_length(text));
}

#endif
