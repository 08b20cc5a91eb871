/* SPDX-License-Identifier: Apache-2.0 */
/* stage_files.c - from the plugin directories to code: opening on any thread, entry and
 * tables on the loop. */
#include <stdio.h>

#include "core/base/alloc.h"
#include "core/gate/directory.h"
#include "core/plugin/generation.h"
#include "core/plugin/stage_int.h"

#define SEARCHED_BYTES 4096

/* ---- what the loader asks ---- */

static bool is_wanted(const char *id, void *ud)
{
    return tcn_plugin_settings_allow(tcn_stage_settings(ud), id);
}

static bool is_other(const char *id, const char *sha256, void *ud)
{
    return tcn_plugin_settings_is_other(tcn_stage_settings(ud), id, sha256);
}

static const char *find_id(const char *id, void *ud)
{
    const tcn_stage *stage = ud;
    const tcn_plugin_entry *entry = tcn_plugin_entries_find(&stage->entries, id);
    return entry == NULL ? NULL : entry->path;
}

/* What this stage opened is not known yet: it may still be refused. */
static tcn_plugin_file *find_code(const uint8_t sha256[TCN_SHA256], void *ud,
                                  tcn_err *reterr)
{
    const tcn_stage *stage = ud;
    tcn_plugin_file *known = tcn_generation_find(stage->plugins, sha256);
    size_t count = tcn_generation_count(stage->plugins);
    for (size_t i = 0; i < stage->candidate_count; i++)
        if (stage->candidates[i].file != NULL && !stage->candidates[i].is_known)
            count++;
    if (known == NULL && count >= tcn_stage_settings(stage)->max_generations)
        (void)tcn_err_set(reterr, TCN_E_LIMIT,
                          "%zu generations are loaded; restart the daemon to load new "
                          "plugin code",
                          count);
    return known;
}

static tcn_plugin_file *find_mark(const tcn_file_mark *mark, void *ud)
{
    const tcn_stage *stage = ud;
    return tcn_generation_find_mark(stage->plugins, mark);
}

static bool is_unwanted(const tcn_file_mark *mark, void *ud)
{
    const tcn_stage *stage = ud;
    return tcn_unwanted_is(&stage->plugins->unwanted, tcn_stage_settings(stage), mark);
}

int tcn_stage_files_init(tcn_stage *stage)
{
    const tcn_plugin_settings *settings = tcn_stage_settings(stage);
    tcn_problems_init(&stage->read_problems);
    tcn_buf_init(&stage->searched, SEARCHED_BYTES);
    stage->loader = stage->plugins->loader;
    stage->loader.gate = (tcn_gate){
        (const char *const *)settings->dirs,
        settings->dir_count,
        settings->is_permission_strict,
    };
    stage->loader.is_other = is_other;
    stage->loader.is_wanted = is_wanted;
    stage->loader.find_id = find_id;
    stage->loader.find_code = find_code;
    stage->loader.find_mark = find_mark;
    stage->loader.is_unwanted = is_unwanted;
    stage->loader.ud = stage;
    if (stage->scope == TCN_STAGE_ALL)
        return 0;
    return tcn_plugin_entries_copy(&stage->entries, &stage->plugins->entries);
}

/* ---- opening ---- */

static tcn_candidate *candidate_add(tcn_stage *stage, const char *path)
{
    char *copy = tcn_strdup(path);
    int rc = copy == NULL
                 ? TCN_E_NOMEM
                 : tcn_grow((void **)&stage->candidates, &stage->candidate_capacity,
                            stage->candidate_count + 1, sizeof *stage->candidates);
    if (rc < 0) {
        tcn_free(copy);
        stage->read_status = rc;
        return NULL;
    }
    tcn_candidate *candidate = &stage->candidates[stage->candidate_count++];
    *candidate = (tcn_candidate){.path = copy};
    return candidate;
}

static void take(tcn_stage *stage, const char *path)
{
    tcn_plugin_file *file = NULL;
    tcn_candidate *candidate = candidate_add(stage, path);
    if (candidate == NULL)
        return;
    int rc = tcn_plugin_file_take(&stage->loader, path, &file, &candidate->warning,
                                  &candidate->err);
    if (rc < 0)
        (void)tcn_err_set(&candidate->err, rc, "%s", tcn_err_text(rc));
    else
        candidate->file = file;
    candidate->is_known = rc == TCN_PLUGIN_KNOWN || rc == TCN_PLUGIN_SAME;
    stage->counts.files++;
    stage->counts.read += rc != TCN_PLUGIN_SAME && rc != TCN_E_CANCELED;
}

static void refuse(tcn_candidate *candidate, int status)
{
    (void)tcn_err_set(&candidate->err, status, "%s", tcn_err_text(status));
    tcn_plugin_file_discard(candidate->file);
    candidate->file = NULL;
}

/* What was taken in and is new, all together. */
static void load(tcn_stage *stage)
{
    size_t count = 0;
    tcn_plugin_loading *loads =
        tcn_alloc_array(stage->candidate_count + 1, sizeof *loads);
    if (loads == NULL) {
        stage->read_status = TCN_E_NOMEM;
        return;
    }
    for (size_t i = 0; i < stage->candidate_count; i++) {
        tcn_candidate *candidate = &stage->candidates[i];
        if (candidate->file != NULL && !candidate->is_known)
            loads[count++] =
                (tcn_plugin_loading){.file = candidate->file, .err = &candidate->err};
    }
    tcn_plugin_files_load(&stage->loader, loads, count);
    count = 0;
    for (size_t i = 0; i < stage->candidate_count; i++) {
        tcn_candidate *candidate = &stage->candidates[i];
        if (candidate->file == NULL || candidate->is_known)
            continue;
        int status = loads[count++].status;
        if (status < 0)
            refuse(candidate, status);
    }
    tcn_free(loads);
}

