/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c - the kernel's clocks as whole microseconds. They always exist on Linux, so
 * that asking cannot fail. */
#include "core/base/clock.h"

#include <time.h>

static int64_t read_us(clockid_t id)
{
    struct timespec now = {0};
    (void)clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t tcn_clock_wall_us(void)
{
    return read_us(CLOCK_REALTIME);
}

int64_t tcn_clock_mono_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

int64_t tcn_clock_mono_ms(void)
{
    return tcn_clock_mono_us() / 1000;
}

int64_t tcn_clock_cpu_us(void)
{
    return read_us(CLOCK_PROCESS_CPUTIME_ID);
}

int64_t tcn_clock_thread_us(void)
{
    return read_us(CLOCK_THREAD_CPUTIME_ID);
}
