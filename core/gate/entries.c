/* SPDX-License-Identifier: Apache-2.0 */
/* entries.c - a list that is short enough to be searched from its beginning. */
#include "core/gate/entries.h"

#include "core/base/alloc.h"

int tcn_plugin_entries_add(tcn_plugin_entries *entries, const char *path,
                           tcn_plugin_file *file)
{
    if (entries->count >= TCN_PLUGINS_MAX)
        return TCN_E_LIMIT;
    int rc = tcn_grow((void **)&entries->items, &entries->capacity, entries->count + 1,
                      sizeof *entries->items);
    char *copy = rc < 0 ? NULL : tcn_strdup(path);
    if (copy == NULL)
        return TCN_E_NOMEM;
    entries->items[entries->count++] = (tcn_plugin_entry){copy, file};
    return 0;
}

int tcn_plugin_entries_copy(tcn_plugin_entries *entries, const tcn_plugin_entries *from)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < from->count; i++)
        rc = tcn_plugin_entries_add(entries, from->items[i].path, from->items[i].file);
    return rc;
}

const tcn_plugin_entry *tcn_plugin_entries_find(const tcn_plugin_entries *entries,
                                                const char *id)
{
    for (size_t i = 0; i < entries->count; i++)
        if (strcmp(entries->items[i].file->table.plugin.id, id) == 0)
            return &entries->items[i];
    return NULL;
}

void tcn_plugin_entries_deinit(tcn_plugin_entries *entries)
{
    for (size_t i = 0; i < entries->count; i++)
        tcn_free(entries->items[i].path);
    tcn_free(entries->items);
    *entries = (tcn_plugin_entries){0};
}
