/* SPDX-License-Identifier: Apache-2.0 */
/* schema.h - option tables as documents: a list for people and programs, and the schema
 * of a Prefect block type. */
#ifndef TCN_OPTION_SCHEMA_H
#define TCN_OPTION_SCHEMA_H

#include <jansson.h>
#include <tocsin/plugin.h>

/* "duration", "enum", ... of TOCSIN_OPT_*. Static. */
const char *tcn_schema_type_name(uint32_t type);

/* [{"key", "type", "doc", "required", "secret", "template", "destination", "deprecated",
 * "default", "choices", "min", "max"}], in the table's order. A bound is written as users
 * write the option's value; members that do not apply are left out. NULL: no memory. */
json_t *tcn_schema_options(const tocsin_option *options, size_t count);

/* {"title", "type", "properties", "required", "block_type_slug", "secret_fields",
 * "block_schema_references"}: the block type tocsin-ID with the plugin's options as its
 * fields, or another type with fields of its own. NULL: no memory. */
typedef struct tcn_schema_type {
    const char *slug, *title;
    const tocsin_option *fields;
    size_t count;
} tcn_schema_type;
json_t *tcn_schema_block(const tcn_schema_type *type);

#endif
