/* SPDX-License-Identifier: Apache-2.0 */
/* definitions.h - blocks and automations from their folders, checked against each other
 * and against the plugins that are loaded. */
#ifndef TCN_DAEMON_DEFINITIONS_H
#define TCN_DAEMON_DEFINITIONS_H

#include "core/daemon/found.h"
#include "core/engine/automation.h"
#include "core/ingest/change.h"
#include "core/plugin/stage.h"

typedef struct tcn_definitions_limits {
    size_t automations, blocks;
    tcn_automation_limits automation;
    tcn_tpl_limits templates; /* all zero: the defaults */
} tcn_definitions_limits;

/* Parsed automations, in order; each holds its canonical document. */
typedef struct tcn_automations {
    tcn_automation **items;
    size_t count, capacity;
} tcn_automations;

/* All files of the two folders. Blocking. [any] */
void tcn_definitions_read(const char *blocks_dir, const char *automations_dir,
                          const tcn_definitions_limits *limits, tcn_found *blocks,
                          tcn_found *automations, tcn_problems *problems);
/* Adds the block to stage. Every problem goes to problems, with file, line and column. */
void tcn_definitions_block(tcn_stage *stage, const tcn_found *blocks, size_t i,
                           tcn_problems *problems);
/* When all of them are there: do their fallbacks lead somewhere? */
void tcn_definitions_fallbacks(const tcn_stage *stage, const tcn_found *blocks,
                               tcn_problems *problems);
/* Parses and checks them with their actions and templates; the wrong ones are left out.
 * ret is zeroed. blocks: those that actions may name; NULL: they are not looked up. [any]
 */
void tcn_definitions_automations(const tcn_found *objects,
                                 const tcn_definitions_limits *limits,
                                 const tcn_blocks *blocks, tcn_automations *ret,
                                 tcn_problems *problems);
void tcn_automations_deinit(tcn_automations *automations);

/* Are they what the engine has, in the same order? */
bool tcn_definitions_are_in_force(const tcn_automations *automations,
                                  const tcn_engine *engine);
/* The documents as one JSON list, as the store keeps them. */
int tcn_definitions_automations_text(const tcn_automations *automations, char **ret);
int tcn_definitions_blocks_text(const tcn_found *blocks, char **ret);

/* One file of automations on its own: blocks that actions name are not looked up. */
void tcn_definitions_check_file(const char *path, const tcn_definitions_limits *limits,
                                tcn_problems *problems);

#endif
