/* SPDX-License-Identifier: Apache-2.0 */
/* render_cases.h - runs template cases: one JSON object a line with template, context and
 * what is to come out. The context's tagged values ({"$uuid": ...}) become what they
 * name. */
#ifndef TCN_CLI_RENDER_CASES_H
#define TCN_CLI_RENDER_CASES_H

#include <stdio.h>

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/value/value.h"

typedef struct tcn_case_totals {
    size_t passed, failed;
} tcn_case_totals;

/* Writes the failures to out. cases is the file's text. An error of the file itself (not
 * JSON, no template) is a negative code. */
int tcn_render_cases(tcn_str cases, FILE *out, tcn_case_totals *ret, tcn_err *reterr);

/* The value that plain JSON with tags stands for. */
int tcn_case_value(tcn_value plain, tcn_arena *arena, tcn_value *ret);

#endif
