/* SPDX-License-Identifier: Apache-2.0 */
/* dispatcher.h - carries out queued actions: renders, sends, retries with back-off until
 * the deadline, and reports how each attempt ended. What a block is needed for that is
 * not there, or not ready, waits for it that long. It writes nothing itself: reports go
 * into the next step of the log, so a result and what follows from it are one
 * transaction. [loop] */
#ifndef TCN_ACTION_DISPATCHER_H
#define TCN_ACTION_DISPATCHER_H

#include <uv.h>

#include "core/base/list.h"
#include "core/base/log.h"
#include "core/event/event.h"
#include "core/plugin/plugins.h"
#include "core/store/outbox.h"

typedef struct tcn_dispatcher tcn_dispatcher;

/* How one attempt ended, with the events that it makes (action.triggered, then .executed
 * or .failed; none for a retry). Everything it points to is in arena. */
typedef struct tcn_report {
    tcn_list link; /* the receiver's */
    tcn_arena arena;
    tcn_outbox_result result;
    tcn_event events[2]; /* complete but for received and position; source holds the
                            encoded JSON */
    size_t event_count;
} tcn_report;
void tcn_report_free(tcn_report *report);

typedef struct tcn_dispatcher_options {
    uv_loop_t *loop;
    tcn_log *log;
    tcn_plugins *plugins;
    const char *ui_url;     /* base of the filter ui_url, copied; NULL: none */
    uint32_t concurrency;   /* deliveries in flight, all blocks together */
    uint32_t max_per_block; /* queued entries of one block; above: dead at once, cause
                               "full" */
    /* Takes the report over. It is recorded in the order in which reports come. */
    void (*report)(tcn_report *report, void *ud);
    void *ud;
    uint64_t seed; /* of the jitter in back-offs; 0: random */
    int64_t (*wall_us)(void), (*mono_us)(void); /* NULL: the kernel's clocks */
} tcn_dispatcher_options;

int tcn_dispatcher_new(const tcn_dispatcher_options *options, tcn_dispatcher **ret);
/* Takes the entries over. Those whose time has come are started on this turn of the loop;
 * of very many some hundred a turn. */
int tcn_dispatcher_take(tcn_dispatcher *dispatcher, tcn_outbox_entry **entries,
                        size_t count);
/* What a reload may change; ui_url as in the options. TCN_E_NOMEM: nothing changed. */
int tcn_dispatcher_limits_set(tcn_dispatcher *dispatcher, const char *ui_url,
                              uint32_t concurrency, uint32_t max_per_block);
/* Blocks came, went or changed: every lane looks at its own anew. */
void tcn_dispatcher_look(tcn_dispatcher *dispatcher);
/* By hand, for an action that waits: it is tried now (a pause of its destination stays),
 * or ends as failed. TCN_E_NOT_FOUND: it does not wait; TCN_E_BUSY: it is being carried
 * out; TCN_E_STATE: stopping. */
int tcn_dispatcher_hurry(tcn_dispatcher *dispatcher, uint64_t id);
int tcn_dispatcher_give_up(tcn_dispatcher *dispatcher, uint64_t id);
/* No new attempts; what is in flight goes on. */
void tcn_dispatcher_quiesce(tcn_dispatcher *dispatcher);
size_t tcn_dispatcher_in_flight(const tcn_dispatcher *dispatcher);
/* Cancels what is in flight without reporting it: it stays in the store's outbox. */
void tcn_dispatcher_close(tcn_dispatcher *dispatcher, void (*cb)(void *ud), void *ud);
/* Each block that actions are queued for and that is not among blocks; how many. */
void tcn_dispatcher_orphans(const tcn_dispatcher *dispatcher, const tcn_blocks *blocks,
                            void (*cb)(const char *block, size_t count, void *ud),
                            void *ud);
/* For status: one object a block: is it missing, queued, in flight, oldest, last error,
 * paused until. */
json_t *tcn_dispatcher_status(const tcn_dispatcher *dispatcher);

/* The actions that a firing queues, in order: actions, then actions_on_trigger. *ret
 * stands in arena and borrows from firing. */
int tcn_action_list(const tcn_firing *firing, int64_t default_deadline_us,
                    tcn_arena *arena, tcn_outbox_new **ret, size_t *ret_count);

/* Checks an action of an automation at load: fields, templates, that its block exists and
 * can do it (blocks NULL: they are not looked up). limits of templates, NULL: the
 * defaults. Problems carry paths such as "actions[0].body". */
int tcn_action_check(const json_t *action, const char *path, const tcn_blocks *blocks,
                     const tcn_tpl_limits *limits, tcn_problems *problems);

#endif
