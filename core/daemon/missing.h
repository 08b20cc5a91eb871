/* SPDX-License-Identifier: Apache-2.0 */
/* missing.h - plugins that blocks of files need and that are not there. A folder that is
 * missing, or a file that is refused, is one fault, however many blocks wait for it. */
#ifndef TCN_DAEMON_MISSING_H
#define TCN_DAEMON_MISSING_H

#include "core/daemon/found.h"
#include "core/plugin/stage.h"

/* One problem for each plugin, at the first block that needs it, which names all of them;
 * the first problem says where plugins were searched. Before blocks are made
 * (tcn_definitions_block does not tell it again). [loop] */
void tcn_missing_tell(const tcn_stage *stage, const tcn_found *blocks,
                      tcn_problems *problems);

/* Is the plugin of this block one of those? */
bool tcn_missing_is(const tcn_stage *stage, const json_t *document);

#endif
