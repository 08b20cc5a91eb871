/* SPDX-License-Identifier: Apache-2.0 */
/* fetch.c - libcurl's easy interface, one handle that is reset before each request and
 * keeps its connections. */
#include "core/net/fetch.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <uv.h>

#include "core/base/alloc.h"

#define TIMEOUT_MS_DEFAULT 30000

struct tcn_fetch {
    CURL *curl;
    tcn_fetch_options options;
};

/* One request under way. */
typedef struct transfer {
    const tcn_fetch_request *request;
    tcn_fetch_reply *reply;
    struct curl_slist *headers;
    int status; /* of the body's buffer */
    char error[CURL_ERROR_SIZE];
} transfer;

int tcn_fetch_new(const tcn_fetch_options *options, tcn_fetch **ret)
{
    tcn_fetch *fetch = tcn_alloc_zero(sizeof *fetch);
    if (fetch == NULL)
        return TCN_E_NOMEM;
    fetch->options = *options;
    fetch->curl = curl_easy_init();
    if (fetch->curl == NULL) {
        tcn_free(fetch);
        return TCN_E_NOMEM;
    }
    *ret = fetch;
    return 0;
}

void tcn_fetch_free(tcn_fetch *fetch)
{
    if (fetch == NULL)
        return;
    curl_easy_cleanup(fetch->curl);
    tcn_free(fetch);
}

static size_t on_body(char *ptr, size_t size, size_t count, void *ud)
{
    transfer *t = ud;
    t->status = tcn_buf_add(&t->reply->body, ptr, size * count);
    return t->status < 0 ? 0 : size * count;
}

static size_t on_header(char *ptr, size_t size, size_t count, void *ud)
{
    transfer *t = ud;
    const char *name = t->request->header;
    tcn_str line = tcn_str_trim(tcn_str_of(ptr, size * count));
    size_t len = name != NULL ? strlen(name) : 0;
    if (len == 0 || line.len <= len || line.ptr[len] != ':' ||
        strncasecmp(line.ptr, name, len) != 0)
        return size * count;
    tcn_str value = tcn_str_trim(tcn_str_of(line.ptr + len + 1, line.len - len - 1));
    if (value.len < sizeof t->reply->header) {
        memcpy(t->reply->header, value.ptr, value.len);
        t->reply->header[value.len] = '\0';
    }
    return size * count;
}

static int add_header(transfer *t, const char *name, const char *value)
{
    char line[1024];
    int len = snprintf(line, sizeof line, "%s: %s", name, value);
    if (len < 0 || (size_t)len >= sizeof line)
        return TCN_E_LIMIT;
    struct curl_slist *list = curl_slist_append(t->headers, line);
    if (list == NULL)
        return TCN_E_NOMEM;
    t->headers = list;
    return 0;
}

static int set_body(CURL *curl, transfer *t)
{
    tcn_str body = t->request->body;
    if (t->request->content_type == NULL)
        return 0;
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.len > 0 ? body.ptr : "");
    /* Nobody waits for "100 Continue". */
    struct curl_slist *list = curl_slist_append(t->headers, "Expect:");
    if (list == NULL)
        return TCN_E_NOMEM;
    t->headers = list;
    return add_header(t, "Content-Type", t->request->content_type);
}

static int prepare(tcn_fetch *fetch, transfer *t)
{
    CURL *curl = fetch->curl;
    const tcn_fetch_options *options = &fetch->options;
    uint32_t timeout_ms =
        options->timeout_ms > 0 ? options->timeout_ms : TIMEOUT_MS_DEFAULT;
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_URL, t->request->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, options->unix_path);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, options->user_agent);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, t->error);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, t);
    int rc = set_body(curl, t);
    if (rc >= 0 && options->authorization != NULL)
        rc = add_header(t, "Authorization", options->authorization);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, t->headers);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, t->request->method);
    return rc;
}

static int code_of(CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return 0;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return TCN_E_INVALID;
    case CURLE_COULDNT_RESOLVE_HOST:
        return TCN_E_RESOLVE;
    case CURLE_COULDNT_CONNECT:
        return TCN_E_CONNECT;
    case CURLE_OPERATION_TIMEDOUT:
        return TCN_E_TIMEOUT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
        return TCN_E_TLS;
    case CURLE_OUT_OF_MEMORY:
        return TCN_E_NOMEM;
    default:
        return TCN_E_IO;
    }
}

/* What stood in the way. Of a connection libcurl only says that it failed, and to which
 * host, which is none for a socket of a path. */
static const char *reason_of(CURL *curl, CURLcode code, const transfer *t)
{
    long number = 0;
    if (code == CURLE_COULDNT_CONNECT)
        curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &number);
    if (number != 0)
        return uv_strerror(-(int)number);
    return t->error[0] != '\0' ? t->error : curl_easy_strerror(code);
}

static int perform(tcn_fetch *fetch, transfer *t, tcn_err *reterr)
{
    CURLcode code = curl_easy_perform(fetch->curl);
    if (t->status == TCN_E_LIMIT)
        return tcn_err_set(reterr, t->status, "the answer is larger than %zu bytes",
                           t->reply->body.limit);
    if (t->status < 0)
        return tcn_err_set(reterr, t->status, "out of memory");
    if (code != CURLE_OK)
        return tcn_err_set(reterr, code_of(code), "%s", reason_of(fetch->curl, code, t));
    long status = 0;
    curl_easy_getinfo(fetch->curl, CURLINFO_RESPONSE_CODE, &status);
    t->reply->status = (int)status;
    return 0;
}

int tcn_fetch_run(tcn_fetch *fetch, const tcn_fetch_request *request,
                  tcn_fetch_reply *ret, tcn_err *reterr)
{
    transfer t = {.request = request, .reply = ret};
    ret->status = 0;
    ret->header[0] = '\0';
    tcn_buf_reset(&ret->body);
    int rc = prepare(fetch, &t);
    if (rc < 0)
        tcn_err_set(reterr, rc, "the request cannot be built");
    else
        rc = perform(fetch, &t, reterr);
    curl_slist_free_all(t.headers);
    return rc;
}

int tcn_url_add_escaped(tcn_buf *url, tcn_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (isalnum(c) || (c != 0 && strchr("-._~", c) != NULL))
            tcn_buf_add_char(url, (char)c);
        else
            tcn_buf_printf(url, "%%%02X", c);
    }
    return tcn_buf_status(url);
}
