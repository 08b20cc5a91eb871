/* SPDX-License-Identifier: Apache-2.0 */
/* moment.h - dates, times and spans of time as Python's datetime shows and formats them.
 * A DATE is midnight UTC of its day; a TIME is an offset into 1970-01-01. */
#ifndef TCN_VALUE_MOMENT_H
#define TCN_VALUE_MOMENT_H

#include "core/base/datetime.h"
#include "core/value/ops.h"

int tcn_moment_show(tcn_rt *rt, tcn_value v, tcn_buf *out);
int tcn_moment_repr(tcn_rt *rt, tcn_value v, tcn_buf *out);
int tcn_delta_show(tcn_rt *rt, int64_t us, tcn_buf *out);
int tcn_delta_repr(tcn_rt *rt, int64_t us, tcn_buf *out);
enum tcn_timespec {
    TCN_TIMESPEC_AUTO,
    TCN_TIMESPEC_HOURS,
    TCN_TIMESPEC_MINUTES,
    TCN_TIMESPEC_SECONDS,
    TCN_TIMESPEC_MILLI,
    TCN_TIMESPEC_MICRO,
};
int tcn_moment_iso(tcn_rt *rt, tcn_value v, tcn_str separator, enum tcn_timespec spec,
                   tcn_buf *out);
/* As pydantic writes it in JSON: 2026-01-02T03:04:05.678901Z. */
int tcn_moment_json(tcn_rt *rt, tcn_value v, tcn_buf *out);
int tcn_moment_strftime(tcn_rt *rt, tcn_value v, tcn_str format, tcn_buf *out);
/* Adds a span; OverflowError outside the years 1 to 9999. */
int tcn_moment_add(tcn_rt *rt, tcn_value v, int64_t us, tcn_value *ret);
int tcn_moment_make(tcn_rt *rt, enum tcn_value_type type, tcn_moment moment,
                    tcn_value *ret);
/* Its parts, in its own zone. */
void tcn_moment_parts(tcn_value v, tcn_date *ret);
double tcn_delta_seconds(int64_t us);

#endif
