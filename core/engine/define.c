/* SPDX-License-Identifier: Apache-2.0 */
/* define.c - an automation gets another definition. What did not change keeps its state
 * and its place in the match index: an automation whose document is the same stays as it
 * is, a trigger with the same id and definition keeps its node, and with it its buckets
 * or pending child firings. */
#include "core/base/alloc.h"
#include "core/engine/engine_int.h"

static uint32_t hash_id(const tcn_engine *engine, const tcn_uuid *id)
{
    return (uint32_t)tcn_hash(id->bytes, sizeof id->bytes, engine->seed);
}

tcn_unit *tcn_engine_unit(const tcn_engine *engine, const tcn_uuid *id)
{
    tcn_table_link *link = tcn_table_first(&engine->units_by_id, hash_id(engine, id));
    for (; link != NULL; link = tcn_table_next(link)) {
        tcn_unit *unit = tcn_container_of(link, tcn_unit, link);
        if (tcn_uuid_eq(&unit->id, id))
            return unit;
    }
    return NULL;
}

/* ---- nodes ---- */

static void free_node(tcn_engine *engine, tcn_node *node)
{
    if (node == NULL)
        return;
    tcn_index_remove(&engine->index, node);
    tcn_node_drop_buckets(engine, node);
    tcn_composite_drop(node);
    tcn_pool_free(&engine->pool, node, node->size);
}

void tcn_node_end(tcn_engine *engine, tcn_node *node)
{
    node->is_asleep = true;
    tcn_node_drop_buckets(engine, node);
    tcn_composite_drop(node);
}

static uint32_t count_triggers(const tcn_trigger *trigger)
{
    uint32_t count = 1;
    for (uint32_t i = 0; i < trigger->child_count; i++)
        count += count_triggers(trigger->children[i]);
    return count;
}

/* The unit's node of the trigger at the same path, which mostly has the same ordinal, or
 * NULL. */
static tcn_node *node_at_path(const tcn_unit *unit, const tcn_trigger *trigger)
{
    uint32_t i = trigger->ordinal;
    if (i < unit->node_count && tcn_uuid_eq(&unit->nodes[i]->trigger->id, &trigger->id))
        return unit->nodes[i];
    for (i = 0; i < unit->node_count; i++)
        if (tcn_uuid_eq(&unit->nodes[i]->trigger->id, &trigger->id))
            return unit->nodes[i];
    return NULL;
}

/* What the parser made of both tells many that differ, for less than their documents. */
static bool is_same(const tcn_trigger *a, const tcn_trigger *b)
{
    return a->type == b->type && a->within_us == b->within_us &&
           a->threshold == b->threshold && a->posture == b->posture &&
           a->child_count == b->child_count && json_equal(a->document, b->document);
}

/* The unit's node of the same trigger, or NULL. */
static tcn_node *same_node(const tcn_unit *unit, const tcn_trigger *trigger)
{
    tcn_node *node = node_at_path(unit, trigger);
    return node != NULL && is_same(node->trigger, trigger) ? node : NULL;
}

/* Proactive triggers that ask for less than one event never fire: they need no buckets at
 * all. */
static bool can_fire(const tcn_trigger *t)
{
    return t->type == TCN_TRIGGER_EVENT &&
           (t->posture == TCN_REACTIVE || t->threshold > 0);
}

static void take_definition(tcn_node *node, tcn_unit *unit, const tcn_trigger *trigger)
{
    node->unit = unit;
    node->trigger = trigger;
    node->ordinal = trigger->ordinal;
    node->within_us = trigger->within_us;
    node->threshold = trigger->threshold;
    node->has_window = trigger->within_us != 0;
    node->is_reactive = trigger->posture == TCN_REACTIVE;
    node->has_after = trigger->after.count > 0;
}

/* With the matcher behind it. */
static tcn_node *alloc_node(tcn_engine *engine, const tcn_trigger *trigger)
{
    tcn_buf *matcher = &engine->text;
    tcn_buf_reset(matcher);
    if (can_fire(trigger) && tcn_matcher_write(trigger, matcher) < 0)
        return NULL;
    size_t size = sizeof(tcn_node) + matcher->len;
    tcn_node *node = tcn_pool_alloc(&engine->pool, size);
    if (node == NULL)
        return NULL;
    *node =
        (tcn_node){.size = (uint32_t)size,
                   .has_own_bucket = can_fire(trigger) && trigger->for_each_count == 0};
    if (matcher->len > 0)
        memcpy(tcn_node_matcher(node), matcher->ptr, matcher->len);
    return node;
}

