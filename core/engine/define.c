/* SPDX-License-Identifier: Apache-2.0 */
/* define.c - which automations are in force. What did not change keeps its state and its
 * place in the match index: an automation whose document is the same stays as it is, a
 * trigger with the same id and definition keeps its node, and with it its buckets or
 * pending child firings. */
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
    tcn_free(node);
}

static void free_nodes(tcn_engine *engine, tcn_unit *unit)
{
    for (uint32_t i = 0; i < unit->node_count; i++)
        free_node(engine, unit->nodes[i]);
    tcn_free(unit->nodes);
    unit->nodes = NULL;
    unit->node_count = 0;
}

static uint32_t count_triggers(const tcn_trigger *trigger)
{
    uint32_t count = 1;
    for (uint32_t i = 0; i < trigger->child_count; i++)
        count += count_triggers(trigger->children[i]);
    return count;
}

/* Takes the node of the same trigger out of unit, or returns NULL. */
static tcn_node *take_node(tcn_unit *unit, const tcn_trigger *trigger)
{
    for (uint32_t i = 0; unit != NULL && i < unit->node_count; i++) {
        tcn_node *node = unit->nodes[i];
        if (node == NULL || !tcn_uuid_eq(&node->trigger->id, &trigger->id) ||
            !json_equal(node->trigger->document, trigger->document))
            continue;
        unit->nodes[i] = NULL;
        return node;
    }
    return NULL;
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
    node->for_each_count = trigger->for_each_count;
    node->is_reactive = trigger->posture == TCN_REACTIVE;
    node->has_after = trigger->after.count > 0;
}

/* With room for the matcher, which is written there. */
static tcn_node *alloc_node(tcn_engine *engine, const tcn_trigger *trigger)
{
    tcn_buf *matcher = &engine->text;
    tcn_buf_reset(matcher);
    if (can_fire(trigger) && tcn_matcher_write(trigger, matcher) < 0)
        return NULL;
    tcn_node *node = tcn_alloc(sizeof *node + matcher->len);
    if (node == NULL)
        return NULL;
    *node = (tcn_node){.parent = NULL};
    if (matcher->len > 0)
        memcpy(tcn_node_matcher(node), matcher->ptr, matcher->len);
    return node;
}

static tcn_node *new_node(tcn_engine *engine, tcn_unit *unit, const tcn_trigger *trigger)
{
    tcn_node *node = alloc_node(engine, trigger);
    if (node == NULL)
        return NULL;
    take_definition(node, unit, trigger);
    if (can_fire(trigger) && tcn_index_add(&engine->index, node) < 0) {
        tcn_free(node);
        return NULL;
    }
    if (tcn_node_is_standing(node))
        tcn_node_stand(engine, node);
    return node;
}

/* The nodes of a tree of triggers, each at its ordinal; those of old that did not change
 * move over. */
static int make_nodes(tcn_engine *engine, tcn_unit *unit, tcn_unit *old,
                      const tcn_trigger *trigger, tcn_node *parent)
{
    tcn_node *node = take_node(old, trigger);
    if (node != NULL)
        take_definition(node, unit, trigger);
    else
        node = new_node(engine, unit, trigger);
    if (node == NULL)
        return TCN_E_NOMEM;
    node->parent = parent;
    unit->nodes[trigger->ordinal] = node;
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < trigger->child_count; i++)
        rc = make_nodes(engine, unit, old, trigger->children[i], node);
    return rc;
}

/* ---- units ---- */

static void free_unit(tcn_engine *engine, tcn_unit *unit)
{
    tcn_ahead_drop(&engine->ahead);
    free_nodes(engine, unit);
    tcn_automation_free(unit->automation);
    tcn_free(unit);
}

/* Gives the unit the definition at *place, which is not the one it has, and leaves the
 * old one, or NULL, there, also on failure. The old nodes that are still right move over,
 * the others end. */
static int redefine(tcn_engine *engine, tcn_unit *unit, tcn_automation **place)
{
    tcn_automation *automation = *place;
    tcn_ahead_drop(&engine->ahead);
    tcn_unit old = {.nodes = unit->nodes, .node_count = unit->node_count};
    int rc = 0;
    *place = unit->automation;
    unit->automation = automation;
    unit->nodes = NULL;
    unit->node_count = 0;
    if (automation->is_enabled) {
        uint32_t count = count_triggers(automation->trigger);
        unit->nodes = tcn_alloc_array(count, sizeof(tcn_node *));
        rc = unit->nodes != NULL ? 0 : TCN_E_NOMEM;
        unit->node_count = rc == 0 ? count : 0;
        if (rc == 0)
            rc = make_nodes(engine, unit, &old, automation->trigger, NULL);
    }
    free_nodes(engine, &old);
    return rc;
}

/* A unit without a definition yet; NULL when out of memory. */
static tcn_unit *add_unit(tcn_engine *engine, const tcn_uuid *id)
{
    tcn_unit *unit = tcn_alloc_zero(sizeof *unit);
    if (unit == NULL)
        return NULL;
    unit->id = *id;
    unit->minute = INT64_MIN;
    unit->notice_minute = INT64_MIN;
    if (tcn_table_add(&engine->units_by_id, &unit->link, hash_id(engine, id)) < 0) {
        tcn_free(unit);
        return NULL;
    }
    return unit;
}

static void remove_unit(tcn_engine *engine, tcn_unit *unit)
{
    tcn_table_remove(&engine->units_by_id, &unit->link);
    free_unit(engine, unit);
}

