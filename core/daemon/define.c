/* SPDX-License-Identifier: Apache-2.0 */
/* define.c - the definitions that a start puts in force: those of the files, or, when the
 * files are wrong, the last good ones that the store kept. A start is a stage from
 * nothing, and does not wait for instances to start. */
#include <stdio.h>

#include "core/base/alloc.h"
#include "core/daemon/missing.h"
#include "core/daemon/references.h"
#include "core/daemon/settings.h"
#include "core/value/document.h"

uint64_t tcn_daemon_blocks_hash(const char *text)
{
    return tcn_hash(text, strlen(text), 0);
}

/* What the files say; zeroed at first. */
typedef struct definitions {
    tcn_found blocks, objects;
    tcn_automations automations;
    uint64_t against;
} definitions;

static void definitions_deinit(definitions *found)
{
    tcn_automations_deinit(&found->automations);
    tcn_found_deinit(&found->objects);
    tcn_found_deinit(&found->blocks);
}

/* The blocks that were made through the API; a check has none at hand. */
static void stage_catalog(tcn_catalog *catalog, tcn_stage *stage, tcn_problems *problems)
{
    size_t pos = 0;
    while (catalog != NULL && tcn_catalog_stage_next(catalog, stage, &pos, problems))
        continue;
}

/* Plugins, blocks, then automations. While a block is wrong, blocks that actions name are
 * not looked up: its own problem is told already. */
static void read_definitions(const tcn_config *config, tcn_catalog *catalog,
                             tcn_stage *stage, definitions *ret, tcn_problems *problems)
{
    tcn_definitions_limits limits = tcn_settings_definitions(config);
    tcn_stage_files_read(stage);
    (void)tcn_stage_files_check(stage, problems);
    tcn_definitions_read_blocks(config->blocks_dir, &limits, &ret->blocks, problems);
    tcn_definitions_read_automations(config->automations_dir, &limits, NULL,
                                     &ret->objects, problems);
    size_t errors = problems->errors;
    tcn_missing_tell(stage, &ret->blocks, problems);
    for (size_t i = 0; i < ret->blocks.count; i++)
        tcn_definitions_block(stage, &ret->blocks, i, problems);
    stage_catalog(catalog, stage, problems);
    tcn_definitions_fallbacks(stage, &ret->blocks, problems);
    const tcn_blocks *known = problems->errors > errors ? NULL : tcn_stage_blocks(stage);
    const tcn_definitions_against against = {&limits, known, NULL};
    ret->against = tcn_definitions_against_hash(&limits, known);
    tcn_definitions_automations(&ret->objects, &against, &ret->automations, problems);
}

/* What the first reload compares with, and need not read again. found NULL: they come
 * from the store. */
static int keep(tcn_daemon *daemon, const definitions *found)
{
    tcn_kept kept = {0};
    int rc = found == NULL
                 ? tcn_definitions_keep_engine(tcn_ingest_engine(daemon->ingest), &kept)
                 : tcn_definitions_keep(&found->objects, &found->automations,
                                        found->against, &kept);
    if (rc >= 0)
        tcn_reload_keep(daemon->reload, &kept);
    tcn_kept_deinit(&kept);
    return rc;
}

/* Puts in force, with the first step, what is not what the store has. */
static int define(tcn_daemon *daemon, definitions *found)
{
    char *automations = NULL, *blocks = NULL;
    tcn_change *change = NULL;
    bool is_same = tcn_definitions_are_in_force(&found->automations,
                                                tcn_ingest_engine(daemon->ingest));
    daemon->automations = found->automations.count;
    int rc = tcn_definitions_blocks_text(&found->blocks, &blocks);
    if (rc >= 0 && !is_same)
        rc = tcn_definitions_automations_text(&found->automations, &automations);
    uint64_t hash = rc < 0 ? 0 : tcn_daemon_blocks_hash(blocks);
    bool has_blocks = rc >= 0 && hash != daemon->blocks_hash;
    if (rc >= 0 && (has_blocks || !is_same)) {
        change = tcn_alloc_zero(sizeof *change);
        rc = change == NULL ? TCN_E_NOMEM : 0;
    }
    if (change != NULL) {
        change->automations = automations;
        change->blocks = has_blocks ? blocks : NULL;
        blocks = has_blocks ? NULL : blocks;
        daemon->blocks_hash = hash;
        rc = tcn_ingest_change_own(daemon->ingest, change);
        automations = NULL;
    }
    tcn_free(automations);
    tcn_free(blocks);
    return rc;
}

/* ---- the last good definitions ---- */

