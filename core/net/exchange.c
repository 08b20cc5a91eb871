/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.c - one request and what became of it: checks before anything is sent, and the
 * reply in the words that callers understand. */
#include <stdio.h>
#include <strings.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/net/client_int.h"
#include "core/net/retry_after.h"
#include "core/net/smtp_int.h"
#include "core/net/token.h"

#define ARENA_KEPT      ((size_t)64 << 10)
#define REQUEST_MAX     ((size_t)64 << 20)
#define METHOD_MAX      32
#define HEADERS_MAX     128
#define LINE_MAX_BYTES  ((size_t)64 << 10)
#define TIMEOUT_DEFAULT 30000
#define KEEP_DEFAULT    ((size_t)64 << 10)

tcn_exchange *tcn_exchange_new(tcn_client *client)
{
    tcn_exchange *exchange = tcn_alloc_zero(sizeof *exchange);
    if (exchange == NULL)
        return NULL;
    exchange->client = client;
    exchange->easy = curl_easy_init();
    if (exchange->easy == NULL) {
        tcn_free(exchange);
        return NULL;
    }
    tcn_arena_init(&exchange->arena, REQUEST_MAX);
    tcn_answer_init(&exchange->answer, KEEP_DEFAULT);
    tcn_list_init(&exchange->link);
    return exchange;
}

void tcn_exchange_clear(tcn_exchange *exchange)
{
    curl_slist_free_all(exchange->lines);
    tcn_free(exchange->hop_url);
    tcn_smtp_free(exchange->smtp); /* before the arena, where its secrets are */
    exchange->smtp = NULL;
    tcn_arena_reset(&exchange->arena, ARENA_KEPT);
    tcn_answer_reset(&exchange->answer, KEEP_DEFAULT);
    exchange->lines = NULL;
    exchange->hop_url = NULL;
    exchange->request = (tcn_http_request){0};
    exchange->redirects = 0;
    exchange->result = CURLE_OK;
    exchange->is_canceled = false;
    exchange->is_starved = false;
    exchange->denied[0] = '\0';
    exchange->text[0] = '\0';
}

void tcn_exchange_free(tcn_exchange *exchange)
{
    if (exchange == NULL)
        return;
    tcn_exchange_clear(exchange);
    curl_easy_cleanup(exchange->easy);
    tcn_answer_deinit(&exchange->answer);
    tcn_arena_deinit(&exchange->arena);
    tcn_free(exchange->headers);
    tcn_free(exchange);
}

/* Headers that say where a message ends or how a connection is used are the client's own.
 */
static bool is_reserved(tcn_str name)
{
    static const char *const names[] = {
        "host",       "content-length",  "transfer-encoding", "te",
        "connection", "keep-alive",      "upgrade",           "trailer",
        "expect",     "proxy-connection"};
    for (size_t i = 0; i < TCN_COUNT(names); i++)
        if (name.len == strlen(names[i]) &&
            strncasecmp(name.ptr, names[i], name.len) == 0)
            return true;
    return false;
}

static int header_check(const tcn_header *header, tcn_err *reterr)
{
    tcn_str name = header->name;
    tcn_str value = header->value;
    if (!tcn_http_is_token(name) || name.len > LINE_MAX_BYTES)
        return tcn_err_set(reterr, TCN_E_INVALID, "header name is not a token");
    if (is_reserved(name))
        return tcn_err_set(reterr, TCN_E_INVALID, "header %.*s cannot be set",
                           TCN_STR_ARG(name));
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (c == '\r' || c == '\n' || c == '\0')
            return tcn_err_set(reterr, TCN_E_INVALID,
                               "value of header %.*s holds a line break",
                               TCN_STR_ARG(name));
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return tcn_err_set(reterr, TCN_E_INVALID,
                               "value of header %.*s holds a control character",
                               TCN_STR_ARG(name));
    }
    if (value.len > LINE_MAX_BYTES)
        return tcn_err_set(reterr, TCN_E_LIMIT, "value of header %.*s is too long",
                           TCN_STR_ARG(name));
    return 0;
}

