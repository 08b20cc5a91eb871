/* SPDX-License-Identifier: Apache-2.0 */
/* humanize.h - how the humanize filters read a value as a span of time or as a number.
 * Private to the room. */
#ifndef TCN_TEMPLATE_HUMANIZE_H
#define TCN_TEMPLATE_HUMANIZE_H

#include "core/value/ops.h"

/* How long ago v was, and when: of a datetime, a timedelta or a number of seconds. 1; 0:
 * v is none of them; negative with OverflowError outside the years 1 to 9999. */
int tcn_humanize_span(tcn_rt *rt, tcn_value v, int64_t now_us, bool is_rounded,
                      int64_t *ret_us, tcn_value *ret_date);
/* TypeError for a datetime with a zone, which Python does not subtract from its own
 * clock's. */
int tcn_humanize_check_zone(tcn_rt *rt, tcn_value v);
/* float(v): 1, or 0 when *ret is what the filter gives instead. */
int tcn_humanize_real(tcn_rt *rt, tcn_value v, double *ret_f, tcn_value *ret);
/* format % f; fallback: for a format that is missing. */
int tcn_humanize_format(tcn_rt *rt, tcn_value format, const char *fallback, double f,
                        tcn_value *ret);

#endif
