/* SPDX-License-Identifier: Apache-2.0 */
/* context.h - what templates of an action may name, built when it is first asked for:
 * automation, event, labels, firing, firings, events; and with a triggering event also
 * flow, flow_run, task_run, deployment, work_pool, work_queue, concurrency_limit and
 * variables. */
#ifndef TCN_ACTION_CONTEXT_H
#define TCN_ACTION_CONTEXT_H

#include "core/action/facts.h"
#include "core/template/prefect.h"
#include "core/template/template.h"

#define TCN_CONTEXT_NAMES 14

typedef struct tcn_context {
    tcn_tpl_context tpl; /* for tcn_tpl_render; borrows from this */
    const tcn_facts *facts;
    tcn_arena *arena; /* values are built here, once, whatever arena a rendering has */
    tcn_value values[TCN_CONTEXT_NAMES];
    tcn_value
        firing; /* the firing as Prefect's API gives it, a dict; MISSING: not built yet */
} tcn_context;

/* facts and arena outlive the context, which must not move. Nothing to free. */
void tcn_context_init(tcn_context *context, const tcn_facts *facts, tcn_arena *arena,
                      int64_t now_us);

/* The Prefect object of that kind that the event speaks of, made from what the event
 * says: id, name, state from the prefect.state-* labels, tags, the related flow,
 * deployment, pool and queue. What the event does not say is undefined. None when it
 * names no such resource. */
int tcn_object_from_event(const tcn_event *event, enum tcn_prefect_kind kind,
                          tcn_arena *arena, tcn_value *ret);

#endif
