/* SPDX-License-Identifier: Apache-2.0 */
/* filters.c - the table of filters. A filter's number is its place in it. */
#include "core/template/filters.h"

#include "core/base/err.h"

#define TCN_FILTER_ROW(name_, function_, params_, min_, max_) \
    {.name = #name_,                                          \
     .params = params_,                                       \
     .min = min_,                                             \
     .max = max_,                                             \
     .call = tcn_filter_##function_},
#define TCN_FILTER_ROW_RAW(name_) {.name = #name_, .raw = tcn_filter_##name_},
#define TCN_FILTER_ROW_WRITER(name_, params_, min_, max_) \
    {.name = #name_,                                      \
     .params = params_,                                   \
     .min = min_,                                         \
     .max = max_,                                         \
     .call = tcn_filter_##name_,                          \
     .write = tcn_write_##name_},
static const tcn_native filters[] = {
    TCN_FILTERS(TCN_FILTER_ROW, TCN_FILTER_ROW_RAW, TCN_FILTER_ROW_WRITER)};

static const tcn_native_table table = {"filter", filters, TCN_COUNT(filters)};

int tcn_filter_find(tcn_str name)
{
    return tcn_native_find(&table, name);
}

const char *tcn_filter_nearest(tcn_str name)
{
    return tcn_native_nearest(&table, name);
}

const tcn_native *tcn_filter_at(int id)
{
    return &filters[id];
}

int tcn_filter_named(tcn_rt *rt, tcn_value name, const tcn_native **ret)
{
    return tcn_native_named(&table, rt, name, ret);
}
