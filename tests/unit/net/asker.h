/* SPDX-License-Identifier: Apache-2.0 */
/* asker.h - a client on a loop of the test's own, and replies that outlive their
 * callback. */
#ifndef TCN_TESTS_NET_ASKER_H
#define TCN_TESTS_NET_ASKER_H

#include "core/net/client.h"

typedef struct asked {
    uv_loop_t *loop;
    bool is_done;
    int calls;
    int error, status;
    bool is_truncated;
    int64_t retry_after_ms, elapsed_ms;
    size_t header_count, body_len;
    char first_name[64], first_value[64];
    char body[4096]; /* its beginning */
    char text[512];
} asked;

typedef struct asker {
    uv_loop_t loop;
    uv_timer_t limit;
    tcn_guard *guard;
    tcn_client *client;
    bool is_closed;
} asker;

/* allow ends with NULL. */
void asker_start(asker *a, const char *const *allow, bool private_allowed);
/* Fills url with "http://127.0.0.1:PORT" and path. */
const char *asker_url(char *url, size_t size, int port, const char *path);
/* Starts; *ret is filled when the loop has run. Returns what tcn_client_start does. */
int asker_begin(asker *a, const tcn_http_request *request, asked *ret,
                tcn_exchange **ret_exchange, tcn_err *reterr);
/* Runs the loop until done; fails after ten seconds. */
void asker_wait(asker *a, const asked *until);
/* Both; GET with 5 s when request->method is NULL. */
void asker_ask(asker *a, const tcn_http_request *request, asked *ret);
void asker_stop(asker *a);

#endif
