/* SPDX-License-Identifier: Apache-2.0 */
/* filters.h - the functions behind the table of filters; their contracts are Jinja's.
 * Private. */
#ifndef TCN_TEMPLATE_FILTERS_H
#define TCN_TEMPLATE_FILTERS_H

#include "core/template/natives.h"

/* clang-format off */
/* name, parameters behind the subject, least and most arguments with it */
#define TCN_FILTERS(X) \
    X(pprint, "", 1, 1) X(striptags, "", 1, 1) X(wordwrap, "width break_long_words wrapstring break_on_hyphens", 1, 5) X(xmlattr, "autospace", 1, 2) \
    X(abs, "", 1, 1) X(attr, "name", 2, 2) X(batch, "linecount fill_with", 2, 3) \
    X(capitalize, "", 1, 1) X(center, "width", 1, 2) X(default, "default_value boolean", 1, 3) \
    X(dictsort, "case_sensitive by reverse", 1, 4) X(escape, "", 1, 1) \
    X(filesizeformat, "binary", 1, 2) X(first, "", 1, 1) X(float, "default", 1, 2) \
    X(forceescape, "", 1, 1) X(groupby, "attribute default case_sensitive", 2, 4) \
    X(indent, "width first blank", 1, 4) X(int, "default base", 1, 3) X(items, "", 1, 1) \
    X(join, "d attribute", 1, 3) X(last, "", 1, 1) X(length, "", 1, 1) X(list, "", 1, 1) \
    X(lower, "", 1, 1) X(max, "case_sensitive attribute", 1, 3) \
    X(min, "case_sensitive attribute", 1, 3) X(random, "", 1, 1) \
    X(replace, "old new count", 3, 4) X(reverse, "", 1, 1) X(round, "precision method", 1, 3) \
    X(safe, "", 1, 1) X(slice, "slices fill_with", 2, 3) \
    X(sort, "reverse case_sensitive attribute", 1, 4) X(string, "", 1, 1) \
    X(sum, "attribute start", 1, 3) X(title, "", 1, 1) \
    X(tojson, "indent", 1, 2) X(trim, "chars", 1, 2) \
    X(truncate, "length killwords end leeway", 1, 5) X(unique, "case_sensitive attribute", 1, 3) \
    X(upper, "", 1, 1) X(urlencode, "", 1, 1) \
    X(wordcount, "", 1, 1) \
    \
    X(humanize_naturaltime, "future months minimum_unit when", 1, 5) \
    X(humanize_naturaldelta, "months minimum_unit", 1, 3) \
    X(humanize_precisedelta, "minimum_unit suppress format", 1, 4) \
    X(humanize_naturalsize, "binary gnu format", 1, 4) X(humanize_intcomma, "ndigits", 1, 2) \
    X(humanize_intword, "format", 1, 2) X(humanize_ordinal, "gender", 1, 2) \
    X(humanize_apnumber, "", 1, 1) X(humanize_fractional, "", 1, 1) \
    X(humanize_scientific, "precision", 1, 2) X(humanize_metric, "unit precision", 1, 3) \
    X(humanize_clamp, "floor ceil format floor_token ceil_token", 1, 6) \
    X(humanize_abs_timedelta, "", 1, 1) X(humanize_date_and_delta, "", 1, 1) \
    X(humanize_naturalday, "", 1, 1) X(humanize_naturaldate, "", 1, 1) \
    X(humanize_activate, "path", 1, 2) X(humanize_deactivate, "", 1, 1) \
    X(humanize_thousands_separator, "", 1, 1) X(humanize_decimal_separator, "", 1, 1) \
    X(urlize, "trim_url_limit nofollow target rel extra_schemes", 1, 6) \
    X(ui_url, "", 1, 1) X(ui_resource_events_url, "", 1, 1) X(flow_run_id, "", 1, 1)
/* those that take their arguments as they come */
#define TCN_FILTERS_RAW(X) \
    X(format) X(map) X(reject) X(rejectattr) X(select) X(selectattr)
/* clang-format on */

#define TCN_FILTER_DECLARE(name, params, min, max) \
    int tcn_filter_##name(tcn_rt *rt, tcn_value *a, tcn_value *ret);
TCN_FILTERS(TCN_FILTER_DECLARE)
#undef TCN_FILTER_DECLARE
#define TCN_FILTER_DECLARE(name)                                               \
    int tcn_filter_##name(tcn_rt *rt, tcn_value subject, const tcn_args *args, \
                          tcn_value *ret);
TCN_FILTERS_RAW(TCN_FILTER_DECLARE)
#undef TCN_FILTER_DECLARE

#endif
