/* SPDX-License-Identifier: Apache-2.0 */
/* smtp.c - a mail before and after its session: checks, the part of the curl handle that
 * is SMTP's own, and the reply. */
#include "core/net/smtp.h"

#include <stdio.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/net/smtp_int.h"

#define ADDRESS_MAX        320
#define SECRET_MAX         8192
#define SAID_MAX           ((size_t)1 << 20)
#define TIMEOUT_DEFAULT_MS 30000

/* ---- checks: whatever could end a command early never gets into one ---- */

static bool is_name(tcn_str text, const char *marks)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c >= 0x80;
        if (!is_plain && (c == '\0' || strchr(marks, c) == NULL))
            return false;
    }
    return text.len > 0 && text.len <= TCN_HOST_MAX;
}

static bool is_address(tcn_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c <= ' ' || c == 0x7f || c == '<' || c == '>')
            return false;
    }
    return text.len > 0 && text.len <= ADDRESS_MAX;
}

static int addresses_check(const tcn_smtp_request *request, tcn_err *reterr)
{
    tcn_str from = tcn_str_c(request->mail_from);
    if (from.len > 0 && !is_address(from))
        return tcn_err_set(reterr, TCN_E_INVALID, "the sender is no address");
    if (request->rcpt_count == 0 || request->rcpt_count > TCN_SMTP_RCPTS_MAX)
        return tcn_err_set(reterr, TCN_E_INVALID, "no recipients, or more than %d",
                           TCN_SMTP_RCPTS_MAX);
    for (size_t i = 0; i < request->rcpt_count; i++)
        if (!is_address(request->rcpts[i]))
            return tcn_err_set(reterr, TCN_E_INVALID, "recipient %zu is no address",
                               i + 1);
    return 0;
}

/* A line feed alone would let a message hold what some servers take for its end. */
static bool has_bare_ends(tcn_str data)
{
    for (size_t i = 0; i < data.len; i++) {
        char c = data.ptr[i];
        if (c == '\n' && (i == 0 || data.ptr[i - 1] != '\r'))
            return true;
        if (c == '\r' && (i + 1 == data.len || data.ptr[i + 1] != '\n'))
            return true;
        if (c == '\0')
            return true;
    }
    return false;
}

static bool has_nul(tcn_str text)
{
    return text.len > 0 && memchr(text.ptr, '\0', text.len) != NULL;
}

static int credentials_check(const tcn_smtp_request *request, tcn_err *reterr)
{
    bool is_tls = (request->flags & (TCN_SMTP_TLS | TCN_SMTP_STARTTLS)) != 0;
    bool has_secret = request->password.len > 0 || request->oauth_token.len > 0;
    if (has_secret && !is_tls)
        return tcn_err_set(reterr, TCN_E_INVALID, "credentials need TLS");
    if (has_secret != (request->username != NULL && request->username[0] != '\0') ||
        (request->password.len > 0 && request->oauth_token.len > 0))
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "a user name needs a password or a token, and one of them");
    if (has_nul(request->password) || has_nul(request->oauth_token))
        return tcn_err_set(reterr, TCN_E_INVALID, "a credential holds NUL");
    if (request->password.len > SECRET_MAX || request->oauth_token.len > SECRET_MAX)
        return tcn_err_set(reterr, TCN_E_LIMIT, "a credential is too long");
    return 0;
}

static int request_check(const tcn_smtp_request *request, tcn_err *reterr)
{
    if (!is_name(tcn_str_c(request->host), "-._:") || request->port == 0 ||
        request->port > 65535)
        return tcn_err_set(reterr, TCN_E_INVALID, "host or port is not usable");
    if (request->helo != NULL && !is_name(tcn_str_c(request->helo), "-._:[]"))
        return tcn_err_set(reterr, TCN_E_INVALID, "the name for EHLO is not usable");
    if (request->data.len > TCN_SMTP_DATA_MAX)
        return tcn_err_set(reterr, TCN_E_LIMIT, "the message is too large");
    if (request->data.len == 0 || has_bare_ends(request->data))
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "the message is empty, or a line of it does not end in CRLF");
    int rc = addresses_check(request, reterr);
    return rc < 0 ? rc : credentials_check(request, reterr);
}

