/* SPDX-License-Identifier: Apache-2.0 */
/* secret_fields.h - which values of a block document are secret, by the paths that its
 * schema lists: "url", "creds.token", and "headers.*" for all that stands below. */
#ifndef TCN_BLOCK_SECRET_FIELDS_H
#define TCN_BLOCK_SECRET_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define TCN_SECRET_MASK "********"

/* In place: every secret that is not null becomes TCN_SECRET_MASK. 0 or TCN_E_NOMEM. */
int tcn_secret_fields_mask(json_t *data, const json_t *paths);
/* In place: where data has the mask, the value that old has at that place. What old does
 * not have stays a mask. 0 or TCN_E_NOMEM. */
int tcn_secret_fields_restore(json_t *data, const json_t *old, const json_t *paths);
/* The first path at which there is a mask, or NULL. */
const char *tcn_secret_fields_masked(const json_t *data, const json_t *paths);

#endif
