/* SPDX-License-Identifier: Apache-2.0 */
/* plugins.h - what the rest of the house sees of plugins: files that were let through the
 * gate, blocks (configured instances of them), and deliveries through blocks. [loop] */
#ifndef TCN_PLUGIN_PLUGINS_H
#define TCN_PLUGIN_PLUGINS_H

#include <jansson.h>
#include <uv.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/str.h"
#include "core/base/uuid.h"
#include "core/net/client.h"
#include "core/template/template.h"

typedef struct tcn_plugins tcn_plugins;
typedef struct tcn_blocks tcn_blocks; /* all blocks there are, or will be */
typedef struct tcn_block tcn_block;
typedef struct tcn_delivery tcn_delivery;

/* Takes an event in that a plugin made, as one from outside; depth: how many firings
 * stand before it. 0, TCN_E_BUSY, or another reason why not. [loop] */
typedef int (*tcn_plugins_emit_fn)(tcn_str event, uint16_t depth, void *ud);

typedef struct tcn_plugins_options {
    uv_loop_t *loop; /* NULL: only checks (tocsin check): blocks are not created */
    tcn_log *log;
    tcn_client *client; /* NULL as loop */
    const tcn_guard *
        guard; /* for plugins with sockets of their own; NULL: they may connect nowhere */
    const char *const *dirs; /* plugin directories, first one wins for a file name */
    size_t dir_count;
    const char *const *allow; /* ids; count 0: all */
    size_t allow_count;
    const json_t *sha256;      /* of allowed files: {id: [hex, ...]}; NULL, or without a
                                  plugin's id: any */
    bool is_permission_strict; /* refuse files that others own or can write; else warn */
    const char *credentials_dir; /* for {credential: NAME}; NULL: none */
    const char
        *state_dir; /* where a copy goes when memory files are not possible; or NULL */
    const char *probe_program;     /* static; that tries a plugin first; NULL: a fork */
    bool is_copy_file;             /* copies in named files, which debuggers find */
    bool is_api_private_refused;   /* private addresses, to blocks made through the API */
    uint32_t max_generations;      /* loaded code in all, kept until the process ends */
    const char *ui_url;            /* base of the filter ui_url; NULL: none */
    const char *image_base;        /* of icons in Prefect's messages; NULL: none */
    const char *const *test_hosts; /* that stand in for those of the real services */
    size_t test_host_count;
    uint32_t drain_ms; /* for what is in flight in a replaced instance */
    /* defaults of the host's keys of a block */
    uint32_t timeout_ms, concurrency, max_attempts;
    int64_t deadline_ms;
    tcn_tpl_limits templates;  /* all zero: the defaults */
    uint32_t cached_templates; /* of actions, most that are kept; 0: the default */
    /* Set by tcn_plugins_close when something of a plugin did not end: a thread of its
     * may still run, so log and guard must stay and the process end with _exit. Or NULL.
     */
    bool *is_stuck;
    tcn_plugins_emit_fn emit; /* NULL: plugins cannot emit */
    void *emit_ud;
} tcn_plugins_options;

typedef struct tcn_template_settings {
    tcn_tpl_limits limits;
    uint32_t cached;
} tcn_template_settings;

/* Options are copied. */
int tcn_plugins_new(const tcn_plugins_options *options, tcn_plugins **ret,
                    tcn_err *reterr);
/* The gate for one file; what is in order is loaded beside the others. A refused file is
 * a problem "plugin FILE: TEXT". Blocks: the daemon has stage.h. */
int tcn_plugins_load_file(tcn_plugins *plugins, const char *path, tcn_problems *problems);
/* Adds a block and starts it; as tcn_stage_block_add, but that a name that is taken is a
 * problem, and that a start that fails is tried again every 30 s. Until it has started,
 * tcn_block_send refuses. */
int tcn_plugins_block_add(tcn_plugins *plugins, const json_t *document,
                          tcn_problems *problems);

/* The limits of templates now: a reload may change them. Borrowed. */
const tcn_template_settings *tcn_plugins_templates(const tcn_plugins *plugins);
/* For the sockets of plugins from now on; borrowed. Afterwards no thread of a plugin's
 * looks at the one before. */
void tcn_plugins_guard_set(tcn_plugins *plugins, const tcn_guard *guard);
/* Instances that were replaced and are not gone; those that are stuck do not count. */
size_t tcn_plugins_leaving(const tcn_plugins *plugins);

/* Those that there are. */
const tcn_blocks *tcn_plugins_blocks(const tcn_plugins *plugins);
/* By name or by id (UUIDv5 of ("block", name), as text); NULL when unknown. Borrowed
 * until the blocks change. */
tcn_block *tcn_blocks_find(const tcn_blocks *blocks, tcn_str name_or_id);
#define TCN_LACK_TEXT 240
/* When none was found: "there is no block "hal", did you mean "hall"?". Returns out. */
const char *tcn_blocks_lack(const tcn_blocks *blocks, tcn_str name_or_id,
                            char out[TCN_LACK_TEXT]);
/* What actions may ask of them (names, ids, what each can do) as a number: with the same
 * one an action that was right is right. NULL: 0. */
uint64_t tcn_blocks_face(const tcn_blocks *blocks);
tcn_block *tcn_plugins_block(tcn_plugins *plugins, tcn_str name_or_id);
size_t tcn_plugins_block_count(const tcn_plugins *plugins);
/* In the order in which they were added. */
tcn_block *tcn_plugins_block_at(const tcn_plugins *plugins, size_t i);
/* Cancels what is in flight, stops and destroys every instance, frees everything, then cb
 * (which may be NULL). The code of plugins stays loaded. */
void tcn_plugins_close(tcn_plugins *plugins, void (*cb)(void *ud), void *ud);

