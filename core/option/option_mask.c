/* SPDX-License-Identifier: Apache-2.0 */
/* option_mask.c - which values of a document are secret is known from its table alone, so
 * a wrong document can be shown too. What the table does not know is shown as it is not:
 * masked. */
#include "core/option/option_mask.h"

static bool is_reference(const json_t *value)
{
    static const char *const sources[] = {"credential", "file", "env"};
    for (size_t i = 0; json_object_size(value) == 1 && i < TCN_COUNT(sources); i++)
        if (json_is_string(json_object_get(value, sources[i])))
            return true;
    return false;
}

static json_t *shown_secret(json_t *value)
{
    return json_is_null(value) || is_reference(value) ? json_incref(value)
                                                      : json_string(TCN_MASK);
}

/* The entries of a MAP whose values are secret. */
static json_t *shown_map(json_t *map)
{
    if (!json_is_object(map))
        return shown_secret(map);
    json_t *shown = json_object();
    const char *key;
    json_t *value;
    json_object_foreach(map, key, value)
    {
        if (json_object_set_new(shown, key, shown_secret(value)) < 0) {
            json_decref(shown);
            return NULL;
        }
    }
    return shown;
}

static json_t *shown_value(const tcn_options_table *table, const char *key, json_t *value)
{
    const tocsin_option *option = tcn_options_find(table, key);
    if (option == NULL)
        return shown_secret(value);
    if ((option->flags & TOCSIN_OPT_SECRET) == 0)
        return json_incref(value);
    return option->type == TOCSIN_OPT_MAP ? shown_map(value) : shown_secret(value);
}

json_t *tcn_options_shown(const tcn_options_table *table, const json_t *document)
{
    json_t *shown = json_object();
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)document, key, value)
    {
        if (json_object_set_new(shown, key, shown_value(table, key, value)) < 0) {
            json_decref(shown);
            return NULL;
        }
    }
    return shown;
}
