/* SPDX-License-Identifier: Apache-2.0 */
/* composite.c - compound and sequence triggers: the newest firing of each child, until
 * there are enough. A composite that needs one firing only keeps nothing. */
#include "core/base/alloc.h"
#include "core/engine/engine_int.h"

/* ---- firings on the heap ---- */

void tcn_firing_free(tcn_firing *kept)
{
    if (kept == NULL)
        return;
    for (uint32_t i = 0; i < kept->child_count; i++)
        tcn_firing_free(kept->children[i]);
    tcn_free(kept->children);
    tcn_free(kept->labels);
    tcn_free(kept);
}

static size_t labels_size(const tcn_firing *firing)
{
    size_t size = firing->label_count * sizeof *firing->labels;
    for (uint32_t i = 0; i < firing->label_count; i++)
        size += firing->labels[i].key.len + firing->labels[i].value.len;
    return size;
}

static tcn_str put_text(char **at, tcn_str text)
{
    tcn_str copy = tcn_str_of(*at, text.len);
    if (text.len > 0)
        memcpy(*at, text.ptr, text.len);
    *at += text.len;
    return copy;
}

/* The labels with their text, in one block of labels_size bytes. */
static tcn_label *put_labels(void *block, const tcn_firing *firing)
{
    tcn_label *labels = block;
    char *at = (char *)(labels + firing->label_count);
    for (uint32_t i = 0; i < firing->label_count; i++) {
        labels[i].key = put_text(&at, firing->labels[i].key);
        labels[i].value = put_text(&at, firing->labels[i].value);
    }
    return labels;
}

tcn_firing *tcn_firing_keep(const tcn_firing *firing)
{
    tcn_firing *copy = tcn_alloc(sizeof *copy);
    if (copy == NULL)
        return NULL;
    *copy = *firing;
    copy->automation = NULL;
    copy->emitted = NULL;
    copy->labels = NULL;
    copy->children = NULL;
    copy->child_count = 0;
    if (firing->label_count > 0) {
        void *block = tcn_alloc(labels_size(firing));
        if (block == NULL)
            goto fail;
        copy->labels = put_labels(block, firing);
    }
    if (firing->child_count > 0)
        copy->children = tcn_alloc_array(firing->child_count, sizeof(tcn_firing *));
    if (firing->child_count > 0 && copy->children == NULL)
        goto fail;
    for (; copy->child_count < firing->child_count; copy->child_count++) {
        tcn_firing *child = tcn_firing_keep(firing->children[copy->child_count]);
        if (child == NULL)
            goto fail;
        copy->children[copy->child_count] = child;
    }
    return copy;

fail:
    tcn_firing_free(copy);
    return NULL;
}

static tcn_firing *bring(tcn_arena *arena, const tcn_automation *automation,
                         const tcn_firing *kept, bool is_at_hand)
{
    tcn_firing *copy = tcn_arena_alloc(arena, sizeof *copy);
    if (copy == NULL)
        return NULL;
    *copy = *kept;
    copy->automation = automation;
    if (!is_at_hand)
        copy->event = NULL;
    if (kept->label_count > 0) {
        void *block = tcn_arena_alloc(arena, labels_size(kept));
        if (block == NULL)
            return NULL;
        copy->labels = put_labels(block, kept);
    }
    if (kept->child_count > 0) {
        copy->children = tcn_arena_alloc(arena, kept->child_count * sizeof(tcn_firing *));
        if (copy->children == NULL)
            return NULL;
    }
    for (uint32_t i = 0; i < kept->child_count; i++) {
        copy->children[i] = bring(arena, automation, kept->children[i], is_at_hand);
        if (copy->children[i] == NULL)
            return NULL;
    }
    return copy;
}

/* ---- what a composite keeps ---- */

static void forget(tcn_node *node, size_t place)
{
    tcn_firing_free(node->pending[place].firing);
    node->pending_count--;
    memmove(node->pending + place, node->pending + place + 1,
            (node->pending_count - place) * sizeof *node->pending);
}

bool tcn_composite_is_old(const tcn_node *node, const tcn_child_firing *pending,
                          int64_t now_us)
{
    const tcn_trigger *t = node->trigger;
    return t->has_within && pending->firing->triggered_at_us < now_us - t->within_us;
}

/* Drops what is too old, and the earlier firing of the same child. */
static void forget_old(tcn_node *node, uint32_t child, int64_t now_us)
{
    for (size_t i = node->pending_count; i-- > 0;) {
        const tcn_child_firing *pending = &node->pending[i];
        if (tcn_composite_is_old(node, pending, now_us) || pending->child == child)
            forget(node, i);
    }
}

