/* SPDX-License-Identifier: Apache-2.0 */
/* number.h - numbers to text and back without the locale, and rounding as Python does it.
 */
#ifndef TCN_VALUE_NUMBER_H
#define TCN_VALUE_NUMBER_H

#include "core/base/str.h"

#define TCN_INT_TEXT  24
#define TCN_REAL_TEXT 40

/* Return the length; out is not NUL-terminated by tcn_int_format, it is by tcn_real_repr.
 */
size_t tcn_int_format(int64_t i, char out[TCN_INT_TEXT]);
/* Shortest digits that read back as the same number: 0.1, 1e+16, -0.0, inf, nan. */
size_t tcn_real_repr(double f, char out[TCN_REAL_TEXT]);
/* A number in C syntax: digits, fraction, exponent, sign; nothing around it. */
bool tcn_real_parse(tcn_str s, double *ret);
/* round(f, digits) of Python; f is finite. */
double tcn_real_round(double f, int64_t digits);

#endif
