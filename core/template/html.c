/* SPDX-License-Identifier: Apache-2.0 */
/* html.c - escaping as MarkupSafe does it. */
#include "core/template/html.h"

int tcn_html_escape(tcn_rt *rt, tcn_str text, tcn_buf *out)
{
    size_t from = 0;
    int rc = tcn_charge(rt, text.len / 16);
    for (size_t i = 0; i < text.len && rc >= 0; i++) {
        const char *entity = tcn_html_entity(text.ptr[i]);
        if (entity == NULL)
            continue;
        rc = tcn_put(rt, out, text.ptr + from, i - from);
        if (rc >= 0)
            rc = tcn_put_c(rt, out, entity);
        from = i + 1;
    }
    return rc < 0 || from == text.len
               ? rc
               : tcn_put(rt, out, text.ptr + from, text.len - from);
}

int tcn_html_show(tcn_rt *rt, tcn_value v, tcn_buf *out)
{
    if (tcn_is_markup(v))
        return tcn_show(rt, v, out);
    tcn_value text;
    int rc = tcn_to_text(rt, v, &text);
    return rc < 0 ? rc : tcn_html_escape(rt, tcn_text_str(text.text), out);
}

int tcn_html_end(tcn_rt *rt, size_t start, tcn_value *ret)
{
    int rc = tcn_scratch_end(rt, start, ret);
    if (rc >= 0 && tcn_html_is_output(rt))
        *ret = tcn_markup(*ret);
    return rc;
}

int tcn_html_join(tcn_rt *rt, tcn_value a, tcn_value b, tcn_value *ret)
{
    size_t start = tcn_scratch_begin(rt);
    int rc = tcn_html_show(rt, a, &rt->scratch);
    if (rc >= 0)
        rc = tcn_html_show(rt, b, &rt->scratch);
    if (rc >= 0)
        rc = tcn_scratch_end(rt, start, ret);
    if (rc >= 0)
        *ret = tcn_markup(*ret);
    return rc;
}
