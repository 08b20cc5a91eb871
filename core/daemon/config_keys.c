/* SPDX-License-Identifier: Apache-2.0 */
/* config_keys.c - the table itself, in the order of the manual. */
#include "core/daemon/config_keys.h"

#include "core/base/compiler.h"
#include "core/base/datetime.h"
#include "core/daemon/config.h"

#define KIB        INT64_C(1024)
#define MIB        (1024 * KIB)
#define GIB        (1024 * MIB)
#define MS         TCN_MS_US
#define SECOND     TCN_SECOND_US
#define DAY        TCN_DAY_US
#define AT(member) offsetof(tcn_config, member)

/* clang-format off */
#define TEXT(name, member, dflt)                {name, TCN_CONFIG_TEXT, AT(member), 0, 4096, dflt, NULL}
#define LIST(name, member, dflt)                {name, TCN_CONFIG_LIST, AT(member), 0, 256, dflt, NULL}
#define INT(name, member, min, max, dflt)       {name, TCN_CONFIG_INT, AT(member), min, max, dflt, NULL}
#define SIZE(name, member, min, max, dflt)      {name, TCN_CONFIG_SIZE, AT(member), min, max, dflt, NULL}
#define DURATION(name, member, min, max, dflt)  {name, TCN_CONFIG_DURATION, AT(member), min, max, dflt, NULL}
#define CHOICE(name, member, choices, dflt)     {name, TCN_CONFIG_CHOICE, AT(member), 0, 0, dflt, choices}
#define FLAG(name, member, choices, dflt)       {name, TCN_CONFIG_FLAG, AT(member), 0, 0, dflt, choices}
#define DOCUMENT(name, member)                  {name, TCN_CONFIG_DOCUMENT, AT(member), 0, 0, NULL, NULL}
#define PINS(name, member)                      {name, TCN_CONFIG_PINS, AT(member), 0, 0, NULL, NULL}
#define LATER(name)                             {name, TCN_CONFIG_LATER, 0, 0, 0, NULL, NULL}
/* clang-format on */

static const char *const auth_modes[] = {"none", "keys", NULL};
static const char *const permissions[] = {"strict", "warn", NULL};
static const char *const copies[] = {"file", "memfd", NULL};
static const char *const privacy[] = {"deny", "allow", NULL};
static const char *const sync_modes[] = {"full", "normal", NULL};
/* In the order of enum tcn_log_format. */
static const char *const log_formats[] = {"auto", "journal", "text", "json", NULL};
/* In the order of syslog's numbers: those below error are not used. */
static const char *const log_levels[] = {"",       "",     "",      "error", "warning",
                                         "notice", "info", "debug", NULL};

/* Paths that depend on others (state_dir, store.path, automations_dir, blocks_dir) get
 * their defaults when the file was read. */
