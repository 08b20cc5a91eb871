/* SPDX-License-Identifier: Apache-2.0 */
/* config.h - tocsin.yaml, checked and with every default filled in. Members mirror the
 * keys; times are in the unit of their name, sizes in bytes. Plain data: config.c owns
 * the reading. */
#ifndef TCN_DAEMON_CONFIG_H
#define TCN_DAEMON_CONFIG_H

#include <jansson.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/value/yaml.h"

typedef struct tcn_config_list {
    char **items;
    size_t count;
} tcn_config_list;

typedef struct tcn_config_level {
    char *component;
    int level; /* enum tcn_log_level */
} tcn_config_level;

typedef struct tcn_config {
    char *path;     /* of the file itself */
    tcn_yaml *yaml; /* what it says; NULL: nothing */
    tcn_config_list listen;
    char *listen_file; /* NULL: none */
    char *public_url;  /* NULL: http:// and the first address */
    char *state_dir, *automations_dir, *blocks_dir;
    struct {
        bool is_none;               /* auth.mode: none */
        const json_t *keys, *basic; /* borrowed from yaml; NULL: not there */
        tcn_config_list allowed_hosts, allowed_origins;
    } auth;
    struct {
        tcn_config_list dirs, allow;
        const json_t *sha256; /* borrowed from the file; NULL: none */
        bool is_strict;       /* plugins.permissions */
        bool is_copy_file;    /* plugins.copy */
        int64_t max_generations;
    } plugins;
    struct {
        char *path;
        bool is_full; /* store.sync */
        int64_t commit_events;
        int64_t save_buckets_us, save_events;
        const json_t *secret_key; /* as it is written; NULL: none */
    } store;
    struct {
        int64_t max_buckets, max_waiting, remembered_ids;
    } engine;
    struct {
        int64_t concurrency, concurrency_per_block, max_attempts, max_outbox_per_block,
            max_outbox;
        int64_t timeout_us, deadline_us;
    } actions;
    struct {
        bool is_private_denied; /* outbound.private, for blocks of the API */
        tcn_config_list allow;
        char *ca_file; /* NULL: the system's */
    } outbound;
    struct {
        tcn_config_list test_hosts;
        char *image_base; /* NULL: none */
    } blocks;
    struct {
        int64_t source, output, heap, steps, depth, time_us, for_loops, for_depth, range;
        int64_t cache;
    } templates;
    struct {
        int64_t event_size, request_size, batch_events, json_depth, json_strings;
        int64_t header_size, headers, connections, connections_per_address;
        int64_t header_timeout_us, body_timeout_us, idle_timeout_us;
        int64_t queue_events, queue_bytes;
        int64_t automations, blocks, triggers_per_automation, trigger_depth;
        int64_t firing_chain, firings_per_minute;
    } limits;
    struct {
        int64_t drain_timeout_us;
    } stop, reload;
    struct {
        int format; /* enum tcn_log_format */
        int level;  /* enum tcn_log_level */
        tcn_config_level *levels;
        size_t level_count;
    } log;
} tcn_config;

/* Reads the file over the defaults; automations_dir and blocks_dir stand beside it unless
 * it says otherwise. Every problem, with file:line:column, goes to problems; the
 * configuration is usable only when none of them is an error. */
int tcn_config_load(tcn_config *config, const char *path, tcn_problems *problems);
/* Adds what was noted from first on with its place in the file, found by its field. */
void tcn_config_place(const tcn_config *config, tcn_problems *problems, size_t first);
void tcn_config_deinit(tcn_config *config);
/* Makes config what next says, but for the keys that need a restart; next holds what was
 * replaced afterwards. */
void tcn_config_adopt(tcn_config *config, tcn_config *next);
/* The i-th key that needs a restart and of which next says something else than config;
 * NULL: there are no more. */
const char *tcn_config_kept_key(const tcn_config *config, const tcn_config *next,
                                size_t i);

#endif
