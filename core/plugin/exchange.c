/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.c - a plugin's request is checked, handed to the client and counted. A call
 * ends with its reply; when its delivery ends first it is canceled and its callback still
 * runs. */
#include "core/plugin/exchange.h"

#include "core/base/alloc.h"
#include "core/plugin/delivery.h"
#include "core/plugin/instance.h"
#include "core/plugin/record.h"

#define CALLS_MAX    64
#define HEADERS_MAX  64
#define HEADER_MAX   8192
#define BODY_MAX     ((size_t)8 << 20)
#define RESPONSE_MAX ((uint64_t)1 << 20)

_Static_assert((int)TOCSIN_NET_NO_VERIFY == (int)TCN_HTTP_NO_VERIFY &&
                   (int)TOCSIN_NET_FOLLOW == (int)TCN_HTTP_FOLLOW &&
                   (int)TOCSIN_NET_NO_PRIVATE == (int)TCN_HTTP_NO_PRIVATE,
               "flags of requests are handed on as they are");

struct tocsin_call {
    tcn_list link;          /* in self's calls */
    tcn_list delivery_link; /* in its delivery's calls, or alone */
    tocsin_self *self;
    tcn_exchange *exchange;
    uv_timer_t *held; /* of a dry run: in place of the exchange */
    json_t *record;   /* where the reply is noted; NULL: nowhere */
    tocsin_reply_cb cb;
    void *ud;
};

static int32_t public_code(int error)
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
    };
    for (size_t i = 0; i < TCN_COUNT(codes); i++)
        if (codes[i].own == error)
            return codes[i].public;
    return TOCSIN_E_INTERNAL;
}

static tocsin_str public_str(tcn_str s)
{
    return (tocsin_str){s.ptr, s.len};
}

static void on_reply(tcn_exchange *exchange, const tcn_http_reply *reply, void *ud)
{
    tocsin_call *call = ud;
    tocsin_self *self = call->self;
    (void)exchange;
    tocsin_pair *headers = tcn_alloc_array(reply->header_count + 1, sizeof *headers);
    size_t count = headers == NULL ? 0 : reply->header_count;
    for (size_t i = 0; i < count; i++)
        headers[i] = (tocsin_pair){public_str(reply->headers[i].name),
                                   public_str(reply->headers[i].value)};
    tocsin_reply out = {
        .struct_size = sizeof out,
        .error = public_code(reply->error),
        .status = reply->status,
        .truncated = reply->is_truncated,
        .retry_after_ms = reply->retry_after_ms,
        .elapsed_ms = reply->elapsed_ms,
        .headers = headers,
        .header_count = count,
        .body = public_str(reply->body),
        .text = public_str(reply->text),
    };
    if (call->record != NULL && call->held == NULL)
        tcn_record_reply(call->record, self->config, reply);
    tcn_list_remove(&call->link);
    tcn_list_remove(&call->delivery_link);
    call->exchange = NULL;
    call->cb(call, &out, call->ud);
    tcn_free(headers);
    json_decref(call->record);
    tcn_free(call);
    self->call_count--;
    tcn_instance_progress(self);
}

/* ---- dry runs ---- */

static void on_held_closed(uv_handle_t *handle)
{
    tcn_free(handle);
}

/* The reply of a request that was not sent. */
static void on_held(uv_timer_t *timer)
{
    tocsin_call *call = timer->data;
    const tcn_http_reply reply = {
        .error = TCN_E_CANCELED,
        .retry_after_ms = -1,
        .text = TCN_STR("a dry run: nothing was sent"),
    };
    uv_close((uv_handle_t *)timer, on_held_closed);
    on_reply(NULL, &reply, call);
}

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

/* ---- checks ---- */

static bool is_token(tcn_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c <= 0x20 || c >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", c) != NULL)
            return false;
    }
    return text.len > 0;
}

