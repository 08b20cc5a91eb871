/* SPDX-License-Identifier: Apache-2.0 */
/* block_types.c - /api/block_types: as Prefect's clients register and read them. */
#include "core/api/block_int.h"

#include <stdio.h>

static bool matches(const json_t *type, const json_t *body)
{
    const char *slug = json_string_value(json_object_get(type, "slug"));
    const char *name = json_string_value(json_object_get(type, "name"));
    return tcn_block_is_any(body, "block_types", "slug", slug) &&
           tcn_block_is_like(body, "block_types", "name", name);
}

void tcn_api_block_types_filter(tcn_api *api, tcn_request *request)
{
    tcn_block_filter(request, tcn_catalog_types(api->options.catalog), matches);
}

void tcn_api_block_type_get(tcn_api *api, tcn_request *request)
{
    tcn_uuid id;
    if (tcn_block_id_read(api, request, &id))
        tcn_block_answer_found(request, tcn_catalog_type(api->options.catalog, &id),
                               "Block type not found");
}

void tcn_api_block_type_slug_get(tcn_api *api, tcn_request *request)
{
    tcn_block_answer_found(request,
                           tcn_catalog_type_by_slug(api->options.catalog, api->params[0]),
                           "Block type not found");
}

/* ---- changes ---- */

static bool is_slug(const char *text)
{
    return text[0] != '\0' &&
           text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

/* false: it was answered. */
static bool check_texts(tcn_request *request, const json_t *body)
{
    static const char *const keys[] = {
        "name", "slug", "logo_url", "documentation_url", "description", "code_example"};
    for (size_t i = 0; i < TCN_COUNT(keys); i++) {
        const json_t *value = json_object_get(body, keys[i]);
        if (value == NULL || json_is_string(value) || (i >= 2 && json_is_null(value)))
            continue;
        char loc[48];
        snprintf(loc, sizeof loc, "body.%s", keys[i]);
        tcn_api_answer_invalid(request, "string_type", loc,
                               "Input should be a valid string");
        return false;
    }
    return true;
}

static bool check_new(tcn_request *request, const json_t *body)
{
    const char *name = json_string_value(json_object_get(body, "name"));
    const char *slug = json_string_value(json_object_get(body, "slug"));
    if (!check_texts(request, body))
        return false;
    if (name == NULL)
        tcn_api_answer_invalid(request, "missing", "body.name", "Field required");
    else if (strpbrk(name, "/%&><") != NULL || name[0] == '\0')
        tcn_api_answer_invalid(request, "string_pattern_mismatch", "body.name",
                               "String should match pattern '^[^/%%&><]+$'");
    else if (slug == NULL)
        tcn_api_answer_invalid(request, "missing", "body.slug", "Field required");
    else if (!is_slug(slug))
        tcn_api_answer_invalid(request, "value_error", "body.slug",
                               "Value error, Block type slug must only contain lowercase "
                               "letters, numbers, and dashes.");
    else if (strncmp(name, "Prefect", strlen("Prefect")) == 0 ||
             strncmp(name, "prefect", strlen("prefect")) == 0)
        tcn_api_answer_detail(request, 403,
                              "Block type names beginning with 'Prefect' are reserved.");
    else
        return true;
    return false;
}

void tcn_api_block_type_post(tcn_api *api, tcn_request *request)
{
    json_t *body = NULL;
    tcn_err err = {0};
    if (!tcn_api_body_read(request, &body))
        return;
    if (check_new(request, body)) {
        tcn_catalog_done later = tcn_block_later(api, request, TCN_BLOCK_A_TYPE);
        int rc = later.ud == NULL
                     ? TCN_E_NOMEM
                     : tcn_catalog_type_create(api->options.catalog, body, later, &err);
        if (rc < 0)
            tcn_block_refused(request, later, rc, &err);
    }
    json_decref(body);
}

void tcn_api_block_type_patch(tcn_api *api, tcn_request *request)
{
    json_t *body = NULL;
    tcn_uuid id;
    tcn_err err = {0};
    if (!tcn_block_id_read(api, request, &id) || !tcn_api_body_read(request, &body))
        return;
    if (check_texts(request, body)) {
        tcn_catalog_done later = tcn_block_later(api, request, TCN_BLOCK_NOTHING);
        int rc = later.ud == NULL ? TCN_E_NOMEM
                                  : tcn_catalog_type_update(api->options.catalog, &id,
                                                            body, later, &err);
        if (rc < 0)
            tcn_block_refused(request, later, rc, &err);
    }
    json_decref(body);
}

/* The name of an automation that uses a document of the type; a new reference or NULL. */
static json_t *find_user(tcn_api *api, const tcn_uuid *type)
{
    char type_id[TCN_UUID_TEXT + 1];
    json_t *list = tcn_catalog_documents(api->options.catalog), *user = NULL;
    size_t i;
    const json_t *document;
    tcn_uuid_format(type, type_id);
    json_array_foreach(list, i, document)
    {
        const char *of = json_string_value(json_object_get(document, "block_type_id"));
        if (user == NULL && of != NULL && strcmp(of, type_id) == 0)
            user = tcn_api_block_user(api,
                                      json_string_value(json_object_get(document, "id")));
    }
    json_decref(list);
    return user;
}

void tcn_api_block_type_delete(tcn_api *api, tcn_request *request)
{
    tcn_uuid id;
    tcn_err err = {0};
    if (!tcn_block_id_read(api, request, &id))
        return;
    json_t *user = find_user(api, &id);
    if (user != NULL) {
        tcn_api_answer_detail(request, 409,
                              "A block of this type is used by automation '%s'",
                              json_string_value(user));
        json_decref(user);
        return;
    }
    tcn_catalog_done later = tcn_block_later(api, request, TCN_BLOCK_NOTHING);
    int rc = later.ud == NULL
                 ? TCN_E_NOMEM
                 : tcn_catalog_type_remove(api->options.catalog, &id, later, &err);
    if (rc < 0)
        tcn_block_refused(request, later, rc, &err);
}

/* Ours are always installed. */
void tcn_api_block_types_install(tcn_api *api, tcn_request *request)
{
    (void)api;
    tcn_request_answer(request, 200, "application/json", TCN_STR("null"));
}
