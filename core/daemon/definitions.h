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

/* Of each automation what is kept, and what was parsed of the changed ones. */
typedef struct tcn_automations_item {
    tcn_defined *defined;
    tcn_automation *parsed; /* NULL: it is the one that was in force */
    size_t object;          /* that it was made of */
} tcn_automations_item;
typedef struct tcn_automations {
    tcn_automations_item *items; /* in their order */
    size_t count, capacity;
    size_t parsed; /* so many were */
    bool is_lent;  /* the parsed ones belong to somebody else now */
} tcn_automations;

/* All files of a folder. kept: what need not be read, or NULL. Blocking. [any] */
void tcn_definitions_read_blocks(const char *dir, const tcn_definitions_limits *limits,
                                 tcn_found *ret, tcn_problems *problems);
void tcn_definitions_read_automations(const char *dir,
                                      const tcn_definitions_limits *limits,
                                      const tcn_kept *kept, tcn_found *ret,
                                      tcn_problems *problems);
/* Adds the block to stage. Every problem goes to problems, with file, line and column. */
void tcn_definitions_block(tcn_stage *stage, const tcn_found *blocks, size_t i,
                           tcn_problems *problems);
/* When all of them are there: do their fallbacks lead somewhere? */
void tcn_definitions_fallbacks(const tcn_stage *stage, const tcn_found *blocks,
                               tcn_problems *problems);
/* What an automation is checked against. */
typedef struct tcn_definitions_against {
    const tcn_definitions_limits *limits;
    const tcn_blocks *blocks; /* that actions may name; NULL: they are not looked up */
    const tcn_kept *kept;     /* those that were checked against the same; or NULL */
} tcn_definitions_against;
/* The same number: with these limits and blocks the same automations are right. */
uint64_t tcn_definitions_against_hash(const tcn_definitions_limits *limits,
                                      const tcn_blocks *blocks);
/* Parses and checks them with their actions and templates; the wrong ones are left out.
 * ret is zeroed. [any] */
void tcn_definitions_automations(const tcn_found *objects,
                                 const tcn_definitions_against *against,
                                 tcn_automations *ret, tcn_problems *problems);
void tcn_automations_deinit(tcn_automations *automations);

/* When none was wrong: what the next run need not read or check. ret is zeroed. */
int tcn_definitions_keep(const tcn_found *objects, const tcn_automations *automations,
                         uint64_t against, tcn_kept *ret);
/* The same for what an engine has, to be compared with only. */
int tcn_definitions_keep_engine(const tcn_engine *engine, tcn_kept *ret);
/* Tells fn what is different from those that are kept: "+", "~" or "-". What was parsed
 * of automations that are the same goes. 1: they are not the same, in the same order; 0:
 * they are; TCN_E_NOMEM. */
int tcn_definitions_compare(tcn_automations *automations, const tcn_kept *kept,
                            void (*fn)(const char *change, const char *name, void *ud),
                            void *ud);
/* Are they what the engine has, in the same order? Only when all were parsed. */
bool tcn_definitions_are_in_force(const tcn_automations *automations,
                                  const tcn_engine *engine);
/* As the engine takes them; it gets what was parsed. */
int tcn_definitions_renewal(tcn_automations *automations, tcn_renewal **ret);
/* The documents as one JSON list, as the store keeps them. */
int tcn_definitions_automations_text(const tcn_automations *automations, char **ret);
int tcn_definitions_blocks_text(const tcn_found *blocks, char **ret);

/* One file of automations on its own: blocks that actions name are not looked up. */
void tcn_definitions_check_file(const char *path, const tcn_definitions_limits *limits,
                                tcn_problems *problems);

#endif
