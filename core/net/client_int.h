/* SPDX-License-Identifier: Apache-2.0 */
/* client_int.h - what the files of the client share. An exchange owns copies of all that
 * was asked and its curl handle; both are used again, because a new handle costs more
 * than a request. */
#ifndef TCN_NET_CLIENT_INT_H
#define TCN_NET_CLIENT_INT_H

#include <curl/curl.h>

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/list.h"
#include "core/net/client.h"
#include "core/net/url.h"

/* Where in a head buffer a header stands; the buffer may move while it grows. */
typedef struct tcn_span {
    size_t name, name_len, value, value_len;
} tcn_span;

/* What came back on the current hop. */
typedef struct tcn_answer {
    tcn_buf head; /* names in lower case, and values */
    tcn_span *spans;
    size_t span_count, span_capacity;
    size_t head_bytes; /* of all heads, also interim ones */
    tcn_buf body;
    size_t dropped; /* bytes of the body that were not kept */
    bool has_body_begun, is_head_over, is_body_over;
} tcn_answer;

struct tcn_exchange {
    tcn_list link; /* in active, finished or spare */
    tcn_client *client;
    tcn_http_cb cb;
    void *ud;
    CURL *easy;
    struct curl_slist *lines;
    tcn_arena arena; /* the request */
    tcn_http_request request;
    tcn_url url;
    char *hop_url; /* of a redirect; else NULL */
    int redirects;
    tcn_answer answer;
    tcn_header *headers; /* for the callback */
    size_t header_capacity;
    int64_t started_ms;
    CURLcode result;
    bool is_added, is_canceled;
    bool is_starved; /* no memory to watch its socket */
    bool is_flooded; /* more came on this hop than any answer needs */
    int fd;          /* of its connection, when it is the one that watches it; else -1 */
    uint32_t laps;   /* of libcurl's on this hop */
    uint64_t read_before; /* bytes of the connection before this hop; UINT64_MAX: it is
                             not known yet */
    char denied[160];     /* why the guard said no, else empty */
    char curl_text[CURL_ERROR_SIZE];
    char text[640];
    struct tcn_lookup *lookup; /* runs before a request goes through a proxy; else NULL */
    struct tcn_smtp *smtp;     /* of a mail; then cb is not used. NULL: HTTP */
};

struct tcn_client {
    uv_loop_t *loop;
    const tcn_guard *guard;
    tcn_log *log;
    char *user_agent, *ca_file;
    CURLM *multi;
    uv_timer_t timer;
    uv_idle_t finisher; /* active while finished is not empty or the client closes */
    size_t open_handles;
    tcn_list active, finished, spare;
    size_t spare_count, added; /* added: handles that curl works on */
    bool is_closing, is_torn, has_starved;
    void (*close_cb)(void *ud);
    void *close_ud;
};

/* easy.c: sets everything on the curl handle for the current hop. */
int tcn_easy_prepare(tcn_exchange *exchange);
/* Certificates and keys are read on the loop, which a pipe or a device would hold up for
 * ever: only regular files are. */
CURLcode tcn_easy_files_check(tcn_exchange *exchange);
/* Asks the guard and keeps what it says. */
bool tcn_easy_is_denied(tcn_exchange *exchange, const struct sockaddr *address,
                        socklen_t len, tcn_str host, bool no_private);

/* lookup.c: a proxy connects in our place, so the target's addresses are looked up and
 * checked first. tcn_client_hop_checked follows later unless the lookup was dropped. */
int tcn_lookup_start(tcn_exchange *exchange);
void tcn_lookup_drop(tcn_exchange *exchange);

/* client.c: result CURLE_OK: the hop may start. */
void tcn_client_hop_checked(tcn_exchange *exchange, CURLcode result);
/* A handle that was counted in open_handles is closed. */
void tcn_client_handle_gone(tcn_client *client);

/* answer.c */
void tcn_answer_init(tcn_answer *answer, size_t body_limit);
void tcn_answer_reset(tcn_answer *answer, size_t body_limit);
void tcn_answer_deinit(tcn_answer *answer);
/* curl's write callbacks; ud is the answer. */
size_t tcn_answer_on_head(char *data, size_t size, size_t count, void *ud);
size_t tcn_answer_on_body(char *data, size_t size, size_t count, void *ud);
/* Borrowed; empty when absent. name in lower case. */
tcn_str tcn_answer_header(const tcn_answer *answer, const char *name);

/* exchange.c */
tcn_exchange *tcn_exchange_new(tcn_client *client);
void tcn_exchange_free(tcn_exchange *exchange);
/* Checks and copies. */
int tcn_exchange_set(tcn_exchange *exchange, const tcn_http_request *request,
                     tcn_err *reterr);
/* Calls cb. */
void tcn_exchange_report(tcn_exchange *exchange);
/* Forgets the request, keeps memory and curl handle. */
void tcn_exchange_clear(tcn_exchange *exchange);
/* TCN_E_ code of a finished exchange, and why; the text is empty after success. */
int tcn_exchange_outcome(tcn_exchange *exchange, char *text, size_t size);
/* What is left of the time for the whole exchange; at least 1. */
long tcn_exchange_left_ms(const tcn_exchange *exchange);

/* redirect.c: true when the finished hop leads to another, which exchange now stands for.
 */
bool tcn_redirect_follow(tcn_exchange *exchange);

#endif
