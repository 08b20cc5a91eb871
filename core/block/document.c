/* SPDX-License-Identifier: Apache-2.0 */
/* document.c - block documents: made, changed and removed. A document that its plugin
 * would refuse is refused here, before it is written. */
#include <stdio.h>

#include "core/base/clock.h"
#include "core/block/change.h"
#include "core/block/secret_fields.h"
#include "core/plugin/prefect_options.h"

#define DATA_MAX ((size_t)1 << 20)

/* ---- checks ---- */

static int check_schema(tcn_catalog *catalog, const tcn_uuid *id, const char *type_id,
                        tcn_item **ret, tcn_err *reterr)
{
    tcn_item *schema = tcn_catalog_find(catalog, TCN_STORED_SCHEMA, id);
    if (schema == NULL)
        return tcn_err_set(reterr, TCN_E_NOT_FOUND, "Block schema not found");
    if (strcmp(tcn_item_text(schema, "block_type_id"), type_id) != 0)
        return tcn_err_set(reterr, TCN_E_UNSUPPORTED,
                           "Must migrate block document to a block schema of the same "
                           "block type.");
    *ret = schema;
    return 0;
}

/* Options of a block are called data here. */
static int as_data(tcn_err *err, int rc, tcn_err *reterr)
{
    char field[sizeof err->field];
    size_t len = strlen("options");
    if (strncmp(err->field, "options", len) == 0)
        (void)snprintf(field, sizeof field, "data%s", err->field + len);
    else
        (void)snprintf(field, sizeof field, "%s", err->field);
    return tcn_err_field(reterr, rc, field, "%s", err->text);
}

static int check_document(tcn_catalog *catalog, const tcn_item *item, tcn_err *reterr)
{
    json_t *data = tcn_vault_json(&item->data);
    json_t *paths = tcn_item_secret_paths(catalog, item);
    const char *masked = tcn_secret_fields_masked(data, paths);
    tcn_err err = {0};
    int rc = data == NULL || paths == NULL ? TCN_E_NOMEM : 0;
    if (masked != NULL)
        rc = tcn_err_field(&err, TCN_E_INVALID, masked,
                           TCN_SECRET_MASK " stands for a secret that is not shown; give "
                                           "the secret itself");
    json_decref(data);
    json_decref(paths);
    if (masked != NULL)
        tcn_err_within(&err, "options");
    if (rc == 0 && item->data.len > DATA_MAX)
        rc = tcn_err_field(&err, TCN_E_LIMIT, "options", "is larger than 1 MiB");
    if (rc == 0)
        rc = tcn_catalog_check_bytes(catalog, &err);
    if (rc == 0)
        rc = tcn_apply_try(catalog, item, &err);
    return rc < 0 ? as_data(&err, rc, reterr) : 0;
}

/* ---- making ---- */

static json_t *body_of(const tcn_document_change *change, const tcn_item *type,
                       const tcn_item *schema)
{
    int64_t now_us = tcn_clock_wall_us();
    char anonymous[sizeof "anonymous-" + TCN_UUID_TEXT], id[TCN_UUID_TEXT + 1];
    tcn_uuid random = tcn_uuid_v4();
    (void)snprintf(anonymous, sizeof anonymous, "anonymous-%s",
                   tcn_uuid_format(&random, id));
    return json_pack("{s:o, s:o, s:s, s:s, s:s, s:s, s:b}", "created",
                     tcn_catalog_time(now_us), "updated", tcn_catalog_time(now_us),
                     "name", change->name != NULL ? change->name : anonymous,
                     "block_schema_id", schema->id_text, "block_type_id", type->id_text,
                     "block_type_slug", tcn_item_text(type, "slug"), "is_anonymous",
                     change->is_anonymous ? 1 : 0);
}

static int check_name(tcn_catalog *catalog, const tcn_item *type, const char *name,
                      tcn_err *reterr)
{
    if (name == NULL)
        return 0;
    json_t *filed = tcn_filed_by_name(catalog, tcn_item_text(type, "slug"), name);
    bool is_taken =
        filed != NULL || tcn_catalog_named(catalog, type->id_text, name) != NULL;
    json_decref(filed);
    return is_taken ? tcn_err_set(reterr, TCN_E_EXISTS, "Block already exists") : 0;
}

