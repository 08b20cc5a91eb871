/* SPDX-License-Identifier: Apache-2.0 */
/* options.c - a document of options becomes slots, one for each option of the table. A
 * slot that holds templates or secrets has one part for its text, or one for each entry
 * of a MAP. */
#include "core/option/options_int.h"

#include <stdio.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"

#define ARENA_LIMIT ((size_t)16 << 20)

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
        tcn_option_slot *s = &config->slots[i];
        for (size_t k = 0; k < s->part_count; k++)
            part_free(&s->parts[k]);
        tcn_free(s->parts);
    }
    tcn_free(config->slots);
    tcn_arena_deinit(&config->arena);
    tcn_free(config);
}

/* Checks the value of a secret as it is now. Its bytes stay out of the error. */
static int check_secret(const tocsin_option *option, tcn_secret *secret, tcn_err *reterr)
{
    char *value = tcn_alloc(TCN_SECRET_MAX + 1);
    size_t len = 0;
    if (value == NULL)
        return tcn_err_no_memory(reterr);
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
    if (tcn_option_has(option, TOCSIN_OPT_SECRET)) {
        rc = tcn_secret_new(value, &config->env->secrets, &ret->secret, reterr);
        if (rc == 0)
            rc = check_secret(option, ret->secret, reterr);
        if (rc < 0 || !tcn_option_has(option, TOCSIN_OPT_TEMPLATE) ||
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

static int read_map_parts(const tocsin_config *config, tcn_option_slot *s,
                          const json_t *value, tcn_err *reterr)
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

static int read_list_parts(const tocsin_config *config, tcn_option_slot *s,
                           const json_t *value, tcn_err *reterr)
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

static int read_parts(const tocsin_config *config, tcn_option_slot *s,
                      const json_t *value, tcn_err *reterr)
{
    bool is_map = s->option->type == TOCSIN_OPT_MAP;
    bool is_list = s->option->type == TOCSIN_OPT_LIST;
    s->parts = tcn_alloc_array(s->value.count + 1, sizeof *s->parts);
    if (s->parts == NULL)
        return tcn_err_no_memory(reterr);
    if (is_map)
        return read_map_parts(config, s, value, reterr);
    if (is_list)
        return read_list_parts(config, s, value, reterr);
    s->part_count = 1;
    return read_part(config, s->option, value, &s->parts[0], reterr);
}

static int read_slot(tocsin_config *config, tcn_option_slot *s, const json_t *value,
                     tcn_err *reterr)
{
    const tocsin_option *option = s->option;
    bool is_secret_text =
        tcn_option_has(option, TOCSIN_OPT_SECRET) && option->type != TOCSIN_OPT_MAP;
    int rc = 0;
    if (!is_secret_text)
        rc = tcn_option_value_read(option, value, &config->arena, &s->value, reterr);
    if (rc == 0 && tcn_option_has(option, TOCSIN_OPT_SECRET | TOCSIN_OPT_TEMPLATE))
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

static void read_option(tocsin_config *config, tcn_option_slot *s, const json_t *document,
                        tcn_problems *problems)
{
    const tocsin_option *option = s->option;
    tcn_err err = {0};
    const json_t *given = json_object_get(document, option->key);
    if (json_is_null(given))
        given = NULL;
    json_t *standard = given == NULL ? tcn_option_default(option) : NULL;
    if (given == NULL && standard == NULL) {
        if (tcn_option_has(option, TOCSIN_OPT_REQUIRED)) {
            (void)tcn_err_set(&err, TCN_E_INVALID, "is required");
            add_problem(problems, &err, option->key);
        }
        return;
    }
    if (read_slot(config, s, given != NULL ? given : standard, &err) < 0) {
        add_problem(problems, &err, option->key);
    } else if (given != NULL && tcn_option_has(option, TOCSIN_OPT_DEPRECATED)) {
        char field[96];
        (void)snprintf(field, sizeof field, "options.%s", option->key);
        (void)tcn_err_field(&err, TCN_E_INVALID, field, "is deprecated: %.200s",
                            option->doc);
        tcn_problems_warn(problems, &err);
    }
    json_decref(standard);
}

const tocsin_option *tcn_options_find(const tcn_options_table *table, const char *key)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->options[i].key, key) == 0)
            return &table->options[i];
    return NULL;
}

bool tcn_is_host_key(const char *key)
{
    static const char *const host_keys[] = {
        "concurrency", "rate", "timeout", "deadline", "max_attempts", "fallback",
    };
    for (size_t i = 0; i < TCN_COUNT(host_keys); i++)
        if (strcmp(key, host_keys[i]) == 0)
            return true;
    return false;
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
    else if (tcn_is_host_key(key))
        (void)tcn_err_set(&err, TCN_E_INVALID,
                          "is not an option of %s but a key of the block: it stands "
                          "beside \"options\"",
                          table->plugin_id);
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
        if (tcn_options_find(config->table, key) == NULL)
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
