/* SPDX-License-Identifier: Apache-2.0 */
/* blocks.h - Block Kit blocks that the user wrote: their shape, and Slack's limits. */
#ifndef SLACK_BLOCKS_H
#define SLACK_BLOCKS_H

#include "slack.h"

/* What is wrong with the option's shape, whatever its templates give; NULL: nothing. A
 * list of blocks, or an object with that list as "blocks", as the Block Kit Builder
 * copies it. */
const char *blocks_mistake(tocsin_str source);

/* Appends the rendered blocks as a list. A text that is too long is cut; what else breaks
 * a limit is false with *end filled. */
bool blocks_add(tocsin_str rendered, tocsin_text *out, tocsin_ending *end);

#endif