static bool is_field_value(tcn_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static int32_t check_headers(const tocsin_pair *headers, uint64_t count)
{
    if (count > HEADERS_MAX)
        return TOCSIN_E_LIMIT;
    for (uint64_t i = 0; i < count; i++) {
        tcn_str name = {headers[i].name.ptr, headers[i].name.len};
        tcn_str value = {headers[i].value.ptr, headers[i].value.len};
        if (name.len + value.len > HEADER_MAX)
            return TOCSIN_E_LIMIT;
        if (!is_token(name) || !is_field_value(value))
            return TOCSIN_E_INVALID;
    }
    return TOCSIN_OK;
}

static int32_t check_request(const tocsin_http_request *request)
{
    if (request->struct_size < sizeof *request || request->url == NULL ||
        request->method == NULL || !is_token(tcn_str_c(request->method)) ||
        (request->header_count > 0 && !request->headers))
        return TOCSIN_E_INVALID;
    if (strncasecmp(request->url, "http://", 7) != 0 &&
        strncasecmp(request->url, "https://", 8) != 0)
        return TOCSIN_E_INVALID;
    if (request->body.len > BODY_MAX || request->max_response > RESPONSE_MAX)
        return TOCSIN_E_LIMIT;
    return check_headers(request->headers, request->header_count);
}

/* 0: of the delivery nothing is left. */
static uint32_t time_limit(const tocsin_self *self, const tcn_delivery *delivery,
                           const tocsin_net *net)
{
    uint32_t left = delivery == NULL ? self->timeout_ms : tcn_delivery_left_ms(delivery);
    bool is_said = net != NULL && net->timeout_ms != 0;
    return is_said && net->timeout_ms < left ? net->timeout_ms : left;
}

static int start(tocsin_call *call, const tocsin_http_request *request,
                 uint32_t timeout_ms)
{
    tocsin_net none = {0};
    const tocsin_net *net = request->net != NULL ? request->net : &none;
    tcn_header headers[HEADERS_MAX];
    for (uint64_t i = 0; i < request->header_count; i++) {
        const tocsin_pair *pair = &request->headers[i];
        headers[i] = (tcn_header){tcn_str_of(pair->name.ptr, pair->name.len),
                                  tcn_str_of(pair->value.ptr, pair->value.len)};
    }
    tcn_http_request own = {
        .method = request->method,
        .url = request->url,
        .headers = headers,
        .header_count = request->header_count,
        .body = tcn_str_of(request->body.ptr, request->body.len),
        .flags =
            request->flags & (TCN_HTTP_NO_VERIFY | TCN_HTTP_FOLLOW | TCN_HTTP_NO_PRIVATE),
        .timeout_ms = timeout_ms,
        .connect_timeout_ms = net->connect_timeout_ms,
        .max_response = request->max_response,
        .ca_file = net->ca_file,
        .cert_file = net->cert_file,
        .key_file = net->key_file,
        .proxy = net->proxy,
    };
    return tcn_client_start(call->self->plugins->client, &own, on_reply, call,
                            &call->exchange, NULL);
}

/* Notes the request where its delivery is recorded, and sends it unless that is a dry
 * run. */
static int record_or_start(tocsin_call *call, const tcn_delivery *delivery,
                           const tocsin_http_request *request, uint32_t timeout_ms)
{
    tcn_recorder *recorder = delivery == NULL ? NULL : tcn_delivery_recorder(delivery);
    if (recorder == NULL)
        return start(call, request, timeout_ms);
    int rc = tcn_record_http(recorder, call->self->config, request, &call->record);
    if (rc < 0)
        return rc;
    return recorder->is_dry ? hold(call) : start(call, request, timeout_ms);
}

static void tell_unverified(tocsin_self *self, const tocsin_http_request *request)
{
    if ((request->flags & TOCSIN_NET_NO_VERIFY) == 0 || self->is_unverified_told)
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

int32_t tcn_exchange_http(tocsin_self *self, tocsin_delivery *handle,
                          const tocsin_http_request *request, tocsin_reply_cb cb,
                          void *ud, tocsin_call **ret)
{
    tcn_delivery *delivery = NULL;
    if (!tcn_plugins_on_loop(self->plugins) || !tcn_instance_is_alive(self))
        return TOCSIN_E_STATE;
    int32_t rc = find_delivery(self, handle, &delivery);
    if (rc == TOCSIN_OK)
        rc = cb == NULL ? TOCSIN_E_INVALID : check_request(request);
    if (rc != TOCSIN_OK)
        return rc;
    uint32_t timeout_ms = time_limit(self, delivery, request->net);
    if (timeout_ms == 0)
        return TOCSIN_E_TIMEOUT;
    if (self->call_count >= CALLS_MAX)
        return TOCSIN_E_LIMIT;
    tocsin_call *call = tcn_alloc_zero(sizeof *call);
    if (call == NULL)
        return TOCSIN_E_NOMEM;
    *call = (tocsin_call){.self = self, .cb = cb, .ud = ud};
    int started = record_or_start(call, delivery, request, timeout_ms);
    if (started < 0) {
        json_decref(call->record);
        tcn_free(call);
        return public_code(started);
    }
    tell_unverified(self, request);
    self->call_count++;
    tcn_list_append(&self->calls, &call->link);
    tcn_list_init(&call->delivery_link);
    if (delivery != NULL)
        tcn_list_append(tcn_delivery_calls(delivery), &call->delivery_link);
    if (ret != NULL)
        *ret = call;
    return TOCSIN_OK;
}

void tcn_exchange_call_cancel(tocsin_call *call)
{
    if (call != NULL && call->exchange != NULL)
        tcn_exchange_cancel(call->exchange);
}

void tcn_exchange_cancel_delivery(tcn_list *calls)
{
    tcn_list_foreach (link, calls) {
        tcn_list_remove(link);
        tcn_exchange_call_cancel(tcn_container_of(link, tocsin_call, delivery_link));
    }
}

void tcn_exchange_cancel_all(tocsin_self *self)
{
    tcn_list_foreach (link, &self->calls)
        tcn_exchange_call_cancel(tcn_container_of(link, tocsin_call, link));
}