/* NULL: there never were any. A new reference. */
static json_t *last_good_blocks(tcn_daemon *daemon)
{
    tcn_buf text;
    tcn_buf_init(&text, SIZE_MAX);
    json_t *blocks = NULL;
    if (tcn_store_meta_get(daemon->store, TCN_STORE_BLOCKS, &text) >= 0 &&
        tcn_buf_add(&text, "", 1) >= 0) {
        daemon->blocks_hash = tcn_daemon_blocks_hash(text.ptr);
        (void)tcn_document_read_own(tcn_str_of(text.ptr, text.len - 1), &blocks, NULL);
    }
    tcn_buf_deinit(&text);
    return blocks;
}

static void tell_fallback(tcn_daemon *daemon, const tcn_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        const tcn_problem *problem = &problems->items[i];
        char text[1024];
        tcn_log_write(daemon->log, problem->is_warning ? TCN_LOG_WARNING : TCN_LOG_ERROR,
                      "config", "%s", tcn_err_format(&problem->err, text, sizeof text));
    }
    daemon->fallback = problems->errors;
    (void)snprintf(daemon->fallback_text, sizeof daemon->fallback_text,
                   "running the last good definitions: %zu problem%s in the files",
                   problems->errors, tcn_plural(problems->errors));
    tcn_log_write(daemon->log, TCN_LOG_ERROR, "config", "%s", daemon->fallback_text);
    tcn_reload_note(daemon->reload, "fallback", problems);
}

static const json_t *find_document(const char *name, void *ud)
{
    size_t i;
    const json_t *document, *list = ud;
    json_array_foreach((json_t *)(uintptr_t)list, i, document)
    {
        const char *own = json_string_value(json_object_get(document, "name"));
        if (own != NULL && strcmp(own, name) == 0)
            return document;
    }
    return NULL;
}

static void put_last_good(tcn_stage *stage, const json_t *blocks, const json_t *document,
                          tcn_problems *problems)
{
    json_t *whole = tcn_references_resolve(document, find_document,
                                           (void *)(uintptr_t)blocks, problems);
    if (whole != NULL)
        (void)tcn_stage_block_add(stage, whole, problems);
    json_decref(whole);
}

/* The blocks that the store kept; the automations are in the engine already. What cannot
 * be made of a block now is tried again, and its actions wait. */
static int start_last_good(tcn_daemon *daemon, const json_t *blocks)
{
    tcn_stage *stage = NULL;
    tcn_problems ignored;
    tcn_problems_init(&ignored);
    int rc = tcn_stage_begin(daemon->plugins, NULL, TCN_STAGE_ALL, &stage);
    if (rc < 0)
        return rc;
    tcn_stage_lenient(stage);
    tcn_stage_files_read(stage);
    (void)tcn_stage_files_check(stage, &ignored);
    size_t i;
    const json_t *document;
    json_array_foreach(blocks, i, document)
        put_last_good(stage, blocks, document, &ignored);
    stage_catalog(daemon->catalog, stage, &ignored);
    tcn_stage_commit(stage);
    tcn_problems_deinit(&ignored);
    daemon->automations = tcn_engine_automation_count(tcn_ingest_engine(daemon->ingest));
    return keep(daemon, NULL);
}

int tcn_daemon_define(tcn_daemon *daemon, tcn_problems *problems)
{
    tcn_stage *stage = NULL;
    definitions found = {0};
    tcn_problems own;
    tcn_problems_init(&own);
    json_t *last_good = last_good_blocks(daemon);
    int rc = tcn_stage_begin(daemon->plugins, NULL, TCN_STAGE_ALL, &stage);
    if (rc >= 0) {
        read_definitions(&daemon->config, daemon->catalog, stage, &found, &own);
        bool is_good = own.errors == 0;
        if (is_good)
            rc = define(daemon, &found);
        if (is_good && rc >= 0)
            rc = keep(daemon, &found);
        if (is_good && rc >= 0)
            tcn_stage_commit(stage);
        else
            tcn_stage_abort(stage);
        tcn_reload_note(daemon->reload, "committed", &own);
        if (!is_good && last_good != NULL && !daemon->is_strict) {
            tell_fallback(daemon, &own);
            tcn_problems_deinit(&own);
            rc = start_last_good(daemon, last_good);
        }
    }
    definitions_deinit(&found);
    json_decref(last_good);
    tcn_problems_move(problems, &own);
    if (rc < 0)
        tcn_problems_add(problems, &(tcn_err){.code = rc});
    return rc;
}

void tcn_daemon_check_definitions(tcn_daemon *daemon, tcn_problems *problems)
{
    tcn_stage *stage = NULL;
    definitions found = {0};
    int rc = tcn_stage_begin(daemon->plugins, NULL, TCN_STAGE_ALL, &stage);
    if (rc < 0) {
        tcn_problems_add(problems, &(tcn_err){.code = rc});
        return;
    }
    read_definitions(&daemon->config, NULL, stage, &found, problems);
    tcn_stage_abort(stage);
    definitions_deinit(&found);
}
