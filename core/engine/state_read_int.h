/* SPDX-License-Identifier: Apache-2.0 */
/* state_read_int.h - what the readers of records share. Each takes its part off
 * in->reader. */
#ifndef TCN_ENGINE_STATE_READ_INT_H
#define TCN_ENGINE_STATE_READ_INT_H

#include "core/engine/state_read.h"

/* Sets err and the engine's status; TCN_E_NOMEM. */
int tcn_state_no_memory(tcn_state_source *in);

/* ---- state_read_value.c ---- */
/* What is wrong makes the reader fail. */
tcn_uuid tcn_state_read_uuid(tcn_state_source *in);
int64_t tcn_state_read_time(tcn_state_source *in);
/* INT64_MIN: never. */
int64_t tcn_state_read_time_or_never(tcn_state_source *in);
bool tcn_state_read_bool(tcn_state_source *in);
uint16_t tcn_state_read_depth(tcn_state_source *in);
/* False: there is none. */
bool tcn_state_read_ref(tcn_state_source *in, tcn_event_ref *ret);
/* A number of things that take at least size bytes each. */
uint32_t tcn_state_read_count(tcn_state_source *in, size_t size);
/* In the step's arena; text is borrowed from the saved state. */
int tcn_state_read_labels(tcn_state_source *in, tcn_label **ret, uint32_t *ret_count);

/* ---- records, or the rest of one ---- */
int tcn_state_read_queue(tcn_state_source *in);
int tcn_state_read_follower(tcn_state_source *in);
int tcn_state_read_bucket(tcn_state_source *in);
int tcn_state_read_gone(tcn_state_source *in);
int tcn_state_read_fired(tcn_state_source *in);
int tcn_state_read_unit(tcn_state_source *in);
int tcn_state_read_away(tcn_state_source *in);

/* The unit whose place comes next, in force or away, or NULL. */
tcn_unit *tcn_state_read_rank(tcn_state_source *in);

#endif
