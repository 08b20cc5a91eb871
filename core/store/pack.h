/* SPDX-License-Identifier: Apache-2.0 */
/* pack.h - the one form of everything large in the store: log records, texts of actions,
 * parts of saved states. Little-endian:
 *
 *   u8  form     1
 *   u8  codec    0: as it is, 1: zstd
 *   u16          0
 *   u32 size     of the plain bytes
 *   u64 checksum XXH3 of form, codec, size and the stored bytes, seeded
 *   the stored bytes
 *
 * The seed is made from where the bytes belong (a key, a summary), so bytes in the wrong
 * place are found out like changed ones. */
#ifndef TCN_STORE_PACK_H
#define TCN_STORE_PACK_H

#include "core/base/buf.h"
#include "core/base/err.h"

#define TCN_PACK_MAX  ((size_t)900 << 20) /* plain bytes; a blob of SQLite holds 10^9 */
#define TCN_PACK_HEAD 16

/* Reused contexts; one for each thread. */
typedef struct tcn_packer tcn_packer;
tcn_packer *tcn_packer_new(void);
void tcn_packer_free(tcn_packer *packer);

/* Appends plain in packed form to out. TCN_E_LIMIT: too large. */
int tcn_pack(tcn_packer *packer, tcn_str plain, uint64_t seed, tcn_buf *out);
/* Makes out the plain bytes, at most limit of them. TCN_E_CORRUPT: not what was packed;
 * TCN_E_LIMIT; TCN_E_UNSUPPORTED: a form of another version. */
int tcn_unpack(tcn_packer *packer, tcn_str packed, uint64_t seed, size_t limit,
               tcn_buf *out);

/* Seed of what belongs to key. */
uint64_t tcn_pack_seed(const void *key, size_t len);

#endif
