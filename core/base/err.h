/* SPDX-License-Identifier: Apache-2.0 */
/* err.h - error codes and the error that a person reads.
 * Functions return 0 or more for success and a negative code for failure. libuv's codes
 * pass through; ours begin at -20000 and come from one table. */
#ifndef TCN_BASE_ERR_H
#define TCN_BASE_ERR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/compiler.h"

/* clang-format off */
#define TCN_ERRORS(X)                                              \
    X(NOMEM, "out of memory")                                      \
    X(INVALID, "invalid value")                                    \
    X(SYNTAX, "syntax error")                                      \
    X(LIMIT, "over a limit")                                       \
    X(NOT_FOUND, "not found")                                      \
    X(EXISTS, "exists already")                                    \
    X(STATE, "not possible now")                                   \
    X(BUSY, "busy")                                                \
    X(FULL, "full")                                                \
    X(DENIED, "refused")                                           \
    X(TIMEOUT, "timed out")                                        \
    X(CANCELED, "canceled")                                        \
    X(IO, "input or output failed")                                \
    X(CORRUPT, "data is damaged")                                  \
    X(UNSUPPORTED, "not supported")                                \
    X(RESOLVE, "host name not found")                              \
    X(CONNECT, "cannot connect")                                   \
    X(TLS, "TLS failed")                                           \
    X(INTERNAL, "internal error")
/* clang-format on */

enum tcn_errno {
    TCN_E_FIRST = -20000,
#define TCN_E_MEMBER(name, text) TCN_E_##name,
    TCN_ERRORS(TCN_E_MEMBER)
#undef TCN_E_MEMBER
};

/* The constant's name ("TCN_E_NOMEM") and its text; libuv's and unknown codes have one
 * too. Static storage. */
const char *tcn_err_name(int code);
const char *tcn_err_text(int code);

/* What went wrong, for people. Caller's storage, zeroed before first use; the first error
 * stays. line and column count from 1, 0 is unknown. field is a path such as
 * "trigger.within". */
typedef struct tcn_err {
    int code;
    uint32_t line, column;
    char source[160];
    char field[160];
    char text[512];
} tcn_err;

/* Fills *reterr unless it is NULL or filled already. All return code, so that callers can
 * write "return tcn_err_set(...)". Texts are one line without a full stop. */
int tcn_err_set(tcn_err *reterr, int code, const char *fmt, ...) TCN_PRINTF(3, 4);
/* TCN_E_NOMEM with its text. */
int tcn_err_no_memory(tcn_err *reterr);
int tcn_err_at(tcn_err *reterr, int code, uint32_t line, uint32_t column, const char *fmt,
               ...) TCN_PRINTF(5, 6);
int tcn_err_field(tcn_err *reterr, int code, const char *field, const char *fmt, ...)
    TCN_PRINTF(4, 5);
/* Names the file or template that an error is about, unless it names one already. */
void tcn_err_source(tcn_err *reterr, const char *source);
/* Puts prefix in front of field: "a" + "b" is "a.b", "a" + "[0]" is "a[0]". */
void tcn_err_within(tcn_err *reterr, const char *prefix);
static inline bool tcn_err_is_set(const tcn_err *err)
{
    return err->code != 0;
}

/* "source:line:column: field: text", leaving out what is unknown, and without anything
 * that a terminal obeys. Returns out. */
char *tcn_err_format(const tcn_err *err, char *out, size_t size);

/* Every problem of a file or configuration, in the order in which they were found.
 * At most 1000 are kept, the rest is counted. */
typedef struct tcn_problem {
    tcn_err err;
    bool is_warning;
} tcn_problem;
typedef struct tcn_problems {
    tcn_problem *items;
    size_t count, capacity;
    size_t dropped, errors;
} tcn_problems;
void tcn_problems_init(tcn_problems *problems);
void tcn_problems_deinit(tcn_problems *problems);
void tcn_problems_add(tcn_problems *problems, const tcn_err *err);
void tcn_problems_warn(tcn_problems *problems, const tcn_err *err);
/* Appends those of from, which is empty afterwards. */
void tcn_problems_move(tcn_problems *problems, tcn_problems *from);

#endif
