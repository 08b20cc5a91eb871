/* SPDX-License-Identifier: Apache-2.0 */
/* option_mask.h - a document of options as it may be shown. */
#ifndef TCN_OPTION_OPTION_MASK_H
#define TCN_OPTION_OPTION_MASK_H

#include "core/option/options.h"

#define TCN_MASK "********"

/* A copy of document (NULL: an empty one) with every secret value as ********. A
 * reference ({credential: NAME}, ...) holds no secret and stays as it is. A new
 * reference; NULL when out of memory. */
json_t *tcn_options_shown(const tcn_options_table *table, const json_t *document);

#endif
