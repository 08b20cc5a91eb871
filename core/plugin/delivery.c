/* SPDX-License-Identifier: Apache-2.0 */
/* delivery.c - the attempt's life: its beginning, its clock, and its end. Invariant: cb
 * runs once; the handle finds the delivery until the plugin called done or its instance
 * is gone, so an abandoned delivery keeps its memory. */
#include "core/plugin/delivery_int.h"

#include <stdio.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/plugin/delivery_message.h"
#include "core/plugin/delivery_result.h"
#include "core/plugin/exchange.h"
#include "core/plugin/instance.h"

static void on_time(uv_timer_t *timer);

/* ---- its beginning ---- */

static tcn_delivery *delivery_new(tocsin_self *self, const tcn_message *message)
{
    tcn_delivery *delivery =
        tcn_alloc_zero(sizeof *delivery + tcn_delivery_message_size(message));
    if (delivery == NULL)
        return NULL;
    delivery->self = self;
    delivery->context = message->context;
    delivery->depth = message->depth;
    delivery->recorder = message->recorder;
    delivery->subject_values = message->subject_values;
    delivery->body_values = message->body_values;
    tcn_list_init(&delivery->calls);
    tcn_list_init(&delivery->rendered);
    tcn_list_init(&delivery->work.link);
    delivery->message = tcn_delivery_message_copy(message, (char *)(delivery + 1));
    return delivery;
}

tcn_delivery *tcn_delivery_begin(tocsin_self *self, const tcn_message *message,
                                 tcn_delivery_cb cb, void *ud)
{
    tcn_delivery *delivery = delivery_new(self, message);
    if (delivery == NULL)
        return NULL;
    delivery->handle = tcn_slot_take(&self->plugins->slots, delivery, self->table->id);
    if (delivery->handle == NULL) {
        tcn_free(delivery);
        return NULL;
    }
    delivery->cb = cb;
    delivery->ud = ud;
    delivery->limit_ms = message->timeout_ms;
    delivery->deadline_mono_ms = tcn_clock_mono_ms() + message->timeout_ms;
    (void)uv_timer_init(self->plugins->loop, &delivery->timer);
    (void)uv_timer_start(&delivery->timer, on_time, message->timeout_ms, 0);
    self->handle_count++;
    self->in_flight++;
    tcn_list_append(&self->deliveries, &delivery->link);
    return delivery;
}

/* ---- its end ---- */

static void on_timer_closed(uv_handle_t *handle)
{
    tcn_delivery *delivery =
        tcn_container_of((uv_timer_t *)(void *)handle, tcn_delivery, timer);
    tocsin_self *self = delivery->self;
    delivery->is_timer_closed = true;
    if (delivery->is_released)
        tcn_free(delivery);
    tcn_instance_handle_closed(self);
}

static void timer_close(tcn_delivery *delivery)
{
    uv_handle_t *handle = (uv_handle_t *)&delivery->timer;
    if (!uv_is_closing(handle))
        uv_close(handle, on_timer_closed);
}

void tcn_delivery_release(tcn_delivery *delivery)
{
    if (delivery->self->workers != NULL)
        (void)tcn_workers_withdraw(delivery->self->workers, &delivery->work);
    tcn_list_remove(&delivery->link);
    tcn_slot_release(delivery->handle);
    tcn_delivery_forget_rendered(delivery);
    if (delivery->state == TCN_DELIVERY_ABANDONED)
        delivery->self->abandoned_count--;
    delivery->is_released = true;
    if (delivery->is_timer_closed)
        tcn_free(delivery);
    else
        timer_close(delivery);
}

static void finish(tcn_delivery *delivery, const tcn_delivery_result *result,
                   bool is_held)
{
    tocsin_self *self = delivery->self;
    tcn_delivery_cb cb = delivery->cb;
    void *ud = delivery->ud;
    tcn_exchange_cancel_delivery(&delivery->calls);
    self->in_flight--;
    if (is_held) {
        delivery->state = TCN_DELIVERY_ABANDONED;
        delivery->context = NULL;
        delivery->recorder = NULL;
        self->abandoned_count++;
        timer_close(delivery);
        tcn_list_remove(&delivery->link);
        tcn_list_append(&self->abandoned, &delivery->link);
    } else {
        tcn_delivery_release(delivery);
    }
    cb(result, ud);
    tcn_instance_progress(self);
}

void tcn_delivery_end(tcn_delivery *delivery, const tcn_delivery_result *result)
{
    finish(delivery, result, false);
}

void tcn_delivery_report(tcn_delivery *delivery, const tocsin_result *given)
{
    tocsin_result result = *given;
    tcn_buf reason;
    tcn_buf_init(&reason, (size_t)16 << 10);
    tcn_delivery_result_check(delivery->self, &result);
    bool is_overdue =
        delivery->state == TCN_DELIVERY_OVERDUE && result.status != TOCSIN_DONE;
    if (is_overdue)
        (void)tcn_buf_printf(&reason, "no answer within %u ms", delivery->limit_ms);
    else
        tcn_delivery_result_reason(delivery->self, result.reason, &reason);
    tcn_delivery_result out = {
        .status = is_overdue ? TOCSIN_RETRY : result.status,
        .cause = is_overdue ? TOCSIN_CAUSE_TIMEOUT : result.cause,
        .code = result.code,
        .retry_after_ms = result.status == TOCSIN_RETRY ? result.retry_after_ms : -1,
        .reason = tcn_buf_str(&reason),
        .receipt = tcn_str_of(result.receipt.ptr, result.receipt.len),
        .progress = tcn_str_of(result.progress.ptr, result.progress.len),
    };
    tcn_delivery_end(delivery, &out);
    tcn_buf_deinit(&reason);
}

