/* SPDX-License-Identifier: Apache-2.0 */
/* lint.h - finds the names in a template that cannot be meant: variables that Prefect's
 * context does not have, and fields that its objects do not declare. What stands inside
 * "default" or "is defined" is left alone. */
#ifndef TCN_TEMPLATE_LINT_H
#define TCN_TEMPLATE_LINT_H

#include "core/template/template.h"

/* Calls found for every finding, in the order of the tree, with class UndefinedError,
 * place, message and hint. values: variables that exist besides Prefect's, may be NULL;
 * one that is no object of Prefect's has any field. Codes as tcn_tpl_validate. */
int tcn_tpl_lint(const tcn_tpl_env *env, tcn_str source, const tcn_vdict *values,
                 void (*found)(void *ud, const tcn_tpl_error *finding), void *ud,
                 tcn_tpl_error *reterr);

/* What both tcn_tpl_lint and tcn_tpl_validate say of one that is saved, with one parse:
 * findings are of Prefect's context. *reterr and the code are validate's. */
int tcn_tpl_check(const tcn_tpl_env *env, tcn_str source,
                  void (*found)(void *ud, const tcn_tpl_error *finding), void *ud,
                  tcn_tpl_error *reterr);

/* The variable of Prefect's context that is spelt nearly so, or NULL. */
const char *tcn_context_nearest(tcn_str name);

#endif
