/* SPDX-License-Identifier: Apache-2.0 */
/* state_read_unit.c - automations of a saved state, with what they remember. */
#include "core/engine/state_read_int.h"

#define FIRING_DEPTH 64
#define RANK_MAX     (UINT64_C(1) << 60) /* of those in force */

/* ---- child firings ---- */

static int read_firing_into(tcn_state_source *in, uint32_t depth, tcn_firing *firing)
{
    firing->id = tcn_state_read_uuid(in);
    firing->trigger_id = tcn_state_read_uuid(in);
    firing->triggered_at_us = tcn_state_read_time(in);
    firing->due_at_us = tcn_state_read_time(in);
    firing->depth = tcn_state_read_depth(in);
    firing->has_event = tcn_state_read_ref(in, &firing->event_ref);
    int rc = tcn_state_read_labels(in, &firing->labels, &firing->label_count);
    if (rc < 0)
        return rc;
    uint32_t count = tcn_state_read_count(in, 60);
    if (count > 0 && depth == FIRING_DEPTH)
        return tcn_state_corrupt(in, "firings too deep");
    firing->children =
        tcn_arena_alloc(&in->engine->arena, (count + 1) * sizeof(tcn_firing *));
    if (firing->children == NULL)
        return tcn_state_no_memory(in);
    for (; rc == 0 && firing->child_count < count; firing->child_count++) {
        tcn_firing *child = tcn_arena_zero(&in->engine->arena, sizeof *child);
        if (child == NULL)
            return tcn_state_no_memory(in);
        firing->children[firing->child_count] = child;
        rc = read_firing_into(in, depth + 1, child);
    }
    return rc == 0 && in->reader.failed ? tcn_state_corrupt(in, "firing") : rc;
}

static void set_automation(tcn_firing *firing, const tcn_uuid *id)
{
    firing->automation_id = *id;
    for (uint32_t i = 0; i < firing->child_count; i++)
        set_automation(firing->children[i], id);
}

static bool is_pending(const tcn_node *node, uint32_t child)
{
    for (size_t i = 0; i < node->pending_count; i++) {
        if (node->pending[i].child == child)
            return true;
    }
    return false;
}

static int read_pending(tcn_state_source *in, tcn_node *node)
{
    uint32_t child = tcn_reader_u32(&in->reader);
    uint64_t turn = tcn_reader_u64(&in->reader);
    if (child >= node->trigger->child_count || is_pending(node, child))
        return tcn_state_corrupt(in, "child firing");
    tcn_firing firing = {0};
    int rc = read_firing_into(in, 0, &firing);
    if (rc < 0)
        return rc;
    set_automation(&firing, &node->unit->id);
    rc = tcn_composite_keep(in->engine, node, child, turn, &firing);
    tcn_arena_reset(&in->engine->arena, STEP_ARENA_KEPT);
    return rc < 0 ? tcn_state_no_memory(in) : 0;
}

static int read_node(tcn_state_source *in, const tcn_unit *unit)
{
    uint32_t ordinal = tcn_reader_u32(&in->reader);
    uint32_t count = tcn_state_read_count(in, 68);
    if (ordinal >= unit->node_count || unit->nodes[ordinal]->pending_count > 0)
        return tcn_state_corrupt(in, "trigger of child firings");
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < count; i++)
        rc = read_pending(in, unit->nodes[ordinal]);
    return rc;
}

int tcn_state_read_fired(tcn_state_source *in)
{
    tcn_unit *unit = tcn_state_read_rank(in);
    if (unit == NULL)
        return tcn_state_corrupt(in, "automation of firings");
    if (unit->save_mark == TCN_SAVE_CLEAN) { /* by a later layer */
        in->reader.pos = in->reader.len;
        return 0;
    }
    unit->save_mark = TCN_SAVE_CLEAN;
    unit->minute = tcn_state_read_time_or_never(in);
    unit->fired = tcn_reader_u32(&in->reader);
    unit->notice_minute = tcn_state_read_time_or_never(in);
    int rc = 0;
    while (rc == 0 && !in->reader.failed && !tcn_reader_at_end(&in->reader))
        rc = read_node(in, unit);
    return rc;
}

