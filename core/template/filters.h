/* SPDX-License-Identifier: Apache-2.0 */
/* filters.h - the functions behind the table of filters; their contracts are Jinja's.
 * Private. */
#ifndef TCN_TEMPLATE_FILTERS_H
#define TCN_TEMPLATE_FILTERS_H

#include "core/template/natives.h"

/* clang-format off */
/* In the order of their letters, for finding them by halves.
 * X: name, function, parameters behind the subject, least and most arguments with it;
 * R: one that takes its arguments as they come; W: as X, one that can write its text straight
 * to a buffer, tcn_write_NAME. */
#define TCN_FILTERS(X, R, W) \
    X(abs, abs, "", 1, 1) X(attr, attr, "name", 2, 2) X(batch, batch, "linecount fill_with", 2, 3) \
    X(capitalize, capitalize, "", 1, 1) X(center, center, "width", 1, 2) \
    X(count, length, "", 1, 1) X(d, default, "default_value boolean", 1, 3) \
    X(default, default, "default_value boolean", 1, 3) \
    X(dictsort, dictsort, "case_sensitive by reverse", 1, 4) X(e, escape, "", 1, 1) \
    X(escape, escape, "", 1, 1) X(filesizeformat, filesizeformat, "binary", 1, 2) \
    X(first, first, "", 1, 1) X(float, float, "default", 1, 2) \
    X(flow_run_id, flow_run_id, "", 1, 1) X(forceescape, forceescape, "", 1, 1) R(format) \
    X(groupby, groupby, "attribute default case_sensitive", 2, 4) \
    X(humanize_abs_timedelta, humanize_abs_timedelta, "", 1, 1) \
    X(humanize_activate, humanize_activate, "path", 1, 2) \
    X(humanize_apnumber, humanize_apnumber, "", 1, 1) \
    X(humanize_clamp, humanize_clamp, "floor ceil format floor_token ceil_token", 1, 6) \
    X(humanize_date_and_delta, humanize_date_and_delta, "", 1, 1) \
    X(humanize_deactivate, humanize_deactivate, "", 1, 1) \
    X(humanize_decimal_separator, humanize_decimal_separator, "", 1, 1) \
    X(humanize_fractional, humanize_fractional, "", 1, 1) \
    X(humanize_intcomma, humanize_intcomma, "ndigits", 1, 2) \
    X(humanize_intword, humanize_intword, "format", 1, 2) \
    X(humanize_metric, humanize_metric, "unit precision", 1, 3) \
    X(humanize_naturaldate, humanize_naturaldate, "", 1, 1) \
    X(humanize_naturalday, humanize_naturalday, "", 1, 1) \
    X(humanize_naturaldelta, humanize_naturaldelta, "months minimum_unit", 1, 3) \
    X(humanize_naturalsize, humanize_naturalsize, "binary gnu format", 1, 4) \
    X(humanize_naturaltime, humanize_naturaltime, "future months minimum_unit when", 1, 5) \
    X(humanize_ordinal, humanize_ordinal, "gender", 1, 2) \
    X(humanize_precisedelta, humanize_precisedelta, "minimum_unit suppress format", 1, 4) \
    X(humanize_scientific, humanize_scientific, "precision", 1, 2) \
    X(humanize_thousands_separator, humanize_thousands_separator, "", 1, 1) \
    X(indent, indent, "width first blank", 1, 4) X(int, int, "default base", 1, 3) \
    X(items, items, "", 1, 1) X(join, join, "d attribute", 1, 3) X(last, last, "", 1, 1) \
    X(length, length, "", 1, 1) X(list, list, "", 1, 1) X(lower, lower, "", 1, 1) R(map) \
    X(max, max, "case_sensitive attribute", 1, 3) X(min, min, "case_sensitive attribute", 1, 3) \
    X(pprint, pprint, "", 1, 1) X(random, random, "", 1, 1) R(reject) R(rejectattr) \
    X(replace, replace, "old new count", 3, 4) X(reverse, reverse, "", 1, 1) \
    X(round, round, "precision method", 1, 3) X(safe, safe, "", 1, 1) R(select) R(selectattr) \
    X(slice, slice, "slices fill_with", 2, 3) \
    X(sort, sort, "reverse case_sensitive attribute", 1, 4) X(string, string, "", 1, 1) \
    X(striptags, striptags, "", 1, 1) X(sum, sum, "attribute start", 1, 3) \
    X(title, title, "", 1, 1) W(tojson, "indent", 1, 2) X(trim, trim, "chars", 1, 2) \
    X(truncate, truncate, "length killwords end leeway", 1, 5) \
    X(ui_resource_events_url, ui_resource_events_url, "", 1, 1) X(ui_url, ui_url, "", 1, 1) \
    X(unique, unique, "case_sensitive attribute", 1, 3) X(upper, upper, "", 1, 1) \
    X(urlencode, urlencode, "", 1, 1) \
    X(urlize, urlize, "trim_url_limit nofollow target rel extra_schemes", 1, 6) \
    X(wordcount, wordcount, "", 1, 1) \
    X(wordwrap, wordwrap, "width break_long_words wrapstring break_on_hyphens", 1, 5) \
    X(xmlattr, xmlattr, "autospace", 1, 2)
/* clang-format on */

#define TCN_FILTER_DECLARE(name, function, params, min, max) \
    int tcn_filter_##function(tcn_rt *rt, tcn_value *a, tcn_value *ret);
#define TCN_FILTER_DECLARE_RAW(name)                                           \
    int tcn_filter_##name(tcn_rt *rt, tcn_value subject, const tcn_args *args, \
                          tcn_value *ret);
#define TCN_FILTER_DECLARE_WRITER(name, params, min, max)            \
    int tcn_filter_##name(tcn_rt *rt, tcn_value *a, tcn_value *ret); \
    int tcn_write_##name(tcn_rt *rt, tcn_value *a, tcn_buf *out);
TCN_FILTERS(TCN_FILTER_DECLARE, TCN_FILTER_DECLARE_RAW, TCN_FILTER_DECLARE_WRITER)
#undef TCN_FILTER_DECLARE
#undef TCN_FILTER_DECLARE_RAW
#undef TCN_FILTER_DECLARE_WRITER

#endif
