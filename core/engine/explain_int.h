/* SPDX-License-Identifier: Apache-2.0 */
/* explain_int.h - what the files of an explanation share: explain.c says what is there,
 * clauses.c holds an event against the conditions of one trigger, foresee.c lets the
 * event come to a second engine. */
#ifndef TCN_ENGINE_EXPLAIN_INT_H
#define TCN_ENGINE_EXPLAIN_INT_H

#include "core/engine/engine_int.h"
#include "core/engine/explain.h"

/* Values of JSON; NULL when out of memory, which the setters below take. */
json_t *tcn_explain_time(int64_t at_us);
json_t *tcn_explain_text(tcn_str text);
json_t *tcn_explain_uuid(const tcn_uuid *id);

typedef struct tcn_clauses {
    json_t *list;
    bool has_failed; /* for want of memory */
} tcn_clauses;
/* Adds the trigger's conditions to clauses, each with what the event has. bucket: the one
 * that the event belongs to, or NULL. */
void tcn_explain_clauses(const tcn_trigger *trigger, const tcn_event *event,
                         const tcn_bucket *bucket, tcn_clauses *clauses);
/* The event's name is one of expect (or expect is empty), one of after; name and
 * resources are of interest. */
bool tcn_explain_expects(const tcn_trigger *trigger, const tcn_event *event);
bool tcn_explain_starts(const tcn_trigger *trigger, const tcn_event *event);
bool tcn_explain_covers(const tcn_trigger *trigger, const tcn_event *event);

/* What would happen next: a second engine that holds the one automation, in the state
 * that it is in, has taken the event (NULL: none), and the time until something fires. */
typedef struct tcn_foresight {
    tcn_engine *engine; /* after the event; NULL: the automation is disabled */
    json_t *outcome;    /* owned; NULL: there is too much to try */
} tcn_foresight;
/* 0 or TCN_E_NOMEM. */
int tcn_foresee(const tcn_engine *engine, const tcn_unit *unit, const tcn_event *event,
                int64_t now_us, tcn_foresight *ret);
void tcn_foresight_deinit(tcn_foresight *foresight);

/* The bucket that the event belongs to; NULL: none. */
const tcn_bucket *tcn_explain_bucket(const tcn_engine *engine, const tcn_node *node,
                                     const tcn_event *event);

#endif
