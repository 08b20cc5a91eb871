/* SPDX-License-Identifier: Apache-2.0 */
/* linger.h - connections that were answered before all of their request had come. Closing
 * them at once would reset them, and the sender would never read why; so a duplicate of
 * the descriptor is kept for a moment, and what still comes is read and dropped. [loop]
 */
#ifndef TCN_NET_LINGER_H
#define TCN_NET_LINGER_H

#include <stdbool.h>
#include <uv.h>

#include "core/base/list.h"

typedef struct tcn_lingers {
    uv_loop_t *loop;
    tcn_list open;
    size_t count;
    size_t closing; /* handles that the loop still has */
    void (*closed)(void *ud);
    void *ud;
} tcn_lingers;

/* closed runs whenever a handle has gone back to us. */
void tcn_lingers_init(tcn_lingers *lingers, uv_loop_t *loop, void (*closed)(void *ud),
                      void *ud);
/* Best effort: the descriptor itself stays the caller's. */
void tcn_lingers_add(tcn_lingers *lingers, int fd);
/* Ends those that are over their time; all: every one. */
void tcn_lingers_sweep(tcn_lingers *lingers, bool all);
/* None left, also none that is still closing. */
bool tcn_lingers_is_idle(const tcn_lingers *lingers);

#endif