static int request_check(const tcn_http_request *request, tcn_url *url, tcn_err *reterr)
{
    tcn_str method = tcn_str_c(request->method);
    if (!tcn_http_is_token(method) || method.len > METHOD_MAX ||
        tcn_str_eq_c(method, "CONNECT"))
        return tcn_err_set(reterr, TCN_E_INVALID, "method is not usable");
    if (request->header_count > HEADERS_MAX)
        return tcn_err_set(reterr, TCN_E_LIMIT, "more than %d headers", HEADERS_MAX);
    for (size_t i = 0; i < request->header_count; i++) {
        int rc = header_check(&request->headers[i], reterr);
        if (rc < 0)
            return rc;
    }
    return tcn_url_parse(request->url, url, reterr);
}

/* NULL stays NULL; a failed copy sets *failed. */
static const char *text_copy(tcn_arena *arena, const char *text, bool *failed)
{
    if (text == NULL)
        return NULL;
    const char *copy = tcn_arena_copy(arena, text, strlen(text));
    *failed = *failed || copy == NULL;
    return copy;
}

static bool lines_add(tcn_exchange *exchange, const char *line)
{
    struct curl_slist *longer = curl_slist_append(exchange->lines, line);
    if (longer != NULL)
        exchange->lines = longer;
    return longer != NULL;
}

static bool line_add(tcn_exchange *exchange, const tcn_header *header, tcn_buf *line)
{
    tcn_buf_reset(line);
    (void)tcn_buf_add_str(line, header->name);
    /* curl takes "Name;" as a header without a value, "Name:" as none at all. */
    (void)tcn_buf_add_c(line, header->value.len > 0 ? ": " : ";");
    (void)tcn_buf_add_str(line, header->value);
    return tcn_buf_status(line) == 0 && lines_add(exchange, line->ptr);
}

static bool lines_set(tcn_exchange *exchange, const tcn_http_request *request)
{
    bool has_type = false;
    bool is_set = true;
    tcn_buf line;
    tcn_buf_init(&line, 3 * LINE_MAX_BYTES);
    for (size_t i = 0; is_set && i < request->header_count; i++) {
        tcn_str name = request->headers[i].name;
        has_type = has_type ||
                   (name.len == 12 && strncasecmp(name.ptr, "content-type", 12) == 0);
        is_set = line_add(exchange, &request->headers[i], &line);
    }
    tcn_buf_deinit(&line);
    return is_set && lines_add(exchange, "Expect:") &&
           (has_type || lines_add(exchange, "Content-Type:"));
}

int tcn_exchange_set(tcn_exchange *exchange, const tcn_http_request *request,
                     tcn_err *reterr)
{
    int rc = request_check(request, &exchange->url, reterr);
    if (rc < 0)
        return rc;
    tcn_arena *arena = &exchange->arena;
    bool failed = false;
    tcn_http_request copy = *request;
    copy.headers = NULL;
    copy.header_count = 0;
    copy.method = text_copy(arena, request->method, &failed);
    copy.url = text_copy(arena, request->url, &failed);
    copy.ca_file = text_copy(arena, request->ca_file, &failed);
    copy.cert_file = text_copy(arena, request->cert_file, &failed);
    copy.key_file = text_copy(arena, request->key_file, &failed);
    copy.proxy = text_copy(arena, request->proxy, &failed);
    copy.body = tcn_arena_str(arena, request->body);
    failed = failed || (request->body.len > 0 && copy.body.ptr == NULL);
    if (failed || !lines_set(exchange, request))
        return tcn_err_set(reterr, TCN_E_NOMEM, "request");
    if (copy.timeout_ms == 0)
        copy.timeout_ms = TIMEOUT_DEFAULT;
    if (copy.max_response == 0)
        copy.max_response = KEEP_DEFAULT;
    exchange->request = copy;
    exchange->started_ms = tcn_clock_mono_ms();
    tcn_answer_reset(&exchange->answer, copy.max_response);
    return 0;
}

long tcn_exchange_left_ms(const tcn_exchange *exchange)
{
    int64_t spent = tcn_clock_mono_ms() - exchange->started_ms;
    int64_t left = (int64_t)exchange->request.timeout_ms - spent;
    return left > 1 ? (long)left : 1;
}

