/* SPDX-License-Identifier: Apache-2.0 */
/* humanize_locale.c - the filters that choose a language. There is one, English, and no
 * state: choosing it changes nothing, and others are not there. */
#include "core/base/err.h"
#include "core/template/filters.h"

int tcn_filter_humanize_activate(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    const tcn_text *locale = NULL;
    char quoted[256];
    int rc = a[0].type == TCN_V_NONE ? 0 : tcn_arg_text(rt, a[0], &locale);
    if (rc < 0)
        return rc;
    if (locale == NULL || tcn_str_starts(tcn_text_str(locale), TCN_STR("en")))
        return tcn_text_make(rt, "", 0, ret);
    (void)tcn_quote(tcn_text_str(locale), quoted, sizeof quoted);
    return tcn_raise(rt, TCN_EXC_FileNotFoundError, "there is no translation for %s",
                     quoted);
}

int tcn_filter_humanize_deactivate(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    (void)rt;
    (void)a;
    *ret = tcn_none();
    return 0;
}

int tcn_filter_humanize_thousands_separator(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    (void)a;
    return tcn_text_make(rt, ",", 1, ret);
}

int tcn_filter_humanize_decimal_separator(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    (void)a;
    return tcn_text_make(rt, ".", 1, ret);
}