/* ---- copies ---- */

static char *secret_copy(tcn_arena *arena, tcn_str secret)
{
    return secret.len > 0 ? tcn_arena_copy(arena, secret.ptr, secret.len) : NULL;
}

/* NULL stays NULL. */
static bool text_copy(tcn_arena *arena, const char **text)
{
    if (*text == NULL)
        return true;
    *text = tcn_arena_copy(arena, *text, strlen(*text));
    return *text != NULL;
}

static bool texts_copy(tcn_smtp *smtp, tcn_arena *arena)
{
    tcn_smtp_request *r = &smtp->request;
    const char **texts[] = {&r->host,    &r->helo,      &r->mail_from, &r->username,
                            &r->ca_file, &r->cert_file, &r->key_file,  &r->proxy};
    for (size_t i = 0; i < TCN_COUNT(texts); i++)
        if (!text_copy(arena, texts[i]))
            return false;
    smtp->password = secret_copy(arena, r->password);
    smtp->token = secret_copy(arena, r->oauth_token);
    return (r->password.len == 0 || smtp->password != NULL) &&
           (r->oauth_token.len == 0 || smtp->token != NULL);
}

static bool recipients_copy(tcn_smtp *smtp, tcn_arena *arena)
{
    tcn_smtp_request *r = &smtp->request;
    tcn_str *rcpts = tcn_arena_alloc(arena, r->rcpt_count * sizeof *rcpts);
    smtp->status = tcn_arena_zero(arena, r->rcpt_count * sizeof *smtp->status);
    if (rcpts == NULL || smtp->status == NULL)
        return false;
    for (size_t i = 0; i < r->rcpt_count; i++) {
        rcpts[i] = tcn_arena_str(arena, r->rcpts[i]);
        if (rcpts[i].ptr == NULL)
            return false;
    }
    r->rcpts = rcpts;
    return true;
}

/* Doubles the dot that begins a line, and ends the message. */
static int data_stuff(tcn_buf *out, tcn_str data)
{
    size_t from = 0;
    for (size_t i = 0; i < data.len; i++) {
        bool begins = i == 0 || data.ptr[i - 1] == '\n';
        if (!begins || data.ptr[i] != '.')
            continue;
        (void)tcn_buf_add(out, data.ptr + from, i - from);
        (void)tcn_buf_add_char(out, '.');
        from = i;
    }
    (void)tcn_buf_add(out, data.ptr + from, data.len - from);
    bool is_ended = data.ptr[data.len - 1] == '\n';
    return tcn_buf_add_c(out, is_ended ? ".\r\n" : "\r\n.\r\n") < 0 ? out->status
                                                                    : tcn_buf_status(out);
}

static bool url_write(tcn_smtp *smtp, tcn_exchange *exchange)
{
    const tcn_smtp_request *r = &smtp->request;
    bool is_v6 = strchr(r->host, ':') != NULL;
    bool is_tls = (r->flags & TCN_SMTP_TLS) != 0;
    tcn_buf url;
    tcn_buf_init(&url, 2048);
    (void)tcn_buf_printf(&url, "%s://%s%s%s:%u/%s", is_tls ? "smtps" : "smtp",
                         is_v6 ? "[" : "", r->host, is_v6 ? "]" : "", r->port,
                         r->helo != NULL ? r->helo : "");
    smtp->url = tcn_buf_status(&url) == 0
                    ? tcn_arena_copy(&exchange->arena, url.ptr, url.len)
                    : NULL;
    tcn_buf_deinit(&url);
    (void)snprintf(exchange->url.host, sizeof exchange->url.host, "%s", r->host);
    (void)snprintf(exchange->url.shown, sizeof exchange->url.shown, "%s:%u", r->host,
                   r->port);
    return smtp->url != NULL;
}

