/* SPDX-License-Identifier: Apache-2.0 */
/* seal.h - secrets at rest: AES-256-GCM under the operator's key, bound to the row that
 * they belong to, so that bytes moved to another row do not open. Sealed bytes:
 *
 *   u8 form     0: as they are, 1: sealed
 *   form 1: nonce[12], the encrypted bytes, tag[16] */
#ifndef TCN_STORE_SEAL_H
#define TCN_STORE_SEAL_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/uuid.h"

#define TCN_SEAL_KEY 32

typedef struct tcn_seal tcn_seal;

/* key: TCN_SEAL_KEY bytes, copied to memory that is left out of core dumps; NULL: bytes
 * are kept as they are. NULL when out of memory. */
tcn_seal *tcn_seal_new(const uint8_t *key);
void tcn_seal_free(tcn_seal *seal);
bool tcn_seal_has_key(const tcn_seal *seal);

/* Appends. TCN_E_NOMEM, TCN_E_LIMIT, TCN_E_INTERNAL. */
int tcn_seal_close(const tcn_seal *seal, tcn_str plain, const tcn_uuid *id, tcn_buf *out);
/* Appends. TCN_E_DENIED: there is no key, or another one sealed them; TCN_E_CORRUPT.
 * *ret_is_plain: they were not sealed. */
int tcn_seal_open(const tcn_seal *seal, tcn_str sealed, const tcn_uuid *id, tcn_buf *out,
                  bool *ret_is_plain);

/* To what the text of the blocks of files is bound, which is no row of its own. */
tcn_uuid tcn_store_blocks_id(void);

#endif
