/* SPDX-License-Identifier: Apache-2.0 */
/* settings.h - what a reload may change of the registry's options. */
#ifndef TCN_PLUGIN_SETTINGS_H
#define TCN_PLUGIN_SETTINGS_H

#include "core/plugin/plugins.h"
#include "core/plugin/prefect_options.h"

typedef struct tcn_plugin_settings {
    char **dirs, **allow;
    size_t dir_count, allow_count;
    json_t *sha256; /* {id: [hex, ...]}; NULL: any */
    bool is_permission_strict, is_api_private_refused;
    uint32_t max_generations, drain_ms;
    char *ui_url;     /* NULL: none */
    char *image_base; /* NULL: none */
    char **test_hosts;
    size_t test_host_count;
    tcn_prefect_settings prefect; /* of them */
    tcn_block_info defaults;      /* of the host's keys of a block */
    tcn_template_settings templates;
} tcn_plugin_settings;

int tcn_plugin_settings_new(const tcn_plugins_options *options,
                            tcn_plugin_settings **ret);
void tcn_plugin_settings_free(tcn_plugin_settings *settings);
/* Are there SHA-256 for the plugin, and this is none of them? */
bool tcn_plugin_settings_is_other(const tcn_plugin_settings *settings, const char *id,
                                  const char *sha256);
/* Is the plugin among those that are to be loaded? */
bool tcn_plugin_settings_allow(const tcn_plugin_settings *settings, const char *id);

#endif
