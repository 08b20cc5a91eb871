/* SPDX-License-Identifier: Apache-2.0 */
/* render_watch.h - the CPU time that one rendering on the loop may take. The clock is
 * read only when the rendering has gone on for a while. */
#ifndef TCN_OPTION_RENDER_WATCH_H
#define TCN_OPTION_RENDER_WATCH_H

#include "core/template/template.h"

typedef struct tcn_render_watch {
    tcn_watch watch; /* for tcn_tpl_context */
    int64_t limit_us;
    int64_t until_us; /* CPU time of the thread; 0: the clock was not read yet */
} tcn_render_watch;

/* Makes the context one whose rendering ends in time; watch lives as long as it. For one
 * rendering. */
void tcn_render_watch_begin(tcn_render_watch *watch, const tcn_tpl_limits *limits,
                            tcn_tpl_context *context);

#endif
