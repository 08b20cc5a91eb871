/* SPDX-License-Identifier: Apache-2.0 */
/* documents.h - definition files of commands: JSON, or YAML by the name's ending, as
 * jansson values, with problems at their line where that is known. */
#ifndef TCN_CLI_DOCUMENTS_H
#define TCN_CLI_DOCUMENTS_H

#include <jansson.h>

#include "core/base/err.h"

typedef struct tcn_documents tcn_documents;

/* "-": standard input, as JSON. On failure *reterr names the file. */
int tcn_documents_load(const char *path, tcn_documents **ret, tcn_err *reterr);
void tcn_documents_free(tcn_documents *documents);
/* Borrowed. */
json_t *tcn_documents_root(const tcn_documents *documents);
/* Prints the problems to standard error, as "file:line:column: field: text". */
void tcn_documents_tell(const tcn_documents *documents, tcn_problems *problems);

#endif
