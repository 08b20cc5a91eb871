/* SPDX-License-Identifier: Apache-2.0 */
/* reload.h - configuration, plugins, blocks and automations are read anew, checked, built
 * beside what runs, and take its place in one swap; anything wrong, and nothing changes.
 * One run at a time; who asks meanwhile is served by one more. [loop] */
#ifndef TCN_DAEMON_RELOAD_H
#define TCN_DAEMON_RELOAD_H

#include <jansson.h>
#include <stdbool.h>

#include "core/base/err.h"
#include "core/daemon/kept.h"

typedef struct tcn_daemon tcn_daemon;
typedef struct tcn_reload tcn_reload;

typedef struct tcn_reload_request {
    bool is_plan;         /* tell what would change, and do nothing */
    bool waits_for_drain; /* answer when the old instances are gone, too */
    const char *trigger;  /* "signal", "api"; static */
    /* status: 200 done, 422 refused, 503 not now. document is borrowed: {"result",
     * "changes", "problems", ...}. Runs once; NULL: nobody wants to know. */
    void (*answer)(int status, json_t *document, void *ud);
    void *ud;
} tcn_reload_request;

int tcn_reload_new(tcn_daemon *daemon, tcn_reload **ret);
/* Begins a run, or waits for the next one. Negative: answer does not run. */
int tcn_reload_ask(tcn_reload *reload, const tcn_reload_request *request);
/* No more runs. One that is under way ends as failed, unless it is being committed; who
 * waits is answered. */
void tcn_reload_stop(tcn_reload *reload);
/* Is nothing under way? */
bool tcn_reload_is_idle(const tcn_reload *reload);
/* Does its thread hang in the constructor of a plugin? Then the registry of plugins must
 * not be closed. */
bool tcn_reload_is_stuck(const tcn_reload *reload);
/* Only when stopped. One that is stuck leaves its memory. */
void tcn_reload_close(tcn_reload *reload);

/* Takes over what is kept of the automations that are in force. */
void tcn_reload_keep(tcn_reload *reload, tcn_kept *kept);
/* The start counts as the first run. */
void tcn_reload_note(tcn_reload *reload, const char *result,
                     const tcn_problems *problems);

/* Of the last run: {"at", "trigger", "result", "took_ms", "changes", "problems"}; a new
 * reference, null before the first one. */
json_t *tcn_reload_status(const tcn_reload *reload);

#endif
