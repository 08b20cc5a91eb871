/* SPDX-License-Identifier: Apache-2.0 */
/* play_crashes.c - a state is saved in slices, also in pauses; after a crash it is
 * restored, and what came behind it is played again. */
#include "core/base/alloc.h"
#include "player.h"

static void save(player *p, saving *s, size_t next_op)
{
    if (!s->is_on && player_one_in(p, 3) &&
        tcn_engine_save_begin(p->engine, &s->is_whole) == 0) {
        tcn_buf_reset(&s->layer);
        s->is_on = true;
        s->layer_from = next_op;
        s->layer_trace_len = p->trace.len;
    }
    if (s->is_on)
        player_save_slice(p, s);
}

/* Restores the state and plays what came behind it again; false: it differs. */
static bool crash(player *p, saving *s, size_t next_op)
{
    player again = {.scenario = p->scenario};
    tcn_buf_init(&again.trace, SIZE_MAX / 2);
    tcn_buf_init(&again.emitted, SIZE_MAX / 2);
    tcn_buf_init(&again.saved, SIZE_MAX / 2);
    player_keep_layer(&again, &p->saved, true);
    player_restore(&again, tcn_buf_str(&p->saved));
    for (size_t i = s->from; i < next_op; i++)
        player_do(&again, &p->scenario->ops[i]);
    tcn_str was = tcn_str_of(p->trace.ptr + s->trace_len, p->trace.len - s->trace_len);
    bool is_same = tcn_str_eq(was, tcn_buf_str(&again.trace));
    tcn_engine_free(p->engine);
    p->engine = again.engine;
    tcn_buf_deinit(&again.trace);
    tcn_buf_deinit(&again.emitted);
    tcn_buf_deinit(&p->saved);
    p->saved = again.saved;
    s->is_on = false;
    s->is_there = false;
    return is_same;
}

void play_with_crashes(player *p)
{
    saving s = {.is_on = false};
    bool is_same = true;
    p->patience = 1;
    p->saving = &s;
    tcn_buf_init(&s.layer, SIZE_MAX / 2);
    for (size_t i = 0; is_same && i < p->scenario->op_count; i++) {
        save(p, &s, i);
        player_do(p, &p->scenario->ops[i]);
        if (s.is_there && player_one_in(p, 3))
            is_same = crash(p, &s, i + 1);
    }
    if (!is_same)
        (void)tcn_buf_add_c(&p->trace, "the log played again gives something else");
    tcn_buf_deinit(&s.layer);
}
