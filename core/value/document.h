/* SPDX-License-Identifier: Apache-2.0 */
/* document.h - our own documents (definitions, options, API bodies) as JSON text. */
#ifndef TCN_VALUE_DOCUMENT_H
#define TCN_VALUE_DOCUMENT_H

#include <jansson.h>

#include "core/base/buf.h"
#include "core/base/err.h"

#define TCN_DOCUMENT_DEPTH 64

/* One JSON value; keys must be unique, and no text may hold a NUL character: much of what
 * reads it would take it for the end. TCN_E_SYNTAX or TCN_E_LIMIT (nested deeper than
 * TCN_DOCUMENT_DEPTH) with line and column, TCN_E_NOMEM. */
int tcn_document_read(tcn_str text, json_t **ret, tcn_err *reterr);
/* The same for what tcn_document_write wrote: what is in force is read again, however
 * deep it is and whatever stands in it. */
int tcn_document_read_own(tcn_str text, json_t **ret, tcn_err *reterr);
/* Appends document on one line, members in their order. 0, TCN_E_NOMEM or TCN_E_LIMIT. */
int tcn_document_write(const json_t *document, tcn_buf *out);

#endif
