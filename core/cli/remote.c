/* SPDX-License-Identifier: Apache-2.0 */
/* remote.c - where the daemon is, and its refusals as one line. */
#include "core/cli/remote.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/daemon/daemon.h"

#define SOCKET_DEFAULT "unix:/run/tocsin/api.sock"
#define URL_MAX        4096

struct tcn_remote {
    tcn_fetch *fetch;
    const char *name;
    char base[URL_MAX]; /* ends in "/api" */
    char authorization[1024];
};

static const char *first_set(const char *const *names)
{
    for (; *names != NULL; names++) {
        const char *value = getenv(*names);
        if (value != NULL && value[0] != '\0')
            return value;
    }
    return NULL;
}

static int set_base(tcn_remote *remote, tcn_err *reterr)
{
    tcn_str url = tcn_str_c(remote->name);
    if (tcn_str_starts(url, TCN_STR("unix:")))
        url = TCN_STR("http://localhost");
    else if (!tcn_str_starts(url, TCN_STR("http://")) &&
             !tcn_str_starts(url, TCN_STR("https://")))
        return tcn_err_set(
            reterr, TCN_E_INVALID,
            "\"%s\" is no address: it begins with http://, https:// or unix:",
            remote->name);
    while (url.len > 0 && url.ptr[url.len - 1] == '/')
        url.len--;
    const char *end = tcn_str_ends(url, TCN_STR("/api")) ? "" : "/api";
    int len =
        snprintf(remote->base, sizeof remote->base, "%.*s%s", TCN_STR_ARG(url), end);
    if (len < 0 || (size_t)len >= sizeof remote->base)
        return tcn_err_set(reterr, TCN_E_LIMIT, "the address is too long");
    return 0;
}

static int set_key(tcn_remote *remote, tcn_err *reterr)
{
    const char *key =
        first_set((const char *const[]){"TOCSIN_API_KEY", "PREFECT_API_KEY", NULL});
    if (key == NULL)
        return 0;
    int len =
        snprintf(remote->authorization, sizeof remote->authorization, "Bearer %s", key);
    if (len < 0 || (size_t)len >= sizeof remote->authorization ||
        strpbrk(key, "\r\n") != NULL)
        return tcn_err_set(reterr, TCN_E_INVALID, "the API key is too long or malformed");
    return 0;
}

int tcn_remote_new(const char *url, tcn_remote **ret, tcn_err *reterr)
{
    return tcn_remote_new_patient(url, 0, ret, reterr);
}

int tcn_remote_new_patient(const char *url, uint32_t timeout_ms, tcn_remote **ret,
                           tcn_err *reterr)
{
    tcn_remote *remote = tcn_alloc_zero(sizeof *remote);
    if (remote == NULL)
        return tcn_err_set(reterr, TCN_E_NOMEM, "out of memory");
    if (url == NULL)
        url = first_set((const char *const[]){"TOCSIN_API_URL", "PREFECT_API_URL", NULL});
    remote->name = url != NULL ? url : SOCKET_DEFAULT;
    int rc = set_base(remote, reterr);
    if (rc >= 0)
        rc = set_key(remote, reterr);
    if (rc >= 0) {
        bool is_unix = tcn_str_starts(tcn_str_c(remote->name), TCN_STR("unix:"));
        tcn_fetch_options options = {
            .unix_path = is_unix ? remote->name + strlen("unix:") : NULL,
            .user_agent = "tocsin/" TCN_VERSION,
            .timeout_ms = timeout_ms,
            .authorization =
                remote->authorization[0] != '\0' ? remote->authorization : NULL,
        };
        rc = tcn_fetch_new(&options, &remote->fetch);
    }
    if (rc < 0) {
        tcn_remote_free(remote);
        return tcn_err_set(reterr, rc, "%s", tcn_err_text(rc));
    }
    *ret = remote;
    return 0;
}

void tcn_remote_free(tcn_remote *remote)
{
    if (remote == NULL)
        return;
    tcn_fetch_free(remote->fetch);
    tcn_free(remote);
}

const char *tcn_remote_name(const tcn_remote *remote)
{
    return remote->name;
}

/* "body[2].resource: Field required", from Prefect's form of a refused request. */
static bool problem_text(const json_t *problem, char *out, size_t size)
{
    const char *text = json_string_value(json_object_get(problem, "msg"));
    const json_t *loc = json_object_get(problem, "loc");
    if (text == NULL)
        return false;
    size_t used = 0;
    for (size_t i = 0; i < json_array_size(loc) && used < size; i++) {
        const json_t *part = json_array_get(loc, i);
        int len = json_is_integer(part)
                      ? snprintf(out + used, size - used, "[%lld]",
                                 (long long)json_integer_value(part))
                      : snprintf(out + used, size - used, "%s%s", i > 0 ? "." : "",
                                 json_string_value(part));
        used += len > 0 ? (size_t)len : 0;
    }
    if (used < size)
        snprintf(out + used, size - used, "%s%s", used > 0 ? ": " : "", text);
    return true;
}

/* Fills out with what the daemon said; false when its answer holds no such thing. */
static bool refusal_text(tcn_str body, char *out, size_t size)
{
    json_t *root = json_loadb(body.ptr != NULL ? body.ptr : "", body.len, 0, NULL);
    const char *detail = json_string_value(json_object_get(root, "detail"));
    bool found = detail != NULL;
    if (found)
        snprintf(out, size, "%s", detail);
    else
        found = problem_text(json_array_get(json_object_get(root, "exception_detail"), 0),
                             out, size);
    json_decref(root);
    return found;
}

static int refusal(const tcn_remote *remote, const tcn_fetch_reply *reply,
                   tcn_err *reterr)
{
    char text[400] = "";
    if (refusal_text(tcn_buf_str(&reply->body), text, sizeof text))
        return tcn_err_set(reterr, TCN_E_DENIED, "the daemon answered %d: %s",
                           reply->status, text);
    return tcn_err_set(reterr, TCN_E_DENIED, "%s answered %d", remote->name,
                       reply->status);
}

int tcn_remote_ask(tcn_remote *remote, const char *method, const char *path, tcn_str json,
                   const char *header, tcn_fetch_reply *ret, tcn_err *reterr)
{
    char url[2 * URL_MAX];
    int len = snprintf(url, sizeof url, "%s%s", remote->base, path);
    if (len < 0 || (size_t)len >= sizeof url)
        return tcn_err_set(reterr, TCN_E_LIMIT, "the request's address is too long");
    tcn_fetch_request request = {
        .method = method,
        .url = url,
        .content_type = json.len > 0 ? "application/json" : NULL,
        .body = json,
        .header = header,
    };
    tcn_err err = {0};
    int rc = tcn_fetch_run(remote->fetch, &request, ret, &err);
    if (rc < 0)
        return tcn_err_set(reterr, rc, "cannot ask the daemon at %s: %s%s", remote->name,
                           err.text,
                           rc == TCN_E_CONNECT ? " (is it running? see --url)" : "");
    if (ret->status < 200 || ret->status > 299)
        return refusal(remote, ret, reterr);
    return 0;
}
