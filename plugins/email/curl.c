/* SPDX-License-Identifier: Apache-2.0 */
/* curl.c - the transport through host->smtp, on the loop: at most two mails of a block
 * are under way at a time, the others wait here. */
#include "email.h"

#define IN_FLIGHT_MAX 2

static void submit(job *j);

static void queue_run(tocsin_instance *email)
{
    while (email->queue != NULL && email->in_flight < IN_FLIGHT_MAX) {
        job *j = email->queue;
        email->queue = j->next;
        j->is_queued = false;
        submit(j);
    }
}

/* The server's line for the next of those that were asked for. */
static tocsin_str next_line(tocsin_str *body)
{
    const char *end = body->len == 0 ? NULL : memchr(body->ptr, '\n', body->len);
    size_t len = end == NULL ? body->len : (size_t)(end - body->ptr);
    tocsin_str line = tocsin_str_part(body->ptr, len);
    size_t taken = end == NULL ? len : len + 1;
    *body = tocsin_str_part(body->ptr + taken, body->len - taken);
    return line;
}

static bool knows_any(const tocsin_reply *reply)
{
    for (uint64_t i = 0; i < reply->rcpt_count; i++)
        if (reply->rcpt_status[i] != 0)
            return true;
    return false;
}

static void on_reply(tocsin_call *call, const tocsin_reply *reply, void *ud)
{
    job *j = ud;
    tocsin_instance *email = j->email;
    tocsin_str said = reply->body;
    uint64_t asked = 0;
    (void)call;
    for (size_t i = 0; i < j->list.count && asked < reply->rcpt_count; i++) {
        if (j->list.items[i].state != RECIPIENT_LEFT)
            continue;
        recipients_note(&j->list, i, reply->rcpt_status[asked++], next_line(&said));
    }
    bool is_refused =
        reply->error == TOCSIN_OK && reply->status >= 400 && !knows_any(reply);
    attempt_end end = {
        .error = reply->error,
        .status = is_refused ? reply->status : 0,
        /* After AUTH it is SMTPUTF8 that the server lacks. */
        .is_auth = reply->error == TOCSIN_E_UNSUPPORTED && email->username != NULL &&
                   reply->status != 235,
        .text = reply->text,
        .elapsed_ms = (uint32_t)reply->elapsed_ms,
    };
    email->in_flight--;
    job_done(j, &end);
    job_free(j);
    queue_run(email);
}

static void request_fill(const job *j, tocsin_smtp_request *request, tocsin_str *rcpts)
{
    const tocsin_instance *email = j->email;
    uint64_t count = 0;
    for (size_t i = 0; i < j->list.count; i++)
        if (j->list.items[i].state == RECIPIENT_LEFT)
            rcpts[count++] = tocsin_str_of(j->list.items[i].to->spec);
    request->struct_size = sizeof *request;
    request->flags = (email->is_verified ? 0u : (uint32_t)TOCSIN_NET_NO_VERIFY) |
                     (email->tls == TLS_IMPLICIT   ? (uint32_t)TOCSIN_NET_TLS
                      : email->tls == TLS_STARTTLS ? (uint32_t)TOCSIN_NET_STARTTLS
                                                   : 0u) |
                     (j->needs_utf8 ? (uint32_t)TOCSIN_NET_SMTPUTF8 : 0u);
    request->host = email->server;
    request->port = email->port;
    request->helo = email->helo;
    request->mail_from = j->addresses->spec;
    request->username = email->username;
    request->rcpts = rcpts;
    request->rcpt_count = count;
    request->data = tocsin_text_str(&j->data);
}

/* The host keeps copies of everything. */
static int32_t start(job *j, tocsin_ending *end)
{
    const tocsin_instance *email = j->email;
    tocsin_smtp_request request = TOCSIN_ZERO;
    tocsin_net net = {.struct_size = sizeof net, .ca_file = email->ca_file};
    tocsin_str rcpts[RECIPIENTS_MAX];
    char secret[SECRET_SIZE];
    size_t len = 0;
    const char *key = email->has_token ? "oauth_token" : "password";
    request_fill(j, &request, rcpts);
    request.net = &net;
    int32_t rc = TOCSIN_E_IO;
    if (email->username == NULL || tocsin_secret(email->host, email->config, key, NULL,
                                                 secret, sizeof secret, &len, end)) {
        tocsin_str *place = email->has_token ? &request.oauth_token : &request.password;
        if (email->username != NULL)
            *place = tocsin_str_part(secret, len);
        rc = email->host->smtp(email->self, j->delivery, &request, on_reply, j, NULL);
    }
    email->host->wipe(secret, sizeof secret);
    return rc;
}

static void end_unsent(job *j, int32_t rc, tocsin_ending *end)
{
    if (end->status == 0) {
        attempt_end why = {
            .error = rc == TOCSIN_E_STATE ? TOCSIN_E_CANCELED : rc,
            .text = tocsin_str_of(rc == TOCSIN_E_TIMEOUT ? "no time was left to send"
                                  : rc == TOCSIN_E_INVALID
                                      ? "host, port or helo cannot be used"
                                      : "the mail could not be sent now"),
        };
        job_done(j, &why);
    } else {
        tocsin_end_delivery(j->email->host, j->delivery, end);
    }
    job_free(j);
}

static void submit(job *j)
{
    tocsin_instance *email = j->email;
    tocsin_ending end = TOCSIN_ZERO;
    email->in_flight++;
    int32_t rc = start(j, &end);
    if (rc >= 0)
        return;
    email->in_flight--;
    end_unsent(j, rc, &end);
}

void curl_send(job *j)
{
    job **at = &j->email->queue;
    while (*at != NULL)
        at = &(*at)->next;
    j->next = NULL;
    j->is_queued = true;
    *at = j;
    queue_run(j->email);
}

void curl_cancel(job *j)
{
    job **at = &j->email->queue;
    if (!j->is_queued)
        return;
    while (*at != j)
        at = &(*at)->next;
    *at = j->next;
    attempt_end end = {.error = TOCSIN_E_CANCELED, .text = tocsin_str_of("canceled")};
    job_done(j, &end);
    job_free(j);
}
