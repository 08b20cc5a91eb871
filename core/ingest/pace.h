/* SPDX-License-Identifier: Apache-2.0 */
/* pace.h - the engine's clock while the daemon runs. It follows the wall clock and never
 * goes back: after a backward step of the wall clock it runs at half speed until that has
 * caught up. */
#ifndef TCN_INGEST_PACE_H
#define TCN_INGEST_PACE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct tcn_pace {
    int64_t clock_us;         /* what it said last */
    int64_t wall_us, mono_us; /* when it said it */
    bool has_started;
} tcn_pace;

/* clock_us: where the engine's clock stood when it was saved; 0: a new engine. */
void tcn_pace_init(tcn_pace *pace, int64_t clock_us);
/* The engine's clock at this wall and monotonic time. *ret_is_jump: the first reading, or
 * one after the wall clock left the monotonic one by more than a minute (a suspend, a new
 * time). */
int64_t tcn_pace_read(tcn_pace *pace, int64_t wall_us, int64_t mono_us,
                      bool *ret_is_jump);

#endif
