/* SPDX-License-Identifier: Apache-2.0 */
/* backoff.h - how long an action waits after an attempt that failed for now. */
#ifndef TCN_ACTION_BACKOFF_H
#define TCN_ACTION_BACKOFF_H

#include <stdint.h>

/* A delay after that attempt (1 is the first): 1 s, doubled with each attempt up to 5
 * minutes, of which half to all, chosen with *random, which moves on. */
int64_t tcn_backoff_us(uint32_t attempt, uint64_t *random);
/* What the peer asked for in Retry-After, held between 0.5 s and 1 h. */
int64_t tcn_backoff_asked_us(int64_t retry_after_ms);

#endif
