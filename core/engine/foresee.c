/* SPDX-License-Identifier: Apache-2.0 */
/* foresee.c - what an event would do: nothing is predicted, it is tried. A second engine
 * takes over one automation with the buckets that the event meets and the child firings
 * that wait, then the event comes to it, then time passes until something fires. */
#include "core/base/alloc.h"
#include "core/engine/explain_int.h"

#define WINDOWS_AHEAD 1000 /* ends of windows to look at for an absence */
#define BUCKETS_MAX   1000 /* more are not taken over when no event names one */

/* ---- a second engine ---- */

static int copy_bucket(tcn_engine *to, tcn_node *node, const tcn_bucket *from)
{
    tcn_bucket *bucket = tcn_node_open_bucket(to, node, tcn_bucket_key(from));
    if (bucket == NULL)
        return to->status;
    bucket->start_us = from->start_us;
    bucket->end_us = from->end_us;
    bucket->count = from->count;
    bucket->last = from->last;
    tcn_bucket_set_timer(to, bucket);
    return to->status;
}

static int copy_buckets(tcn_engine *to, tcn_node *node, const tcn_node *source)
{
    uint32_t chain = 0;
    tcn_bucket *bucket = tcn_node_next_bucket(source, &chain, NULL);
    int rc = 0;
    while (bucket != NULL && rc == 0) {
        rc = copy_bucket(to, node, bucket);
        bucket = tcn_node_next_bucket(source, &chain, bucket);
    }
    return rc;
}

static int copy_node(tcn_engine *to, tcn_node *node, const tcn_engine *from,
                     const tcn_node *source, const tcn_event *event)
{
    int rc = 0;
    for (size_t i = 0; i < source->pending_count && rc == 0; i++)
        rc = tcn_composite_keep(to, node, source->pending[i].child,
                                source->pending[i].turn, source->pending[i].firing);
    tcn_node_drop_buckets(to, node);
    if (rc < 0 || source->trigger->type != TCN_TRIGGER_EVENT)
        return rc;
    if (event == NULL)
        return copy_buckets(to, node, source);
    const tcn_bucket *bucket = tcn_explain_bucket(from, source, event);
    return bucket != NULL ? copy_bucket(to, node, bucket) : 0;
}

static int copy_unit(tcn_engine *to, const tcn_engine *from, const tcn_unit *source,
                     const tcn_event *event)
{
    static const tcn_automation_limits any = {.triggers = 1000000, .trigger_depth = 64};
    tcn_automation *automation = NULL;
    tcn_problems problems;
    tcn_problems_init(&problems);
    int rc = tcn_automation_parse(source->automation->document, NULL, &any, &automation,
                                  &problems);
    tcn_problems_deinit(&problems);
    if (rc == 0)
        rc = tcn_engine_put_own(to, automation, from->clock_us);
    tcn_unit *unit = rc == 0 ? tcn_engine_unit(to, &source->id) : NULL;
    if (unit == NULL)
        return rc;
    unit->minute = source->minute;
    unit->fired = source->fired;
    unit->notice_minute = source->notice_minute;
    for (uint32_t i = 0; i < unit->node_count && rc == 0; i++)
        rc = copy_node(to, unit->nodes[i], from, source->nodes[i], event);
    return rc;
}

static tcn_engine *second_engine(const tcn_engine *from, const tcn_unit *unit,
                                 const tcn_event *event, int64_t now_us)
{
    tcn_engine *engine = tcn_engine_new(&from->limits);
    if (engine == NULL)
        return NULL;
    engine->clock_us = now_us;
    engine->newest_us = from->newest_us;
    engine->processed_at_us = from->processed_at_us;
    engine->has_processed = from->has_processed;
    engine->turn = from->turn;
    if (copy_unit(engine, from, unit, event) == 0)
        return engine;
    tcn_engine_free(engine);
    return NULL;
}

/* ---- letting it happen ---- */

