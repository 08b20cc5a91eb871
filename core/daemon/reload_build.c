/* SPDX-License-Identifier: Apache-2.0 */
/* reload_build.c - from files to what could run. Files and constructors are for the
 * helper's thread; what must be on the loop is cut into slices of a millisecond, so that
 * no event waits. All problems are gathered, not only the first. */
#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/daemon/missing.h"
#include "core/daemon/reload_int.h"

#define SLICE_US 1000

static void load(tcn_reload *reload);
static void check(tcn_reload *reload);

/* Runs work on the helper; done is the next phase. */
static void help(tcn_reload *reload, void (*work)(void *ud), void (*done)(void *ud))
{
    int rc = tcn_helper_run(reload->helper, work, done, reload);
    if (rc >= 0)
        return;
    tcn_reload_complain(reload, rc, "no thread could be made");
    tcn_reload_end(reload, NULL);
}

/* ---- configuration and definitions ---- */

static void note_kept_keys(tcn_reload *reload)
{
    tcn_reload_run *run = &reload->run;
    for (size_t i = 0;; i++) {
        const char *name = tcn_config_kept_key(&reload->daemon->config, &run->config, i);
        if (name == NULL)
            return;
        json_t *text = json_sprintf("%s needs a restart: it stays as it was", name);
        (void)json_array_append_new(run->notes, text);
    }
}

static void read_files(void *ud)
{
    tcn_reload *reload = ud;
    tcn_reload_run *run = &reload->run;
    if (tcn_config_load(&run->config, reload->daemon->config.path, &run->problems) < 0)
        return;
    run->limits = tcn_settings_definitions(&run->config);
    (void)tcn_settings_prepare(&run->config, reload->daemon->log, &run->prepared,
                               &run->problems);
    tcn_definitions_read_blocks(run->config.blocks_dir, &run->limits, &run->blocks,
                                &run->problems);
}

static void on_read(void *ud)
{
    tcn_reload *reload = ud;
    tcn_reload_run *run = &reload->run;
    /* Without a configuration nothing says where the rest is. */
    if (reload->is_stopping || run->limits.automations == 0) {
        tcn_reload_end(reload, NULL);
        return;
    }
    note_kept_keys(reload);
    load(reload);
}

void tcn_reload_read(tcn_reload *reload)
{
    reload->phase = TCN_RELOAD_READING;
    help(reload, read_files, on_read);
}

/* ---- plugins ---- */

static void load_files(void *ud)
{
    tcn_reload *reload = ud;
    tcn_stage_files_read(reload->run.stage);
}

static void on_loaded(void *ud)
{
    tcn_reload *reload = ud;
    if (reload->is_stopping) {
        tcn_reload_end(reload, NULL);
        return;
    }
    tcn_reload_run *run = &reload->run;
    run->plugin_files = tcn_stage_counts_get(run->stage);
    (void)tcn_stage_files_check(run->stage, &run->problems);
    size_t errors = run->problems.errors;
    tcn_missing_tell(run->stage, &run->blocks, &run->problems);
    run->are_blocks_known = run->problems.errors == errors;
    reload->phase = TCN_RELOAD_BLOCKS;
    (void)uv_idle_start(&reload->slice, tcn_reload_on_slice);
}

static void load(tcn_reload *reload)
{
    tcn_plugins_options options = tcn_settings_plugins(&reload->run.config);
    int rc = tcn_stage_begin(reload->daemon->plugins, &options, TCN_STAGE_ALL,
                             &reload->run.stage);
    if (rc < 0) {
        tcn_reload_complain(reload, rc,
                            rc == TCN_E_BUSY ? "a block is being changed; try again"
                                             : tcn_err_text(rc));
        tcn_reload_end(reload, NULL);
        return;
    }
    reload->phase = TCN_RELOAD_LOADING;
    help(reload, load_files, on_loaded);
}

/* ---- blocks, in slices ---- */

/* Those of files, then those that were made through the API. false: all were made. */
static bool make_block(tcn_reload *reload)
{
    tcn_reload_run *run = &reload->run;
    if (run->next == run->blocks.count) {
        if (tcn_catalog_stage_next(reload->daemon->catalog, run->stage,
                                   &run->next_document, &run->problems))
            return true;
        tcn_definitions_fallbacks(run->stage, &run->blocks, &run->problems);
        return false;
    }
    size_t errors = run->problems.errors;
    tcn_definitions_block(run->stage, &run->blocks, run->next++, &run->problems);
    if (run->problems.errors > errors)
        run->are_blocks_known = false;
    return true;
}

/* ---- automations ---- */

static void note_change(const char *change, const char *name, void *ud)
{
    tcn_reload_run *run = ud;
    (void)json_array_append_new(run->changes, json_pack("{s:s, s:s, s:s, s:s}", "change",
                                                        change, "kind", "automation",
                                                        "name", name, "detail", ""));
}

