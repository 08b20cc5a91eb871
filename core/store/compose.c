/* SPDX-License-Identifier: Apache-2.0 */
/* compose.c - JSON of emitted events, firings and actions. An event that a firing names
 * is at hand, part of this step, or in the log; one that is nowhere any more is null. */
#include "core/store/compose.h"

#include "core/base/alloc.h"
#include "core/base/datetime.h"
#include "core/store/outbox_entry.h"

#define ARENA_KEPT ((size_t)1 << 20)

int tcn_compose_init(tcn_compose *compose, tcn_db *db, tcn_packer *packer)
{
    tcn_arena_init(&compose->arena, 0);
    tcn_buf_init(&compose->payload, TCN_PACK_MAX);
    tcn_buf_init(&compose->event, TCN_PACK_MAX);
    tcn_buf_init(&compose->firing, TCN_PACK_MAX);
    return tcn_refs_init(&compose->refs, db, packer);
}

void tcn_compose_deinit(tcn_compose *compose)
{
    tcn_refs_deinit(&compose->refs);
    tcn_arena_deinit(&compose->arena);
    tcn_buf_deinit(&compose->payload);
    tcn_buf_deinit(&compose->event);
    tcn_buf_deinit(&compose->firing);
}

/* ---- events by reference ---- */

static bool is_in_step(const tcn_compose *compose, uint64_t position)
{
    return position >> TCN_POSITION_BITS == compose->sequence;
}

static int collect(tcn_compose *compose, const tcn_firing *firing, bool with_children)
{
    int rc = 0;
    bool is_away = firing->has_event && firing->event == NULL &&
                   !is_in_step(compose, firing->event_ref.position);
    if (is_away)
        rc = tcn_refs_add(&compose->refs, &firing->event_ref);
    for (uint32_t i = 0; with_children && rc >= 0 && i < firing->child_count; i++)
        rc = collect(compose, firing->children[i], true);
    return rc;
}

static int collect_all(tcn_compose *compose)
{
    const tcn_store_step *step = compose->step;
    int rc = 0;
    for (size_t i = 0; rc >= 0 && i < step->outcome->emitted_count; i++) {
        const tcn_firing *firing = step->outcome->emitted[i].firing;
        if (firing != NULL)
            rc = collect(compose, firing, false);
    }
    for (size_t i = 0; rc >= 0 && i < step->action_count; i++)
        rc = collect(compose, step->actions[i].firing, true);
    return rc;
}

static int encode(tcn_compose *compose, const tcn_event *event, tcn_str *ret)
{
    tcn_buf_reset(&compose->event);
    int rc = tcn_event_encode(event, &compose->event);
    *ret = tcn_buf_str(&compose->event);
    return rc;
}

/* An emitted event's complete JSON, if it was composed already. */
static tcn_str emitted_text(const tcn_compose *compose, uint64_t position)
{
    const tcn_step *outcome = compose->step->outcome;
    uint64_t base = compose->sequence << TCN_POSITION_BITS | TCN_POSITION_EMITTED;
    uint64_t index = position - base;
    return index < outcome->emitted_count ? compose->emitted[index] : (tcn_str){0};
}

/* An event that was taken in this step. */
static const tcn_event *taken_event(const tcn_compose *compose, const tcn_event_ref *ref)
{
    const tcn_store_step *step = compose->step;
    uint64_t index = ref->position & ((UINT64_C(1) << TCN_POSITION_BITS) - 1);
    if (index >= step->event_count || !tcn_uuid_eq(&step->events[index]->id, &ref->id))
        return NULL;
    return step->events[index];
}

/* The triggering event of a firing, empty when it has none or it is gone. *ret is valid
 * until the next one is asked for. */
static int event_text(tcn_compose *compose, const tcn_firing *firing, tcn_str *ret)
{
    const tcn_event_ref *ref = &firing->event_ref;
    const tcn_event *event = firing->event;
    *ret = (tcn_str){0};
    if (!firing->has_event)
        return 0;
    if (is_in_step(compose, ref->position)) {
        *ret = emitted_text(compose, ref->position);
        if (ret->len > 0)
            return 0;
        if (event == NULL)
            event = taken_event(compose, ref);
    }
    if (event != NULL)
        return encode(compose, event, ret);
    *ret = tcn_refs_text(&compose->refs, ref);
    return 0;
}

/* ---- emitted events ---- */

static int compose_emitted(tcn_compose *compose, const tcn_emitted *emitted, tcn_str *ret)
{
    tcn_event event = *emitted->event;
    tcn_str text = {0};
    int rc = 0;
    if (emitted->firing != NULL) {
        tcn_buf_reset(&compose->payload);
        rc = event_text(compose, emitted->firing, &text);
        if (rc >= 0)
            rc = tcn_firing_payload(emitted->firing, text, &compose->payload);
        event.payload = tcn_buf_str(&compose->payload);
    }
    if (rc >= 0)
        rc = encode(compose, &event, &text);
    if (rc < 0)
        return rc;
    *ret = tcn_arena_str(&compose->arena, text);
    return ret->ptr == NULL ? TCN_E_NOMEM : 0;
}

