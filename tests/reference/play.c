/* SPDX-License-Identifier: Apache-2.0 */
/* play.c - plays scenarios on the engine in several ways that must not differ: plainly;
 * saved and restored between all steps; with the events cut into other steps; with new
 * automations prepared while steps go on; with pauses wherever the engine can make one;
 * and with crashes, after which a state that was saved in slices, also in pauses, is
 * restored and what came behind it is played again. A scenario is a
 * line of JSON on standard input; the answer is a line: {"firings": [[at_us, automation,
 * event or null, labels]]}, or {"error": text} when the ways differ in any byte of any
 * firing, ids included. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "core/base/alloc.h"
#include "core/base/datetime.h"
#include "core/engine/renewal.h"
#include "core/event/decode.h"

#define ARENA_MAX   ((size_t)64 << 20)
#define EVENTS_CUT  5  /* most events of a step */
#define SLICE_BYTES 48 /* so that a state is saved over many steps */

static void stop(const char *what)
{
    fprintf(stderr, "play: %s\n", what);
    exit(1);
}

/* ---- scenarios ---- */

typedef enum op_kind {
    EVENT = 1,
    PASS, /* of time */
    DEFINE,
    RESTART,
} op_kind;

typedef struct op {
    op_kind kind;
    int64_t at_us;
    size_t event;              /* place in the events */
    const json_t *automations; /* borrowed */
} op;

typedef struct scenario {
    json_t *document;
    tcn_arena arena;
    tcn_event *events;
    size_t event_count;
    op *ops; /* the first one defines */
    size_t op_count;
} scenario;

static int64_t read_at(const json_t *step)
{
    int64_t at_us = 0;
    const char *text = json_string_value(json_object_get(step, "at"));
    if (text == NULL || !tcn_datetime_parse(tcn_str_c(text), &at_us, NULL))
        stop("a step without a time");
    return at_us;
}

static void read_event(scenario *s, json_t *document, const json_t *at, tcn_event *ret)
{
    if (json_object_get(document, "occurred") == NULL)
        json_object_set(document, "occurred", json_object_get(at, "at"));
    char *text = json_dumps(document, JSON_COMPACT);
    tcn_event_error error = {0};
    if (text == NULL ||
        tcn_event_decode(tcn_arena_str(&s->arena, tcn_str_c(text)),
                         &tcn_event_limits_default, &s->arena, ret, &error) < 0)
        stop(error.text);
    ret->received_at_us = read_at(at);
    free(text);
}

static op read_step(scenario *s, const json_t *step)
{
    op result = {.kind = PASS, .at_us = read_at(step)};
    json_t *event = json_object_get(step, "event");
    result.automations = json_object_get(step, "automations");
    if (event != NULL) {
        result.kind = EVENT;
        result.event = s->event_count++;
        read_event(s, event, step, &s->events[result.event]);
    } else if (result.automations != NULL) {
        result.kind = DEFINE;
    } else if (json_is_true(json_object_get(step, "restart"))) {
        result.kind = RESTART;
    }
    return result;
}

static void scenario_init(scenario *s, json_t *document)
{
    *s = (scenario){.document = document};
    tcn_arena_init(&s->arena, ARENA_MAX);
    json_t *steps = json_object_get(document, "steps");
    size_t count = json_array_size(steps);
    s->events = tcn_alloc_array(count + 1, sizeof *s->events);
    s->ops = tcn_alloc_array(count + 1, sizeof *s->ops);
    if (s->events == NULL || s->ops == NULL)
        stop("out of memory");
    int64_t start_us = count > 0 ? read_at(json_array_get(steps, 0)) : 0;
    s->ops[s->op_count++] =
        (op){DEFINE, start_us, 0, json_object_get(document, "automations")};
    for (size_t i = 0; i < count; i++)
        s->ops[s->op_count++] = read_step(s, json_array_get(steps, i));
}

static void scenario_deinit(scenario *s)
{
    tcn_free(s->events);
    tcn_free(s->ops);
    tcn_arena_deinit(&s->arena);
}

/* ---- playing ---- */

typedef struct player {
    const scenario *scenario;
    tcn_engine *engine;
    uint64_t sequence;
    uint32_t seed;
    uint32_t patience;     /* of the engine, in a call */
    struct saving *saving; /* goes on in pauses; NULL: not */
    json_t *firings;       /* NULL: nobody asks for them */
    tcn_buf trace;         /* everything that there is to see of firings, in order */
    tcn_buf emitted;       /* ids of the events that the engine made, in order */
    tcn_buf saved;         /* layers of the state */
} player;

static bool one_in(player *p, uint32_t n)
{
    p->seed = p->seed * 1664525 + 1013904223;
    return (p->seed >> 8) % n == 0;
}

