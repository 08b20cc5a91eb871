/* SPDX-License-Identifier: Apache-2.0 */
/* call.c - exchanges are counted for each instance and bounded by its delivery's time. */
#include "core/plugin/call.h"

#include <stdio.h>

#include "core/base/alloc.h"
#include "core/plugin/delivery.h"
#include "core/plugin/instance.h"

#define CALLS_MAX 64

int32_t tcn_call_code(int error)
{
    static const struct {
        int own;
        int32_t public;
    } codes[] = {
        {0, TOCSIN_OK},
        {TCN_E_RESOLVE, TOCSIN_E_RESOLVE},
        {TCN_E_CONNECT, TOCSIN_E_CONNECT},
        {TCN_E_TLS, TOCSIN_E_TLS},
        {TCN_E_TIMEOUT, TOCSIN_E_TIMEOUT},
        {TCN_E_IO, TOCSIN_E_IO},
        {TCN_E_DENIED, TOCSIN_E_DENIED},
        {TCN_E_CANCELED, TOCSIN_E_CANCELED},
        {TCN_E_NOMEM, TOCSIN_E_NOMEM},
        {TCN_E_INVALID, TOCSIN_E_INVALID},
        {TCN_E_SYNTAX, TOCSIN_E_INVALID},
        {TCN_E_LIMIT, TOCSIN_E_LIMIT},
        {TCN_E_STATE, TOCSIN_E_STATE},
        {TCN_E_UNSUPPORTED, TOCSIN_E_UNSUPPORTED},
    };
    for (size_t i = 0; i < TCN_COUNT(codes); i++)
        if (codes[i].own == error)
            return codes[i].public;
    return TOCSIN_E_INTERNAL;
}

/* 0: of the delivery nothing is left. */
static uint32_t time_limit(const tocsin_self *self, const tcn_delivery *delivery,
                           const tocsin_net *net)
{
    uint32_t left = delivery == NULL ? self->timeout_ms : tcn_delivery_left_ms(delivery);
    bool is_said = net != NULL && net->timeout_ms != 0;
    return is_said && net->timeout_ms < left ? net->timeout_ms : left;
}

static void tell_unverified(tocsin_self *self, uint32_t flags)
{
    if ((flags & TOCSIN_NET_NO_VERIFY) == 0 || self->is_unverified_told)
        return;
    self->is_unverified_told = true;
    tcn_log_write(self->plugins->log, TCN_LOG_WARNING, "plugin",
                  "block %s: certificates of its peer are not verified", self->name);
}

/* The delivery that a handle names; TOCSIN_E_STATE when it is over or canceled. */
static int32_t find_delivery(tocsin_self *self, tocsin_delivery *handle,
                             tcn_delivery **ret)
{
    *ret = handle == NULL ? NULL : tcn_slot_delivery(handle);
    if (handle == NULL)
        return TOCSIN_OK;
    if (*ret == NULL || tcn_delivery_is_canceled(*ret) || tcn_delivery_self(*ret) != self)
        return TOCSIN_E_STATE;
    return TOCSIN_OK;
}

int32_t tcn_call_new(tocsin_self *self, tocsin_delivery *handle, const tocsin_net *net,
                     tocsin_reply_cb cb, void *ud, tocsin_call **ret)
{
    tcn_delivery *delivery = NULL;
    if (!tcn_plugins_on_loop(self->plugins) || !tcn_instance_is_alive(self))
        return TOCSIN_E_STATE;
    int32_t rc = find_delivery(self, handle, &delivery);
    if (rc == TOCSIN_OK && cb == NULL)
        rc = TOCSIN_E_INVALID;
    if (rc != TOCSIN_OK)
        return rc;
    uint32_t timeout_ms = time_limit(self, delivery, net);
    if (timeout_ms == 0)
        return TOCSIN_E_TIMEOUT;
    if (self->call_count >= CALLS_MAX)
        return TOCSIN_E_LIMIT;
    tocsin_call *call = tcn_alloc_zero(sizeof *call);
    if (call == NULL)
        return TOCSIN_E_NOMEM;
    *call = (tocsin_call){.self = self, .timeout_ms = timeout_ms, .cb = cb, .ud = ud};
    call->delivery = delivery;
    call->depth = tcn_note_depth(self);
    tcn_list_init(&call->link);
    tcn_list_init(&call->delivery_link);
    *ret = call;
    return TOCSIN_OK;
}