/* ---- automations ---- */

static int parse_automation(tcn_state_source *in, tcn_str text, tcn_automation **ret)
{
    json_error_t error;
    json_t *document = json_loadb(text.ptr, text.len, JSON_ALLOW_NUL, &error);
    tcn_problems problems;
    tcn_problems_init(&problems);
    int rc = TCN_E_CORRUPT;
    if (document != NULL)
        rc = tcn_automation_parse(document, NULL, &tcn_automation_limits_kept, ret,
                                  &problems);
    json_decref(document);
    tcn_problems_deinit(&problems);
    if (rc == TCN_E_NOMEM)
        return tcn_state_no_memory(in);
    return rc < 0 ? tcn_state_corrupt(in, "automation") : 0;
}

static bool is_place(const tcn_engine *engine, uint64_t rank)
{
    size_t count = engine->unit_count;
    return count == 0 || engine->units[count - 1]->rank < rank;
}

static int put_unit(tcn_state_source *in, tcn_automation *automation, uint64_t rank)
{
    tcn_engine *engine = in->engine;
    tcn_uuid id = automation->id;
    size_t count = engine->unit_count;
    if (tcn_engine_unit(engine, &id) != NULL || !is_place(engine, rank)) {
        tcn_automation_free(automation);
        return tcn_state_corrupt(in, "place of an automation");
    }
    if (tcn_engine_put_own(engine, automation, engine->clock_us) < 0)
        return tcn_state_no_memory(in);
    tcn_unit *unit = engine->units[count];
    unit->rank = rank;
    /* Its buckets are among the records, also those that are always there. */
    for (uint32_t i = 0; i < unit->node_count; i++)
        tcn_node_drop_buckets(engine, unit->nodes[i]);
    return 0;
}

/* The rest of the record; behind it the unit is the last one. */
static int read_document(tcn_state_source *in, uint64_t rank)
{
    tcn_str text = tcn_reader_field(&in->reader);
    tcn_automation *automation = NULL;
    int rc = in->reader.failed ? tcn_state_corrupt(in, "automation")
                               : parse_automation(in, text, &automation);
    return rc < 0 ? rc : put_unit(in, automation, rank);
}

int tcn_state_read_unit(tcn_state_source *in)
{
    uint64_t rank = tcn_reader_u64(&in->reader);
    return rank > RANK_MAX ? tcn_state_corrupt(in, "place of an automation")
                           : read_document(in, rank);
}

int tcn_state_read_away(tcn_state_source *in)
{
    tcn_engine *engine = in->engine;
    uint64_t rank = tcn_reader_u64(&in->reader);
    int64_t left_us = tcn_state_read_time(in);
    if (rank < TCN_RANK_AWAY || rank > 2 * TCN_RANK_AWAY || left_us > engine->clock_us)
        return tcn_state_corrupt(in, "place of an automation");
    int rc = read_document(in, rank);
    if (rc < 0)
        return rc;
    tcn_unit *const *last = &engine->units[engine->unit_count - 1];
    bool is_in_order = in->leaving == 0 || last[-1]->absence.left_us <= left_us;
    if (!is_in_order || !tcn_away_is_for(*last))
        return tcn_state_corrupt(in, "automation that is away");
    (*last)->absence.left_us = left_us;
    in->leaving++;
    return 0;
}

void tcn_state_put_away(tcn_state_source *in)
{
    tcn_engine *engine = in->engine;
    engine->unit_count -= in->leaving;
    for (size_t i = 0; i < in->leaving; i++) {
        tcn_unit *unit = engine->units[engine->unit_count + i];
        tcn_away_leave(engine, unit, unit->absence.left_us);
    }
    tcn_away_pass(engine);
}
