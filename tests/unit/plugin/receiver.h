/* SPDX-License-Identifier: Apache-2.0 */
/* receiver.h - a plugin and a real HTTP receiver on one loop: what goes over the wire,
 * and what comes of each answer. Include cmocka first. */
#ifndef TCN_TESTS_PLUGIN_RECEIVER_H
#define TCN_TESTS_PLUGIN_RECEIVER_H

#include "rig.h"

#include "core/net/server.h"

#define INVOCATION    "3f0a1c9e-1111-5222-8333-444455556666"
#define RECEIVER_KEPT 8

/* Keeps the requests, answers as told. */
typedef struct receiver {
    tcn_server *server;
    unsigned count;
    int status; /* 0: never */
    const char *retry_after, *location, *body;
    unsigned good; /* the first requests that are answered with 200 and good_body */
    const char *good_body;
    tcn_request *held;
    char method[16], path[256], query[256];
    const char *content;           /* of the last request */
    char *contents[RECEIVER_KEPT]; /* of the first ones */
    char headers[16][256];
} receiver;

typedef struct fixture {
    rig r;
    receiver in;
    char url[128]; /* of the receiver, without a path */
} fixture;

/* For cmocka; *state is a fixture afterwards. */
int receiver_set_up(void **state, const char *plugin);
int receiver_tear_down(void **state);
/* A header of the last request; "" when it had none. Only names of a list in
 * receiver.c. */
const char *receiver_header(const fixture *f, const char *name);
/* Adds the block "b" with these members of its options, in which URL stands for the
 * receiver's. */
tcn_block *receiver_block(fixture *f, const char *plugin, const char *options);
/* What comes of a message through such a block. */
outcome receiver_send(fixture *f, const char *plugin, const char *options);

#endif
