/* SPDX-License-Identifier: Apache-2.0 */
/* format_spec.h - a format specification taken apart, and numbers written by it: shared
 * by "%" formatting and format(). Private to the room. */
#ifndef TCN_TEMPLATE_FORMAT_SPEC_H
#define TCN_TEMPLATE_FORMAT_SPEC_H

#include "core/value/ops.h"

typedef struct tcn_spec {
    uint32_t fill; /* code point */
    char align;    /* < > = ^, or 0 */
    char sign;     /* + - or space, 0: - */
    bool is_alternate, has_zero, is_positive_zero;
    char grouping; /* , or _, or 0 */
    int64_t width; /* -1: none */
    int64_t precision;
    char type; /* 0: none */
} tcn_spec;

/* Digits of an integer in its type (b d o x X), or of a float (e E f F g G %), without
 * sign. */
int tcn_spec_digits_int(tcn_rt *rt, tcn_value magnitude, const tcn_spec *spec,
                        tcn_buf *out);
int tcn_spec_digits_real(tcn_rt *rt, double magnitude, const tcn_spec *spec,
                         tcn_buf *out);
/* What a precision leaves of a text. */
tcn_str tcn_spec_cut(tcn_str text, const tcn_spec *spec);
/* sign and prefix, then digits, filled to the width. default_align for spec->align == 0.
 */
int tcn_spec_put(tcn_rt *rt, tcn_str sign, tcn_str digits, const tcn_spec *spec,
                 char default_align, tcn_buf *out);

#endif
