/* SPDX-License-Identifier: Apache-2.0 */
/* mail.c - host->smtp: a plugin's mail is checked, handed to the client and counted as
 * its HTTP requests are. */
#include "core/plugin/mail.h"

#include "core/base/alloc.h"
#include "core/gate/take.h"
#include "core/net/smtp.h"
#include "core/plugin/call.h"
#include "core/plugin/record.h"

#define RCPTS_MAX 100
#define DATA_MAX  ((size_t)10 << 20)

_Static_assert((int)TOCSIN_NET_TLS == (int)TCN_SMTP_TLS &&
                   (int)TOCSIN_NET_STARTTLS == (int)TCN_SMTP_STARTTLS &&
                   (int)TOCSIN_NET_SMTPUTF8 == (int)TCN_SMTP_UTF8,
               "flags of requests are handed on as they are");

static void record_reply(tocsin_call *call, const tcn_smtp_reply *reply)
{
    const tcn_http_reply shown = {
        .error = reply->error,
        .status = reply->status,
        .elapsed_ms = reply->elapsed_ms,
        .body = reply->said,
        .text = reply->text,
    };
    tcn_record_reply(call->record, call->self->config, &shown);
}

static void on_reply(tcn_exchange *exchange, const tcn_smtp_reply *reply, void *ud)
{
    tocsin_call *call = ud;
    (void)exchange;
    if (call->record != NULL)
        record_reply(call, reply);
    tocsin_reply out = {
        .struct_size = sizeof out,
        .error = tcn_call_code(reply->error),
        .status = reply->status,
        .retry_after_ms = -1,
        .elapsed_ms = reply->elapsed_ms,
        .body = {reply->said.ptr, reply->said.len},
        .text = {reply->text.ptr, reply->text.len},
        .rcpt_status = reply->rcpt_status,
        .rcpt_count = reply->rcpt_count,
    };
    tcn_call_end(call, &out);
}

/* What is too large now will not get smaller: not E_LIMIT, which is tried again. */
static int check_request(const tocsin_smtp_request *request, tcn_err *reterr)
{
    const uint32_t both = TOCSIN_NET_TLS | TOCSIN_NET_STARTTLS;
    const char *fault = NULL;
    if (request->host == NULL || request->rcpts == NULL || request->data.ptr == NULL)
        fault = "host, rcpts or data is NULL";
    else if (request->port > UINT32_MAX)
        fault = "the port is above 65535";
    else if ((request->flags & both) == both)
        fault = "TLS and STARTTLS exclude each other";
    else if (request->rcpt_count > RCPTS_MAX)
        fault = "it has more than 100 recipients";
    else if (request->data.len > DATA_MAX)
        fault = "the message is larger than 10 MiB";
    return fault != NULL ? tcn_err_set(reterr, TCN_E_INVALID, "%s", fault) : 0;
}

static tcn_str own_str(tocsin_str s)
{
    return tcn_str_of(s.ptr, s.len);
}

static int start(tocsin_call *call, const void *checked, tcn_err *reterr)
{
    const tocsin_smtp_request *request = checked;
    tocsin_net none = {0};
    const tocsin_net *net = request->net != NULL ? request->net : &none;
    tcn_str rcpts[RCPTS_MAX];
    for (uint64_t i = 0; i < request->rcpt_count; i++)
        rcpts[i] = own_str(request->rcpts[i]);
    tcn_smtp_request own = {
        .host = request->host,
        .port = (uint32_t)request->port,
        .flags = tcn_call_flags(call, request->flags,
                                TCN_HTTP_NO_VERIFY | TCN_HTTP_NO_PRIVATE | TCN_SMTP_TLS |
                                    TCN_SMTP_STARTTLS | TCN_SMTP_UTF8),
        .helo = request->helo,
        .mail_from = request->mail_from,
        .rcpts = rcpts,
        .rcpt_count = request->rcpt_count,
        .username = request->username,
        .password = own_str(request->password),
        .oauth_token = own_str(request->oauth_token),
        .data = own_str(request->data),
        .timeout_ms = call->timeout_ms,
        .connect_timeout_ms = net->connect_timeout_ms,
        .ca_file = net->ca_file,
        .cert_file = net->cert_file,
        .key_file = net->key_file,
        .proxy = net->proxy,
    };
    return tcn_smtp_start(call->self->plugins->client, &own, on_reply, call,
                          &call->exchange, reterr);
}

static int record(tcn_recorder *recorder, const tocsin_config *config,
                  const void *checked, json_t **ret)
{
    return tcn_record_smtp(recorder, config, checked, ret);
}

static const tcn_call_service service = {
    .name = "smtp", .record = record, .start = start};

int32_t tcn_mail_smtp(tocsin_self *self, tocsin_delivery *handle,
                      const tocsin_smtp_request *theirs, tocsin_reply_cb cb, void *ud,
                      tocsin_call **ret)
{
    tocsin_call *call;
    tocsin_smtp_request request;
    if (!tcn_take(theirs, TCN_FIRST_SMTP_REQUEST, &request, sizeof request))
        return tcn_call_refuse(self, service.name, TCN_E_INVALID, TCN_CALL_NO_SIZE);
    tcn_err err = {0};
    if (check_request(&request, &err) < 0)
        return tcn_call_refuse(self, service.name, err.code, err.text);
    int32_t rc = tcn_call_new(self, handle, request.net, cb, ud, &call);
    return rc == TOCSIN_OK ? tcn_call_start(call, &service, &request, request.flags, ret)
                           : rc;
}
