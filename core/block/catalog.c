/* SPDX-License-Identifier: Apache-2.0 */
/* catalog.c - the items in memory: a few thousand at most, searched from the beginning.
 * Every function that others call brings the served ones up to date first. */
#include "core/block/change.h"

#include <stdlib.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/base/datetime.h"
#include "core/value/document.h"

json_t *tcn_catalog_time(int64_t at_us)
{
    char text[TCN_DATETIME_TEXT];
    size_t len = tcn_datetime_format(at_us, text);
    return json_stringn(text, len);
}

/* ---- items ---- */

#define BYTES_MAX ((size_t)32 << 20)

static void item_free(tcn_item *item)
{
    if (item == NULL)
        return;
    json_decref(item->body);
    tcn_vault_drop(&item->data);
    tcn_free(item);
}

void tcn_item_measure(tcn_item *item)
{
    item->size = json_dumpb(item->body, NULL, 0, JSON_COMPACT);
}

int tcn_catalog_check_bytes(const tcn_catalog *catalog, tcn_err *reterr)
{
    size_t bytes = 0;
    for (size_t kind = 0; kind < TCN_ITEM_KINDS; kind++)
        for (size_t i = 0; i < catalog->items[kind].count; i++) {
            const tcn_item *item = catalog->items[kind].list[i];
            bytes += item->is_served ? 0 : item->size + item->data.len;
        }
    return bytes <= BYTES_MAX
               ? 0
               : tcn_err_set(reterr, TCN_E_LIMIT,
                             "Blocks, types and schemas of clients have more than 32 MiB "
                             "together");
}

int tcn_catalog_add_own(tcn_catalog *catalog, enum tcn_stored_kind kind,
                        const tcn_uuid *id, json_t *body, tcn_item **ret)
{
    tcn_items *items = &catalog->items[kind];
    tcn_item *item = tcn_alloc_zero(sizeof *item);
    int rc = item == NULL || body == NULL
                 ? TCN_E_NOMEM
                 : tcn_grow((void **)&items->list, &items->capacity, items->count + 1,
                            sizeof(tcn_item *));
    if (rc < 0) {
        json_decref(body);
        tcn_free(item);
        return rc;
    }
    item->kind = kind;
    item->id = *id;
    item->body = body;
    tcn_item_measure(item);
    (void)tcn_uuid_format(id, item->id_text);
    items->list[items->count++] = item;
    *ret = item;
    return 0;
}

static void take_out(tcn_catalog *catalog, tcn_item *item)
{
    tcn_items *items = &catalog->items[item->kind];
    size_t i = 0;
    while (i < items->count && items->list[i] != item)
        i++;
    items->count--;
    memmove(&items->list[i], &items->list[i + 1],
            (items->count - i) * sizeof(tcn_item *));
    item_free(item);
}

void tcn_catalog_drop(tcn_catalog *catalog, tcn_item *item)
{
    if (catalog->is_staging && item->kind == TCN_STORED_DOCUMENT) {
        item->is_leaving = true;
        item->is_dead = true;
        return;
    }
    take_out(catalog, item);
}

void tcn_catalog_bury(tcn_catalog *catalog)
{
    const tcn_items *items = &catalog->items[TCN_STORED_DOCUMENT];
    catalog->is_staging = false;
    json_decref(catalog->lacking);
    catalog->lacking = NULL;
    for (size_t i = items->count; i > 0; i--)
        if (items->list[i - 1]->is_dead)
            take_out(catalog, items->list[i - 1]);
}

tcn_item *tcn_catalog_find(tcn_catalog *catalog, enum tcn_stored_kind kind,
                           const tcn_uuid *id)
{
    const tcn_items *items = &catalog->items[kind];
    for (size_t i = 0; i < items->count; i++)
        if (tcn_uuid_eq(&items->list[i]->id, id) && !items->list[i]->is_leaving)
            return items->list[i];
    return NULL;
}

tcn_item *tcn_catalog_find_text(tcn_catalog *catalog, enum tcn_stored_kind kind,
                                const char *id)
{
    tcn_uuid parsed;
    return tcn_uuid_parse(tcn_str_c(id), &parsed)
               ? tcn_catalog_find(catalog, kind, &parsed)
               : NULL;
}

tcn_item *tcn_catalog_type_of(tcn_catalog *catalog, const char *slug)
{
    const tcn_items *items = &catalog->items[TCN_STORED_TYPE];
    for (size_t i = 0; i < items->count; i++)
        if (strcmp(tcn_item_text(items->list[i], "slug"), slug) == 0 &&
            !items->list[i]->is_leaving)
            return items->list[i];
    return NULL;
}