void tcn_stage_file_read(tcn_stage *stage, const char *path)
{
    take(stage, path);
    load(stage);
}

void tcn_stage_files_read(tcn_stage *stage)
{
    const tcn_plugin_settings *settings = tcn_stage_settings(stage);
    tcn_plugin_paths paths = {0};
    for (size_t i = 0; i < settings->dir_count; i++) {
        size_t count = paths.count;
        size_t errors = stage->read_problems.errors;
        const char *why_not = NULL;
        if (!tcn_plugin_paths_read(settings->dirs[i], &paths, &stage->read_problems))
            why_not =
                stage->read_problems.errors > errors ? "cannot be read" : "is not there";
        tcn_stage_note_directory(stage, settings->dirs[i], why_not, paths.count - count);
    }
    for (size_t i = 0; i < paths.count && stage->read_status == 0; i++)
        take(stage, paths.items[i]);
    tcn_plugin_paths_deinit(&paths);
    load(stage);
}

/* ---- the rest of the gate ---- */

static void tell(tcn_problems *problems, const char *path, const tcn_err *err)
{
    tcn_err told = {0};
    (void)tcn_err_set(&told, err->code, "plugin %.250s: %s", path, err->text);
    tcn_problems_add(problems, &told);
}

/* "lies below /tmp, which ...": that is the folder's, and each file in it has it. */
static bool is_alike(const tcn_candidate *a, const tcn_candidate *b)
{
    return strncmp(a->warning.text, "lies ", 5) == 0 &&
           strcmp(a->warning.text, b->warning.text) == 0;
}

/* Once for all files that have the same one. */
static void tell_warning(const tcn_stage *stage, size_t i, tcn_problems *problems)
{
    const tcn_candidate *own = &stage->candidates[i];
    tcn_err told = {0};
    char others[40] = "";
    size_t before = 0, count = 0;
    for (size_t k = 0; k < stage->candidate_count; k++) {
        bool is_other = k != i && is_alike(own, &stage->candidates[k]);
        count += is_other;
        before += is_other && k < i;
    }
    if (before > 0 || !tcn_err_is_set(&own->warning))
        return;
    if (count > 0)
        (void)snprintf(others, sizeof others, " (as %zu other%s)", count,
                       tcn_plural(count));
    (void)tcn_err_set(&told, own->warning.code, "plugin %.250s: %s%s", own->path,
                      own->warning.text, others);
    tcn_problems_warn(problems, &told);
}

static int check(tcn_stage *stage, tcn_candidate *candidate)
{
    tcn_plugin_file *file = candidate->file;
    int rc = tcn_plugin_file_check(&stage->loader, file, &candidate->err);
    if (rc == 0)
        rc = tcn_plugin_entries_add(&stage->entries, candidate->path, file);
    if (rc == 0) {
        if (!candidate->is_known)
            tcn_generation_keep(stage->plugins, file);
        candidate->is_known = true;
        return 0;
    }
    if (rc == TCN_E_CANCELED)
        tcn_unwanted_note(&stage->plugins->unwanted, file->table.plugin.id, &file->mark);
    if (rc == TCN_E_LIMIT)
        (void)tcn_err_set(&candidate->err, rc, "is one too many: %d plugins are loaded",
                          TCN_PLUGINS_MAX);
    if (!candidate->is_known)
        tcn_plugin_file_discard(file);
    candidate->file = NULL;
    return rc;
}

static void check_candidate(tcn_stage *stage, size_t i, tcn_problems *problems)
{
    tcn_candidate *candidate = &stage->candidates[i];
    int rc = candidate->file == NULL ? candidate->err.code : check(stage, candidate);
    tell_warning(stage, i, problems);
    if (rc == 0 || rc == TCN_E_CANCELED)
        return;
    (void)tcn_err_set(&candidate->err, rc, "%s", tcn_err_text(rc));
    tell(problems, candidate->path, &candidate->err);
    tcn_plugins_refusal(stage->plugins, candidate->path, candidate->err.text);
}

int tcn_stage_files_check(tcn_stage *stage, tcn_problems *problems)
{
    size_t errors = problems->errors;
    tcn_problems_move(problems, &stage->read_problems);
    tcn_plugins_refusals_forget(stage->plugins);
    for (size_t i = 0; i < stage->candidate_count; i++)
        check_candidate(stage, i, problems);
    stage->plugins->loader.generation = stage->loader.generation;
    if (stage->read_status < 0) {
        tcn_err err = {0};
        (void)tcn_err_set(&err, stage->read_status, "%s",
                          tcn_err_text(stage->read_status));
        tcn_problems_add(problems, &err);
    }
    return problems->errors > errors ? TCN_E_INVALID : 0;
}

void tcn_stage_files_deinit(tcn_stage *stage)
{
    for (size_t i = 0; i < stage->candidate_count; i++) {
        tcn_candidate *candidate = &stage->candidates[i];
        if (candidate->file != NULL && !candidate->is_known)
            tcn_plugin_file_discard(candidate->file);
        tcn_free(candidate->path);
    }
    tcn_free(stage->candidates);
    tcn_plugin_entries_deinit(&stage->entries);
    tcn_problems_deinit(&stage->read_problems);
    tcn_buf_deinit(&stage->searched);
}
