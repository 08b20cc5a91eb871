/* SPDX-License-Identifier: Apache-2.0 */
/* types.c - block types and schemas that clients register. Texts are Prefect's. */
#include "core/base/clock.h"
#include "core/block/change.h"
#include "core/block/checksum.h"

int tcn_catalog_busy(tcn_err *reterr)
{
    return tcn_err_set(reterr, TCN_E_BUSY, "It is being changed; try again");
}

int tcn_catalog_check_room(const tcn_catalog *catalog, enum tcn_stored_kind kind,
                           tcn_err *reterr)
{
    size_t count = 0;
    const tcn_items *items = &catalog->items[kind];
    for (size_t i = 0; i < items->count; i++)
        count += !items->list[i]->is_served || items->list[i]->is_stored ? 1 : 0;
    if (count < catalog->options.documents)
        return tcn_catalog_check_bytes(catalog, reterr);
    return tcn_err_set(reterr, TCN_E_LIMIT,
                       "There are %zu of them, as many as limits.blocks allows", count);
}

static json_t *attribute(const json_t *attributes, const char *key)
{
    json_t *value = json_object_get(attributes, key);
    return value != NULL ? json_incref(value) : json_null();
}

static json_t *type_body(const json_t *attributes)
{
    int64_t now_us = tcn_clock_wall_us();
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "created",
                     tcn_catalog_time(now_us), "updated", tcn_catalog_time(now_us),
                     "name", attribute(attributes, "name"), "slug",
                     attribute(attributes, "slug"), "logo_url",
                     attribute(attributes, "logo_url"), "documentation_url",
                     attribute(attributes, "documentation_url"), "description",
                     attribute(attributes, "description"), "code_example",
                     attribute(attributes, "code_example"), "is_protected", 0);
}

static int add_item(tcn_catalog *catalog, tcn_block_change *change,
                    enum tcn_stored_kind kind, json_t *body, tcn_err *reterr)
{
    tcn_uuid id = tcn_uuid_v4();
    tcn_item *item = NULL;
    int rc = tcn_catalog_add_own(catalog, kind, &id, body, &item);
    if (rc == 0)
        rc = tcn_block_change_create(change, item);
    return tcn_block_change_end(change, rc, reterr);
}

int tcn_catalog_type_create(tcn_catalog *catalog, const json_t *attributes,
                            tcn_catalog_done done, tcn_err *reterr)
{
    if (tcn_catalog_refresh(catalog) < 0)
        return tcn_err_no_memory(reterr);
    const char *slug = json_string_value(json_object_get(attributes, "slug"));
    const char *name = json_string_value(json_object_get(attributes, "name"));
    if (tcn_catalog_type_of(catalog, slug) != NULL)
        return tcn_err_set(reterr, TCN_E_EXISTS,
                           "Block type with name \"%.200s\" already exists", name);
    int rc = tcn_catalog_check_room(catalog, TCN_STORED_TYPE, reterr);
    if (rc < 0)
        return rc;
    tcn_block_change *change = tcn_block_change_new(catalog, done);
    return change == NULL ? tcn_err_no_memory(reterr)
                          : add_item(catalog, change, TCN_STORED_TYPE,
                                     type_body(attributes), reterr);
}

/* The body with what the client says of it. */
static json_t *type_body_changed(const tcn_item *item, const json_t *attributes)
{
    static const char *const keys[] = {"logo_url", "documentation_url", "description",
                                       "code_example"};
    json_t *body = json_copy(item->body);
    for (size_t i = 0; body != NULL && i < TCN_COUNT(keys); i++) {
        json_t *value = json_object_get(attributes, keys[i]);
        if (value != NULL)
            (void)json_object_set(body, keys[i], value);
    }
    if (body != NULL)
        (void)json_object_set_new(body, "updated", tcn_catalog_time(tcn_clock_wall_us()));
    return body;
}

int tcn_catalog_type_update(tcn_catalog *catalog, const tcn_uuid *id,
                            const json_t *attributes, tcn_catalog_done done,
                            tcn_err *reterr)
{
    if (tcn_catalog_refresh(catalog) < 0)
        return tcn_err_no_memory(reterr);
    tcn_item *item = tcn_catalog_find(catalog, TCN_STORED_TYPE, id);
    if (item == NULL)
        return tcn_err_set(reterr, TCN_E_NOT_FOUND, "Block type not found");
    if (item->is_busy)
        return tcn_catalog_busy(reterr);
    tcn_block_change *change = tcn_block_change_new(catalog, done);
    if (change == NULL)
        return tcn_err_no_memory(reterr);
    int rc = tcn_block_change_update_own(change, item,
                                         type_body_changed(item, attributes), NULL);
    if (rc == 0)
        rc = tcn_catalog_check_bytes(catalog, reterr);
    return tcn_block_change_end(change, rc, reterr);
}

