/* SPDX-License-Identifier: Apache-2.0 */
/* rig.h - what most checks need: a loop with the daemon's client and registry, the plugin
 * loaded, a peer, blocks, and what became of messages. One in a child. */
#ifndef TCN_KIT_RIG_H
#define TCN_KIT_RIG_H

#include "core/kit/fill.h"
#include "core/kit/kit_int.h"
#include "core/kit/peer.h"
#include "core/plugin/plugins.h"

#define TCN_RIG_INVOCATION "3f0a1c9e-1111-5222-8333-444455556666"

typedef struct tcn_rig {
    const tcn_kit *kit;
    tcn_report *report;
    uv_loop_t loop;
    int log_fd;
    tcn_log *log;
    tcn_guard *guard;
    tcn_client *client;
    tcn_plugins *plugins;
    tcn_peer peer;
    char params[8192]; /* of the action that is sent, as JSON */
} tcn_rig;

typedef struct tcn_outcome {
    unsigned done;   /* how often the result came */
    bool is_refused; /* tcn_block_send said no */
    uint32_t status, cause;
    int64_t retry_after_ms;
    int64_t slot_us; /* how long sending held the loop */
    char reason[1100], receipt[4200], progress[4200];
} tcn_outcome;

/* Each of these tells the report what is wrong; bool: is it good so far? */

/* path: NULL: the kit's own file. */
bool tcn_rig_start(tcn_rig *rig, const tcn_kit *kit, const char *path,
                   tcn_report *report);
/* Adds a block with the kit's options and waits until it has started. NULL: failed. */
tcn_block *tcn_rig_block(tcn_rig *rig, const char *name);
/* The same with these options, which are dropped. why: NULL: a refusal is a FAIL; else it
 * is told there. */
tcn_block *tcn_rig_block_with(tcn_rig *rig, const char *name, json_t *options,
                              tcn_err *why);
/* Removes it and waits until its instance is gone. */
bool tcn_rig_remove(tcn_rig *rig, const char *name);
/* The kit's options for this rig's peer. */
json_t *tcn_rig_options(const tcn_rig *rig);
/* A notification with everything filled in. */
tcn_message tcn_rig_message(void);
/* Starts a delivery. *out must live until it is done. */
void tcn_rig_begin(tcn_rig *rig, tcn_block *block, const tcn_message *message,
                   tcn_outcome *out, tcn_delivery **ret);
/* message NULL: tcn_rig_message. Waits for the result. */
bool tcn_rig_send(tcn_rig *rig, tcn_block *block, const tcn_message *message,
                  tcn_outcome *out);
/* "DONE" */
const char *tcn_rig_status_name(uint32_t status);
/* Lets the peer answer what the plugin takes for success. False: failed, or skipped as
 * no request came. */
bool tcn_rig_please(tcn_rig *rig, tcn_block *block);
/* Runs the loop until is_true(ud), at most limit_ms; false: it did not become true. */
bool tcn_rig_wait(tcn_rig *rig, bool (*is_true)(void *ud), void *ud, int64_t limit_ms);
bool tcn_rig_wait_done(tcn_rig *rig, tcn_outcome *out, int64_t limit_ms);
/* Everything that was logged. Freed with the rig's arena: valid until the next call. */
tcn_str tcn_rig_log(tcn_rig *rig);
/* The end of all; what does not end is a FAIL. */
bool tcn_rig_stop(tcn_rig *rig);

#endif
