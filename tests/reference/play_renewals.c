/* SPDX-License-Identifier: Apache-2.0 */
/* play_renewals.c - new automations are prepared while steps go on. */
#include "core/engine/renewal.h"
#include "player.h"

/* New automations, which the engine prepares, or disposes of what they replaced. */
typedef struct renewing {
    tcn_renewal *renewal; /* NULL: none */
    size_t op;            /* that it is for; it was applied when that is over */
} renewing;

static void set(player *p, renewing *r, size_t i, const json_t *document)
{
    tcn_automation *automation = player_parse(document);
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
        play_stop("out of memory");
    for (size_t i = 0; i < json_array_size(list); i++)
        set(p, r, i, json_array_get(list, i));
    if (tcn_engine_renewal_begin(p->engine, r->renewal) < 0)
        play_stop("automations could not be prepared");
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
    } else if (r->op < next_op || player_one_in(p, 9)) {
        if (r->op >= next_op)
            tcn_engine_renewal_abort(r->renewal);
        r->op = 0;
        if (!tcn_engine_renewal_dispose(r->renewal))
            renew_end(r);
    } else if (!tcn_renewal_is_ready(r->renewal, p->engine) &&
               tcn_engine_renewal_prepare(p->engine, r->renewal) < 0) {
        play_stop("automations could not be prepared");
    }
}

static void renew_apply(player *p, renewing *r, int64_t at_us)
{
    player_pass(p, at_us - 1);
    while (!tcn_renewal_is_ready(r->renewal, p->engine))
        if (tcn_engine_renewal_prepare(p->engine, r->renewal) < 0)
            play_stop("automations could not be prepared");
    if (tcn_engine_renewal_apply(p->engine, r->renewal, at_us) < 0)
        play_stop("out of memory");
}

void play_with_renewals(player *p)
{
    renewing r = {.renewal = NULL};
    for (size_t i = 0; i < p->scenario->op_count; i++) {
        const op *o = &p->scenario->ops[i];
        bool is_for_it = r.renewal != NULL && r.op == i && i > 0;
        if (o->kind == DEFINE && is_for_it)
            renew_apply(p, &r, o->at_us);
        else
            player_do(p, o);
        if (o->kind == RESTART || (o->kind == DEFINE && !is_for_it))
            renew_end(&r); /* the engine ended it */
        else if (!player_one_in(p, 3))
            renew_slice(p, &r, i + 1);
    }
    if (r.renewal != NULL)
        tcn_engine_renewal_abort(r.renewal);
    while (r.renewal != NULL && tcn_engine_renewal_dispose(r.renewal))
        continue;
    renew_end(&r);
}
