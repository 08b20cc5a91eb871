/* SPDX-License-Identifier: Apache-2.0 */
/* server_int.h - what the files of the server share: connections, requests and the calls
 * between them. A connection belongs to libmicrohttpd; a request owns copies of all that
 * it shows, so that it outlives its connection until it is answered. */
#ifndef TCN_NET_SERVER_INT_H
#define TCN_NET_SERVER_INT_H

#include <microhttpd.h>
#include <stdint.h>

#include "core/base/list.h"
#include "core/net/linger.h"
#include "core/net/listen.h"
#include "core/net/server.h"

typedef struct tcn_listener {
    tcn_server *server;
    struct MHD_Daemon *mhd;
    tcn_listen_socket socket;
    uv_poll_t poll; /* on the epoll descriptor of mhd */
    bool is_dirty;  /* wants to run although its descriptor may be quiet */
} tcn_listener;

/* Where a connection stands; each place has its own deadline. */
enum tcn_conn_phase {
    TCN_CONN_HEADER, /* new, or between request line and body */
    TCN_CONN_BODY,
    TCN_CONN_HANDLER, /* no deadline: the answer is ours to give */
    TCN_CONN_ANSWER,
    TCN_CONN_IDLE,
};

typedef struct tcn_conn {
    tcn_list link; /* in server->conns */
    tcn_listener *listener;
    int fd;
    enum tcn_conn_phase phase;
    bool is_cut;           /* shut down by us, libmicrohttpd will notice */
    uint64_t since_ms;     /* begin of the phase, by the loop's clock */
    uint64_t progress_ms;  /* last bytes of a body */
    uint64_t answer_bytes; /* size of the answer on its way */
    tcn_request *request;  /* the one that is being read, handled or answered */
} tcn_conn;

typedef struct tcn_field {
    tcn_str name, value;
} tcn_field;

typedef struct tcn_answer_header {
    char *name, *value;
} tcn_answer_header;

enum tcn_request_state {
    TCN_REQUEST_STARTED, /* request line seen */
    TCN_REQUEST_BODY,    /* checked, body coming */
    TCN_REQUEST_REFUSED,
    TCN_REQUEST_HANDED,    /* the handler has it */
    TCN_REQUEST_SUSPENDED, /* and libmicrohttpd waits */
    TCN_REQUEST_ANSWERED,
};

#define TCN_FIELDS_MAX         128
#define TCN_ANSWER_HEADERS_MAX 8

struct tcn_request {
    tcn_list link; /* in server->spare */
    tcn_server *server;
    tcn_conn *conn; /* NULL: the connection has gone */
    struct MHD_Connection *mhd;
    enum tcn_request_state state;
    tcn_buf text; /* the raw target, then copies of what the fields below point at */
    size_t target_len;
    uintptr_t target_at; /* where libmicrohttpd has it, to compare, not to follow */
    tcn_buf body;
    tcn_str method, path;
    tcn_field *fields; /* headers, then parameters of the query */
    size_t field_capacity, header_count, param_count;
    void *data;
    void (*data_free)(void *);
    int status;        /* of the answer */
    size_t answer_len; /* bytes of its body */
    struct MHD_Response *response;
    tcn_answer_header answer_headers[TCN_ANSWER_HEADERS_MAX];
    size_t answer_header_count;
};

struct tcn_server {
    uv_loop_t *loop;
    tcn_server_limits limits;
    tcn_log *log;
    tcn_request_fn handler;
    void *ud;
    tcn_listener **listeners;
    size_t listener_count, listener_capacity;
    uv_idle_t runner; /* active while a listener is dirty or the server closes */
    uv_timer_t sweeper;
    size_t open_handles;
    tcn_list conns;
    size_t conn_count;
    tcn_lingers lingers;
    tcn_list spare; /* finished requests, for reuse */
    size_t spare_count, spare_bytes;
    size_t body_bytes;   /* received bodies that are not answered yet */
    size_t answer_bytes; /* bodies of answers that are not sent yet */
    size_t pending;      /* requests that the handler has */
    tcn_server_counts counts;
    struct MHD_Response *empty; /* every answer without body and headers */
    bool is_lenient;            /* libmicrohttpd is one that needs to be watched */
    bool is_quiet, is_closing, is_stopped;
    void (*close_cb)(void *ud);
    void *close_ud;
};

/* request_check.c */
/* Looks at the request line and headers, and fills what tcn_request_* show. NULL: fine;
 * else why not, with *ret_status. The text is static. */
const char *tcn_request_check(tcn_request *request, const char *method,
                              const char *version, int *ret_status);

/* request_target.c */
#define TCN_TOO_MANY_PARAMS "too many parameters in the request target"
/* True if it has more parameters than are taken, told before anyone parses them. */
bool tcn_request_target_is_crowded(const char *target);
/* Splits a copy of the target into path and parameters and decodes them. Same result. */
const char *tcn_request_target_parse(tcn_request *request, int *ret_status);

/* request.c */
/* From the pool; NULL when out of memory. */
tcn_request *tcn_request_begin(tcn_server *server, tcn_conn *conn,
                               struct MHD_Connection *mhd, const char *target);
int tcn_request_field_add(tcn_request *request, tcn_str name, tcn_str value);
/* Frees the handler's data and the answer, and puts the request back. */
void tcn_request_end(tcn_request *request);
void tcn_request_destroy(tcn_request *request);
/* Answers a request that no handler has seen. */
void tcn_request_refuse(tcn_request *request, int status, const char *text);
/* Appends {"detail": text}. */
void tcn_detail_write(tcn_buf *json, const char *text);

/* server.c: lets the listener run in the coming turn of the loop. */
void tcn_listener_kick(tcn_listener *listener);
/* A request whose connection has gone was answered. */
void tcn_server_orphan_ended(tcn_server *server);

/* serve.c: what libmicrohttpd calls. */
void *tcn_serve_target(void *cls, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result tcn_serve_access(void *cls, struct MHD_Connection *mhd, const char *url,
                                 const char *method, const char *version,
                                 const char *data, size_t *data_len, void **context);
void tcn_serve_completed(void *cls, struct MHD_Connection *mhd, void **context,
                         enum MHD_RequestTerminationCode code);
enum MHD_Result tcn_serve_accept(void *cls, const struct sockaddr *address,
                                 socklen_t len);
void tcn_serve_connection(void *cls, struct MHD_Connection *mhd, void **context,
                          enum MHD_ConnectionNotificationCode code);

/* sweep.c: the timer runs from the first connection until there is none. */
void tcn_server_sweep_start(tcn_server *server);
/* Writes an answer past libmicrohttpd, which takes none in the middle of a request, and
 * marks the connection: the caller ends it. */
void tcn_conn_cut(tcn_conn *conn, int status, const char *text);
/* Shuts the socket down; libmicrohttpd will notice. */
void tcn_conn_shut(tcn_conn *conn);

#endif
