/* SPDX-License-Identifier: Apache-2.0 */
/* plugins_int.h - the objects of the room, shared by its files: the registry, blocks, and
 * the host's side of an instance (tocsin_self). All of it belongs to the loop thread, but
 * for what stands behind a lock.
 *
 * A block is a name; its instance is what carries a delivery out; its file is the
 * generation of code that the instance runs. */
#ifndef TCN_PLUGIN_PLUGINS_INT_H
#define TCN_PLUGIN_PLUGINS_INT_H

#include "core/base/buf.h"
#include "core/base/list.h"
#include "core/gate/entries.h"
#include "core/plugin/blocks.h"
#include "core/plugin/note.h"
#include "core/plugin/plugins.h"
#include "core/plugin/post.h"
#include "core/plugin/settings.h"
#include "core/plugin/slot.h"
#include "core/plugin/stage.h"
#include "core/plugin/unwanted.h"

typedef struct tcn_workers tcn_workers;

/* Times of an instance's life. */
typedef struct tcn_plugin_times {
    uint32_t start_ms;  /* for start */
    uint32_t retry_ms;  /* from a failed start to the next try */
    uint32_t cancel_ms; /* from cancel to abandoned */
    uint32_t stop_ms;   /* for stop */
    uint32_t create_us; /* a warning above */
    uint32_t send_us;   /* a warning above */
} tcn_plugin_times;

enum tcn_instance_state {
    TCN_INSTANCE_NONE, /* not created */
    TCN_INSTANCE_CREATED,
    TCN_INSTANCE_STARTING, /* start is pending */
    TCN_INSTANCE_READY,
    TCN_INSTANCE_DRAINING,    /* no new deliveries; those in flight end */
    TCN_INSTANCE_STOPPING,    /* stop is pending */
    TCN_INSTANCE_ENDING,      /* the last exchanges end, then destroy */
    TCN_INSTANCE_FAILED,      /* did not start; destroyed; will be tried again */
    TCN_INSTANCE_GONE,        /* destroyed; freed when its last handle is closed */
    TCN_INSTANCE_STUCK,       /* stop never ended: its memory stays */
    TCN_INSTANCE_QUARANTINED, /* not created: it crashed the daemon */
};

/* One configured use of one generation of code. It outlives its block: when that gets a
 * new instance, or is gone, the old one ends what is in flight in a list of its own. */
struct tocsin_self {
    tcn_list link; /* in the registry's instances */
    tcn_plugins *plugins;
    tcn_block *block; /* whose current instance it is; NULL: it is leaving */
    char *name;       /* of the block */
    tcn_plugin_file *file;
    const tocsin_plugin *table; /* the file's */
    tocsin_config *config;
    tocsin_instance *instance; /* the plugin's */
    tcn_workers *workers;      /* NULL: send runs on the loop */
    uint32_t timeout_ms;       /* of exchanges that belong to no delivery */
    bool is_private_refused;   /* as the block says */
    enum tcn_instance_state state;
    bool is_leaving; /* destroy is the end: it is not tried again */
    tcn_list deliveries, abandoned;
    tcn_list timers, calls;
    uint32_t in_flight, abandoned_count, timer_count, call_count;
    uv_timer_t timer;    /* the limit of the state it is in */
    size_t handle_count; /* of libuv that are not closed yet */
    bool is_creating;    /* create is under way */
    tcn_rates rates;     /* that the plugin set */
    bool is_unverified_told;
    uint32_t stalls; /* calls that held the loop for too long */
    int64_t longest_stall_us;
    char last_error[600];
    char refusal[300]; /* of a request of the send that runs, or ran last; or empty */
    /* behind plugins->lock */
    int64_t log_second;
    uint32_t log_lines, log_dropped;
    int64_t emit_second;
    uint32_t emits;
};

struct tcn_block {
    tcn_block_info info;
    char *name, *type;
    char id_text[TCN_UUID_TEXT + 1];
    char *source;    /* of info */
    char *fallback;  /* of info */
    json_t *shown;   /* its options, secrets masked */
    json_t *options; /* as its plugin understands them, until it has them */
    const tcn_prefect_type *prefect; /* NULL: not one of Prefect's types */
    char refusal[300];               /* of info */
    uint8_t digest[TCN_SHA256];      /* of the options */
    tcn_plugin_file *file;           /* NULL: there is no such plugin */
    tocsin_self *self;               /* the current instance; NULL: none could be made */
    tcn_stage *stage;     /* it is being built; NULL: it is one of the blocks */
    tcn_block *heir_of;   /* whose instance it will take over; or NULL */
    bool has_rates;       /* of its own */
    char last_error[300]; /* why there is no instance */
};

/* The file of crashes as it was at the start. */
typedef struct tcn_quarantine {
    char *path; /* NULL: there is none */
    tcn_buf text;
} tcn_quarantine;

struct tcn_plugins {
    uv_loop_t *loop;
    tcn_log *log;
    tcn_client *client;
    const tcn_guard *guard; /* under lock, for threads of plugins ask it */
    uv_thread_t thread;     /* of the loop */
    tcn_plugin_times times;
    tcn_options_env env, api_env; /* of files, and of documents that clients made */
    char *credentials_dir, *state_dir;
    tcn_plugin_loader loader; /* what all stages have in common */
    tocsin_host host;
    tcn_plugin_settings *settings;
    tcn_list generations;       /* all code that was ever loaded, in that order */
    tcn_plugin_entries entries; /* what the directories hold */
    tcn_unwanted unwanted;      /* and what is left out */
    uint64_t revision;          /* of entries */
    json_t *refused;            /* what was not let through when they were last read */
    tcn_blocks blocks;
    tcn_list instances; /* of blocks, and those that are leaving */
    tcn_slots slots;
    tcn_posts posts;
    tcn_notes notes;
    tcn_quarantine quarantine;
    tcn_plugins_emit_fn emit; /* NULL: nothing is taken in */
    void *emit_ud;
    uv_mutex_t lock;
    tcn_arena scratch; /* of one rendering */
    tcn_stage *stage;  /* the open one; NULL: none */
    uv_timer_t stage_timer;
    unsigned open_handles; /* wake of posts, and the stage's timer */
    bool is_closing, is_finishing;
    bool *is_stuck; /* where to tell */
    void (*closed)(void *ud);
    void *ud;
};

/* [any] */
bool tcn_plugins_on_loop(const tcn_plugins *plugins);
/* What follows from settings becomes as they are now. */
void tcn_plugins_adopt_settings(tcn_plugins *plugins);
/* What the gate says of a file that it does not let through, for the status; all of that
 * of the last reading is forgotten. */
void tcn_plugins_refusal(tcn_plugins *plugins, const char *path, const char *text);
void tcn_plugins_refusals_forget(tcn_plugins *plugins);
/* An instance came to its end: the registry may be waiting for that to close. */
void tcn_plugins_settle(tcn_plugins *plugins);

#endif
