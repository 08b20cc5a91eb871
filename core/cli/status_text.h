/* SPDX-License-Identifier: Apache-2.0 */
/* status_text.h - the daemon's status as an operator wants to see it first. */
#ifndef TCN_CLI_STATUS_TEXT_H
#define TCN_CLI_STATUS_TEXT_H

#include <jansson.h>

/* To standard output. What the daemon knows of a block's queue is put into the block. */
void tcn_status_text_print(json_t *status);

#endif
