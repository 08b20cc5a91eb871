/* SPDX-License-Identifier: Apache-2.0 */
/* references.c - the other block's document is put where its name stood. It may not refer
 * to a third one: credentials do not. */
#include "core/daemon/references.h"

#include <stdio.h>
#include <string.h>

#define PREFECT "prefect."

/* The name that the value of an option refers to, or NULL. */
static const char *name_of(const char *key, const json_t *value)
{
    const char *name = json_string_value(json_object_get(value, "block"));
    if (name != NULL && json_object_size(value) == 1)
        return name;
    return strcmp(key, "credentials") == 0 ? json_string_value(value) : NULL;
}

static void complain(tcn_problems *problems, const char *key, const char *fmt,
                     const char *name)
{
    char path[96], text[200];
    tcn_err err = {0};
    snprintf(path, sizeof path, "options.%.64s", key);
    snprintf(text, sizeof text, "%s \"%.64s\"", fmt, name);
    (void)tcn_err_field(&err, TCN_E_NOT_FOUND, path, "%s", text);
    tcn_problems_add(problems, &err);
}

static json_t *resolved(const char *key, const char *name, tcn_reference_find_fn find,
                        void *ud, tcn_problems *problems)
{
    const json_t *other = find(name, ud);
    const char *type = json_string_value(json_object_get(other, "type"));
    if (other == NULL)
        complain(problems, key, "there is no block", name);
    else if (type == NULL || strncmp(type, PREFECT, strlen(PREFECT)) != 0)
        complain(problems, key, "is not of one of Prefect's types: block", name);
    else
        return json_pack("{s:{s:s, s:s, s:O?}}", "$block", "slug", type + strlen(PREFECT),
                         "name", name, "data", json_object_get(other, "options"));
    return NULL;
}

static bool has_reference(const json_t *options)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)options, key, value)
    {
        if (name_of(key, value) != NULL)
            return true;
    }
    return false;
}

json_t *tcn_references_resolve(const json_t *document, tcn_reference_find_fn find,
                               void *ud, tcn_problems *problems)
{
    const char *type = json_string_value(json_object_get(document, "type"));
    const json_t *options = json_object_get(document, "options");
    bool is_prefect = type != NULL && strncmp(type, PREFECT, strlen(PREFECT)) == 0;
    if (!is_prefect || !has_reference(options))
        return json_incref((json_t *)(uintptr_t)document);
    json_t *copy = json_copy((json_t *)(uintptr_t)document);
    json_t *made = json_copy((json_t *)(uintptr_t)options);
    int rc = copy == NULL || made == NULL ? -1 : 0;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)options, key, value)
    {
        const char *name = name_of(key, value);
        if (rc == 0 && name != NULL)
            rc = json_object_set_new(made, key, resolved(key, name, find, ud, problems));
    }
    if (rc == 0)
        rc = json_object_set(copy, "options", made);
    json_decref(made);
    if (rc == 0)
        return copy;
    json_decref(copy);
    return NULL;
}
