/* SPDX-License-Identifier: Apache-2.0 */
/* catalog.h - Prefect's block types, their schemas and block documents: those that the
 * daemon brings, those of files, and those that were made through the API and stand in
 * the store. Reading gives the JSON of Prefect's API, secrets always as ********. [loop]
 */
#ifndef TCN_BLOCK_CATALOG_H
#define TCN_BLOCK_CATALOG_H

#include <jansson.h>
#include <uv.h>

#include "core/plugin/stage.h"
#include "core/store/stored_block.h"

typedef struct tcn_catalog tcn_catalog;

typedef struct tcn_catalog_options {
    uv_loop_t *loop;
    tcn_log *log;
    struct tcn_store *store;
    tcn_plugins *plugins;
    size_t documents; /* most that may be made; of types and schemas, too */
} tcn_catalog_options;

int tcn_catalog_new(const tcn_catalog_options *options, tcn_catalog **ret);
/* From now on; what is there already stays. */
void tcn_catalog_limit_set(tcn_catalog *catalog, size_t documents);
/* [start] Reads the store. A document whose secrets cannot be opened is there and cannot
 * be used. */
int tcn_catalog_load(tcn_catalog *catalog, tcn_err *reterr);
/* The loop must turn once more before it is closed. */
void tcn_catalog_close(tcn_catalog *catalog);

/* Everybody who waits for a change is told TCN_E_CANCELED; before the plugins are closed.
 */
void tcn_catalog_stop(tcn_catalog *catalog);

/* Puts the next document that was made through the API into a stage of the whole set;
 * *pos is 0 at first. false: there are no more. One that is wrong becomes a block that
 * says so when it is used; one whose name and type a file has is a problem, and a warning
 * is told for each plugin that some of them look for in vain. */
bool tcn_catalog_stage_next(tcn_catalog *catalog, tcn_stage *stage, size_t *pos,
                            tcn_problems *problems);

/* ---- reading: new references; NULL when out of memory or, for one, not found ---- */

json_t *tcn_catalog_types(tcn_catalog *catalog);     /* by name */
json_t *tcn_catalog_schemas(tcn_catalog *catalog);   /* newest first */
json_t *tcn_catalog_documents(tcn_catalog *catalog); /* by name */
json_t *tcn_catalog_type(tcn_catalog *catalog, const tcn_uuid *id);
json_t *tcn_catalog_type_by_slug(tcn_catalog *catalog, tcn_str slug);
json_t *tcn_catalog_schema(tcn_catalog *catalog, const tcn_uuid *id);
/* version empty: the newest of them. */
json_t *tcn_catalog_schema_by_checksum(tcn_catalog *catalog, tcn_str checksum,
                                       tcn_str version);
json_t *tcn_catalog_document(tcn_catalog *catalog, const tcn_uuid *id);
/* Whether only an admin may change it so: it names credentials, which the change could
 * send elsewhere, or it would stand under another schema (NULL: it stays), which need not
 * know what is secret in it. */
bool tcn_catalog_document_is_guarded(tcn_catalog *catalog, const tcn_uuid *id,
                                     const tcn_uuid *schema);
/* Does the data, or that of a block to which it refers, name a credential? */
bool tcn_catalog_names_credential(tcn_catalog *catalog, const json_t *data);
json_t *tcn_catalog_document_by_name(tcn_catalog *catalog, tcn_str slug, tcn_str name);

/* ---- changing ----
 * 0: cb runs later, once, when the change is durable and in use, or could not be written
 * (a negative status). Negative, with what a client is told: nothing changed, cb never
 * runs. TCN_E_NOT_FOUND, TCN_E_EXISTS (also: used, or a file's), TCN_E_DENIED,
 * TCN_E_INVALID, TCN_E_LIMIT, TCN_E_BUSY (try again soon), TCN_E_NOMEM. */
typedef struct tcn_catalog_done {
    void (*cb)(int status, const tcn_uuid *id, void *ud);
    void *ud;
} tcn_catalog_done;

/* attributes: name, slug, logo_url, documentation_url, description, code_example. */
int tcn_catalog_type_create(tcn_catalog *catalog, const json_t *attributes,
                            tcn_catalog_done done, tcn_err *reterr);
int tcn_catalog_type_update(tcn_catalog *catalog, const tcn_uuid *id,
                            const json_t *attributes, tcn_catalog_done done,
                            tcn_err *reterr);
/* With its schemas and documents. */
int tcn_catalog_type_remove(tcn_catalog *catalog, const tcn_uuid *id,
                            tcn_catalog_done done, tcn_err *reterr);
/* 1: there is one alike already, *ret_id, and cb does not run. */
int tcn_catalog_schema_create(tcn_catalog *catalog, const tcn_uuid *type_id,
                              const json_t *fields, const json_t *capabilities,
                              const char *version, tcn_catalog_done done,
                              tcn_uuid *ret_id, tcn_err *reterr);
int tcn_catalog_schema_remove(tcn_catalog *catalog, const tcn_uuid *id,
                              tcn_catalog_done done, tcn_err *reterr);

typedef struct tcn_document_change {
    const char *name;     /* NULL: not given */
    const json_t *data;   /* an object; NULL: not given */
    const tcn_uuid *type; /* of a new one */
    const tcn_uuid *schema;
    bool is_anonymous;
    bool is_merged; /* of an old one: what data does not name stays */
} tcn_document_change;
int tcn_catalog_document_create(tcn_catalog *catalog, const tcn_document_change *change,
                                tcn_catalog_done done, tcn_err *reterr);
int tcn_catalog_document_update(tcn_catalog *catalog, const tcn_uuid *id,
                                const tcn_document_change *change, tcn_catalog_done done,
                                tcn_err *reterr);
int tcn_catalog_document_remove(tcn_catalog *catalog, const tcn_uuid *id,
                                tcn_catalog_done done, tcn_err *reterr);

#endif
