/* SPDX-License-Identifier: Apache-2.0 */
/* remote_json.c - names are escaped on their way into the path. */
#include "core/cli/remote_json.h"

#include <stdio.h>
#include <string.h>

#include "core/value/document.h"

#define BYTES_MAX  ((size_t)64 << 20)
#define PATH_BYTES ((size_t)4096)

static int write_path(const tcn_remote_call *call, tcn_buf *path)
{
    const char *place = strstr(call->path, "{}");
    if (place == NULL || call->name == NULL)
        return tcn_buf_add_c(path, call->path);
    (void)tcn_buf_add(path, call->path, (size_t)(place - call->path));
    (void)tcn_url_add_escaped(path, tcn_str_c(call->name));
    (void)tcn_buf_add_c(path, place + 2);
    return tcn_buf_status(path);
}

int tcn_remote_json_read(tcn_str answer, json_t **ret, tcn_err *reterr)
{
    tcn_err err = {0};
    int rc = tcn_document_read_own(answer, ret, &err);
    return rc >= 0 ? 0
                   : tcn_err_set(reterr, rc, "the daemon's answer cannot be read: %s",
                                 err.text);
}

static int ask(tcn_remote *remote, const tcn_remote_call *call, const char *path,
               tcn_str body, json_t **ret, tcn_err *reterr)
{
    tcn_fetch_reply reply = {0};
    tcn_buf_init(&reply.body, BYTES_MAX);
    int rc = tcn_remote_ask(remote, call->method, path, body, NULL, &reply, reterr);
    *ret = NULL;
    if (rc >= 0 && reply.body.len > 0)
        rc = tcn_remote_json_read(tcn_buf_str(&reply.body), ret, reterr);
    tcn_buf_deinit(&reply.body);
    return rc;
}

int tcn_remote_json(const tcn_remote_call *call, json_t **ret, tcn_err *reterr)
{
    tcn_buf body, path;
    tcn_remote *remote = NULL;
    tcn_buf_init(&body, BYTES_MAX);
    tcn_buf_init(&path, PATH_BYTES);
    int rc = write_path(call, &path);
    if (rc >= 0 && call->body != NULL)
        rc = tcn_document_write(call->body, &body);
    if (rc >= 0)
        rc = tcn_remote_new(call->url, &remote, reterr);
    if (rc >= 0)
        rc = ask(remote, call, path.ptr, tcn_buf_str(&body), ret, reterr);
    tcn_remote_free(remote);
    tcn_buf_deinit(&body);
    tcn_buf_deinit(&path);
    return rc < 0 ? tcn_err_set(reterr, rc, "%s", tcn_err_text(rc)) : 0;
}
