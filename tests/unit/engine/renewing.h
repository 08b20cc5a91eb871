/* SPDX-License-Identifier: Apache-2.0 */
/* renewing.h - renewals of a fixture's engine, part by part. */
#ifndef TCN_TEST_ENGINE_RENEWING_H
#define TCN_TEST_ENGINE_RENEWING_H

#include "fixture.h"

#include "core/engine/renewal.h"

static inline tcn_renewal *renewal_of(const char *const *texts, size_t count)
{
    tcn_renewal *renewal = NULL;
    assert_int_equal(tcn_renewal_new(count, &renewal), 0);
    for (size_t i = 0; i < count; i++) {
        tcn_automation *automation = parse_text(texts[i]);
        tcn_uuid id = automation->id;
        tcn_renewal_set_own(renewal, i, &id, automation);
    }
    return renewal;
}

static inline void prepare(fixture *f, tcn_renewal *renewal)
{
    int rc = 1;
    assert_int_equal(tcn_engine_renewal_begin(f->engine, renewal), 0);
    while (rc == 1)
        rc = tcn_engine_renewal_prepare(f->engine, renewal);
    assert_int_equal(rc, 0);
    assert_true(tcn_renewal_is_ready(renewal, f->engine));
}

static inline void apply(fixture *f, tcn_renewal *renewal, double at_s)
{
    int64_t at_us = START_US + (int64_t)(at_s * 1e6);
    assert_int_equal(tcn_engine_renewal_apply(f->engine, renewal, at_us), 0);
}

static inline void dispose(tcn_renewal *renewal)
{
    while (tcn_engine_renewal_dispose(renewal))
        continue;
    tcn_renewal_free(renewal);
}

static inline size_t buckets(const fixture *f)
{
    tcn_engine_counts counts;
    tcn_engine_counts_get(f->engine, &counts);
    return counts.buckets;
}

#endif
