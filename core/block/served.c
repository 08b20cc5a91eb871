/* SPDX-License-Identifier: Apache-2.0 */
/* served.c - the types that plugins bring and their schemas are made anew when the
 * plugins change. Their ids follow from what they are, so that a document finds its
 * schema again after a restart. */
#include "core/block/catalog_int.h"

#include <stdio.h>

#include "core/block/checksum.h"
#include "core/plugin/block_types.h"

#define OWN     "tocsin-"
#define PREFECT "prefect."

void tcn_catalog_type_name(const char *slug, char *out, size_t size)
{
    if (strncmp(slug, OWN, strlen(OWN)) == 0)
        (void)snprintf(out, size, "%s", slug + strlen(OWN));
    else
        (void)snprintf(out, size, PREFECT "%s", slug);
}

void tcn_catalog_slug_of(const char *type, char *out, size_t size)
{
    if (strncmp(type, PREFECT, strlen(PREFECT)) == 0)
        (void)snprintf(out, size, "%s", type + strlen(PREFECT));
    else
        (void)snprintf(out, size, OWN "%s", type);
}

/* A type that a client changed (its logo, ...) keeps what the client said. */
static int add_type(tcn_catalog *catalog, const json_t *type, tcn_item **ret)
{
    const char *slug = json_string_value(json_object_get(type, "slug"));
    tcn_item *known = tcn_catalog_type_of(catalog, slug);
    *ret = known;
    if (known != NULL) {
        known->is_served = true;
        return 0;
    }
    tcn_uuid id = tcn_uuid_v5_named("block-type", tcn_str_c(slug));
    json_t *body = json_pack(
        "{s:o, s:o, s:O, s:O, s:n, s:n, s:O, s:n, s:b}", "created",
        tcn_catalog_time(catalog->started_at_us), "updated",
        tcn_catalog_time(catalog->started_at_us), "name", json_object_get(type, "name"),
        "slug", json_object_get(type, "slug"), "logo_url", "documentation_url",
        "description", json_object_get(type, "description"), "code_example",
        "is_protected", 1);
    int rc = tcn_catalog_add_own(catalog, TCN_STORED_TYPE, &id, body, ret);
    if (rc == 0)
        (*ret)->is_served = true;
    return rc;
}

static json_t *capabilities_of(const json_t *type)
{
    json_t *list = json_array();
    json_t *capability = json_object_get(type, "capability");
    if (json_is_string(capability))
        (void)json_array_append(list, capability);
    return list;
}

static int add_schema(tcn_catalog *catalog, const json_t *type, const tcn_item *owner)
{
    char checksum[TCN_CHECKSUM_TEXT];
    int rc = tcn_block_checksum(json_object_get(type, "fields"), checksum);
    if (rc < 0)
        return rc;
    tcn_uuid id = tcn_uuid_v5_named("block-schema", tcn_str_c(checksum));
    tcn_item *item = tcn_catalog_find(catalog, TCN_STORED_SCHEMA, &id);
    if (item == NULL) {
        json_t *body =
            json_pack("{s:o, s:o, s:s, s:O, s:s, s:o, s:O}", "created",
                      tcn_catalog_time(catalog->started_at_us), "updated",
                      tcn_catalog_time(catalog->started_at_us), "checksum", checksum,
                      "fields", json_object_get(type, "fields"), "block_type_id",
                      owner->id_text, "capabilities", capabilities_of(type), "version",
                      json_object_get(type, "version"));
        rc = tcn_catalog_add_own(catalog, TCN_STORED_SCHEMA, &id, body, &item);
    }
    if (rc == 0)
        item->is_served = true;
    return rc;
}

/* What is served no more goes, unless it is stored, too. */
static void forget(tcn_catalog *catalog, enum tcn_stored_kind kind)
{
    tcn_items *items = &catalog->items[kind];
    for (size_t i = items->count; i > 0; i--) {
        tcn_item *item = items->list[i - 1];
        if (item->is_served && !item->is_stored)
            tcn_catalog_drop(catalog, item);
        else
            item->is_served = false;
    }
}

int tcn_catalog_refresh(tcn_catalog *catalog)
{
    uint64_t revision = tcn_plugins_revision(catalog->options.plugins);
    if (catalog->revision == revision + 1)
        return 0;
    json_t *types = tcn_plugins_block_types(catalog->options.plugins);
    int rc = types == NULL ? TCN_E_NOMEM : 0;
    if (rc == 0) {
        forget(catalog, TCN_STORED_SCHEMA);
        forget(catalog, TCN_STORED_TYPE);
    }
    for (size_t i = 0; rc == 0 && i < json_array_size(types); i++) {
        const json_t *type = json_array_get(types, i);
        tcn_item *item = NULL;
        rc = add_type(catalog, type, &item);
        if (rc == 0)
            rc = add_schema(catalog, type, item);
    }
    json_decref(types);
    catalog->revision = rc == 0 ? revision + 1 : 0;
    return rc;
}
