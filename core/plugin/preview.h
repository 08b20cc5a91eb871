/* SPDX-License-Identifier: Apache-2.0 */
/* preview.h - dry runs of plugins with connections of their own, by the extension
 * "tocsin.preview/1". [loop] */
#ifndef TCN_PLUGIN_PREVIEW_H
#define TCN_PLUGIN_PREVIEW_H

#include "core/plugin/plugins_int.h"

struct tcn_recorder;

/* Must a dry run through this instance go by its preview? What a plugin sends from its
 * own threads cannot be held back. */
bool tcn_preview_is_needed(const tocsin_self *self);
/* Records what the plugin says it would send. 0, or the plugin's code; E_UNSUPPORTED: it
 * has no preview. */
int32_t tcn_preview_run(const tocsin_self *self, const tocsin_message *message,
                        tocsin_delivery *handle, struct tcn_recorder *recorder);

#endif
