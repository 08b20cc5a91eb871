/* SPDX-License-Identifier: Apache-2.0 */
/* table.h - the table that a plugin's entry returned, as the host keeps it: checked (8, 9
 * and 11 of the gate) and copied member by member into structs of the host's own size, so
 * that plugins of other minor versions fit. The plugin's own table is not read again. */
#ifndef TCN_PLUGIN_TABLE_H
#define TCN_PLUGIN_TABLE_H

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

#endif
