/* SPDX-License-Identifier: Apache-2.0 */
/* present.c - items as Prefect's API shows them. What is shared (a type in its schemas, a
 * schema in its documents) is composed for each: lists are asked for by hand. */
#include "core/block/catalog_int.h"

#include "core/block/secret_fields.h"

static json_t *present_type(const tcn_item *item)
{
    json_t *shown = json_pack("{s:s}", "id", item->id_text);
    if (shown != NULL && json_object_update(shown, item->body) < 0) {
        json_decref(shown);
        return NULL;
    }
    return shown;
}

static json_t *present_type_of(tcn_catalog *catalog, const tcn_item *item)
{
    const tcn_item *type = tcn_catalog_find_text(catalog, TCN_STORED_TYPE,
                                                 tcn_item_text(item, "block_type_id"));
    return type == NULL ? json_null() : present_type(type);
}

static json_t *present_schema(tcn_catalog *catalog, const tcn_item *item)
{
    json_t *body = item->body;
    return json_pack("{s:s, s:O, s:O, s:O, s:O, s:O, s:o, s:O, s:O}", "id", item->id_text,
                     "created", json_object_get(body, "created"), "updated",
                     json_object_get(body, "updated"), "checksum",
                     json_object_get(body, "checksum"), "fields",
                     json_object_get(body, "fields"), "block_type_id",
                     json_object_get(body, "block_type_id"), "block_type",
                     present_type_of(catalog, item), "capabilities",
                     json_object_get(body, "capabilities"), "version",
                     json_object_get(body, "version"));
}

/* ---- documents ---- */

/* Adds what is not there yet. */
static int add_paths(json_t *paths, const tcn_item *schema)
{
    const json_t *more =
        schema == NULL
            ? NULL
            : json_object_get(json_object_get(schema->body, "fields"), "secret_fields");
    for (size_t i = 0; i < json_array_size(more); i++)
        if (json_is_string(json_array_get(more, i)) &&
            json_array_append(paths, json_array_get(more, i)) < 0)
            return TCN_E_NOMEM;
    return 0;
}

/* A client may post a schema that calls nothing secret; what the daemon serves is known
 * better. */
json_t *tcn_item_secret_paths(tcn_catalog *catalog, const tcn_item *document)
{
    const char *type_id = tcn_item_text(document, "block_type_id");
    const tcn_items *schemas = &catalog->items[TCN_STORED_SCHEMA];
    json_t *paths = json_array();
    int rc = paths == NULL
                 ? TCN_E_NOMEM
                 : add_paths(paths, tcn_catalog_find_text(
                                        catalog, TCN_STORED_SCHEMA,
                                        tcn_item_text(document, "block_schema_id")));
    for (size_t i = 0; rc == 0 && i < schemas->count; i++)
        if (schemas->list[i]->is_served &&
            strcmp(tcn_item_text(schemas->list[i], "block_type_id"), type_id) == 0)
            rc = add_paths(paths, schemas->list[i]);
    if (rc == 0)
        return paths;
    json_decref(paths);
    return NULL;
}

/* Out of data, where null is left: the id of another document is no secret. */
static json_t *take_references(json_t *data)
{
    json_t *taken = json_object();
    const char *key;
    json_t *value;
    json_object_foreach(data, key, value)
    {
        const char *id = NULL;
        (void)tcn_reference_of(NULL, value, &id);
        if (id != NULL && json_object_set(taken, key, value) < 0) {
            json_decref(taken);
            return NULL;
        }
    }
    json_object_foreach(taken, key, value)(void)
        json_object_set_new(data, key, json_null());
    return taken;
}

json_t *tcn_item_masked(tcn_catalog *catalog, const tcn_item *document)
{
    if (document->data_status < 0)
        return json_object();
    json_t *data = tcn_vault_json(&document->data);
    json_t *paths = tcn_item_secret_paths(catalog, document);
    json_t *references = take_references(data);
    bool is_masked = data != NULL && paths != NULL && references != NULL &&
                     tcn_secret_fields_mask(data, paths) == 0 &&
                     json_object_update(data, references) == 0;
    json_decref(paths);
    json_decref(references);
    if (is_masked)
        return data;
    json_decref(data);
    return NULL;
}

static json_t *short_document(tcn_catalog *catalog, const tcn_item *document)
{
    return json_pack("{s:s, s:O, s:o, s:O, s:{}}", "id", document->id_text, "name",
                     json_object_get(document->body, "name"), "block_type",
                     present_type_of(catalog, document), "is_anonymous",
                     json_object_get(document->body, "is_anonymous"),
                     "block_document_references");
}

/* Puts the other documents' data in the place of references, and lists them. */
static int present_references(tcn_catalog *catalog, json_t *data, json_t *references)
{
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe(data, next, key, value)
    {
        const tcn_item *other = tcn_reference_of(catalog, value, NULL);
        if (other == NULL)
            continue;
        if (json_object_set_new(references, key,
                                json_pack("{s:o}", "block_document",
                                          short_document(catalog, other))) < 0 ||
            json_object_set_new(data, key, tcn_item_masked(catalog, other)) < 0)
            return TCN_E_NOMEM;
    }
    return 0;
}

static json_t *present_document(tcn_catalog *catalog, const tcn_item *item)
{
    json_t *body = item->body;
    json_t *data = tcn_item_masked(catalog, item), *references = json_object();
    const tcn_item *schema = tcn_catalog_find_text(
        catalog, TCN_STORED_SCHEMA, tcn_item_text(item, "block_schema_id"));
    const tcn_item *type = tcn_catalog_find_text(catalog, TCN_STORED_TYPE,
                                                 tcn_item_text(item, "block_type_id"));
    if (data == NULL || present_references(catalog, data, references) < 0) {
        json_decref(data);
        json_decref(references);
        return NULL;
    }
    return json_pack(
        "{s:s, s:O, s:O, s:O, s:o, s:O, s:o, s:O, s:O*, s:o, s:o, s:O, s:s}", "id",
        item->id_text, "created", json_object_get(body, "created"), "updated",
        json_object_get(body, "updated"), "name", json_object_get(body, "name"), "data",
        data, "block_schema_id", json_object_get(body, "block_schema_id"), "block_schema",
        schema == NULL ? json_null() : present_schema(catalog, schema), "block_type_id",
        json_object_get(body, "block_type_id"), "block_type_name",
        type == NULL ? NULL : json_object_get(type->body, "name"), "block_type",
        present_type_of(catalog, item), "block_document_references", references,
        "is_anonymous", json_object_get(body, "is_anonymous"), "origin", "api");
}

json_t *tcn_item_present(tcn_catalog *catalog, const tcn_item *item)
{
    switch (item->kind) {
    case TCN_STORED_TYPE:
        return present_type(item);
    case TCN_STORED_SCHEMA:
        return present_schema(catalog, item);
    case TCN_STORED_DOCUMENT:
        return present_document(catalog, item);
    }
    return NULL;
}
