/* SPDX-License-Identifier: Apache-2.0 */
/* config.c - reads tocsin.yaml by the table in config_keys.c. Goes on after a problem, so
 * that all of them are told at once. */
#include "core/daemon/config.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/alloc.h"
#include "core/base/datetime.h"
#include "core/daemon/config_check.h"
#include "core/daemon/config_keys.h"
#include "core/daemon/files.h"
#include "core/value/yaml.h"

#define FILE_MAX     ((size_t)4 << 20)
#define NAME_MAX_LEN 200
#define NAMES_MAX    128

typedef struct config_reader {
    tcn_config *config;
    const tcn_yaml *yaml;
    tcn_problems *problems;
} config_reader;

static void *place_of(tcn_config *config, const tcn_config_key *key)
{
    return (char *)config + key->offset;
}

static void complain(config_reader *reader, const char *path, int code, const char *text)
{
    tcn_err err = {0};
    tcn_err_field(&err, code, path, "%s", text);
    tcn_yaml_key_place(reader->yaml, path, &err.line, &err.column);
    tcn_err_source(&err, reader->config->path);
    tcn_problems_add(reader->problems, &err);
}

/* ---- values ---- */

static int set_text(char **place, const char *text)
{
    char *copy = tcn_strdup(text);
    if (copy == NULL)
        return TCN_E_NOMEM;
    tcn_free(*place);
    *place = copy;
    return 0;
}

static void empty_list(tcn_config_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        tcn_free(list->items[i]);
    tcn_free(list->items);
    *list = (tcn_config_list){0};
}

static int list_add(tcn_config_list *list, const char *ptr, size_t len)
{
    size_t capacity = list->count;
    int rc = tcn_grow((void **)&list->items, &capacity, list->count + 1, sizeof(char *));
    if (rc < 0)
        return rc;
    list->items[list->count] = tcn_strdup_n(ptr, len);
    return list->items[list->count++] == NULL ? TCN_E_NOMEM : 0;
}

static bool read_size(tcn_str text, int64_t max, int64_t *ret)
{
    int64_t unit = 1;
    if (text.len > 0) {
        char c = text.ptr[text.len - 1];
        unit = c == 'k'   ? 1024
               : c == 'M' ? 1024 * 1024
               : c == 'G' ? 1024 * 1024 * 1024
                          : 1;
        text.len -= unit > 1;
    }
    if (!tcn_str_int(text, 0, max / unit, ret))
        return false;
    *ret *= unit;
    return true;
}

static void say_bounds(const tcn_config_key *key, char *out, size_t size)
{
    if (key->kind == TCN_CONFIG_DURATION)
        snprintf(out, size,
                 "must be a duration between %gs and %gs, such as 500ms, 10s, 5m or 2h",
                 (double)key->min / 1e6, (double)key->max / 1e6);
    else if (key->kind == TCN_CONFIG_SIZE)
        snprintf(out, size,
                 "must be a size between %lld and %lld bytes, such as 64k, 8M or 1G",
                 (long long)key->min, (long long)key->max);
    else
        snprintf(out, size, "must be a whole number between %lld and %lld",
                 (long long)key->min, (long long)key->max);
}

/* A number as it stands in the file, or as text with a unit. */
static bool read_number(const tcn_config_key *key, tcn_str text, int64_t *ret)
{
    int64_t value = 0;
    bool is_read = false;
    if (key->kind == TCN_CONFIG_DURATION)
        is_read = tcn_duration_config(text, &value);
    else if (key->kind == TCN_CONFIG_SIZE)
        is_read = read_size(text, key->max, &value);
    else
        is_read = tcn_str_int(text, key->min, key->max, &value);
    if (!is_read || value < key->min || value > key->max)
        return false;
    *ret = value;
    return true;
}

static int choice_of(const tcn_config_key *key, const char *text)
{
    for (int i = 0; key->choices[i] != NULL; i++)
        if (text[0] != '\0' && strcmp(key->choices[i], text) == 0)
            return i;
    return -1;
}

static void say_choices(const tcn_config_key *key, char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "must be one of");
    for (size_t i = 0; key->choices[i] != NULL; i++)
        if (key->choices[i][0] != '\0' && used < size)
            used += (size_t)snprintf(out + used, size - used, " %s", key->choices[i]);
}