static void player_init(player *p, const scenario *s, uint32_t seed)
{
    *p = (player){.scenario = s, .seed = seed};
    tcn_buf_init(&p->trace, SIZE_MAX / 2);
    tcn_buf_init(&p->emitted, SIZE_MAX / 2);
    tcn_buf_init(&p->saved, SIZE_MAX / 2);
    p->engine = tcn_engine_new(&tcn_engine_limits_default);
    if (p->engine == NULL)
        stop("out of memory");
}

static void player_deinit(player *p)
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
        stop("the engine failed");
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

/* A layer that is saved in slices while steps go on, and when it is all there, what is
 * restored from it and those before. */
typedef struct saving {
    bool is_on, is_there, is_whole;
    size_t from;      /* the first operation that is not in what is restored, */
    size_t trace_len; /* before that one */
    size_t layer_from, layer_trace_len; /* the same of the layer */
    tcn_buf layer;
} saving;

static void keep_layer(player *p, const tcn_buf *layer, bool is_whole)
{
    if (is_whole)
        tcn_buf_reset(&p->saved);
    if (tcn_buf_add_str(&p->saved, tcn_buf_str(layer)) < 0)
        stop("out of memory");
}

static void save_slice(player *p, saving *s)
{
    if (!s->is_on)
        return;
    int rc = tcn_engine_save_slice(p->engine, SLICE_BYTES, &s->layer);
    if (rc < 0 && rc != TCN_E_CANCELED)
        stop("a state could not be saved");
    s->is_on = rc == 1;
    if (rc != 0)
        return;
    s->is_there = true;
    s->from = s->layer_from;
    s->trace_len = s->layer_trace_len;
    keep_layer(p, &s->layer, s->is_whole);
}

/* What a call of the engine answered, once it has paused often enough. */
static int finish(player *p, int rc)
{
    while (rc == TCN_ENGINE_PAUSED) {
        if (p->saving != NULL)
            save_slice(p, p->saving);
        tcn_engine_rest(p->engine, p->patience);
        rc = tcn_engine_go_on(p->engine);
    }
    return rc;
}

static void pass(player *p, int64_t to_us)
{
    int rc = 1;
    while (rc == 1) {
        begin(p);
        tcn_engine_rest(p->engine, p->patience);
        rc = finish(p, tcn_engine_advance(p->engine, to_us, false));
        end(p, rc);
    }
}

static void define(player *p, const json_t *list, int64_t at_us)
{
    size_t count = json_array_size(list);
    tcn_automation **automations = tcn_alloc_array(count + 1, sizeof *automations);
    tcn_problems problems;
    tcn_problems_init(&problems);
    for (size_t i = 0; automations != NULL && i < count; i++) {
        if (tcn_automation_parse(json_array_get(list, i), NULL,
                                 &tcn_automation_limits_default, &automations[i],
                                 &problems) < 0)
            stop(problems.items[0].err.text);
    }
    tcn_problems_deinit(&problems);
    if (automations == NULL ||
        tcn_engine_define_own(p->engine, automations, count, at_us) < 0)
        stop("out of memory");
    tcn_free(automations);
}

static void restore(player *p, tcn_str state)
{
    tcn_err err = {0};
    tcn_engine_free(p->engine);
    p->engine = tcn_engine_new(&tcn_engine_limits_default);
    if (p->engine == NULL || tcn_engine_restore(p->engine, state, &err) < 0)
        stop(err.text);
}

static void restart(player *p)
{
    tcn_buf layer;
    tcn_buf_init(&layer, SIZE_MAX / 2);
    bool is_whole = false;
    if (tcn_engine_save(p->engine, false, &layer, &is_whole) < 0)
        stop("out of memory");
    keep_layer(p, &layer, is_whole);
    if (p->saving != NULL)
        p->saving->is_there = false; /* that state is another one */
    restore(p, tcn_buf_str(&p->saved));
    tcn_buf_deinit(&layer);
}

/* Events first to first + count - 1 in one step. */
static void take(player *p, size_t first, size_t count)
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

static void play_op(player *p, const op *o)
{
    if (o->kind == DEFINE || o->kind == RESTART)
        pass(p, o->at_us - 1);
    switch (o->kind) {
    case EVENT:
        take(p, o->event, 1);
        break;
    case PASS:
        pass(p, o->at_us);
        break;
    case DEFINE:
        define(p, o->automations, o->at_us);
        break;
    case RESTART:
        restart(p);
        break;
    }
}

/* ---- the ways ---- */

static void play_with_pauses(player *p)
{
    p->patience = 1;
    for (size_t i = 0; i < p->scenario->op_count; i++)
        play_op(p, &p->scenario->ops[i]);
}

