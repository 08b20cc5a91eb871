/* SPDX-License-Identifier: Apache-2.0 */
/* natives.c - finding a filter or test by its name, while compiling and, for map('upper')
 * and its like, while rendering. */
#include "core/template/natives.h"

#include "core/base/err.h"

#define NAMES_MAX 128

/* As tcn_str_cmp of both. */
static int order_of(tcn_str name, const char *item)
{
    size_t i = 0;
    while (i < name.len && item[i] != '\0' && name.ptr[i] == item[i])
        i++;
    if (i == name.len)
        return item[i] == '\0' ? 0 : -1;
    return (unsigned char)name.ptr[i] < (unsigned char)item[i] ? -1 : 1;
}

int tcn_native_find(const tcn_native_table *table, tcn_str name)
{
    size_t low = 0;
    size_t high = table->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = order_of(name, table->items[middle].name);
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

/* Why the name is undefined, and the likely reason, as the real engine words it. */
static int put_undefined(tcn_rt *rt, tcn_value name, tcn_buf *out)
{
    char why[TCN_EXC_TEXT];
    int rc = tcn_raise_undef(rt, name);
    if (rt->exc.exc_class != TCN_EXC_UndefinedError &&
        rt->exc.exc_class != TCN_EXC_SecurityError)
        return rc;
    memcpy(why, rt->exc.text, sizeof why);
    rt->exc.exc_class = TCN_EXC_NONE;
    rc = tcn_put_c(rt, out, " (");
    if (rc >= 0)
        rc = tcn_put_c(rt, out, why);
    return rc < 0 ? rc
                  : tcn_put_c(rt, out, "; did you forget to quote the callable name?)");
}

/* No filter named REPR. (an undefined name says what it was undefined by) */
static void raise_unknown(const tcn_native_table *table, tcn_rt *rt, tcn_value name)
{
    size_t start = tcn_scratch_begin(rt);
    tcn_buf *out = &rt->scratch;
    const char *const parts[] = {"No ", table->kind, " named "};
    int rc = 0;
    for (size_t i = 0; i < TCN_COUNT(parts) && rc >= 0; i++)
        rc = tcn_put_c(rt, out, parts[i]);
    if (rc >= 0)
        rc = tcn_repr(rt, name, out);
    if (rc >= 0)
        rc = tcn_put_char(rt, out, '.');
    if (rc >= 0 && name.type == TCN_V_UNDEF)
        rc = put_undefined(rt, name, out);
    if (rc >= 0)
        (void)tcn_raise_str(rt, TCN_EXC_TemplateRuntimeError,
                            tcn_str_of(out->ptr + start, out->len - start));
    out->len = start;
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
    if (text == NULL && tcn_check_hashable(rt, name) < 0)
        return TCN_E_INVALID;
    raise_unknown(table, rt, name);
    if (text != NULL)
        tcn_raise_hint(rt, tcn_native_nearest(table, tcn_text_str(text)));
    return TCN_E_INVALID;
}
