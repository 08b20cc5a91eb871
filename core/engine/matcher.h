/* SPDX-License-Identifier: Apache-2.0 */
/* matcher.h - the conditions of one event trigger in one block of memory, in the order in
 * which they are checked. Among 100,000 triggers the cost of a check is that of fetching
 * what it reads, and a definition lies scattered. Borrows nothing. */
#ifndef TCN_ENGINE_MATCHER_H
#define TCN_ENGINE_MATCHER_H

#include "core/engine/trigger.h"

typedef struct tcn_matcher tcn_matcher;

/* 0 or TCN_E_NOMEM. To be freed with tcn_free. */
int tcn_matcher_new(const tcn_trigger *trigger, tcn_matcher **ret);

bool tcn_matcher_expects(const tcn_matcher *matcher, tcn_str name);
bool tcn_matcher_starts_after(const tcn_matcher *matcher, tcn_str name);
/* The event is of interest: its name, its resource and its related resources. */
bool tcn_matcher_covers(const tcn_matcher *matcher, const tcn_event *event);

#endif
