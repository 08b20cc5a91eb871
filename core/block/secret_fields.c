/* SPDX-License-Identifier: Apache-2.0 */
/* secret_fields.c - one walk for all that is done at these places. A list in the way is
 * passed through: every item may hold the rest of the path. */
#include "core/block/secret_fields.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"

/* What is done with the member key of object; old: the other document's object at the
 * same place, or NULL. */
typedef struct visit {
    int (*fn)(struct visit *visit, json_t *object, const char *key, const json_t *old);
    bool found;
} visit;

static int walk(visit *v, json_t *value, const json_t *old, tcn_str path);

/* All that stands below. */
static int walk_all(visit *v, json_t *value, const json_t *old)
{
    const char *key;
    json_t *member;
    void *next;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(value); i++)
        rc = walk_all(v, json_array_get(value, i), json_array_get(old, i));
    json_object_foreach_safe(value, next, key, member)
    {
        bool is_leaf = !json_is_object(member) && !json_is_array(member);
        if (rc == 0)
            rc = is_leaf ? v->fn(v, value, key, old)
                         : walk_all(v, member, json_object_get(old, key));
    }
    return rc;
}

static int walk_member(visit *v, json_t *value, const json_t *old, tcn_str part,
                       tcn_str rest)
{
    char key[256];
    if (part.len >= sizeof key)
        return 0;
    memcpy(key, part.ptr, part.len);
    key[part.len] = '\0';
    json_t *member = json_object_get(value, key);
    if (member == NULL)
        return 0;
    return rest.len == 0 ? v->fn(v, value, key, old)
                         : walk(v, member, json_object_get(old, key), rest);
}

static int walk(visit *v, json_t *value, const json_t *old, tcn_str path)
{
    tcn_str part, rest = path;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(value); i++)
        rc = walk(v, json_array_get(value, i), json_array_get(old, i), path);
    if (rc < 0 || !json_is_object(value) || !tcn_str_split(&rest, '.', &part))
        return rc;
    bool is_all = tcn_str_eq(part, TCN_STR("*"));
    return is_all ? walk_all(v, value, old) : walk_member(v, value, old, part, rest);
}

static int walk_paths(visit *v, json_t *data, const json_t *old, const json_t *paths)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < json_array_size(paths); i++)
        rc = walk(v, data, old, tcn_str_c(json_string_value(json_array_get(paths, i))));
    return rc;
}

static bool is_mask(const json_t *value)
{
    const char *text = json_string_value(value);
    return text != NULL && strcmp(text, TCN_SECRET_MASK) == 0;
}

static int mask(visit *v, json_t *object, const char *key, const json_t *old)
{
    (void)v;
    (void)old;
    if (json_is_null(json_object_get(object, key)))
        return 0;
    return json_object_set_new(object, key, json_string(TCN_SECRET_MASK)) < 0
               ? TCN_E_NOMEM
               : 0;
}

static int restore(visit *v, json_t *object, const char *key, const json_t *old)
{
    (void)v;
    json_t *kept = json_object_get(old, key);
    if (!is_mask(json_object_get(object, key)) || kept == NULL)
        return 0;
    return json_object_set(object, key, kept) < 0 ? TCN_E_NOMEM : 0;
}

static int look(visit *v, json_t *object, const char *key, const json_t *old)
{
    (void)old;
    v->found = v->found || is_mask(json_object_get(object, key));
    return 0;
}

int tcn_secret_fields_mask(json_t *data, const json_t *paths)
{
    visit v = {.fn = mask};
    return walk_paths(&v, data, NULL, paths);
}

int tcn_secret_fields_restore(json_t *data, const json_t *old, const json_t *paths)
{
    visit v = {.fn = restore};
    return walk_paths(&v, data, old, paths);
}

const char *tcn_secret_fields_masked(const json_t *data, const json_t *paths)
{
    visit v = {.fn = look};
    for (size_t i = 0; i < json_array_size(paths); i++) {
        const char *path = json_string_value(json_array_get(paths, i));
        (void)walk(&v, (json_t *)(uintptr_t)data, NULL, tcn_str_c(path));
        if (v.found)
            return path;
    }
    return NULL;
}