/* text: the value as written. NULL when it was taken, else what it must be. */
static const char *set_scalar(tcn_config *config, const tcn_config_key *key,
                              const char *text, char *why, size_t size)
{
    void *place = place_of(config, key);
    int choice;
    switch (key->kind) {
    case TCN_CONFIG_TEXT:
        if (text[0] == '\0' || strchr(text, '\n') != NULL ||
            strlen(text) > (size_t)key->max)
            return "must be one line of text";
        return set_text(place, text) < 0 ? "out of memory" : NULL;
    case TCN_CONFIG_INT:
    case TCN_CONFIG_SIZE:
    case TCN_CONFIG_DURATION:
        if (read_number(key, tcn_str_c(text), place))
            return NULL;
        say_bounds(key, why, size);
        return why;
    case TCN_CONFIG_CHOICE:
    case TCN_CONFIG_FLAG:
        choice = choice_of(key, text);
        if (choice < 0) {
            say_choices(key, why, size);
            return why;
        }
        if (key->kind == TCN_CONFIG_FLAG)
            *(bool *)place = choice == 0;
        else
            *(int *)place = choice;
        return NULL;
    case TCN_CONFIG_LIST:
    case TCN_CONFIG_DOCUMENT:
    case TCN_CONFIG_LEVELS:
    case TCN_CONFIG_PINS:
    case TCN_CONFIG_LATER:
        break;
    }
    return "must not be a single value";
}

static void read_list(config_reader *reader, const tcn_config_key *key,
                      const json_t *value)
{
    tcn_config_list *list = place_of(reader->config, key);
    if (!json_is_array(value) || json_array_size(value) > (size_t)key->max) {
        complain(reader, key->name, TCN_E_INVALID, "must be a list of texts");
        return;
    }
    empty_list(list);
    size_t i;
    const json_t *item;
    json_array_foreach(value, i, item)
    {
        char path[NAME_MAX_LEN];
        snprintf(path, sizeof path, "%s[%zu]", key->name, i);
        if (!json_is_string(item) || json_string_length(item) == 0)
            complain(reader, path, TCN_E_INVALID, "must be a text");
        else if (list_add(list, json_string_value(item), json_string_length(item)) < 0)
            complain(reader, path, TCN_E_NOMEM, "out of memory");
    }
}

static void read_levels(config_reader *reader, const tcn_config_key *key, json_t *value)
{
    tcn_config *config = reader->config;
    const char *component;
    json_t *level;
    if (!json_is_object(value)) {
        complain(reader, key->name, TCN_E_INVALID, "must be a map of component to level");
        return;
    }
    json_object_foreach(value, component, level)
    {
        char path[NAME_MAX_LEN], why[200];
        snprintf(path, sizeof path, "%s.%.100s", key->name, component);
        int choice =
            json_is_string(level) ? choice_of(key, json_string_value(level)) : -1;
        size_t capacity = config->log.level_count;
        if (choice < 0) {
            say_choices(key, why, sizeof why);
            complain(reader, path, TCN_E_INVALID, why);
            continue;
        }
        char *name = tcn_strdup(component);
        if (name == NULL ||
            tcn_grow((void **)&config->log.levels, &capacity, config->log.level_count + 1,
                     sizeof(tcn_config_level)) < 0) {
            complain(reader, path, TCN_E_NOMEM, "out of memory");
            tcn_free(name);
            return;
        }
        config->log.levels[config->log.level_count++] = (tcn_config_level){name, choice};
    }
}

static bool is_sha256(const json_t *value)
{
    const char *text = json_string_value(value);
    return text != NULL && strspn(text, "0123456789abcdefABCDEF") == 64 &&
           text[64] == '\0';
}

static void read_pins(config_reader *reader, const tcn_config_key *key, json_t *value)
{
    const char *name;
    json_t *list;
    if (!json_is_object(value)) {
        complain(reader, key->name, TCN_E_INVALID, "must be a map of plugin to SHA-256");
        return;
    }
    json_object_foreach(value, name, list)
    {
        char path[NAME_MAX_LEN];
        snprintf(path, sizeof path, "%s.%.100s", key->name, name);
        bool is_good = json_array_size(list) > 0;
        for (size_t i = 0; i < json_array_size(list); i++)
            is_good = is_good && is_sha256(json_array_get(list, i));
        if (!is_good)
            complain(reader, path, TCN_E_INVALID,
                     "must be a list of SHA-256, 64 hexadecimal digits each");
    }
    *(const json_t **)place_of(reader->config, key) = value;
}