tcn_item *tcn_catalog_named(tcn_catalog *catalog, const char *type_id, const char *name)
{
    const tcn_items *items = &catalog->items[TCN_STORED_DOCUMENT];
    for (size_t i = 0; i < items->count; i++) {
        tcn_item *item = items->list[i];
        if (strcmp(tcn_item_text(item, "name"), name) == 0 &&
            strcmp(tcn_item_text(item, "block_type_id"), type_id) == 0 &&
            !item->is_leaving)
            return item;
    }
    return NULL;
}

/* ---- life ---- */

int tcn_catalog_new(const tcn_catalog_options *options, tcn_catalog **ret)
{
    tcn_catalog *catalog = tcn_alloc_zero(sizeof *catalog);
    uv_timer_t *timer = tcn_alloc_zero(sizeof *timer);
    if (catalog == NULL || timer == NULL) {
        tcn_free(catalog);
        tcn_free(timer);
        return TCN_E_NOMEM;
    }
    catalog->options = *options;
    catalog->timer = timer;
    catalog->started_at_us = tcn_clock_wall_us();
    tcn_list_init(&catalog->applying);
    tcn_list_init(&catalog->writing);
    (void)uv_timer_init(options->loop, timer);
    timer->data = catalog;
    *ret = catalog;
    return 0;
}

void tcn_catalog_limit_set(tcn_catalog *catalog, size_t documents)
{
    catalog->options.documents = documents;
}

static void on_timer_closed(uv_handle_t *handle)
{
    tcn_free(handle);
}

void tcn_catalog_stop(tcn_catalog *catalog)
{
    if (catalog == NULL)
        return;
    catalog->is_stopped = true;
    tcn_block_change_cancel(catalog);
}

void tcn_catalog_close(tcn_catalog *catalog)
{
    if (catalog == NULL)
        return;
    tcn_block_change_forget(catalog);
    for (size_t kind = 1; kind < TCN_ITEM_KINDS; kind++) {
        tcn_items *items = &catalog->items[kind];
        for (size_t i = 0; i < items->count; i++)
            item_free(items->list[i]);
        tcn_free(items->list);
    }
    uv_close((uv_handle_t *)catalog->timer, on_timer_closed);
    json_decref(catalog->lacking);
    tcn_free(catalog);
}

static int take_row(const tcn_stored_block *row, void *ud)
{
    tcn_catalog *catalog = ud;
    json_t *body = NULL;
    tcn_item *item = NULL;
    if (row->kind < TCN_STORED_TYPE || row->kind > TCN_STORED_DOCUMENT)
        return TCN_E_UNSUPPORTED;
    int rc = tcn_document_read(row->body, &body, NULL);
    if (rc == 0)
        rc = tcn_catalog_add_own(catalog, row->kind, &row->id, body, &item);
    if (rc < 0)
        return rc;
    item->is_stored = true;
    item->data_status = row->secret_status;
    if (row->kind == TCN_STORED_DOCUMENT && row->secret_status == 0)
        rc = tcn_vault_put(&item->data, row->secret);
    return rc;
}

int tcn_catalog_load(tcn_catalog *catalog, tcn_err *reterr)
{
    int rc = tcn_store_blocks_load(catalog->options.store, take_row, catalog, reterr);
    size_t documents = catalog->items[TCN_STORED_DOCUMENT].count;
    if (rc >= 0 && documents > 0 && !tcn_store_seals(catalog->options.store))
        tcn_log_write(catalog->options.log, TCN_LOG_WARNING, "block",
                      "store.secret_key is not set: the secrets of %zu block%s stand in "
                      "the store as they are",
                      documents, tcn_plural(documents));
    return rc;
}

/* ---- reading ---- */

