/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.c - a plugin's request is checked and handed to the client. A call ends with
 * its reply; when its delivery ends first it is canceled and its callback still runs. */
#include "core/plugin/exchange.h"

#include "core/base/alloc.h"
#include "core/gate/take.h"
#include "core/net/url.h"
#include "core/plugin/call.h"
#include "core/plugin/record.h"

#define HEADERS_MAX  64
#define HEADER_MAX   8192
#define BODY_MAX     ((size_t)8 << 20)
#define RESPONSE_MAX ((uint64_t)1 << 20)

_Static_assert((int)TOCSIN_NET_NO_VERIFY == (int)TCN_HTTP_NO_VERIFY &&
                   (int)TOCSIN_NET_FOLLOW == (int)TCN_HTTP_FOLLOW &&
                   (int)TOCSIN_NET_NO_PRIVATE == (int)TCN_HTTP_NO_PRIVATE,
               "flags of requests are handed on as they are");

static tocsin_str public_str(tcn_str s)
{
    return (tocsin_str){s.ptr, s.len};
}

static void on_reply(tcn_exchange *exchange, const tcn_http_reply *reply, void *ud)
{
    tocsin_call *call = ud;
    (void)exchange;
    if (call->record != NULL)
        tcn_record_reply(call->record, call->self->config, reply);
    tocsin_pair *headers = tcn_alloc_array(reply->header_count + 1, sizeof *headers);
    size_t count = headers == NULL ? 0 : reply->header_count;
    for (size_t i = 0; i < count; i++)
        headers[i] = (tocsin_pair){public_str(reply->headers[i].name),
                                   public_str(reply->headers[i].value)};
    tocsin_reply out = {
        .struct_size = sizeof out,
        .error = tcn_call_code(reply->error),
        .status = reply->status,
        .truncated = reply->is_truncated,
        .retry_after_ms = reply->retry_after_ms,
        .elapsed_ms = reply->elapsed_ms,
        .headers = headers,
        .header_count = count,
        .body = public_str(reply->body),
        .text = public_str(reply->text),
    };
    tcn_call_end(call, &out);
    tcn_free(headers);
}

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

static int shown_len(tcn_str name)
{
    return name.len < 60 ? (int)name.len : 60;
}

static int check_header(tcn_str name, tcn_str value, tcn_err *reterr)
{
    if (!is_token(name))
        return tcn_err_set(reterr, TCN_E_INVALID, "the name of a header is not one word");
    if (!is_field_value(value))
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "header %.*s holds a line break or another control character",
                           shown_len(name), name.ptr);
    if (name.len + value.len > HEADER_MAX)
        return tcn_err_set(reterr, TCN_E_INVALID, "header %.*s is longer than %d bytes",
                           shown_len(name), name.ptr, HEADER_MAX);
    return 0;
}

static int check_headers(const tocsin_pair *headers, uint64_t count, tcn_err *reterr)
{
    if (count > HEADERS_MAX)
        return tcn_err_set(reterr, TCN_E_INVALID, "it has more than %d headers",
                           HEADERS_MAX);
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && i < count; i++)
        rc = check_header(tcn_str_of(headers[i].name.ptr, headers[i].name.len),
                          tcn_str_of(headers[i].value.ptr, headers[i].value.len), reterr);
    return rc;
}

/* What is too large now will be so later: not E_LIMIT, which is tried again. */
static int check_request(const tocsin_http_request *request, tcn_err *reterr)
{
    const char *fault = NULL;
    if (request->url == NULL || request->method == NULL ||
        (request->header_count > 0 && request->headers == NULL))
        fault = "url, method or headers is NULL";
    else if (!is_token(tcn_str_c(request->method)))
        fault = "the method is not one word";
    else if (strncasecmp(request->url, "http://", 7) != 0 &&
             strncasecmp(request->url, "https://", 8) != 0)
        fault = "the URL does not begin with http:// or https://";
    else if (strlen(request->url) > TCN_URL_MAX)
        fault = "the URL is longer than 16 KiB";
    else if (request->body.len > BODY_MAX)
        fault = "the body is larger than 8 MiB";
    else if (request->max_response > RESPONSE_MAX)
        fault = "max_response is above 1 MiB";
    return fault != NULL ? tcn_err_set(reterr, TCN_E_INVALID, "%s", fault)
                         : check_headers(request->headers, request->header_count, reterr);
}

static int start(tocsin_call *call, const void *checked, tcn_err *reterr)
{
    const tocsin_http_request *request = checked;
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
            tcn_call_flags(call, request->flags,
                           TCN_HTTP_NO_VERIFY | TCN_HTTP_FOLLOW | TCN_HTTP_NO_PRIVATE),
        .timeout_ms = call->timeout_ms,
        .connect_timeout_ms = net->connect_timeout_ms,
        .max_response = request->max_response,
        .ca_file = net->ca_file,
        .cert_file = net->cert_file,
        .key_file = net->key_file,
        .proxy = net->proxy,
    };
    return tcn_client_start(call->self->plugins->client, &own, on_reply, call,
                            &call->exchange, reterr);
}

static int record(tcn_recorder *recorder, const tocsin_config *config,
                  const void *checked, json_t **ret)
{
    return tcn_record_http(recorder, config, checked, ret);
}

static const tcn_call_service service = {
    .name = "http", .record = record, .start = start};

int32_t tcn_exchange_http(tocsin_self *self, tocsin_delivery *handle,
                          const tocsin_http_request *theirs, tocsin_reply_cb cb, void *ud,
                          tocsin_call **ret)
{
    tocsin_call *call;
    tocsin_http_request request;
    if (!tcn_take(theirs, TCN_FIRST_HTTP_REQUEST, &request, sizeof request))
        return tcn_call_refuse(self, service.name, TCN_E_INVALID, TCN_CALL_NO_SIZE);
    tcn_err err = {0};
    if (check_request(&request, &err) < 0)
        return tcn_call_refuse(self, service.name, err.code, err.text);
    int32_t rc = tcn_call_new(self, handle, request.net, cb, ud, &call);
    return rc == TOCSIN_OK ? tcn_call_start(call, &service, &request, request.flags, ret)
                           : rc;
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