static void read_scalar(config_reader *reader, const tcn_config_key *key,
                        const json_t *value)
{
    char text[64], why[300];
    const char *as_text = json_string_value(value);
    bool is_number = key->kind == TCN_CONFIG_INT || key->kind == TCN_CONFIG_SIZE ||
                     key->kind == TCN_CONFIG_DURATION;
    if (is_number && json_is_integer(value)) {
        snprintf(text, sizeof text, "%lld", (long long)json_integer_value(value));
        as_text = text;
    } else if (is_number && json_is_real(value)) {
        snprintf(text, sizeof text, "%.6f", json_real_value(value));
        as_text = text;
    }
    const char *wrong = as_text == NULL
                            ? is_number ? "must be a number" : "must be a text"
                            : set_scalar(reader->config, key, as_text, why, sizeof why);
    if (wrong != NULL)
        complain(reader, key->name, TCN_E_INVALID, wrong);
}

/* ---- keys ---- */

static const tcn_config_key *find_key(const char *path)
{
    for (size_t i = 0; i < tcn_config_key_count; i++)
        if (strcmp(tcn_config_keys[i].name, path) == 0)
            return &tcn_config_keys[i];
    return NULL;
}

static bool is_section(const char *path)
{
    size_t len = strlen(path);
    for (size_t i = 0; i < tcn_config_key_count; i++)
        if (strncmp(tcn_config_keys[i].name, path, len) == 0 &&
            tcn_config_keys[i].name[len] == '.')
            return true;
    return false;
}

/* Says which key of the same section may have been meant. */
static void complain_unknown(config_reader *reader, const char *section, const char *name,
                             const char *path)
{
    char names[NAMES_MAX][48];
    const char *candidates[NAMES_MAX + 1] = {0};
    size_t count = 0, skip = section[0] != '\0' ? strlen(section) + 1 : 0;
    for (size_t i = 0; i < tcn_config_key_count && count < NAMES_MAX; i++) {
        const char *key = tcn_config_keys[i].name;
        if (skip > 0 && (strncmp(key, section, skip - 1) != 0 || key[skip - 1] != '.'))
            continue;
        snprintf(names[count], sizeof names[count], "%.*s", (int)strcspn(key + skip, "."),
                 key + skip);
        candidates[count] = names[count];
        count++;
    }
    char text[300];
    const char *nearest = tcn_str_nearest(tcn_str_c(name), candidates);
    if (nearest != NULL)
        snprintf(text, sizeof text, "unknown key \"%.80s\", did you mean \"%s\"?", name,
                 nearest);
    else
        snprintf(text, sizeof text, "unknown key \"%.80s\"", name);
    tcn_err err = {0};
    tcn_err_set(&err, TCN_E_INVALID, "%s", text);
    tcn_yaml_key_place(reader->yaml, path, &err.line, &err.column);
    tcn_err_source(&err, reader->config->path);
    tcn_problems_add(reader->problems, &err);
}

static void read_key(config_reader *reader, const tcn_config_key *key, json_t *value)
{
    if (key->kind == TCN_CONFIG_LATER)
        complain(reader, key->name, TCN_E_UNSUPPORTED, "not built yet in this version");
    else if (key->kind == TCN_CONFIG_LIST)
        read_list(reader, key, value);
    else if (key->kind == TCN_CONFIG_LEVELS)
        read_levels(reader, key, value);
    else if (key->kind == TCN_CONFIG_PINS)
        read_pins(reader, key, value);
    else if (key->kind == TCN_CONFIG_DOCUMENT)
        *(const json_t **)place_of(reader->config, key) = value;
    else
        read_scalar(reader, key, value);
}

/* Sections are one level deep. */
static void read_section(config_reader *reader, const char *section, json_t *object)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        char path[NAME_MAX_LEN];
        snprintf(path, sizeof path, "%s%s%.150s", section, section[0] != '\0' ? "." : "",
                 name);
        const tcn_config_key *key = find_key(path);
        if (key != NULL)
            read_key(reader, key, value);
        else if (section[0] == '\0' && is_section(path) && json_is_object(value))
            read_section(reader, path, value);
        else if (section[0] == '\0' && is_section(path))
            complain(reader, path, TCN_E_INVALID, "must be a map of keys");
        else
            complain_unknown(reader, section, name, path);
    }
}

/* ---- the whole ---- */

