/* SPDX-License-Identifier: Apache-2.0 */
/* player.h - an engine to which a scenario happens, with a trace of everything that there
 * is to see of its firings. */
#ifndef TCN_TEST_PLAYER_H
#define TCN_TEST_PLAYER_H

#include "core/base/buf.h"
#include "core/engine/engine.h"
#include "play_scenario.h"

/* A layer that is saved in slices while steps go on, and when it is all there, what is
 * restored from it and those before. */
typedef struct saving {
    bool is_on, is_there, is_whole;
    size_t from;      /* the first operation that is not in what is restored, */
    size_t trace_len; /* before that one */
    size_t layer_from, layer_trace_len; /* the same of the layer */
    tcn_buf layer;
} saving;

typedef struct player {
    const scenario *scenario;
    tcn_engine *engine;
    uint64_t sequence;
    uint32_t seed;
    uint32_t patience;  /* of the engine, in a call */
    bool is_one_by_one; /* automations are put and removed alone, where that is enough */
    struct saving *saving; /* goes on in pauses; NULL: not */
    json_t *firings;       /* NULL: nobody asks for them */
    tcn_buf trace;         /* everything that there is to see of firings, in order */
    tcn_buf emitted;       /* ids of the events that the engine made, in order */
    tcn_buf saved;         /* layers of the state */
} player;

void player_init(player *p, const scenario *s, const tcn_engine_limits *limits,
                 uint32_t seed);
void player_deinit(player *p);
/* At random, but the same in every run. */
bool player_one_in(player *p, uint32_t n);

/* One operation. */
void player_do(player *p, const op *o);
/* Events first to first + count - 1 in one step. */
void player_take(player *p, size_t first, size_t count);
void player_pass(player *p, int64_t to_us);
tcn_automation *player_parse(const json_t *document);
/* Saved, and restored. */
void player_restart(player *p);
void player_restore(player *p, tcn_str state);
void player_keep_layer(player *p, const tcn_buf *layer, bool is_whole);
void player_save_slice(player *p, saving *s);
/* What there is to see at the end. */
void player_trace_end(player *p);

/* ---- ways of playing that have files of their own ---- */
void play_with_renewals(player *p);
void play_with_crashes(player *p);

#endif
