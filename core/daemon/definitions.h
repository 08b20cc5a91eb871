/* SPDX-License-Identifier: Apache-2.0 */
/* definitions.h - blocks and automations from their folders, checked against each other
 * and against the plugins that are loaded. */
#ifndef TCN_DAEMON_DEFINITIONS_H
#define TCN_DAEMON_DEFINITIONS_H

#include <jansson.h>

#include "core/base/err.h"
#include "core/engine/automation.h"
#include "core/plugin/stage.h"

typedef struct tcn_definitions_limits {
    size_t automations, blocks;
    tcn_automation_limits automation;
    tcn_tpl_limits templates; /* all zero: the defaults */
} tcn_definitions_limits;

/* Adds each block of the files in dir to stage. Every problem goes to problems, with
 * file, line and column. */
void tcn_definitions_blocks(const char *dir, const tcn_definitions_limits *limits,
                            tcn_stage *stage, tcn_problems *problems);
/* The canonical documents of the automations in dir, in the order of files and places in
 * them: a new reference; the wrong ones are left out. NULL when out of
 * memory. blocks: those that actions may name; NULL: they are not looked up. */
json_t *tcn_definitions_automations(const char *dir, const tcn_definitions_limits *limits,
                                    const tcn_blocks *blocks, tcn_problems *problems);
/* One file of automations on its own: blocks that actions name are not looked up. */
void tcn_definitions_check_file(const char *path, const tcn_definitions_limits *limits,
                                tcn_problems *problems);

#endif