/* For status: {"plugins": [...], "blocks": [...]}; a new reference. */
json_t *tcn_plugins_status(const tcn_plugins *plugins);

/* A token bucket: count tokens come in each period, evenly; it holds burst of them. */
typedef struct tcn_rate {
    uint32_t count, burst;
    int64_t period_us;
} tcn_rate;
#define TCN_RATES_MAX 4
typedef struct tcn_rates { /* each of them is kept; without padding */
    tcn_rate items[TCN_RATES_MAX];
    uint64_t count;
} tcn_rates;

/* Where a block comes from. */
typedef struct tcn_block_origin {
    bool is_api;
    bool is_lack_told;   /* if its plugin is not there, a problem says so already */
    const char *source;  /* a file's path, copied */
    const tcn_uuid *id;  /* NULL: it is made from the name */
    const char *refusal; /* why it cannot be used whatever its options are; or NULL */
    bool can_notify;     /* of a type that no plugin serves */
    const json_t *shown; /* what may be seen of its options; NULL: the type knows */
} tcn_block_origin;

/* Reads the file of crashes (crash.h), which need not be there. Instances that it shows
 * to have crashed the daemon again and again are not started: "quarantined". Before any
 * block is added. */
int tcn_plugins_quarantine_load(tcn_plugins *plugins, const char *path, tcn_err *reterr);
/* Empties the file, and starts them. 0 or TCN_E_IO: nothing changed. [loop] */
int tcn_plugins_quarantine_clear(tcn_plugins *plugins);
/* What each thread does in plugins, for handlers of signals: memory of count notes that
 * stays until the registry is closed. */
const struct tcn_note *tcn_plugins_notes(const tcn_plugins *plugins, size_t *ret_count);

typedef struct tcn_block_info {
    const char *name, *type, *plugin_id;
    tcn_uuid id;
    bool is_api;                        /* made through the API, not in a file */
    const char *source;                 /* the file it stands in; NULL: none */
    const char *refusal;                /* why it cannot be used; NULL: it can */
    uint32_t severity;                  /* of every message; 0: as the event says */
    bool is_private_refused;            /* private addresses are not connected to */
    bool can_notify, can_act;           /* capabilities */
    bool is_ready;                      /* started */
    uint32_t concurrency, max_attempts; /* max_attempts 0: none */
    uint32_t timeout_ms;
    int64_t deadline_ms;
    uint64_t destination; /* key under which pauses and rates are shared */
    tcn_rates rates;      /* its own key, else what the plugin set */
    const char *fallback; /* gets what this one cannot deliver; NULL: none */
} tcn_block_info;
const tcn_block_info *tcn_block_info_get(const tcn_block *block);
/* For people: {"id", "name", "type", "plugin", "origin", "state", "last_error",
 * "capabilities", "options" (secrets masked), "concurrency", "timeout", "deadline",
 * "max_attempts"}. A new reference; NULL when out of memory. */
json_t *tcn_block_describe(const tcn_block *block);
/* Does the block's plugin carry out that action type ("call-webhook")? */
bool tcn_block_has_action(const tcn_block *block, tcn_str action);

enum tcn_message_kind {
    TCN_MESSAGE_NOTIFY = 1,
    TCN_MESSAGE_ACTION = 2,
};
struct tcn_tpl_context; /* core/template: what templates of the block may name */
/* Where values stand in a rendered text; the rest is the template's own. In order,
 * without overlap. Not known: all of it counts as a value. */
typedef struct tcn_span {
    size_t from, len;
} tcn_span;
typedef struct tcn_spans {
    const tcn_span *items;
    size_t count;
    bool is_known;
} tcn_spans;
/* What is to be sent. Borrowed until the delivery is done. */
typedef struct tcn_message {
    enum tcn_message_kind kind;
    uint32_t severity; /* TOCSIN_INFO ... TOCSIN_FAILURE */
    uint32_t attempt;  /* 1 at first */
    uint32_t timeout_ms;
    uint16_t depth; /* of its firing */
    int64_t fired_at_ms;
    tcn_str invocation, action;
    tcn_str subject, body; /* NOTIFY, rendered */
    tcn_str payload;       /* ACTION, rendered */
    tcn_spans subject_values, body_values;
    tcn_str progress;
    tcn_str automation_id, automation_name, event_id, event_name;
    tcn_str event; /* the triggering event's JSON; empty: none */
    const struct tcn_tpl_context *context;
    struct tcn_recorder *recorder; /* record.h; NULL: nothing is recorded */
    bool is_test;
} tcn_message;

typedef struct tcn_delivery_result { /* valid in the callback only */
    uint32_t status, cause;          /* TOCSIN_DONE ..., TOCSIN_CAUSE_... */
    int32_t code;
    int64_t retry_after_ms; /* -1: not said */
    tcn_str reason, receipt, progress;
} tcn_delivery_result;
typedef void (*tcn_delivery_cb)(const tcn_delivery_result *result, void *ud);

/* Hands one attempt to the plugin. 0: cb runs exactly once, perhaps before this returns
 * (then *ret is NULL), also when the plugin overruns message->timeout_ms (canceled, 2 s
 * later abandoned: RETRY, cause timeout). TCN_E_STATE: the block is not ready;
 * TCN_E_NOMEM. ret may be NULL. */
int tcn_block_send(tcn_block *block, const tcn_message *message, tcn_delivery_cb cb,
                   void *ud, tcn_delivery **ret);
/* Its exchanges end; cb runs when the plugin is done with it, 2 s later at most. */
void tcn_delivery_cancel(tcn_delivery *delivery);

/* "network", "rate_limit", ... of TOCSIN_CAUSE_*. Static. */
const char *tcn_cause_name(uint32_t cause);

#endif
