/* SPDX-License-Identifier: Apache-2.0 */
/* block_create.c - POST /api/tocsin/blocks {"name", "type", "options"} and DELETE
 * /api/tocsin/blocks/NAME: blocks by the names that files use, for our own command line.
 * A field that the type does not have is a mistake here, where Prefect's clients may send
 * what they like. */
#include "core/api/block_int.h"

#include <stdio.h>

#include "core/base/alloc.h"

#define FIELDS_MAX 128

/* The catalog's slug of "slack" and of "prefect.slack-webhook". */
static void slug_of(const char *type, char *out, size_t size)
{
    bool is_prefect = strncmp(type, "prefect.", strlen("prefect.")) == 0;
    snprintf(out, size, "%s%s", is_prefect ? "" : "tocsin-",
             is_prefect ? type + strlen("prefect.") : type);
}

static void refuse_type(tcn_api *api, tcn_request *request, const char *type)
{
    json_t *types = tcn_catalog_types(api->options.catalog);
    const char *names[FIELDS_MAX + 1] = {NULL};
    char texts[FIELDS_MAX][80];
    for (size_t i = 0; i < json_array_size(types) && i < FIELDS_MAX; i++) {
        const char *slug =
            json_string_value(json_object_get(json_array_get(types, i), "slug"));
        bool is_own = strncmp(slug, "tocsin-", strlen("tocsin-")) == 0;
        snprintf(texts[i], sizeof texts[i], "%s%.60s", is_own ? "" : "prefect.",
                 is_own ? slug + strlen("tocsin-") : slug);
        names[i] = texts[i];
    }
    const char *near = tcn_str_nearest(tcn_str_c(type), names);
    if (near != NULL)
        tcn_api_answer_invalid(request, "value_error", "body.type",
                               "there is no block type \"%.60s\", did you mean \"%s\"?",
                               type, near);
    else
        tcn_api_answer_invalid(request, "value_error", "body.type",
                               "there is no block type \"%.60s\"", type);
    json_decref(types);
}

/* The newest schema that the daemon has for the type; a new reference. */
static json_t *schema_of(tcn_api *api, const json_t *type)
{
    const char *id = json_string_value(json_object_get(type, "id"));
    json_t *schemas = tcn_catalog_schemas(api->options.catalog), *found = NULL;
    for (size_t i = 0; found == NULL && i < json_array_size(schemas); i++) {
        json_t *schema = json_array_get(schemas, i);
        const char *of = json_string_value(json_object_get(schema, "block_type_id"));
        if (of != NULL && id != NULL && strcmp(of, id) == 0)
            found = json_incref(schema);
    }
    json_decref(schemas);
    return found;
}

/* false: it was answered. */
static bool check_fields(tcn_request *request, const json_t *schema,
                         const json_t *options)
{
    const json_t *fields =
        json_object_get(json_object_get(schema, "fields"), "properties");
    const char *names[FIELDS_MAX + 3] = {"notify_type", "allow_private_urls"};
    size_t count = 2;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)fields, key, value)
    {
        if (count < FIELDS_MAX + 2)
            names[count++] = key;
    }
    json_object_foreach((json_t *)(uintptr_t)options, key, value)
    {
        size_t i = 0;
        while (i < count && strcmp(names[i], key) != 0)
            i++;
        if (i < count)
            continue;
        const char *near = tcn_str_nearest(tcn_str_c(key), names);
        char loc[128];
        snprintf(loc, sizeof loc, "body.options.%.64s", key);
        if (near != NULL)
            tcn_api_answer_invalid(request, "extra_forbidden", loc,
                                   "is not an option of this type, did you mean \"%s\"?",
                                   near);
        else
            tcn_api_answer_invalid(request, "extra_forbidden", loc,
                                   "is not an option of this type");
        return false;
    }
    return true;
}

static bool id_of(const json_t *object, tcn_uuid *ret)
{
    const char *text = json_string_value(json_object_get(object, "id"));
    return text != NULL && tcn_uuid_parse(tcn_str_c(text), ret);
}

/* {block: NAME} becomes the reference that documents have. A new reference; NULL: it was
 * answered. */
