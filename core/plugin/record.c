/* SPDX-License-Identifier: Apache-2.0 */
/* record.c - requests and answers as JSON. What is masked here is masked by value where
 * an option's value stands in the text as it is or as JSON or a URL write it, and by
 * place where a template may have changed it: URLs and headers that are secret options.
 */
#include "core/plugin/record.h"

#include <string.h>
#include <strings.h>

#include "core/base/buf.h"
#include "core/net/url.h"
#include "core/option/option_mask.h"

#define TEXT_MAX ((size_t)32 << 20)
#define BODY_MAX ((size_t)1 << 20)
#define KEPT_END 500 /* bytes of an answer, at each end */

int tcn_recorder_init(tcn_recorder *recorder, bool is_dry)
{
    *recorder = (tcn_recorder){.is_dry = is_dry, .exchanges = json_array()};
    return recorder->exchanges == NULL ? TCN_E_NOMEM : 0;
}

void tcn_recorder_deinit(tcn_recorder *recorder)
{
    json_decref(recorder->exchanges);
    recorder->exchanges = NULL;
}

/* ---- texts ---- */

/* Bytes that are no UTF-8 become U+FFFD, one each. */
static json_t *json_of_bytes(tcn_str text)
{
    tcn_buf out;
    tcn_buf_init(&out, TEXT_MAX);
    size_t bad = 0;
    while (!tcn_utf8_valid(text, &bad)) {
        (void)tcn_buf_add(&out, text.ptr, bad);
        (void)tcn_buf_add_c(&out, "\xef\xbf\xbd");
        text = tcn_str_of(text.ptr + bad + 1, text.len - bad - 1);
    }
    (void)tcn_buf_add_str(&out, text);
    json_t *json = tcn_buf_status(&out) < 0
                       ? NULL
                       : json_stringn(out.ptr != NULL ? out.ptr : "", out.len);
    tcn_buf_deinit(&out);
    return json;
}

/* NULL when out of memory; nothing that could not be masked is shown. */
static json_t *masked(const tocsin_config *config, tcn_str text)
{
    tcn_buf out;
    tcn_buf_init(&out, TEXT_MAX);
    json_t *json = NULL;
    if (tcn_options_mask(config, text, &out) == 0)
        json = json_of_bytes(tcn_buf_str(&out));
    tcn_buf_deinit(&out);
    return json;
}

/* Masked first, so that no cut goes through a secret. */
static json_t *masked_body(const tocsin_config *config, tcn_str body, size_t end)
{
    tcn_buf out, cut;
    tcn_buf_init(&out, TEXT_MAX);
    tcn_buf_init(&cut, TEXT_MAX);
    json_t *json = NULL;
    int rc = tcn_options_mask(config, body, &out);
    if (rc == 0 && out.len > 2 * end) {
        (void)tcn_buf_add(&cut, out.ptr, end);
        (void)tcn_buf_printf(&cut, "...%zu more bytes...", out.len - 2 * end);
        (void)tcn_buf_add(&cut, out.ptr + out.len - end, end);
        rc = tcn_buf_status(&cut);
    } else if (rc == 0) {
        rc = tcn_buf_add_str(&cut, tcn_buf_str(&out));
    }
    if (rc == 0)
        json = json_of_bytes(tcn_buf_str(&cut));
    tcn_buf_deinit(&out);
    tcn_buf_deinit(&cut);
    return json;
}

/* ---- places ---- */

/* The path goes where the block's URL is a secret, query and user info always. */
static json_t *shown_url(const tocsin_config *config, const char *url)
{
    tcn_url parsed = {0};
    if (tcn_url_parse(url, &parsed, NULL) < 0)
        return json_string(TCN_MASK);
    if (tcn_options_has_secret_url(config))
        return json_string(parsed.shown);
    tcn_buf text;
    tcn_buf_init(&text, TEXT_MAX);
    size_t end = strcspn(url, "?#");
    (void)tcn_buf_add(&text, url, end);
    if (url[end] == '?')
        (void)tcn_buf_add_c(&text, "?***");
    json_t *json = tcn_buf_status(&text) < 0 ? NULL : masked(config, tcn_buf_str(&text));
    tcn_buf_deinit(&text);
    return json;
}

static bool is_private_header(const tocsin_config *config, tcn_str name)
{
    static const char *const names[] = {"authorization", "proxy-authorization", "cookie",
                                        "x-api-key"};
    for (size_t i = 0; i < TCN_COUNT(names); i++)
        if (name.len == strlen(names[i]) &&
            strncasecmp(name.ptr, names[i], name.len) == 0)
            return true;
    return tcn_options_is_secret_entry(config, name);
}

