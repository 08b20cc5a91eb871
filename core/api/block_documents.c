/* SPDX-License-Identifier: Apache-2.0 */
/* block_documents.c - /api/block_documents. Secrets go in and never come out: whatever
 * include_secrets says, they are answered as ********. */
#include "core/api/block_int.h"

#include <stdio.h>

static bool is_shown(const json_t *document, const json_t *body)
{
    const json_t *wanted = json_object_get(
        json_object_get(json_object_get(body, "block_documents"), "is_anonymous"), "eq_");
    bool is_anonymous = json_is_true(json_object_get(document, "is_anonymous"));
    return json_is_boolean(wanted) ? json_is_true(wanted) == is_anonymous : !is_anonymous;
}

static bool matches(const json_t *document, const json_t *body)
{
    const json_t *type = json_object_get(document, "block_type");
    const json_t *schema = json_object_get(document, "block_schema");
    const char *name = json_string_value(json_object_get(document, "name"));
    const char *id = json_string_value(json_object_get(document, "id"));
    const char *type_id = json_string_value(json_object_get(document, "block_type_id"));
    const char *slug = json_string_value(json_object_get(type, "slug"));
    return is_shown(document, body) &&
           tcn_block_is_any(body, "block_documents", "id", id) &&
           tcn_block_is_any(body, "block_documents", "block_type_id", type_id) &&
           tcn_block_is_any(body, "block_documents", "name", name) &&
           tcn_block_is_like(body, "block_documents", "name", name) &&
           tcn_block_is_any(body, "block_types", "slug", slug) &&
           tcn_block_has_all(body, json_object_get(schema, "capabilities"));
}

void tcn_api_block_documents_filter(tcn_api *api, tcn_request *request)
{
    tcn_block_filter(request, tcn_catalog_documents(api->options.catalog), matches);
}

void tcn_api_block_documents_count(tcn_api *api, tcn_request *request)
{
    tcn_block_count(request, tcn_catalog_documents(api->options.catalog), matches);
}

void tcn_api_block_document_get(tcn_api *api, tcn_request *request)
{
    tcn_uuid id;
    if (tcn_block_id_read(api, request, &id))
        tcn_block_answer_found(request, tcn_catalog_document(api->options.catalog, &id),
                               "Block document not found");
}

void tcn_api_block_document_name_get(tcn_api *api, tcn_request *request)
{
    tcn_block_answer_found(request,
                           tcn_catalog_document_by_name(api->options.catalog,
                                                        api->params[0], api->params[1]),
                           "Block document not found");
}

/* Those of one type. */
void tcn_api_block_documents_of_type_get(tcn_api *api, tcn_request *request)
{
    json_t *list = tcn_catalog_documents(api->options.catalog), *found = json_array();
    size_t i;
    json_t *document;
    json_array_foreach(list, i, document)
    {
        const char *slug = json_string_value(
            json_object_get(json_object_get(document, "block_type"), "slug"));
        if (slug != NULL && tcn_str_eq_c(api->params[0], slug))
            (void)json_array_append(found, document);
    }
    json_decref(list);
    tcn_api_answer_own(request, 200, found);
}

/* ---- reading a change ---- */

static bool is_name(const char *text)
{
    return text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0' &&
           text[0] != '\0';
}

/* false: it was answered. */
static bool read_id(tcn_request *request, const json_t *body, const char *key,
                    bool is_required, tcn_uuid *id, const tcn_uuid **ret)
{
    const json_t *value = json_object_get(body, key);
    char loc[48];
    snprintf(loc, sizeof loc, "body.%s", key);
    if (value == NULL || (json_is_null(value) && !is_required)) {
        if (is_required)
            tcn_api_answer_invalid(request, "missing", loc, "Field required");
        return !is_required;
    }
    tcn_str text = {json_string_value(value), json_string_length(value)};
    if (!json_is_string(value) || !tcn_uuid_parse(text, id)) {
        tcn_api_answer_invalid(request, "uuid_parsing", loc,
                               "Input should be a valid UUID");
        return false;
    }
    *ret = id;
    return true;
}

static bool read_data(tcn_request *request, const json_t *body, const json_t **ret)
{
    const json_t *data = json_object_get(body, "data");
    if (data != NULL && !json_is_object(data)) {
        tcn_api_answer_invalid(request, "dict_type", "body.data",
                               "Input should be a valid dictionary");
        return false;
    }
    *ret = data;
    return true;
}

