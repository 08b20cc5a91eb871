/* SPDX-License-Identifier: Apache-2.0 */
/* delivery_send.c - the way into the plugin: a preview instead of a dry run, prepare,
 * then send, on the loop or on a worker. Each of them may end the delivery. */
#include "core/plugin/delivery_int.h"
#include "core/plugin/delivery_result.h"
#include "core/plugin/preview.h"
#include "core/plugin/record.h"

/* Deliveries that a plugin keeps for ever cost memory. */
#define ABANDONED_MAX 256

/* A message that the plugin did not take. why: in its own words, or empty. */
static void refuse(tcn_delivery *delivery, int32_t code, const char *why)
{
    char text[TCN_REFUSAL_TEXT];
    tocsin_result result = tcn_delivery_result_refusal(delivery->self, code, why, text);
    tcn_delivery_report(delivery, &result);
}

/* false: the delivery is over. */
static bool call_prepare(tcn_delivery *delivery)
{
    tocsin_self *self = delivery->self;
    tocsin_delivery *handle = delivery->handle;
    if (self->table->prepare == NULL)
        return true;
    tocsin_error error = {.struct_size = sizeof error};
    tcn_visit visit = tcn_visit_begin(self, "prepare", delivery->depth);
    int32_t rc = self->table->prepare(self->instance, &delivery->message, handle, &error);
    tcn_visit_end(&visit);
    error.text[sizeof error.text - 1] = '\0';
    if (rc < 0 && tcn_slot_delivery(handle) != NULL)
        refuse(delivery, rc, error.text);
    return tcn_slot_delivery(handle) != NULL;
}

static void call_send(tcn_delivery *delivery)
{
    tocsin_self *self = delivery->self;
    tocsin_delivery *handle = delivery->handle;
    self->refusal[0] = '\0';
    tcn_visit visit = tcn_visit_begin(self, "send", delivery->depth);
    int32_t rc = self->table->send(self->instance, &delivery->message, handle);
    tcn_visit_end(&visit);
    if (rc < 0)
        tcn_delivery_refuse(handle, rc);
}

static void queue_send(tcn_delivery *delivery)
{
    delivery->work = (tcn_work){
        .handle = delivery->handle,
        .message = &delivery->message,
        .depth = delivery->depth,
        .deadline_mono_ms = delivery->deadline_mono_ms,
    };
    tcn_list_init(&delivery->work.link);
    tcn_workers_submit(delivery->self->workers, &delivery->work);
}

/* Why the plugin cannot take one more now, or NULL. */
static const char *find_obstacle(const tocsin_self *self)
{
    if (self->abandoned_count >= ABANDONED_MAX)
        return "too many deliveries were never ended by the plugin";
    if (self->workers != NULL && tcn_workers_are_full(self->workers))
        return "every worker is busy and their queue is full";
    return NULL;
}

static bool is_preview(const tcn_delivery *delivery)
{
    return delivery->recorder != NULL && delivery->recorder->is_dry &&
           tcn_preview_is_needed(delivery->self);
}

static void call_preview(tcn_delivery *delivery)
{
    int32_t rc = tcn_preview_run(delivery->self, &delivery->message, delivery->handle,
                                 delivery->recorder);
    const tcn_delivery_result done = {.status = TOCSIN_DONE, .retry_after_ms = -1};
    if (rc >= 0)
        tcn_delivery_end(delivery, &done);
    else
        refuse(delivery, rc,
               rc == TOCSIN_E_UNSUPPORTED
                   ? "the plugin sends by itself and gives no preview of it"
                   : "the preview failed");
}

static void hand_over(tcn_delivery *delivery)
{
    const char *obstacle = find_obstacle(delivery->self);
    if (is_preview(delivery)) {
        call_preview(delivery);
    } else if (obstacle != NULL) {
        refuse(delivery, TOCSIN_E_BUSY, obstacle);
    } else if (call_prepare(delivery)) {
        if (delivery->self->workers != NULL)
            queue_send(delivery);
        else
            call_send(delivery);
    }
}

void tcn_delivery_refuse(tocsin_delivery *handle, int32_t code)
{
    tcn_delivery *delivery = tcn_slot_delivery(handle);
    if (delivery == NULL)
        tcn_log_write(tcn_slot_plugins(handle)->log, TCN_LOG_WARNING, "plugin",
                      "plugin %s called done and refused the message",
                      tcn_slot_plugin(handle));
    else if (delivery->state == TCN_DELIVERY_ABANDONED)
        tcn_delivery_release(delivery);
    else
        refuse(delivery, code, "");
}

int tcn_block_send(tcn_block *block, const tcn_message *message, tcn_delivery_cb cb,
                   void *ud, tcn_delivery **ret)
{
    tocsin_self *self = block->self;
    if (self == NULL || self->state != TCN_INSTANCE_READY)
        return TCN_E_STATE;
    tcn_delivery *delivery = tcn_delivery_begin(self, message, cb, ud);
    if (delivery == NULL)
        return TCN_E_NOMEM;
    tocsin_delivery *handle = delivery->handle;
    hand_over(delivery);
    if (ret != NULL)
        *ret = tcn_slot_delivery(handle) != NULL ? delivery : NULL;
    return 0;
}
