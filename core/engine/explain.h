/* SPDX-License-Identifier: Apache-2.0 */
/* explain.h - why an event counts for an automation or does not: every condition of every
 * trigger, what was counted so far, and what the event would do if it came now. For
 * people, and for programs that talk to them; nothing in the engine changes. */
#ifndef TCN_ENGINE_EXPLAIN_H
#define TCN_ENGINE_EXPLAIN_H

#include "core/engine/engine.h"

/* A new reference; NULL when out of memory. automation is one of the engine's. event
 * NULL: the state alone. now_us: the clock of the question; an engine at which nothing
 * happens stands behind it. Also within a step.
 *
 *     automation  {id, name, enabled}
 *     clock, lag  of the question; seconds by which events are late
 *     lag_event   id of the event that caused it, null before the first one
 *     event       {id, event, resource, occurred, is_known, waits_for}: is_known: its id
 *                 was seen in the last 30 minutes; waits_for: the leader it must wait for
 *     trigger     {path, type, ...}, with children under "triggers"
 *       event     posture, threshold, within, for_each, buckets (their number),
 *                 role of the event: counts, starts, starts and counts, none;
 *                 clauses [{clause, wants, has, passed}] in the words of the definition,
 *                 bucket {labels, count, start, end, last_event}, or null; bucket_after:
 *                 the same when the event has come. Without an event: some_buckets
 *       others    require, within, fired [{trigger, at}] as far as it still counts,
 *                 missing: places of children that must fire, of a sequence one after the
 *                 other, of a compound as many as are required; the same when the event
 *                 has come: fired_after, missing_after
 *     outcome     {fires, by, at, suppressed}: by is "event" or "absence"; null when
 *                 there are too many buckets to tell
 */
json_t *tcn_engine_explain(const tcn_engine *engine, const tcn_automation *automation,
                           const tcn_event *event, int64_t now_us);

#endif
