/* SPDX-License-Identifier: Apache-2.0 */
/* stage_int.h - the stage's inside: stage.c holds its life and its blocks, stage_files.c
 * the plugin files, stage_search.c what was not among them, stage_changes.c what it will
 * change. */
#ifndef TCN_PLUGIN_STAGE_INT_H
#define TCN_PLUGIN_STAGE_INT_H

#include "core/plugin/plugins_int.h"
#include "core/plugin/stage.h"

/* A plugin file that was opened, or why it was not. */
typedef struct tcn_candidate {
    char *path;
    tcn_plugin_file *file; /* NULL: refused */
    bool is_known;         /* its content was loaded before */
    tcn_err warning, err;
} tcn_candidate;

struct tcn_stage {
    tcn_plugins *plugins;
    enum tcn_stage_scope scope;
    bool is_lenient;
    bool is_waiting;               /* for instances, and then it tells ready */
    tcn_plugin_settings *settings; /* NULL: those of the registry */
    tcn_plugin_loader loader;      /* ud is the stage */
    tcn_candidate *candidates;
    size_t candidate_count, candidate_capacity;
    tcn_stage_counts counts;
    tcn_buf searched; /* the directories, for people */
    int read_status;  /* of files_read: TCN_E_NOMEM */
    tcn_problems read_problems;
    tcn_plugin_entries entries; /* that there will be */
    tcn_blocks blocks;          /* that there will be */
    size_t starting;            /* instances of it whose start is under way */
    void (*ready)(void *ud);
    void *ud;
};

static inline const tcn_plugin_settings *tcn_stage_settings(const tcn_stage *stage)
{
    return stage->settings != NULL ? stage->settings : stage->plugins->settings;
}

/* stage_files.c */
int tcn_stage_files_init(tcn_stage *stage);
/* Unloads what was opened and not checked. */
void tcn_stage_files_deinit(tcn_stage *stage);

/* stage_search.c */
/* why_not: NULL if it was read. */
void tcn_stage_note_directory(tcn_stage *stage, const char *path, const char *why_not,
                              size_t files);

/* stage.c: an instance of the stage began or ended starting. */
void tcn_stage_starting(tcn_stage *stage, int more);

#endif