int tcn_composite_keep(tcn_engine *engine, tcn_node *node, uint32_t child, uint64_t turn,
                       const tcn_firing *firing)
{
    int rc = tcn_grow_small((void **)&node->pending, &node->pending_capacity,
                            node->pending_count + 1, sizeof *node->pending);
    if (rc < 0)
        return rc;
    tcn_firing *kept = tcn_firing_keep(firing);
    if (kept == NULL)
        return TCN_E_NOMEM;
    node->pending[node->pending_count++] =
        (tcn_child_firing){kept, child, turn, engine->step_count};
    return 0;
}

/* Events that come together or follow each other have one clock: then the order in which
 * they are evaluated counts. What one event completes, or time alone, is not in order. */
static bool is_behind(const tcn_child_firing *a, const tcn_child_firing *b)
{
    if (a->firing->triggered_at_us != b->firing->triggered_at_us)
        return true;
    return a->turn != 0 && b->turn != 0 && a->turn != b->turn;
}

uint32_t tcn_sequence_done(const tcn_node *node, int64_t now_us)
{
    uint32_t done = 0;
    const tcn_child_firing *last = NULL;
    for (size_t i = 0; i < node->pending_count; i++) {
        const tcn_child_firing *pending = &node->pending[i];
        if (pending->child != done || tcn_composite_is_old(node, pending, now_us) ||
            (last != NULL && !is_behind(last, pending)))
            continue;
        last = pending;
        done++;
    }
    return done;
}

/* Enough children have fired; those of a sequence one after the other, as declared. */
static bool is_ready(const tcn_node *node)
{
    const tcn_trigger *t = node->trigger;
    if (node->pending_count < t->require)
        return false;
    for (size_t i = 0; t->type == TCN_TRIGGER_SEQUENCE && i < node->pending_count; i++) {
        const tcn_child_firing *pending = &node->pending[i];
        if (pending->child != i)
            return false;
        if (i > 0 && !is_behind(&pending[-1], pending))
            return false;
    }
    return true;
}

void tcn_composite_drop(tcn_node *node)
{
    while (node->pending_count > 0)
        forget(node, node->pending_count - 1);
    tcn_free(node->pending);
    node->pending = NULL;
    node->pending_capacity = 0;
}

/* ---- firing ---- */

/* The composite's firing carries the event of the child that completed it. */
static void fire(tcn_engine *engine, tcn_node *node, const tcn_firing *last,
                 tcn_firing **children, uint32_t child_count, const tcn_cause *cause)
{
    tcn_firing *firing = tcn_firing_new(engine, node, TCN_STR(""), cause);
    if (firing == NULL)
        return;
    firing->has_event = last->has_event;
    firing->event = last->event;
    firing->event_ref = last->event_ref;
    firing->children = children;
    firing->child_count = child_count;
    tcn_firing_deliver(engine, node, firing, cause);
}

static void fire_pending(tcn_engine *engine, tcn_node *node, const tcn_firing *last,
                         const tcn_cause *cause)
{
    uint32_t count = (uint32_t)node->pending_count;
    tcn_firing **children = tcn_arena_alloc(&engine->arena, count * sizeof(tcn_firing *));
    for (uint32_t i = 0; children != NULL && i < count; i++) {
        const tcn_child_firing *pending = &node->pending[i];
        children[i] = bring(&engine->arena, node->unit->automation, pending->firing,
                            pending->step_count == engine->step_count);
        if (children[i] == NULL)
            children = NULL;
    }
    if (children == NULL) {
        tcn_engine_fail(engine);
        return;
    }
    tcn_composite_drop(node);
    fire(engine, node, last, children, count, cause);
}

void tcn_composite_take(tcn_engine *engine, tcn_node *node, uint32_t child,
                        tcn_firing *firing, const tcn_cause *cause)
{
    if (node->trigger->require == 1) {
        tcn_firing **only = tcn_arena_alloc(&engine->arena, sizeof(tcn_firing *));
        if (only == NULL) {
            tcn_engine_fail(engine);
            return;
        }
        only[0] = firing;
        fire(engine, node, firing, only, 1, cause);
        return;
    }
    tcn_save_unit(engine, node->unit);
    forget_old(node, child, engine->clock_us);
    uint64_t turn = cause->event != NULL ? engine->turn : 0;
    if (tcn_composite_keep(engine, node, child, turn, firing) < 0)
        tcn_engine_fail(engine);
    else if (is_ready(node))
        fire_pending(engine, node, firing, cause);
}
