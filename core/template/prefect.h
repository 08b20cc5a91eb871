/* SPDX-License-Identifier: Apache-2.0 */
/* prefect.h - the objects that Prefect puts into a template's context, built from the
 * JSON that its API gives for them. Every field is optional: one that is absent is
 * undefined in the template, one of the wrong type stays the plain value that the JSON
 * has. Fields that Prefect does not declare are dropped. */
#ifndef TCN_TEMPLATE_PREFECT_H
#define TCN_TEMPLATE_PREFECT_H

#include "core/base/err.h"
#include "core/value/value.h"

enum tcn_prefect_kind {
    TCN_PREFECT_NONE,
    TCN_PREFECT_EVENT,
    TCN_PREFECT_AUTOMATION,
    TCN_PREFECT_FIRING,
    TCN_PREFECT_FLOW,
    TCN_PREFECT_FLOW_RUN,
    TCN_PREFECT_TASK_RUN,
    TCN_PREFECT_DEPLOYMENT,
    TCN_PREFECT_WORK_POOL,
    TCN_PREFECT_WORK_QUEUE,
    TCN_PREFECT_CONCURRENCY_LIMIT,
    TCN_PREFECT_STATE,
    TCN_PREFECT_RESOURCE, /* {label: value} */
    TCN_PREFECT_RELATED,  /* the same, with a role */
    TCN_PREFECT_LABELS,   /* the tree of dotted labels, from {label: value} */
};

/* "flow_run" to its kind; TCN_PREFECT_NONE for another word. Also "resource", "related",
 * "labels". */
enum tcn_prefect_kind tcn_prefect_kind_of(tcn_str name);

/* The object of that kind from plain values (dicts, lists, text). data that is not a
 * dict, and kind NONE, give data back. 0 or TCN_E_NOMEM. */
int tcn_prefect_object(enum tcn_prefect_kind kind, tcn_value data, tcn_arena *arena,
                       tcn_value *ret);
/* The same from JSON text, which must outlive the arena. */
int tcn_prefect_json(enum tcn_prefect_kind kind, tcn_str json, tcn_arena *arena,
                     tcn_value *ret, tcn_err *reterr);

#endif
