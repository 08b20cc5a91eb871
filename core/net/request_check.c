/* SPDX-License-Identifier: Apache-2.0 */
/* request_check.c - the first look at a request, before anything of its body is read.
 * libmicrohttpd 0.9.75 is lenient; whatever could make one request two, or mean two
 * things, ends here. */
#include <strings.h>

#include "core/net/server_int.h"
#include "core/net/token.h"

#define METHOD_MAX 32

/* What the headers said about the framing. */
typedef struct look {
    tcn_request *request;
    const char *wrong;
    int status;
    unsigned lengths, encodings, hosts;
    tcn_str length, encoding, expect;
    bool is_lenient;
    uintptr_t end; /* of what was seen of the header block, in libmicrohttpd's memory */
} look;

static bool has_control(tcn_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return true;
    }
    return false;
}

static bool is_same(tcn_str a, const char *b)
{
    return a.len == strlen(b) && strncasecmp(a.ptr, b, a.len) == 0;
}

static enum MHD_Result refuse(look *l, int status, const char *wrong)
{
    l->status = status;
    l->wrong = wrong;
    return MHD_NO;
}

/* In 0.9.75 a NUL ends a value, a continued line loses its place, and a line without a
 * name ends the headers, so that the next one begins another request. None of it shows in
 * the values, but in where they stand: between two of them is nothing but the end of a
 * line. */
static bool is_next(look *l, const char *name, const char *value, size_t value_len)
{
    uintptr_t gap = (uintptr_t)name - l->end;
    l->end = (uintptr_t)value + value_len;
    return !l->is_lenient || gap == 1 || gap == 2;
}

static void framing_note(look *l, tcn_str name, tcn_str value)
{
    if (is_same(name, "content-length")) {
        l->lengths++;
        l->length = value;
    } else if (is_same(name, "transfer-encoding")) {
        l->encodings++;
        l->encoding = value;
    } else if (is_same(name, "expect")) {
        l->expect = value;
    } else if (is_same(name, "host")) {
        l->hosts++;
    }
}

static tcn_str text_copy(tcn_buf *text, tcn_str s)
{
    size_t at = text->len;
    (void)tcn_buf_add_str(text, s);
    return tcn_str_of(text->ptr + at, s.len);
}

static enum MHD_Result on_header(void *ud, enum MHD_ValueKind kind, const char *name,
                                 size_t name_len, const char *value, size_t value_len)
{
    (void)kind;
    look *l = ud;
    tcn_request *request = l->request;
    tcn_str n = tcn_str_of(name, name_len);
    tcn_str v = tcn_str_of(value, value != NULL ? value_len : 0);
    if (request->header_count >= request->server->limits.headers)
        return refuse(l, 431, "too many headers");
    if (!is_next(l, name, value, value_len))
        return refuse(l, 400, "header block is malformed");
    if (!tcn_http_is_token(n))
        return refuse(l, 400, "header name is not a token");
    if (has_control(v))
        return refuse(l, 400, "header value holds a control character");
    /* The room was made for the whole block: what is copied must not move. */
    if (n.len + v.len + request->target_len >= request->text.capacity - request->text.len)
        return refuse(l, 431, "headers are too large");
    n = text_copy(&request->text, n);
    v = tcn_str_trim(text_copy(&request->text, v));
    if (tcn_request_field_add(request, n, v) < 0)
        return refuse(l, 503, "out of memory");
    request->header_count++;
    framing_note(l, n, v);
    return MHD_YES;
}

static const char *framing_check(const look *l, int *ret_status)
{
    *ret_status = 400;
    if (l->lengths > 1)
        return "Content-Length is repeated";
    if (l->lengths == 1 && l->encodings > 0)
        return "both Content-Length and Transfer-Encoding";
    if (l->encodings > 1 || (l->encodings == 1 && !is_same(l->encoding, "chunked")))
        return "Transfer-Encoding is not chunked";
    if (l->hosts > 1)
        return "Host is repeated";
    int64_t length = 0;
    if (l->lengths == 1 && !tcn_str_int(l->length, 0, INT64_MAX, &length))
        return "Content-Length is not a number";
    *ret_status = 413;
    if ((uint64_t)length > l->request->server->limits.request_size)
        return "request body is too large";
    *ret_status = 417;
    if (l->expect.len > 0 && !is_same(l->expect, "100-continue"))
        return "unknown expectation";
    *ret_status = 503;
    if (length > 0 && tcn_buf_reserve(&l->request->body, (size_t)length) < 0)
        return "out of memory";
    return NULL;
}

/* libmicrohttpd hands out the target as a C string; a NUL in it shows in the distance to
 * the version, which stands behind it in the same buffer. */
static bool is_target_cut(const tcn_request *request, const char *version)
{
    uintptr_t from = request->target_at;
    uintptr_t to = (uintptr_t)version;
    size_t span = to > from ? (size_t)(to - from) : 0;
    return span > request->target_len + 1 &&
           span <= 2 * request->server->limits.header_size;
}

static const char *headers_check(tcn_request *request, uintptr_t begin, uintptr_t end,
                                 int *ret_status)
{
    look l = {
        .request = request, .end = begin, .is_lenient = request->server->is_lenient};
    (void)MHD_get_connection_values_n(request->mhd, MHD_HEADER_KIND, on_header, &l);
    *ret_status = l.status;
    if (l.wrong != NULL)
        return l.wrong;
    *ret_status = 400;
    /* The end of the last line, and an empty one. */
    if (l.is_lenient && (end - l.end < 2 || end - l.end > 4))
        return "header block is malformed";
    return framing_check(&l, ret_status);
}

const char *tcn_request_check(tcn_request *request, const char *method,
                              const char *version, int *ret_status)
{
    const tcn_server_limits *limits = &request->server->limits;
    uintptr_t begin = (uintptr_t)method;
    *ret_status = 400;
    request->method = tcn_str_c(method);
    if (request->method.len > METHOD_MAX || !tcn_http_is_token(request->method))
        return "request method is not a token";
    if (is_target_cut(request, version))
        return "request target holds a character that must be escaped";

    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    size_t block = info != NULL ? info->header_size : 0;
    *ret_status = 431;
    if (block > limits->header_size)
        return "headers are too large";
    *ret_status = 503;
    if (tcn_buf_reserve(&request->text, block + request->target_len + METHOD_MAX) < 0)
        return "out of memory";
    request->method = text_copy(&request->text, request->method);

    uintptr_t end_of_line = (uintptr_t)version + strlen(version);
    const char *wrong = headers_check(request, end_of_line, begin + block, ret_status);
    return wrong != NULL ? wrong : tcn_request_target_parse(request, ret_status);
}