/* The first root firing of the step under way, told; NULL when there is none. */
static json_t *first_firing(const tcn_engine *engine, const char *by)
{
    const tcn_step *step = tcn_engine_results(engine);
    if (step->firing_count == 0)
        return NULL;
    const tcn_firing *firing = step->firings[0];
    json_t *outcome = json_object();
    (void)json_object_set_new(outcome, "fires", json_true());
    (void)json_object_set_new(outcome, "by", json_string(by));
    (void)json_object_set_new(outcome, "at", tcn_explain_time(firing->triggered_at_us));
    (void)json_object_set_new(outcome, "suppressed", json_boolean(firing->is_suppressed));
    return outcome;
}

static int deliver(tcn_engine *engine, const tcn_engine *from, const tcn_event *event,
                   json_t **ret_outcome)
{
    tcn_event come = *event;
    if (come.received_at_us < engine->clock_us)
        come.received_at_us = engine->clock_us;
    if (come.has_follows && tcn_ids_has(&from->ids, &come.follows, from->clock_us))
        come.has_follows = false;
    tcn_engine_begin(engine, TCN_POSITION_EMITTED);
    int rc = tcn_engine_event(engine, &come);
    *ret_outcome = rc >= 0 ? first_firing(engine, "event") : NULL;
    tcn_engine_end(engine);
    return rc < 0 ? rc : 0;
}

/* On a third engine, so that the second shows what the event alone did. Children of a
 * composite have windows of different lengths, so many may have to end. Of many buckets
 * only as many as take a few milliseconds: then *ret_is_unknown. */
static int wait_for_absence(const tcn_engine *from, const tcn_unit *unit,
                            const tcn_event *event, json_t **ret_outcome,
                            bool *ret_is_unknown)
{
    tcn_engine *engine = second_engine(from, unit, event, from->clock_us);
    int rc = engine != NULL ? 0 : TCN_E_NOMEM;
    for (int i = 0; i < WINDOWS_AHEAD && rc >= 0 && *ret_outcome == NULL; i++) {
        int64_t due_us = tcn_engine_next_due_us(engine);
        *ret_is_unknown = engine->effort > TCN_ENGINE_PIECE;
        if (due_us == INT64_MAX || *ret_is_unknown)
            break;
        tcn_engine_begin(engine, TCN_POSITION_EMITTED);
        rc = tcn_engine_advance(engine, due_us, false);
        *ret_outcome = rc >= 0 ? first_firing(engine, "absence") : NULL;
        tcn_engine_end(engine);
    }
    tcn_engine_free(engine);
    return rc < 0 ? rc : 0;
}

static bool is_small(const tcn_unit *unit)
{
    size_t count = 0;
    for (uint32_t i = 0; i < unit->node_count; i++)
        count += tcn_node_bucket_count(unit->nodes[i]);
    return count <= BUCKETS_MAX;
}

int tcn_foresee(const tcn_engine *engine, const tcn_unit *unit, const tcn_event *event,
                int64_t now_us, tcn_foresight *ret)
{
    tcn_foresight f = {0};
    bool is_unknown = false;
    int rc = 0;
    if (event == NULL && !is_small(unit)) {
        *ret = f;
        return 0;
    }
    if (unit->automation->is_enabled) {
        f.engine = second_engine(engine, unit, event, now_us);
        rc = f.engine != NULL ? 0 : TCN_E_NOMEM;
        if (rc == 0 && event != NULL)
            rc = deliver(f.engine, engine, event, &f.outcome);
        const tcn_unit *after = rc == 0 ? tcn_engine_unit(f.engine, &unit->id) : NULL;
        if (after != NULL && f.outcome == NULL)
            rc = wait_for_absence(f.engine, after, event, &f.outcome, &is_unknown);
    }
    if (rc == 0 && f.outcome == NULL && !is_unknown)
        f.outcome = json_pack("{s:b}", "fires", 0);
    if (rc == 0 && f.outcome == NULL && !is_unknown)
        rc = TCN_E_NOMEM;
    if (rc < 0)
        tcn_foresight_deinit(&f);
    else
        *ret = f;
    return rc;
}

void tcn_foresight_deinit(tcn_foresight *foresight)
{
    tcn_engine_free(foresight->engine);
    json_decref(foresight->outcome);
    *foresight = (tcn_foresight){0};
}
