/* SPDX-License-Identifier: Apache-2.0 */
/* template_limits.c - what has no key of its own keeps its default, or follows from one
 * that has. */
#include "core/daemon/template_limits.h"

tcn_tpl_limits tcn_config_template_limits(const tcn_config *config)
{
    tcn_tpl_limits limits;
    tcn_tpl_limits_default(&limits);
    limits.source_bytes = (size_t)config->templates.source;
    limits.output_bytes = (size_t)config->templates.output;
    limits.heap_bytes = (size_t)config->templates.heap;
    limits.calls = (uint32_t)config->templates.depth;
    limits.time_us = config->templates.time_us;
    limits.loops = (uint32_t)config->templates.for_loops;
    limits.loop_nesting = (uint32_t)config->templates.for_depth;
    limits.run.steps = config->templates.steps;
    limits.run.range_items = (uint32_t)config->templates.range;
    /* One text may be as long as the whole output. */
    if (limits.run.text_bytes < limits.output_bytes)
        limits.run.text_bytes = limits.output_bytes;
    return limits;
}
