/* SPDX-License-Identifier: Apache-2.0 */
/* matcher.h - the conditions of one event trigger in one block of memory, in the order in
 * which they are checked. Among 100,000 triggers the cost of a check is that of fetching
 * what it reads, and a definition lies scattered. Borrows nothing. */
#ifndef TCN_ENGINE_MATCHER_H
#define TCN_ENGINE_MATCHER_H

#include "core/engine/trigger.h"

typedef struct tcn_matcher tcn_matcher;

/* What an event is to a trigger: nothing, or one or both of these. */
enum tcn_interest {
    TCN_EXPECTED = 1,
    TCN_STARTS_AFTER = 2,
};

/* Appends the matcher of the trigger, which is read where a uint64_t may stand. */
int tcn_matcher_write(const tcn_trigger *trigger, tcn_buf *out);

/* By its name, its resource and its related resources; 0: it is of no interest. A name
 * matches a pattern as a whole, `*` standing for any text; but it is of interest only
 * when it also begins with what one of all patterns says, `*` standing for at least one
 * character. So "job.*" by itself does not take "job.", and beside "job" it does. */
unsigned tcn_matcher_interest(const tcn_matcher *matcher, const tcn_event *event);

#endif
