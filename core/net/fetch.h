/* SPDX-License-Identifier: Apache-2.0 */
/* fetch.h - HTTP for commands that ask a running daemon: one request at a time, and the
 * caller waits for it. Never used by the daemon itself. Proxies of the environment are
 * ignored. */
#ifndef TCN_NET_FETCH_H
#define TCN_NET_FETCH_H

#include "core/base/buf.h"
#include "core/base/err.h"

typedef struct tcn_fetch tcn_fetch;

typedef struct tcn_fetch_options {
    const char *unix_path;     /* connect to this socket; NULL: to the URL's host */
    const char *user_agent;    /* "tocsin/0.1.0" */
    const char *authorization; /* "Bearer KEY"; NULL: none */
    uint32_t timeout_ms;       /* of a whole request; 0: 30 s */
} tcn_fetch_options;

typedef struct tcn_fetch_request {
    const char *method, *url; /* http or https */
    const char *content_type; /* NULL: no body */
    tcn_str body;
    const char *header; /* which header of the answer to keep; NULL: none */
} tcn_fetch_request;

typedef struct tcn_fetch_reply {
    int status;
    tcn_buf body;     /* initialised by the caller with its limit; replaced */
    char header[128]; /* the value asked for; empty: absent, or too long */
} tcn_fetch_reply;

/* Texts in options are borrowed until tcn_fetch_free. */
int tcn_fetch_new(const tcn_fetch_options *options, tcn_fetch **ret);
void tcn_fetch_free(tcn_fetch *fetch);
/* 0: an answer came, whatever its status. Else TCN_E_CONNECT, _RESOLVE, _TLS, _TIMEOUT,
 * _LIMIT (the answer is larger than the body's limit), _INVALID (the URL), _IO, and
 * reterr says why. Connections are kept from one request to the next. */
int tcn_fetch_run(tcn_fetch *fetch, const tcn_fetch_request *request,
                  tcn_fetch_reply *ret, tcn_err *reterr);
/* Appends text as one component of a query or path: what is special there becomes %XX. */
int tcn_url_add_escaped(tcn_buf *url, tcn_str text);

#endif
