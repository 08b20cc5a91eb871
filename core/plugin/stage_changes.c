/* SPDX-License-Identifier: Apache-2.0 */
/* stage_changes.c - old and new side by side, in words. */
#include <stdio.h>

#include "core/plugin/stage_int.h"

static int add(json_t *list, const char *change, const char *kind, const char *name,
               const char *detail)
{
    json_t *item = json_pack("{s:s, s:s, s:s, s:s}", "change", change, "kind", kind,
                             "name", name, "detail", detail);
    return json_array_append_new(list, item) < 0 ? TCN_E_NOMEM : 0;
}

/* "1.4.0 → 1.5.0", or "1.4.0, new build". */
static void version_text(const tcn_plugin_file *old, const tcn_plugin_file *new,
                         char *out, size_t size)
{
    const char *before = old->table.plugin.version, *after = new->table.plugin.version;
    if (strcmp(before, after) == 0)
        (void)snprintf(out, size, "%.60s, new build", after);
    else
        (void)snprintf(out, size, "%.60s → %.60s", before, after);
}

/* ---- plugins ---- */

static int add_plugin(const tcn_plugin_entry *old, const tcn_plugin_entry *new,
                      json_t *list)
{
    const tocsin_plugin *plugin =
        new != NULL ? &new->file->table.plugin : &old->file->table.plugin;
    char text[160];
    if (old == NULL)
        return add(list, "+", "plugin", plugin->id, plugin->version);
    if (new == NULL)
        return add(list, "-", "plugin", plugin->id, plugin->version);
    if (old->file == new->file)
        return 0;
    version_text(old->file, new->file, text, sizeof text);
    return add(list, "~", "plugin", plugin->id, text);
}

static int add_plugins(const tcn_stage *stage, json_t *list)
{
    const tcn_plugin_entries *olds = &stage->plugins->entries, *news = &stage->entries;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < news->count; i++) {
        const tcn_plugin_entry *new = &news->items[i];
        rc = add_plugin(tcn_plugin_entries_find(olds, new->file->table.plugin.id), new,
                        list);
    }
    for (size_t i = 0; rc == 0 && i < olds->count; i++) {
        const tcn_plugin_entry *old = &olds->items[i];
        if (tcn_plugin_entries_find(news, old->file->table.plugin.id) == NULL)
            rc = add_plugin(old, NULL, list);
    }
    return rc;
}

/* ---- blocks ---- */

/* The plugin, and whether it is another one or another build of it. */
static void block_text(const tcn_block *old, const tcn_block *new, char *out, size_t size)
{
    char versions[140];
    if (old->file == NULL || new->file == NULL || strcmp(old->type, new->type) != 0) {
        (void)snprintf(out, size, "%.32s → %.32s", old->type, new->type);
    } else if (old->file != new->file) {
        version_text(old->file, new->file, versions, sizeof versions);
        (void)snprintf(out, size, "%.32s %s", new->type, versions);
    } else {
        (void)snprintf(out, size, "%.32s", new->type);
    }
}

static int add_blocks(const tcn_stage *stage, json_t *list)
{
    const tcn_blocks *olds = &stage->plugins->blocks, *news = &stage->blocks;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < news->count; i++) {
        const tcn_block *new = news->items[i];
        const tcn_block *old = tcn_blocks_find(olds, tcn_str_c(new->name));
        char text[220];
        if (old == new)
            continue;
        if (old != NULL)
            block_text(old, new, text, sizeof text);
        rc = add(list, old != NULL ? "~" : "+", "block", new->name,
                 old != NULL ? text : new->type);
    }
    for (size_t i = 0; rc == 0 && i < olds->count; i++) {
        const tcn_block *old = olds->items[i];
        if (tcn_blocks_find(news, tcn_str_c(old->name)) == NULL)
            rc = add(list, "-", "block", old->name, old->type);
    }
    return rc;
}

int tcn_stage_changes(const tcn_stage *stage, json_t *list)
{
    int rc = add_plugins(stage, list);
    return rc == 0 ? add_blocks(stage, list) : rc;
}
