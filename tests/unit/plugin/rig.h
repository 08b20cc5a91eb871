/* SPDX-License-Identifier: Apache-2.0 */
/* rig.h - a loop with a registry of plugins on it, and what deliveries through its blocks
 * gave. */
#ifndef TCN_TESTS_PLUGIN_RIG_H
#define TCN_TESTS_PLUGIN_RIG_H

#include "core/base/buf.h"
#include "core/plugin/plugins_int.h"

typedef struct outcome {
    bool is_done;
    unsigned calls; /* of the callback */
    uint32_t status, cause;
    int32_t code;
    int64_t retry_after_ms;
    char reason[2048], receipt[512], progress[512];
} outcome;

typedef struct rig {
    uv_loop_t loop;
    tcn_log *log;
    FILE *log_file; /* what was logged */
    tcn_guard *guard;
    tcn_client *client;
    tcn_plugins *plugins;
    tcn_problems problems;
} rig;

void rig_start(rig *r);
/* The same with one plugin directory. */
void rig_start_in(rig *r, const char *dir);
/* The options it was started with; may be changed for a stage. */
tcn_plugins_options rig_options(rig *r, const char *const *dirs, size_t dir_count);
/* Closes everything, checks that the loop is empty, and returns what was logged. */
const char *rig_stop(rig *r);
void rig_load(rig *r, const char *path);
/* Adds a block ("b", then "b2", ...) of the plugin with options as JSON text, expects no
 * problem, and starts it. */
tcn_block *rig_block(rig *r, const char *plugin, const char *options);
/* The problems that a block's document has, one a line: "options.url: is required". */
const char *rig_problems(rig *r, const char *document);
/* The same of a block of the plugin with options as JSON text. */
const char *rig_option_problems(rig *r, const char *plugin, const char *options);
/* A notification with every member filled; timeout 5 s. */
tcn_message rig_message(void);
/* Sends it and runs the loop until the callback has run. */
outcome rig_send(rig *r, tcn_block *block, const tcn_message *message);
/* Runs the loop until *flag. Fails after 10 s. */
void rig_wait(rig *r, const bool *flag);
/* Everything logged so far. */
const char *rig_log(rig *r);
void rig_on_result(const tcn_delivery_result *result, void *ud);

#endif
