/* SPDX-License-Identifier: Apache-2.0 */
/* smtp_int.h - what the files of SMTP share. An exchange with a tcn_smtp is a mail: its
 * hop is a connection, and the session on it begins where libcurl's work ends. */
#ifndef TCN_NET_SMTP_INT_H
#define TCN_NET_SMTP_INT_H

#include "core/net/client_int.h"
#include "core/net/smtp.h"
#include "core/net/smtp_lines.h"

#define TCN_SMTP_TRANSACTIONS_MAX 50 /* of one connection */

typedef struct tcn_session tcn_session;

typedef struct tcn_smtp {
    tcn_smtp_cb cb;
    tcn_smtp_request request; /* all of it in the exchange's arena */
    const char *url;
    char *password, *token; /* of the request, NUL-terminated; wiped */
    tcn_buf data;           /* dot-stuffed, with its end */
    int32_t *status;        /* of each recipient */
    tcn_buf said;
    size_t next;             /* the recipient whose turn it is */
    size_t on_connection;    /* transactions of this connection */
    tcn_smtp_lines greeted;  /* what came before the session */
    int before;              /* the last code of that */
    bool has_utf8, has_size; /* what the server offers */
    tcn_session *session;    /* NULL: none */
} tcn_smtp;

/* smtp.c. Sets what of the curl handle is SMTP's own. */
bool tcn_smtp_easy_set(tcn_exchange *exchange);
/* Whether the finished hop is followed by a further connection. */
bool tcn_smtp_goes_on(tcn_exchange *exchange);
void tcn_smtp_report(tcn_exchange *exchange);
void tcn_smtp_free(tcn_smtp *smtp);

/* smtp_session.c. libcurl has connected: CURLE_OK when the session is under way, which
 * ends in tcn_client_session_ended; else how the hop ends. */
CURLcode tcn_session_begin(tcn_exchange *exchange);
/* The session ends without a word. */
void tcn_session_drop(tcn_exchange *exchange);

/* client.c */
void tcn_client_session_ended(tcn_exchange *exchange, CURLcode result);
/* Takes an exchange of the client's, with nothing set. NULL: out of memory. */
tcn_exchange *tcn_client_exchange_get(tcn_client *client);
/* Starts what was set; gives the exchange back when that fails. ret may be NULL. */
int tcn_client_exchange_start(tcn_exchange *exchange, tcn_exchange **ret,
                              tcn_err *reterr);
void tcn_client_exchange_put(tcn_exchange *exchange);

#endif