/* What the log and the engine get, unless there is nothing new for them. */
static int write_change(tcn_reload *reload)
{
    tcn_reload_run *run = &reload->run;
    int rc = tcn_definitions_compare(&run->automations, &reload->kept, note_change, run);
    run->is_changed = rc > 0;
    if (rc >= 0)
        rc = tcn_definitions_blocks_text(&run->blocks, &run->blocks_text);
    if (rc < 0 || run->is_plan || (!run->is_changed && !run->has_limits))
        return rc;
    tcn_buf_init(&run->packed, SIZE_MAX);
    rc = tcn_definitions_automations_text(&run->automations, &run->automations_text);
    if (rc >= 0)
        rc = tcn_store_definitions_pack(tcn_str_c(run->automations_text), &run->packed);
    return rc < 0 ? rc : tcn_definitions_renewal(&run->automations, &run->renewal);
}

static bool has_other_limits(const tcn_reload *reload)
{
    tcn_engine_limits old = tcn_settings_ingest(&reload->daemon->config).engine;
    tcn_engine_limits new = tcn_settings_ingest(&reload->run.config).engine;
    return memcmp(&old, &new, sizeof old) != 0;
}

/* While a block is wrong the run is refused anyway, and what is kept need not be told
 * anything about. */
static void check_automations(void *ud)
{
    tcn_reload *reload = ud;
    tcn_reload_run *run = &reload->run;
    const tcn_blocks *blocks =
        run->are_blocks_known ? tcn_stage_blocks(run->stage) : NULL;
    uint64_t hash = tcn_definitions_against_hash(&run->limits, blocks);
    bool is_kept =
        reload->kept.is_set && (blocks == NULL || reload->kept.against == hash);
    const tcn_definitions_against against = {&run->limits, blocks,
                                             is_kept ? &reload->kept : NULL};
    tcn_definitions_read_automations(run->config.automations_dir, &run->limits,
                                     against.kept, &run->objects, &run->problems);
    tcn_definitions_automations(&run->objects, &against, &run->automations,
                                &run->problems);
    if (run->problems.errors > 0)
        return;
    run->has_limits = has_other_limits(reload);
    int rc = tcn_definitions_keep(&run->objects, &run->automations, hash, &run->kept);
    if (rc >= 0)
        rc = write_change(reload);
    if (rc < 0)
        tcn_reload_complain(reload, rc, tcn_err_text(rc));
}

static void on_checked(void *ud)
{
    tcn_reload *reload = ud;
    if (reload->is_stopping || reload->run.problems.errors > 0) {
        tcn_reload_end(reload, NULL);
        return;
    }
    tcn_reload_go_on(reload);
}

static void check(tcn_reload *reload)
{
    reload->phase = TCN_RELOAD_CHECKING;
    help(reload, check_automations, on_checked);
}

void tcn_reload_on_slice(uv_idle_t *idle)
{
    tcn_reload *reload = idle->data;
    int64_t until_us = tcn_clock_mono_us() + SLICE_US;
    bool is_more = !reload->is_stopping;
    while (is_more && tcn_clock_mono_us() < until_us)
        is_more = make_block(reload);
    if (is_more)
        return;
    (void)uv_idle_stop(idle);
    if (reload->is_stopping)
        tcn_reload_end(reload, NULL);
    else
        check(reload);
}

void tcn_reload_run_deinit(tcn_reload_run *run)
{
    if (run->stage != NULL)
        tcn_stage_abort(run->stage);
    tcn_change_free(run->change);
    tcn_automations_deinit(&run->automations);
    tcn_renewal_free(run->renewal);
    tcn_kept_deinit(&run->kept);
    tcn_found_deinit(&run->objects);
    tcn_found_deinit(&run->blocks);
    tcn_prepared_deinit(&run->prepared);
    tcn_config_deinit(&run->config);
    tcn_free(run->automations_text);
    tcn_buf_deinit(&run->packed);
    tcn_free(run->blocks_text);
    tcn_problems_deinit(&run->problems);
    json_decref(run->changes);
    json_decref(run->notes);
    *run = (tcn_reload_run){0};
}

static void free_run(void *ud)
{
    tcn_reload *reload = ud;
    tcn_reload_run_deinit(&reload->run);
}

/* The answer holds them, too: one that waits for the drain is freed on the loop. */
static void forget_changes(tcn_reload *reload)
{
    tcn_reload_run *run = &reload->run;
    if (tcn_list_is_empty(&reload->draining))
        return;
    json_decref(run->changes);
    json_decref(run->notes);
    run->changes = NULL;
    run->notes = NULL;
}

/* A thousand automations are some hundred thousand pieces of memory: milliseconds. With
 * the change missing this is done again when it comes. */
void tcn_reload_dispose(tcn_reload *reload, void (*done)(void *ud))
{
    tcn_reload_run *run = &reload->run;
    if (run->stage != NULL)
        tcn_stage_abort(run->stage);
    run->stage = NULL;
    forget_changes(reload);
    reload->phase = TCN_RELOAD_DISPOSING;
    if (run->is_change_out)
        return;
    if (tcn_helper_run(reload->helper, free_run, done, reload) >= 0)
        return;
    free_run(reload);
    done(reload);
}
