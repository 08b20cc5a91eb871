/* SPDX-License-Identifier: Apache-2.0 */
/* big_int.h - limbs, for the files that compute with them: big.c with integers,
 * big_real.c with floats. Small operands are shown as big ones on the stack. */
#ifndef TCN_VALUE_BIG_INT_H
#define TCN_VALUE_BIG_INT_H

#include "core/value/big.h"

typedef struct tcn_big_operand {
    const uint32_t *limbs;
    uint32_t count;
    bool negative;
    uint32_t own[2];
} tcn_big_operand;

/* Borrows the limbs of v. */
static inline void tcn_big_operand_of(tcn_value v, tcn_big_operand *o)
{
    if (v.type == TCN_V_BIG) {
        o->limbs = v.big->limb;
        o->count = v.big->count;
        o->negative = v.big->negative;
        return;
    }
    uint64_t size = v.integer < 0 ? 0 - (uint64_t)v.integer : (uint64_t)v.integer;
    o->own[0] = (uint32_t)size;
    o->own[1] = (uint32_t)(size >> 32);
    o->limbs = o->own;
    o->count = size == 0 ? 0 : (o->own[1] != 0 ? 2 : 1);
    o->negative = v.integer < 0;
}

/* All limbs 0. */
int tcn_big_new(tcn_rt *rt, size_t limbs, tcn_big **ret);
/* The value without leading zeros: an INT when it fits; fails when it has too many
 * digits. */
int tcn_big_finish(tcn_rt *rt, tcn_big *big, tcn_value *ret);

#endif
