/* SPDX-License-Identifier: Apache-2.0 */
/* host.h - the table of services that plugins are given. */
#ifndef TCN_PLUGIN_HOST_H
#define TCN_PLUGIN_HOST_H

#include <tocsin/plugin.h>

/* Every service, filled in. */
void tcn_host_init(tocsin_host *host);
/* What a service tells of its failure; an error that stands there already stays. reterr:
 * the plugin's storage, or NULL. [any] */
void tcn_host_error(tocsin_error *reterr, int32_t code, const char *key,
                    const char *text);

#endif