int32_t tcn_call_refuse(tocsin_self *self, const char *service, int code,
                        const char *text)
{
    if (code == TCN_E_INVALID && tcn_plugins_on_loop(self->plugins)) {
        (void)snprintf(self->refusal, sizeof self->refusal, "%s: %s", service, text);
        tcn_log_write(self->plugins->log, TCN_LOG_WARNING, "plugin",
                      "block %s: %s refused a request of plugin %s: %s", self->name,
                      service, self->table->id, text);
    }
    return tcn_call_code(code);
}

uint32_t tcn_call_flags(const tocsin_call *call, uint32_t request_flags, uint32_t known)
{
    uint32_t own = TCN_HTTP_NO_PRIVATE | TCN_HTTP_NO_PRIVATE_PROXY;
    return (request_flags & known) | (call->self->is_private_refused ? own : 0);
}

/* ---- dry runs ---- */

static void on_held_closed(uv_handle_t *handle)
{
    tcn_free(handle);
}

static void on_held(uv_timer_t *timer)
{
    static const char text[] = "a dry run: nothing was sent";
    const tocsin_reply reply = {
        .struct_size = sizeof reply,
        .error = TOCSIN_E_CANCELED,
        .retry_after_ms = -1,
        .text = {text, sizeof text - 1},
    };
    uv_close((uv_handle_t *)timer, on_held_closed);
    tcn_call_end(timer->data, &reply);
}

/* In place of an exchange. */
static int hold(tocsin_call *call)
{
    uv_timer_t *timer = tcn_alloc_zero(sizeof *timer);
    if (timer == NULL)
        return TCN_E_NOMEM;
    (void)uv_timer_init(call->self->plugins->loop, timer);
    timer->data = call;
    call->held = timer;
    return uv_timer_start(timer, on_held, 0, 0);
}

/* ---- beginning and end ---- */

static void drop(tocsin_call *call)
{
    json_decref(call->record);
    tcn_free(call);
}

static int record_or_start(tocsin_call *call, const tcn_call_service *service,
                           const void *request, tcn_err *reterr)
{
    tcn_recorder *recorder =
        call->delivery == NULL ? NULL : tcn_delivery_recorder(call->delivery);
    if (recorder == NULL)
        return service->start(call, request, reterr);
    int rc = service->record(recorder, call->self->config, request, &call->record);
    if (rc < 0)
        return rc;
    return recorder->is_dry ? hold(call) : service->start(call, request, reterr);
}

static void begin(tocsin_call *call, uint32_t request_flags, tocsin_call **ret)
{
    tocsin_self *self = call->self;
    tell_unverified(self, request_flags);
    self->call_count++;
    tcn_list_append(&self->calls, &call->link);
    if (call->delivery != NULL)
        tcn_list_append(tcn_delivery_calls(call->delivery), &call->delivery_link);
    if (ret != NULL)
        *ret = call;
}

int32_t tcn_call_start(tocsin_call *call, const tcn_call_service *service,
                       const void *request, uint32_t request_flags, tocsin_call **ret)
{
    tcn_err err = {0};
    int rc = record_or_start(call, service, request, &err);
    if (rc < 0) {
        tocsin_self *self = call->self;
        drop(call);
        return tcn_call_refuse(self, service->name, rc, err.text);
    }
    begin(call, request_flags, ret);
    return TOCSIN_OK;
}

void tcn_call_end(tocsin_call *call, const tocsin_reply *reply)
{
    tocsin_self *self = call->self;
    tcn_list_remove(&call->link);
    tcn_list_remove(&call->delivery_link);
    call->exchange = NULL;
    tcn_visit visit = tcn_visit_begin(self, "reply", call->depth);
    call->cb(call, reply, call->ud);
    tcn_visit_end(&visit);
    drop(call);
    self->call_count--;
    tcn_instance_progress(self);
}
