/* SPDX-License-Identifier: Apache-2.0 */
/* remote_json.h - one request to the daemon whose answer is JSON. */
#ifndef TCN_CLI_REMOTE_JSON_H
#define TCN_CLI_REMOTE_JSON_H

#include <jansson.h>

#include "core/cli/remote.h"

typedef struct tcn_remote_call {
    const char *url;    /* as given with --url, or NULL */
    const char *method; /* "GET" */
    const char *path;   /* begins with '/', "{}" stands for name */
    const char *name;   /* NULL: no "{}" */
    const json_t *body; /* NULL: none */
} tcn_remote_call;

/* *ret is a new reference, NULL when the answer has no body. */
int tcn_remote_json(const tcn_remote_call *call, json_t **ret, tcn_err *reterr);
/* An answer that came otherwise; an empty one is an error. */
int tcn_remote_json_read(tcn_str answer, json_t **ret, tcn_err *reterr);

#endif
