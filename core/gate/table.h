/* SPDX-License-Identifier: Apache-2.0 */
/* table.h - the table that a plugin's entry returned, as the host keeps it: checked (8, 9
 * and 11 of the gate) and copied member by member into structs of the host's own size, so
 * that plugins of other minor versions fit. The plugin's own table is not read again. */
#ifndef TCN_GATE_TABLE_H
#define TCN_GATE_TABLE_H

#include <tocsin/plugin.h>

#include "core/base/arena.h"
#include "core/base/err.h"

#define TCN_OPTIONS_MAX 64
#define TCN_ACTIONS_MAX 32

typedef struct tcn_table {
    tocsin_plugin plugin; /* options and actions point to the copies below */
    tocsin_option *options;
    tocsin_action_type *actions;
    bool can_notify, can_act;
} tcn_table;

/* Checks 8 and 9. Copies lie in arena; strings are the plugin's. */
int tcn_table_read(const tocsin_plugin *theirs, tcn_arena *arena, tcn_table *ret,
                   tcn_err *reterr);
/* Check 11: the option tables of the plugin and of its action types. */
int tcn_table_check_options(const tcn_table *table, tcn_err *reterr);

/* Shared with the tables of extensions. Lists are copied into items of the host's own
 * size, zeroed beyond what theirs have. */
typedef struct tcn_item_kind {
    size_t own_size, first_size; /* today, and in ABI 1.0 */
    uint32_t limit;
    const char *what; /* "options" */
} tcn_item_kind;
int tcn_table_copy_items(const void *theirs, uint32_t count, uint32_t their_size,
                         const tcn_item_kind *kind, tcn_arena *arena, void **ret,
                         tcn_err *reterr);
int tcn_table_copy_options(const tocsin_option **options, uint32_t count, uint32_t *size,
                           tcn_arena *arena, tcn_err *reterr);
/* One list of options; may_be_host_key: also those that every block has. */
int tcn_table_check_list(const tocsin_option *options, size_t count, bool may_be_host_key,
                         tcn_err *reterr);
/* [a-z][a-z0-9X]*, where X is extra; at most max bytes. NULL is none. */
bool tcn_is_word(const char *text, char extra, size_t max);
/* One line of valid text, at most 1000 bytes; NULL is none. */
bool tcn_is_line(const char *text);

#endif
