/* SPDX-License-Identifier: Apache-2.0 */
/* blocks.c - GET /api/tocsin/blocks and /api/tocsin/blocks/NAME: the blocks that messages
 * go through, by name or id, with their state. Secrets are masked. */
#include "core/api/block_int.h"

void tcn_api_blocks_get(tcn_api *api, tcn_request *request)
{
    const tcn_plugins *plugins = api->options.plugins;
    json_t *list = json_array();
    for (size_t i = 0; i < tcn_plugins_block_count(plugins); i++) {
        json_t *block = tcn_block_describe(tcn_plugins_block_at(plugins, i));
        if (json_array_append_new(list, block) < 0) {
            json_decref(list);
            list = NULL;
            break;
        }
    }
    tcn_api_answer_own(request, 200, list);
}

static bool names_block(const json_t *action, const tcn_block_info *info, const char *id)
{
    const char *name = json_string_value(json_object_get(action, "block"));
    const char *document =
        json_string_value(json_object_get(action, "block_document_id"));
    return (name != NULL && (strcmp(name, info->name) == 0 || strcmp(name, id) == 0)) ||
           (document != NULL && strcmp(document, id) == 0);
}

static bool uses_block(const json_t *automation, const tcn_block_info *info,
                       const char *id)
{
    static const char *const lists[] = {"actions", "actions_on_trigger",
                                        "actions_on_resolve"};
    for (size_t i = 0; i < TCN_COUNT(lists); i++) {
        const json_t *actions = json_object_get(automation, lists[i]);
        for (size_t k = 0; k < json_array_size(actions); k++)
            if (names_block(json_array_get(actions, k), info, id))
                return true;
    }
    return false;
}

json_t *tcn_api_block_users(const tcn_api *api, const tcn_block_info *info)
{
    const tcn_engine *engine = tcn_ingest_engine(api->options.ingest);
    char id[TCN_UUID_TEXT + 1];
    json_t *names = json_array();
    tcn_uuid_format(&info->id, id);
    for (size_t i = 0; i < tcn_engine_automation_count(engine); i++) {
        const tcn_automation *automation = tcn_engine_automation_at(engine, i);
        if (uses_block(automation->document, info, id))
            (void)json_array_append(names, json_object_get(automation->document, "name"));
    }
    return names;
}

json_t *tcn_api_block_user(const tcn_api *api, const char *id)
{
    const tcn_block *block = tcn_plugins_block(api->options.plugins, tcn_str_c(id));
    json_t *names =
        block == NULL ? NULL : tcn_api_block_users(api, tcn_block_info_get(block));
    json_t *first = json_incref(json_array_get(names, 0));
    json_decref(names);
    return first;
}

void tcn_api_block_get(tcn_api *api, tcn_request *request)
{
    tcn_str name = api->params[0];
    const tcn_block *block = tcn_plugins_block(api->options.plugins, name);
    if (block == NULL) {
        tcn_block_answer_lack(api, request, name);
        return;
    }
    json_t *document = tcn_block_describe(block);
    (void)json_object_set_new(document, "used_by",
                              tcn_api_block_users(api, tcn_block_info_get(block)));
    tcn_api_answer_own(request, 200, document);
}
