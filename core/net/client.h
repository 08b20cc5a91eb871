/* SPDX-License-Identifier: Apache-2.0 */
/* client.h - outgoing HTTP: libcurl's multi interface on the loop. [loop]
 * Connection reuse, TLS policy, time limits and the address guard live here, once, for
 * everything that tocsin sends. */
#ifndef TCN_NET_CLIENT_H
#define TCN_NET_CLIENT_H

#include <uv.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/str.h"
#include "core/net/guard.h"

typedef struct tcn_client tcn_client;
typedef struct tcn_exchange tcn_exchange;

typedef struct tcn_client_options {
    const char *user_agent; /* "tocsin/0.1.0" */
    const char *ca_file;    /* NULL: the system's */
    const tcn_guard *guard; /* borrowed; must outlive the client */
} tcn_client_options;

typedef struct tcn_header {
    tcn_str name, value;
} tcn_header;

enum tcn_http_flags {
    TCN_HTTP_NO_VERIFY = 1,
    TCN_HTTP_FOLLOW = 2, /* at most 5 redirects, each through the guard */
    TCN_HTTP_NO_PRIVATE =
        4, /* private addresses refused even where the guard allows them */
    TCN_HTTP_NO_PRIVATE_PROXY = 256, /* nor may the request's own proxy have one */
};

typedef struct tcn_http_request {
    const char *method, *url;
    const tcn_header *headers;
    size_t header_count;
    tcn_str body;
    uint32_t flags;
    uint32_t timeout_ms;         /* whole exchange */
    uint32_t connect_timeout_ms; /* 0: 5000 */
    size_t
        max_response; /* bytes kept; 0: 64 KiB; at most 1 MiB more is read and dropped */
    const char *ca_file, *cert_file, *key_file, *proxy; /* NULL: the client's */
} tcn_http_request;

typedef struct tcn_http_reply { /* valid in the callback only */
    int error; /* 0: a complete answer came; else TCN_E_RESOLVE, _CONNECT, _TLS, _TIMEOUT,
                  _IO, _DENIED, _CANCELED, _NOMEM */
    int status; /* HTTP status, 0: none */
    bool is_truncated;
    int64_t retry_after_ms; /* Retry-After as seconds or date; -1: absent or unreadable */
    int64_t elapsed_ms;
    const tcn_header *headers; /* names in lower case */
    size_t header_count;
    tcn_str body;
    tcn_str text; /* what went wrong, without the URL's query and user info */
} tcn_http_reply;
typedef void (*tcn_http_cb)(tcn_exchange *exchange, const tcn_http_reply *reply,
                            void *ud);

int tcn_client_new(uv_loop_t *loop, const tcn_client_options *options, tcn_log *log,
                   tcn_client **ret);
/* For exchanges from now on; what is under way asks the new guard when it connects anew.
 * Takes ca_file (NULL: the system's), which is on the heap, over; guard as in the
 * options. */
void tcn_client_policy_set_own(tcn_client *client, const tcn_guard *guard, char *ca_file);
/* Cancels what is under way (each cb runs), then cb. */
void tcn_client_close(tcn_client *client, void (*cb)(void *ud), void *ud);
/* Copies everything it needs. 0: cb runs exactly once, later, on the loop. Negative:
 * never. */
int tcn_client_start(tcn_client *client, const tcn_http_request *request, tcn_http_cb cb,
                     void *ud, tcn_exchange **ret, tcn_err *reterr);
/* cb runs later with TCN_E_CANCELED. */
void tcn_exchange_cancel(tcn_exchange *exchange);

#endif