/* In the index already, but asleep. */
static tcn_node *new_node(tcn_engine *engine, tcn_unit *unit, const tcn_trigger *trigger)
{
    tcn_node *node = alloc_node(engine, trigger);
    if (node == NULL)
        return NULL;
    take_definition(node, unit, trigger);
    node->is_asleep = true;
    if (can_fire(trigger) && tcn_index_add(&engine->index, node) < 0) {
        tcn_pool_free(&engine->pool, node, node->size);
        return NULL;
    }
    return node;
}

/* ---- another definition ---- */

/* The nodes of a tree of triggers, each at its ordinal. */
static int make_nodes(tcn_engine *engine, tcn_redefinition *new,
                      const tcn_trigger *trigger)
{
    tcn_node *node = same_node(new->unit, trigger);
    if (node == NULL)
        node = new_node(engine, new->unit, trigger);
    if (node == NULL)
        return TCN_E_NOMEM;
    new->nodes[trigger->ordinal] = node;
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < trigger->child_count; i++)
        rc = make_nodes(engine, new, trigger->children[i]);
    return rc;
}

int tcn_redefinition_make(tcn_engine *engine, tcn_redefinition *new)
{
    if (!new->automation->is_enabled)
        return 0;
    uint32_t count = count_triggers(new->automation->trigger);
    new->nodes = tcn_alloc_array(count, sizeof(tcn_node *));
    if (new->nodes == NULL)
        return TCN_E_NOMEM;
    new->node_count = count;
    return make_nodes(engine, new, new->automation->trigger);
}

/* It goes on with what it kept while it was away. */
static void rouse(tcn_engine *engine, tcn_node *node)
{
    if (tcn_node_bucket_count(node) > 0)
        tcn_node_return_timers(engine, node);
    else if (tcn_node_is_standing(node))
        tcn_node_stand(engine, node);
}

/* True: a node that stays has another place now. */
static bool wake(tcn_engine *engine, tcn_unit *unit, const tcn_trigger *trigger,
                 tcn_node *parent)
{
    tcn_node *node = unit->nodes[trigger->ordinal];
    bool is_new = node->is_asleep;
    bool is_moved = !is_new && node->ordinal != trigger->ordinal;
    node->is_asleep = false;
    take_definition(node, unit, trigger);
    node->parent = parent;
    if (is_new)
        rouse(engine, node);
    for (uint32_t i = 0; i < trigger->child_count; i++)
        is_moved |= wake(engine, unit, trigger->children[i], node);
    return is_moved;
}

/* The unit has it. */
static bool is_node_of(const tcn_unit *unit, const tcn_node *node)
{
    return node->ordinal < unit->node_count && unit->nodes[node->ordinal] == node;
}

/* Of the old nodes those that stay are among the new ones. */
static void end_olds(tcn_engine *engine, tcn_redefinition *old)
{
    for (uint32_t i = 0; i < old->node_count; i++) {
        tcn_node *node = old->nodes[i];
        if (is_node_of(old->unit, node))
            old->nodes[i] = NULL;
        else
            tcn_node_end(engine, node);
    }
}

bool tcn_redefinition_swap(tcn_engine *engine, tcn_redefinition *new)
{
    bool is_moved = false;
    tcn_unit *unit = new->unit;
    tcn_redefinition old = {unit, unit->automation, unit->nodes, unit->node_count};
    unit->automation = new->automation;
    unit->nodes = new->nodes;
    unit->node_count = new->node_count;
    *new = old;
    engine->is_defining = true;
    if (unit->node_count > 0)
        is_moved = wake(engine, unit, unit->automation->trigger, NULL);
    engine->is_defining = false;
    end_olds(engine, new);
    return is_moved;
}

void tcn_engine_reorder_timers(tcn_engine *engine)
{
    tcn_timers_reorder(&engine->timers);
    tcn_timers_reorder(&engine->stale);
}

void tcn_redefinition_end(tcn_engine *engine, tcn_redefinition *old)
{
    for (uint32_t i = 0; i < old->node_count; i++)
        if (old->nodes[i] != NULL && !is_node_of(old->unit, old->nodes[i]))
            free_node(engine, old->nodes[i]);
    tcn_free(old->nodes);
    old->nodes = NULL;
    old->node_count = 0;
}

/* ---- units ---- */

void tcn_engine_free_unit(tcn_engine *engine, tcn_unit *unit)
{
    tcn_ahead_drop(&engine->ahead);
    for (uint32_t i = 0; i < unit->node_count; i++)
        free_node(engine, unit->nodes[i]);
    tcn_free(unit->nodes);
    tcn_automation_free(unit->automation);
    tcn_free(unit);
}

tcn_unit *tcn_engine_add_unit(tcn_engine *engine, const tcn_uuid *id)
{
    tcn_unit *unit = tcn_alloc_zero(sizeof *unit);
    if (unit == NULL)
        return NULL;
    unit->id = *id;
    unit->minute = INT64_MIN;
    unit->notice_minute = INT64_MIN;
    unit->save_mark = engine->save.round;
    if (tcn_table_add(&engine->units_by_id, &unit->link, hash_id(engine, id)) < 0) {
        tcn_free(unit);
        return NULL;
    }
    return unit;
}

