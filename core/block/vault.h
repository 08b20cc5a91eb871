/* SPDX-License-Identifier: Apache-2.0 */
/* vault.h - a text that may hold secrets, in pages of its own: left out of core dumps and
 * forks, wiped when dropped. */
#ifndef TCN_BLOCK_VAULT_H
#define TCN_BLOCK_VAULT_H

#include <jansson.h>

#include "core/base/str.h"

typedef struct tcn_vault {
    char *ptr;
    size_t len, mapped;
} tcn_vault;

/* Replaces what is there. 0 or TCN_E_NOMEM, and then nothing changed. */
int tcn_vault_put(tcn_vault *vault, tcn_str text);
/* The same with the JSON of a document. */
int tcn_vault_put_json(tcn_vault *vault, const json_t *document);
/* Its text as a document, for as short as possible; a new reference, NULL when out of
 * memory or damaged. */
json_t *tcn_vault_json(const tcn_vault *vault);
void tcn_vault_drop(tcn_vault *vault);
static inline tcn_str tcn_vault_str(const tcn_vault *vault)
{
    return (tcn_str){vault->ptr, vault->len};
}

#endif
