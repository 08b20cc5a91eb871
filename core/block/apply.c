/* SPDX-License-Identifier: Apache-2.0 */
/* apply.c - a document as a block of the registry, by a stage of its own. */
#include "core/block/catalog_int.h"

#include <stdio.h>

#define LACK_BYTES 8192

static bool can_notify(tcn_catalog *catalog, const tcn_item *document)
{
    const tcn_item *schema = tcn_catalog_find_text(
        catalog, TCN_STORED_SCHEMA, tcn_item_text(document, "block_schema_id"));
    const json_t *list =
        schema == NULL ? NULL : json_object_get(schema->body, "capabilities");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (text != NULL && strcmp(text, "notify") == 0)
            return true;
    }
    return false;
}

/* The document as a block's; a new reference. */
static int block_document(tcn_catalog *catalog, const tcn_item *document, json_t **ret,
                          tcn_err *reterr)
{
    char type[128];
    json_t *data = NULL, *resolved = NULL;
    if (document->data_status < 0)
        return tcn_err_set(reterr, TCN_E_DENIED,
                           "its secrets cannot be opened with this store.secret_key");
    data = tcn_vault_json(&document->data);
    int rc = data == NULL ? TCN_E_NOMEM
                          : tcn_reference_resolve(catalog, data, &resolved, reterr);
    json_decref(data);
    if (rc < 0) {
        tcn_err_within(reterr, "options");
        return rc;
    }
    tcn_catalog_type_name(tcn_item_text(document, "block_type_slug"), type, sizeof type);
    *ret = json_pack("{s:s, s:s, s:o}", "name", tcn_item_text(document, "name"), "type",
                     type, "options", resolved);
    return *ret == NULL ? TCN_E_NOMEM : 0;
}

/* The first error, and how many more there are. */
static void sum_up(const tcn_problems *problems, int rc, tcn_err *reterr)
{
    for (size_t i = 0; i < problems->count; i++) {
        const tcn_err *err = &problems->items[i].err;
        if (problems->items[i].is_warning)
            continue;
        int code = err->code == TCN_E_EXISTS ? TCN_E_EXISTS : TCN_E_INVALID;
        if (problems->errors > 1)
            (void)tcn_err_field(reterr, code, err->field,
                                "%.400s (and %zu more problems)", err->text,
                                problems->errors - 1);
        else
            (void)tcn_err_field(reterr, code, err->field, "%s", err->text);
        return;
    }
    (void)tcn_err_set(reterr, rc, "%s", tcn_err_text(rc));
}

static int put(tcn_catalog *catalog, tcn_stage *stage, const tcn_item *document,
               tcn_err *reterr)
{
    json_t *block = NULL, *shown = tcn_item_masked(catalog, document);
    int rc =
        shown == NULL ? TCN_E_NOMEM : block_document(catalog, document, &block, reterr);
    if (rc == 0) {
        const tcn_block_origin origin = {
            .is_api = true,
            .id = &document->id,
            .can_notify = can_notify(catalog, document),
            .shown = shown,
        };
        tcn_problems problems;
        tcn_problems_init(&problems);
        rc = tcn_stage_block_put(stage, block, &origin, &problems);
        if (rc < 0) {
            sum_up(&problems, rc, reterr);
            rc = rc == TCN_E_NOMEM ? rc : reterr->code;
        }
        tcn_problems_deinit(&problems);
    }
    json_decref(block);
    json_decref(shown);
    return rc;
}

/* A plugin that is not there is one fault, however many documents wait for it. */
static void tell_refusal(tcn_catalog *catalog, const tcn_stage *stage, const char *name,
                         const char *type, const char *refusal)
{
    if (!catalog->is_staging || !tcn_stage_lacks(stage, type)) {
        tcn_log_write(catalog->options.log, TCN_LOG_WARNING, "block",
                      "block %s cannot be used: %s", name, refusal);
        return;
    }
    if (catalog->lacking == NULL)
        catalog->lacking = json_object();
    if (json_object_get(catalog->lacking, type) == NULL)
        (void)json_object_set_new(catalog->lacking, type, json_array());
    (void)json_array_append_new(json_object_get(catalog->lacking, type),
                                json_string(name));
}