static int code_of(const tcn_exchange *exchange)
{
    switch (exchange->result) {
    case CURLE_OK:
        return 0;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return TCN_E_RESOLVE;
    case CURLE_COULDNT_CONNECT:
        return TCN_E_CONNECT;
    case CURLE_OPERATION_TIMEDOUT:
        return TCN_E_TIMEOUT;
    case CURLE_OUT_OF_MEMORY:
        return TCN_E_NOMEM;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_USE_SSL_FAILED:
        return TCN_E_TLS;
    default: /* curl's list is long and grows */
        return TCN_E_IO;
    }
}

/* "Failed to connect to host port 9 after 3 ms": without the time, which is another at
 * each attempt, equal failures look equal. */
static void timing_drop(char *text)
{
    char *from = strstr(text, " after ");
    if (from == NULL)
        return;
    char *at = from + strlen(" after ");
    size_t digits = strspn(at, "0123456789");
    at += digits;
    size_t unit = strncmp(at, " milliseconds", 13) == 0 ? 13
                  : strncmp(at, " ms", 3) == 0          ? 3
                                                        : 0;
    if (digits > 0 && unit > 0)
        memmove(from, at + unit, strlen(at + unit) + 1);
}

int tcn_exchange_outcome(tcn_exchange *exchange, char *text, size_t size)
{
    text[0] = '\0';
    int code = code_of(exchange);
    /* What came over our own limit is cut, not failed. */
    if (exchange->result == CURLE_WRITE_ERROR && exchange->answer.is_body_over)
        return 0;
    if (exchange->is_canceled) {
        (void)snprintf(text, size, "canceled");
        return TCN_E_CANCELED;
    }
    if (code != 0 && exchange->denied[0] != '\0') {
        (void)snprintf(text, size, "%s", exchange->denied);
        return TCN_E_DENIED;
    }
    if (code == 0)
        return 0;
    timing_drop(exchange->curl_text);
    const char *why = exchange->curl_text[0] != '\0'
                          ? exchange->curl_text
                          : curl_easy_strerror(exchange->result);
    if (exchange->answer.is_head_over)
        why = "headers of the answer are too large";
    else if (exchange->is_flooded)
        why = "the answer does not end";
    (void)snprintf(text, size, "%s: %s", exchange->url.shown, why);
    return code;
}

static size_t headers_fill(tcn_exchange *exchange)
{
    const tcn_answer *answer = &exchange->answer;
    void *array = exchange->headers;
    if (tcn_grow(&array, &exchange->header_capacity, answer->span_count + 1,
                 sizeof *exchange->headers) < 0)
        return 0;
    exchange->headers = array;
    for (size_t i = 0; i < answer->span_count; i++) {
        const tcn_span *span = &answer->spans[i];
        exchange->headers[i].name =
            tcn_str_of(answer->head.ptr + span->name, span->name_len);
        exchange->headers[i].value =
            tcn_str_of(answer->head.ptr + span->value, span->value_len);
    }
    return answer->span_count;
}

void tcn_exchange_report(tcn_exchange *exchange)
{
    const tcn_answer *answer = &exchange->answer;
    tcn_http_reply reply = {.retry_after_ms = -1};
    reply.error = tcn_exchange_outcome(exchange, exchange->text, sizeof exchange->text);
    reply.elapsed_ms = tcn_clock_mono_ms() - exchange->started_ms;
    reply.text = tcn_str_c(exchange->text);
    if (reply.error == 0) {
        long status = 0;
        (void)curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
        reply.status = (int)status;
        reply.is_truncated = answer->dropped > 0;
        reply.header_count = headers_fill(exchange);
        reply.headers = exchange->headers;
        reply.body = tcn_buf_str(&answer->body);
        tcn_str retry = tcn_answer_header(answer, "retry-after");
        if (retry.len > 0)
            reply.retry_after_ms = tcn_retry_after_ms(retry, tcn_clock_wall_us());
    }
    exchange->cb(exchange, &reply, exchange->ud);
}
