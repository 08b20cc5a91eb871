/* SPDX-License-Identifier: Apache-2.0 */
/* references.h - blocks of files that refer to others of them: an option of one of
 * Prefect's types may be {block: NAME}, and its credentials just NAME. */
#ifndef TCN_DAEMON_REFERENCES_H
#define TCN_DAEMON_REFERENCES_H

#include <jansson.h>

#include "core/base/err.h"

/* Finds a block's document by name; NULL: there is none. */
typedef const json_t *(*tcn_reference_find_fn)(const char *name, void *ud);

/* The document with each reference replaced by what plugins understand
 * (core/plugin/prefect_options.h); a new reference, the very document where nothing is to
 * be replaced. A name that is not there is a problem; then, and when out of memory,
 * NULL. */
json_t *tcn_references_resolve(const json_t *document, tcn_reference_find_fn find,
                               void *ud, tcn_problems *problems);

#endif
