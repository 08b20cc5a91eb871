/* SPDX-License-Identifier: Apache-2.0 */
/* reference.c - one document may stand in another one: {"$ref": {"block_document_id":
 * ID}} as the value of a field. */
#include "core/block/catalog_int.h"
#include "core/plugin/prefect_options.h"

#define DEPTH_MAX 4

tcn_item *tcn_reference_of(tcn_catalog *catalog, const json_t *value, const char **ret_id)
{
    const json_t *reference = json_object_get(value, "$ref");
    const char *id = json_string_value(json_object_get(reference, "block_document_id"));
    if (id == NULL) /* the form of older clients */
        id = json_string_value(reference);
    if (ret_id != NULL)
        *ret_id = id;
    return id == NULL || catalog == NULL
               ? NULL
               : tcn_catalog_find_text(catalog, TCN_STORED_DOCUMENT, id);
}

static int resolve(tcn_catalog *catalog, json_t *data, int depth, tcn_err *reterr);

/* *ret: what stands in the place of the reference. */
static int resolve_one(tcn_catalog *catalog, const tcn_item *other, int depth,
                       json_t **ret, tcn_err *reterr)
{
    const tcn_item *type = tcn_catalog_find_text(catalog, TCN_STORED_TYPE,
                                                 tcn_item_text(other, "block_type_id"));
    json_t *data = tcn_vault_json(&other->data);
    if (data == NULL || depth == 0) {
        json_decref(data);
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "refers to block \"%s\", which cannot be read",
                           tcn_item_text(other, "name"));
    }
    int rc = resolve(catalog, data, depth - 1, reterr);
    *ret = rc < 0 ? NULL
                  : json_pack("{s:{s:s, s:s, s:O}}", TCN_PREFECT_REFERENCE, "slug",
                              type == NULL ? "?" : tcn_item_text(type, "slug"), "name",
                              tcn_item_text(other, "name"), "data", data);
    json_decref(data);
    return rc < 0 ? rc : *ret == NULL ? TCN_E_NOMEM : 0;
}

/* *ret: what stands in its place; NULL: it is no reference. */
static int resolve_value(tcn_catalog *catalog, const json_t *value, int depth,
                         json_t **ret, tcn_err *reterr)
{
    const char *id = NULL;
    const tcn_item *other = tcn_reference_of(catalog, value, &id);
    *ret = NULL;
    /* What it becomes here, with another block's data, is not for clients to write. */
    if (json_object_get(value, TCN_PREFECT_REFERENCE) != NULL)
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "must name another block by its id: {\"$ref\": "
                           "{\"block_document_id\": ID}}");
    if (id == NULL)
        return 0;
    return other == NULL ? tcn_err_set(reterr, TCN_E_NOT_FOUND,
                                       "refers to block %.40s, which does not exist", id)
                         : resolve_one(catalog, other, depth, ret, reterr);
}

static int resolve(tcn_catalog *catalog, json_t *data, int depth, tcn_err *reterr)
{
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe(data, next, key, value)
    {
        json_t *resolved = NULL;
        int rc = resolve_value(catalog, value, depth, &resolved, reterr);
        if (rc == 0 && resolved != NULL && json_object_set_new(data, key, resolved) < 0)
            rc = TCN_E_NOMEM;
        if (rc < 0) {
            tcn_err_within(reterr, key);
            return rc;
        }
    }
    return 0;
}

int tcn_reference_resolve(tcn_catalog *catalog, const json_t *data, json_t **ret,
                          tcn_err *reterr)
{
    json_t *copy = json_deep_copy(data);
    int rc = copy == NULL ? TCN_E_NOMEM : resolve(catalog, copy, DEPTH_MAX, reterr);
    if (rc < 0)
        json_decref(copy);
    else
        *ret = copy;
    return rc;
}

static bool refers_to(tcn_catalog *catalog, const tcn_item *document,
                      const tcn_item *other)
{
    json_t *data = document->data.len == 0 ? NULL : tcn_vault_json(&document->data);
    const char *key;
    json_t *value;
    bool found = false;
    json_object_foreach(data, key, value) found =
        found || tcn_reference_of(catalog, value, NULL) == other;
    json_decref(data);
    return found;
}

tcn_item *tcn_reference_user(tcn_catalog *catalog, const tcn_item *document,
                             const tcn_item *after)
{
    const tcn_items *items = &catalog->items[TCN_STORED_DOCUMENT];
    bool is_behind = after == NULL;
    for (size_t i = 0; i < items->count; i++) {
        tcn_item *item = items->list[i];
        if (is_behind && !item->is_leaving && refers_to(catalog, item, document))
            return item;
        is_behind = is_behind || item == after;
    }
    return NULL;
}
