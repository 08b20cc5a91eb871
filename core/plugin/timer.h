/* SPDX-License-Identifier: Apache-2.0 */
/* timer.h - host->timer_start and timer_stop. [loop] */
#ifndef TCN_PLUGIN_TIMER_H
#define TCN_PLUGIN_TIMER_H

#include "core/plugin/plugins_int.h"

int32_t tcn_timer_start(tocsin_self *self, uint64_t delay_ms, uint64_t repeat_ms,
                        tocsin_timer_cb cb, void *ud, tocsin_timer **ret);
void tcn_timer_stop(tocsin_timer *timer);
void tcn_timer_stop_all(tocsin_self *self);

#endif