static void play_plainly(player *p)
{
    for (size_t i = 0; i < p->scenario->op_count; i++)
        play_op(p, &p->scenario->ops[i]);
}

static void play_with_restarts(player *p)
{
    for (size_t i = 0; i < p->scenario->op_count; i++) {
        play_op(p, &p->scenario->ops[i]);
        restart(p);
    }
}

static void play_in_other_cuts(player *p)
{
    const scenario *s = p->scenario;
    for (size_t i = 0; i < s->op_count; i++) {
        size_t count = 0;
        while (i + count < s->op_count && s->ops[i + count].kind == EVENT &&
               count < EVENTS_CUT && !one_in(p, EVENTS_CUT))
            count++;
        if (count > 1)
            take(p, s->ops[i].event, count);
        else
            play_op(p, &s->ops[i]);
        i += count > 1 ? count - 1 : 0;
    }
}

/* New automations, which the engine prepares, or disposes of what they replaced. */
typedef struct renewing {
    tcn_renewal *renewal; /* NULL: none */
    size_t op;            /* that it is for; it was applied when that is over */
} renewing;

static void set(player *p, renewing *r, size_t i, const json_t *document)
{
    tcn_automation *automation = NULL;
    tcn_problems problems;
    tcn_problems_init(&problems);
    if (tcn_automation_parse(document, NULL, &tcn_automation_limits_default, &automation,
                             &problems) < 0)
        stop(problems.items[0].err.text);
    tcn_problems_deinit(&problems);
    tcn_uuid id = automation->id;
    const tcn_automation *old = tcn_engine_automation(p->engine, &id);
    if (old != NULL && json_equal(old->document, automation->document)) {
        tcn_automation_free(automation);
        automation = NULL;
    }
    tcn_renewal_set_own(r->renewal, i, &id, automation);
}

/* For the next operation that defines, if no restart comes before it. */
static void renew_begin(player *p, renewing *r, size_t next_op)
{
    const scenario *s = p->scenario;
    size_t at = next_op;
    while (at < s->op_count && s->ops[at].kind != DEFINE && s->ops[at].kind != RESTART)
        at++;
    if (at == s->op_count || s->ops[at].kind == RESTART)
        return;
    const json_t *list = s->ops[at].automations;
    r->op = at;
    if (tcn_renewal_new(json_array_size(list), &r->renewal) < 0)
        stop("out of memory");
    for (size_t i = 0; i < json_array_size(list); i++)
        set(p, r, i, json_array_get(list, i));
    if (tcn_engine_renewal_begin(p->engine, r->renewal) < 0)
        stop("automations could not be prepared");
}

static void renew_end(renewing *r)
{
    tcn_renewal_free(r->renewal);
    r->renewal = NULL;
}

/* A little of it, or it is given up. */
static void renew_slice(player *p, renewing *r, size_t next_op)
{
    if (r->renewal == NULL) {
        renew_begin(p, r, next_op);
    } else if (r->op < next_op || one_in(p, 9)) {
        if (r->op >= next_op)
            tcn_engine_renewal_abort(r->renewal);
        r->op = 0;
        if (!tcn_engine_renewal_dispose(r->renewal))
            renew_end(r);
    } else if (!tcn_renewal_is_ready(r->renewal, p->engine) &&
               tcn_engine_renewal_prepare(p->engine, r->renewal) < 0) {
        stop("automations could not be prepared");
    }
}

static void renew_apply(player *p, renewing *r, int64_t at_us)
{
    pass(p, at_us - 1);
    while (!tcn_renewal_is_ready(r->renewal, p->engine))
        if (tcn_engine_renewal_prepare(p->engine, r->renewal) < 0)
            stop("automations could not be prepared");
    if (tcn_engine_renewal_apply(p->engine, r->renewal, at_us) < 0)
        stop("out of memory");
}

static void play_with_renewals(player *p)
{
    renewing r = {.renewal = NULL};
    for (size_t i = 0; i < p->scenario->op_count; i++) {
        const op *o = &p->scenario->ops[i];
        bool is_for_it = r.renewal != NULL && r.op == i && i > 0;
        if (o->kind == DEFINE && is_for_it)
            renew_apply(p, &r, o->at_us);
        else
            play_op(p, o);
        if (o->kind == RESTART || (o->kind == DEFINE && !is_for_it))
            renew_end(&r); /* the engine ended it */
        else if (!one_in(p, 3))
            renew_slice(p, &r, i + 1);
    }
    if (r.renewal != NULL)
        tcn_engine_renewal_abort(r.renewal);
    while (r.renewal != NULL && tcn_engine_renewal_dispose(r.renewal))
        continue;
    renew_end(&r);
}

