/* SPDX-License-Identifier: Apache-2.0 */
/* checksum.h - by what Prefect's clients find a block schema: a hash of its fields, which
 * both sides must compute alike. */
#ifndef TCN_BLOCK_CHECKSUM_H
#define TCN_BLOCK_CHECKSUM_H

#include <jansson.h>

#define TCN_CHECKSUM_TEXT 72 /* "sha256:", 64 digits and a NUL */

/* 0 or TCN_E_NOMEM. */
int tcn_block_checksum(const json_t *fields, char ret[TCN_CHECKSUM_TEXT]);

#endif