static json_t *present_all(tcn_catalog *catalog, enum tcn_stored_kind kind)
{
    const tcn_items *items = &catalog->items[kind];
    json_t *list = json_array();
    for (size_t i = 0; i < items->count; i++) {
        if (items->list[i]->is_leaving)
            continue;
        if (json_array_append_new(list, tcn_item_present(catalog, items->list[i])) < 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static int by_text(const void *a, const void *b, const char *key)
{
    json_t *const *x = a, *const *y = b;
    const char *left = json_string_value(json_object_get(*x, key));
    const char *right = json_string_value(json_object_get(*y, key));
    return strcmp(left != NULL ? left : "", right != NULL ? right : "");
}

static int by_name(const void *a, const void *b)
{
    return by_text(a, b, "name");
}

static int by_age(const void *a, const void *b)
{
    return by_text(b, a, "created");
}

/* A new list of the same values; takes list over. */
static json_t *sorted(json_t *list, int (*compare)(const void *a, const void *b))
{
    size_t count = json_array_size(list);
    json_t **values = tcn_alloc_array(count + 1, sizeof *values);
    json_t *result = list == NULL || values == NULL ? NULL : json_array();
    for (size_t i = 0; result != NULL && i < count; i++)
        values[i] = json_array_get(list, i);
    if (result != NULL)
        qsort(values, count, sizeof *values, compare);
    for (size_t i = 0; result != NULL && i < count; i++)
        (void)json_array_append(result, values[i]);
    tcn_free(values);
    json_decref(list);
    return result;
}

json_t *tcn_catalog_types(tcn_catalog *catalog)
{
    return tcn_catalog_refresh(catalog) < 0
               ? NULL
               : sorted(present_all(catalog, TCN_STORED_TYPE), by_name);
}

json_t *tcn_catalog_schemas(tcn_catalog *catalog)
{
    return tcn_catalog_refresh(catalog) < 0
               ? NULL
               : sorted(present_all(catalog, TCN_STORED_SCHEMA), by_age);
}

json_t *tcn_catalog_documents(tcn_catalog *catalog)
{
    if (tcn_catalog_refresh(catalog) < 0)
        return NULL;
    json_t *list = present_all(catalog, TCN_STORED_DOCUMENT);
    if (list != NULL && tcn_filed_add(catalog, list) < 0) {
        json_decref(list);
        return NULL;
    }
    return sorted(list, by_name);
}

static json_t *present_one(tcn_catalog *catalog, enum tcn_stored_kind kind,
                           const tcn_uuid *id)
{
    const tcn_item *item =
        tcn_catalog_refresh(catalog) < 0 ? NULL : tcn_catalog_find(catalog, kind, id);
    return item == NULL ? NULL : tcn_item_present(catalog, item);
}

json_t *tcn_catalog_type(tcn_catalog *catalog, const tcn_uuid *id)
{
    return present_one(catalog, TCN_STORED_TYPE, id);
}

json_t *tcn_catalog_schema(tcn_catalog *catalog, const tcn_uuid *id)
{
    return present_one(catalog, TCN_STORED_SCHEMA, id);
}

json_t *tcn_catalog_document(tcn_catalog *catalog, const tcn_uuid *id)
{
    json_t *document = present_one(catalog, TCN_STORED_DOCUMENT, id);
    return document != NULL ? document : tcn_filed_by_id(catalog, id);
}

json_t *tcn_catalog_type_by_slug(tcn_catalog *catalog, tcn_str slug)
{
    json_t *found = NULL;
    char *text = tcn_strdup_n(slug.ptr, slug.len);
    if (text != NULL && tcn_catalog_refresh(catalog) == 0) {
        const tcn_item *item = tcn_catalog_type_of(catalog, text);
        found = item == NULL ? NULL : tcn_item_present(catalog, item);
    }
    tcn_free(text);
    return found;
}

json_t *tcn_catalog_schema_by_checksum(tcn_catalog *catalog, tcn_str checksum,
                                       tcn_str version)
{
    const tcn_item *found = NULL;
    if (tcn_catalog_refresh(catalog) < 0)
        return NULL;
    const tcn_items *items = &catalog->items[TCN_STORED_SCHEMA];
    for (size_t i = 0; i < items->count; i++) {
        const tcn_item *item = items->list[i];
        bool is_alike =
            tcn_str_eq_c(checksum, tcn_item_text(item, "checksum")) &&
            (version.len == 0 || tcn_str_eq_c(version, tcn_item_text(item, "version")));
        if (is_alike && (found == NULL || strcmp(tcn_item_text(item, "created"),
                                                 tcn_item_text(found, "created")) > 0))
            found = item;
    }
    return found == NULL ? NULL : tcn_item_present(catalog, found);
}

json_t *tcn_catalog_document_by_name(tcn_catalog *catalog, tcn_str slug, tcn_str name)
{
    json_t *found = NULL;
    char *slug_text = tcn_strdup_n(slug.ptr, slug.len);
    char *name_text = tcn_strdup_n(name.ptr, name.len);
    if (slug_text != NULL && name_text != NULL && tcn_catalog_refresh(catalog) == 0) {
        const tcn_item *type = tcn_catalog_type_of(catalog, slug_text);
        const tcn_item *item =
            type == NULL ? NULL : tcn_catalog_named(catalog, type->id_text, name_text);
        found = item != NULL ? tcn_item_present(catalog, item)
                             : tcn_filed_by_name(catalog, slug_text, name_text);
    }
    tcn_free(slug_text);
    tcn_free(name_text);
    return found;
}
