/* SPDX-License-Identifier: Apache-2.0 */
/* field.c - reading fields of definitions, with pydantic's texts. */
#include "core/engine/field.h"

#include <math.h>
#include <stdio.h>

#include "core/base/buf.h"
#include "core/base/datetime.h"

#define DURATION_MAX_US (36500 * TCN_DAY_US)

tcn_field tcn_field_get(const tcn_field *object, const char *name)
{
    return (tcn_field){
        .parent = object,
        .name = name,
        .value = json_object_get(object->value, name),
        .problems = object->problems,
    };
}

tcn_field tcn_field_at(const tcn_field *list, size_t index)
{
    return (tcn_field){
        .parent = list,
        .index = index,
        .value = json_array_get(list->value, index),
        .problems = list->problems,
    };
}

/* Returns the length that the whole path needs. */
static size_t write_path(const tcn_field *field, char *out, size_t size)
{
    if (field->parent == NULL)
        return 0;
    size_t len = write_path(field->parent, out, size);
    size_t room = len < size ? size - len : 0;
    char *at = room > 0 ? out + len : NULL;
    int more;
    if (field->name == NULL)
        more = snprintf(at, room, "[%zu]", field->index);
    else
        more = snprintf(at, room, "%s%s", len > 0 ? "." : "", field->name);
    return len + (more > 0 ? (size_t)more : 0);
}

char *tcn_field_path(const tcn_field *field, char *out, size_t size)
{
    out[0] = '\0';
    (void)write_path(field, out, size);
    return out;
}

static void note(const tcn_field *field, bool is_warning, const char *fmt, va_list args)
{
    tcn_err err = {.code = TCN_E_INVALID};
    (void)tcn_field_path(field, err.field, sizeof err.field);
    (void)vsnprintf(err.text, sizeof err.text, fmt, args);
    if (is_warning)
        tcn_problems_warn(field->problems, &err);
    else
        tcn_problems_add(field->problems, &err);
}

void tcn_field_refuse(const tcn_field *field, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    note(field, false, fmt, args);
    va_end(args);
}

void tcn_field_warn(const tcn_field *field, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    note(field, true, fmt, args);
    va_end(args);
}

static bool is_known(const char *key, const char *const *known)
{
    for (size_t i = 0; known[i] != NULL; i++) {
        if (strcmp(key, known[i]) == 0)
            return true;
    }
    return false;
}

void tcn_field_unknown(const tcn_field *object, const char *const *known)
{
    const char *key;
    const json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object->value, key, value)
    {
        if (is_known(key, known))
            continue;
        tcn_field field = tcn_field_get(object, key);
        const char *nearest = tcn_str_nearest(tcn_str_c(key), known);
        if (nearest != NULL)
            tcn_field_warn(
                &field, "unknown field, it has no effect; did you mean \"%s\"?", nearest);
        else
            tcn_field_warn(&field, "unknown field, it has no effect");
    }
}

bool tcn_field_bool(const tcn_field *field, bool *ret)
{
    if (field->value == NULL)
        return false;
    if (!json_is_boolean(field->value)) {
        tcn_field_refuse(field, "Input should be a valid boolean");
        return false;
    }
    *ret = json_is_true(field->value);
    return true;
}

bool tcn_field_integer(const tcn_field *field, int64_t min, int64_t max, int64_t *ret)
{
    const json_t *value = field->value;
    int64_t number = 0;
    if (value == NULL)
        return false;
    if (json_is_integer(value)) {
        number = json_integer_value(value);
    } else if (json_is_real(value) && fabs(json_real_value(value)) < 1e15) {
        number = (int64_t)json_real_value(value);
        if (json_real_value(value) - (double)number != 0.0) {
            tcn_field_refuse(
                field,
                "Input should be a valid integer, got a number with a fractional part");
            return false;
        }
    } else if (!json_is_string(value) ||
               !tcn_str_int(tcn_json_str(value), INT64_MIN, INT64_MAX, &number)) {
        tcn_field_refuse(field, "Input should be a valid integer");
        return false;
    }
    if (number < min || number > max) {
        tcn_field_refuse(field, "Input should be between %lld and %lld", (long long)min,
                         (long long)max);
        return false;
    }
    *ret = number;
    return true;
}

bool tcn_field_text(const tcn_field *field, tcn_str *ret)
{
    if (field->value == NULL)
        return false;
    if (!json_is_string(field->value)) {
        tcn_field_refuse(field, "Input should be a valid string");
        return false;
    }
    *ret = tcn_json_str(field->value);
    return true;
}

bool tcn_field_uuid(const tcn_field *field, tcn_uuid *ret)
{
    if (field->value == NULL || json_is_null(field->value))
        return false;
    if (!json_is_string(field->value) ||
        !tcn_uuid_parse(tcn_json_str(field->value), ret)) {
        tcn_field_refuse(field, "Input should be a valid UUID");
        return false;
    }
    return true;
}

bool tcn_field_duration(const tcn_field *field, int64_t *ret_us)
{
    const json_t *value = field->value;
    int64_t us = 0;
    bool is_valid = false;
    if (value == NULL)
        return false;
    if (json_is_number(value)) {
        double seconds = json_number_value(value);
        is_valid = fabs(seconds) < 1e12;
        double whole = trunc(seconds);
        if (is_valid) /* what is less than a second is rounded by itself, as in Python */
            us = (int64_t)whole * TCN_SECOND_US + llrint((seconds - whole) * 1e6);
    } else if (json_is_string(value)) {
        is_valid = tcn_duration_iso(tcn_json_str(value), &us);
    }
    if (!is_valid) {
        tcn_field_refuse(
            field, "Input should be a valid timedelta: seconds, or an ISO 8601 duration");
        return false;
    }
    if (us > DURATION_MAX_US || us < -DURATION_MAX_US) {
        tcn_field_refuse(field, "Input should be at most 36500 days");
        return false;
    }
    *ret_us = us;
    return true;
}

json_t *tcn_json_uuid(const tcn_uuid *id)
{
    char text[TCN_UUID_TEXT + 1];
    return json_string(tcn_uuid_format(id, text));
}

json_t *tcn_json_seconds(int64_t us)
{
    return json_real((double)us / 1e6);
}
