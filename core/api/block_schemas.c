/* SPDX-License-Identifier: Apache-2.0 */
/* block_schemas.c - /api/block_schemas and /api/block_capabilities. */
#include "core/api/block_int.h"

#define VERSION_DEFAULT "non-versioned"

static bool matches(const json_t *schema, const json_t *body)
{
    const char *type = json_string_value(json_object_get(schema, "block_type_id"));
    const char *id = json_string_value(json_object_get(schema, "id"));
    const char *version = json_string_value(json_object_get(schema, "version"));
    return tcn_block_is_any(body, "block_schemas", "block_type_id", type) &&
           tcn_block_is_any(body, "block_schemas", "id", id) &&
           tcn_block_is_any(body, "block_schemas", "version", version) &&
           tcn_block_has_all(body, json_object_get(schema, "capabilities"));
}

void tcn_api_block_schemas_filter(tcn_api *api, tcn_request *request)
{
    tcn_block_filter(request, tcn_catalog_schemas(api->options.catalog), matches);
}

void tcn_api_block_schema_get(tcn_api *api, tcn_request *request)
{
    tcn_uuid id;
    if (tcn_block_id_read(api, request, &id))
        tcn_block_answer_found(request, tcn_catalog_schema(api->options.catalog, &id),
                               "Block schema not found");
}

void tcn_api_block_schema_checksum_get(tcn_api *api, tcn_request *request)
{
    tcn_block_answer_found(
        request,
        tcn_catalog_schema_by_checksum(api->options.catalog, api->params[0],
                                       tcn_request_query(request, "version")),
        "Block schema not found");
}

static bool is_texts(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!json_is_string(json_array_get(list, i)))
            return false;
    return list == NULL || json_is_array(list);
}

/* false: it was answered. */
static bool check_new(tcn_request *request, const json_t *body, tcn_uuid *ret_type)
{
    const json_t *type = json_object_get(body, "block_type_id");
    const json_t *version = json_object_get(body, "version");
    tcn_str id = {json_string_value(type), json_string_length(type)};
    if (!json_is_object(json_object_get(body, "fields")) &&
        json_object_get(body, "fields") != NULL)
        tcn_api_answer_invalid(request, "dict_type", "body.fields",
                               "Input should be a valid dictionary");
    else if (type == NULL)
        tcn_api_answer_invalid(request, "missing", "body.block_type_id",
                               "Field required");
    else if (!json_is_string(type) || !tcn_uuid_parse(id, ret_type))
        tcn_api_answer_invalid(request, "uuid_parsing", "body.block_type_id",
                               "Input should be a valid UUID");
    else if (!is_texts(json_object_get(body, "capabilities")))
        tcn_api_answer_invalid(request, "list_type", "body.capabilities",
                               "Input should be a valid list");
    else if (version != NULL && !json_is_string(version))
        tcn_api_answer_invalid(request, "string_type", "body.version",
                               "Input should be a valid string");
    else
        return true;
    return false;
}

static void create(tcn_api *api, tcn_request *request, const json_t *body,
                   const tcn_uuid *type)
{
    tcn_catalog *catalog = api->options.catalog;
    tcn_catalog_done later = tcn_block_later(api, request, TCN_BLOCK_A_SCHEMA);
    const char *version = json_string_value(json_object_get(body, "version"));
    json_t *fields = json_object_get(body, "fields");
    json_t *empty = fields == NULL ? json_object() : NULL;
    tcn_uuid id = {{0}};
    tcn_err err = {0};
    int rc = later.ud == NULL
                 ? TCN_E_NOMEM
                 : tcn_catalog_schema_create(
                       catalog, type, fields != NULL ? fields : empty,
                       json_object_get(body, "capabilities"),
                       version != NULL ? version : VERSION_DEFAULT, later, &id, &err);
    json_decref(empty);
    if (rc < 0)
        tcn_block_refused(request, later, rc, &err);
    if (rc != 1)
        return;
    tcn_block_unused(later);
    tcn_api_answer_own(request, 200, tcn_catalog_schema(catalog, &id));
}

void tcn_api_block_schema_post(tcn_api *api, tcn_request *request)
{
    json_t *body = NULL;
    tcn_uuid type;
    if (!tcn_api_body_read(request, &body))
        return;
    if (check_new(request, body, &type))
        create(api, request, body, &type);
    json_decref(body);
}

void tcn_api_block_schema_delete(tcn_api *api, tcn_request *request)
{
    tcn_uuid id;
    tcn_err err = {0};
    if (!tcn_block_id_read(api, request, &id))
        return;
    tcn_catalog_done later = tcn_block_later(api, request, TCN_BLOCK_NOTHING);
    int rc = later.ud == NULL
                 ? TCN_E_NOMEM
                 : tcn_catalog_schema_remove(api->options.catalog, &id, later, &err);
    if (rc < 0)
        tcn_block_refused(request, later, rc, &err);
}

/* Those that some schema has, each once. */
void tcn_api_block_capabilities_get(tcn_api *api, tcn_request *request)
{
    json_t *schemas = tcn_catalog_schemas(api->options.catalog), *names = json_object();
    size_t i, k;
    const json_t *schema;
    json_t *name;
    json_array_foreach(schemas, i, schema)
    {
        json_array_foreach(json_object_get(schema, "capabilities"), k, name)(void)
            json_object_set(names, json_string_value(name), name);
    }
    json_t *list = json_array();
    const char *key;
    json_object_foreach(names, key, name)(void) json_array_append(list, name);
    json_decref(names);
    json_decref(schemas);
    tcn_api_answer_own(request, 200, list);
}
