/* SPDX-License-Identifier: Apache-2.0 */
/* helper.h - a thread for what would hold the loop up: reading files, dlopen. One job at
 * a time; the thread lives as long as the job, which may share it with one more. */
#ifndef TCN_DAEMON_HELPER_H
#define TCN_DAEMON_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

typedef struct tcn_helper tcn_helper;

int tcn_helper_new(uv_loop_t *loop, tcn_helper **ret);
/* Runs work on a thread, then done on the loop. Negative: neither runs. One job at a
 * time. [loop] */
int tcn_helper_run(tcn_helper *helper, void (*work)(void *ud), void (*done)(void *ud),
                   void *ud);
/* Runs work for each i below count, on the thread that asks and another one when there is
 * more than one. Returns when all are done. [any] */
void tcn_helper_share(size_t count, void (*work)(size_t i, void *ud), void *ud);
bool tcn_helper_is_busy(const tcn_helper *helper);
/* Only when not busy. */
void tcn_helper_close(tcn_helper *helper);

#endif
