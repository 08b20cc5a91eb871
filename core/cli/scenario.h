/* SPDX-License-Identifier: Apache-2.0 */
/* scenario.h - one scenario of a scenario file: automations, steps in virtual time, and
 * the firings that are expected. Runs on the engine of the daemon. */
#ifndef TCN_CLI_SCENARIO_H
#define TCN_CLI_SCENARIO_H

#include <jansson.h>

#include "core/base/arena.h"
#include "core/engine/engine.h"

/* Sees the engine just before it takes the event of a step; event NULL: at pause_at_us,
 * and at the end, with TCN_SCENARIO_END. What it would change must not last: the engine
 * goes on. */
#define TCN_SCENARIO_END INT64_MAX
typedef void (*tcn_scenario_look_fn)(const tcn_engine *engine, const tcn_event *event,
                                     int64_t at_us, void *ud);

typedef struct tcn_scenario_options {
    bool restarts_always;      /* save and restore the engine's state after every step */
    tcn_scenario_look_fn look; /* NULL: nobody looks */
    int64_t pause_at_us;       /* also at the instant before this one; INT64_MIN: no */
    void *ud;
} tcn_scenario_options;

/* A root firing, as far as an expectation may speak of it. */
typedef struct tcn_scenario_firing {
    int64_t at_us;
    tcn_str automation;
    bool has_event;
    tcn_uuid event;
    const tcn_label *labels;
    uint32_t label_count;
    bool is_suppressed;
} tcn_scenario_firing;

typedef struct tcn_scenario {
    const json_t *document; /* borrowed */
    const char *name;       /* borrowed from the document */
    const tcn_scenario_options *options;
    tcn_arena arena; /* of everything below */
    tcn_scenario_firing *firings;
    size_t firing_count, firing_capacity;
} tcn_scenario;

/* Runs document, which is borrowed as long as *ret is. 0: it passed; 1: it failed, and
 * text says what differs; negative: it is wrong (problems, or TCN_E_NOMEM). *ret is to be
 * given to tcn_scenario_deinit in each case. */
int tcn_scenario_run(const json_t *document, const tcn_scenario_options *options,
                     tcn_scenario *ret, tcn_buf *text, tcn_problems *problems);
void tcn_scenario_deinit(tcn_scenario *scenario);

/* Runs document up to the last of its steps, without a comparison. */
int tcn_scenario_play(const json_t *document, const tcn_scenario_options *options,
                      tcn_scenario *ret, tcn_problems *problems);
/* Compares what happened with document's "expect"; differences, one a line, go to text. 0
 * or 1 as above. */
int tcn_scenario_compare(const tcn_scenario *scenario, const json_t *expect,
                         tcn_buf *text, tcn_problems *problems);

/* What is to be explained: why that automation fired or did not by that event, at that
 * time, or until the end. */
typedef struct tcn_scenario_question {
    tcn_str automation; /* its name */
    bool has_event, has_at;
    tcn_uuid event;
    int64_t at_us;
} tcn_scenario_question;
/* Plays the scenario once more and appends, indented, what the automation made of the
 * event when it came at that time, else how it stood then. */
void tcn_scenario_explain(const tcn_scenario *scenario,
                          const tcn_scenario_question *question, tcn_buf *text);

/* Refuses members of the object that are not known; path: what is in front of them. 0 or
 * TCN_E_INVALID. */
int tcn_scenario_check_keys(const json_t *object, const char *path,
                            const char *const *known, tcn_problems *problems);

/* Parses a list of definitions as a file's: ids follow from names. *ret is to be freed
 * with tcn_free, its items go to tcn_engine_define_own. path: for problems,
 * "automations". */
int tcn_scenario_automations(const json_t *list, const char *path, tcn_automation ***ret,
                             size_t *ret_count, tcn_problems *problems);

#endif
