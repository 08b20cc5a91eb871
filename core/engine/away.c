/* SPDX-License-Identifier: Apache-2.0 */
/* away.c - see away.h. The list has those first whose time is over. A renewal under way
 * may have taken triggers of one of these over, and a round of saving may have to write
 * it as it was: until then it is not freed. */
#include "core/engine/away.h"

#include "core/engine/engine_int.h"

#define KEPT_US       TCN_MINUTE_US
#define FREED_AT_ONCE 5000 /* buckets: about a millisecond */
#define FREED_UNIT    80   /* what a unit costs, in buckets */

void tcn_away_init(tcn_away *away)
{
    tcn_list_init(&away->units);
    away->kept = &away->units;
    away->until_us = INT64_MAX;
}

static tcn_unit *unit_at(tcn_list *link)
{
    return tcn_container_of(link, tcn_unit, absence.link);
}

static void set_until(tcn_away *away)
{
    bool has_kept = away->kept != &away->units;
    away->until_us =
        has_kept ? unit_at(away->kept)->absence.left_us + KEPT_US : INT64_MAX;
}

bool tcn_away_is_for(const tcn_unit *unit)
{
    return unit->automation->owner != NULL && unit->node_count > 0;
}

void tcn_away_leave(tcn_engine *engine, tcn_unit *unit, int64_t left_us)
{
    tcn_away *away = &engine->away;
    tcn_absence *absence = &unit->absence;
    *absence = (tcn_absence){.left_us = left_us, .is_on = true};
    for (uint32_t i = 0; i < unit->node_count; i++) {
        unit->nodes[i]->is_asleep = true;
        tcn_node_leave_timers(engine, unit->nodes[i]);
        absence->buckets += tcn_node_bucket_count(unit->nodes[i]);
    }
    unit->rank = TCN_RANK_AWAY + away->sequence++; /* the timers needed the old one */
    tcn_list_append(&away->units, &absence->link);
    if (away->kept == &away->units)
        away->kept = &absence->link;
    away->count++;
    set_until(away);
}

/* Who frees buckets counts them off: those that count no more, too. */
static void count_again(tcn_engine *engine, const tcn_unit *unit)
{
    engine->bucket_count += unit->absence.buckets;
}

static void end_nodes(tcn_engine *engine, tcn_unit *unit)
{
    count_again(engine, unit);
    for (uint32_t i = 0; i < unit->node_count; i++)
        tcn_node_end(engine, unit->nodes[i]);
}

void tcn_away_return(tcn_engine *engine, tcn_unit *unit)
{
    tcn_away *away = &engine->away;
    if (away->kept == &unit->absence.link)
        away->kept = unit->absence.link.next;
    tcn_list_remove(&unit->absence.link);
    if (unit->absence.is_over)
        end_nodes(engine, unit);
    else
        away->count--;
    unit->absence.is_on = false;
    set_until(away);
}

void tcn_away_pass(tcn_engine *engine)
{
    tcn_away *away = &engine->away;
    while (engine->clock_us > away->until_us) {
        tcn_unit *unit = unit_at(away->kept);
        unit->absence.is_over = true;
        engine->bucket_count -= unit->absence.buckets;
        away->kept = away->kept->next;
        away->count--;
        set_until(away);
    }
}

static bool is_needed(const tcn_engine *engine, const tcn_unit *unit)
{
    bool is_renewed = engine->renewal != NULL && unit->definitions == engine->definitions;
    return is_renewed || (engine->save.is_on && engine->save.is_whole);
}

/* The first one's time is over, and it may be freed. */
static bool has_gone(const tcn_engine *engine)
{
    const tcn_away *away = &engine->away;
    return away->units.next != away->kept &&
           !is_needed(engine, unit_at(away->units.next));
}

bool tcn_engine_has_leftovers(const tcn_engine *engine)
{
    return engine->leftovers.count > 0 || has_gone(engine);
}

static void free_first(tcn_engine *engine)
{
    tcn_unit *unit = unit_at(engine->away.units.next);
    count_again(engine, unit);
    tcn_list_remove(&unit->absence.link);
    tcn_engine_remove_unit(engine, unit);
}

void tcn_away_free_some(tcn_engine *engine)
{
    uint32_t freed = 0;
    while (freed < FREED_AT_ONCE && tcn_engine_has_leftovers(engine)) {
        freed += tcn_leftovers_free(&engine->leftovers, FREED_AT_ONCE - freed);
        if (engine->leftovers.count == 0 && has_gone(engine)) {
            free_first(engine);
            freed += FREED_UNIT;
        }
    }
}
