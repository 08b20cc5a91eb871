/* SPDX-License-Identifier: Apache-2.0 */
/* filters.c - the table of filters. A filter's number is its place in it. */
#include "core/template/filters.h"

#include "core/base/err.h"

static const tcn_native filters[] = {
#define TCN_FILTER_ROW(name_, params_, min_, max_) \
    {.name = #name_,                               \
     .params = params_,                            \
     .min = min_,                                  \
     .max = max_,                                  \
     .call = tcn_filter_##name_},
    TCN_FILTERS(TCN_FILTER_ROW)
#undef TCN_FILTER_ROW
#define TCN_FILTER_ROW(name_) {.name = #name_, .raw = tcn_filter_##name_},
        TCN_FILTERS_RAW(TCN_FILTER_ROW)
#undef TCN_FILTER_ROW
            {.name = "d",
             .params = "default_value boolean",
             .min = 1,
             .max = 3,
             .call = tcn_filter_default},
    {.name = "count", .params = "", .min = 1, .max = 1, .call = tcn_filter_length},
    {.name = "e", .params = "", .min = 1, .max = 1, .call = tcn_filter_escape},
};

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
