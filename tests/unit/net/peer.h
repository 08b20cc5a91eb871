/* SPDX-License-Identifier: Apache-2.0 */
/* peer.h - a server in a thread that follows a script, however wrong: one step per
 * connection, or per request where the step before keeps the connection. */
#ifndef TCN_TESTS_NET_PEER_H
#define TCN_TESTS_NET_PEER_H

#include <stdbool.h>
#include <stddef.h>

enum peer_end {
    PEER_CLOSE,
    PEER_KEEP, /* the next step answers on the same connection */
    PEER_RESET,
    PEER_HOLD,   /* stays open and silent until the client closes */
    PEER_REPEAT, /* sends bytes again and again until the client closes */
    PEER_DRIP,   /* the same, a byte each few milliseconds */
};

typedef struct peer_step {
    const char *bytes; /* NULL: none */
    enum peer_end end;
    size_t read; /* bytes to read before; 0: a whole request; 1: nothing at all */
} peer_step;

typedef struct peer peer;

/* steps are borrowed. */
peer *peer_start(const peer_step *steps, size_t count);
int peer_port(const peer *p);
/* Waits until all steps are done, joins; requests that were read, one after the other,
 * are in *ret_requests (borrowed until the next start) and connections counted. */
void peer_stop(peer *p, const char **ret_requests, size_t *ret_connections);

#endif