void tcn_engine_remove_unit(tcn_engine *engine, tcn_unit *unit)
{
    tcn_table_remove(&engine->units_by_id, &unit->link);
    tcn_engine_free_unit(engine, unit);
}

void tcn_engine_drop_units(tcn_engine *engine)
{
    tcn_table_link *link = tcn_table_take(&engine->units_by_id);
    while (link != NULL) {
        tcn_unit *unit = tcn_container_of(link, tcn_unit, link);
        link = link->next;
        tcn_engine_free_unit(engine, unit);
    }
    tcn_table_deinit(&engine->units_by_id);
    tcn_free(engine->units);
    engine->units = NULL;
    engine->unit_count = 0;
    engine->unit_capacity = 0;
}

/* ---- one automation ---- */

static bool is_in_force(const tcn_unit *unit)
{
    return unit != NULL && unit->automation != NULL && !unit->absence.is_on;
}

/* *unit: one that is away, or NULL; then it is a new one. */
static int append_unit(tcn_engine *engine, const tcn_uuid *id, tcn_unit **unit)
{
    int rc = tcn_grow((void **)&engine->units, &engine->unit_capacity,
                      engine->unit_count + 1, sizeof(tcn_unit *));
    if (rc == 0 && *unit == NULL)
        *unit = tcn_engine_add_unit(engine, id);
    else if (rc == 0)
        tcn_away_return(engine, *unit);
    if (rc < 0 || *unit == NULL)
        return TCN_E_NOMEM;
    (*unit)->rank =
        engine->unit_count > 0 ? engine->units[engine->unit_count - 1]->rank + 1 : 0;
    engine->units[engine->unit_count++] = *unit;
    return 0;
}

static int redefine(tcn_engine *engine, tcn_redefinition *new)
{
    tcn_ahead_drop(&engine->ahead);
    int rc = tcn_redefinition_make(engine, new);
    if (rc == 0 && tcn_redefinition_swap(engine, new))
        tcn_engine_reorder_timers(engine);
    tcn_redefinition_end(engine, new);
    return rc;
}

int tcn_engine_put_own(tcn_engine *engine, tcn_automation *automation, int64_t now_us)
{
    tcn_redefinition new = {.automation = automation};
    tcn_engine_drop_renewal(engine);
    tcn_save_cancel(engine);
    if (now_us > engine->clock_us)
        tcn_engine_set_clock(engine, now_us);
    new.unit = tcn_engine_unit(engine, &automation->id);
    bool was_in_force = is_in_force(new.unit);
    bool is_same =
        was_in_force && json_equal(new.unit->automation->document, automation->document);
    int rc = 0;
    if (!was_in_force)
        rc = append_unit(engine, &automation->id, &new.unit);
    if (rc == 0 && !is_same)
        rc = redefine(engine, &new);
    tcn_automation_free(new.automation);
    if (rc < 0)
        tcn_engine_fail(engine);
    return rc < 0 ? rc : engine->status;
}

/* Place of a unit in the list, which is ordered by rank. */
static size_t place_of(const tcn_engine *engine, const tcn_unit *unit)
{
    size_t low = 0;
    size_t high = engine->unit_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (engine->units[middle]->rank < unit->rank)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool tcn_engine_remove(tcn_engine *engine, const tcn_uuid *id, enum tcn_remover by,
                       int64_t now_us)
{
    tcn_engine_drop_renewal(engine);
    tcn_unit *unit = tcn_engine_unit(engine, id);
    if (!is_in_force(unit))
        return false;
    tcn_save_cancel(engine);
    tcn_ahead_drop(&engine->ahead);
    if (now_us > engine->clock_us)
        tcn_engine_set_clock(engine, now_us);
    size_t place = place_of(engine, unit);
    engine->unit_count--;
    memmove(engine->units + place, engine->units + place + 1,
            (engine->unit_count - place) * sizeof(tcn_unit *));
    if (by == TCN_REMOVED_BY_OWNER && tcn_away_is_for(unit))
        tcn_away_leave(engine, unit, engine->clock_us);
    else
        tcn_engine_remove_unit(engine, unit);
    return true;
}

/* ---- looking ---- */

const tcn_automation *tcn_engine_automation(const tcn_engine *engine, const tcn_uuid *id)
{
    const tcn_unit *unit = tcn_engine_unit(engine, id);
    return is_in_force(unit) ? unit->automation : NULL;
}

size_t tcn_engine_automation_count(const tcn_engine *engine)
{
    return engine->unit_count;
}

const tcn_automation *tcn_engine_automation_at(const tcn_engine *engine, size_t i)
{
    return engine->units[i]->automation;
}
