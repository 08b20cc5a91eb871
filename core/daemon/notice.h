/* SPDX-License-Identifier: Apache-2.0 */
/* notice.h - what the service manager is told: ready, reloading, stopping, and that the
 * daemon is alive. Without one ($NOTIFY_SOCKET is not set) nothing happens. [loop] */
#ifndef TCN_DAEMON_NOTICE_H
#define TCN_DAEMON_NOTICE_H

#include <stddef.h>

typedef struct tcn_daemon tcn_daemon;

/* Reads the environment, and takes it out of it: children must not speak for us. */
void tcn_notice_init(tcn_daemon *daemon);
/* The listeners accept and the outbox is worked on. The watchdog's beat begins. */
void tcn_notice_ready(tcn_daemon *daemon);
void tcn_notice_reloading(tcn_daemon *daemon);
/* A reload is over, with so many problems. */
void tcn_notice_reloaded(tcn_daemon *daemon, size_t problems);
void tcn_notice_stopping(tcn_daemon *daemon);
/* No more beats. */
void tcn_notice_close(tcn_daemon *daemon);

#endif
