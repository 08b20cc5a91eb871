/* SPDX-License-Identifier: Apache-2.0 */
/* quota.c - arithmetic of token buckets. A bucket that holds n of burst tokens is full
 * again after (burst - n) intervals, so that instant says all there is to know. */
#include "core/action/quota.h"

#include "core/base/alloc.h"

static int64_t interval_ns(const tcn_rate *rate)
{
    return rate->period_us * 1000 / rate->count;
}

static bool is_same(const tcn_rate *a, const tcn_rate *b)
{
    return a->count == b->count && a->burst == b->burst && a->period_us == b->period_us;
}

static tcn_quota *find(tcn_list *quotas, const tcn_rate *rate)
{
    tcn_list_foreach (link, quotas) {
        tcn_quota *quota = tcn_container_of(link, tcn_quota, link);
        if (is_same(&quota->rate, rate))
            return quota;
    }
    return NULL;
}

static tcn_quota *get(tcn_list *quotas, const tcn_rate *rate)
{
    tcn_quota *quota = find(quotas, rate);
    if (quota == NULL) {
        quota = tcn_alloc_zero(sizeof *quota);
        if (quota == NULL)
            return NULL;
        quota->rate = *rate;
        tcn_list_append(quotas, &quota->link);
    }
    quota->users++;
    return quota;
}

void tcn_quota_set_clear(tcn_quota_set *set)
{
    for (size_t i = 0; i < set->rates.count; i++) {
        tcn_quota *quota = set->items[i];
        if (--quota->users > 0)
            continue;
        tcn_list_remove(&quota->link);
        tcn_free(quota);
    }
    set->rates.count = 0;
}

static bool are_same(const tcn_rates *a, const tcn_rates *b)
{
    bool are = a->count == b->count;
    for (size_t i = 0; are && i < a->count; i++)
        are = is_same(&a->items[i], &b->items[i]);
    return are;
}

int tcn_quota_set_use(tcn_quota_set *set, tcn_list *quotas, const tcn_rates *rates)
{
    if (are_same(&set->rates, rates))
        return 0;
    tcn_quota_set fresh = {0};
    fresh.rates = *rates;
    for (fresh.rates.count = 0; fresh.rates.count < rates->count; fresh.rates.count++) {
        size_t i = fresh.rates.count;
        fresh.items[i] = get(quotas, &rates->items[i]);
        if (fresh.items[i] == NULL) {
            tcn_quota_set_clear(&fresh);
            return TCN_E_NOMEM;
        }
    }
    tcn_quota_set_clear(set);
    *set = fresh;
    return 0;
}

int64_t tcn_quota_set_start_mono_us(const tcn_quota_set *set)
{
    int64_t start_ns = 0;
    for (size_t i = 0; i < set->rates.count; i++) {
        const tcn_quota *quota = set->items[i];
        int64_t at_ns =
            quota->full_at_ns - (quota->rate.burst - 1) * interval_ns(&quota->rate);
        if (at_ns > start_ns)
            start_ns = at_ns;
    }
    return (start_ns + 999) / 1000;
}

void tcn_quotas_take(tcn_list *quotas, int64_t now_mono_us)
{
    tcn_list_foreach (link, quotas) {
        tcn_quota *quota = tcn_container_of(link, tcn_quota, link);
        if (quota->full_at_ns < now_mono_us * 1000)
            quota->full_at_ns = now_mono_us * 1000;
        quota->full_at_ns += interval_ns(&quota->rate);
    }
}
