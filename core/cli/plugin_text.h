/* SPDX-License-Identifier: Apache-2.0 */
/* plugin_text.h - a plugin's description (core/kit/inspect.h) as text. */
#ifndef TCN_CLI_PLUGIN_TEXT_H
#define TCN_CLI_PLUGIN_TEXT_H

#include <jansson.h>

/* For a terminal. */
void tcn_plugin_text_print(const json_t *plugin);
/* As Markdown: docs/plugins/<id>.md. */
void tcn_plugin_text_page(const json_t *plugin);

#endif