/* The item, in the catalog; on failure it is gone. */
static int make_item(tcn_catalog *catalog, const tcn_document_change *change,
                     const tcn_item *type, const tcn_item *schema, tcn_item **ret,
                     tcn_err *reterr)
{
    tcn_uuid id = tcn_uuid_v4();
    tcn_item *item = NULL;
    json_t *empty = change->data == NULL ? json_object() : NULL;
    int rc = tcn_catalog_add_own(catalog, TCN_STORED_DOCUMENT, &id,
                                 body_of(change, type, schema), &item);
    if (rc == 0)
        rc = tcn_vault_put_json(&item->data, empty != NULL ? empty : change->data);
    json_decref(empty);
    if (rc == 0)
        rc = check_document(catalog, item, reterr);
    if (rc < 0 && item != NULL)
        tcn_catalog_drop(catalog, item);
    if (rc < 0)
        return tcn_err_set(reterr, rc, "%s", tcn_err_text(rc));
    *ret = item;
    return 0;
}

static int write_new(tcn_catalog *catalog, tcn_item *item, tcn_item *schema,
                     tcn_catalog_done done, tcn_err *reterr)
{
    tcn_block_change *change = tcn_block_change_new(catalog, done);
    if (change == NULL) {
        tcn_catalog_drop(catalog, item);
        return tcn_err_no_memory(reterr);
    }
    /* What the daemon serves today it may not serve tomorrow. */
    int rc =
        schema->is_stored || schema->is_busy ? 0 : tcn_block_change_keep(change, schema);
    if (rc == 0)
        rc = tcn_block_change_create(change, item);
    else
        tcn_catalog_drop(catalog, item);
    return tcn_block_change_end(change, rc, reterr);
}

int tcn_catalog_document_create(tcn_catalog *catalog, const tcn_document_change *change,
                                tcn_catalog_done done, tcn_err *reterr)
{
    tcn_item *schema = NULL, *item = NULL;
    if (tcn_catalog_refresh(catalog) < 0)
        return tcn_err_no_memory(reterr);
    const tcn_item *type = tcn_catalog_find(catalog, TCN_STORED_TYPE, change->type);
    if (type == NULL)
        return tcn_err_set(reterr, TCN_E_NOT_FOUND, "Block type not found");
    int rc = check_name(catalog, type, change->name, reterr);
    if (rc == 0)
        rc = check_schema(catalog, change->schema, type->id_text, &schema, reterr);
    if (rc == 0)
        rc = tcn_catalog_check_room(catalog, TCN_STORED_DOCUMENT, reterr);
    if (rc == 0)
        rc = make_item(catalog, change, type, schema, &item, reterr);
    return rc < 0 ? rc : write_new(catalog, item, schema, done, reterr);
}

/* ---- changing ---- */

/* For a block that a file has, the error that says so; else it is not there. */
static int find(tcn_catalog *catalog, const tcn_uuid *id, tcn_item **ret, tcn_err *reterr)
{
    if (tcn_catalog_refresh(catalog) < 0)
        return tcn_err_no_memory(reterr);
    *ret = tcn_catalog_find(catalog, TCN_STORED_DOCUMENT, id);
    if (*ret != NULL)
        return (*ret)->is_busy ? tcn_catalog_busy(reterr) : 0;
    const tcn_block *block = tcn_filed_find(catalog, id);
    if (block == NULL)
        return tcn_err_set(reterr, TCN_E_NOT_FOUND, "Block document not found");
    const tcn_block_info *info = tcn_block_info_get(block);
    return tcn_err_set(reterr, TCN_E_STATE, "Block '%s' is managed by %s", info->name,
                       info->source != NULL ? info->source : "a file");
}

static bool has_credential(const json_t *data, int depth)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)data, key, value)
    {
        bool is_reference =
            json_object_size(value) == 1 && json_object_get(value, "credential") != NULL;
        const json_t *other =
            json_object_get(json_object_get(value, TCN_PREFECT_REFERENCE), "data");
        if (is_reference || (other != NULL && has_credential(other, 1)) ||
            (depth > 0 && has_credential(value, depth - 1)))
            return true;
    }
    return false;
}

/* What it refers to counts: fields of this block, such as the server's name, may stand
 * over those of the other one, and send its credentials elsewhere. */
bool tcn_catalog_names_credential(tcn_catalog *catalog, const json_t *data)
{
    json_t *resolved = NULL;
    if (data == NULL)
        return false;
    int rc = tcn_reference_resolve(catalog, data, &resolved, NULL);
    bool is_named = rc == TCN_E_NOMEM || has_credential(rc < 0 ? data : resolved, 1);
    json_decref(resolved);
    return is_named;
}

