/* SPDX-License-Identifier: Apache-2.0 */
/* player.c - operations on an engine, and what is seen of it. */
#include "player.h"

#include <stdlib.h>

#include "core/base/alloc.h"

#define SLICE_BYTES 48 /* so that a state is saved over many steps */

bool player_one_in(player *p, uint32_t n)
{
    p->seed = p->seed * 1664525 + 1013904223;
    return (p->seed >> 8) % n == 0;
}

void player_init(player *p, const scenario *s, const tcn_engine_limits *limits,
                 uint32_t seed)
{
    *p = (player){.scenario = s, .seed = seed};
    tcn_buf_init(&p->trace, SIZE_MAX / 2);
    tcn_buf_init(&p->emitted, SIZE_MAX / 2);
    tcn_buf_init(&p->saved, SIZE_MAX / 2);
    p->engine = tcn_engine_new(limits);
    if (p->engine == NULL)
        play_stop("out of memory");
}

void player_deinit(player *p)
{
    tcn_engine_free(p->engine);
    tcn_buf_deinit(&p->trace);
    tcn_buf_deinit(&p->emitted);
    tcn_buf_deinit(&p->saved);
}

static void trace_firing(tcn_buf *out, const tcn_firing *f)
{
    (void)tcn_buf_add(out, f->id.bytes, sizeof f->id);
    (void)tcn_buf_add(out, f->automation_id.bytes, sizeof f->automation_id);
    (void)tcn_buf_add(out, f->trigger_id.bytes, sizeof f->trigger_id);
    (void)tcn_buf_add_u64(out, (uint64_t)f->triggered_at_us);
    (void)tcn_buf_add_u64(out, (uint64_t)f->due_at_us);
    (void)tcn_buf_add_u32(out, f->depth);
    (void)tcn_buf_add_u8(out, (uint8_t)(f->has_event + 2 * f->is_suppressed));
    if (f->has_event)
        (void)tcn_buf_add(out, f->event_ref.id.bytes, sizeof f->event_ref.id);
    for (uint32_t i = 0; i < f->label_count; i++) {
        (void)tcn_buf_add_field(out, f->labels[i].key);
        (void)tcn_buf_add_field(out, f->labels[i].value);
    }
    if (f->emitted != NULL)
        (void)tcn_buf_add(out, f->emitted->id.bytes, sizeof f->emitted->id);
    for (uint32_t i = 0; i < f->child_count; i++)
        trace_firing(out, f->children[i]);
}

static json_t *show(const tcn_firing *f)
{
    char id[TCN_UUID_TEXT + 1];
    json_t *labels = json_object();
    for (uint32_t i = 0; i < f->label_count; i++)
        json_object_setn_new(
            labels, f->labels[i].key.ptr, f->labels[i].key.len,
            json_stringn(f->labels[i].value.ptr, f->labels[i].value.len));
    return json_pack("[I,s,o,o]", (json_int_t)f->triggered_at_us, f->automation->name,
                     f->has_event ? json_string(tcn_uuid_format(&f->event_ref.id, id))
                                  : json_null(),
                     labels);
}

static void begin(player *p)
{
    p->sequence++;
    tcn_engine_begin(p->engine, p->sequence << TCN_POSITION_BITS | TCN_POSITION_EMITTED);
}

static void end(player *p, int rc)
{
    if (rc < 0)
        play_stop("the engine failed");
    const tcn_step *step = tcn_engine_results(p->engine);
    for (size_t i = 0; i < step->firing_count; i++) {
        trace_firing(&p->trace, step->firings[i]);
        if (p->firings != NULL && !step->firings[i]->is_suppressed)
            json_array_append_new(p->firings, show(step->firings[i]));
    }
    for (size_t i = 0; i < step->emitted_count; i++)
        (void)tcn_buf_add(&p->emitted, step->emitted[i].event->id.bytes,
                          sizeof(tcn_uuid));
    tcn_engine_end(p->engine);
}

void player_keep_layer(player *p, const tcn_buf *layer, bool is_whole)
{
    if (is_whole)
        tcn_buf_reset(&p->saved);
    if (tcn_buf_add_str(&p->saved, tcn_buf_str(layer)) < 0)
        play_stop("out of memory");
}

void player_save_slice(player *p, saving *s)
{
    if (!s->is_on)
        return;
    int rc = tcn_engine_save_slice(p->engine, SLICE_BYTES, &s->layer);
    if (rc < 0 && rc != TCN_E_CANCELED)
        play_stop("a state could not be saved");
    s->is_on = rc == 1;
    if (rc != 0)
        return;
    s->is_there = true;
    s->from = s->layer_from;
    s->trace_len = s->layer_trace_len;
    player_keep_layer(p, &s->layer, s->is_whole);
}

/* What a call of the engine answered, once it has paused often enough. */
static int finish(player *p, int rc)
{
    while (rc == TCN_ENGINE_PAUSED) {
        if (p->saving != NULL)
            player_save_slice(p, p->saving);
        tcn_engine_rest(p->engine, p->patience);
        rc = tcn_engine_go_on(p->engine);
    }
    return rc;
}

void player_pass(player *p, int64_t to_us)
{
    int rc = 1;
    while (rc == 1) {
        begin(p);
        tcn_engine_rest(p->engine, p->patience);
        rc = finish(p, tcn_engine_advance(p->engine, to_us, false));
        end(p, rc);
    }
}

