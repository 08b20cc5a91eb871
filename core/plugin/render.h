/* SPDX-License-Identifier: Apache-2.0 */
/* render.h - one option rendered for one message: with the context of the message, in
 * which subject, body, severity and invocation stand too. [loop] */
#ifndef TCN_PLUGIN_RENDER_H
#define TCN_PLUGIN_RENDER_H

#include "core/plugin/options.h"

typedef struct tcn_render_job {
    tcn_option_source source;
    const tcn_tpl_context *context; /* of the message; may be NULL */
    const tocsin_message *message;
    tcn_escape_fn escape;
    tcn_arena *scratch; /* empty again afterwards */
} tcn_render_job;

/* Appends the text and a NUL that does not count. */
int tcn_render(const tcn_render_job *job, tcn_buf *out, tcn_err *reterr);
/* What host->render answers for a negative code of tcn_render. */
int32_t tcn_render_code(int rc);

#endif
