/* SPDX-License-Identifier: Apache-2.0 */
/* stage.h - what is built beside the running set: plugin code, blocks and their
 * instances. All of it takes its place in one swap, or none. A start, a reload and a
 * single block that comes or goes at run time are all a stage. One is open at a time.
 *
 *     begin - files_read - files_check - block_add ... - start - changes - commit | abort
 *
 * What did not change is kept as it is, with its connections, pauses and timers: code
 * with the same content, and an instance with the same code and options. */
#ifndef TCN_PLUGIN_STAGE_H
#define TCN_PLUGIN_STAGE_H

#include "core/base/buf.h"
#include "core/plugin/plugins.h"

typedef struct tcn_stage tcn_stage;

enum tcn_stage_scope {
    TCN_STAGE_ALL = 1, /* directories are read anew; blocks that are not added go */
    TCN_STAGE_SOME,    /* what is not named stays */
};

/* options: the settings from the commit on (what settings.h holds of them); NULL: as they
 * are. TCN_E_BUSY: another stage is open. [loop] */
int tcn_stage_begin(tcn_plugins *plugins, const tcn_plugins_options *options,
                    enum tcn_stage_scope scope, tcn_stage **ret);

/* Opens what the plugin directories hold: a private copy, a try in a child, dlopen. It
 * may take long. [any], and no other call meanwhile. */
void tcn_stage_files_read(tcn_stage *stage);
/* The same for one file beside those that are loaded. */
void tcn_stage_file_read(tcn_stage *stage, const char *path);
/* How many files the directories hold, and how many of them had to be read, because they
 * are not those of before (core/base/file_mark.h). */
typedef struct tcn_stage_counts {
    size_t files, read;
} tcn_stage_counts;
tcn_stage_counts tcn_stage_counts_get(const tcn_stage *stage);
/* The rest of the gate for what was opened. A refused file is a problem "plugin FILE:
 * TEXT". [loop] */
int tcn_stage_files_check(tcn_stage *stage, tcn_problems *problems);

/* When the files were checked: is type a plugin that is not there, and none has a name
 * that is near to it? */
bool tcn_stage_lacks(const tcn_stage *stage, const char *type);
/* One text for all blocks (names: a list of texts) that look for that plugin: "no plugin
 * "x" is loaded, which blocks a, b and 7 more need; plugins.allow does not name it". If
 * that is not why and *is_cause_told is false, "; searched: /a (is not there), /b (2
 * files); refused: y.so" stands there, once. */
void tcn_stage_lack_write(const tcn_stage *stage, const char *type, const json_t *names,
                          bool *is_cause_told, tcn_buf *out);

/* One block: {"name", "type", "options", "concurrency", "rate", "timeout", "deadline",
 * "max_attempts", "fallback"}. Every problem is reported with its field path
 * ("options.url"). Of a new or changed one the instance is created. A block of that name
 * that is there already is replaced. [loop] */
int tcn_stage_block_add(tcn_stage *stage, const json_t *document, tcn_problems *problems);
/* The same for one that comes from somewhere. A block of that id is replaced. */
int tcn_stage_block_put(tcn_stage *stage, const json_t *document,
                        const tcn_block_origin *origin, tcn_problems *problems);
/* For SOME. TCN_E_NOT_FOUND. [loop] */
int tcn_stage_block_remove(tcn_stage *stage, tcn_str name_or_id);
/* A block that cannot be made is added without an instance: it is "failed", and its
 * actions wait. For a start that must not fail. */
void tcn_stage_lenient(tcn_stage *stage);
/* Is the fallback that the block's document names among the blocks that there will be,
 * and does none lead back to it? To be asked when all were added. */
void tcn_stage_fallback_check(const tcn_stage *stage, const json_t *document,
                              tcn_problems *problems);
/* The blocks that there will be. */
const tcn_blocks *tcn_stage_blocks(const tcn_stage *stage);

/* Starts the new instances. 0: all have ended starting; 1: some need time, ready runs
 * later, once. [loop] */
int tcn_stage_start(tcn_stage *stage, void (*ready)(void *ud), void *ud);
/* Each instance that did not start is a problem. */
void tcn_stage_failures(tcn_stage *stage, tcn_problems *problems);

/* Appends what a commit will change: {"change": "+", "~" or "-", "kind": "plugin" or
 * "block", "name", "detail"}. TCN_E_NOMEM. */
int tcn_stage_changes(const tcn_stage *stage, json_t *list);

/* The swap. Cannot fail. Instances that were not started are; those that were replaced
 * drain on their own. The stage is gone afterwards. [loop] */
void tcn_stage_commit(tcn_stage *stage);
/* What was built leaves; code that was loaded stays, as a retired generation. The stage
 * is gone afterwards. [loop] */
void tcn_stage_abort(tcn_stage *stage);

#endif
