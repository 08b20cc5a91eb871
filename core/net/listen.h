/* SPDX-License-Identifier: Apache-2.0 */
/* listen.h - listening sockets from their textual address: "host:port", "[v6]:port",
 * "unix:PATH". */
#ifndef TCN_NET_LISTEN_H
#define TCN_NET_LISTEN_H

#include "core/base/err.h"
#include "core/base/str.h"

typedef struct tcn_listen_socket {
    int fd;
    char *address;   /* as it is shown, with the port that was chosen */
    char *unix_path; /* NULL for TCP */
} tcn_listen_socket;

/* Binds and listens; the descriptor is non-blocking and closed on exec. */
int tcn_listen_open(tcn_str address, tcn_listen_socket *ret, tcn_err *reterr);
/* Closes the descriptor unless it is -1 and removes the socket file; the texts stay. */
void tcn_listen_shut(tcn_listen_socket *socket);
void tcn_listen_deinit(tcn_listen_socket *socket);

#endif
