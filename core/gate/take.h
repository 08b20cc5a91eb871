/* SPDX-License-Identifier: Apache-2.0 */
/* take.h - structs that travel in a call, from plugins of other minor versions: as much
 * of one as both sides know, the rest zero. */
#ifndef TCN_GATE_TAKE_H
#define TCN_GATE_TAKE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Sizes in ABI 1.0, below which nothing may be. */
enum {
    TCN_FIRST_OPTION = 56,
    TCN_FIRST_ACTION_TYPE = 40,
    TCN_FIRST_BLOCK_TYPE = 56,
    TCN_FIRST_HTTP_REQUEST = 72,
    TCN_FIRST_SMTP_REQUEST = 120,
};

/* theirs begins with struct_size. False: it is smaller than it ever was. */
static inline bool tcn_take(const void *theirs, size_t first_size, void *own,
                            size_t own_size)
{
    uint32_t size;
    memcpy(&size, theirs, sizeof size);
    if (size < first_size)
        return false;
    memset(own, 0, own_size);
    memcpy(own, theirs, size < own_size ? size : own_size);
    return true;
}

#endif
