/* SPDX-License-Identifier: Apache-2.0 */
/* render_watch.c - time counts from the first look at the clock: most renderings end
 * before it, and cost no system call. */
#include "core/option/render_watch.h"

#include "core/base/clock.h"
#include "core/base/compiler.h"

static bool is_late(tcn_watch *self)
{
    tcn_render_watch *watch = tcn_container_of(self, tcn_render_watch, watch);
    int64_t now_us = tcn_clock_thread_us();
    if (watch->until_us == 0)
        watch->until_us = now_us + watch->limit_us;
    return now_us > watch->until_us;
}

void tcn_render_watch_begin(tcn_render_watch *watch, const tcn_tpl_limits *limits,
                            tcn_tpl_context *context)
{
    *watch = (tcn_render_watch){.limit_us = limits->time_us};
    watch->watch.is_late = is_late;
    watch->watch.limit_ms = (uint32_t)(limits->time_us / 1000);
    context->watch = limits->time_us > 0 ? &watch->watch : NULL;
}
