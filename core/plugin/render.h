/* SPDX-License-Identifier: Apache-2.0 */
/* render.h - one option rendered for one message: with the context of the message, in
 * which subject, body, severity and invocation stand too. [loop] */
#ifndef TCN_PLUGIN_RENDER_H
#define TCN_PLUGIN_RENDER_H

#include "core/option/options.h"
#include "core/plugin/plugins.h"

typedef struct tcn_render_job {
    tcn_option_source source;
    const tcn_tpl_context *context; /* of the message; may be NULL */
    const tocsin_message *message;
    const tcn_spans *subject_values, *body_values;
    enum tcn_tpl_type type; /* of what is rendered */
    bool is_markup; /* that is a markup language: the message's own texts are Markup */
    tcn_arena *scratch; /* empty again afterwards */
} tcn_render_job;

/* Appends the text and a NUL that does not count. */
int tcn_render(const tcn_render_job *job, tcn_buf *out, tcn_err *reterr);
/* The message's own text under the name "@subject" or "@body", its values escaped.
 * TCN_E_NOT_FOUND: no such name. */
int tcn_render_own(const tcn_render_job *job, const char *name, tcn_buf *out);
/* What host->render answers for a negative code of tcn_render. */
int32_t tcn_render_code(int rc);

#endif
