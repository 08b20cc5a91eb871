/* SPDX-License-Identifier: Apache-2.0 */
/* options.c - a document of options becomes slots, one for each option of the table. A
 * slot that holds templates or secrets has one part for its text, or one for each entry
 * of a MAP. */
#include "core/option/options.h"

#include <stdio.h>
#include <strings.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/option/option_value.h"

#define ARENA_LIMIT ((size_t)16 << 20)

typedef struct slot {
    const tocsin_option *option;
    bool is_set;
    tcn_option_value value;
    tcn_option_source *parts; /* 1, or value.count of a MAP; NULL: plain */
    size_t part_count;
} slot;

struct tocsin_config {
    const tcn_options_table *table;
    const tcn_options_env *env;
    tcn_arena arena;
    slot *slots;
};

static bool has_flag(const tocsin_option *option, uint32_t flag)
{
    return (option->flags & flag) != 0;
}

static void part_free(tcn_option_source *part)
{
    tcn_option_template_free((tcn_option_template *)(uintptr_t)part->tpl);
    tcn_secret_free(part->secret);
}

void tcn_options_free(tocsin_config *config)
{
    if (config == NULL)
        return;
    for (size_t i = 0; config->slots != NULL && i < config->table->count; i++) {
        slot *s = &config->slots[i];
        for (size_t k = 0; k < s->part_count; k++)
            part_free(&s->parts[k]);
        tcn_free(s->parts);
    }
    tcn_free(config->slots);
    tcn_arena_deinit(&config->arena);
    tcn_free(config);
}

/* ---- reading a document ---- */

static int out_of_memory(tcn_err *reterr)
{
    return tcn_err_set(reterr, TCN_E_NOMEM, "out of memory");
}

/* Checks the value of a secret as it is now. Its bytes stay out of the error. */
static int check_secret(const tocsin_option *option, tcn_secret *secret, tcn_err *reterr)
{
    char *value = tcn_alloc(TCN_SECRET_MAX + 1);
    size_t len = 0;
    if (value == NULL)
        return out_of_memory(reterr);
    int rc = tcn_secret_read(secret, tcn_clock_mono_ms(), value, TCN_SECRET_MAX + 1, &len,
                             reterr);
    if (rc == 0)
        rc = tcn_option_text_check(option, tcn_str_of(value, len), reterr);
    tcn_secret_wipe(value, TCN_SECRET_MAX + 1);
    tcn_free(value);
    return rc;
}

/* A value that is a secret, a template, or both: a literal is compiled, a reference is
 * not. */
static int read_part(const tocsin_config *config, const tocsin_option *option,
                     const json_t *value, tcn_option_source *ret, tcn_err *reterr)
{
    int rc = 0;
    if (has_flag(option, TOCSIN_OPT_SECRET)) {
        rc = tcn_secret_new(value, &config->env->secrets, &ret->secret, reterr);
        if (rc == 0)
            rc = check_secret(option, ret->secret, reterr);
        if (rc < 0 || !has_flag(option, TOCSIN_OPT_TEMPLATE) ||
            !tcn_secret_is_literal(ret->secret))
            return rc;
    }
    tcn_option_template *tpl = NULL;
    if (option->type == TOCSIN_OPT_JSON)
        rc = tcn_option_template_json(&config->env->templates, value, &tpl, reterr);
    else
        rc = tcn_option_template_text(
            &config->env->templates,
            tcn_str_of(json_string_value(value), json_string_length(value)), &tpl,
            reterr);
    ret->tpl = tpl;
    return rc;
}

static int read_map_parts(const tocsin_config *config, slot *s, const json_t *value,
                          tcn_err *reterr)
{
    for (size_t i = 0; i < s->value.count; i++) {
        const char *name = s->value.map[i].name.ptr;
        s->part_count++;
        int rc = read_part(config, s->option, json_object_get(value, name), &s->parts[i],
                           reterr);
        if (rc < 0) {
            tcn_err_within(reterr, name);
            return rc;
        }
    }
    return 0;
}

static int read_list_parts(const tocsin_config *config, slot *s, const json_t *value,
                           tcn_err *reterr)
{
    for (size_t i = 0; i < s->value.count; i++) {
        s->part_count++;
        int rc =
            read_part(config, s->option, json_array_get(value, i), &s->parts[i], reterr);
        if (rc < 0) {
            char place[32];
            (void)snprintf(place, sizeof place, "[%zu]", i);
            tcn_err_within(reterr, place);
            return rc;
        }
    }
    return 0;
}

