/* SPDX-License-Identifier: Apache-2.0 */
/* play_scenario.h - a scenario: events, the passing of time, definitions and restarts, in
 * their order. Whatever is wrong with it ends the program. */
#ifndef TCN_TEST_PLAY_SCENARIO_H
#define TCN_TEST_PLAY_SCENARIO_H

#include <jansson.h>

#include "core/base/arena.h"
#include "core/event/event.h"

typedef enum op_kind {
    EVENT = 1,
    PASS, /* of time */
    DEFINE,
    RESTART,
} op_kind;

typedef struct op {
    op_kind kind;
    int64_t at_us;
    size_t event;              /* place in the events */
    const json_t *automations; /* borrowed */
} op;

typedef struct scenario {
    json_t *document;
    tcn_arena arena;
    tcn_event *events;
    size_t event_count;
    op *ops; /* the first one defines */
    size_t op_count;
} scenario;

/* Borrows document. */
void scenario_init(scenario *s, json_t *document);
void scenario_deinit(scenario *s);

/* Ends the program. */
_Noreturn void play_stop(const char *what);

#endif
