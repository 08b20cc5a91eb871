/* SPDX-License-Identifier: Apache-2.0 */
/* url.c - URLs are parsed by libcurl's own parser, so that what is checked is what is
 * connected. */
#include "core/net/url.h"

#include <curl/curl.h>
#include <stdio.h>

#include "core/base/alloc.h"

/* Copies one part; false when it is absent or does not fit. */
static bool part_copy(CURLU *handle, CURLUPart part, unsigned flags, char *out,
                      size_t size)
{
    char *text = NULL;
    if (curl_url_get(handle, part, &text, flags) != CURLUE_OK)
        return false;
    size_t len = strlen(text);
    if (len < size)
        memcpy(out, text, len + 1);
    curl_free(text);
    return len < size;
}

static bool has_part(CURLU *handle, CURLUPart part)
{
    char *text = NULL;
    CURLUcode rc = curl_url_get(handle, part, &text, 0);
    curl_free(text);
    return rc == CURLUE_OK;
}

static bool has_root_only(CURLU *handle)
{
    char path[2];
    return part_copy(handle, CURLUPART_PATH, 0, path, sizeof path) &&
           !has_part(handle, CURLUPART_QUERY);
}

static void brackets_drop(char *host)
{
    size_t len = strlen(host);
    if (len < 2 || host[0] != '[' || host[len - 1] != ']')
        return;
    memmove(host, host + 1, len - 2);
    host[len - 2] = '\0';
}

static void shown_write(CURLU *handle, tcn_url *url)
{
    char port[16] = "";
    char text[8];
    if (part_copy(handle, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT, text, sizeof text))
        (void)snprintf(port, sizeof port, ":%s", text);
    bool is_v6 = strchr(url->host, ':') != NULL;
    (void)snprintf(url->shown, sizeof url->shown, "%s://%s%s%s%s/%s",
                   url->is_https ? "https" : "http", is_v6 ? "[" : "", url->host,
                   is_v6 ? "]" : "", port, has_root_only(handle) ? "" : "***");
}

static int url_read(CURLU *handle, const char *text, tcn_url *url, tcn_err *reterr)
{
    CURLUcode rc = curl_url_set(handle, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME);
    char scheme[8];
    char port[8];
    if (rc != CURLUE_OK)
        return tcn_err_set(reterr, TCN_E_INVALID, "URL is not usable: %s",
                           curl_url_strerror(rc));
    if (!part_copy(handle, CURLUPART_SCHEME, 0, scheme, sizeof scheme) ||
        (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0))
        return tcn_err_set(reterr, TCN_E_INVALID, "URL is not http or https");
    if (has_part(handle, CURLUPART_USER) || has_part(handle, CURLUPART_PASSWORD))
        return tcn_err_set(reterr, TCN_E_INVALID, "URL holds a user name or password");
    if (!part_copy(handle, CURLUPART_HOST, 0, url->host, sizeof url->host))
        return tcn_err_set(reterr, TCN_E_INVALID, "host of the URL is not usable");
    int64_t number = 0;
    if (!part_copy(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT, port, sizeof port) ||
        !tcn_str_int(tcn_str_c(port), 1, 65535, &number))
        return tcn_err_set(reterr, TCN_E_INVALID, "port of the URL is not 1 to 65535");
    url->is_https = strcmp(scheme, "https") == 0;
    url->port = (uint16_t)number;
    brackets_drop(url->host);
    shown_write(handle, url);
    return 0;
}

int tcn_url_parse(const char *url, tcn_url *ret, tcn_err *reterr)
{
    if (strlen(url) > TCN_URL_MAX)
        return tcn_err_set(reterr, TCN_E_LIMIT, "URL is longer than %d bytes",
                           TCN_URL_MAX);
    CURLU *handle = curl_url();
    if (handle == NULL)
        return tcn_err_set(reterr, TCN_E_NOMEM, "URL");
    tcn_url made = {0};
    int rc = url_read(handle, url, &made, reterr);
    curl_url_cleanup(handle);
    if (rc == 0)
        *ret = made;
    return rc;
}

bool tcn_url_is_same_origin(const tcn_url *a, const tcn_url *b)
{
    return a->is_https == b->is_https && a->port == b->port &&
           strcmp(a->host, b->host) == 0;
}

char *tcn_url_join(const char *base, const char *location)
{
    CURLU *handle = curl_url();
    if (handle == NULL)
        return NULL;
    char *joined = NULL;
    char *copy = NULL;
    unsigned flags = CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME;
    if (curl_url_set(handle, CURLUPART_URL, base, CURLU_NON_SUPPORT_SCHEME) ==
            CURLUE_OK &&
        curl_url_set(handle, CURLUPART_URL, location, flags) == CURLUE_OK &&
        curl_url_set(handle, CURLUPART_FRAGMENT, NULL, 0) == CURLUE_OK &&
        curl_url_get(handle, CURLUPART_URL, &joined, 0) == CURLUE_OK)
        copy = tcn_strdup(joined);
    curl_free(joined);
    curl_url_cleanup(handle);
    return copy;
}
