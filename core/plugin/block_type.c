/* SPDX-License-Identifier: Apache-2.0 */
/* block_type.c - a type that Prefect has and no plugin serves is no error: documents of
 * it are kept, and using one says what is missing. */
#include "core/plugin/block_type.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/base/alloc.h"
#include "core/option/option_mask.h"
#include "core/plugin/block_types.h"

#define PREFIX "prefect."

static void complain(tcn_problems *problems, const char *text)
{
    tcn_err err = {0};
    (void)tcn_err_field(&err, TCN_E_INVALID, "type", "%s", text);
    tcn_problems_add(problems, &err);
}

/* ---- a plugin ---- */

const char *tcn_block_plugin_nearest(const tcn_plugin_entries *entries, const char *id)
{
    const char *names[TCN_PLUGINS_MAX + 1] = {NULL};
    for (size_t i = 0; i < entries->count && i < TCN_PLUGINS_MAX; i++)
        names[i] = entries->items[i].file->table.plugin.id;
    return tcn_str_nearest(tcn_str_c(id), names);
}

static void complain_plugin(const tcn_plugin_entries *entries, const char *type,
                            char *text, size_t size)
{
    const char *near = tcn_block_plugin_nearest(entries, type);
    if (near != NULL)
        (void)snprintf(text, size, "no plugin \"%.64s\" is loaded (did you mean \"%s\"?)",
                       type, near);
    else
        (void)snprintf(text, size, "no plugin \"%.64s\" is loaded", type);
}

static int plugin_set(const tcn_block_reader *reader, tcn_block *block,
                      tcn_problems *problems)
{
    const tcn_plugin_entry *entry = tcn_plugin_entries_find(reader->entries, block->type);
    char text[256];
    if (entry != NULL) {
        block->file = entry->file;
        block->info.can_notify = entry->file->table.can_notify;
        block->info.can_act = entry->file->table.can_act;
        return 0;
    }
    if (reader->origin != NULL && reader->origin->is_lack_told)
        return TCN_E_NOT_FOUND;
    complain_plugin(reader->entries, block->type, text, sizeof text);
    if (reader->is_lenient)
        (void)snprintf(block->last_error, sizeof block->last_error, "%s", text);
    else
        complain(problems, text);
    return 0;
}

/* ---- a type of Prefect ---- */

static const tcn_prefect_type *find_server(const tcn_plugin_entries *entries,
                                           const char *slug, tcn_plugin_file **ret_file)
{
    for (size_t i = 0; i < entries->count; i++) {
        tcn_plugin_file *file = entries->items[i].file;
        const tcn_prefect_type *type = tcn_prefect_types_find(&file->prefect, slug);
        if (type != NULL) {
            *ret_file = file;
            return type;
        }
    }
    return NULL;
}

TCN_PRINTF(2, 3)
static void refuse_use(tcn_block *block, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(block->refusal, sizeof block->refusal, fmt, args);
    va_end(args);
    (void)snprintf(block->last_error, sizeof block->last_error, "%s", block->refusal);
    block->info.refusal = block->refusal;
}

static void unserved_set(const tcn_block_reader *reader, tcn_block *block,
                         const char *slug, tcn_problems *problems)
{
    char text[400];
    const char *near = tcn_block_type_nearest(slug);
    bool is_api = reader->origin != NULL && reader->origin->is_api;
    refuse_use(block, "no plugin provides block type \"%.60s\"", slug);
    block->info.can_notify =
        is_api ? reader->origin->can_notify : tcn_block_type_known(slug) != NULL;
    if (is_api)
        return;
    tcn_err err = {0};
    (void)tcn_err_field(&err, TCN_E_UNSUPPORTED, "type", "%s", block->refusal);
    if (tcn_block_type_known(slug) != NULL) {
        tcn_problems_warn(problems, &err);
        return;
    }
    if (near != NULL)
        (void)snprintf(text, sizeof text, "%s (did you mean \"" PREFIX "%s\"?)",
                       block->refusal, near);
    else
        (void)snprintf(text, sizeof text, "%s", block->refusal);
    complain(problems, text);
}

static void prefect_set(const tcn_block_reader *reader, tcn_block *block,
                        tcn_problems *problems)
{
    const char *slug = block->type + strlen(PREFIX);
    block->prefect = find_server(reader->entries, slug, &block->file);
    if (block->prefect == NULL) {
        unserved_set(reader, block, slug, problems);
        return;
    }
    block->info.plugin_id = block->file->table.plugin.id;
    block->info.can_notify = block->prefect->capability != NULL;
    block->info.can_act = !block->info.can_notify && block->file->table.can_act;
}

static void refused_set(tcn_block *block, const tcn_block_origin *origin)
{
    refuse_use(block, "%s", origin->refusal);
    block->info.can_notify = origin->can_notify;
}

int tcn_block_type_set(const tcn_block_reader *reader, tcn_block *block,
                       const json_t *document, tcn_problems *problems)
{
    const char *type = json_string_value(json_object_get(document, "type"));
    if (type == NULL) {
        complain(problems, "is required: the id of a plugin");
        return 0;
    }
    block->type = tcn_strdup(type);
    if (block->type == NULL)
        return TCN_E_NOMEM;
    block->info.type = block->type;
    block->info.plugin_id = block->type;
    if (reader->origin != NULL && reader->origin->refusal != NULL)
        refused_set(block, reader->origin);
    else if (strncmp(type, PREFIX, strlen(PREFIX)) == 0)
        prefect_set(reader, block, problems);
    else
        return plugin_set(reader, block, problems);
    return 0;
}

/* ---- options ---- */

/* What may be shown of them; of a document that nobody can judge, what its origin
 * shows. */
static json_t *shown_options(const tcn_block_reader *reader, const tcn_block *block,
                             const json_t *options)
{
    if (block->prefect != NULL)
        return tcn_prefect_shown(block->prefect, options);
    if (block->file != NULL)
        return tcn_options_shown(&block->file->options, options);
    if (reader->origin != NULL && reader->origin->shown != NULL)
        return json_incref((json_t *)(uintptr_t)reader->origin->shown);
    const tcn_options_table none = {.plugin_id = block->type};
    return tcn_options_shown(&none, options);
}

static int translate(const tcn_block_reader *reader, tcn_block *block,
                     const json_t *options, json_t **ret_host, tcn_problems *problems)
{
    tcn_prefect_options made = {0};
    int rc = tcn_prefect_options_make(block->file, block->prefect, options, reader->env,
                                      reader->prefect, &made, problems);
    if (rc < 0)
        return rc == TCN_E_INVALID ? 0 : rc; /* told already */
    block->options = json_incref(made.options);
    block->info.severity = made.severity;
    block->info.is_private_refused |= made.is_private_refused;
    *ret_host = json_incref(made.host);
    tcn_prefect_options_deinit(&made);
    return 0;
}

int tcn_block_options_set(const tcn_block_reader *reader, tcn_block *block,
                          const json_t *document, json_t **ret_host,
                          tcn_problems *problems)
{
    json_t *options = json_object_get(document, "options");
    block->shown = shown_options(reader, block, options);
    if (block->shown == NULL)
        return TCN_E_NOMEM;
    if (block->prefect != NULL)
        return translate(reader, block, options, ret_host, problems);
    block->options = options != NULL ? json_incref(options) : json_object();
    return block->options == NULL ? TCN_E_NOMEM : 0;
}
