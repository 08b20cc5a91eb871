/* SPDX-License-Identifier: Apache-2.0 */
/* request_target.c - what stands between method and version: path and parameters, decoded
 * exactly once. Whatever two readers could understand differently is refused. */
#include <strings.h>

#include "core/net/server_int.h"

#define TARGET_MAX 8192
#define PARAMS_MAX 128

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Decodes in place; what is decoded is never longer. False: a bad escape, NUL or bad
 * UTF-8. */
static bool decode(char *ptr, size_t *len, bool plus_is_space)
{
    size_t out = 0;
    bool is_changed = false;
    for (size_t in = 0; in < *len; in++) {
        char c = ptr[in];
        if (c == '+' && plus_is_space) {
            c = ' ';
        } else if (c == '%') {
            int high = in + 2 < *len ? hex_digit(ptr[in + 1]) : -1;
            int low = in + 2 < *len ? hex_digit(ptr[in + 2]) : -1;
            if (high < 0 || low < 0 || (high == 0 && low == 0))
                return false;
            c = (char)(high * 16 + low);
            in += 2;
            is_changed = true;
        }
        ptr[out++] = c;
    }
    *len = out;
    size_t bad;
    return !is_changed || tcn_utf8_valid(tcn_str_of(ptr, out), &bad);
}

static bool has_only_visible(const char *ptr, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (ptr[i] <= ' ' || ptr[i] > '~' || ptr[i] == '#')
            return false;
    return true;
}

/* Takes "http://authority" off; false when the authority is not what Host says. */
static bool authority_drop(tcn_request *request, char **ptr, size_t *len)
{
    tcn_str target = tcn_str_of(*ptr, *len);
    size_t skip = tcn_str_starts(target, TCN_STR("http://"))    ? 7
                  : tcn_str_starts(target, TCN_STR("https://")) ? 8
                                                                : 0;
    if (skip == 0)
        return true;
    size_t end = skip;
    while (end < *len && (*ptr)[end] != '/' && (*ptr)[end] != '?')
        end++;
    tcn_str host = tcn_request_header(request, "host");
    if (host.len != end - skip || strncasecmp(host.ptr, *ptr + skip, host.len) != 0)
        return false;
    *ptr += end;
    *len -= end;
    return true;
}

static const char *param_add(tcn_request *request, char *ptr, size_t len)
{
    if (request->param_count >= PARAMS_MAX)
        return TCN_TOO_MANY_PARAMS;
    char *equals = memchr(ptr, '=', len);
    size_t name_len = equals != NULL ? (size_t)(equals - ptr) : len;
    char *value = equals != NULL ? equals + 1 : ptr + len;
    size_t value_len = len - (size_t)(value - ptr);
    if (!decode(ptr, &name_len, true) || !decode(value, &value_len, true))
        return "bad escape in the query";
    if (tcn_request_field_add(request, tcn_str_of(ptr, name_len),
                              tcn_str_of(value, value_len)) < 0)
        return "out of memory";
    request->param_count++;
    return NULL;
}

static const char *query_parse(tcn_request *request, char *ptr, size_t len)
{
    while (len > 0) {
        char *amp = memchr(ptr, '&', len);
        size_t part = amp != NULL ? (size_t)(amp - ptr) : len;
        const char *wrong = part > 0 ? param_add(request, ptr, part) : NULL;
        if (wrong != NULL)
            return wrong;
        size_t step = amp != NULL ? part + 1 : part;
        ptr += step;
        len -= step;
    }
    return NULL;
}

bool tcn_request_target_is_crowded(const char *target)
{
    const char *at = strchr(target, '?');
    for (unsigned count = 1; at != NULL; count++) {
        if (count > PARAMS_MAX)
            return true;
        at = strchr(at + 1, '&');
    }
    return false;
}

const char *tcn_request_target_parse(tcn_request *request, int *ret_status)
{
    size_t len = request->target_len;
    *ret_status = 414;
    if (len > TARGET_MAX)
        return "request target is longer than 8192 bytes";
    *ret_status = 503;
    tcn_buf *text = &request->text;
    if (text->capacity - text->len <= len)
        return "out of memory";
    char *ptr = text->ptr + text->len;
    (void)tcn_buf_add(text, text->ptr, len);
    *ret_status = 400;
    if (!has_only_visible(ptr, len))
        return "request target holds a character that must be escaped";
    if (!authority_drop(request, &ptr, &len))
        return "request target and Host differ";
    if (len == 1 && *ptr == '*' && tcn_str_eq_c(request->method, "OPTIONS"))
        *ptr = '/';
    char *query = memchr(ptr, '?', len);
    size_t path_len = query != NULL ? (size_t)(query - ptr) : len;
    if (path_len == 0 || *ptr != '/')
        return "request target does not begin with /";
    if (!decode(ptr, &path_len, false))
        return "bad escape in the path";
    request->path = tcn_str_of(ptr, path_len);
    size_t query_len = query != NULL ? len - (size_t)(query - ptr) - 1 : 0;
    return query_len > 0 ? query_parse(request, query + 1, query_len) : NULL;
}
