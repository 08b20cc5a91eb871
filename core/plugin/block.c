/* SPDX-License-Identifier: Apache-2.0 */
/* block.c - reads a block's document. The host's keys are options like those of plugins:
 * one table gives their types and bounds. */
#include "core/plugin/block.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/alloc.h"
#include "core/option/option_value.h"
#include "core/plugin/block_type.h"
#include "core/plugin/instance.h"
#include "core/plugin/rate.h"

#define NAME_BYTES 64

enum {
    KEY_CONCURRENCY,
    KEY_TIMEOUT,
    KEY_DEADLINE,
    KEY_ATTEMPTS,
    KEY_COUNT
};

static const tocsin_option host_keys[KEY_COUNT] = {
    [KEY_CONCURRENCY] = {"concurrency", NULL, "deliveries in flight", NULL,
                         TOCSIN_OPT_INT, 0, 1, 64},
    [KEY_TIMEOUT] = {"timeout", NULL, "of one attempt", NULL, TOCSIN_OPT_DURATION, 0, 100,
                     3600000},
    [KEY_DEADLINE] = {"deadline", NULL, "of all attempts", NULL, TOCSIN_OPT_DURATION, 0,
                      1000, INT64_C(30) * 86400000},
    [KEY_ATTEMPTS] = {"max_attempts", NULL, "0: no limit", NULL, TOCSIN_OPT_INT, 0, 0,
                      1000000},
};
static const char *const other_keys[] = {"name", "type", "options", "rate", "fallback"};

static void add_problem(tcn_problems *problems, const char *field, const char *text)
{
    tcn_err err = {0};
    (void)tcn_err_field(&err, TCN_E_INVALID, field, "%s", text);
    tcn_problems_add(problems, &err);
}

static bool is_one_of(const char *key, const char *const *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

static bool is_host_key(const char *key)
{
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (strcmp(key, host_keys[i].key) == 0)
            return true;
    return false;
}

static void refuse_key(const char *key, tcn_problems *problems)
{
    const char *names[KEY_COUNT + TCN_COUNT(other_keys) + 1] = {NULL};
    size_t count = 0;
    for (size_t i = 0; i < KEY_COUNT; i++)
        names[count++] = host_keys[i].key;
    for (size_t i = 0; i < TCN_COUNT(other_keys); i++)
        names[count++] = other_keys[i];
    char text[160];
    const char *near = tcn_str_nearest(tcn_str_c(key), names);
    if (near != NULL)
        (void)snprintf(text, sizeof text,
                       "is not a key of a block (did you mean \"%s\"?)", near);
    else
        (void)snprintf(
            text, sizeof text,
            "is not a key of a block; options of its type stand below \"options\"");
    add_problem(problems, key, text);
}

static void check_keys(const json_t *document, tcn_problems *problems)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)document, key, value)
    {
        if (!is_host_key(key) && !is_one_of(key, other_keys, TCN_COUNT(other_keys)))
            refuse_key(key, problems);
    }
}

static void read_host_key(tcn_block *block, size_t i, const json_t *document,
                          tcn_problems *problems)
{
    const json_t *value = json_object_get(document, host_keys[i].key);
    tcn_option_value read = {0};
    tcn_err err = {0};
    if (value == NULL)
        return;
    if (tcn_option_value_read(&host_keys[i], value, NULL, &read, &err) < 0) {
        tcn_err_within(&err, host_keys[i].key);
        tcn_problems_add(problems, &err);
        return;
    }
    if (i == KEY_CONCURRENCY)
        block->info.concurrency = (uint32_t)read.integer;
    else if (i == KEY_TIMEOUT)
        block->info.timeout_ms = (uint32_t)read.integer;
    else if (i == KEY_DEADLINE)
        block->info.deadline_ms = read.integer;
    else
        block->info.max_attempts = (uint32_t)read.integer;
}

