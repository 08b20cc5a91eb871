/* SPDX-License-Identifier: Apache-2.0 */
/* redirect.c - follows redirects by our own rules: at most 5, never from https to http,
 * another host sees nothing that could be a secret. What is not followed is the answer.
 */
#include <strings.h>

#include "core/base/alloc.h"
#include "core/net/client_int.h"

#define REDIRECTS_MAX 5

static bool is_redirect(long status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 ||
           status == 308;
}

static bool has_name(const char *line, const char *name)
{
    size_t len = strlen(name);
    return strncasecmp(line, name, len) == 0 && (line[len] == ':' || line[len] == ';');
}

static bool is_harmless(const char *line)
{
    static const char *const names[] = {
        "accept",          "content-type",   "expect", "webhook-id", "webhook-timestamp",
        "webhook-attempt", "idempotency-key"};
    for (size_t i = 0; i < TCN_COUNT(names); i++)
        if (has_name(line, names[i]))
            return true;
    return false;
}

static bool lines_filter(tcn_exchange *exchange, bool same_origin, bool keeps_body)
{
    struct curl_slist *kept = NULL;
    for (const struct curl_slist *line = exchange->lines; line != NULL;
         line = line->next) {
        bool is_about_body = strncasecmp(line->data, "content-", 8) == 0;
        if ((!same_origin && !is_harmless(line->data)) || (!keeps_body && is_about_body))
            continue;
        struct curl_slist *longer = curl_slist_append(kept, line->data);
        if (longer == NULL) {
            curl_slist_free_all(kept);
            return false;
        }
        kept = longer;
    }
    curl_slist_free_all(exchange->lines);
    exchange->lines = kept;
    return true;
}

static void request_rewrite(tcn_exchange *exchange, bool same_origin, bool keeps_body)
{
    tcn_http_request *request = &exchange->request;
    if (!keeps_body) {
        request->method = strcmp(request->method, "HEAD") == 0 ? "HEAD" : "GET";
        request->body = (tcn_str){0};
    }
    if (!same_origin) {
        request->cert_file = NULL;
        request->key_file = NULL;
    }
}

/* Where the answer points; NULL when that must not be followed. */
static char *target_of(const tcn_exchange *exchange, tcn_url *ret)
{
    char location[TCN_URL_MAX + 1];
    tcn_str value = tcn_answer_header(&exchange->answer, "location");
    if (value.len == 0 || value.len >= sizeof location)
        return NULL;
    memcpy(location, value.ptr, value.len);
    location[value.len] = '\0';
    const char *base =
        exchange->hop_url != NULL ? exchange->hop_url : exchange->request.url;
    char *target = tcn_url_join(base, location);
    if (target == NULL)
        return NULL;
    if (tcn_url_parse(target, ret, NULL) == 0 &&
        (ret->is_https || !exchange->url.is_https))
        return target;
    tcn_free(target);
    return NULL;
}

bool tcn_redirect_follow(tcn_exchange *exchange)
{
    long status = 0;
    if ((exchange->request.flags & TCN_HTTP_FOLLOW) == 0 ||
        exchange->result != CURLE_OK || exchange->is_canceled ||
        exchange->redirects >= REDIRECTS_MAX)
        return false;
    (void)curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    tcn_url url;
    char *target = is_redirect(status) ? target_of(exchange, &url) : NULL;
    if (target == NULL)
        return false;
    bool same_origin = tcn_url_is_same_origin(&url, &exchange->url);
    bool keeps_body = status == 307 || status == 308;
    if (!lines_filter(exchange, same_origin, keeps_body)) {
        tcn_free(target);
        return false;
    }
    request_rewrite(exchange, same_origin, keeps_body);
    tcn_free(exchange->hop_url);
    exchange->hop_url = target;
    exchange->url = url;
    exchange->redirects++;
    tcn_answer_reset(&exchange->answer, exchange->request.max_response);
    return true;
}
