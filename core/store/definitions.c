/* SPDX-License-Identifier: Apache-2.0 */
/* definitions.c - the definitions of a step in the form that a record keeps. Packing them
 * is most of what the commit of a thousand automations costs, and an event that comes
 * meanwhile waits for it: so whoever has them packs them before. */
#include "core/store/pack.h"
#include "core/store/record.h"

static uint64_t seed(void)
{
    return tcn_pack_seed("definitions", 11);
}

int tcn_store_definitions_pack(tcn_str plain, tcn_buf *out)
{
    tcn_packer *packer = tcn_packer_new();
    int rc = packer == NULL ? TCN_E_NOMEM : tcn_pack(packer, plain, seed(), out);
    tcn_packer_free(packer);
    return rc;
}

int tcn_record_definitions(const tcn_record *record, tcn_packer *packer, tcn_buf *scratch,
                           tcn_str *ret)
{
    *ret = record->definitions;
    if (!record->is_packed)
        return 0;
    int rc = tcn_unpack(packer, record->definitions, seed(), TCN_PACK_MAX, scratch);
    if (rc == 0)
        *ret = tcn_buf_str(scratch);
    return rc;
}
