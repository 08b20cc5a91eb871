/* SPDX-License-Identifier: Apache-2.0 */
/* notify.h - the notification protocol of the service manager: one datagram to the socket
 * that $NOTIFY_SOCKET names. */
#ifndef TCN_NET_NOTIFY_H
#define TCN_NET_NOTIFY_H

#include "core/base/str.h"

/* socket: a path, or "@name" in the abstract namespace. text: "READY=1\nSTATUS=..." Never
 * waits. Negative: it was not sent. */
int tcn_notify_send(const char *socket, tcn_str text);

#endif
