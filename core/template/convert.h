/* SPDX-License-Identifier: Apache-2.0 */
/* convert.h - int() and float() of Python: 1 it is one, 0 it is not, negative failed.
 * Private. */
#ifndef TCN_TEMPLATE_CONVERT_H
#define TCN_TEMPLATE_CONVERT_H

#include "core/value/ops.h"

int tcn_text_to_int(tcn_rt *rt, tcn_str text, int64_t base, tcn_value *ret);
int tcn_text_to_real(tcn_str text, double *ret);
int tcn_to_real(tcn_rt *rt, tcn_value v, double *ret);

#endif
