/* SPDX-License-Identifier: Apache-2.0 */
/* probe.h - loads a plugin in a child process first: a damaged file, or a constructor
 * that crashes or never returns, ends the child and not the daemon. */
#ifndef TCN_GATE_PROBE_H
#define TCN_GATE_PROBE_H

#include "core/base/err.h"

struct tocsin_host;

#define TCN_PROBE_OPTION "--probe-plugin"

/* What is to be loaded: a path, and the descriptor that it names, if it does (-1); and
 * how that went. */
typedef struct tcn_probe {
    const char *path;
    int fd;
    /* Run as "program --probe-plugin PATH", which calls tcn_probe_run: a process with
     * threads must not load anything in its fork, where a lock of the linker may be held
     * for ever. NULL: a fork all the same. */
    const char *program;
    const struct tocsin_host *host;
    uint32_t limit_ms;
    /* 0: it came back, whatever it answered, or no child could be made. TCN_E_INVALID:
     * *err says what happened to it. */
    int status;
    tcn_err *err;
} tcn_probe;

#define TCN_PROBES_AT_ONCE 4

/* Loads each file, calls its entry and reads its table, in a child of its own; so many
 * live at a time, each limit_ms at most. Blocks until all have ended. */
void tcn_probe_load(tcn_probe *probes, size_t count);
/* The child's part; does not return. */
_Noreturn void tcn_probe_run(const char *path, const struct tocsin_host *host);

#endif
