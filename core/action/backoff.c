/* SPDX-License-Identifier: Apache-2.0 */
/* backoff.c - arithmetic only. The jitter spreads the retries of messages that failed
 * together; it needs no good randomness, so a 64-bit xorshift does. */
#include "core/action/backoff.h"

#include "core/base/datetime.h"

#define BACKOFF_MAX_US     (5 * TCN_MINUTE_US)
#define RETRY_AFTER_MIN_US (TCN_SECOND_US / 2)
#define RETRY_AFTER_MAX_US TCN_HOUR_US

static uint64_t next_random(uint64_t *random)
{
    uint64_t x = *random != 0 ? *random : 0x9e3779b97f4a7c15u;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *random = x;
    return x * 0x2545f4914f6cdd1du;
}

int64_t tcn_backoff_us(uint32_t attempt, uint64_t *random)
{
    uint32_t doublings = attempt > 0 ? attempt - 1 : 0;
    int64_t full_us = doublings < 9 ? TCN_SECOND_US << doublings : BACKOFF_MAX_US;
    if (full_us > BACKOFF_MAX_US)
        full_us = BACKOFF_MAX_US;
    uint64_t half_us = (uint64_t)full_us / 2;
    return (int64_t)(half_us + next_random(random) % (half_us + 1));
}

int64_t tcn_backoff_asked_us(int64_t retry_after_ms)
{
    if (retry_after_ms > RETRY_AFTER_MAX_US / TCN_MS_US)
        return RETRY_AFTER_MAX_US;
    int64_t asked_us = retry_after_ms * TCN_MS_US;
    return asked_us < RETRY_AFTER_MIN_US ? RETRY_AFTER_MIN_US : asked_us;
}
