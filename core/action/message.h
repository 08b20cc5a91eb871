/* SPDX-License-Identifier: Apache-2.0 */
/* message.h - what a plugin is handed, from a queued action and its rendered texts. */
#ifndef TCN_ACTION_MESSAGE_H
#define TCN_ACTION_MESSAGE_H

#include "core/action/context.h"
#include "core/action/rendered.h"
#include "core/plugin/plugins.h"

/* Everything but attempt, timeout_ms and progress, which are the attempt's. Borrows from
 * all of them. */
void tcn_message_fill(tcn_message *message, const tcn_block_info *block,
                      const tcn_facts *facts, const tcn_rendered *rendered,
                      const tcn_context *context);

#endif
