/* SPDX-License-Identifier: Apache-2.0 */
/* json_text.h - JSON on its way to a terminal. Names, reasons and payloads come from
 * events, files and peers of strangers: none of them rules the terminal. */
#ifndef TCN_CLI_JSON_TEXT_H
#define TCN_CLI_JSON_TEXT_H

#include <jansson.h>

#include "core/base/str.h"

/* Makes every text in it one that a terminal does not obey. For what is printed to people
 * who read text. */
void tcn_cli_printable(json_t *json);

/* JSON text (or lines of it) to standard output as it is, but for what a terminal would
 * obey: that becomes an escape, which means the same to whoever reads JSON. */
void tcn_cli_write_json(tcn_str text);
/* Indented, for people and programs. */
void tcn_cli_print_json(const json_t *json);

#endif
