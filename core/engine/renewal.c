/* SPDX-License-Identifier: Apache-2.0 */
/* renewal.c - the units of a whole set, made ready one by one. Where automations are the
 * same they keep everything; of changed ones the triggers that are the same keep theirs
 * (define.c). Whatever is missing and has an owner is away (away.c). */
#include "core/engine/renewal.h"

#include "core/base/alloc.h"
#include "core/engine/engine_int.h"

typedef struct item {
    tcn_uuid id;
    tcn_unit *unit;       /* NULL: not looked up yet, or there twice */
    tcn_redefinition new; /* without a unit: the automation stays as it is */
} item;

enum phase {
    GIVEN = 1,
    PREPARING,
    READY,
    ENDING, /* what is not needed any more goes */
};

struct tcn_renewal {
    tcn_engine *engine; /* NULL: none */
    enum phase phase;
    item *items;
    size_t count;
    size_t next;     /* item of the phase, then unit of gone */
    tcn_unit **gone; /* units that are not in the set */
    size_t gone_count;
    tcn_automation **left; /* their automations */
};

/* ---- the caller's side ---- */

int tcn_renewal_new(size_t count, tcn_renewal **ret)
{
    tcn_renewal *renewal = tcn_alloc_zero(sizeof *renewal);
    if (renewal == NULL)
        return TCN_E_NOMEM;
    renewal->items = tcn_alloc_array(count + 1, sizeof *renewal->items);
    if (renewal->items == NULL) {
        tcn_free(renewal);
        return TCN_E_NOMEM;
    }
    renewal->phase = GIVEN;
    renewal->count = count;
    *ret = renewal;
    return 0;
}

void tcn_renewal_set_own(tcn_renewal *renewal, size_t i, const tcn_uuid *id,
                         tcn_automation *automation)
{
    renewal->items[i] = (item){.id = *id, .new = {.automation = automation}};
}

void tcn_renewal_free(tcn_renewal *renewal)
{
    if (renewal == NULL)
        return;
    for (size_t i = 0; i < renewal->count; i++)
        tcn_automation_free(renewal->items[i].new.automation);
    for (size_t i = 0; i < renewal->gone_count; i++)
        tcn_automation_free(renewal->left[i]);
    tcn_free(renewal->items);
    tcn_free(renewal->gone);
    tcn_free(renewal->left);
    tcn_free(renewal);
}

/* ---- before ---- */

int tcn_engine_renewal_begin(tcn_engine *engine, tcn_renewal *renewal)
{
    size_t olds = engine->unit_count;
    if (engine->renewal != NULL)
        return TCN_E_BUSY;
    int rc = tcn_grow((void **)&engine->units, &engine->unit_capacity, renewal->count,
                      sizeof(tcn_unit *));
    renewal->gone = tcn_alloc_array(olds + 1, sizeof *renewal->gone);
    renewal->left = tcn_alloc_array(olds + 1, sizeof *renewal->left);
    if (rc < 0 || renewal->gone == NULL || renewal->left == NULL)
        return TCN_E_NOMEM;
    engine->definitions++;
    engine->renewal = renewal;
    renewal->engine = engine;
    renewal->phase = PREPARING;
    renewal->next = 0;
    return 0;
}

static int find_unit(tcn_engine *engine, item *it)
{
    tcn_unit *unit = tcn_engine_unit(engine, &it->id);
    if ((unit == NULL || unit->absence.is_on) && it->new.automation == NULL)
        return TCN_E_NOT_FOUND;
    if (unit == NULL)
        unit = tcn_engine_add_unit(engine, &it->id);
    if (unit == NULL)
        return TCN_E_NOMEM;
    if (unit->definitions != engine->definitions)
        it->unit = unit;
    unit->definitions = engine->definitions;
    return 0;
}

static int prepare(tcn_engine *engine, item *it)
{
    int rc = find_unit(engine, it);
    if (rc < 0 || it->unit == NULL || it->new.automation == NULL)
        return rc;
    it->new.unit = it->unit;
    return tcn_redefinition_make(engine, &it->new);
}

int tcn_engine_renewal_prepare(tcn_engine *engine, tcn_renewal *renewal)
{
    if (renewal->engine != engine)
        return TCN_E_STATE;
    if (renewal->next < renewal->count) {
        int rc = prepare(engine, &renewal->items[renewal->next++]);
        if (rc < 0)
            return rc;
    }
    if (renewal->next < renewal->count)
        return 1;
    renewal->phase = READY;
    return 0;
}

bool tcn_renewal_is_ready(const tcn_renewal *renewal, const tcn_engine *engine)
{
    return renewal->engine == engine && renewal->phase == READY;
}

/* ---- the swap ---- */

static void take_out(tcn_engine *engine, tcn_renewal *renewal, tcn_unit *unit)
{
    tcn_table_remove(&engine->units_by_id, &unit->link);
    for (uint32_t i = 0; i < unit->node_count; i++)
        tcn_node_end(engine, unit->nodes[i]);
    renewal->left[renewal->gone_count] = unit->automation;
    renewal->gone[renewal->gone_count++] = unit;
    unit->automation = NULL;
}

