/* SPDX-License-Identifier: Apache-2.0 */
/* pace.c - see pace.h. Pure: both clocks are told. */
#include "core/ingest/pace.h"

#include "core/base/datetime.h"

#define JUMP_US TCN_MINUTE_US

void tcn_pace_init(tcn_pace *pace, int64_t clock_us)
{
    *pace = (tcn_pace){.clock_us = clock_us};
}

int64_t tcn_pace_read(tcn_pace *pace, int64_t wall_us, int64_t mono_us, bool *ret_is_jump)
{
    int64_t passed_us = pace->has_started ? mono_us - pace->mono_us : 0;
    bool has_leapt = pace->has_started && wall_us - pace->wall_us - passed_us > JUMP_US;

    *ret_is_jump = !pace->has_started || has_leapt;
    if (wall_us >= pace->clock_us)
        pace->clock_us = wall_us;
    else
        pace->clock_us += passed_us / 2;
    pace->wall_us = wall_us;
    pace->mono_us = mono_us;
    pace->has_started = true;
    return pace->clock_us;
}