int tcn_compose_begin(tcn_compose *compose, const tcn_store_step *step, uint64_t sequence)
{
    compose->step = step;
    compose->sequence = sequence;
    compose->emitted = NULL;
    compose->last = NULL;
    if (step->outcome == NULL)
        return 0;

    int rc = collect_all(compose);
    if (rc >= 0)
        rc = tcn_refs_find(&compose->refs);
    size_t count = step->outcome->emitted_count;
    if (rc < 0 || count == 0)
        return rc;
    compose->emitted = tcn_arena_zero(&compose->arena, count * sizeof *compose->emitted);
    if (compose->emitted == NULL)
        return TCN_E_NOMEM;
    /* In their order: one may carry an earlier one as its triggering event. */
    for (size_t i = 0; rc >= 0 && i < count; i++)
        rc = compose_emitted(compose, &step->outcome->emitted[i], &compose->emitted[i]);
    return rc;
}

void tcn_compose_end(tcn_compose *compose)
{
    compose->step = NULL;
    compose->emitted = NULL;
    compose->last = NULL;
    tcn_refs_reset(&compose->refs);
    tcn_arena_reset(&compose->arena, ARENA_KEPT);
}

/* ---- firings and actions ---- */

static void write_id(const char *name, const tcn_uuid *id, tcn_buf *out)
{
    char text[TCN_UUID_TEXT + 1];
    tcn_buf_printf(out, "\"%s\":\"%s\"", name, tcn_uuid_format(id, text));
}

static void write_time(const char *name, int64_t at_us, tcn_buf *out)
{
    char text[TCN_DATETIME_TEXT];
    size_t len = tcn_datetime_format(at_us, text);
    tcn_buf_printf(out, ",\"%s\":\"%.*s\"", name, (int)len, text);
}

static void write_labels(const tcn_firing *firing, tcn_buf *out)
{
    tcn_buf_add_c(out, ",\"triggering_labels\":{");
    for (uint32_t i = 0; i < firing->label_count; i++) {
        if (i > 0)
            tcn_buf_add_char(out, ',');
        tcn_buf_add_json(out, firing->labels[i].key);
        tcn_buf_add_char(out, ':');
        tcn_buf_add_json(out, firing->labels[i].value);
    }
    tcn_buf_add_char(out, '}');
}

static int write_firing(tcn_compose *compose, const tcn_firing *firing, bool is_child,
                        tcn_buf *out);

static int write_children(tcn_compose *compose, const tcn_firing *firing, tcn_buf *out)
{
    int rc = tcn_buf_add_c(out, ",\"triggering_firings\":[");
    for (uint32_t i = 0; rc >= 0 && i < firing->child_count; i++) {
        if (i > 0)
            tcn_buf_add_char(out, ',');
        rc = write_firing(compose, firing->children[i], true, out);
    }
    return rc < 0 ? rc : tcn_buf_add_char(out, ']');
}

static int write_child_event(tcn_compose *compose, const tcn_firing *firing, tcn_buf *out)
{
    tcn_str text = {0};
    int rc = event_text(compose, firing, &text);
    tcn_buf_add_c(out, ",\"triggering_event\":");
    if (rc >= 0)
        rc = text.len > 0 ? tcn_buf_add_str(out, text) : tcn_buf_add_c(out, "null");
    return rc;
}

/* As deep as triggers may be nested (tcn_automation_limits). */
static int write_firing(tcn_compose *compose, const tcn_firing *firing, bool is_child,
                        tcn_buf *out)
{
    tcn_buf_add_char(out, '{');
    write_id("id", &firing->id, out);
    tcn_buf_add_char(out, ',');
    write_id("trigger_id", &firing->trigger_id, out);
    write_time("triggered", firing->triggered_at_us, out);
    write_time("due", firing->due_at_us, out);
    tcn_buf_printf(out, ",\"depth\":%u", (unsigned)firing->depth);
    write_labels(firing, out);
    int rc = is_child ? write_child_event(compose, firing, out) : 0;
    if (rc >= 0)
        rc = write_children(compose, firing, out);
    if (rc >= 0)
        rc = tcn_buf_add_char(out, '}');
    return rc < 0 ? rc : tcn_buf_status(out);
}

/* Actions of one firing come one after another and share its text. */
static int firing_text(tcn_compose *compose, const tcn_firing *firing, tcn_str *ret)
{
    int rc = 0;
    if (compose->last != firing) {
        tcn_buf_reset(&compose->firing);
        compose->last = NULL;
        rc = write_firing(compose, firing, false, &compose->firing);
    }
    if (rc >= 0)
        compose->last = firing;
    *ret = tcn_buf_str(&compose->firing);
    return rc;
}

int tcn_compose_entry(tcn_compose *compose, const tcn_outbox_new *action,
                      tcn_outbox_entry **ret)
{
    const tcn_firing *firing = action->firing;
    tcn_outbox_entry entry = {
        .invocation = action->invocation,
        .action_index = action->action_index,
        .created_at_us = firing->triggered_at_us,
        .next_at_us = firing->triggered_at_us,
        .deadline_at_us = action->deadline_at_us,
        .block = action->block,
        .action = action->action,
        .automation = action->automation,
    };
    if (firing->emitted != NULL)
        entry.emitted = emitted_text(compose, firing->emitted->position);
    int rc = firing_text(compose, firing, &entry.firing);
    if (rc >= 0 && action->is_on_trigger)
        entry.event = entry.emitted;
    else if (rc >= 0)
        rc = event_text(compose, firing, &entry.event);
    return rc < 0 ? rc : tcn_outbox_entry_make(&entry, ret);
}
