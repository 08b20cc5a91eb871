/* SPDX-License-Identifier: Apache-2.0 */
/* stage_search.c - where plugins were searched, which one a block looks for in vain, and
 * why. */
#include <stdio.h>

#include "core/base/str.h"
#include "core/plugin/block_type.h"
#include "core/plugin/stage_int.h"

#define PREFIX      "prefect."
#define NAMES_SHOWN 8

bool tcn_stage_lacks(const tcn_stage *stage, const char *type)
{
    return strncmp(type, PREFIX, strlen(PREFIX)) != 0 &&
           tcn_plugin_entries_find(&stage->entries, type) == NULL &&
           tcn_block_plugin_nearest(&stage->entries, type) == NULL;
}

void tcn_stage_note_directory(tcn_stage *stage, const char *path, const char *why_not,
                              size_t files)
{
    char count[40];
    (void)snprintf(count, sizeof count, "%zu file%s", files, tcn_plural(files));
    (void)tcn_buf_printf(&stage->searched, "%s%s (%s)",
                         stage->searched.len > 0 ? ", " : "", path,
                         why_not != NULL ? why_not
                         : files == 0    ? "no *.so in it"
                                         : count);
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static bool is_refused(const tcn_candidate *candidate)
{
    return candidate->file == NULL && candidate->err.code != TCN_E_CANCELED;
}

static void write_searched(const tcn_stage *stage, tcn_buf *out)
{
    size_t refused = 0;
    tcn_str searched = tcn_buf_str(&stage->searched);
    if (searched.len == 0)
        (void)tcn_buf_add_c(out, "plugins.dirs names no folder");
    else
        (void)tcn_buf_printf(out, "searched: %.*s", TCN_STR_ARG(searched));
    for (size_t i = 0; i < stage->candidate_count; i++)
        if (is_refused(&stage->candidates[i]))
            (void)tcn_buf_printf(out, "%s%s", refused++ > 0 ? ", " : "; refused: ",
                                 name_of(stage->candidates[i].path));
}

/* "block a needs", "blocks a, b and 7 more need" */
static void write_names(const json_t *names, tcn_buf *out)
{
    size_t i, count = json_array_size(names);
    const json_t *name;
    (void)tcn_buf_printf(out, "block%s ", tcn_plural(count));
    json_array_foreach((json_t *)(uintptr_t)names, i, name)
    {
        if (i < NAMES_SHOWN)
            (void)tcn_buf_printf(out, "%s%.40s", i > 0 ? ", " : "",
                                 json_string_value(name));
    }
    if (count > NAMES_SHOWN)
        (void)tcn_buf_printf(out, " and %zu more", count - NAMES_SHOWN);
    (void)tcn_buf_printf(out, " need%s", count == 1 ? "s" : "");
}

void tcn_stage_lack_write(const tcn_stage *stage, const char *type, const json_t *names,
                          bool *is_cause_told, tcn_buf *out)
{
    (void)tcn_buf_printf(out, "no plugin \"%.64s\" is loaded, which ", type);
    write_names(names, out);
    if (!tcn_plugin_settings_allow(tcn_stage_settings(stage), type)) {
        (void)tcn_buf_add_c(out, "; plugins.allow does not name it");
    } else if (!*is_cause_told) {
        *is_cause_told = true;
        (void)tcn_buf_add_c(out, "; ");
        write_searched(stage, out);
    }
}
