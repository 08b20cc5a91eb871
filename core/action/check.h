/* SPDX-License-Identifier: Apache-2.0 */
/* check.h - one check of an action under way; shared by check.c and parameters.c. */
#ifndef TCN_ACTION_CHECK_H
#define TCN_ACTION_CHECK_H

#include <jansson.h>

#include "core/action/action_type.h"
#include "core/base/err.h"
#include "core/template/template.h"

typedef struct tcn_action_checking {
    const json_t *action;
    const tcn_action_type *type;
    const char *path; /* "actions[0]" */
    tcn_problems *problems;
    tcn_tpl_env env;
} tcn_action_checking;

/* Adds a problem about the action's field (NULL: the action itself). */
void tcn_action_problem(tcn_action_checking *checking, const char *field, const char *fmt,
                        ...) TCN_PRINTF(3, 4);
void tcn_action_warning(tcn_action_checking *checking, const char *field, const char *fmt,
                        ...) TCN_PRINTF(3, 4);

/* Warns of names in a template that an automation's context does not have. One that does
 * not parse is for others to tell. */
void tcn_action_check_names(tcn_action_checking *checking, const char *field,
                            const char *text);

/* The parameters of run-deployment: every template and every JSON text in them, as
 * Prefect reads them: plain texts with template syntax, and objects with
 * "__prefect_kind". All that is wrong goes into one problem, "Invalid parameters: ...".
 */
void tcn_action_check_parameters(tcn_action_checking *checking, const char *field,
                                 const json_t *parameters);

#endif
