/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - the only place that asks the kernel what time it is. Engine and templates
 * never do: they are told. */
#ifndef TCN_BASE_CLOCK_H
#define TCN_BASE_CLOCK_H

#include <stdint.h>

int64_t tcn_clock_wall_us(void); /* Unix time */
int64_t tcn_clock_mono_us(void); /* never jumps; its zero has no meaning */
int64_t tcn_clock_mono_ms(void);
int64_t tcn_clock_cpu_us(void);    /* CPU time of the process */
int64_t tcn_clock_thread_us(void); /* CPU time of the calling thread */

#endif
