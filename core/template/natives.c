/* SPDX-License-Identifier: Apache-2.0 */
/* natives.c - finding a filter or test by its name, while compiling and, for map('upper')
 * and its like, while rendering. */
#include "core/template/natives.h"

#include "core/base/err.h"

#define NAMES_MAX 128

int tcn_native_find(const tcn_native_table *table, tcn_str name)
{
    size_t low = 0;
    size_t high = table->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = tcn_str_cmp(name, tcn_str_c(table->items[middle].name));
        if (order == 0)
            return (int)middle;
        if (order > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

const char *tcn_native_nearest(const tcn_native_table *table, tcn_str name)
{
    const char *names[NAMES_MAX + 1] = {NULL};
    for (size_t i = 0; i < table->count && i < NAMES_MAX; i++)
        names[i] = table->items[i].name;
    return tcn_str_nearest(name, names);
}

int tcn_native_named(const tcn_native_table *table, tcn_rt *rt, tcn_value name,
                     const tcn_native **ret)
{
    const tcn_text *text = tcn_text_of(&name);
    int id = text != NULL ? tcn_native_find(table, tcn_text_str(text)) : -1;
    if (id >= 0) {
        *ret = &table->items[id];
        return 0;
    }
    char quoted[256] = "?";
    if (text != NULL)
        (void)tcn_quote(tcn_text_str(text), quoted, sizeof quoted);
    else if (tcn_check_hashable(rt, name) < 0)
        return TCN_E_INVALID;
    (void)tcn_raise(rt, TCN_EXC_TemplateRuntimeError, "No %s named %s.", table->kind,
                    quoted);
    if (text != NULL)
        tcn_raise_hint(rt, tcn_native_nearest(table, tcn_text_str(text)));
    return TCN_E_INVALID;
}
