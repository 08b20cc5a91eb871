/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.h - host->http: requests of plugins through the shared client, counted and
 * bounded for each instance. [loop] */
#ifndef TCN_PLUGIN_EXCHANGE_H
#define TCN_PLUGIN_EXCHANGE_H

#include "core/plugin/plugins_int.h"

int32_t tcn_exchange_http(tocsin_self *self, tocsin_delivery *handle,
                          const tocsin_http_request *request, tocsin_reply_cb cb,
                          void *ud, tocsin_call **ret);
void tcn_exchange_call_cancel(tocsin_call *call);
/* Every call of a delivery, which is at its end. Their callbacks run later. */
void tcn_exchange_cancel_delivery(tcn_list *calls);
void tcn_exchange_cancel_all(tocsin_self *self);

#endif