static void save(player *p, saving *s, size_t next_op)
{
    if (!s->is_on && one_in(p, 3) &&
        tcn_engine_save_begin(p->engine, &s->is_whole) == 0) {
        tcn_buf_reset(&s->layer);
        s->is_on = true;
        s->layer_from = next_op;
        s->layer_trace_len = p->trace.len;
    }
    if (s->is_on)
        save_slice(p, s);
}

/* Restores the state and plays what came behind it again; false: it differs. */
static bool crash(player *p, saving *s, size_t next_op)
{
    player again = {.scenario = p->scenario};
    tcn_buf_init(&again.trace, SIZE_MAX / 2);
    tcn_buf_init(&again.emitted, SIZE_MAX / 2);
    tcn_buf_init(&again.saved, SIZE_MAX / 2);
    keep_layer(&again, &p->saved, true);
    restore(&again, tcn_buf_str(&p->saved));
    for (size_t i = s->from; i < next_op; i++)
        play_op(&again, &p->scenario->ops[i]);
    tcn_str was = tcn_str_of(p->trace.ptr + s->trace_len, p->trace.len - s->trace_len);
    bool is_same = tcn_str_eq(was, tcn_buf_str(&again.trace));
    tcn_engine_free(p->engine);
    p->engine = again.engine;
    tcn_buf_deinit(&again.trace);
    tcn_buf_deinit(&again.emitted);
    tcn_buf_deinit(&p->saved);
    p->saved = again.saved;
    s->is_on = false;
    s->is_there = false;
    return is_same;
}

static void play_with_crashes(player *p)
{
    saving s = {.is_on = false};
    bool is_same = true;
    p->patience = 1;
    p->saving = &s;
    tcn_buf_init(&s.layer, SIZE_MAX / 2);
    for (size_t i = 0; is_same && i < p->scenario->op_count; i++) {
        save(p, &s, i);
        play_op(p, &p->scenario->ops[i]);
        if (s.is_there && one_in(p, 3))
            is_same = crash(p, &s, i + 1);
    }
    if (!is_same)
        (void)tcn_buf_add_c(&p->trace, "the log played again gives something else");
    tcn_buf_deinit(&s.layer);
}

/* What there is to see at the end. */
static void trace_end(player *p)
{
    tcn_engine_counts counts;
    tcn_engine_counts_get(p->engine, &counts);
    (void)tcn_buf_add_field(&p->trace, tcn_buf_str(&p->emitted));
    (void)tcn_buf_add_u64(&p->trace, counts.buckets);
    (void)tcn_buf_add_u64(&p->trace, counts.waiting);
    (void)tcn_buf_add_u64(&p->trace, (uint64_t)counts.lag_us);
    (void)tcn_buf_add_u64(&p->trace, (uint64_t)tcn_engine_clock_us(p->engine));
}

static json_t *play(const scenario *s, uint32_t seed)
{
    static const struct {
        const char *name;
        void (*play)(player *p);
    } ways[] = {{"plainly", play_plainly},
                {"with restarts", play_with_restarts},
                {"in other cuts", play_in_other_cuts},
                {"with renewals", play_with_renewals},
                {"with pauses", play_with_pauses},
                {"with crashes", play_with_crashes}};
    player first;
    json_t *answer = json_object();
    player_init(&first, s, seed);
    first.firings = json_array();
    json_object_set_new(answer, "firings", first.firings);
    ways[0].play(&first);
    trace_end(&first);
    for (size_t i = 1; i < TCN_COUNT(ways); i++) {
        player other;
        player_init(&other, s, seed + (uint32_t)i);
        ways[i].play(&other);
        trace_end(&other);
        if (!tcn_str_eq(tcn_buf_str(&first.trace), tcn_buf_str(&other.trace)))
            json_object_set_new(answer, "error",
                                json_sprintf("played %s it differs", ways[i].name));
        player_deinit(&other);
    }
    player_deinit(&first);
    return answer;
}

int main(void)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t len = getline(&line, &capacity, stdin);
    for (; len > 0; len = getline(&line, &capacity, stdin)) {
        scenario s;
        json_t *document = json_loadb(line, (size_t)len, 0, NULL);
        if (document == NULL)
            stop("a line is not JSON");
        scenario_init(&s, document);
        json_t *answer = play(&s, (uint32_t)tcn_hash(line, (size_t)len, 1));
        json_dumpf(answer, stdout, JSON_COMPACT);
        (void)putchar('\n');
        (void)fflush(stdout);
        json_decref(answer);
        scenario_deinit(&s);
        json_decref(document);
    }
    free(line);
    return 0;
}
