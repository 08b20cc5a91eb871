/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tocsin/http.h - what an HTTP answer means for a delivery, where a plugin has nothing more exact to
 * say; and the parts of a URL. Optional and header-only: it uses plugin.h, text.h and the C library.
 *
 *   answer                                  status   cause
 *   2xx                                     DONE
 *   408, 425, 429                           RETRY    timeout, server, rate_limit
 *   501, 505                                FAIL     rejected
 *   other 5xx                               RETRY    server
 *   401, 403, 407                           FAIL     auth
 *   404, 410                                FAIL     gone
 *   413                                     FAIL     too_large
 *   any other                               FAIL     rejected
 *   name not found, refused, reset, cut     RETRY    network
 *   TLS failed                              RETRY    tls
 *   no answer in time                       RETRY    timeout
 *   the daemon's address guard said no      FAIL     denied
 */
#ifndef TOCSIN_HTTP_H
#define TOCSIN_HTTP_H
#include <tocsin/text.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tocsin_http_row {
    int32_t first, last; /* statuses, or a code of plugin.h */
    uint32_t status, cause;
} tocsin_http_row;

/* The first row that holds key decides; the last row of a table is for what no other holds. */
static inline void tocsin_http_pick(const tocsin_http_row *rows, size_t count, int32_t key,
                                    tocsin_result *ret)
{
    size_t i = 0;
    while (i + 1 < count && (key < rows[i].first || key > rows[i].last))
        i++;
    ret->status = rows[i].status;
    ret->cause = rows[i].cause;
}

/* Class of a status alone. */
static inline void tocsin_http_judge_status(int32_t status, tocsin_result *ret)
{
    static const tocsin_http_row rows[] = {
        {200, 299, TOCSIN_DONE, TOCSIN_CAUSE_NONE},
        {408, 408, TOCSIN_RETRY, TOCSIN_CAUSE_TIMEOUT},
        {425, 425, TOCSIN_RETRY, TOCSIN_CAUSE_SERVER},
        {429, 429, TOCSIN_RETRY, TOCSIN_CAUSE_RATE_LIMIT},
        {501, 501, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED},
        {505, 505, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED},
        {500, 599, TOCSIN_RETRY, TOCSIN_CAUSE_SERVER},
        {401, 401, TOCSIN_FAIL, TOCSIN_CAUSE_AUTH},
        {403, 403, TOCSIN_FAIL, TOCSIN_CAUSE_AUTH},
        {407, 407, TOCSIN_FAIL, TOCSIN_CAUSE_AUTH},
        {404, 404, TOCSIN_FAIL, TOCSIN_CAUSE_GONE},
        {410, 410, TOCSIN_FAIL, TOCSIN_CAUSE_GONE},
        {413, 413, TOCSIN_FAIL, TOCSIN_CAUSE_TOO_LARGE},
        {0, 0, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED},
    };
    tocsin_http_pick(rows, sizeof rows / sizeof rows[0], status, ret);
}

/* Class of what went wrong before an answer was complete: reply->error. */
static inline void tocsin_http_judge_error(int32_t error, tocsin_result *ret)
{
    static const tocsin_http_row rows[] = {
        {TOCSIN_E_RESOLVE, TOCSIN_E_RESOLVE, TOCSIN_RETRY, TOCSIN_CAUSE_NETWORK},
        {TOCSIN_E_CONNECT, TOCSIN_E_CONNECT, TOCSIN_RETRY, TOCSIN_CAUSE_NETWORK},
        {TOCSIN_E_IO, TOCSIN_E_IO, TOCSIN_RETRY, TOCSIN_CAUSE_NETWORK},
        {TOCSIN_E_TLS, TOCSIN_E_TLS, TOCSIN_RETRY, TOCSIN_CAUSE_TLS},
        {TOCSIN_E_TIMEOUT, TOCSIN_E_TIMEOUT, TOCSIN_RETRY, TOCSIN_CAUSE_TIMEOUT},
        {TOCSIN_E_CANCELED, TOCSIN_E_CANCELED, TOCSIN_RETRY, TOCSIN_CAUSE_CANCELED},
        {TOCSIN_E_DENIED, TOCSIN_E_DENIED, TOCSIN_FAIL, TOCSIN_CAUSE_DENIED},
        {TOCSIN_E_INVALID, TOCSIN_E_INVALID, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED},
        {0, 0, TOCSIN_RETRY, TOCSIN_CAUSE_INTERNAL},
    };
    tocsin_http_pick(rows, sizeof rows / sizeof rows[0], error, ret);
}

/* May Retry-After be obeyed for this status? */
static inline bool tocsin_http_heeds_retry_after(int32_t status)
{
    return status == 408 || status == 425 || status == 429 || status >= 500;
}

