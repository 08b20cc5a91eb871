/* SPDX-License-Identifier: Apache-2.0 */
/* junit.h - results of tests in the XML form that CI systems read. */
#ifndef TCN_CLI_JUNIT_H
#define TCN_CLI_JUNIT_H

#include "core/base/buf.h"
#include "core/base/err.h"

typedef enum tcn_junit_result {
    TCN_JUNIT_PASSED = 1,
    TCN_JUNIT_FAILED,
    TCN_JUNIT_ERROR, /* it could not be run */
} tcn_junit_result;

typedef struct tcn_junit {
    tcn_buf cases;
    size_t tests, failures, errors;
} tcn_junit;

/* limit: bytes of all cases. */
void tcn_junit_init(tcn_junit *junit, size_t limit);
void tcn_junit_deinit(tcn_junit *junit);
/* text: what is wrong; "" when it passed. */
void tcn_junit_add(tcn_junit *junit, const char *file, const char *name,
                   tcn_junit_result result, tcn_str text);
/* Writes the file: the suite with these cases. On failure *reterr names it. */
int tcn_junit_write(const tcn_junit *junit, const char *path, tcn_err *reterr);

#endif