static int read_parts(const tocsin_config *config, slot *s, const json_t *value,
                      tcn_err *reterr)
{
    bool is_map = s->option->type == TOCSIN_OPT_MAP;
    bool is_list = s->option->type == TOCSIN_OPT_LIST;
    s->parts = tcn_alloc_array(s->value.count + 1, sizeof *s->parts);
    if (s->parts == NULL)
        return out_of_memory(reterr);
    if (is_map)
        return read_map_parts(config, s, value, reterr);
    if (is_list)
        return read_list_parts(config, s, value, reterr);
    s->part_count = 1;
    return read_part(config, s->option, value, &s->parts[0], reterr);
}

static int read_slot(tocsin_config *config, slot *s, const json_t *value, tcn_err *reterr)
{
    const tocsin_option *option = s->option;
    bool is_secret_text =
        has_flag(option, TOCSIN_OPT_SECRET) && option->type != TOCSIN_OPT_MAP;
    int rc = 0;
    if (!is_secret_text)
        rc = tcn_option_value_read(option, value, &config->arena, &s->value, reterr);
    if (rc == 0 && has_flag(option, TOCSIN_OPT_SECRET | TOCSIN_OPT_TEMPLATE))
        rc = read_parts(config, s, value, reterr);
    s->is_set = rc == 0;
    return rc;
}

static void add_problem(tcn_problems *problems, tcn_err *err, const char *key)
{
    tcn_err_within(err, key);
    tcn_err_within(err, "options");
    tcn_problems_add(problems, err);
}

static void read_option(tocsin_config *config, slot *s, const json_t *document,
                        tcn_problems *problems)
{
    const tocsin_option *option = s->option;
    tcn_err err = {0};
    const json_t *given = json_object_get(document, option->key);
    if (json_is_null(given))
        given = NULL;
    json_t *standard = given == NULL ? tcn_option_default(option) : NULL;
    if (given == NULL && standard == NULL) {
        if (has_flag(option, TOCSIN_OPT_REQUIRED)) {
            (void)tcn_err_set(&err, TCN_E_INVALID, "is required");
            add_problem(problems, &err, option->key);
        }
        return;
    }
    if (read_slot(config, s, given != NULL ? given : standard, &err) < 0) {
        add_problem(problems, &err, option->key);
    } else if (given != NULL && has_flag(option, TOCSIN_OPT_DEPRECATED)) {
        char field[96];
        (void)snprintf(field, sizeof field, "options.%s", option->key);
        (void)tcn_err_field(&err, TCN_E_INVALID, field, "is deprecated: %.200s",
                            option->doc);
        tcn_problems_warn(problems, &err);
    }
    json_decref(standard);
}

static const tocsin_option *find_option(const tcn_options_table *table, const char *key)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->options[i].key, key) == 0)
            return &table->options[i];
    return NULL;
}

static void refuse_unknown(const tcn_options_table *table, const char *key,
                           tcn_problems *problems)
{
    const char *names[65];
    size_t count = 0;
    for (; count < table->count && count < TCN_COUNT(names) - 1; count++)
        names[count] = table->options[count].key;
    names[count] = NULL;
    const char *near = tcn_str_nearest(tcn_str_c(key), names);
    tcn_err err = {0};
    if (near != NULL)
        (void)tcn_err_set(&err, TCN_E_INVALID,
                          "is not an option of %s (did you mean \"%s\"?)",
                          table->plugin_id, near);
    else
        (void)tcn_err_set(&err, TCN_E_INVALID, "is not an option of %s",
                          table->plugin_id);
    add_problem(problems, &err, key);
}

static void read_document(tocsin_config *config, const json_t *document,
                          tcn_problems *problems)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)document, key, value)
    {
        if (find_option(config->table, key) == NULL)
            refuse_unknown(config->table, key, problems);
    }
    for (size_t i = 0; i < config->table->count; i++) {
        config->slots[i].option = &config->table->options[i];
        read_option(config, &config->slots[i], document, problems);
    }
}

int tcn_options_new(const tcn_options_table *table, const tcn_options_env *env,
                    const json_t *document, tocsin_config **ret, tcn_problems *problems)
{
    size_t errors = problems->errors;
    if (document != NULL && !json_is_object(document)) {
        tcn_err err = {0};
        (void)tcn_err_field(&err, TCN_E_INVALID, "options", "must be a mapping");
        tcn_problems_add(problems, &err);
        return TCN_E_INVALID;
    }
    tocsin_config *config = tcn_alloc_zero(sizeof *config);
    if (config == NULL)
        return TCN_E_NOMEM;
    config->table = table;
    config->env = env;
    tcn_arena_init(&config->arena, ARENA_LIMIT);
    config->slots = tcn_alloc_array(table->count + 1, sizeof *config->slots);
    if (config->slots == NULL) {
        tcn_options_free(config);
        return TCN_E_NOMEM;
    }
    read_document(config, document, problems);
    if (problems->errors > errors) {
        tcn_options_free(config);
        return TCN_E_INVALID;
    }
    *ret = config;
    return 0;
}