void tcn_engine_drop_units(tcn_engine *engine)
{
    tcn_table_link *link = tcn_table_take(&engine->units_by_id);
    while (link != NULL) {
        tcn_unit *unit = tcn_container_of(link, tcn_unit, link);
        link = link->next;
        free_unit(engine, unit);
    }
    tcn_table_deinit(&engine->units_by_id);
    tcn_free(engine->units);
    engine->units = NULL;
    engine->unit_count = 0;
    engine->unit_capacity = 0;
}

/* ---- the whole set ---- */

/* Finds or adds the unit of each automation; one that is there twice stands at its first
 * place, where the second gets no unit. */
static int resolve(tcn_engine *engine, tcn_automation **automations, size_t count,
                   tcn_unit **units)
{
    engine->definitions++;
    for (size_t i = 0; i < count; i++) {
        units[i] = tcn_engine_unit(engine, &automations[i]->id);
        if (units[i] == NULL)
            units[i] = add_unit(engine, &automations[i]->id);
        if (units[i] == NULL)
            return TCN_E_NOMEM;
        if (units[i]->definitions == engine->definitions)
            units[i] = NULL;
        else
            units[i]->definitions = engine->definitions;
    }
    return 0;
}

static void drop_absent(tcn_engine *engine)
{
    for (size_t i = 0; i < engine->unit_count; i++) {
        if (engine->units[i]->definitions != engine->definitions)
            remove_unit(engine, engine->units[i]);
    }
}

/* The new list, with ranks in its order. Timers of one instant stand in the order of
 * automations, so they are put in order again when those that stay changed places. */
static void rank(tcn_engine *engine, tcn_unit **units, size_t count)
{
    bool is_moved = false;
    uint64_t before = 0;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (units[i] == NULL)
            continue;
        if (units[i]->automation != NULL) {
            is_moved = is_moved || units[i]->rank < before;
            before = units[i]->rank;
        }
        units[i]->rank = kept;
        engine->units[kept++] = units[i];
    }
    engine->unit_count = kept;
    if (is_moved) {
        tcn_timers_reorder(&engine->timers);
        tcn_timers_reorder(&engine->stale);
    }
}

/* What is not needed, the given one or the old one, is left at *place. */
static int set_definition(tcn_engine *engine, tcn_unit *unit, tcn_automation **place)
{
    bool is_same =
        unit == NULL || (unit->automation != NULL &&
                         json_equal(unit->automation->document, (*place)->document));
    return is_same ? 0 : redefine(engine, unit, place);
}

static int define(tcn_engine *engine, tcn_automation **automations, size_t count,
                  tcn_unit **units)
{
    int rc = tcn_grow((void **)&engine->units, &engine->unit_capacity, count,
                      sizeof(tcn_unit *));
    if (rc == 0)
        rc = resolve(engine, automations, count, units);
    if (rc < 0)
        return rc;
    drop_absent(engine);
    rank(engine, units, count);
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = set_definition(engine, units[i], &automations[i]);
    return rc < 0 ? rc : engine->status;
}

int tcn_engine_define_exchange(tcn_engine *engine, tcn_automation **automations,
                               size_t count, int64_t now_us)
{
    tcn_save_cancel(engine);
    if (now_us > engine->clock_us)
        engine->clock_us = now_us;
    tcn_unit **units = tcn_alloc_array(count + 1, sizeof(tcn_unit *));
    int rc = TCN_E_NOMEM;
    if (units != NULL)
        rc = define(engine, automations, count, units);
    tcn_free(units);
    if (rc < 0)
        tcn_engine_fail(engine);
    return rc;
}

int tcn_engine_define_own(tcn_engine *engine, tcn_automation **automations, size_t count,
                          int64_t now_us)
{
    int rc = tcn_engine_define_exchange(engine, automations, count, now_us);
    for (size_t i = 0; i < count; i++)
        tcn_automation_free(automations[i]);
    return rc;
}

/* ---- one automation ---- */

int tcn_engine_put_own(tcn_engine *engine, tcn_automation *automation, int64_t now_us)
{
    tcn_save_cancel(engine);
    if (now_us > engine->clock_us)
        engine->clock_us = now_us;
    tcn_unit *unit = tcn_engine_unit(engine, &automation->id);
    int rc = 0;
    if (unit == NULL) {
        rc = tcn_grow((void **)&engine->units, &engine->unit_capacity,
                      engine->unit_count + 1, sizeof(tcn_unit *));
        unit = rc == 0 ? add_unit(engine, &automation->id) : NULL;
        if (unit == NULL) {
            tcn_automation_free(automation);
            return TCN_E_NOMEM;
        }
        unit->rank =
            engine->unit_count > 0 ? engine->units[engine->unit_count - 1]->rank + 1 : 0;
        engine->units[engine->unit_count++] = unit;
    }
    rc = set_definition(engine, unit, &automation);
    tcn_automation_free(automation);
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

bool tcn_engine_remove(tcn_engine *engine, const tcn_uuid *id)
{
    tcn_unit *unit = tcn_engine_unit(engine, id);
    if (unit == NULL)
        return false;
    tcn_save_cancel(engine);
    size_t place = place_of(engine, unit);
    engine->unit_count--;
    memmove(engine->units + place, engine->units + place + 1,
            (engine->unit_count - place) * sizeof(tcn_unit *));
    remove_unit(engine, unit);
    return true;
}

/* ---- looking ---- */

const tcn_automation *tcn_engine_automation(const tcn_engine *engine, const tcn_uuid *id)
{
    const tcn_unit *unit = tcn_engine_unit(engine, id);
    return unit != NULL ? unit->automation : NULL;
}

size_t tcn_engine_automation_count(const tcn_engine *engine)
{
    return engine->unit_count;
}

const tcn_automation *tcn_engine_automation_at(const tcn_engine *engine, size_t i)
{
    return engine->units[i]->automation;
}