/* Everything of the type; TCN_E_BUSY when something of it is being changed. */
static int remove_all(tcn_catalog *catalog, tcn_block_change *change,
                      const tcn_item *type)
{
    static const enum tcn_stored_kind kinds[] = {TCN_STORED_DOCUMENT, TCN_STORED_SCHEMA};
    for (size_t k = 0; k < TCN_COUNT(kinds); k++) {
        const tcn_items *items = &catalog->items[kinds[k]];
        for (size_t i = 0; i < items->count; i++) {
            tcn_item *item = items->list[i];
            if (strcmp(tcn_item_text(item, "block_type_id"), type->id_text) != 0)
                continue;
            int rc = item->is_busy ? TCN_E_BUSY : tcn_block_change_remove(change, item);
            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

int tcn_catalog_type_remove(tcn_catalog *catalog, const tcn_uuid *id,
                            tcn_catalog_done done, tcn_err *reterr)
{
    if (tcn_catalog_refresh(catalog) < 0)
        return tcn_err_no_memory(reterr);
    tcn_item *item = tcn_catalog_find(catalog, TCN_STORED_TYPE, id);
    if (item == NULL)
        return tcn_err_set(reterr, TCN_E_NOT_FOUND, "Block type not found");
    if (item->is_served)
        return tcn_err_set(reterr, TCN_E_DENIED,
                           "protected block types cannot be deleted.");
    if (item->is_busy)
        return tcn_catalog_busy(reterr);
    tcn_block_change *change = tcn_block_change_new(catalog, done);
    if (change == NULL)
        return tcn_err_no_memory(reterr);
    int rc = remove_all(catalog, change, item);
    if (rc == 0)
        rc = tcn_block_change_remove(change, item);
    if (rc == TCN_E_BUSY)
        (void)tcn_catalog_busy(reterr);
    return tcn_block_change_end(change, rc, reterr);
}

/* ---- schemas ---- */

static tcn_item *find_alike(tcn_catalog *catalog, const char *checksum,
                            const char *version)
{
    const tcn_items *items = &catalog->items[TCN_STORED_SCHEMA];
    for (size_t i = 0; i < items->count; i++)
        if (strcmp(tcn_item_text(items->list[i], "checksum"), checksum) == 0 &&
            strcmp(tcn_item_text(items->list[i], "version"), version) == 0 &&
            !items->list[i]->is_leaving)
            return items->list[i];
    return NULL;
}

static json_t *schema_body(const tcn_item *type, const char *checksum,
                           const json_t *fields, const json_t *capabilities,
                           const char *version)
{
    int64_t now_us = tcn_clock_wall_us();
    return json_pack("{s:o, s:o, s:s, s:O, s:s, s:o, s:s}", "created",
                     tcn_catalog_time(now_us), "updated", tcn_catalog_time(now_us),
                     "checksum", checksum, "fields", fields, "block_type_id",
                     type->id_text, "capabilities",
                     capabilities != NULL ? json_incref((json_t *)(uintptr_t)capabilities)
                                          : json_array(),
                     "version", version);
}

int tcn_catalog_schema_create(tcn_catalog *catalog, const tcn_uuid *type_id,
                              const json_t *fields, const json_t *capabilities,
                              const char *version, tcn_catalog_done done,
                              tcn_uuid *ret_id, tcn_err *reterr)
{
    char text[TCN_UUID_TEXT + 1], checksum[TCN_CHECKSUM_TEXT];
    if (tcn_catalog_refresh(catalog) < 0 || tcn_block_checksum(fields, checksum) < 0)
        return tcn_err_no_memory(reterr);
    const tcn_item *type = tcn_catalog_find(catalog, TCN_STORED_TYPE, type_id);
    if (type == NULL)
        return tcn_err_set(reterr, TCN_E_NOT_FOUND, "Block type %s not found.",
                           tcn_uuid_format(type_id, text));
    const tcn_item *alike = find_alike(catalog, checksum, version);
    if (alike != NULL) {
        *ret_id = alike->id;
        return alike->is_busy ? tcn_catalog_busy(reterr) : 1;
    }
    int rc = tcn_catalog_check_room(catalog, TCN_STORED_SCHEMA, reterr);
    if (rc < 0)
        return rc;
    tcn_block_change *change = tcn_block_change_new(catalog, done);
    return change == NULL
               ? tcn_err_no_memory(reterr)
               : add_item(catalog, change, TCN_STORED_SCHEMA,
                          schema_body(type, checksum, fields, capabilities, version),
                          reterr);
}

static bool is_schema_used(const tcn_catalog *catalog, const tcn_item *schema)
{
    const tcn_items *items = &catalog->items[TCN_STORED_DOCUMENT];
    for (size_t i = 0; i < items->count; i++)
        if (strcmp(tcn_item_text(items->list[i], "block_schema_id"), schema->id_text) ==
            0)
            return true;
    return false;
}

int tcn_catalog_schema_remove(tcn_catalog *catalog, const tcn_uuid *id,
                              tcn_catalog_done done, tcn_err *reterr)
{
    if (tcn_catalog_refresh(catalog) < 0)
        return tcn_err_no_memory(reterr);
    tcn_item *item = tcn_catalog_find(catalog, TCN_STORED_SCHEMA, id);
    if (item == NULL)
        return tcn_err_set(reterr, TCN_E_NOT_FOUND, "Block schema not found");
    if (item->is_served)
        return tcn_err_set(reterr, TCN_E_DENIED,
                           "protected block types cannot be deleted.");
    if (is_schema_used(catalog, item))
        return tcn_err_set(reterr, TCN_E_STATE, "Block documents use this schema");
    if (item->is_busy)
        return tcn_catalog_busy(reterr);
    tcn_block_change *change = tcn_block_change_new(catalog, done);
    if (change == NULL)
        return tcn_err_no_memory(reterr);
    return tcn_block_change_end(change, tcn_block_change_remove(change, item), reterr);
}
