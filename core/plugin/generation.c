/* SPDX-License-Identifier: Apache-2.0 */
/* generation.c - the list, in the order of loading. */
#include "core/plugin/generation.h"

#include <stdio.h>

static tcn_plugin_file *file_of(tcn_list *link)
{
    return tcn_container_of(link, tcn_plugin_file, link);
}

tcn_plugin_file *tcn_generation_find(const tcn_plugins *plugins,
                                     const uint8_t sha256[TCN_SHA256])
{
    tcn_list_foreach (link, &plugins->generations)
        if (memcmp(file_of(link)->copy.sha256, sha256, TCN_SHA256) == 0)
            return file_of(link);
    return NULL;
}

tcn_plugin_file *tcn_generation_find_mark(const tcn_plugins *plugins,
                                          const tcn_file_mark *mark)
{
    tcn_list_foreach (link, &plugins->generations)
        if (tcn_file_mark_holds(&file_of(link)->mark, mark))
            return file_of(link);
    return NULL;
}

size_t tcn_generation_count(const tcn_plugins *plugins)
{
    size_t count = 0;
    tcn_list_foreach (link, &plugins->generations)
        count++;
    return count;
}

void tcn_generation_keep(tcn_plugins *plugins, tcn_plugin_file *file)
{
    tcn_list_append(&plugins->generations, &file->link);
}

/* What its instances do, all together. */
typedef struct tally {
    uint32_t in_flight, failed, others;
    const char *last_error; /* of any of them; NULL: none */
} tally;

static tally tally_of(const tcn_plugins *plugins, const tcn_plugin_file *file)
{
    tally t = {0};
    tcn_list_foreach (link, &plugins->instances) {
        const tocsin_self *self = tcn_container_of(link, tocsin_self, link);
        if (self->file != file)
            continue;
        t.in_flight += self->in_flight;
        t.failed += self->state == TCN_INSTANCE_FAILED;
        t.others += self->state != TCN_INSTANCE_FAILED;
        if (self->last_error[0] != '\0')
            t.last_error = self->last_error;
    }
    return t;
}

static const char *state_name(const tcn_plugin_file *file, const tally *t)
{
    if (file->is_stuck)
        return "stuck";
    if (file->is_current)
        return t->failed > 0 && t->others == 0 ? "failed" : "active";
    return file->instances > 0 ? "draining" : "retired";
}

/* Where it stands now, or stood when it was loaded. */
static const char *path_of(const tcn_plugins *plugins, const tcn_plugin_file *file)
{
    for (size_t i = 0; i < plugins->entries.count; i++)
        if (plugins->entries.items[i].file == file)
            return plugins->entries.items[i].path;
    return file->path;
}

static json_t *file_status(const tcn_plugins *plugins, const tcn_plugin_file *file)
{
    char sha256[TCN_SHA256 * 2 + 1], abi[16];
    tcn_copy_sha256_text(&file->copy, sha256);
    const tocsin_plugin *plugin = &file->table.plugin;
    (void)snprintf(abi, sizeof abi, "%u.%u", plugin->abi.major, plugin->abi.minor);
    tally t = tally_of(plugins, file);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:I, s:I, s:s?}", "id",
                     plugin->id, "version", plugin->version, "file",
                     path_of(plugins, file), "abi", abi, "sha256", sha256, "generation",
                     (int)file->generation, "state", state_name(file, &t), "instances",
                     (json_int_t)file->instances, "in_flight", (json_int_t)t.in_flight,
                     "last_error", t.last_error);
}

json_t *tcn_generation_status(const tcn_plugins *plugins)
{
    json_t *list = json_array();
    tcn_list_foreach (link, &plugins->generations)
        (void)json_array_append_new(list, file_status(plugins, file_of(link)));
    return list;
}

void tcn_generation_retire_all(tcn_plugins *plugins)
{
    tcn_list_foreach (link, &plugins->generations) {
        tcn_list_remove(link);
        tcn_plugin_file_retire(file_of(link));
    }
}