bool tcn_catalog_document_is_guarded(tcn_catalog *catalog, const tcn_uuid *id,
                                     const tcn_uuid *schema)
{
    char text[TCN_UUID_TEXT + 1];
    const tcn_item *item = tcn_catalog_find(catalog, TCN_STORED_DOCUMENT, id);
    if (item == NULL)
        return false;
    if (schema != NULL && strcmp(tcn_item_text(item, "block_schema_id"),
                                 tcn_uuid_format(schema, text)) != 0)
        return true;
    json_t *data = item->data_status == 0 ? tcn_vault_json(&item->data) : NULL;
    bool is_guarded = data == NULL || tcn_catalog_names_credential(catalog, data);
    json_decref(data);
    return is_guarded;
}

/* What the document's data will be: the new members over the old ones, or in their place;
 * a secret that comes back as its mask is kept. */
static json_t *merged_data(tcn_catalog *catalog, const tcn_item *item,
                           const tcn_document_change *change)
{
    json_t *old = item->data_status == 0 ? tcn_vault_json(&item->data) : json_object();
    json_t *data = change->is_merged ? json_copy(old) : json_object();
    json_t *given = change->data == NULL ? NULL : json_deep_copy(change->data);
    json_t *paths = tcn_item_secret_paths(catalog, item);
    bool is_made = old != NULL && data != NULL && paths != NULL &&
                   (change->data == NULL || given != NULL) &&
                   (given == NULL || json_object_update(data, given) == 0) &&
                   tcn_secret_fields_restore(data, old, paths) == 0;
    json_decref(old);
    json_decref(given);
    json_decref(paths);
    if (is_made)
        return data;
    json_decref(data);
    return NULL;
}

static json_t *changed_body(const tcn_item *item, const tcn_item *schema)
{
    json_t *body = json_copy(item->body);
    int rc = body == NULL ? -1 : 0;
    if (rc == 0)
        rc = json_object_set_new(body, "updated", tcn_catalog_time(tcn_clock_wall_us()));
    if (rc == 0 && schema != NULL)
        rc = json_object_set_new(body, "block_schema_id", json_string(schema->id_text));
    if (rc == 0)
        return body;
    json_decref(body);
    return NULL;
}

static int update(tcn_catalog *catalog, tcn_item *item, tcn_item *schema,
                  const tcn_document_change *given, tcn_block_change *change,
                  tcn_err *reterr)
{
    json_t *data = merged_data(catalog, item, given);
    int rc = data == NULL ? TCN_E_NOMEM
                          : tcn_block_change_update_own(change, item,
                                                        changed_body(item, schema), data);
    json_decref(data);
    if (rc == 0 && schema != NULL && !schema->is_stored && !schema->is_busy)
        rc = tcn_block_change_keep(change, schema);
    return rc == 0 ? check_document(catalog, item, reterr) : rc;
}

int tcn_catalog_document_update(tcn_catalog *catalog, const tcn_uuid *id,
                                const tcn_document_change *given, tcn_catalog_done done,
                                tcn_err *reterr)
{
    tcn_item *item = NULL, *schema = NULL;
    int rc = find(catalog, id, &item, reterr);
    if (rc == 0 && given->schema != NULL)
        rc = check_schema(catalog, given->schema, tcn_item_text(item, "block_type_id"),
                          &schema, reterr);
    if (rc < 0)
        return rc;
    tcn_block_change *change = tcn_block_change_new(catalog, done);
    if (change == NULL)
        return tcn_err_no_memory(reterr);
    rc = update(catalog, item, schema, given, change, reterr);
    return tcn_block_change_end(change, rc, reterr);
}

int tcn_catalog_document_remove(tcn_catalog *catalog, const tcn_uuid *id,
                                tcn_catalog_done done, tcn_err *reterr)
{
    tcn_item *item = NULL;
    int rc = find(catalog, id, &item, reterr);
    if (rc < 0)
        return rc;
    const tcn_item *user = tcn_reference_user(catalog, item, NULL);
    if (user != NULL)
        return tcn_err_set(reterr, TCN_E_STATE, "Block '%s' is used by block '%s'",
                           tcn_item_text(item, "name"), tcn_item_text(user, "name"));
    tcn_block_change *change = tcn_block_change_new(catalog, done);
    if (change == NULL)
        return tcn_err_no_memory(reterr);
    return tcn_block_change_end(change, tcn_block_change_remove(change, item), reterr);
}
