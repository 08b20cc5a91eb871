/* SPDX-License-Identifier: Apache-2.0 */
/* slot.h - the handles of deliveries as plugins hold them. A plugin may call done twice,
 * late, or from any thread; so a handle is not the delivery but a place in memory that
 * stays, with a number that changes at each use in its low bits. A stale handle finds
 * nothing. */
#ifndef TCN_PLUGIN_SLOT_H
#define TCN_PLUGIN_SLOT_H

#include <tocsin/plugin.h>
#include <uv.h>

#include "core/base/list.h"
#include "core/plugin/plugins.h"

typedef struct tcn_slots {
    tcn_plugins *plugins;
    uv_mutex_t lock;
    tcn_list free;   /* used again in the order in which they became free */
    tcn_list chunks; /* all memory */
} tcn_slots;

int tcn_slots_init(tcn_slots *slots, tcn_plugins *plugins);
void tcn_slots_deinit(tcn_slots *slots);

/* plugin: its id, for good. NULL when out of memory. [loop] */
tocsin_delivery *tcn_slot_take(tcn_slots *slots, tcn_delivery *delivery,
                               const char *plugin);
/* From now on the handle finds nothing. [loop] */
void tcn_slot_release(tocsin_delivery *handle);

/* [any] Whose handle it is, stale or not. */
tcn_plugins *tcn_slot_plugins(tocsin_delivery *handle);
/* [any] The id of the plugin that had it last. */
const char *tcn_slot_plugin(tocsin_delivery *handle);
/* [loop] NULL: stale. */
tcn_delivery *tcn_slot_delivery(tocsin_delivery *handle);
/* [any] Without effect, NULL or 1 when stale. */
void tcn_slot_data_set(tocsin_delivery *handle, void *data);
void *tcn_slot_data_get(tocsin_delivery *handle);
int32_t tcn_slot_is_canceled(tocsin_delivery *handle);
void tcn_slot_cancel(tocsin_delivery *handle);

#endif