static void read_rates(tcn_block *block, const json_t *document, tcn_problems *problems)
{
    const json_t *value = json_object_get(document, "rate");
    tcn_err err = {0};
    if (value == NULL)
        return;
    block->has_rates = true;
    if (tcn_rates_read(value, &block->info.rates, &err) < 0) {
        tcn_err_within(&err, "rate");
        tcn_problems_add(problems, &err);
    }
}

static bool is_name(tcn_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return name.len > 0 && name.len <= NAME_BYTES;
}

/* UUIDv5 of ("block", name), so that a renamed block is a new one. */
static int name_set(tcn_block *block, tcn_str name)
{
    block->info.id = tcn_uuid_v5_named("block", name);
    (void)tcn_uuid_format(&block->info.id, block->id_text);
    block->name = tcn_strdup_n(name.ptr, name.len);
    block->info.name = block->name;
    return block->name == NULL ? TCN_E_NOMEM : 0;
}

static int read_name(tcn_block *block, const json_t *document, tcn_problems *problems)
{
    const json_t *value = json_object_get(document, "name");
    tcn_str name = {json_string_value(value), json_string_length(value)};
    if (value != NULL && is_name(name))
        return name_set(block, name);
    add_problem(problems, "name",
                value == NULL ? "is required"
                              : "must be 1 to 64 characters of a-z, 0-9 and -");
    return TCN_E_INVALID;
}

/* What the instance is made of, as one number: the same options make the same instance.
 * Order of keys does not count. What the host does for the instance is part of it. */
static int digest_set(tcn_block *block)
{
    json_t *all =
        json_pack("[O?, b]", block->options, block->info.is_private_refused ? 1 : 0);
    char *text = all == NULL ? NULL : json_dumps(all, JSON_COMPACT | JSON_SORT_KEYS);
    size_t len = text == NULL ? 0 : strlen(text);
    unsigned size = sizeof block->digest;
    bool is_made = text != NULL &&
                   EVP_Digest(text, len, block->digest, &size, EVP_sha256(), NULL) == 1;
    json_decref(all);
    if (text != NULL)
        tcn_secret_wipe(text, len);
    free(text);
    return is_made ? 0 : TCN_E_NOMEM;
}

static int origin_set(tcn_block *block, const tcn_block_origin *origin)
{
    if (origin == NULL)
        return 0;
    block->info.is_api = origin->is_api;
    if (origin->source != NULL) {
        block->source = tcn_strdup(origin->source);
        if (block->source == NULL)
            return TCN_E_NOMEM;
        block->info.source = block->source;
    }
    if (origin->id != NULL)
        block->info.id = *origin->id;
    (void)tcn_uuid_format(&block->info.id, block->id_text);
    return 0;
}

/* Keys of the host: of the document, and those that fields of its type stand for. */
static void read_host_keys(tcn_block *block, const json_t *document,
                           tcn_problems *problems)
{
    for (size_t i = 0; i < KEY_COUNT; i++)
        read_host_key(block, i, document, problems);
}

static int read_document(const tcn_block_reader *reader, tcn_block *block,
                         const json_t *document, tcn_problems *problems)
{
    json_t *host = NULL;
    check_keys(document, problems);
    int named = read_name(block, document, problems);
    read_rates(block, document, problems);
    int rc = named == TCN_E_NOMEM ? named : origin_set(block, reader->origin);
    if (rc == 0)
        rc = tcn_block_fallback_read(block, document, problems);
    if (rc == 0)
        rc = tcn_block_type_set(reader, block, document, problems);
    if (rc == 0)
        rc = tcn_block_options_set(reader, block, document, &host, problems);
    read_host_keys(block, host, problems);
    read_host_keys(block, document, problems);
    json_decref(host);
    if (rc == 0)
        rc = digest_set(block);
    return rc == 0 ? named : rc;
}

/* The rest of the document is wrong; what else is? */
static void check_options(const tcn_block_reader *reader, const tcn_block *block,
                          tcn_problems *problems)
{
    tocsin_config *config = NULL;
    if (block->file != NULL && block->options != NULL &&
        tcn_options_new(&block->file->options, reader->env, block->options, &config,
                        problems) == 0)
        tcn_options_free(config);
}

