/* SPDX-License-Identifier: Apache-2.0 */
/* big.h - integers beyond 64 bits. Arguments are INT, BOOL or BIG values; results are INT
 * when they fit. Growth is checked against the limit of digits before anything is
 * computed. */
#ifndef TCN_VALUE_BIG_H
#define TCN_VALUE_BIG_H

#include "core/value/ops.h"

int tcn_big_add(tcn_rt *rt, tcn_value a, tcn_value b, tcn_value *ret);
int tcn_big_sub(tcn_rt *rt, tcn_value a, tcn_value b, tcn_value *ret);
int tcn_big_mul(tcn_rt *rt, tcn_value a, tcn_value b, tcn_value *ret);
/* Floor division; b is not 0. Either result may be NULL. */
int tcn_big_divmod(tcn_rt *rt, tcn_value a, tcn_value b, tcn_value *ret_quotient,
                   tcn_value *ret_remainder);
/* exponent is not negative. */
int tcn_big_pow(tcn_rt *rt, tcn_value base, tcn_value exponent, tcn_value *ret);
int tcn_big_neg(tcn_rt *rt, tcn_value a, tcn_value *ret);
/* -1, 0, 1 */
int tcn_big_cmp(tcn_value a, tcn_value b);
int tcn_big_sign(tcn_value a);
size_t tcn_big_bits(tcn_value a);
/* Nearest double; infinite when too large. */
double tcn_big_real(tcn_value a);
/* Exact comparison of an integer with a finite float: -1, 0, 1. */
int tcn_big_cmp_real(tcn_value a, double f);
/* f is finite; its fraction is cut off. */
int tcn_big_from_real(tcn_rt *rt, double f, tcn_value *ret);
/* a / b as Python divides integers; fails with OverflowError. b is not 0. */
int tcn_big_truediv(tcn_rt *rt, tcn_value a, tcn_value b, tcn_value *ret);
/* Digits of the base (2 to 36) only, most significant first. */
int tcn_big_parse(tcn_rt *rt, tcn_str digits, unsigned base, bool negative,
                  tcn_value *ret);
int tcn_big_put(tcn_rt *rt, tcn_value a, unsigned base, bool upper, tcn_buf *out);
/* From bytes, most significant first. */
int tcn_big_from_bytes(tcn_rt *rt, const uint8_t *bytes, size_t len, tcn_value *ret);
uint64_t tcn_big_hash(const tcn_big *big);

#endif
