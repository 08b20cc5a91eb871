/* SPDX-License-Identifier: Apache-2.0 */
/* error.h - how a template failed, in the words of Jinja and Python: a class, its message
 * and a place in the source. Fixed size, caller's storage, nothing to free. */
#ifndef TCN_TEMPLATE_ERROR_H
#define TCN_TEMPLATE_ERROR_H

#include "core/base/buf.h"
#include "core/value/rt.h"

enum tcn_tpl_phase {
    TCN_TPL_PHASE_NONE, /* no error */
    TCN_TPL_PHASE_SYNTAX,
    TCN_TPL_PHASE_COMPILE,
    TCN_TPL_PHASE_RENDER,
};

/* A template that comes with the program. */
typedef struct tcn_tpl_file {
    const char *name, *source;
} tcn_tpl_file;

typedef struct tcn_tpl_error {
    enum tcn_exc_class exc_class;
    enum tcn_tpl_phase phase;
    uint32_t line, column;    /* count from 1, columns in code points; 0: unknown */
    const tcn_tpl_file *file; /* whose lines these are; NULL: the text that was given */
    char message[TCN_EXC_TEXT];
    char hint[TCN_EXC_HINT]; /* the name that was probably meant; may be empty */
} tcn_tpl_error;

/* Where in the text it is: " (line 2, column 5 of the text)", a file's name instead of
 * "the text", or "" when that is not known. Returns out. */
enum {
    TCN_TPL_PLACE_TEXT = 128
};
char *tcn_tpl_error_place(const tcn_tpl_error *error, char out[TCN_TPL_PLACE_TEXT]);
/* "TemplateSyntaxError" */
const char *tcn_tpl_error_class(const tcn_tpl_error *error);
/* As Python's repr(): UndefinedError("'x' is undefined"). What failure reasons carry. */
int tcn_tpl_error_repr(const tcn_tpl_error *error, tcn_buf *out);
/* For people: "name:line:column: Class: message", what was probably meant, then the line
 * of source with a caret. name and source are of the text that was given. */
int tcn_tpl_error_show(const tcn_tpl_error *error, tcn_str name, tcn_str source,
                       tcn_buf *out);

/* The line that the byte at pos stands on, from 1. */
uint32_t tcn_tpl_line(tcn_str source, size_t pos);
/* Sets line and column to those of pos; one that is not in the source is unknown. */
void tcn_tpl_error_at(tcn_tpl_error *error, tcn_str source, size_t pos);
/* While a source is read or compiled: fills *reterr; pos as above. Returns TCN_E_SYNTAX
 * or TCN_E_LIMIT. */
int tcn_tpl_fail(tcn_tpl_error *reterr, enum tcn_exc_class exc_class, tcn_str source,
                 size_t pos, const char *fmt, ...) TCN_PRINTF(5, 6);

#endif
