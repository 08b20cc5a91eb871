/* SPDX-License-Identifier: Apache-2.0 */
/* arith_int.h - what the operators share: arith.c has those on numbers and sequences,
 * arith_time.c those on points in time and spans. */
#ifndef TCN_VALUE_ARITH_INT_H
#define TCN_VALUE_ARITH_INT_H

#include "core/value/ops.h"

static inline int64_t tcn_floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}

/* TypeError: unsupported operand type(s). */
int tcn_arith_unsupported(tcn_rt *rt, enum tcn_arith op, tcn_value a, tcn_value b);
/* ZeroDivisionError with that text. */
int tcn_arith_zero_division(tcn_rt *rt, const char *text);
/* A number as a float; OverflowError when it is too large. */
int tcn_arith_real(tcn_rt *rt, tcn_value v, double *ret);
/* Points in time and spans; 1 when the operands are of these kinds, else 0. */
int tcn_arith_time(tcn_rt *rt, enum tcn_arith op, tcn_value a, tcn_value b,
                   tcn_value *ret);

#endif
