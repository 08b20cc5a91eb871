/* SPDX-License-Identifier: Apache-2.0 */
/* crash.h - a crash names the plugin at work, on standard error and in a file that the
 * next start reads: state_dir/crashes. */
#ifndef TCN_DAEMON_CRASH_H
#define TCN_DAEMON_CRASH_H

#include "core/plugin/plugins.h"

/* Opens the file and watches fatal signals and exit from now on, on this thread's own
 * signal stack. */
int tcn_crash_watch(const tcn_plugins *plugins, const char *path, tcn_err *reterr);
/* The notes of plugins are gone. */
void tcn_crash_forget(void);

#endif