/* ---- asking ---- */

static slot *find(const tocsin_config *config, const char *key)
{
    for (size_t i = 0; i < config->table->count; i++)
        if (strcmp(config->slots[i].option->key, key) == 0)
            return &config->slots[i];
    return NULL;
}

/* The slot of a plain option with one of the types in the bit set. */
static int32_t find_plain(const tocsin_config *config, const char *key, uint32_t types,
                          const slot **ret)
{
    const slot *s = find(config, key);
    if (s == NULL)
        return TOCSIN_E_NOT_FOUND;
    if ((types & (1u << s->option->type)) == 0)
        return TOCSIN_E_INVALID;
    if (has_flag(s->option, TOCSIN_OPT_SECRET) && s->option->type != TOCSIN_OPT_MAP)
        return TOCSIN_E_DENIED;
    if (!s->is_set)
        return TOCSIN_E_NOT_FOUND;
    *ret = s;
    return TOCSIN_OK;
}

int32_t tcn_options_str(const tocsin_config *config, const char *key, tocsin_str *ret)
{
    const slot *s = NULL;
    int32_t rc = find_plain(config, key,
                            1u << TOCSIN_OPT_STRING | 1u << TOCSIN_OPT_TEXT |
                                1u << TOCSIN_OPT_ENUM | 1u << TOCSIN_OPT_URL |
                                1u << TOCSIN_OPT_JSON,
                            &s);
    if (rc == TOCSIN_OK)
        *ret = (tocsin_str){s->value.text.ptr, s->value.text.len};
    return rc;
}

int32_t tcn_options_int(const tocsin_config *config, const char *key, int64_t *ret)
{
    const slot *s = NULL;
    int32_t rc = find_plain(config, key,
                            1u << TOCSIN_OPT_BOOL | 1u << TOCSIN_OPT_INT |
                                1u << TOCSIN_OPT_DURATION | 1u << TOCSIN_OPT_SIZE,
                            &s);
    if (rc == TOCSIN_OK)
        *ret = s->value.integer;
    return rc;
}

int32_t tcn_options_num(const tocsin_config *config, const char *key, double *ret)
{
    const slot *s = NULL;
    int32_t rc = find_plain(config, key, 1u << TOCSIN_OPT_NUMBER, &s);
    if (rc == TOCSIN_OK)
        *ret = s->value.number;
    return rc;
}

int32_t tcn_options_list(const tocsin_config *config, const char *key,
                         const tocsin_str **ret, uint64_t *ret_count)
{
    const slot *s = NULL;
    int32_t rc = find_plain(config, key, 1u << TOCSIN_OPT_LIST, &s);
    if (rc == TOCSIN_OK) {
        *ret = s->value.list;
        *ret_count = s->value.count;
    }
    return rc;
}

int32_t tcn_options_map(const tocsin_config *config, const char *key,
                        const tocsin_pair **ret, uint64_t *ret_count)
{
    const slot *s = NULL;
    int32_t rc = find_plain(config, key, 1u << TOCSIN_OPT_MAP, &s);
    if (rc == TOCSIN_OK) {
        *ret = s->value.map;
        *ret_count = s->value.count;
    }
    return rc;
}

/* The part of an option, of the entry sub of a MAP, or of the item sub of a LIST. */
static const tcn_option_source *find_part(const slot *s, const char *sub)
{
    int64_t index = 0;
    if (s->option->type == TOCSIN_OPT_LIST)
        return sub != NULL && s->part_count > 0 &&
                       tcn_str_int(tcn_str_c(sub), 0, (int64_t)s->part_count - 1, &index)
                   ? &s->parts[index]
                   : NULL;
    if (s->option->type != TOCSIN_OPT_MAP)
        return sub == NULL ? &s->parts[0] : NULL;
    for (size_t i = 0; sub != NULL && i < s->part_count; i++)
        if (strcmp(s->value.map[i].name.ptr, sub) == 0)
            return &s->parts[i];
    return NULL;
}

static int32_t find_flagged(const tocsin_config *config, const char *key, const char *sub,
                            uint32_t flag, const tcn_option_source **ret)
{
    const slot *s = find(config, key);
    if (s != NULL && !has_flag(s->option, flag))
        return TOCSIN_E_INVALID;
    *ret = s == NULL || !s->is_set ? NULL : find_part(s, sub);
    return *ret == NULL ? TOCSIN_E_NOT_FOUND : TOCSIN_OK;
}

int32_t tcn_options_secret(const tocsin_config *config, const char *key, const char *sub,
                           char *buf, size_t cap, size_t *ret_len)
{
    const tcn_option_source *part = NULL;
    int32_t found = find_flagged(config, key, sub, TOCSIN_OPT_SECRET, &part);
    if (found != TOCSIN_OK)
        return found;
    int rc = tcn_secret_read(part->secret, tcn_clock_mono_ms(), buf, cap, ret_len, NULL);
    return rc == 0 ? TOCSIN_OK : rc == TCN_E_LIMIT ? TOCSIN_E_LIMIT : TOCSIN_E_IO;
}

