/* SPDX-License-Identifier: Apache-2.0 */
/* junit.h - results of tests in the XML form that CI systems read. */
#ifndef TCN_CLI_JUNIT_H
#define TCN_CLI_JUNIT_H

#include "core/base/buf.h"
#include "core/base/err.h"

/* failure: NULL when it passed, else what differs. */
int tcn_junit_case(tcn_buf *cases, const char *file, const char *name,
                   const tcn_str *failure);
/* Writes the file: the suite with these cases. On failure *reterr names it. */
int tcn_junit_write(const char *path, const tcn_buf *cases, size_t passed, size_t failed,
                    tcn_err *reterr);

#endif