tcn_automation *player_parse(const json_t *document)
{
    tcn_automation *automation = NULL;
    tcn_problems problems;
    tcn_problems_init(&problems);
    if (tcn_automation_parse(document, NULL, &tcn_automation_limits_default, &automation,
                             &problems) < 0)
        play_stop(problems.items[0].err.text);
    tcn_problems_deinit(&problems);
    return automation;
}

static void define_all(player *p, const json_t *list, int64_t at_us)
{
    size_t count = json_array_size(list);
    tcn_automation **automations = tcn_alloc_array(count + 1, sizeof *automations);
    for (size_t i = 0; automations != NULL && i < count; i++)
        automations[i] = player_parse(json_array_get(list, i));
    if (automations == NULL ||
        tcn_engine_define_own(p->engine, automations, count, at_us) < 0)
        play_stop("out of memory");
    tcn_free(automations);
}

static tcn_uuid id_of(const json_t *document)
{
    tcn_uuid id = {0};
    (void)tcn_uuid_parse(tcn_str_c(json_string_value(json_object_get(document, "id"))),
                         &id);
    return id;
}

static bool is_listed(const json_t *list, const tcn_uuid *wanted)
{
    size_t i;
    const json_t *document;
    json_array_foreach(list, i, document)
    {
        tcn_uuid id = id_of(document);
        if (tcn_uuid_eq(&id, wanted))
            return true;
    }
    return false;
}

/* Those in force that are listed come first in the list, and in the same order. Where
 * there is nothing to do the clock would not move. */
static bool can_define_one_by_one(const player *p, const json_t *list)
{
    size_t place = 0;
    for (size_t i = 0; i < tcn_engine_automation_count(p->engine); i++) {
        const tcn_automation *old = tcn_engine_automation_at(p->engine, i);
        tcn_uuid id = id_of(json_array_get(list, place));
        if (tcn_uuid_eq(&id, &old->id))
            place++;
        else if (is_listed(list, &old->id))
            return false;
    }
    return json_array_size(list) > 0;
}

static void define_one_by_one(player *p, const json_t *list, int64_t at_us)
{
    for (size_t i = tcn_engine_automation_count(p->engine); i-- > 0;) {
        tcn_uuid id = tcn_engine_automation_at(p->engine, i)->id;
        if (!is_listed(list, &id))
            (void)tcn_engine_remove(p->engine, &id, TCN_REMOVED_BY_OWNER, at_us);
    }
    for (size_t i = 0; i < json_array_size(list); i++)
        if (tcn_engine_put_own(p->engine, player_parse(json_array_get(list, i)), at_us) <
            0)
            play_stop("out of memory");
}

static void define(player *p, const json_t *list, int64_t at_us)
{
    if (p->is_one_by_one && can_define_one_by_one(p, list))
        define_one_by_one(p, list, at_us);
    else
        define_all(p, list, at_us);
}

void player_restore(player *p, tcn_str state)
{
    tcn_err err = {0};
    tcn_engine_free(p->engine);
    p->engine = tcn_engine_new(&tcn_engine_limits_default);
    if (p->engine == NULL || tcn_engine_restore(p->engine, state, &err) < 0)
        play_stop(err.text);
}

void player_restart(player *p)
{
    tcn_buf layer;
    tcn_buf_init(&layer, SIZE_MAX / 2);
    bool is_whole = false;
    if (tcn_engine_save(p->engine, false, &layer, &is_whole) < 0)
        play_stop("out of memory");
    player_keep_layer(p, &layer, is_whole);
    if (p->saving != NULL)
        p->saving->is_there = false; /* that state is another one */
    player_restore(p, tcn_buf_str(&p->saved));
    tcn_buf_deinit(&layer);
}

void player_take(player *p, size_t first, size_t count)
{
    tcn_event *events = p->scenario->events + first;
    int rc = 0;
    begin(p);
    tcn_engine_announce(p->engine, events, count);
    for (size_t i = 0; rc >= 0 && i < count; i++) {
        events[i].position = p->sequence << TCN_POSITION_BITS | i;
        tcn_engine_rest(p->engine, p->patience);
        rc = finish(p, tcn_engine_event(p->engine, &events[i]));
    }
    end(p, rc);
}

void player_do(player *p, const op *o)
{
    if (o->kind == DEFINE || o->kind == RESTART)
        player_pass(p, o->at_us - 1);
    switch (o->kind) {
    case EVENT:
        player_take(p, o->event, 1);
        break;
    case PASS:
        player_pass(p, o->at_us);
        break;
    case DEFINE:
        define(p, o->automations, o->at_us);
        break;
    case RESTART:
        player_restart(p);
        break;
    }
}

void player_trace_end(player *p)
{
    tcn_engine_counts counts;
    tcn_engine_counts_get(p->engine, &counts);
    (void)tcn_buf_add_field(&p->trace, tcn_buf_str(&p->emitted));
    (void)tcn_buf_add_u64(&p->trace, counts.buckets);
    (void)tcn_buf_add_u64(&p->trace, counts.waiting);
    (void)tcn_buf_add_u64(&p->trace, (uint64_t)counts.lag_us);
    (void)tcn_buf_add_u64(&p->trace, (uint64_t)tcn_engine_clock_us(p->engine));
}