int tcn_block_read(const tcn_block_reader *reader, const json_t *document,
                   tcn_block **ret, tcn_problems *problems)
{
    size_t errors = problems->errors;
    if (!json_is_object(document)) {
        add_problem(problems, "", "a block must be a mapping");
        return TCN_E_INVALID;
    }
    tcn_block *block = tcn_alloc_zero(sizeof *block);
    if (block == NULL)
        return TCN_E_NOMEM;
    block->info = *reader->defaults;
    block->info.is_private_refused = reader->is_private_refused;
    block->stage = reader->stage;
    int rc = read_document(reader, block, document, problems);
    if (problems->errors > errors)
        check_options(reader, block, problems);
    if (rc < 0 || problems->errors > errors) {
        tcn_block_free(block);
        return rc < 0 ? rc : TCN_E_INVALID;
    }
    *ret = block;
    return 0;
}

bool tcn_block_has_use(const tcn_block *block)
{
    return block->file != NULL && (block->info.can_notify || block->info.can_act);
}

static bool is_same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool tcn_block_is_same(const tcn_block *a, const tcn_block *b)
{
    const tcn_block_info *x = &a->info, *y = &b->info;
    return is_same_text(x->source, y->source) && is_same_text(x->fallback, y->fallback) &&
           strcmp(a->name, b->name) == 0 && strcmp(a->type, b->type) == 0 &&
           strcmp(a->refusal, b->refusal) == 0 && x->severity == y->severity &&
           x->can_notify == y->can_notify && x->can_act == y->can_act &&
           x->concurrency == y->concurrency &&
           memcmp(&x->rates, &y->rates, sizeof x->rates) == 0 &&
           x->max_attempts == y->max_attempts && x->timeout_ms == y->timeout_ms &&
           x->deadline_ms == y->deadline_ms && json_equal(a->shown, b->shown) != 0;
}

void tcn_block_forget_options(tcn_block *block)
{
    json_decref(block->options);
    block->options = NULL;
}

static const tcn_options_env *env_of(const tcn_plugins *plugins, const tcn_block *block)
{
    return block->info.is_api ? &plugins->api_env : &plugins->env;
}

int tcn_block_configure(tcn_plugins *plugins, tcn_block *block, tcn_problems *problems)
{
    tocsin_config *config = NULL;
    int rc = tcn_options_new(&block->file->options, env_of(plugins, block),
                             block->options, &config, problems);
    if (rc < 0)
        return rc;
    block->info.destination = tcn_options_destination(config);
    return tcn_instance_new_own(plugins, block, config, &block->self);
}

void tcn_block_fail(tcn_block *block, const tcn_problems *problems)
{
    char text[sizeof block->last_error];
    const char *why = problems->count == 0
                          ? "out of memory"
                          : tcn_err_format(&problems->items[problems->count - 1].err,
                                           text, sizeof text);
    (void)snprintf(block->last_error, sizeof block->last_error, "%s", why);
}

void tcn_block_free(tcn_block *block)
{
    if (block == NULL)
        return;
    if (block->self != NULL)
        tcn_instance_leave(block->self, 0);
    json_decref(block->options);
    json_decref(block->shown);
    tcn_free(block->source);
    tcn_free(block->fallback);
    tcn_free(block->name);
    tcn_free(block->type);
    tcn_free(block);
}

const tcn_block_info *tcn_block_info_get(const tcn_block *block)
{
    return &block->info;
}

bool tcn_block_has_action(const tcn_block *block, tcn_str action)
{
    if (!block->info.can_act)
        return false;
    const tocsin_plugin *plugin = &block->file->table.plugin;
    for (uint32_t i = 0; i < plugin->action_count; i++)
        if (tcn_str_eq_c(action, plugin->actions[i].type))
            return true;
    return false;
}
