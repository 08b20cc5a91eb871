/* SPDX-License-Identifier: Apache-2.0 */
/* json_list.h - a JSON list cut into the texts of its items without reading them, so that
 * each of them can be left out, or be read on a thread of its own. */
#ifndef TCN_VALUE_JSON_LIST_H
#define TCN_VALUE_JSON_LIST_H

#include <jansson.h>

#include "core/base/str.h"

typedef struct tcn_json_list {
    tcn_str *items; /* in the text, without the blanks around them */
    size_t count, capacity;
    bool has_key;
} tcn_json_list;

/* text is a list, or an object with nothing but a list under key. 1: it was cut, and is
 * JSON without duplicate keys when each of its items is; 0: it is something else, or
 * nested deeper than TCN_DOCUMENT_DEPTH; TCN_E_NOMEM. ret is zeroed. */
int tcn_json_list_cut(tcn_json_list *ret, tcn_str text, const char *key);
void tcn_json_list_deinit(tcn_json_list *list);
/* Reads one item. 0, TCN_E_SYNTAX or TCN_E_NOMEM. */
int tcn_json_list_read(const tcn_json_list *list, size_t i, json_t **ret);

#endif