/* What the client looks at, whatever is spoken. */
static void net_set(tcn_exchange *exchange, const tcn_smtp_request *r)
{
    exchange->request = (tcn_http_request){
        .flags = r->flags &
                 (TCN_HTTP_NO_VERIFY | TCN_HTTP_NO_PRIVATE | TCN_HTTP_NO_PRIVATE_PROXY),
        .timeout_ms = r->timeout_ms != 0 ? r->timeout_ms : TIMEOUT_DEFAULT_MS,
        .connect_timeout_ms = r->connect_timeout_ms,
        .ca_file = r->ca_file,
        .cert_file = r->cert_file,
        .key_file = r->key_file,
        .proxy = r->proxy,
    };
    exchange->started_ms = tcn_clock_mono_ms();
}

static int smtp_fill(tcn_exchange *exchange, const tcn_smtp_request *request,
                     tcn_err *reterr)
{
    tcn_smtp *smtp = exchange->smtp;
    smtp->request = *request;
    if (!texts_copy(smtp, &exchange->arena) || !recipients_copy(smtp, &exchange->arena) ||
        !url_write(smtp, exchange) || data_stuff(&smtp->data, request->data) < 0)
        return tcn_err_set(reterr, TCN_E_NOMEM, "mail");
    /* Not the caller's bytes any more. */
    smtp->request.password = (tcn_str){0};
    smtp->request.oauth_token = (tcn_str){0};
    smtp->request.data = (tcn_str){0};
    net_set(exchange, &smtp->request);
    return 0;
}

static tcn_smtp *smtp_new(void)
{
    tcn_smtp *smtp = tcn_alloc_zero(sizeof *smtp);
    if (smtp == NULL)
        return NULL;
    tcn_buf_init(&smtp->data, 2 * TCN_SMTP_DATA_MAX + 64);
    tcn_buf_init(&smtp->said, SAID_MAX);
    return smtp;
}

static void secret_wipe(char *secret)
{
    if (secret != NULL)
        explicit_bzero(secret, strlen(secret));
}

void tcn_smtp_free(tcn_smtp *smtp)
{
    if (smtp == NULL)
        return;
    secret_wipe(smtp->password);
    secret_wipe(smtp->token);
    tcn_buf_deinit(&smtp->data);
    tcn_buf_deinit(&smtp->said);
    tcn_free(smtp);
}

int tcn_smtp_start(tcn_client *client, const tcn_smtp_request *request, tcn_smtp_cb cb,
                   void *ud, tcn_exchange **ret, tcn_err *reterr)
{
    int rc = request_check(request, reterr);
    if (rc < 0)
        return rc;
    tcn_exchange *exchange = tcn_client_exchange_get(client);
    if (exchange == NULL)
        return tcn_err_set(reterr, TCN_E_NOMEM, "exchange");
    exchange->smtp = smtp_new();
    rc = exchange->smtp == NULL ? tcn_err_set(reterr, TCN_E_NOMEM, "mail")
                                : smtp_fill(exchange, request, reterr);
    if (rc < 0) {
        tcn_client_exchange_put(exchange);
        return rc;
    }
    exchange->smtp->cb = cb;
    exchange->ud = ud;
    return tcn_client_exchange_start(exchange, ret, reterr);
}

/* ---- the connection ---- */

/* curl's callback for each line of an answer before the session. */
static size_t on_line(char *data, size_t size, size_t count, void *ud)
{
    tcn_smtp *smtp = ud;
    tcn_smtp_lines *lines = &smtp->greeted;
    if (tcn_smtp_lines_take(lines, tcn_str_of(data, size * count)) == SIZE_MAX)
        tcn_smtp_lines_init(lines);
    if (!lines->is_whole)
        return size * count;
    smtp->before = lines->code;
    if (lines->code == 250) { /* EHLO, once more under TLS */
        smtp->has_utf8 = lines->has_utf8;
        smtp->has_size = lines->has_size;
    }
    return size * count;
}

