/* SPDX-License-Identifier: Apache-2.0 */
/* block_filter.c - POST .../filter and .../count in Prefect's form. What is null or not
 * known is not asked for. */
#include "core/api/block_int.h"

#include <stdio.h>

#define LIMIT_MAX 200

bool tcn_block_is_any(const json_t *body, const char *group, const char *field,
                      const char *text)
{
    const json_t *any =
        json_object_get(json_object_get(json_object_get(body, group), field), "any_");
    if (!json_is_array(any))
        return true;
    for (size_t i = 0; i < json_array_size(any); i++) {
        const char *wanted = json_string_value(json_array_get(any, i));
        if (wanted != NULL && text != NULL && strcmp(wanted, text) == 0)
            return true;
    }
    return false;
}

bool tcn_block_is_like(const json_t *body, const char *group, const char *field,
                       const char *text)
{
    const char *part = json_string_value(
        json_object_get(json_object_get(json_object_get(body, group), field), "like_"));
    return part == NULL || (text != NULL && strcasestr(text, part) != NULL);
}

bool tcn_block_has_all(const json_t *body, const json_t *capabilities)
{
    const json_t *all = json_object_get(
        json_object_get(json_object_get(body, "block_schemas"), "block_capabilities"),
        "all_");
    for (size_t i = 0; i < json_array_size(all); i++) {
        bool found = false;
        for (size_t k = 0; k < json_array_size(capabilities) && !found; k++)
            found =
                json_equal(json_array_get(all, i), json_array_get(capabilities, k)) != 0;
        if (!found)
            return false;
    }
    return true;
}

/* false: it was answered. */
static bool read_number(tcn_request *request, const json_t *body, const char *key,
                        json_int_t max, size_t *ret)
{
    const json_t *value = json_object_get(body, key);
    if (value == NULL || json_is_null(value))
        return true;
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value)) {
        char loc[32];
        snprintf(loc, sizeof loc, "body.%s", key);
        tcn_api_answer_invalid(request, "int_type", loc,
                               "Input should be a valid integer");
        return false;
    }
    if (number < 0 || number > max) {
        tcn_api_answer_detail(
            request, 422, "Invalid %s: must be %s than or equal to %lld.", key,
            number < 0 ? "greater" : "less", number < 0 ? 0LL : (long long)max);
        return false;
    }
    *ret = (size_t)number;
    return true;
}

static json_t *selected(json_t *list, const json_t *body, tcn_block_match_fn matches,
                        size_t offset, size_t limit)
{
    json_t *found = json_array();
    size_t i, skipped = 0;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        if (matches != NULL && !matches(item, body))
            continue;
        if (skipped < offset)
            skipped++;
        else if (json_array_size(found) < limit)
            (void)json_array_append(found, item);
    }
    json_decref(list);
    return found;
}

void tcn_block_filter(tcn_request *request, json_t *list, tcn_block_match_fn matches)
{
    json_t *body = NULL;
    size_t limit = LIMIT_MAX, offset = 0;
    if (!tcn_api_body_read(request, &body)) {
        json_decref(list);
        return;
    }
    if (read_number(request, body, "limit", LIMIT_MAX, &limit) &&
        read_number(request, body, "offset", INT32_MAX, &offset)) {
        json_t *found =
            list == NULL ? NULL : selected(list, body, matches, offset, limit);
        tcn_api_answer_own(request, 200, found);
    } else {
        json_decref(list);
    }
    json_decref(body);
}

void tcn_block_count(tcn_request *request, json_t *list, tcn_block_match_fn matches)
{
    json_t *body = NULL;
    if (list == NULL || !tcn_api_body_read(request, &body)) {
        json_decref(list);
        if (list == NULL)
            tcn_api_answer_busy(request, "Out of memory");
        return;
    }
    json_t *found = selected(list, body, matches, 0, SIZE_MAX);
    tcn_api_answer_own(request, 200, json_integer((json_int_t)json_array_size(found)));
    json_decref(found);
    json_decref(body);
}