/* The whole table: status, cause, code and retry_after_ms of *ret; its struct_size too. */
static inline void tocsin_http_judge(const tocsin_reply *reply, tocsin_result *ret)
{
    ret->struct_size = sizeof *ret;
    ret->code = reply->status;
    ret->retry_after_ms = -1;
    if (reply->error != TOCSIN_OK)
        tocsin_http_judge_error(reply->error, ret);
    else
        tocsin_http_judge_status(reply->status, ret);
    if (reply->error == TOCSIN_OK && ret->status == TOCSIN_RETRY &&
        tocsin_http_heeds_retry_after(reply->status))
        ret->retry_after_ms = reply->retry_after_ms;
}

/* Enough for tocsin_http_explain. */
#define TOCSIN_HTTP_REASON 1001

/* Control characters become spaces: what a peer says is one line for people. */
static inline void tocsin_http_flatten(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = ' ';
}

/* A reason for people: what went wrong, or "answered 400: BODY", a long body by its two ends, as
   one line. The host masks the delivery's own secrets in it. Returns buf. */
static inline const char *tocsin_http_explain(const tocsin_reply *reply,
                                              char buf[TOCSIN_HTTP_REASON])
{
    const int excerpt = 450;
    const tocsin_str body = reply->body;
    if (reply->error != TOCSIN_OK)
        (void)snprintf(buf, TOCSIN_HTTP_REASON, "%.*s", (int)reply->text.len,
                       reply->text.len > 0 ? reply->text.ptr : "");
    else if (body.len == 0)
        (void)snprintf(buf, TOCSIN_HTTP_REASON, "answered %d", reply->status);
    else if (body.len <= (size_t)2 * (size_t)excerpt)
        (void)snprintf(buf, TOCSIN_HTTP_REASON, "answered %d: %.*s", reply->status, (int)body.len,
                       body.ptr);
    else
        (void)snprintf(buf, TOCSIN_HTTP_REASON, "answered %d: %.*s ... %.*s", reply->status,
                       excerpt, body.ptr, excerpt, body.ptr + body.len - excerpt);
    tocsin_http_flatten(buf);
    return buf;
}

/* Why http refused to take a request, as the end of a delivery: the negative code that it gave. */
static inline void tocsin_http_refused(int32_t code, tocsin_result *ret)
{
    const char *reason = code == TOCSIN_E_INVALID   ? "the URL or a header is malformed, or something of it is too large"
                         : code == TOCSIN_E_TIMEOUT ? "no time was left to send"
                                                    : "the request could not be sent now";
    tocsin_http_judge_error(code == TOCSIN_E_IO ? TOCSIN_E_INTERNAL : code, ret);
    ret->struct_size = sizeof *ret;
    ret->retry_after_ms = -1;
    ret->reason.ptr = reason;
    ret->reason.len = strlen(reason);
}

/* ---- parts of a URL, such as the host has accepted for an option ---- */

typedef struct tocsin_url {
    tocsin_str scheme, host;
    tocsin_str port; /* digits; empty when it has none */
    tocsin_str path; /* to the end, with the query */
} tocsin_url;

/* Borrows from url. What is not there is empty. */
static inline tocsin_url tocsin_url_split(tocsin_str url)
{
    tocsin_url parts = {{url.ptr, 0}, {url.ptr, 0}, {url.ptr, 0}, {url.ptr, 0}};
    size_t at = 0, colon = 0;
    while (at + 2 < url.len && memcmp(url.ptr + at, "://", 3) != 0)
        at++;
    if (at + 2 >= url.len)
        return parts;
    parts.scheme = tocsin_str_part(url.ptr, at);
    at += 3;
    parts.host = tocsin_str_part(url.ptr + at, 0);
    bool in_brackets = false; /* of an IPv6 address */
    for (; at < url.len && strchr("/?#", url.ptr[at]) == NULL; at++) {
        in_brackets = url.ptr[at] == '[' || (in_brackets && url.ptr[at] != ']');
        if (url.ptr[at] == ':' && !in_brackets)
            colon = at;
    }
    size_t end = colon > 0 ? colon : at;
    parts.host.len = (size_t)(url.ptr + end - parts.host.ptr);
    if (colon > 0)
        parts.port = tocsin_str_part(url.ptr + colon + 1, at - colon - 1);
    parts.path = tocsin_str_part(url.ptr + at, url.len - at);
    return parts;
}

/* Is its host, or "host:port", one of these? */
static inline bool tocsin_url_is_on(const tocsin_url *url, const tocsin_str *hosts, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        tocsin_str host = hosts[i];
        size_t whole = url->host.len + 1 + url->port.len;
        bool has_port = url->port.len > 0 && host.len == whole && host.ptr[url->host.len] == ':' &&
                        memcmp(host.ptr + url->host.len + 1, url->port.ptr, url->port.len) == 0;
        if (has_port)
            host.len = url->host.len;
        if (host.len != url->host.len)
            continue;
        size_t same = 0;
        while (same < host.len &&
               tocsin_ascii_lower(host.ptr[same]) == tocsin_ascii_lower(url->host.ptr[same]))
            same++;
        if (same == host.len)
            return true;
    }
    return false;
}

#ifdef __cplusplus
}
#endif
#endif
