/* SPDX-License-Identifier: Apache-2.0 */
/* state_read.h - the records of a saved state (state_form.h), each put into an engine
 * that is being restored. */
#ifndef TCN_ENGINE_STATE_READ_H
#define TCN_ENGINE_STATE_READ_H

#include "core/base/arena.h"
#include "core/engine/engine_int.h"
#include "core/engine/state_form.h"

typedef struct tcn_state_follower {
    tcn_event *event;
    int64_t give_up_us;
    uint64_t sequence;
} tcn_state_follower;

typedef struct tcn_state_source {
    tcn_engine *engine;
    tcn_err *err;
    size_t record_at;  /* the record's place in the saved state */
    tcn_reader reader; /* of it */

    /* what the head says */
    tcn_engine_limits limits;
    uint64_t bucket_sequence, follower_sequence;
    uint32_t units, away, buckets, waiting, ids;

    size_t ids_to_skip; /* that were forgotten */
    size_t
        leaving; /* units that are away: until all is read they stand behind the others */

    /* buckets of which a later layer spoke: by sequence */
    tcn_table known;
    tcn_arena known_arena;
    bool is_first; /* the layer: none comes after it that would ask */

    tcn_state_follower *followers; /* they come in any order */
    size_t follower_count, follower_capacity, followers_put;
} tcn_state_source;

void tcn_state_source_deinit(tcn_state_source *in);

/* Reads a record of a kind below TCN_STATE_END. 0; TCN_E_CORRUPT and TCN_E_NOMEM say in
 * err what is wrong. Units need the head, everything else needs the units. */
int tcn_state_read(tcn_state_source *in, tcn_str record);
/* The units that are away take their place; those whose time is over by now are gone. */
void tcn_state_put_away(tcn_state_source *in);
/* The waiting events that were read, in their order. */
int tcn_state_put_followers(tcn_state_source *in);
/* Sets err. */
int tcn_state_corrupt(tcn_state_source *in, const char *what);

#endif
