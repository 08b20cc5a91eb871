/* SPDX-License-Identifier: Apache-2.0 */
/* explain_text.h - an explanation (core/engine/explain.h) as lines for people. */
#ifndef TCN_CLI_EXPLAIN_TEXT_H
#define TCN_CLI_EXPLAIN_TEXT_H

#include <jansson.h>

#include "core/base/buf.h"

/* Appends the lines, each indented by that many spaces. out's status tells whether they
 * could be. */
void tcn_explain_text_write(const json_t *explanation, int indent, tcn_buf *out);

#endif
