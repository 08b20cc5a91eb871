/* SPDX-License-Identifier: Apache-2.0 */
/* server.h - the HTTP server: libmicrohttpd driven by the loop, one daemon per listener.
 * [loop] Requests are checked before anything else sees them (spec of hostile input),
 * bodies are limited and whole before the handler runs, slow senders are cut by deadlines
 * of our own. */
#ifndef TCN_NET_SERVER_H
#define TCN_NET_SERVER_H

#include <sys/types.h>
#include <uv.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/log.h"

typedef struct tcn_server tcn_server;
typedef struct tcn_request tcn_request;

typedef struct tcn_server_limits {
    size_t request_size; /* bytes of a body; 8 MiB */
    size_t header_size;  /* all headers; 16 KiB */
    size_t answers;      /* bytes of all answers that are not read yet; 256 MiB */
    uint32_t headers;    /* 64 */
    uint32_t connections, connections_per_address;
    uint32_t header_timeout_ms, body_timeout_ms, idle_timeout_ms;
} tcn_server_limits;
extern const tcn_server_limits tcn_server_limits_default;

typedef struct tcn_server_counts {
    uint64_t requests;    /* handed to the handler */
    uint64_t refused;     /* answered or cut before that */
    uint64_t connections; /* open now */
} tcn_server_counts;

/* A complete request. It stays valid until answered; the handler may answer now or later,
 * on the loop, exactly once. When the client goes away first, the answer is dropped
 * without harm. */
typedef void (*tcn_request_fn)(tcn_request *request, void *ud);

int tcn_server_new(uv_loop_t *loop, const tcn_server_limits *limits, tcn_log *log,
                   tcn_request_fn handler, void *ud, tcn_server **ret);
/* address: "127.0.0.1:4200", "[::1]:0", "unix:PATH" (mode 0660; a stale socket file is
 * replaced, a living one refused). */
int tcn_server_listen(tcn_server *server, tcn_str address, tcn_err *reterr);
/* From now on, but for connections, connections_per_address and header_size, which the
 * listeners were opened with. */
void tcn_server_limits_set(tcn_server *server, const tcn_server_limits *limits);
size_t tcn_server_address_count(const tcn_server *server);
/* With the port that was chosen; borrowed until close. */
const char *tcn_server_address(const tcn_server *server, size_t i);
/* No new connections; requests already taken are still answered, with Connection: close.
 */
void tcn_server_quiesce(tcn_server *server);
/* Requests that wait for an answer. */
size_t tcn_server_pending(const tcn_server *server);
/* Ends all connections; what handlers still hold stays valid until they answer it. cb
 * runs on the loop when all is answered and the memory gone. */
void tcn_server_close(tcn_server *server, void (*cb)(void *ud), void *ud);
void tcn_server_counts_get(const tcn_server *server, tcn_server_counts *ret);

/* All borrowed until the answer. Header names are compared without case; empty when
 * absent. */
tcn_str tcn_request_method(const tcn_request *request);
tcn_str tcn_request_path(
    const tcn_request *request); /* decoded once, no query, starts with '/' */
tcn_str tcn_request_query(const tcn_request *request, const char *name); /* decoded */
tcn_str tcn_request_header(const tcn_request *request, const char *name);
tcn_str tcn_request_body(const tcn_request *request);
tcn_str tcn_request_target(const tcn_request *request); /* path and query as they came */
/* Headers in their order, 0 to count - 1, names as they came. */
size_t tcn_request_header_count(const tcn_request *request);
void tcn_request_header_at(const tcn_request *request, size_t i, tcn_str *ret_name,
                           tcn_str *ret_value);
/* It came through a Unix socket, from root, that user, or a process in that group. */
bool tcn_request_is_from(const tcn_request *request, uid_t uid, gid_t gid);
/* A pointer of the handler's, and what frees it when the request ends. */
void tcn_request_data_set(tcn_request *request, void *data, void (*data_free)(void *));
void *tcn_request_data_get(const tcn_request *request);

/* content_type NULL: no body. The bytes are copied. */
void tcn_request_answer(tcn_request *request, int status, const char *content_type,
                        tcn_str body);
/* The answer {"detail": text}. */
void tcn_request_answer_detail(tcn_request *request, int status, const char *text);
/* One more header for the coming answer ("Retry-After", "1"); at most 8, copied. */
void tcn_request_answer_header(tcn_request *request, const char *name, const char *value);

#endif
