/* SPDX-License-Identifier: Apache-2.0 */
/* prefect_options.c - two steps: the document is judged by the fields of its type, with
 * the words of option tables; then each field becomes the option that map names, or the
 * one of its own name. */
#include "core/plugin/prefect_options.h"

#include <stdio.h>

#include "core/option/option_mask.h"
#include "core/option/option_value.h"
#include "core/option/options.h"

#define DEPTH_MAX 4 /* of references */

typedef struct maker {
    const tcn_plugin_file *file;
    const tcn_options_env *env;
    tcn_prefect_options *out;
    tcn_problems *problems;
    int status;
} maker;

static void complain(maker *m, const char *field, const char *text)
{
    char path[96];
    tcn_err err = {0};
    snprintf(path, sizeof path, "options.%s", field);
    (void)tcn_err_field(&err, TCN_E_INVALID, path, "%s", text);
    tcn_problems_add(m->problems, &err);
}

/* Takes value over. */
static void put(maker *m, json_t *object, const char *key, json_t *value)
{
    if (m->status == 0 && (value == NULL || json_object_set_new(object, key, value) < 0))
        m->status = TCN_E_NOMEM;
}

static bool has_option(const tcn_plugin_file *file, const char *key)
{
    return tcn_options_find(&file->options, key) != NULL;
}

/* ---- what the host understands for every type ---- */

static void read_severity(maker *m, const json_t *document)
{
    static const char *const names[] = {
        [TOCSIN_INFO] = "info",
        [TOCSIN_SUCCESS] = "success",
        [TOCSIN_WARNING] = "warning",
        [TOCSIN_FAILURE] = "failure",
    };
    const json_t *value = json_object_get(document, "notify_type");
    const char *text = json_string_value(value);
    if (value == NULL || json_is_null(value))
        return;
    for (uint32_t i = TOCSIN_INFO; text != NULL && i < TCN_COUNT(names); i++) {
        if (strcmp(names[i], text) == 0) {
            m->out->severity = i;
            return;
        }
    }
    complain(m, "notify_type", "must be one of info, success, warning, failure");
}

static void read_private(maker *m, const json_t *document)
{
    const json_t *value = json_object_get(document, "allow_private_urls");
    if (value != NULL && !json_is_null(value) && !json_is_boolean(value))
        complain(m, "allow_private_urls", "must be true or false");
    m->out->is_private_refused = json_is_false(value);
}

static bool is_own_field(const char *field)
{
    return strcmp(field, "notify_type") == 0 || strcmp(field, "allow_private_urls") == 0;
}

/* ---- fields ---- */

static const json_t *reference_of(const json_t *value)
{
    const json_t *reference = json_object_get(value, TCN_PREFECT_REFERENCE);
    return json_is_object(reference) ? reference : NULL;
}

/* The fields of the document that the type has, without references. Judged as options
 * are; the host's own keys are judged where they are read. */
static void judge(maker *m, const tcn_prefect_type *type, const json_t *document)
{
    json_t *known = json_object();
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)document, key, value)
    {
        if (tcn_options_find(&type->fields, key) != NULL && reference_of(value) == NULL &&
            !is_own_field(key))
            put(m, known, key, json_incref(value));
    }
    tocsin_config *judged = NULL;
    if (m->status == 0)
        (void)tcn_options_new(&type->fields, m->env, known, &judged, m->problems);
    tcn_options_free(judged);
    json_decref(known);
}

static const char *target_of(const tcn_prefect_type *type, const char *field)
{
    for (size_t i = 0; type->map != NULL && type->map[i] != NULL; i += 2)
        if (strcmp(type->map[i], field) == 0)
            return type->map[i + 1];
    return field;
}

static void merge_type(maker *m, const tcn_prefect_type *type, const json_t *document,
                       int depth);

/* The options of the document that a field refers to. */
static void merge_reference(maker *m, const char *field, const json_t *reference,
                            int depth)
{
    const char *slug = json_string_value(json_object_get(reference, "slug"));
    const tcn_prefect_type *type =
        slug == NULL ? NULL : tcn_prefect_types_find(&m->file->prefect, slug);
    char text[200];
    snprintf(text, sizeof text,
             "names a block of type \"%.60s\", which plugin %s does not serve",
             slug != NULL ? slug : "?", m->file->table.plugin.id);
    if (type == NULL)
        complain(m, field, text);
    else if (depth >= DEPTH_MAX)
        complain(m, field, "refers to a block that refers to others too deeply");
    else
        merge_type(m, type, json_object_get(reference, "data"), depth + 1);
}

