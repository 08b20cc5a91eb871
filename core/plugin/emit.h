/* SPDX-License-Identifier: Apache-2.0 */
/* emit.h - host->emit: events that plugins make. They go in by the door that the registry
 * was given, as events from outside do. */
#ifndef TCN_PLUGIN_EMIT_H
#define TCN_PLUGIN_EMIT_H

#include "core/plugin/plugins_int.h"

/* The service of the public header. [any] */
int32_t tcn_plugin_emit(tocsin_self *self, tocsin_str event, tocsin_error *reterr);
/* One that was emitted on another thread. [loop] */
void tcn_plugin_emit_receive(tcn_plugins *plugins, tcn_str event, uint16_t depth);

#endif
