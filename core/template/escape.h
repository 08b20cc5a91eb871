/* SPDX-License-Identifier: Apache-2.0 */
/* escape.h - the types of output that an environment can have, and how a value is written
 * where it must not break out of them. */
#ifndef TCN_TEMPLATE_ESCAPE_H
#define TCN_TEMPLATE_ESCAPE_H

#include "core/base/buf.h"

enum tcn_tpl_type {
    TCN_TPL_TEXT,   /* as it is */
    TCN_TPL_HTML,   /* & < > ' " become entities */
    TCN_TPL_JSON,   /* escaped inside a string; outside, a value of JSON */
    TCN_TPL_MRKDWN, /* Slack's: & < > become entities */
    TCN_TPL_CARD,   /* Markdown of Adaptive Cards: its signs get a backslash */
    TCN_TPL_HEADER, /* of one line: controls, line ends among them, become spaces, also in
                       the template's own text and in what is marked safe */
    TCN_TPL_URL,    /* percent-encoded, all but letters, digits and -._~ */
};

/* Appends text to out in its safe form: for JSON that of the inside of a string. 0 or the
 * buffer's status. */
typedef int (*tcn_tpl_escape_fn)(tcn_str text, tcn_buf *out);

/* Which values a type of output escapes. */
enum tcn_tpl_care {
    TCN_TPL_CARE_NONE,
    TCN_TPL_CARE_MARKUP, /* all but Markup, whoever made it */
    TCN_TPL_CARE_SAFE,   /* all but what the template's author calls safe */
    TCN_TPL_CARE_PLACE,  /* by where in the document they stand */
};

/* A type of output as data: a new one is a row of the table in escape.c. */
typedef struct tcn_tpl_form {
    const char *name;
    tcn_tpl_escape_fn escape; /* NULL: there is nothing to escape */
    enum tcn_tpl_care care;
    bool is_one_line; /* the whole output is, in the end */
} tcn_tpl_form;
const tcn_tpl_form *tcn_tpl_form_of(enum tcn_tpl_type type);
/* NULL for TCN_TPL_TEXT. */
tcn_tpl_escape_fn tcn_tpl_escape_of(enum tcn_tpl_type type);

/* Makes spaces of the controls in out from start on. */
void tcn_tpl_one_line(tcn_buf *out, size_t start);

/* "mrkdwn" to its type; false for another word. */
bool tcn_tpl_type_of(tcn_str name, enum tcn_tpl_type *ret);

#endif
