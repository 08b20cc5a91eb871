/* SPDX-License-Identifier: Apache-2.0 */
/* catalog_int.h - the catalog's inside: catalog.c keeps the items, served.c makes those
 * of the daemon itself, present.c shows them, change.c changes them in memory and in the
 * store, apply.c in the registry of plugins. */
#ifndef TCN_BLOCK_CATALOG_INT_H
#define TCN_BLOCK_CATALOG_INT_H

#include "core/base/list.h"
#include "core/block/catalog.h"
#include "core/block/vault.h"

/* A type, a schema or a document, as it stands in the store. */
typedef struct tcn_item {
    enum tcn_stored_kind kind;
    tcn_uuid id;
    char id_text[TCN_UUID_TEXT + 1];
    json_t *body;    /* what is stored of it; nothing secret */
    size_t size;     /* of that as text */
    tcn_vault data;  /* of a document */
    int data_status; /* 0, or why its data is not at hand */
    bool is_served;  /* the daemon brings it; it may be stored besides */
    bool is_stored;
    bool is_busy;    /* a change of it is not over */
    bool is_leaving; /* its removal is being written */
    bool is_dead;    /* it goes as soon as nobody counts on its place */
} tcn_item;

#define TCN_ITEM_KINDS 4 /* kinds begin at 1 */

typedef struct tcn_items {
    tcn_item **list;
    size_t count, capacity;
} tcn_items;

struct tcn_catalog {
    tcn_catalog_options options;
    tcn_items items[TCN_ITEM_KINDS];
    uint64_t revision; /* of the plugins that served items were made from */
    int64_t started_at_us;
    bool is_staging;   /* documents are put into a stage one after the other */
    json_t *lacking;   /* of these, names by the plugin that is not there; or NULL */
    bool is_stopped;   /* nothing reaches the registry any more */
    tcn_list applying; /* changes that are written and wait for the registry */
    tcn_list writing;
    uv_timer_t *timer; /* tries the first of applying again */
};

static inline const char *tcn_item_text(const tcn_item *item, const char *key)
{
    const char *text = json_string_value(json_object_get(item->body, key));
    return text != NULL ? text : "";
}

/* catalog.c */
/* Of those that are there; NULL: none. */
tcn_item *tcn_catalog_find(tcn_catalog *catalog, enum tcn_stored_kind kind,
                           const tcn_uuid *id);
tcn_item *tcn_catalog_find_text(tcn_catalog *catalog, enum tcn_stored_kind kind,
                                const char *id);
tcn_item *tcn_catalog_type_of(tcn_catalog *catalog, const char *slug);
tcn_item *tcn_catalog_named(tcn_catalog *catalog, const char *type_id, const char *name);
/* Takes body over, also on failure. *ret is in the catalog. */
int tcn_catalog_add_own(tcn_catalog *catalog, enum tcn_stored_kind kind,
                        const tcn_uuid *id, json_t *body, tcn_item **ret);
/* Takes it out of the catalog and frees it, now or when no stage counts on its place. */
void tcn_catalog_drop(tcn_catalog *catalog, tcn_item *item);
/* What could not be dropped when it was to be. */
void tcn_catalog_bury(tcn_catalog *catalog);
/* TCN_E_LIMIT when all that clients made has too many bytes: every list of them is made
 * in memory. */
int tcn_catalog_check_bytes(const tcn_catalog *catalog, tcn_err *reterr);
/* For a new body: takes its size. */
void tcn_item_measure(tcn_item *item);
/* "2026-11-25T23:59:59.123456Z"; a new reference. */
json_t *tcn_catalog_time(int64_t at_us);

/* served.c: brings the served items up to what the plugins are now. 0 or TCN_E_NOMEM. */
int tcn_catalog_refresh(tcn_catalog *catalog);
/* "slack-webhook" to "prefect.slack-webhook", "tocsin-slack" to "slack". */
void tcn_catalog_type_name(const char *slug, char *out, size_t size);
/* The slug of a block's type; the other way. */
void tcn_catalog_slug_of(const char *type, char *out, size_t size);

/* present.c: as Prefect's API shows it. */
json_t *tcn_item_present(tcn_catalog *catalog, const tcn_item *item);
/* Paths of the document's secrets: those of its schema and those that the daemon knows of
 * its type. A new reference. */
json_t *tcn_item_secret_paths(tcn_catalog *catalog, const tcn_item *document);
/* The document's data with secrets masked; a new reference. */
json_t *tcn_item_masked(tcn_catalog *catalog, const tcn_item *document);

/* filed.c: blocks of files as documents; new references, NULL: there is none. */
int tcn_filed_add(tcn_catalog *catalog, json_t *list);
const tcn_block *tcn_filed_find(tcn_catalog *catalog, const tcn_uuid *id);
json_t *tcn_filed_by_id(tcn_catalog *catalog, const tcn_uuid *id);
json_t *tcn_filed_by_name(tcn_catalog *catalog, const char *slug, const char *name);

/* types.c */
/* TCN_E_BUSY with its text; TCN_E_LIMIT: there are as many as there may be. */
int tcn_catalog_busy(tcn_err *reterr);
int tcn_catalog_check_room(const tcn_catalog *catalog, enum tcn_stored_kind kind,
                           tcn_err *reterr);

/* reference.c: data with {"$ref": {"block_document_id"}} replaced by what the plugins
 * understand (prefect_options.h). TCN_E_NOT_FOUND: no such document. */
int tcn_reference_resolve(tcn_catalog *catalog, const json_t *data, json_t **ret,
                          tcn_err *reterr);
/* The document that a value refers to, NULL: none, or there is no catalog. *ret_id: what
 * it says, or NULL. */
tcn_item *tcn_reference_of(tcn_catalog *catalog, const json_t *value,
                           const char **ret_id);
/* The next document that refers to this one, behind after (NULL: the first), or NULL. */
tcn_item *tcn_reference_user(tcn_catalog *catalog, const tcn_item *document,
                             const tcn_item *after);

/* apply.c: tries the document (its new body and data) in a stage that is given up again.
 */
int tcn_apply_try(tcn_catalog *catalog, const tcn_item *document, tcn_err *reterr);
/* Puts it, or what is left of it, into the registry. TCN_E_BUSY: not now. */
int tcn_apply_put(tcn_catalog *catalog, const tcn_item *document);
int tcn_apply_remove(tcn_catalog *catalog, const char *id);

#endif
