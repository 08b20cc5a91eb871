/* SPDX-License-Identifier: Apache-2.0 */
/* delivery.h - one attempt on its way through a plugin: exactly one result comes out of
 * it, whatever the plugin does. [loop] */
#ifndef TCN_PLUGIN_DELIVERY_H
#define TCN_PLUGIN_DELIVERY_H

#include "core/plugin/plugins_int.h"

/* host->done. On another thread it is carried over to the loop. [any] */
void tcn_delivery_done(tocsin_delivery *handle, const tocsin_result *result);
/* A result that came from another thread. */
void tcn_delivery_receive(tocsin_delivery *handle, const tocsin_result *result);
/* A negative answer of send that came from another thread. */
void tcn_delivery_refuse(tocsin_delivery *handle, int32_t code);
/* host->render. */
int32_t tcn_delivery_render(tocsin_delivery *handle, const char *key, const char *sub,
                            uint32_t escape, tocsin_str *ret, tocsin_error *reterr);
/* Milliseconds that are left to it; 0: none. */
uint32_t tcn_delivery_left_ms(const tcn_delivery *delivery);
bool tcn_delivery_is_canceled(const tcn_delivery *delivery);
tocsin_self *tcn_delivery_self(const tcn_delivery *delivery);
/* NULL: nothing is recorded. */
struct tcn_recorder *tcn_delivery_recorder(const tcn_delivery *delivery);
/* The exchanges that end with it. */
tcn_list *tcn_delivery_calls(tcn_delivery *delivery);
void tcn_delivery_cancel_all(tocsin_self *self);
/* Frees what was abandoned, when the plugin's instance is gone. */
void tcn_delivery_forget_abandoned(tocsin_self *self);

#endif