int32_t tcn_options_template(const tocsin_config *config, const char *key,
                             const char *sub, tcn_option_source *ret)
{
    const tcn_option_source *part = NULL;
    int32_t found = find_flagged(config, key, sub, TOCSIN_OPT_TEMPLATE, &part);
    if (found != TOCSIN_OK)
        return found;
    *ret = (tcn_option_source){.tpl = part->tpl,
                               .secret = part->tpl == NULL ? part->secret : NULL};
    return TOCSIN_OK;
}

static uint64_t hash_secret(tcn_secret *secret, uint64_t seed)
{
    char *value = tcn_alloc(TCN_SECRET_MAX + 1);
    size_t len = 0;
    if (value == NULL)
        return seed;
    uint64_t hash = seed;
    if (tcn_secret_read(secret, tcn_clock_mono_ms(), value, TCN_SECRET_MAX + 1, &len,
                        NULL) == 0)
        hash = tcn_hash(value, len, seed);
    tcn_secret_wipe(value, TCN_SECRET_MAX + 1);
    tcn_free(value);
    return hash;
}

static uint64_t hash_slot(const slot *s, uint64_t seed)
{
    uint64_t hash = tcn_hash(s->option->key, strlen(s->option->key), seed);
    hash = tcn_hash(s->value.text.ptr, s->value.text.len, hash);
    hash = tcn_hash(&s->value.integer, sizeof s->value.integer, hash);
    for (size_t i = 0; s->value.map != NULL && i < s->value.count; i++) {
        hash = tcn_hash(s->value.map[i].name.ptr, s->value.map[i].name.len, hash);
        hash = tcn_hash(s->value.map[i].value.ptr, s->value.map[i].value.len, hash);
    }
    for (size_t i = 0; s->value.list != NULL && i < s->value.count; i++)
        hash = tcn_hash(s->value.list[i].ptr, s->value.list[i].len, hash);
    for (size_t i = 0; i < s->part_count; i++)
        if (s->parts[i].secret != NULL)
            hash = hash_secret(s->parts[i].secret, hash);
    return hash;
}

uint64_t tcn_options_destination(const tocsin_config *config)
{
    const char *id = config->table->plugin_id;
    uint64_t hash = tcn_hash(id, strlen(id), 0);
    for (size_t i = 0; i < config->table->count; i++) {
        const slot *s = &config->slots[i];
        if (s->is_set && has_flag(s->option, TOCSIN_OPT_DESTINATION))
            hash = hash_slot(s, hash);
    }
    return hash;
}

int tcn_options_mask(const tocsin_config *config, tcn_str text, tcn_buf *out)
{
    tcn_buf now, next;
    tcn_buf_init(&now, out->limit);
    tcn_buf_init(&next, out->limit);
    int rc = tcn_buf_add_str(&now, text);
    for (size_t i = 0; rc == 0 && i < config->table->count; i++) {
        const slot *s = &config->slots[i];
        for (size_t k = 0; rc == 0 && k < s->part_count; k++) {
            if (s->parts[k].secret == NULL)
                continue;
            rc = tcn_secret_mask(s->parts[k].secret, tcn_buf_str(&now), &next);
            tcn_buf swap = now;
            now = next;
            next = swap;
            tcn_buf_reset(&next);
        }
    }
    if (rc == 0)
        rc = tcn_buf_add_str(out, tcn_buf_str(&now));
    tcn_buf_deinit(&now);
    tcn_buf_deinit(&next);
    return rc;
}

bool tcn_options_has_secret_url(const tocsin_config *config)
{
    for (size_t i = 0; i < config->table->count; i++) {
        const slot *s = &config->slots[i];
        if (s->is_set && s->option->type == TOCSIN_OPT_URL &&
            has_flag(s->option, TOCSIN_OPT_SECRET))
            return true;
    }
    return false;
}

static bool has_entry(const slot *s, tcn_str name)
{
    for (size_t i = 0; i < s->value.count; i++) {
        tocsin_str key = s->value.map[i].name;
        if (key.len == name.len && strncasecmp(key.ptr, name.ptr, name.len) == 0)
            return true;
    }
    return false;
}

bool tcn_options_is_secret_entry(const tocsin_config *config, tcn_str name)
{
    for (size_t i = 0; i < config->table->count; i++) {
        const slot *s = &config->slots[i];
        if (s->is_set && s->option->type == TOCSIN_OPT_MAP &&
            has_flag(s->option, TOCSIN_OPT_SECRET) && has_entry(s, name))
            return true;
    }
    return false;
}