static json_t *with_references(const tcn_api *api, tcn_request *request,
                               const json_t *options)
{
    json_t *copy = json_copy((json_t *)(uintptr_t)options);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)options, key, value)
    {
        const char *name = json_string_value(json_object_get(value, "block"));
        if (name == NULL || json_object_size(value) != 1)
            continue;
        const tcn_block *block = tcn_plugins_block(api->options.plugins, tcn_str_c(name));
        char id[TCN_UUID_TEXT + 1], loc[96];
        if (block == NULL || !tcn_block_info_get(block)->is_api) {
            snprintf(loc, sizeof loc, "body.options.%.64s", key);
            tcn_api_answer_invalid(
                request, "value_error", loc,
                "there is no block \"%.64s\" that was made through the "
                "API",
                name);
            json_decref(copy);
            return NULL;
        }
        tcn_uuid_format(&tcn_block_info_get(block)->id, id);
        (void)json_object_set_new(
            copy, key, json_pack("{s:{s:s}}", "$ref", "block_document_id", id));
    }
    return copy != NULL ? copy : json_object();
}

static void create(tcn_api *api, tcn_request *request, const json_t *body,
                   const json_t *type, const json_t *schema)
{
    tcn_uuid type_id, schema_id;
    tcn_err err = {0};
    json_t *data = with_references(api, request, json_object_get(body, "options"));
    if (data == NULL || !tcn_block_may_refer(api, request, data)) {
        json_decref(data);
        return;
    }
    const tcn_document_change change = {
        .name = json_string_value(json_object_get(body, "name")),
        .data = data,
        .type = &type_id,
        .schema = &schema_id,
    };
    tcn_catalog_done later = tcn_block_later(api, request, TCN_BLOCK_A_BLOCK);
    bool is_found = id_of(type, &type_id) && id_of(schema, &schema_id);
    int rc =
        !is_found || later.ud == NULL
            ? TCN_E_NOMEM
            : tcn_catalog_document_create(api->options.catalog, &change, later, &err);
    json_decref(data);
    if (rc < 0)
        tcn_block_refused(request, later, rc, &err);
}

/* false: it was answered. */
static bool check_body(tcn_request *request, const json_t *body)
{
    const json_t *name = json_object_get(body, "name");
    const json_t *type = json_object_get(body, "type");
    const json_t *options = json_object_get(body, "options");
    const char *letters = "abcdefghijklmnopqrstuvwxyz0123456789-";
    const char *text = json_string_value(name);
    if (text == NULL || text[0] == '\0' || text[strspn(text, letters)] != '\0')
        tcn_api_answer_invalid(request, "value_error", "body.name",
                               "must be 1 to 64 characters of a-z, 0-9 and -");
    else if (!json_is_string(type))
        tcn_api_answer_invalid(request, "missing", "body.type", "Field required");
    else if (options != NULL && !json_is_object(options))
        tcn_api_answer_invalid(request, "dict_type", "body.options",
                               "Input should be a valid dictionary");
    else
        return true;
    return false;
}

void tcn_api_block_create_post(tcn_api *api, tcn_request *request)
{
    json_t *body = NULL;
    char slug[128];
    if (!tcn_api_body_read(request, &body))
        return;
    if (check_body(request, body)) {
        const char *name = json_string_value(json_object_get(body, "type"));
        slug_of(name, slug, sizeof slug);
        json_t *type = tcn_catalog_type_by_slug(api->options.catalog, tcn_str_c(slug));
        json_t *schema = type == NULL ? NULL : schema_of(api, type);
        if (schema == NULL)
            refuse_type(api, request, name);
        else if (check_fields(request, schema, json_object_get(body, "options")))
            create(api, request, body, type, schema);
        json_decref(type);
        json_decref(schema);
    }
    json_decref(body);
}

void tcn_api_block_delete(tcn_api *api, tcn_request *request)
{
    const tcn_block *block = tcn_plugins_block(api->options.plugins, api->params[0]);
    if (block == NULL)
        tcn_block_answer_lack(api, request, api->params[0]);
    else
        tcn_api_block_remove(api, request, &tcn_block_info_get(block)->id);
}
