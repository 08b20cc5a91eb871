/* SPDX-License-Identifier: Apache-2.0 */
/* delivery_int.h - what the files of a delivery share: delivery.c has its life, its clock
 * and its end, delivery_send.c its way into the plugin, delivery_render.c what is
 * rendered for it. [loop] */
#ifndef TCN_PLUGIN_DELIVERY_INT_H
#define TCN_PLUGIN_DELIVERY_INT_H

#include "core/plugin/delivery.h"
#include "core/plugin/worker.h"

enum tcn_delivery_state {
    TCN_DELIVERY_RUNNING,
    TCN_DELIVERY_CANCELED,
    TCN_DELIVERY_OVERDUE,   /* canceled because its time was over */
    TCN_DELIVERY_ABANDONED, /* cb has run, the plugin still holds it */
};

struct tcn_delivery {
    tcn_list link; /* in self's deliveries or abandoned */
    tocsin_self *self;
    tocsin_delivery *handle;
    enum tcn_delivery_state state;
    tocsin_message message; /* texts stand behind the delivery */
    const tcn_tpl_context *context;
    struct tcn_recorder *recorder;
    tcn_spans subject_values, body_values;
    tcn_delivery_cb cb;
    void *ud;
    uv_timer_t timer;
    bool is_timer_closed, is_released; /* both: it can be freed */
    uint16_t depth;
    uint32_t limit_ms; /* message.timeout_ms, which a worker changes */
    int64_t deadline_mono_ms;
    tcn_list calls, rendered;
    tcn_work work; /* of an instance with workers */
};

/* One of a ready instance, whose time begins. NULL when out of memory. */
tcn_delivery *tcn_delivery_begin(tocsin_self *self, const tcn_message *message,
                                 tcn_delivery_cb cb, void *ud);
/* Ends with what the plugin gave, once that was checked. */
void tcn_delivery_report(tcn_delivery *delivery, const tocsin_result *given);
/* Ends with that: cb runs, and the handle finds nothing any more. */
void tcn_delivery_end(tcn_delivery *delivery, const tcn_delivery_result *result);
/* The plugin has let go of it. Its memory stays until the loop has closed the timer. */
void tcn_delivery_release(tcn_delivery *delivery);
/* Wipes and frees what was rendered for it. */
void tcn_delivery_forget_rendered(tcn_delivery *delivery);

#endif
