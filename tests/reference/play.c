/* SPDX-License-Identifier: Apache-2.0 */
/* play.c - plays scenarios on the engine in several ways that must not differ: plainly;
 * saved and restored between all steps; with the events cut into other steps; with new
 * automations prepared while steps go on, or put and removed one by one; with pauses
 * wherever the engine can make one; and with crashes, after which a state that was saved
 * in slices, also in pauses, is restored and what came behind it is played again. A
 * scenario is a line of JSON on standard input; the answer is a line: {"firings":
 * [[at_us, automation, event or null, labels]]}, or {"error": text} when the ways differ
 * in any byte of any firing, ids included. */
#include <stdio.h>
#include <stdlib.h>

#include "player.h"

#define EVENTS_CUT 5 /* most events of a step */

static void play_with_pauses(player *p)
{
    p->patience = 1;
    for (size_t i = 0; i < p->scenario->op_count; i++)
        player_do(p, &p->scenario->ops[i]);
}

static void play_plainly(player *p)
{
    for (size_t i = 0; i < p->scenario->op_count; i++)
        player_do(p, &p->scenario->ops[i]);
}

static void play_with_restarts(player *p)
{
    for (size_t i = 0; i < p->scenario->op_count; i++) {
        player_do(p, &p->scenario->ops[i]);
        player_restart(p);
    }
}

static void play_in_other_cuts(player *p)
{
    const scenario *s = p->scenario;
    for (size_t i = 0; i < s->op_count; i++) {
        size_t count = 0;
        while (i + count < s->op_count && s->ops[i + count].kind == EVENT &&
               count < EVENTS_CUT && !player_one_in(p, EVENTS_CUT))
            count++;
        if (count > 1)
            player_take(p, s->ops[i].event, count);
        else
            player_do(p, &s->ops[i]);
        i += count > 1 ? count - 1 : 0;
    }
}

static void play_one_by_one(player *p)
{
    p->is_one_by_one = true;
    play_plainly(p);
}

static const struct {
    const char *name;
    void (*play)(player *p);
} ways[] = {{"plainly", play_plainly},
            {"with restarts", play_with_restarts},
            {"in other cuts", play_in_other_cuts},
            {"with renewals", play_with_renewals},
            {"one by one", play_one_by_one},
            {"with pauses", play_with_pauses},
            {"with crashes", play_with_crashes}};

/* In all ways; firings: of the first one, or NULL. */
static void play(const scenario *s, const tcn_engine_limits *limits, uint32_t seed,
                 json_t *firings, json_t *answer)
{
    player first;
    player_init(&first, s, limits, seed);
    first.firings = firings;
    ways[0].play(&first);
    player_trace_end(&first);
    for (size_t i = 1; i < TCN_COUNT(ways); i++) {
        player other;
        player_init(&other, s, limits, seed + (uint32_t)i);
        ways[i].play(&other);
        player_trace_end(&other);
        if (!tcn_str_eq(tcn_buf_str(&first.trace), tcn_buf_str(&other.trace)))
            json_object_set_new(answer, "error",
                                json_sprintf("played %s it differs, with %u buckets",
                                             ways[i].name, limits->max_buckets));
        player_deinit(&other);
    }
    player_deinit(&first);
}

/* Some scenarios also with room for a few buckets only, in which nobody else has a say.
 */
static json_t *answer_of(const scenario *s, uint32_t seed)
{
    tcn_engine_limits limits = tcn_engine_limits_default;
    json_t *answer = json_object();
    json_t *firings = json_array();
    play(s, &limits, seed, firings, answer);
    limits.max_buckets = 1 + seed / 4 % 8;
    if (seed % 4 == 0)
        play(s, &limits, seed, NULL, answer);
    json_object_set_new(answer, "firings", firings);
    return answer;
}

int main(void)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t len = getline(&line, &capacity, stdin);
    for (; len > 0; len = getline(&line, &capacity, stdin)) {
        scenario s;
        json_t *document = json_loadb(line, (size_t)len, 0, NULL);
        if (document == NULL)
            play_stop("a line is not JSON");
        scenario_init(&s, document);
        json_t *answer = answer_of(&s, (uint32_t)tcn_hash(line, (size_t)len, 1));
        json_dumpf(answer, stdout, JSON_COMPACT);
        (void)putchar('\n');
        (void)fflush(stdout);
        json_decref(answer);
        scenario_deinit(&s);
        json_decref(document);
    }
    free(line);
    return 0;
}
