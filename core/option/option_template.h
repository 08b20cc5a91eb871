/* SPDX-License-Identifier: Apache-2.0 */
/* option_template.h - an option's text that is a template, or a JSON value whose strings
 * are: compiled at load, rendered at each send. */
#ifndef TCN_OPTION_OPTION_TEMPLATE_H
#define TCN_OPTION_OPTION_TEMPLATE_H

#include <jansson.h>

#include "core/base/err.h"
#include "core/option/escape.h"
#include "core/template/template.h"

typedef struct tcn_option_template tcn_option_template;

/* env is borrowed and must outlive the template. Errors carry line and column in the
 * text, and for JSON the place of the string ("[0].name") as field. */
int tcn_option_template_text(const tcn_tpl_env *env, tcn_str source,
                             tcn_option_template **ret, tcn_err *reterr);
int tcn_option_template_json(const tcn_tpl_env *env, const json_t *value,
                             tcn_option_template **ret, tcn_err *reterr);
void tcn_option_template_free(tcn_option_template *tpl);

/* Appends the text to out, of that type, in the time that env allows. Strings of a JSON
 * value are rendered, then written as JSON, once, also when type is that. arena is reset
 * by the caller. */
int tcn_option_template_render(const tcn_option_template *tpl,
                               const tcn_tpl_context *context, enum tcn_tpl_type type,
                               tcn_arena *arena, tcn_buf *out, tcn_err *reterr);

#endif
