/* SPDX-License-Identifier: Apache-2.0 */
/* quota.h - token buckets: how much may go to one destination, and how soon the next. All
 * that goes there takes a token of every bucket; a lane waits only for those of its own
 * block, so that blocks with different rates can share a destination. */
#ifndef TCN_ACTION_QUOTA_H
#define TCN_ACTION_QUOTA_H

#include "core/base/list.h"
#include "core/plugin/plugins.h"

/* One bucket: nothing is counted but the instant at which it would be full again. */
typedef struct tcn_quota {
    tcn_list link; /* in the destination's quotas */
    tcn_rate rate;
    uint32_t users;     /* lanes that wait for it */
    int64_t full_at_ns; /* monotonic; in the past: it is full */
} tcn_quota;

/* The buckets of one lane. */
typedef struct tcn_quota_set {
    tcn_rates rates;
    tcn_quota *items[TCN_RATES_MAX];
} tcn_quota_set;

/* Makes the set that of the rates, with buckets out of quotas, which own them.
 * TCN_E_NOMEM leaves it as it was. */
int tcn_quota_set_use(tcn_quota_set *set, tcn_list *quotas, const tcn_rates *rates);
/* Gives the buckets back; the last user frees them. */
void tcn_quota_set_clear(tcn_quota_set *set);
/* When all of them have a token; 0: now. */
int64_t tcn_quota_set_start_mono_us(const tcn_quota_set *set);
/* Takes a token of each. One that has none is overdrawn. */
void tcn_quotas_take(tcn_list *quotas, int64_t now_mono_us);

#endif