bool tcn_smtp_easy_set(tcn_exchange *exchange)
{
    CURL *easy = exchange->easy;
    tcn_smtp *smtp = exchange->smtp;
    const tcn_smtp_request *r = &smtp->request;
    bool is_starttls = (r->flags & TCN_SMTP_STARTTLS) != 0;
    const char *mechanisms =
        smtp->token != NULL ? "AUTH=OAUTHBEARER;AUTH=XOAUTH2" : "AUTH=PLAIN;AUTH=LOGIN";
    tcn_smtp_lines_init(&smtp->greeted);
    smtp->before = 0;
    smtp->on_connection = 0;
    return curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USE_SSL,
                            (long)(is_starttls ? CURLUSESSL_ALL : CURLUSESSL_NONE)) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_LOGIN_OPTIONS, mechanisms) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SASL_IR, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USERNAME, r->username) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PASSWORD, smtp->password) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, smtp->token) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_line) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERDATA, smtp) == CURLE_OK;
}

bool tcn_smtp_goes_on(tcn_exchange *exchange)
{
    tcn_smtp *smtp = exchange->smtp;
    return exchange->result == CURLE_OK && !exchange->is_canceled &&
           smtp->on_connection >= TCN_SMTP_TRANSACTIONS_MAX &&
           smtp->next < smtp->request.rcpt_count;
}

/* ---- the reply ---- */

/* libcurl's errors that mean that the server said no, or what we asked for is not there.
 */
static int refusal_code(const tcn_exchange *exchange, int code)
{
    const tcn_smtp *smtp = exchange->smtp;
    bool has_said_no = smtp->before >= 400;
    switch (exchange->result) {
    case CURLE_LOGIN_DENIED:
        return has_said_no ? 0 : TCN_E_UNSUPPORTED;
    case CURLE_REMOTE_ACCESS_DENIED:
        return has_said_no ? 0 : TCN_E_IO;
    case CURLE_WEIRD_SERVER_REPLY:
        /* Bytes behind the answer to STARTTLS would be read as if TLS had carried them.
         */
        if (smtp->before == 220 && (smtp->request.flags & TCN_SMTP_STARTTLS) != 0)
            return TCN_E_TLS;
        return has_said_no ? 0 : TCN_E_IO;
    case CURLE_NOT_BUILT_IN: /* the session's: the server lacks an extension */
        return TCN_E_UNSUPPORTED;
    default:
        return code;
    }
}

static void refusal_text(tcn_exchange *exchange, int error)
{
    const tcn_smtp *smtp = exchange->smtp;
    const char *shown = exchange->url.shown;
    if (error == 0 && exchange->result != CURLE_OK)
        (void)snprintf(exchange->text, sizeof exchange->text, "%s answered %d %.300s",
                       shown, smtp->before, smtp->greeted.text);
    else if (exchange->result == CURLE_LOGIN_DENIED)
        (void)snprintf(exchange->text, sizeof exchange->text,
                       "%s offers no way to authenticate that can be used (%s)", shown,
                       smtp->token != NULL ? "OAUTHBEARER, XOAUTH2" : "PLAIN, LOGIN");
    else if (error == TCN_E_TLS && exchange->result == CURLE_WEIRD_SERVER_REPLY)
        (void)snprintf(exchange->text, sizeof exchange->text,
                       "%s: bytes behind the answer to STARTTLS", shown);
}

void tcn_smtp_report(tcn_exchange *exchange)
{
    tcn_smtp *smtp = exchange->smtp;
    tcn_smtp_reply reply = {0};
    int error = tcn_exchange_outcome(exchange, exchange->text, sizeof exchange->text);
    if (error != TCN_E_CANCELED && error != TCN_E_DENIED) {
        error = refusal_code(exchange, error);
        refusal_text(exchange, error);
    }
    reply.error = error;
    reply.status = smtp->before;
    reply.elapsed_ms = tcn_clock_mono_ms() - exchange->started_ms;
    reply.rcpt_status = smtp->status;
    reply.rcpt_count = smtp->request.rcpt_count;
    for (size_t i = smtp->next; i < reply.rcpt_count; i++)
        (void)tcn_buf_add_char(&smtp->said, '\n');
    reply.said = tcn_buf_str(&smtp->said);
    reply.text = tcn_str_c(exchange->text);
    smtp->cb(exchange, &reply, exchange->ud);
}