static void take_out_absent(tcn_engine *engine, tcn_renewal *renewal)
{
    for (size_t i = 0; i < engine->unit_count; i++) {
        tcn_unit *unit = engine->units[i];
        if (unit->definitions == engine->definitions)
            continue;
        if (tcn_away_is_for(unit))
            tcn_away_leave(engine, unit, engine->clock_us);
        else
            take_out(engine, renewal, unit);
    }
}

/* The new list, with ranks in its order. True: automations that stay changed places. */
static bool rank(tcn_engine *engine, const tcn_renewal *renewal)
{
    bool is_moved = false;
    uint64_t before = 0;
    size_t kept = 0;
    for (size_t i = 0; i < renewal->count; i++) {
        tcn_unit *unit = renewal->items[i].unit;
        if (unit == NULL)
            continue;
        if (unit->absence.is_on) {
            tcn_away_return(engine, unit);
        } else if (unit->automation != NULL) {
            is_moved = is_moved || unit->rank < before;
            before = unit->rank;
        }
        unit->rank = kept;
        engine->units[kept++] = unit;
    }
    engine->unit_count = kept;
    return is_moved;
}

int tcn_engine_renewal_apply(tcn_engine *engine, tcn_renewal *renewal, int64_t now_us)
{
    tcn_save_cancel(engine);
    tcn_ahead_drop(&engine->ahead);
    if (now_us > engine->clock_us)
        tcn_engine_set_clock(engine, now_us);
    take_out_absent(engine, renewal);
    bool is_moved = rank(engine, renewal);
    for (size_t i = 0; i < renewal->count; i++)
        if (renewal->items[i].new.unit != NULL)
            is_moved |= tcn_redefinition_swap(engine, &renewal->items[i].new);
    if (is_moved)
        tcn_engine_reorder_timers(engine);
    renewal->phase = ENDING;
    renewal->next = 0;
    return engine->status;
}

/* ---- after ---- */

void tcn_engine_renewal_abort(tcn_renewal *renewal)
{
    if (renewal->engine == NULL || renewal->phase == ENDING)
        return;
    renewal->phase = ENDING;
    renewal->next = 0;
}

static void dispose_item(tcn_engine *engine, item *it)
{
    tcn_redefinition_end(engine, &it->new);
    if (it->unit != NULL && it->unit->automation == NULL)
        tcn_engine_remove_unit(engine, it->unit); /* it never came to be */
    it->unit = NULL;
}

bool tcn_engine_renewal_dispose(tcn_renewal *renewal)
{
    size_t i = renewal->next++;
    if (renewal->engine == NULL)
        return false;
    if (i < renewal->count)
        dispose_item(renewal->engine, &renewal->items[i]);
    else if (i - renewal->count < renewal->gone_count)
        tcn_engine_free_unit(renewal->engine, renewal->gone[i - renewal->count]);
    if (i + 1 < renewal->count + renewal->gone_count)
        return true;
    renewal->engine->renewal = NULL;
    renewal->engine = NULL;
    return false;
}

void tcn_engine_drop_renewal(tcn_engine *engine)
{
    tcn_renewal *renewal = engine->renewal;
    if (renewal == NULL)
        return;
    tcn_engine_renewal_abort(renewal);
    while (tcn_engine_renewal_dispose(renewal))
        continue;
}

/* ---- in one piece ---- */

static int renew(tcn_engine *engine, tcn_renewal *renewal, int64_t now_us)
{
    int rc = tcn_engine_renewal_begin(engine, renewal);
    if (rc < 0)
        return rc;
    do
        rc = tcn_engine_renewal_prepare(engine, renewal);
    while (rc > 0);
    if (rc == 0)
        rc = tcn_engine_renewal_apply(engine, renewal, now_us);
    tcn_engine_drop_renewal(engine);
    return rc;
}

/* What is the same stays as the engine has it. */
static void set_own(const tcn_engine *engine, tcn_renewal *renewal, size_t i,
                    tcn_automation *automation)
{
    const tcn_automation *old = tcn_engine_automation(engine, &automation->id);
    bool is_same = old != NULL && json_equal(old->document, automation->document);
    tcn_renewal_set_own(renewal, i, &automation->id, is_same ? NULL : automation);
    if (is_same)
        tcn_automation_free(automation);
}

int tcn_engine_define_own(tcn_engine *engine, tcn_automation **automations, size_t count,
                          int64_t now_us)
{
    tcn_renewal *renewal = NULL;
    tcn_engine_drop_renewal(engine);
    int rc = tcn_renewal_new(count, &renewal);
    for (size_t i = 0; i < count; i++) {
        if (rc == 0)
            set_own(engine, renewal, i, automations[i]);
        else
            tcn_automation_free(automations[i]);
    }
    if (rc == 0)
        rc = renew(engine, renewal, now_us);
    tcn_renewal_free(renewal);
    if (rc < 0)
        tcn_engine_fail(engine);
    return rc;
}
