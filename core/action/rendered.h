/* SPDX-License-Identifier: Apache-2.0 */
/* rendered.h - the texts that an action sends: rendered at its first attempt, then kept
 * with its row, so that later attempts send the same bytes, after a restart too. */
#ifndef TCN_ACTION_RENDERED_H
#define TCN_ACTION_RENDERED_H

#include "core/action/context.h"
#include "core/action/spans.h"
#include "core/action/tpl_cache.h"

typedef struct tcn_rendered {
    tcn_str subject, body; /* of a notification */
    tcn_spans subject_values, body_values;
    tcn_str payload;         /* of an action on a block */
    int64_t paused_until_us; /* the destination was paused until then; 0: it was not */
} tcn_rendered;

/* A template that failed, in Prefect's words. */
typedef struct tcn_render_failure {
    tcn_tpl_error error;
    tcn_str source; /* the template */
} tcn_render_failure;

/* Renders what the action's type sends; *ret stands in the context's arena, scratch is
 * used and reset. TCN_E_INVALID or TCN_E_LIMIT with *ret_failure filled: a template
 * failed. TCN_E_NOMEM and other codes: it could not be tried. */
int tcn_rendered_make(tcn_context *context, tcn_tpl_cache *cache, tcn_arena *scratch,
                      tcn_rendered *ret, tcn_render_failure *ret_failure);

/* The form that is kept: a JSON object. Reading borrows from json and arena;
 * TCN_E_CORRUPT. */
int tcn_rendered_write(const tcn_rendered *rendered, tcn_buf *out);
int tcn_rendered_read(tcn_str json, tcn_arena *arena, tcn_rendered *ret);
/* Only the pause, without reading the rest. 0: none. */
int64_t tcn_rendered_pause(tcn_str json);

#endif
