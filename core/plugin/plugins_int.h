/* SPDX-License-Identifier: Apache-2.0 */
/* plugins_int.h - the objects of the room, shared by its files: the registry, blocks, and
 * the host's side of an instance (tocsin_self). All of it belongs to the loop thread, but
 * for what stands behind a lock.
 *
 * A block is a name; its instance is what carries a delivery out; its file is the
 * generation of code that the instance runs. */
#ifndef TCN_PLUGIN_PLUGINS_INT_H
#define TCN_PLUGIN_PLUGINS_INT_H

#include "core/base/list.h"
#include "core/plugin/blocks.h"
#include "core/plugin/file.h"
#include "core/plugin/plugins.h"
#include "core/plugin/post.h"
#include "core/plugin/slot.h"

typedef struct tcn_workers tcn_workers;

/* Times of an instance's life. */
typedef struct tcn_plugin_times {
    uint32_t start_ms;  /* for start */
    uint32_t retry_ms;  /* from a failed start to the next try */
    uint32_t cancel_ms; /* from cancel to abandoned */
    uint32_t stop_ms;   /* for stop */
    uint32_t drain_ms;  /* for what is in flight in an instance that was replaced */
    uint32_t create_us; /* a warning above */
    uint32_t send_us;   /* a warning above */
} tcn_plugin_times;

enum tcn_instance_state {
    TCN_INSTANCE_NONE, /* not created */
    TCN_INSTANCE_CREATED,
    TCN_INSTANCE_STARTING, /* start is pending */
    TCN_INSTANCE_READY,
    TCN_INSTANCE_DRAINING, /* no new deliveries; those in flight end */
    TCN_INSTANCE_STOPPING, /* stop is pending */
    TCN_INSTANCE_ENDING,   /* the last exchanges end, then destroy */
    TCN_INSTANCE_FAILED,   /* did not start; destroyed; will be tried again */
    TCN_INSTANCE_GONE,     /* destroyed; freed when its last handle is closed */
    TCN_INSTANCE_STUCK,    /* stop never ended: its memory stays */
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
    enum tcn_instance_state state;
    bool is_leaving; /* destroy is the end: it is not tried again */
    tcn_list deliveries, abandoned;
    tcn_list timers, calls;
    uint32_t in_flight, abandoned_count, timer_count, call_count;
    uv_timer_t timer;    /* the limit of the state it is in */
    size_t handle_count; /* of libuv that are not closed yet */
    bool is_creating;    /* create is under way */
    bool is_unverified_told;
    char last_error[600];
    /* behind plugins->lock */
    int64_t log_second;
    uint32_t log_lines, log_dropped;
};

struct tcn_block {
    tcn_block_info info;
    char *name;
    char id_text[TCN_UUID_TEXT + 1];
    char *type;    /* as the document names it */
    json_t *shown; /* its options, secrets masked */
    tcn_plugin_file *file;
    tocsin_self *self; /* the current instance */
};

struct tcn_plugins {
    uv_loop_t *loop;
    tcn_log *log;
    tcn_client *client;
    const tcn_guard *guard;
    uv_thread_t thread; /* of the loop */
    tcn_plugin_times times;
    tcn_block_info defaults;
    tcn_options_env env;
    char *credentials_dir, *state_dir, *ui_url;
    char **dirs, **allow;
    size_t dir_count, allow_count;
    tcn_plugin_loader loader;
    tocsin_host host;
    uint32_t max_generations;
    tcn_list generations;    /* all code that was ever loaded, in that order */
    tcn_plugin_file **files; /* what the directories hold now */
    size_t file_count, file_capacity;
    tcn_blocks blocks;
    tcn_list instances; /* of blocks, and those that are leaving */
    tcn_slots slots;
    tcn_posts posts;
    uv_mutex_t lock;
    tcn_arena scratch; /* of one rendering */
    bool is_closing, is_finishing;
    bool *is_stuck; /* where to tell */
    void (*closed)(void *ud);
    void *ud;
};

/* [any] */
bool tcn_plugins_on_loop(const tcn_plugins *plugins);
/* An instance came to its end: the registry may be waiting for that to close. */
void tcn_plugins_settle(tcn_plugins *plugins);

#endif