static void merge_field(maker *m, const tcn_prefect_type *type,
                        const tocsin_option *field, const json_t *document)
{
    json_t *value = json_object_get(document, field->key);
    const char *target = target_of(type, field->key);
    if (reference_of(value) != NULL || is_own_field(field->key))
        return;
    json_t *given = value == NULL || json_is_null(value) ? tcn_option_default(field)
                                                         : json_incref(value);
    if (given == NULL)
        return;
    if (tcn_is_host_key(target))
        put(m, m->out->host, target, given);
    else if (has_option(m->file, target))
        put(m, m->out->options, target, given);
    else
        json_decref(given);
}

static void merge_set(maker *m, const tcn_prefect_type *type)
{
    for (size_t i = 0; type->set != NULL && type->set[i] != NULL; i += 2) {
        if (tcn_is_host_key(type->set[i]))
            put(m, m->out->host, type->set[i], json_string(type->set[i + 1]));
        for (size_t k = 0; k < m->file->options.count; k++) {
            tocsin_option option = m->file->options.options[k];
            option.dflt = type->set[i + 1];
            if (strcmp(option.key, type->set[i]) == 0)
                put(m, m->out->options, option.key, tcn_option_default(&option));
        }
    }
}

static void merge_type(maker *m, const tcn_prefect_type *type, const json_t *document,
                       int depth)
{
    judge(m, type, document);
    for (size_t i = 0; i < type->fields.count; i++) {
        const char *key = type->fields.options[i].key;
        const json_t *reference = reference_of(json_object_get(document, key));
        if (reference != NULL)
            merge_reference(m, key, reference, depth);
    }
    for (size_t i = 0; i < type->fields.count; i++)
        merge_field(m, type, &type->fields.options[i], document);
    merge_set(m, type);
}

/* ---- the whole ---- */

static json_t *list_of(const tcn_prefect_settings *settings)
{
    json_t *list = json_array();
    for (size_t i = 0; i < settings->test_host_count; i++)
        (void)json_array_append_new(list, json_string(settings->test_hosts[i]));
    return list;
}

/* Settings of the daemon reach a plugin as options, where it has such. */
static void merge_settings(maker *m, const tcn_prefect_settings *settings)
{
    if (settings->image_base != NULL && has_option(m->file, "image_base"))
        put(m, m->out->options, "image_base", json_string(settings->image_base));
    if (settings->test_host_count > 0 && has_option(m->file, "test_hosts"))
        put(m, m->out->options, "test_hosts", list_of(settings));
}

int tcn_prefect_options_make(const tcn_plugin_file *file, const tcn_prefect_type *type,
                             const json_t *document, const tcn_options_env *env,
                             const tcn_prefect_settings *settings,
                             tcn_prefect_options *ret, tcn_problems *problems)
{
    size_t errors = problems->errors;
    tcn_prefect_options out = {.options = json_object(), .host = json_object()};
    maker m = {.file = file, .env = env, .out = &out, .problems = problems};
    if (out.options == NULL || out.host == NULL)
        m.status = TCN_E_NOMEM;
    else if (document != NULL && !json_is_object(document))
        complain(&m, "", "must be a mapping");
    else {
        read_severity(&m, document);
        read_private(&m, document);
        merge_type(&m, type, document, 0);
        merge_settings(&m, settings);
    }
    if (m.status == 0 && problems->errors > errors)
        m.status = TCN_E_INVALID;
    if (m.status < 0)
        tcn_prefect_options_deinit(&out);
    else
        *ret = out;
    return m.status;
}

/* In place of a reference, which holds the other document, the name of the block. */
static json_t *shown_reference(const json_t *reference)
{
    return json_pack("{s:O?}", "block", json_object_get(reference, "name"));
}

json_t *tcn_prefect_shown(const tcn_prefect_type *type, const json_t *document)
{
    json_t *shown = tcn_options_shown(&type->fields, document);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)document, key, value)
    {
        const json_t *reference = reference_of(value);
        int rc = 0;
        if (reference != NULL)
            rc = json_object_set_new(shown, key, shown_reference(reference));
        else if (is_own_field(key))
            rc = json_object_set(shown, key, value);
        if (rc < 0) {
            json_decref(shown);
            return NULL;
        }
    }
    return shown;
}

void tcn_prefect_options_deinit(tcn_prefect_options *options)
{
    json_decref(options->options);
    json_decref(options->host);
    *options = (tcn_prefect_options){0};
}
