/* SPDX-License-Identifier: Apache-2.0 */
/* filters_select.c - map, select, reject and their attr forms: filters and tests by names
 * that the template computed, applied to each item. */
#include "core/base/err.h"
#include "core/template/filters.h"

/* The named argument, taken out of consideration; MISSING when it is not there. */
static tcn_value named(const tcn_args *args, const char *name)
{
    for (uint32_t i = 0; i < args->named_count; i++) {
        if (tcn_str_eq_c(tcn_text_str(tcn_text_of(&args->names[i])), name))
            return args->named[i];
    }
    return (tcn_value){.type = TCN_V_MISSING};
}

static int map_attribute(tcn_rt *rt, const tcn_vlist *items, const tcn_args *args,
                         tcn_value *ret)
{
    tcn_value path = named(args, "attribute");
    tcn_value fallback = named(args, "default");
    for (uint32_t i = 0; i < args->named_count; i++) {
        tcn_str name = tcn_text_str(tcn_text_of(&args->names[i]));
        char quoted[256];
        if (!tcn_str_eq_c(name, "attribute") && !tcn_str_eq_c(name, "default"))
            return tcn_raise(rt, TCN_EXC_FilterArgumentError,
                             "Unexpected keyword argument %s",
                             tcn_quote(name, quoted, sizeof quoted));
    }
    int rc = 0;
    for (uint32_t i = 0; i < items->count && rc >= 0; i++) {
        tcn_value v;
        rc = tcn_path(rt, items->items[i], path, fallback, &v);
        if (rc >= 0)
            rc = tcn_list_push(rt, *ret, v);
    }
    return rc;
}

/* A falsy input gives nothing, and its arguments are not even looked at. */
static int input_items(tcn_rt *rt, tcn_value subject, tcn_value *ret_items,
                       tcn_value *ret)
{
    int rc = tcn_list_make(rt, TCN_V_LAZY, 0, ret);
    if (rc < 0 || !tcn_truth(subject))
        return rc;
    rc = tcn_items(rt, subject, ret_items);
    return rc < 0 ? rc : 1;
}

int tcn_filter_map(tcn_rt *rt, tcn_value subject, const tcn_args *args, tcn_value *ret)
{
    const tcn_native *filter = NULL;
    tcn_value items;
    /* An iterable that is no such thing fails only after the arguments have been checked.
     */
    int rc = tcn_list_make(rt, TCN_V_LAZY, 0, ret);
    if (rc < 0 || !tcn_truth(subject))
        return rc;
    bool is_attribute = args->count == 0 && !tcn_is_missing(named(args, "attribute"));
    if (!is_attribute && args->count == 0)
        return tcn_raise(rt, TCN_EXC_FilterArgumentError,
                         "map requires a filter argument");
    if (is_attribute && !tcn_is_iterable(subject)) {
        tcn_vlist none = {0};
        rc = map_attribute(rt, &none, args, ret);
        if (rc < 0)
            return rc;
    }
    rc = tcn_items(rt, subject, &items);
    if (rc < 0)
        return rc;
    if (is_attribute)
        return map_attribute(rt, items.list, args, ret);
    tcn_args rest = *args;
    rest.items++;
    rest.count--;
    for (uint32_t i = 0; i < items.list->count && rc >= 0; i++) {
        tcn_value v;
        if (filter == NULL)
            rc = tcn_filter_named(rt, args->items[0], &filter);
        if (rc >= 0)
            rc = tcn_native_call(rt, filter, items.list->items[i], &rest, &v);
        if (rc >= 0)
            rc = tcn_list_push(rt, *ret, v);
    }
    return rc;
}

static int select_items(tcn_rt *rt, tcn_value subject, const tcn_args *args,
                        bool has_attr, bool is_kept, tcn_value *ret)
{
    const tcn_native *test = NULL;
    tcn_value items;
    uint32_t skip = has_attr;
    if (has_attr && args->count == 0 && tcn_truth(subject))
        return tcn_raise(rt, TCN_EXC_FilterArgumentError,
                         "Missing parameter for attribute name");
    int rc = input_items(rt, subject, &items, ret);
    if (rc <= 0)
        return rc;
    tcn_args rest = *args;
    bool has_test = args->count > skip;
    rest.items += skip + has_test;
    rest.count -= skip + has_test;
    for (uint32_t i = 0; i < items.list->count && rc >= 0; i++) {
        tcn_value v = items.list->items[i];
        if (has_attr)
            rc = tcn_path(rt, v, args->items[0], (tcn_value){0}, &v);
        if (rc >= 0 && has_test && test == NULL)
            rc = tcn_test_named(rt, args->items[skip], &test);
        if (rc >= 0 && has_test)
            rc = tcn_native_call(rt, test, v, &rest, &v);
        if (rc >= 0)
            rc = tcn_charge(rt, 1);
        if (rc >= 0 && tcn_truth(v) == is_kept)
            rc = tcn_list_push(rt, *ret, items.list->items[i]);
    }
    return rc < 0 ? rc : 0;
}

int tcn_filter_select(tcn_rt *rt, tcn_value subject, const tcn_args *args, tcn_value *ret)
{
    return select_items(rt, subject, args, false, true, ret);
}

int tcn_filter_reject(tcn_rt *rt, tcn_value subject, const tcn_args *args, tcn_value *ret)
{
    return select_items(rt, subject, args, false, false, ret);
}

int tcn_filter_selectattr(tcn_rt *rt, tcn_value subject, const tcn_args *args,
                          tcn_value *ret)
{
    return select_items(rt, subject, args, true, true, ret);
}

int tcn_filter_rejectattr(tcn_rt *rt, tcn_value subject, const tcn_args *args,
                          tcn_value *ret)
{
    return select_items(rt, subject, args, true, false, ret);
}
