/* SPDX-License-Identifier: Apache-2.0 */
/* yaml.h - a YAML or JSON file as jansson values, with the line and column of each of
 * them. Scalars are read as PyYAML's safe_load reads them (YAML 1.1), but timestamps stay
 * text. At most 64 aliases, no tags, no duplicate keys, keys are text; depth <= 64, size
 * <= 4 MiB. */
#ifndef TCN_VALUE_YAML_H
#define TCN_VALUE_YAML_H

#include <jansson.h>

#include "core/base/err.h"
#include "core/base/str.h"

typedef struct tcn_yaml tcn_yaml;

/* Reads one document; an empty one is null. source names the file in errors. On failure
 * TCN_E_SYNTAX, TCN_E_LIMIT, TCN_E_UNSUPPORTED or TCN_E_NOMEM, with line and column. */
int tcn_yaml_load(tcn_str text, const char *source, tcn_yaml **ret, tcn_err *reterr);
/* The places of text that is JSON and was read as such: it has no root. */
int tcn_yaml_places(tcn_str text, const char *source, tcn_yaml **ret, tcn_err *reterr);
void tcn_yaml_free(tcn_yaml *doc);

/* Borrowed until tcn_yaml_free; NULL: none. What an alias repeats is one shared value. */
json_t *tcn_yaml_root(const tcn_yaml *doc);
/* Borrowed until tcn_yaml_free. */
const char *tcn_yaml_source(const tcn_yaml *doc);

/* Places are found when the first one is asked for: one thread at a time.
 * Where the value at path begins; path is written like "trigger.within",
 * "[2].actions[0].type" or "" for the root. What is not there has the place of its
 * nearest parent that is. */
void tcn_yaml_place(const tcn_yaml *doc, const char *path, uint32_t *ret_line,
                    uint32_t *ret_column);
/* As above, but the place of the key itself, for complaints about the key. */
void tcn_yaml_key_place(const tcn_yaml *doc, const char *path, uint32_t *ret_line,
                        uint32_t *ret_column);

#endif
