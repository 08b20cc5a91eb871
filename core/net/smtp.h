/* SPDX-License-Identifier: Apache-2.0 */
/* smtp.h - outgoing mail through the client: libcurl connects, checks the address, speaks
 * TLS and authenticates; the transactions are ours (smtp_session.c), because libcurl
 * waits for the answer to a message, and for that to QUIT, without returning to the loop.
 * [loop] */
#ifndef TCN_NET_SMTP_H
#define TCN_NET_SMTP_H

#include "core/net/client.h"

#define TCN_SMTP_RCPTS_MAX 1000
#define TCN_SMTP_DATA_MAX  ((size_t)16 << 20)

enum tcn_smtp_flags {       /* beside TCN_HTTP_NO_VERIFY and those of addresses */
    TCN_SMTP_TLS = 8,       /* from the first byte */
    TCN_SMTP_STARTTLS = 16, /* required */
    TCN_SMTP_UTF8 = 32,     /* an address in envelope or message is not ASCII */
};

typedef struct tcn_smtp_request {
    const char *host;
    uint32_t port;
    uint32_t flags;
    const char *helo;      /* NULL: the machine's name */
    const char *mail_from; /* NULL or "": the null reverse-path */
    const tcn_str *rcpts;
    size_t rcpt_count;
    const char *username; /* with one of the next two, which need TLS; NULL: nobody */
    tcn_str password, oauth_token;
    tcn_str data;                /* the message; lines end in CRLF, not dot-stuffed */
    uint32_t timeout_ms;         /* whole exchange */
    uint32_t connect_timeout_ms; /* 0: 5000 */
    const char *ca_file, *cert_file, *key_file, *proxy; /* NULL: the client's */
} tcn_smtp_request;

typedef struct tcn_smtp_reply { /* valid in the callback only */
    /* 0: the server answered to the end, whatever it said: status and rcpt_status say.
     * Else as for HTTP; TCN_E_TLS also when STARTTLS is not offered or refused;
     * TCN_E_UNSUPPORTED: no mechanism of AUTH in common, or no SMTPUTF8 where it is
     * needed. What rcpt_status says is true in any case. */
    int error;
    int status; /* the last code before the first recipient's, 0: none */
    int64_t elapsed_ms;
    const int32_t *rcpt_status; /* final code of each; 0: not tried, or no answer came */
    size_t rcpt_count;
    tcn_str said; /* a line for each recipient, "CODE text" or empty, ended by LF */
    tcn_str text; /* what went wrong, without secrets */
} tcn_smtp_reply;
typedef void (*tcn_smtp_cb)(tcn_exchange *exchange, const tcn_smtp_reply *reply,
                            void *ud);

/* One transaction for each recipient, in order, over one connection; a new one after 50.
 * Copies everything. 0: cb runs exactly once, later, on the loop. Negative: never. A
 * message whose answer was not seen may have been delivered. */
int tcn_smtp_start(tcn_client *client, const tcn_smtp_request *request, tcn_smtp_cb cb,
                   void *ud, tcn_exchange **ret, tcn_err *reterr);

#endif
