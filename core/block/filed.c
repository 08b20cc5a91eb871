/* SPDX-License-Identifier: Apache-2.0 */
/* filed.c - blocks of files as documents: the registry has them, nothing is kept here. */
#include "core/block/catalog_int.h"

#include <stdio.h>

#include "core/block/secret_fields.h"

/* The schema that the daemon itself has for the type. */
static const tcn_item *served_schema(tcn_catalog *catalog, const tcn_item *type)
{
    const tcn_items *schemas = &catalog->items[TCN_STORED_SCHEMA];
    for (size_t i = 0; type != NULL && i < schemas->count; i++)
        if (schemas->list[i]->is_served &&
            strcmp(tcn_item_text(schemas->list[i], "block_type_id"), type->id_text) == 0)
            return schemas->list[i];
    return NULL;
}

static json_t *masked_options(const json_t *described, const tcn_item *schema)
{
    json_t *data = json_deep_copy(json_object_get(described, "options"));
    const json_t *paths =
        schema == NULL
            ? NULL
            : json_object_get(json_object_get(schema->body, "fields"), "secret_fields");
    if (data != NULL && tcn_secret_fields_mask(data, paths) < 0) {
        json_decref(data);
        return NULL;
    }
    return data;
}

static json_t *present(tcn_catalog *catalog, const tcn_block *block)
{
    const tcn_block_info *info = tcn_block_info_get(block);
    char slug[128];
    tcn_catalog_slug_of(info->type, slug, sizeof slug);
    const tcn_item *type = tcn_catalog_type_of(catalog, slug);
    const tcn_item *schema = served_schema(catalog, type);
    json_t *described = tcn_block_describe(block);
    json_t *document =
        json_pack("{s:O, s:o, s:o, s:s, s:o, s:s?, s:o, s:s?, s:s?, s:o, s:{}, s:b, s:s}",
                  "id", json_object_get(described, "id"), "created",
                  tcn_catalog_time(catalog->started_at_us), "updated",
                  tcn_catalog_time(catalog->started_at_us), "name", info->name, "data",
                  masked_options(described, schema), "block_schema_id",
                  schema == NULL ? NULL : schema->id_text, "block_schema",
                  schema == NULL ? json_null() : tcn_item_present(catalog, schema),
                  "block_type_id", type == NULL ? NULL : type->id_text, "block_type_name",
                  type == NULL ? NULL : tcn_item_text(type, "name"), "block_type",
                  type == NULL ? json_null() : tcn_item_present(catalog, type),
                  "block_document_references", "is_anonymous", 0, "origin", "file");
    json_decref(described);
    return document;
}

static const tcn_block *block_at(const tcn_catalog *catalog, size_t i)
{
    const tcn_block *block = tcn_plugins_block_at(catalog->options.plugins, i);
    return tcn_block_info_get(block)->is_api ? NULL : block;
}

int tcn_filed_add(tcn_catalog *catalog, json_t *list)
{
    size_t count = tcn_plugins_block_count(catalog->options.plugins);
    for (size_t i = 0; i < count; i++) {
        const tcn_block *block = block_at(catalog, i);
        if (block != NULL && json_array_append_new(list, present(catalog, block)) < 0)
            return TCN_E_NOMEM;
    }
    return 0;
}

const tcn_block *tcn_filed_find(tcn_catalog *catalog, const tcn_uuid *id)
{
    char text[TCN_UUID_TEXT + 1];
    const tcn_block *block =
        tcn_plugins_block(catalog->options.plugins, tcn_str_c(tcn_uuid_format(id, text)));
    return block == NULL || tcn_block_info_get(block)->is_api ? NULL : block;
}

json_t *tcn_filed_by_id(tcn_catalog *catalog, const tcn_uuid *id)
{
    const tcn_block *block = tcn_filed_find(catalog, id);
    return block == NULL ? NULL : present(catalog, block);
}

json_t *tcn_filed_by_name(tcn_catalog *catalog, const char *slug, const char *name)
{
    const tcn_block *block = tcn_plugins_block(catalog->options.plugins, tcn_str_c(name));
    if (block == NULL || tcn_block_info_get(block)->is_api)
        return NULL;
    char own[128];
    tcn_catalog_slug_of(tcn_block_info_get(block)->type, own, sizeof own);
    return strcmp(own, slug) == 0 ? present(catalog, block) : NULL;
}
