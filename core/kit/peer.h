/* SPDX-License-Identifier: Apache-2.0 */
/* peer.h - a scripted server on the loop, HTTP or SMTP, good and bad: it answers, hangs,
 * resets, cuts its answer off, and keeps every request byte by byte; of SMTP what comes
 * after DATA, as it was before dots were stuffed. */
#ifndef TCN_KIT_PEER_H
#define TCN_KIT_PEER_H

#include <uv.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/list.h"

#define TCN_PEER_KEPT 64

enum tcn_peer_act {
    TCN_PEER_ANSWER = 1,
    TCN_PEER_HANG,  /* until tcn_peer_resume */
    TCN_PEER_RESET, /* when the request was read */
    TCN_PEER_CUT,   /* half of the body, then the end */
};

typedef struct tcn_peer_script { /* for every request from now on */
    enum tcn_peer_act act;
    int status;          /* SMTP: the answer to the message; below 400: 250 */
    const char *headers; /* further lines, each with CRLF; NULL: none */
    tcn_str body;        /* must outlive the answer */
} tcn_peer_script;

typedef struct tcn_peer {
    uv_tcp_t listener;
    uint16_t port;
    char base[64]; /* "http://127.0.0.1:PORT" */
    bool is_smtp;
    tcn_peer_script script;
    tcn_list connections;
    size_t open;                     /* connections */
    bool was_met;                    /* somebody connected */
    size_t count;                    /* requests so far */
    tcn_buf requests[TCN_PEER_KEPT]; /* the first ones: head and body as they came */
    size_t head_len[TCN_PEER_KEPT];  /* with the empty line */
} tcn_peer;

int tcn_peer_start(tcn_peer *peer, uv_loop_t *loop, tcn_err *reterr);
/* Forgets the requests. */
void tcn_peer_clear(tcn_peer *peer);
/* Answers what hangs, as the script now says. */
void tcn_peer_resume(tcn_peer *peer);
/* The loop must run until its handles are closed. */
void tcn_peer_close(tcn_peer *peer);
void tcn_peer_deinit(tcn_peer *peer);

/* Of request i: its head without the empty line, its body. */
tcn_str tcn_peer_head(const tcn_peer *peer, size_t i);
tcn_str tcn_peer_body(const tcn_peer *peer, size_t i);
/* Both. */
tcn_str tcn_peer_whole(const tcn_peer *peer, size_t i);
/* The value of a header of request i; ptr NULL: there is none. */
tcn_str tcn_peer_header(const tcn_peer *peer, size_t i, const char *name);

#endif
