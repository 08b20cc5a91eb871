/* SPDX-License-Identifier: Apache-2.0 */
/* esmtp.h - the transport through libESMTP, on the block's own workers. The library
 * waits, goes on where it should not, and believes what it should not: each file of this
 * transport stands between it and one of these. */
#ifndef EMAIL_ESMTP_H
#define EMAIL_ESMTP_H

#include <openssl/ssl.h>

#include "email.h"

enum { /* time limits of a session; all at most what is left of the attempt */
    ESMTP_GREETING_MS = 30000,
    ESMTP_ENVELOPE_MS = 30000,
    ESMTP_DATA_MS = 60000,
    ESMTP_TRANSFER_MS = 60000,
    ESMTP_DATA2_MS = 120000
};

/* ---- esmtp_watch.c: what was said, and what must not be said ---- */

enum watch_phase {
    WATCH_GREETING,
    WATCH_HELLO, /* EHLO or HELO was sent */
    WATCH_STARTTLS,
    WATCH_AUTH,
    WATCH_ENVELOPE, /* MAIL was sent, or RCPT */
    WATCH_DATA
};

typedef struct esmtp_watch {
    job *j;
    enum watch_phase phase;
    bool needs_auth, is_authenticated;
    bool is_injected;            /* bytes came behind the answer to STARTTLS */
    bool has_tls_begun, has_tls; /* the handshake */
    bool is_quitting;            /* QUIT was sent: what comes now says nothing */
    bool is_stopped;             /* MAIL was about to be sent without AUTH */
    unsigned tickets;            /* of TLS 1.3, received */
    int64_t tls_began_ms;
    int code;                /* the last answer's, before MAIL */
    int auth_code;           /* the last refusal of AUTH */
    char said[SAID_MAX + 1]; /* the text of that answer */
    char tls_text[160];      /* why the certificate is not believed */
    int64_t heard_ms;        /* monotonic: when bytes went last */
    uint32_t limit_ms;       /* of the phase */
    char line[512];          /* being read */
    size_t line_len;
} esmtp_watch;

/* libESMTP's callback for what is read and about to be written; arg is the watch. */
void esmtp_on_bytes(const char *buf, int len, int writing, void *arg);

/* ---- esmtp_tls.c ---- */

/* TLS 1.2 or later, the block's certificates and name; the watch learns of handshake and
 * socket. NULL: *ret_why says why. */
SSL_CTX *esmtp_tls_new(tocsin_instance *email, esmtp_watch *watch, const char **ret_why);
/* [worker] Between the handshake and the first command under TLS. */
void esmtp_tls_settle(SSL *ssl, esmtp_watch *watch);

/* ---- esmtp_connect.c ---- */

enum connect_end {
    CONNECT_OK,
    CONNECT_ONLY_V6, /* which the library cannot be told */
    CONNECT_RESOLVE,
    CONNECT_REFUSED,
    CONNECT_DENIED,
    CONNECT_CANCELED
};
/* An address of the server that takes connections and that the guard allows, as
 * "ADDRESS:PORT"; else why there is none, in text. Returns within about 15 s. */
enum connect_end esmtp_find_address(const job *j, char *ret, size_t size, char *text,
                                    size_t text_size);

/* ---- esmtp.c ---- */

/* [loop, in start] Is everything there that a block with these options needs? */
int32_t esmtp_probe(const tocsin_instance *email, tocsin_error *reterr);
/* [worker] One session; fills what became of each recipient, and *end. False: the mail
 * must go through curl.c instead. */
bool esmtp_session(job *j, attempt_end *end, char *text, size_t text_size);

/* ---- worker.c ---- */

/* [loop, in prepare] The job will come to a worker. */
void worker_expect(job *j);
/* [worker] Sends the mail, ends the delivery and frees the job. */
void worker_send(job *j);
/* [any] It came to a worker too late: frees the job. */
void worker_drop(job *j);
/* [loop] Ends the delivery now; its job lives until its session has ended. */
void worker_cancel(tocsin_instance *email, tocsin_delivery *delivery);
/* [any] Has the job's delivery ended meanwhile? */
bool worker_is_over(const job *j);
/* [worker] The socket of the job's session; shut down at once when the job is over. */
void worker_set_socket(job *j, int fd);
void worker_shut_socket(job *j);

#endif
