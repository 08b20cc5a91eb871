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

int tcn_filter_find(tcn_str name)
{
    for (size_t i = 0; i < TCN_COUNT(filters); i++) {
        if (tcn_str_eq_c(name, filters[i].name))
            return (int)i;
    }
    return -1;
}

const char *tcn_filter_nearest(tcn_str name)
{
    const char *names[TCN_COUNT(filters) + 1] = {NULL};
    for (size_t i = 0; i < TCN_COUNT(filters); i++)
        names[i] = filters[i].name;
    return tcn_str_nearest(name, names);
}

const tcn_native *tcn_filter_at(int id)
{
    return &filters[id];
}

int tcn_filter_named(tcn_rt *rt, tcn_value name, const tcn_native **ret)
{
    const tcn_text *text = tcn_text_of(&name);
    int id = text != NULL ? tcn_filter_find(tcn_text_str(text)) : -1;
    if (id < 0) {
        char quoted[256] = "?";
        if (text != NULL)
            (void)tcn_quote(tcn_text_str(text), quoted, sizeof quoted);
        else if (tcn_check_hashable(rt, name) < 0)
            return TCN_E_INVALID;
        (void)tcn_raise(rt, TCN_EXC_TemplateRuntimeError, "No filter named %s.", quoted);
        if (text != NULL)
            tcn_raise_hint(rt, tcn_filter_nearest(tcn_text_str(text)));
        return TCN_E_INVALID;
    }
    *ret = &filters[id];
    return 0;
}