/* "Bearer ********": the scheme is no secret. */
static json_t *hidden_value(tcn_str value)
{
    static const char *const schemes[] = {"Bearer ", "Basic "};
    for (size_t i = 0; i < TCN_COUNT(schemes); i++)
        if (tcn_str_starts(value, tcn_str_c(schemes[i])))
            return json_sprintf("%s" TCN_MASK, schemes[i]);
    return json_string(TCN_MASK);
}

static json_t *shown_headers(const tocsin_config *config,
                             const tocsin_http_request *request)
{
    json_t *headers = json_array();
    for (uint64_t i = 0; i < request->header_count; i++) {
        tcn_str name = {request->headers[i].name.ptr, request->headers[i].name.len};
        tcn_str value = {request->headers[i].value.ptr, request->headers[i].value.len};
        json_t *shown =
            is_private_header(config, name) ? hidden_value(value) : masked(config, value);
        json_t *pair = json_pack("[o, o]", json_of_bytes(name), shown);
        if (pair == NULL || json_array_append_new(headers, pair) < 0) {
            json_decref(headers);
            return NULL;
        }
    }
    return headers;
}

/* ---- recording ---- */

static int append(tcn_recorder *recorder, json_t *exchange)
{
    if (exchange == NULL || json_array_append_new(recorder->exchanges, exchange) < 0)
        return TCN_E_NOMEM;
    return 0;
}

int tcn_record_http(tcn_recorder *recorder, const tocsin_config *config,
                    const tocsin_http_request *request, json_t **ret)
{
    tcn_str body = {request->body.ptr, request->body.len};
    json_t *exchange = json_pack(
        "{s:s, s:s, s:o, s:o, s:o}", "protocol", "http", "method", request->method, "url",
        shown_url(config, request->url), "headers", shown_headers(config, request),
        "body", masked_body(config, body, BODY_MAX / 2));
    int rc = append(recorder, exchange);
    if (rc == 0)
        *ret = json_incref(exchange);
    return rc;
}

static json_t *shown_recipients(const tocsin_config *config,
                                const tocsin_smtp_request *request)
{
    json_t *list = json_array();
    for (uint64_t i = 0; i < request->rcpt_count; i++) {
        tcn_str rcpt = {request->rcpts[i].ptr, request->rcpts[i].len};
        if (json_array_append_new(list, masked(config, rcpt)) < 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

int tcn_record_smtp(tcn_recorder *recorder, const tocsin_config *config,
                    const tocsin_smtp_request *request, json_t **ret)
{
    tcn_str data = {request->data.ptr, request->data.len};
    bool is_implicit = (request->flags & TOCSIN_NET_TLS) != 0;
    bool is_starttls = (request->flags & TOCSIN_NET_STARTTLS) != 0;
    json_t *exchange =
        json_pack("{s:s, s:o, s:s, s:s*, s:s, s:o, s:o}", "protocol", "smtp", "server",
                  json_sprintf("%s:%u", request->host, (unsigned)request->port), "tls",
                  is_implicit   ? "implicit"
                  : is_starttls ? "starttls"
                                : "none",
                  "username", request->username, "from",
                  request->mail_from != NULL ? request->mail_from : "", "to",
                  shown_recipients(config, request), "body",
                  masked_body(config, data, BODY_MAX / 2));
    int rc = append(recorder, exchange);
    if (rc == 0)
        *ret = json_incref(exchange);
    return rc;
}

void tcn_record_reply(json_t *exchange, const tocsin_config *config,
                      const tcn_http_reply *reply)
{
    json_t *answer = json_pack("{s:i, s:I}", "status", reply->status, "elapsed_ms",
                               (json_int_t)reply->elapsed_ms);
    if (answer == NULL)
        return;
    if (reply->error != 0) {
        (void)json_object_set_new(answer, "error",
                                  json_string(tcn_err_text(reply->error)));
        (void)json_object_set_new(answer, "text", masked(config, reply->text));
    } else {
        (void)json_object_set_new(answer, "body",
                                  masked_body(config, reply->body, KEPT_END));
    }
    (void)json_object_set_new(exchange, "reply", answer);
}

int tcn_record_bytes(tcn_recorder *recorder, const tocsin_config *config, tcn_str bytes)
{
    return append(recorder, json_pack("{s:s, s:o}", "protocol", "bytes", "body",
                                      masked_body(config, bytes, BODY_MAX / 2)));
}