const tcn_config_key tcn_config_keys[] = {
    LIST("listen", listen, "127.0.0.1:4200 unix:/run/tocsin/api.sock"),
    TEXT("listen_file", listen_file, NULL),
    TEXT("public_url", public_url, NULL),
    LATER("tls.cert"),
    LATER("tls.key"),
    LATER("tls.client_ca"),
    FLAG("auth.mode", auth.is_none, auth_modes, "keys"),
    DOCUMENT("auth.keys", auth.keys),
    DOCUMENT("auth.basic", auth.basic),
    LIST("auth.allowed_hosts", auth.allowed_hosts, ""),
    LIST("auth.allowed_origins", auth.allowed_origins, ""),
    TEXT("state_dir", state_dir, NULL),
    TEXT("automations_dir", automations_dir, NULL),
    TEXT("blocks_dir", blocks_dir, NULL),
    LIST("plugins.dirs", plugins.dirs,
         "/usr/lib/tocsin/plugins /usr/local/lib/tocsin/plugins"),
    LIST("plugins.allow", plugins.allow, ""),
    PINS("plugins.sha256", plugins.sha256),
    FLAG("plugins.permissions", plugins.is_strict, permissions, "strict"),
    INT("plugins.max_generations", plugins.max_generations, 1, 10000, "32"),
    FLAG("plugins.copy", plugins.is_copy_file, copies, "memfd"),
    TEXT("store.path", store.path, NULL),
    FLAG("store.sync", store.is_full, sync_modes, "full"),
    INT("store.commit_events", store.commit_events, 1, 100000, "500"),
    DURATION("store.save_buckets", store.save_buckets_us, SECOND, DAY, "30s"),
    INT("store.save_events", store.save_events, 1, 100000000, "200000"),
    LATER("store.segment"),
    LATER("store.retain_events"),
    LATER("store.retain_history"),
    LATER("store.max_size"),
    LATER("store.min_free"),
    DOCUMENT("store.secret_key", store.secret_key),
    INT("engine.max_buckets", engine.max_buckets, 1, 100000000, "2000000"),
    INT("engine.max_waiting", engine.max_waiting, 1, 10000000, "100000"),
    INT("engine.remembered_ids", engine.remembered_ids, 1, 100000000, "5000000"),
    INT("actions.concurrency", actions.concurrency, 1, 10000, "64"),
    DURATION("actions.timeout", actions.timeout_us, 100 * MS, 3600 * SECOND, "30s"),
    DURATION("actions.deadline", actions.deadline_us, SECOND, 365 * DAY, "24h"),
    INT("actions.max_attempts", actions.max_attempts, 0, 1000000, "0"),
    INT("actions.concurrency_per_block", actions.concurrency_per_block, 1, 1000, "4"),
    INT("actions.max_outbox_per_block", actions.max_outbox_per_block, 1, 100000000,
        "100000"),
    INT("actions.max_outbox", actions.max_outbox, 1, 1000000000, "2000000"),
    LATER("actions.call_webhook_any_status"),
    LATER("actions.providers"),
    FLAG("outbound.private", outbound.is_private_denied, privacy, "allow"),
    LIST("outbound.allow", outbound.allow, ""),
    LATER("outbound.proxy"),
    LATER("outbound.no_proxy"),
    TEXT("outbound.ca_file", outbound.ca_file, NULL),
    LATER("outbound.tls_min"),
    LIST("blocks.test_hosts", blocks.test_hosts, ""),
    TEXT("blocks.image_base", blocks.image_base, NULL),
    SIZE("templates.source", templates.source, KIB, 16 * MIB, "256k"),
    SIZE("templates.output", templates.output, KIB, 64 * MIB, "1M"),
    SIZE("templates.heap", templates.heap, 64 * KIB, 4 * GIB, "32M"),
    INT("templates.steps", templates.steps, 1000, 1000000000000, "5000000"),
    INT("templates.depth", templates.depth, 1, 200, "100"),
    DURATION("templates.time", templates.time_us, 0, 10 * SECOND, "50ms"),
    INT("templates.for_loops", templates.for_loops, 1, 10000, "10"),
    INT("templates.for_depth", templates.for_depth, 1, 100, "2"),
    INT("templates.range", templates.range, 1, 1000000, "100"),
    INT("templates.cache", templates.cache, 1, 1000000, "4096"),
    SIZE("limits.event_size", limits.event_size, KIB, 64 * MIB, "1500000"),
    SIZE("limits.request_size", limits.request_size, KIB, GIB, "8M"),
    INT("limits.batch_events", limits.batch_events, 1, 100000, "1000"),
    INT("limits.json_depth", limits.json_depth, 4, 10000, "64"),
    INT("limits.json_strings", limits.json_strings, 16, 100000000, "1000000"),
    SIZE("limits.header_size", limits.header_size, KIB, MIB, "16k"),
    INT("limits.headers", limits.headers, 8, 1000, "64"),
    INT("limits.connections", limits.connections, 1, 1000000, "8192"),
    INT("limits.connections_per_address", limits.connections_per_address, 1, 1000000,
        "4096"),
    LATER("limits.websockets"),
    LATER("limits.ws_message_size"),
    LATER("limits.ws_ping"),
    DURATION("limits.header_timeout", limits.header_timeout_us, 100 * MS, DAY, "10s"),
    DURATION("limits.body_timeout", limits.body_timeout_us, 100 * MS, DAY, "30s"),
    DURATION("limits.idle_timeout", limits.idle_timeout_us, 100 * MS, DAY, "75s"),
    INT("limits.queue_events", limits.queue_events, 1, 10000000, "10000"),
    SIZE("limits.queue_bytes", limits.queue_bytes, KIB, 64 * GIB, "64M"),
    LATER("limits.subscriber_queue"),
    INT("limits.automations", limits.automations, 1, 10000000, "200000"),
    INT("limits.triggers_per_automation", limits.triggers_per_automation, 1, 100000,
        "2048"),
    INT("limits.trigger_depth", limits.trigger_depth, 1, 64, "16"),
    INT("limits.blocks", limits.blocks, 1, 4096, "4096"),
    INT("limits.firing_chain", limits.firing_chain, 1, 1000, "32"),
    INT("limits.firings_per_minute", limits.firings_per_minute, 0, 1000000000, "0"),
    DURATION("reload.drain_timeout", reload.drain_timeout_us, 0, 3600 * SECOND, "30s"),
    DURATION("stop.drain_timeout", stop.drain_timeout_us, 0, 3600 * SECOND, "20s"),
    CHOICE("log.format", log.format, log_formats, "auto"),
    CHOICE("log.level", log.level, log_levels, "info"),
    {"log.levels", TCN_CONFIG_LEVELS, AT(log), 0, 0, NULL, log_levels},
    LATER("metrics.enabled"),
    LATER("metrics.auth"),
    LATER("prefect.version"),
    LATER("prefect.api_url"),
    LATER("prefect.api_key"),
    LATER("sources"),
    LATER("hooks"),
};
const size_t tcn_config_key_count = TCN_COUNT(tcn_config_keys);