static void tell_lacking(tcn_catalog *catalog, const tcn_stage *stage,
                         tcn_problems *problems)
{
    const char *type;
    const json_t *names;
    bool is_cause_told = false;
    json_object_foreach(catalog->lacking, type, names)
    {
        tcn_err err = {0};
        tcn_buf text;
        tcn_buf_init(&text, LACK_BYTES);
        tcn_stage_lack_write(stage, type, names, &is_cause_told, &text);
        (void)tcn_err_set(&err, TCN_E_NOT_FOUND, "%.*s", TCN_STR_ARG(tcn_buf_str(&text)));
        tcn_problems_warn(problems, &err);
        tcn_buf_deinit(&text);
    }
    json_decref(catalog->lacking);
    catalog->lacking = NULL;
}

/* In place of one that is wrong: a block that says so. */
static int put_refused(tcn_catalog *catalog, tcn_stage *stage, const tcn_item *document,
                       const tcn_err *why)
{
    char type[128], refusal[600];
    tcn_catalog_type_name(tcn_item_text(document, "block_type_slug"), type, sizeof type);
    snprintf(refusal, sizeof refusal, "The notification block was invalid: %s%s%.200s",
             why->field, why->field[0] != '\0' ? " " : "", why->text);
    json_t *shown = json_object();
    json_t *block =
        json_pack("{s:s, s:s}", "name", tcn_item_text(document, "name"), "type", type);
    const tcn_block_origin origin = {
        .is_api = true,
        .id = &document->id,
        .refusal = refusal,
        .can_notify = can_notify(catalog, document),
        .shown = shown,
    };
    tcn_problems problems;
    tcn_problems_init(&problems);
    int rc = block == NULL || shown == NULL
                 ? TCN_E_NOMEM
                 : tcn_stage_block_put(stage, block, &origin, &problems);
    tcn_problems_deinit(&problems);
    tell_refusal(catalog, stage, tcn_item_text(document, "name"), type, refusal);
    json_decref(block);
    json_decref(shown);
    return rc;
}

int tcn_apply_try(tcn_catalog *catalog, const tcn_item *document, tcn_err *reterr)
{
    tcn_stage *stage = NULL;
    int rc = tcn_stage_begin(catalog->options.plugins, NULL, TCN_STAGE_SOME, &stage);
    if (rc == TCN_E_BUSY)
        return tcn_err_set(reterr, rc, "A reload is under way");
    if (rc < 0)
        return tcn_err_set(reterr, rc, "out of memory");
    rc = put(catalog, stage, document, reterr);
    tcn_stage_abort(stage);
    return rc;
}

int tcn_apply_put(tcn_catalog *catalog, const tcn_item *document)
{
    tcn_stage *stage = NULL;
    tcn_err err = {0};
    int rc = tcn_stage_begin(catalog->options.plugins, NULL, TCN_STAGE_SOME, &stage);
    if (rc < 0)
        return rc;
    if (put(catalog, stage, document, &err) < 0)
        rc = put_refused(catalog, stage, document, &err);
    if (rc == 0)
        tcn_stage_commit(stage);
    else
        tcn_stage_abort(stage);
    return rc;
}

int tcn_apply_remove(tcn_catalog *catalog, const char *id)
{
    tcn_stage *stage = NULL;
    int rc = tcn_stage_begin(catalog->options.plugins, NULL, TCN_STAGE_SOME, &stage);
    if (rc < 0)
        return rc;
    if (tcn_stage_block_remove(stage, tcn_str_c(id)) == 0)
        tcn_stage_commit(stage);
    else
        tcn_stage_abort(stage);
    return 0;
}

bool tcn_catalog_stage_next(tcn_catalog *catalog, tcn_stage *stage, size_t *pos,
                            tcn_problems *problems)
{
    const tcn_items *items = &catalog->items[TCN_STORED_DOCUMENT];
    if (*pos == 0)
        tcn_catalog_bury(catalog);
    catalog->is_staging = *pos < items->count;
    if (!catalog->is_staging) {
        tell_lacking(catalog, stage, problems);
        return false;
    }
    const tcn_item *item = items->list[(*pos)++];
    tcn_err err = {0};
    int rc = item->is_leaving ? 0 : put(catalog, stage, item, &err);
    if (rc == TCN_E_EXISTS)
        tcn_problems_add(problems, &err);
    else if (rc < 0)
        (void)put_refused(catalog, stage, item, &err);
    return true;
}