static void abandon(tcn_delivery *delivery)
{
    char reason[160];
    bool is_overdue = delivery->state == TCN_DELIVERY_OVERDUE;
    (void)snprintf(reason, sizeof reason,
                   "plugin %s did not end the delivery within %u ms",
                   delivery->self->table->id, delivery->limit_ms);
    tcn_log_write(delivery->self->plugins->log, TCN_LOG_WARNING, "plugin",
                  "block %s: %s, abandoned", delivery->self->name, reason);
    tcn_delivery_result result = {
        .status = TOCSIN_RETRY,
        .cause = is_overdue ? TOCSIN_CAUSE_TIMEOUT : TOCSIN_CAUSE_CANCELED,
        .retry_after_ms = -1,
        .reason = tcn_str_c(reason),
    };
    tcn_workers_give_up(delivery->self->workers, delivery->handle);
    finish(delivery, &result, true);
}

/* It waits for a worker. What prepare has kept for it is freed by send, which is called
 * late and then finds it canceled; without a prepare it can end here. */
static bool cancel_queued(tcn_delivery *delivery)
{
    tocsin_self *self = delivery->self;
    if (self->workers == NULL || !tcn_workers_is_queued(self->workers, &delivery->work))
        return false;
    if (self->table->prepare == NULL &&
        tcn_workers_withdraw(self->workers, &delivery->work)) {
        tocsin_result result = {.status = TOCSIN_RETRY,
                                .cause = TOCSIN_CAUSE_CANCELED,
                                .retry_after_ms = -1,
                                .reason = {"canceled before a worker was free", 33}};
        tcn_delivery_report(delivery, &result);
    }
    return true;
}

static void cancel_as(tcn_delivery *delivery, enum tcn_delivery_state state)
{
    tocsin_self *self = delivery->self;
    delivery->state = state;
    tcn_slot_cancel(delivery->handle);
    (void)uv_timer_start(&delivery->timer, on_time, self->plugins->times.cancel_ms, 0);
    tcn_exchange_cancel_delivery(&delivery->calls);
    if (cancel_queued(delivery) || self->table->cancel == NULL)
        return;
    tcn_visit visit = tcn_visit_begin(self, "cancel", delivery->depth);
    self->table->cancel(self->instance, delivery->handle);
    tcn_visit_end(&visit);
}

/* First its own time is over, then that of its cancel. */
static void on_time(uv_timer_t *timer)
{
    tcn_delivery *delivery = tcn_container_of(timer, tcn_delivery, timer);
    if (delivery->state == TCN_DELIVERY_RUNNING)
        cancel_as(delivery, TCN_DELIVERY_OVERDUE);
    else
        abandon(delivery);
}

void tcn_delivery_cancel(tcn_delivery *delivery)
{
    if (delivery->state == TCN_DELIVERY_RUNNING)
        cancel_as(delivery, TCN_DELIVERY_CANCELED);
}

void tcn_delivery_cancel_all(tocsin_self *self)
{
    /* Canceling one may end others: begin anew until all are canceled. */
    bool is_more = true;
    while (is_more) {
        is_more = false;
        tcn_list_foreach (link, &self->deliveries) {
            tcn_delivery *delivery = tcn_container_of(link, tcn_delivery, link);
            if (delivery->state == TCN_DELIVERY_RUNNING) {
                tcn_delivery_cancel(delivery);
                is_more = true;
                break;
            }
        }
    }
}

void tcn_delivery_forget_abandoned(tocsin_self *self)
{
    tcn_list_foreach (link, &self->abandoned)
        tcn_delivery_release(tcn_container_of(link, tcn_delivery, link));
}

void tcn_delivery_receive(tocsin_delivery *handle, const tocsin_result *result)
{
    tcn_delivery *delivery = tcn_slot_delivery(handle);
    if (delivery == NULL) {
        tcn_log_write(
            tcn_slot_plugins(handle)->log, TCN_LOG_ERROR, "plugin",
            "plugin %s called done twice for one delivery; the second call is ignored",
            tcn_slot_plugin(handle));
    } else if (delivery->state == TCN_DELIVERY_ABANDONED) {
        tcn_delivery_release(delivery);
    } else {
        tcn_delivery_report(delivery, result);
    }
}

void tcn_delivery_done(tocsin_delivery *handle, const tocsin_result *result)
{
    if (handle == NULL)
        return;
    tocsin_result own = {.retry_after_ms = -1}; /* status 0: what is not valid */
    if (result != NULL)
        memcpy(&own, result,
               result->struct_size < sizeof own ? result->struct_size : sizeof own);
    tcn_plugins *plugins = tcn_slot_plugins(handle);
    if (tcn_plugins_on_loop(plugins))
        tcn_delivery_receive(handle, &own);
    else
        tcn_posts_done(&plugins->posts, handle, &own);
}

/* ---- asking ---- */

uint32_t tcn_delivery_left_ms(const tcn_delivery *delivery)
{
    int64_t left = delivery->deadline_mono_ms - tcn_clock_mono_ms();
    return left > 0 ? (uint32_t)left : 0;
}

bool tcn_delivery_is_canceled(const tcn_delivery *delivery)
{
    return delivery->state != TCN_DELIVERY_RUNNING;
}

tocsin_self *tcn_delivery_self(const tcn_delivery *delivery)
{
    return delivery->self;
}

struct tcn_recorder *tcn_delivery_recorder(const tcn_delivery *delivery)
{
    return delivery->recorder;
}

tcn_list *tcn_delivery_calls(tcn_delivery *delivery)
{
    return &delivery->calls;
}
