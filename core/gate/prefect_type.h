/* SPDX-License-Identifier: Apache-2.0 */
/* prefect_type.h - the block types of Prefect that a plugin serves, from its extension
 * "tocsin.prefect-block/1", as the host keeps them: checked, and copied into structs of
 * the host's own size. */
#ifndef TCN_GATE_PREFECT_TYPE_H
#define TCN_GATE_PREFECT_TYPE_H

#include "core/gate/table.h"
#include "core/option/options.h"

#define TCN_PREFECT_TYPES_MAX 32

typedef struct tcn_prefect_type {
    const char *slug, *name;
    const char *capability;   /* "notify"; NULL: none */
    tcn_options_table fields; /* of a document; its plugin_id is the slug */
    const char *const *map;   /* field, option, ..., NULL; or NULL */
    const char *const *set;   /* option, value, ..., NULL; or NULL */
} tcn_prefect_type;

typedef struct tcn_prefect_types {
    tcn_prefect_type *items; /* in the arena */
    size_t count;
} tcn_prefect_types;

/* None when the plugin has no such extension. Errors as the gate's: what follows "plugin
 * FILE: ". */
int tcn_prefect_types_read(const tcn_table *table, tcn_arena *arena,
                           tcn_prefect_types *ret, tcn_err *reterr);
/* NULL: not among them. */
const tcn_prefect_type *tcn_prefect_types_find(const tcn_prefect_types *types,
                                               const char *slug);

#endif
