/* SPDX-License-Identifier: Apache-2.0 */
/* reload_int.h - the inside of a run: reload.c is the door and the order of the phases,
 * reload_build.c reads, checks and builds, reload_result.c says how it ended. */
#ifndef TCN_DAEMON_RELOAD_INT_H
#define TCN_DAEMON_RELOAD_INT_H

#include "core/daemon/helper.h"
#include "core/daemon/reload.h"
#include "core/daemon/settings.h"

enum tcn_reload_phase {
    TCN_RELOAD_IDLE,
    TCN_RELOAD_READING,    /* helper: configuration and blocks */
    TCN_RELOAD_LOADING,    /* helper: plugin files */
    TCN_RELOAD_BLOCKS,     /* slices: blocks are made */
    TCN_RELOAD_CHECKING,   /* helper: automations, and what changes */
    TCN_RELOAD_STARTING,   /* instances start */
    TCN_RELOAD_COMMITTING, /* the store has it */
    TCN_RELOAD_DISPOSING,  /* helper: the memory of the run */
};

/* One asker; in waiting, in the run, or waiting for the drain. */
typedef struct tcn_reload_asker {
    tcn_list link;
    tcn_reload_request request;
    json_t *document; /* what it will be answered when the drain is over */
} tcn_reload_asker;

/* One run. */
typedef struct tcn_reload_run {
    bool is_plan;
    const char *trigger;
    int64_t began_mono_us, began_at_us;
    tcn_config config;
    tcn_prepared prepared;
    tcn_definitions_limits limits;
    tcn_found blocks, objects; /* objects: automations as they stand in the files */
    tcn_automations automations;
    tcn_kept kept;        /* of these automations, or, after the swap, of those before */
    tcn_renewal *renewal; /* the same for the engine; NULL: nothing of it changes */
    char *automations_text, *blocks_text;
    tcn_buf packed; /* automations_text, for the log */
    uint64_t blocks_hash;
    tcn_change *change; /* that was committed: what it left over */
    bool is_change_out; /* the engine is not done with it */
    tcn_stage *stage;
    bool are_blocks_known; /* no block is wrong: actions may be checked against them */
    bool has_limits;       /* of the engine other ones */
    bool is_changed;       /* the list of automations */
    tcn_stage_counts plugin_files;
    size_t next;          /* object of the slice */
    size_t next_document; /* of the catalog */
    tcn_problems problems;
    json_t *changes, *notes;
} tcn_reload_run;

struct tcn_reload {
    tcn_daemon *daemon;
    tcn_helper *helper;
    enum tcn_reload_phase phase;
    bool is_stopping, is_closed;
    tcn_list waiting, asking, draining; /* of askers */
    tcn_reload_run run;
    uv_idle_t slice;
    uv_timer_t drain;
    unsigned open_handles;
    tcn_kept kept; /* of the automations in force */
    json_t *last;  /* status of the last run; NULL: there was none */
};

/* reload_build.c: the phases; each ends by calling the next one, or tcn_reload_end. */
void tcn_reload_read(tcn_reload *reload);
void tcn_reload_on_slice(uv_idle_t *idle);
void tcn_reload_run_deinit(tcn_reload_run *run);
/* What was built is undone on the loop, the rest of the run freed elsewhere. */
void tcn_reload_dispose(tcn_reload *reload, void (*done)(void *ud));

/* reload.c: all is checked and compared: starts the instances and commits. */
void tcn_reload_go_on(tcn_reload *reload);
/* The run is over: refused when it has problems, else result ("planned", "committed",
 * "unchanged"). */
void tcn_reload_end(tcn_reload *reload, const char *result);
void tcn_reload_complain(tcn_reload *reload, int code, const char *text);

/* reload_result.c. Everything about the run for the askers; NULL: out of memory. */
json_t *tcn_reload_document(const tcn_reload_run *run, const char *result);
/* Log lines, and what the service manager is told. */
void tcn_reload_tell(tcn_reload *reload, const char *result);
json_t *tcn_reload_last(const tcn_reload_run *run, const char *result);

#endif
