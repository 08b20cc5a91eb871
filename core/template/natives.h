/* SPDX-License-Identifier: Apache-2.0 */
/* natives.h - functions, filters, tests and methods written in C, as rows of tables:
 * name, parameters, code. Private to the room. */
#ifndef TCN_TEMPLATE_NATIVES_H
#define TCN_TEMPLATE_NATIVES_H

#include "core/template/atoms.h"
#include "core/value/ops.h"

enum {
    TCN_PARAMS_MAX = 9
};

typedef struct tcn_native {
    const char *name;
    const char
        *params;      /* names of what may follow the subject, with spaces between them */
    uint8_t min, max; /* how many arguments, the subject included */
    /* a[0] is the subject: what is filtered or tested, or whose method it is (NONE for a
     * plain function). Arguments that were not given are MISSING. */
    int (*call)(tcn_rt *rt, tcn_value *a, tcn_value *ret);
    /* Besides call, for a native that makes a safe text: appends it to out. */
    int (*write)(tcn_rt *rt, tcn_value *a, tcn_buf *out);
    /* Instead of call: takes arguments as they come. */
    int (*raw)(tcn_rt *rt, tcn_value subject, const tcn_args *args, tcn_value *ret);
} tcn_native;

int tcn_native_call(tcn_rt *rt, const tcn_native *native, tcn_value subject,
                    const tcn_args *args, tcn_value *ret);

/* Natives that are found by name: all filters, all tests. An id is a place in items,
 * which are in the order of their names. */
typedef struct tcn_native_table {
    const char *kind; /* "filter", "test": for messages */
    const tcn_native *items;
    size_t count;
} tcn_native_table;
int tcn_native_find(const tcn_native_table *table, tcn_str name);
const char *tcn_native_nearest(const tcn_native_table *table, tcn_str name);
int tcn_native_named(const tcn_native_table *table, tcn_rt *rt, tcn_value name,
                     const tcn_native **ret);

/* A number for the table below, or -1. */
int tcn_filter_find(tcn_str name);
int tcn_test_find(tcn_str name);
/* The name of one that is spelt nearly so, or NULL. */
const char *tcn_filter_nearest(tcn_str name);
const char *tcn_test_nearest(tcn_str name);
const tcn_native *tcn_filter_at(int id);
const tcn_native *tcn_test_at(int id);
/* By a name that a template computed: fails with TemplateRuntimeError when there is none.
 */
int tcn_filter_named(tcn_rt *rt, tcn_value name, const tcn_native **ret);
int tcn_test_named(tcn_rt *rt, tcn_value name, const tcn_native **ret);

/* An attribute of a builtin type. */
typedef struct tcn_member {
    bool is_unsafe; /* exists in Python, is refused here */
    int (*prop)(tcn_rt *rt, tcn_value self, tcn_value *ret);
    tcn_native method;
} tcn_member;
/* The tables, by atom. */
extern const tcn_member tcn_str_members[TCN_ATOM_COUNT];
extern const tcn_member tcn_markup_members[TCN_ATOM_COUNT];
extern const tcn_member tcn_enum_members[TCN_ATOM_COUNT];
extern const tcn_member tcn_bytes_members[TCN_ATOM_COUNT];
extern const tcn_member tcn_list_members[TCN_ATOM_COUNT];
extern const tcn_member tcn_tuple_members[TCN_ATOM_COUNT];
extern const tcn_member tcn_set_members[TCN_ATOM_COUNT];
extern const tcn_member tcn_dict_members[TCN_ATOM_COUNT];
extern const tcn_member tcn_range_members[TCN_ATOM_COUNT];
extern const tcn_member tcn_int_members[TCN_ATOM_COUNT];
extern const tcn_member tcn_float_members[TCN_ATOM_COUNT];
extern const tcn_member tcn_datetime_members[TCN_ATOM_COUNT];
extern const tcn_member tcn_delta_members[TCN_ATOM_COUNT];
extern const tcn_member tcn_uuid_members[TCN_ATOM_COUNT];

/* clang-format off */
#define TCN_METHOD(name_, params_, min_, max_, fn_) \
    {.method = {.name = name_, .params = params_, .min = min_, .max = max_, .call = fn_}}
#define TCN_METHOD_RAW(name_, fn_) {.method = {.name = name_, .raw = fn_}}
#define TCN_PROP(fn_) {.prop = fn_}
/* clang-format on */

/* A native bound to its subject, as a value; a function has NONE as subject. */
int tcn_bound_make(tcn_rt *rt, const tcn_native *native, tcn_value subject,
                   tcn_value *ret);

/* Calls a method of bytes. */
int tcn_bytes_call(tcn_rt *rt, const tcn_native *native, tcn_value subject,
                   const tcn_args *args, tcn_value *ret);

/* o.name and o[key] with the sandbox's rules. */
int tcn_attr(tcn_rt *rt, tcn_value object, tcn_value name, enum tcn_atom atom,
             tcn_value *ret);
int tcn_item(tcn_rt *rt, tcn_value object, tcn_value key, tcn_value *ret);
/* What v.items() goes over; AttributeError when v has no such method. */
int tcn_items_dict(tcn_rt *rt, tcn_value v, const tcn_vdict **ret);
/* The attr filter: never the item. */
int tcn_attr_only(tcn_rt *rt, tcn_value object, tcn_value name, tcn_value *ret);
/* "a.b.0": each part looked up as an item, digits as a number. default_value MISSING:
 * none. */
int tcn_path(tcn_rt *rt, tcn_value object, tcn_value path, tcn_value default_value,
             tcn_value *ret);

/* Global functions and classes; false when there is none of that name. */
bool tcn_global_find(tcn_str name, tcn_value *ret);

/* Arguments as C values. MISSING gives fallback; other types fail with TypeError. */
int tcn_arg_int(tcn_rt *rt, tcn_value v, int64_t fallback, int64_t *ret);
int tcn_arg_text(tcn_rt *rt, tcn_value v, const tcn_text **ret);
static inline bool tcn_arg_bool(tcn_value v, bool fallback)
{
    return v.type == TCN_V_MISSING ? fallback : tcn_truth(v);
}

#endif
