/* SPDX-License-Identifier: Apache-2.0 */
/* daemon.h - tocsin serve: every room put together, started in order, stopped in reverse.
 */
#ifndef TCN_DAEMON_DAEMON_H
#define TCN_DAEMON_DAEMON_H

#include "core/base/err.h"

#define TCN_VERSION "0.1.0"

/* Runs until a signal asks for the end. The process's exit status: 0 after a requested
 * stop, 1 when it could not start or had to give up; the reason is on standard error.
 * is_strict: wrong definition files are a reason not to start, else the last good ones
 * are taken. */
int tcn_daemon_run(const char *config_path, bool is_strict);

/* Everything that run would refuse, without starting: configuration, plugins, blocks,
 * automations and their templates. */
void tcn_daemon_check(const char *config_path, tcn_problems *problems);

#endif
