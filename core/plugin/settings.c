/* SPDX-License-Identifier: Apache-2.0 */
/* settings.c - copies of the options, so that the caller's may go. */
#include "core/plugin/settings.h"

#include <strings.h>

#include "core/base/alloc.h"

#define CACHED_TEMPLATES 4096

static void free_names(char **names, size_t count)
{
    for (size_t i = 0; names != NULL && i < count; i++)
        tcn_free(names[i]);
    tcn_free(names);
}

static int copy_names(const char *const *names, size_t count, char ***ret,
                      size_t *ret_count)
{
    char **copy = tcn_alloc_array(count + 1, sizeof *copy);
    if (copy == NULL)
        return TCN_E_NOMEM;
    for (size_t i = 0; i < count; i++) {
        copy[i] = tcn_strdup(names[i]);
        if (copy[i] == NULL) {
            free_names(copy, i);
            return TCN_E_NOMEM;
        }
    }
    *ret = copy;
    *ret_count = count;
    return 0;
}

static int copy_text(const char *text, char **ret)
{
    *ret = text == NULL ? NULL : tcn_strdup(text);
    return text != NULL && *ret == NULL ? TCN_E_NOMEM : 0;
}

static int copy_options(tcn_plugin_settings *settings, const tcn_plugins_options *options)
{
    int rc = copy_names(options->dirs, options->dir_count, &settings->dirs,
                        &settings->dir_count);
    if (rc == 0)
        rc = copy_names(options->allow, options->allow_count, &settings->allow,
                        &settings->allow_count);
    if (rc == 0)
        rc = copy_names(options->test_hosts, options->test_host_count,
                        &settings->test_hosts, &settings->test_host_count);
    if (rc == 0)
        rc = copy_text(options->ui_url, &settings->ui_url);
    if (rc == 0)
        rc = copy_text(options->image_base, &settings->image_base);
    settings->sha256 = json_deep_copy(options->sha256);
    if (rc == 0 && options->sha256 != NULL && settings->sha256 == NULL)
        rc = TCN_E_NOMEM;
    settings->prefect = (tcn_prefect_settings){
        .image_base = settings->image_base,
        .test_hosts = (const char *const *)settings->test_hosts,
        .test_host_count = settings->test_host_count,
    };
    return rc;
}

static tcn_template_settings template_settings(const tcn_plugins_options *options)
{
    tcn_template_settings settings = {
        .limits = options->templates,
        .cached = options->cached_templates,
    };
    if (settings.limits.source_bytes == 0)
        tcn_tpl_limits_default(&settings.limits);
    if (settings.cached == 0)
        settings.cached = CACHED_TEMPLATES;
    return settings;
}

int tcn_plugin_settings_new(const tcn_plugins_options *options, tcn_plugin_settings **ret)
{
    tcn_plugin_settings *settings = tcn_alloc_zero(sizeof *settings);
    if (settings == NULL)
        return TCN_E_NOMEM;
    settings->is_permission_strict = options->is_permission_strict;
    settings->is_api_private_refused = options->is_api_private_refused;
    settings->max_generations = options->max_generations;
    settings->drain_ms = options->drain_ms;
    settings->defaults = (tcn_block_info){
        .concurrency = options->concurrency,
        .timeout_ms = options->timeout_ms,
        .deadline_ms = options->deadline_ms,
        .max_attempts = options->max_attempts,
    };
    settings->templates = template_settings(options);
    int rc = copy_options(settings, options);
    if (rc < 0) {
        tcn_plugin_settings_free(settings);
        return rc;
    }
    *ret = settings;
    return 0;
}

void tcn_plugin_settings_free(tcn_plugin_settings *settings)
{
    if (settings == NULL)
        return;
    free_names(settings->dirs, settings->dir_count);
    free_names(settings->allow, settings->allow_count);
    free_names(settings->test_hosts, settings->test_host_count);
    json_decref(settings->sha256);
    tcn_free(settings->image_base);
    tcn_free(settings->ui_url);
    tcn_free(settings);
}

bool tcn_plugin_settings_is_other(const tcn_plugin_settings *settings, const char *id,
                                  const char *sha256)
{
    const json_t *list = json_object_get(settings->sha256, id);
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcasecmp(json_string_value(json_array_get(list, i)), sha256) == 0)
            return false;
    return list != NULL;
}

bool tcn_plugin_settings_allow(const tcn_plugin_settings *settings, const char *id)
{
    for (size_t i = 0; i < settings->allow_count; i++)
        if (strcmp(settings->allow[i], id) == 0)
            return true;
    return settings->allow_count == 0;
}