static bool read_name(tcn_request *request, const json_t *body,
                      tcn_document_change *change)
{
    const json_t *name = json_object_get(body, "name");
    const char *text = json_string_value(name);
    change->is_anonymous = json_is_true(json_object_get(body, "is_anonymous"));
    change->name = text;
    if (text == NULL && name != NULL && !json_is_null(name))
        tcn_api_answer_invalid(request, "string_type", "body.name",
                               "Input should be a valid string");
    else if (text == NULL && !change->is_anonymous)
        tcn_api_answer_invalid(
            request, "value_error", "body",
            "Value error, Names must be provided for block documents.");
    else if (text != NULL && strpbrk(text, "/%&><") != NULL)
        tcn_api_answer_invalid(request, "string_pattern_mismatch", "body.name",
                               "String should match pattern '^[^/%%&><]+$'");
    else if (text != NULL && !is_name(text))
        tcn_api_answer_invalid(request, "value_error", "body.name",
                               "Value error, Block document name must only contain "
                               "lowercase letters, numbers, and dashes.");
    else
        return true;
    return false;
}

/* ---- changes ---- */

static void create(tcn_api *api, tcn_request *request, const tcn_document_change *change)
{
    tcn_catalog_done later = tcn_block_later(api, request, TCN_BLOCK_A_DOCUMENT);
    tcn_err err = {0};
    int rc = later.ud == NULL
                 ? TCN_E_NOMEM
                 : tcn_catalog_document_create(api->options.catalog, change, later, &err);
    if (rc < 0)
        tcn_block_refused(request, later, rc, &err);
}

void tcn_api_block_document_post(tcn_api *api, tcn_request *request)
{
    json_t *body = NULL;
    tcn_uuid type, schema;
    tcn_document_change change = {0};
    if (!tcn_api_body_read(request, &body))
        return;
    if (read_name(request, body, &change) && read_data(request, body, &change.data) &&
        tcn_block_may_refer(api, request, change.data) &&
        read_id(request, body, "block_schema_id", true, &schema, &change.schema) &&
        read_id(request, body, "block_type_id", true, &type, &change.type))
        create(api, request, &change);
    json_decref(body);
}

static void update(tcn_api *api, tcn_request *request, const tcn_uuid *id,
                   const tcn_document_change *change)
{
    tcn_catalog_done later = tcn_block_later(api, request, TCN_BLOCK_NOTHING);
    tcn_err err = {0};
    int rc = later.ud == NULL ? TCN_E_NOMEM
                              : tcn_catalog_document_update(api->options.catalog, id,
                                                            change, later, &err);
    if (rc < 0)
        tcn_block_refused(request, later, rc, &err);
}

static bool may_change(tcn_api *api, tcn_request *request, const tcn_uuid *id,
                       const tcn_document_change *change)
{
    if (!tcn_catalog_document_is_guarded(api->options.catalog, id, change->schema) ||
        tcn_auth_check(api->options.auth, request, TCN_SCOPE_ADMIN) == 0)
        return true;
    tcn_api_answer_detail(request, 403,
                          "Only a key with the scope admin may change a block that names "
                          "credentials, or its schema");
    return false;
}

void tcn_api_block_document_patch(tcn_api *api, tcn_request *request)
{
    json_t *body = NULL;
    tcn_uuid id, schema;
    tcn_document_change change = {0};
    if (!tcn_block_id_read(api, request, &id) || !tcn_api_body_read(request, &body))
        return;
    change.is_merged = !json_is_false(json_object_get(body, "merge_existing_data"));
    if (read_data(request, body, &change.data) &&
        tcn_block_may_refer(api, request, change.data) &&
        read_id(request, body, "block_schema_id", false, &schema, &change.schema) &&
        may_change(api, request, &id, &change))
        update(api, request, &id, &change);
    json_decref(body);
}

void tcn_api_block_remove(tcn_api *api, tcn_request *request, const tcn_uuid *id)
{
    char text[TCN_UUID_TEXT + 1];
    tcn_err err = {0};
    bool is_forced = tcn_str_eq(tcn_request_query(request, "force"), TCN_STR("true"));
    const tcn_block *block =
        tcn_plugins_block(api->options.plugins, tcn_str_c(tcn_uuid_format(id, text)));
    /* One of a file is not deleted by force either. */
    bool is_filed = block != NULL && !tcn_block_info_get(block)->is_api;
    json_t *user = is_forced || is_filed ? NULL : tcn_api_block_user(api, text);
    if (user != NULL) {
        tcn_api_answer_detail(
            request, 409,
            "The block is used by automation '%s'; ?force=true (--force) "
            "deletes it all the same",
            json_string_value(user));
        json_decref(user);
        return;
    }
    tcn_catalog_done later = tcn_block_later(api, request, TCN_BLOCK_NOTHING);
    int rc = later.ud == NULL
                 ? TCN_E_NOMEM
                 : tcn_catalog_document_remove(api->options.catalog, id, later, &err);
    if (rc < 0)
        tcn_block_refused(request, later, rc, &err);
}

void tcn_api_block_document_delete(tcn_api *api, tcn_request *request)
{
    tcn_uuid id;
    if (tcn_block_id_read(api, request, &id))
        tcn_api_block_remove(api, request, &id);
}
