/* SPDX-License-Identifier: Apache-2.0 */
/* state_form.h - the saved state's form, which save.c writes and restore.c reads: magic,
 * version, the parts in the order of their functions, and a hash of all that. A change of
 * the form or of what the engine does with it needs a new version: states of another one
 * are refused, and the log is replayed instead. */
#ifndef TCN_ENGINE_STATE_FORM_H
#define TCN_ENGINE_STATE_FORM_H

#include "core/base/str.h"

#define TCN_STATE_MAGIC   UINT32_C(0x454e4354) /* "TCNE" */
#define TCN_STATE_VERSION UINT32_C(1)

/* The hash at the end, over everything before it. */
static inline uint64_t tcn_state_sum(tcn_str form)
{
    return tcn_hash(form.ptr, form.len, TCN_STATE_MAGIC);
}

#endif
