/* SPDX-License-Identifier: Apache-2.0 */
/* text_table.h - a list of JSON objects as columns for people. */
#ifndef TCN_CLI_TEXT_TABLE_H
#define TCN_CLI_TEXT_TABLE_H

#include <jansson.h>

typedef struct tcn_text_column {
    const char *title; /* NULL ends the table */
    const char *key;   /* of the objects; absent: "-" */
} tcn_text_column;

/* To standard output; the last column is not padded. */
void tcn_text_table_print(const tcn_text_column *columns, const json_t *list);

#endif
