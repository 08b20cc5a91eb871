/* SPDX-License-Identifier: Apache-2.0 */
/* probe.h - loads a plugin in a child process first: a damaged file, or a constructor
 * that crashes or never returns, ends the child and not the daemon. */
#ifndef TCN_PLUGIN_PROBE_H
#define TCN_PLUGIN_PROBE_H

#include <tocsin/plugin.h>

#include "core/base/err.h"

/* Loads the file at path, calls its entry and reads its table, in a child. 0: it came
 * back, whatever it answered, or no child could be made. TCN_E_INVALID with what happened
 * to it. Waits limit_ms at most. */
int tcn_probe_load(const char *path, const tocsin_host *host, uint32_t limit_ms,
                   tcn_err *reterr);

#endif
