/* SPDX-License-Identifier: Apache-2.0 */
/* instance.h - the life of one instance: create, start, deliveries, drain, stop, destroy,
 * each with its time limit. A start that fails is tried again later; a stop that hangs
 * leaves the memory. An instance that leaves is on its own: its end frees it. [loop] */
#ifndef TCN_PLUGIN_INSTANCE_H
#define TCN_PLUGIN_INSTANCE_H

#include "core/plugin/plugins_int.h"

/* For the block, whose name, file and info are set; the block's self is the caller's to
 * set. Takes config over, also on failure. Without a loop it can only leave. */
int tcn_instance_new_own(tcn_plugins *plugins, tcn_block *block, tocsin_config *config,
                         tocsin_self **ret);
/* Calls create. reterr->field is "options.KEY" when the plugin names an option. After a
 * failure it can only leave, or be created again. */
int tcn_instance_create(tocsin_self *self, tcn_err *reterr);
/* create failed: it is "failed" and tried again, as after a start that failed. */
void tcn_instance_try_later(tocsin_self *self, const tcn_err *why);
/* May it have timers and exchanges now? */
bool tcn_instance_is_alive(const tocsin_self *self);
void tcn_instance_start(tocsin_self *self);
/* host->ready and host->stopped, on the loop. error NULL: success. */
void tcn_instance_ready(tocsin_self *self, const tocsin_error *error);
void tcn_instance_stopped(tocsin_self *self);
/* Something of it came to its end: goes on if it waited for that. */
void tcn_instance_progress(tocsin_self *self);
/* It belongs to no block any more: nothing new is sent, what is in flight may end within
 * drain_ms and is canceled then; after stop and destroy it is freed, unless it is stuck.
 * A second call only shortens the time. */
void tcn_instance_leave(tocsin_self *self, uint32_t drain_ms);
/* The loop ends: a stuck one gives its handle back. */
void tcn_instance_abandon(tocsin_self *self);
/* A handle of libuv that counts in handle_count was closed: may free self. */
void tcn_instance_handle_closed(tocsin_self *self);
/* In place of create: it stays as it is until it is released. */
void tcn_instance_quarantine(tocsin_self *self, const tcn_err *why);
/* Creates and starts one that is in quarantine. */
void tcn_instance_release(tocsin_self *self);
/* "ready", "failed", ... Static. */
const char *tcn_instance_state_name(const tocsin_self *self);

#endif
