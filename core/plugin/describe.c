/* SPDX-License-Identifier: Apache-2.0 */
/* describe.c - from the host's copy of the table; only extensions are asked for. */
#include "core/plugin/describe.h"

#include <stdio.h>
#include <tocsin/ext/prefect_block.h>
#include <tocsin/ext/preview.h>
#include <tocsin/ext/probe.h>

#include "core/option/schema.h"
#include "core/plugin/plugins_int.h"

#define BLOCK_TYPES_MAX 32

static json_t *capabilities_of(const tcn_table *table)
{
    json_t *list = json_array();
    if (table->can_notify)
        (void)json_array_append_new(list, json_string("notify"));
    if (table->can_act)
        (void)json_array_append_new(list, json_string("action"));
    return list;
}

static json_t *actions_of(const tocsin_plugin *plugin)
{
    json_t *list = json_array();
    int rc = 0;
    for (uint32_t i = 0; i < plugin->action_count; i++) {
        const tocsin_action_type *action = &plugin->actions[i];
        rc |= json_array_append_new(
            list,
            json_pack("{s:s, s:s, s:b, s:o}", "type", action->type, "doc", action->doc,
                      "on_block", (int)((action->flags & TOCSIN_ACTION_ON_BLOCK) != 0),
                      "params", tcn_schema_options(action->params, action->param_count)));
    }
    if (rc == 0)
        return list;
    json_decref(list);
    return NULL;
}

static const void *extension_of(const tocsin_plugin *plugin, const char *id)
{
    return plugin->extension == NULL ? NULL : plugin->extension(id);
}

static json_t *extensions_of(const tocsin_plugin *plugin)
{
    static const char *const known[] = {TOCSIN_PREVIEW_ID, TOCSIN_PROBE_ID,
                                        TOCSIN_PREFECT_BLOCK_ID};
    json_t *list = json_array();
    for (size_t i = 0; i < TCN_COUNT(known); i++)
        if (extension_of(plugin, known[i]) != NULL)
            (void)json_array_append_new(list, json_string(known[i]));
    return list;
}

/* Prefect's types that it serves: [{"slug", "name", "capability"}]. */
static json_t *block_types_of(const tocsin_plugin *plugin)
{
    const tocsin_prefect_block *served = extension_of(plugin, TOCSIN_PREFECT_BLOCK_ID);
    json_t *list = json_array();
    if (served == NULL || served->abi.struct_size < sizeof *served ||
        served->type_size < sizeof(tocsin_block_type))
        return list;
    for (uint32_t i = 0; i < served->type_count && i < BLOCK_TYPES_MAX; i++) {
        const tocsin_block_type *type =
            (const void *)((const char *)served->types + (size_t)i * served->type_size);
        (void)json_array_append_new(list, json_pack("{s:s, s:s, s:s*}", "slug",
                                                    type->slug, "name", type->name,
                                                    "capability", type->capability));
    }
    return list;
}

static json_t *schema_of(const tocsin_plugin *plugin)
{
    char slug[64], title[1100];
    (void)snprintf(slug, sizeof slug, "tocsin-%s", plugin->id);
    (void)snprintf(title, sizeof title, "Tocsin %s", plugin->title);
    const tcn_schema_type type = {slug, title, plugin->options, plugin->option_count};
    return tcn_schema_block(&type);
}

static json_t *abi_of(const tocsin_abi *abi)
{
    return json_pack("{s:i, s:i, s:i}", "major", abi->major, "minor", abi->minor,
                     "min_minor", abi->min_minor);
}

static const tcn_plugin_file *last_file(const tcn_plugins *plugins)
{
    const tcn_plugin_entries *entries = &plugins->entries;
    return entries->count == 0 ? NULL : entries->items[entries->count - 1].file;
}

bool tcn_plugins_entry_is_steady(const tcn_plugins *plugins)
{
    const tcn_plugin_file *file = last_file(plugins);
    const tocsin_plugin *first = tcn_plugin_file_entry(&plugins->loader, file);
    tocsin_plugin before;
    if (first == NULL || first->abi.struct_size < sizeof before)
        return false;
    memcpy(&before, first, sizeof before);
    const tocsin_plugin *second = tcn_plugin_file_entry(&plugins->loader, file);
    return second == first && memcmp(&before, second, sizeof before) == 0;
}

json_t *tcn_plugins_describe(const tcn_plugins *plugins)
{
    const tcn_plugin_file *file = last_file(plugins);
    if (file == NULL)
        return NULL;
    const tocsin_plugin *plugin = &file->table.plugin;
    char sha256[TCN_SHA256 * 2 + 1];
    tcn_copy_sha256_text(&file->copy, sha256);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
                     plugin->id, "version", plugin->version, "title", plugin->title,
                     "summary", plugin->summary, "sha256", sha256, "abi",
                     abi_of(&plugin->abi), "capabilities", capabilities_of(&file->table),
                     "options", tcn_schema_options(plugin->options, plugin->option_count),
                     "actions", actions_of(plugin), "extensions", extensions_of(plugin),
                     "block_types", block_types_of(plugin), "block_schema",
                     schema_of(plugin));
}
