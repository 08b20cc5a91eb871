/* SPDX-License-Identifier: Apache-2.0 */
/* object.h - types of objects as tables. What a table leaves NULL the object cannot do;
 * what it does not name a template cannot reach: the tables are the allow-list. */
#ifndef TCN_VALUE_OBJECT_H
#define TCN_VALUE_OBJECT_H

#include "core/base/buf.h"
#include "core/value/rt.h"

/* Arguments of a call: positional ones, then named ones. */
typedef struct tcn_args {
    const tcn_value *items;
    uint32_t count;
    uint32_t named_count;
    const tcn_value *names; /* texts */
    const tcn_value *named;
} tcn_args;

typedef struct tcn_object_type {
    const char *name;      /* "ReceivedEvent": in most messages */
    const char *full_name; /* with its module, for undefined attributes */
    bool is_sequence;      /* has a length and items by position */
    bool is_callable;
    bool is_hashable;
    bool is_mapping;
    /* 1: *ret is the attribute; 0: there is none; negative: failed. atom is the number
     * that the template room knows the name by, 0 when it has none. */
    int (*attr)(tcn_rt *rt, tcn_object *self, tcn_str name, unsigned atom,
                tcn_value *ret);
    /* As attr. 0 is both a missing key and a key of the wrong type. */
    int (*item)(tcn_rt *rt, tcn_object *self, tcn_value key, tcn_value *ret);
    /* A list, tuple or lazy list with all that iterating gives. */
    int (*iter)(tcn_rt *rt, tcn_object *self, tcn_value *ret);
    int (*length)(tcn_rt *rt, tcn_object *self, size_t *ret);
    bool (*truth)(const tcn_object *self);                   /* NULL: always true */
    int (*show)(tcn_rt *rt, tcn_object *self, tcn_buf *out); /* NULL: as repr */
    int (*repr)(tcn_rt *rt, tcn_object *self, tcn_buf *out);
    int (*equal)(tcn_rt *rt, tcn_object *self, tcn_object *other); /* NULL: identity */
    int (*contains)(tcn_rt *rt, tcn_object *self, tcn_value item);
    /* The plain value that stands for it in JSON; NULL: it has no JSON form. */
    int (*plain)(tcn_rt *rt, tcn_object *self, tcn_value *ret);
    int (*call)(tcn_rt *rt, tcn_object *self, const tcn_args *args, tcn_value *ret);
} tcn_object_type;

#endif
