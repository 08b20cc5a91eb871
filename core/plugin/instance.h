/* SPDX-License-Identifier: Apache-2.0 */
/* instance.h - the life of one instance: create, start, deliveries, drain, stop, destroy,
 * each with its time limit. A start that fails is tried again later; a stop that hangs
 * leaves the memory. [loop] */
#ifndef TCN_PLUGIN_INSTANCE_H
#define TCN_PLUGIN_INSTANCE_H

#include "core/plugin/plugins_int.h"

/* self: zeroed but for block, table and config. Without a loop nothing more can be done
 * with it. */
void tcn_instance_init(tocsin_self *self, tcn_plugins *plugins);
/* Calls create. reterr->field is "options.KEY" when the plugin names an option. After a
 * failure self may be freed. */
int tcn_instance_create(tocsin_self *self, tcn_err *reterr);
/* May it have timers and exchanges now? */
bool tcn_instance_is_alive(const tocsin_self *self);
void tcn_instance_start(tocsin_self *self);
/* host->ready and host->stopped, on the loop. error NULL: success. */
void tcn_instance_ready(tocsin_self *self, const tocsin_error *error);
void tcn_instance_stopped(tocsin_self *self);
/* Something of it came to its end: goes on if it waited for that. */
void tcn_instance_progress(tocsin_self *self);
/* Ends it; tcn_plugins_settle is called when it is gone or stuck. */
void tcn_instance_close(tocsin_self *self);
bool tcn_instance_is_over(const tocsin_self *self);
/* "ready", "failed", ... Static. */
const char *tcn_instance_state_name(const tocsin_self *self);

#endif
