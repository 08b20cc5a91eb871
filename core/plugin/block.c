/* SPDX-License-Identifier: Apache-2.0 */
/* block.c - reads a block's document. The host's keys are options like those of plugins:
 * one table gives their types and bounds. */
#include "core/plugin/block.h"

#include <stdio.h>

#include "core/base/alloc.h"
#include "core/base/buf.h"
#include "core/plugin/instance.h"
#include "core/plugin/option_mask.h"
#include "core/plugin/option_value.h"
#include "core/plugin/worker.h"

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
static const char *const other_keys[] = {"name", "type", "options"};
static const char *const later_keys[] = {"rate", "fallback"};

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
    if (is_one_of(key, later_keys, TCN_COUNT(later_keys)))
        (void)snprintf(text, sizeof text, "is not built yet");
    else if (near != NULL)
        (void)snprintf(text, sizeof text,
                       "is not a key of a block (did you mean \"%s\"?)", near);
    else
        (void)snprintf(text, sizeof text, "is not a key of a block");
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
    tcn_buf key;
    tcn_buf_init(&key, 256);
    (void)tcn_buf_add_field(&key, TCN_STR("block"));
    (void)tcn_buf_add_field(&key, name);
    int rc = tcn_buf_status(&key);
    block->info.id = tcn_uuid_v5(key.ptr, key.len);
    (void)tcn_uuid_format(&block->info.id, block->id_text);
    tcn_buf_deinit(&key);
    block->name = tcn_strdup_n(name.ptr, name.len);
    block->info.name = block->name;
    return block->name == NULL ? TCN_E_NOMEM : rc;
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

static tcn_plugin_file *find_plugin(const tcn_plugins *plugins, const char *id)
{
    for (size_t i = 0; i < plugins->file_count; i++)
        if (strcmp(plugins->files[i]->table.plugin.id, id) == 0)
            return plugins->files[i];
    return NULL;
}

static void read_type(tcn_plugins *plugins, tcn_block *block, const json_t *document,
                      tcn_problems *problems)
{
    const char *type = json_string_value(json_object_get(document, "type"));
    char text[256];
    if (type == NULL) {
        add_problem(problems, "type", "is required: the id of a plugin");
    } else if (strncmp(type, "prefect.", 8) == 0) {
        add_problem(problems, "type", "Prefect's block types are not built yet");
    } else {
        block->file = find_plugin(plugins, type);
        (void)snprintf(text, sizeof text, "no plugin \"%.64s\" is loaded", type);
        if (block->file == NULL)
            add_problem(problems, "type", text);
    }
}

static void read_options(tcn_plugins *plugins, tcn_block *block, const json_t *document,
                         tocsin_config **ret, tcn_problems *problems)
{
    const tcn_plugin_file *file = block->file;
    if (file == NULL)
        return;
    block->type = tcn_strdup(json_string_value(json_object_get(document, "type")));
    block->shown =
        tcn_options_shown(&file->options, json_object_get(document, "options"));
    block->info.plugin_id = file->table.plugin.id;
    block->info.can_notify = file->table.can_notify;
    block->info.can_act = file->table.can_act;
    if (tcn_options_new(&file->options, &plugins->env,
                        json_object_get(document, "options"), ret, problems) == 0)
        block->info.destination = tcn_options_destination(*ret);
}

int tcn_block_new(tcn_plugins *plugins, const json_t *document, tcn_block **ret,
                  tcn_problems *problems)
{
    size_t errors = problems->errors;
    if (!json_is_object(document)) {
        add_problem(problems, "", "a block must be a mapping");
        return TCN_E_INVALID;
    }
    tocsin_config *config = NULL;
    tcn_block *block = tcn_alloc_zero(sizeof *block);
    if (block == NULL)
        return TCN_E_NOMEM;
    block->info = plugins->defaults;
    check_keys(document, problems);
    int rc = read_name(block, document, problems);
    for (size_t i = 0; i < KEY_COUNT; i++)
        read_host_key(block, i, document, problems);
    read_type(plugins, block, document, problems);
    read_options(plugins, block, document, &config, problems);
    if (problems->errors > errors || rc < 0 || config == NULL || block->type == NULL ||
        block->shown == NULL) {
        tcn_options_free(config);
        rc = problems->errors > errors ? TCN_E_INVALID : TCN_E_NOMEM;
    } else {
        rc = tcn_instance_new_own(plugins, block, config, &block->self);
    }
    if (rc < 0) {
        tcn_block_free(block);
        return rc;
    }
    *ret = block;
    return 0;
}

void tcn_block_free(tcn_block *block)
{
    if (block == NULL)
        return;
    if (block->self != NULL)
        tcn_instance_leave(block->self, 0);
    json_decref(block->shown);
    tcn_free(block->type);
    tcn_free(block->name);
    tcn_free(block);
}

const tcn_block_info *tcn_block_info_get(const tcn_block *block)
{
    return &block->info;
}

bool tcn_block_has_action(const tcn_block *block, tcn_str action)
{
    const tocsin_plugin *plugin = &block->file->table.plugin;
    for (uint32_t i = 0; block->info.can_act && i < plugin->action_count; i++)
        if (tcn_str_eq_c(action, plugin->actions[i].type))
            return true;
    return false;
}

json_t *tcn_block_status(const tcn_block *block)
{
    const tocsin_self *self = block->self;
    json_t *status =
        json_pack("{s:s, s:s, s:s, s:s, s:i}", "name", block->name, "id", block->id_text,
                  "plugin", block->info.plugin_id, "state", tcn_instance_state_name(self),
                  "in_flight", (int)self->in_flight);
    if (status != NULL && self->workers != NULL)
        (void)json_object_set_new(status, "workers", tcn_workers_status(self->workers));
    if (status != NULL && self->last_error[0] != '\0')
        (void)json_object_set_new(status, "last_error", json_string(self->last_error));
    return status;
}

static json_t *capabilities_json(const tcn_block_info *info)
{
    json_t *list = json_array();
    if (info->can_notify)
        (void)json_array_append_new(list, json_string("notify"));
    if (info->can_act)
        (void)json_array_append_new(list, json_string("action"));
    return list;
}

json_t *tcn_block_describe(const tcn_block *block)
{
    const tcn_block_info *info = &block->info;
    const tocsin_self *self = block->self;
    bool has_error = self->last_error[0] != '\0';
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s?, s:o, s:O, s:i, s:f, s:f, s:i}", "id",
        block->id_text, "name", block->name, "type", block->type, "plugin",
        info->plugin_id, "origin", "file", "state", tcn_instance_state_name(self),
        "last_error", has_error ? self->last_error : NULL, "capabilities",
        capabilities_json(info), "options", block->shown, "concurrency",
        (int)info->concurrency, "timeout", info->timeout_ms / 1e3, "deadline",
        (double)info->deadline_ms / 1e3, "max_attempts", (int)info->max_attempts);
}
