/* SPDX-License-Identifier: Apache-2.0 */
/* notice.h - log lines for the events by which the engine tells of itself. Each has one
 * line, but thousands of automations may be suppressed in the same minute: only the first
 * ones of it are named, the others are one line when it is over. [loop] */
#ifndef TCN_INGEST_NOTICE_H
#define TCN_INGEST_NOTICE_H

#include "core/base/log.h"
#include "core/event/event.h"

#define TCN_NOTICE_NAMED 10 /* automations of a minute */

/* All zero at first. */
typedef struct tcn_notices {
    int64_t minute;      /* of the engine's clock, */
    uint64_t suppressed; /* and the automations that are suppressed in it */
} tcn_notices;

/* event: one that the engine emitted; most are of no interest here. */
void tcn_notices_say(tcn_notices *notices, tcn_log *log, const tcn_event *event);
/* The engine's clock has come so far: tells how many were not named in a minute that is
 * over. */
void tcn_notices_pass(tcn_notices *notices, tcn_log *log, int64_t clock_us);
/* Nothing more comes: the same for the minute under way. */
void tcn_notices_end(tcn_notices *notices, tcn_log *log);

#endif