static int set_defaults(tcn_config *config)
{
    char why[300];
    for (size_t i = 0; i < tcn_config_key_count; i++) {
        const tcn_config_key *key = &tcn_config_keys[i];
        tcn_str rest = tcn_str_c(key->dflt), part;
        if (key->dflt == NULL)
            continue;
        if (key->kind != TCN_CONFIG_LIST) {
            if (set_scalar(config, key, key->dflt, why, sizeof why) != NULL)
                return TCN_E_NOMEM;
            continue;
        }
        while (tcn_str_split(&rest, ' ', &part))
            if (list_add(place_of(config, key), part.ptr, part.len) < 0)
                return TCN_E_NOMEM;
    }
    return 0;
}

static int set_path(char **place, const char *dir, size_t dir_len, const char *name)
{
    if (*place != NULL)
        return 0;
    tcn_buf path;
    tcn_buf_init(&path, 8192);
    int rc = tcn_buf_printf(&path, "%.*s%s", (int)dir_len, dir, name);
    if (rc >= 0)
        *place = tcn_buf_take(&path, NULL);
    tcn_buf_deinit(&path);
    return rc;
}

/* What depends on other keys, or on where the file stands. */
static int set_paths(tcn_config *config)
{
    const char *slash = strrchr(config->path, '/');
    size_t beside = slash != NULL ? (size_t)(slash - config->path) + 1 : 0;
    const char *state = getenv("STATE_DIRECTORY");
    int rc = set_path(&config->automations_dir, config->path, beside, "automations.d");
    if (rc >= 0)
        rc = set_path(&config->blocks_dir, config->path, beside, "blocks.d");
    if (rc >= 0)
        rc = set_path(&config->state_dir, "", 0,
                      state != NULL ? state : "/var/lib/tocsin");
    if (rc >= 0)
        rc = set_path(&config->store.path, config->state_dir, strlen(config->state_dir),
                      "/tocsin.db");
    return rc;
}

static void read_file(config_reader *reader)
{
    tcn_err err = {0};
    tcn_buf text;
    tcn_buf_init(&text, FILE_MAX);
    int rc = tcn_file_read(reader->config->path, &text, &err);
    if (rc >= 0)
        rc = tcn_yaml_load(tcn_buf_str(&text), reader->config->path,
                           &reader->config->yaml, &err);
    tcn_buf_deinit(&text);
    if (rc < 0) {
        tcn_err_source(&err, reader->config->path);
        tcn_problems_add(reader->problems, &err);
        return;
    }
    reader->yaml = reader->config->yaml;
    json_t *root = tcn_yaml_root(reader->yaml);
    if (json_is_object(root))
        read_section(reader, "", root);
    else if (!json_is_null(root))
        complain(reader, "", TCN_E_INVALID, "must be a map of keys");
    tcn_config_check(reader->config, reader->problems);
}

int tcn_config_load(tcn_config *config, const char *path, tcn_problems *problems)
{
    *config = (tcn_config){0};
    size_t errors = problems->errors;
    config_reader reader = {.config = config, .problems = problems};
    int rc = set_text(&config->path, path);
    if (rc >= 0)
        rc = set_defaults(config);
    if (rc >= 0)
        read_file(&reader);
    if (rc >= 0)
        rc = set_paths(config);
    if (rc < 0) {
        tcn_err err = {0};
        tcn_err_set(&err, rc, "out of memory");
        tcn_problems_add(problems, &err);
    }
    return problems->errors > errors ? TCN_E_INVALID : 0;
}

void tcn_config_place(const tcn_config *config, tcn_problems *problems, size_t first)
{
    for (size_t i = first; i < problems->count && config->yaml != NULL; i++) {
        tcn_err *err = &problems->items[i].err;
        tcn_yaml_key_place(config->yaml, err->field, &err->line, &err->column);
        tcn_err_source(err, config->path);
    }
}

void tcn_config_deinit(tcn_config *config)
{
    for (size_t i = 0; i < tcn_config_key_count; i++) {
        const tcn_config_key *key = &tcn_config_keys[i];
        if (key->kind == TCN_CONFIG_TEXT)
            tcn_free(*(char **)place_of(config, key));
        else if (key->kind == TCN_CONFIG_LIST)
            empty_list(place_of(config, key));
    }
    for (size_t i = 0; i < config->log.level_count; i++)
        tcn_free(config->log.levels[i].component);
    tcn_free(config->log.levels);
    tcn_free(config->path);
    tcn_yaml_free(config->yaml);
    *config = (tcn_config){0};
}
