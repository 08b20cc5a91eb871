/* SPDX-License-Identifier: Apache-2.0 */
/* humanize_date.c - days in words: "today", "Mar 15"; and a value as a date and how long
 * ago that was. */
#include <stdlib.h>

#include "core/base/err.h"
#include "core/template/filters.h"
#include "core/template/humanize.h"
#include "core/value/moment.h"

enum {
    WITH_YEAR_DAYS = 153 /* 5 * 365 / 12 days and more show their year */
};

int tcn_humanize_check_zone(tcn_rt *rt, tcn_value v)
{
    if (v.type != TCN_V_DATETIME || v.moment->is_naive)
        return 0;
    return tcn_raise(rt, TCN_EXC_TypeError,
                     "can't subtract offset-naive and offset-aware datetimes");
}

/* Days from today, which is the day in v's zone, to v. */
static int64_t days_from_today(tcn_rt *rt, tcn_value v)
{
    tcn_date day, today;
    bool has_zone = v.type == TCN_V_DATETIME && !v.moment->is_naive;
    tcn_moment_parts(v, &day);
    tcn_date_of(rt->now_us, has_zone ? v.moment->offset_s : 0, &today);
    return tcn_date_days(day.year, day.month, day.day) -
           tcn_date_days(today.year, today.month, today.day);
}

static int show_day(tcn_rt *rt, tcn_value v, bool has_year, tcn_value *ret)
{
    static const char *const words[] = {"yesterday", "today", "tomorrow"};
    if (v.type == TCN_V_UNDEF)
        return tcn_raise(rt, TCN_EXC_TypeError,
                         "'ChainableUndefined' object cannot be interpreted as an "
                         "integer");
    if (v.type != TCN_V_DATETIME && v.type != TCN_V_DATE)
        return tcn_to_plain(rt, v, ret);
    int64_t days = days_from_today(rt, v);
    if (days >= -1 && days <= 1)
        return tcn_text_make(rt, words[days + 1], strlen(words[days + 1]), ret);
    bool is_far = has_year && llabs(days) >= WITH_YEAR_DAYS;
    size_t start = tcn_scratch_begin(rt);
    int rc = tcn_moment_strftime(rt, v, tcn_str_c(is_far ? "%b %d %Y" : "%b %d"),
                                 &rt->scratch);
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

int tcn_filter_humanize_naturalday(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return show_day(rt, a[0], false, ret);
}

int tcn_filter_humanize_naturaldate(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return show_day(rt, a[0], true, ret);
}

int tcn_filter_humanize_date_and_delta(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    int64_t us = 0;
    tcn_value date, delta;
    int rc = tcn_humanize_check_zone(rt, a[0]);
    if (rc >= 0)
        rc = tcn_humanize_span(rt, a[0], rt->now_us, true, &us, &date);
    if (rc == 0)
        return tcn_pair_make(rt, tcn_none(), a[0], ret);
    if (rc >= 0)
        rc = tcn_absolute(rt, tcn_delta(us), &delta);
    return rc < 0 ? rc : tcn_pair_make(rt, date, delta, ret);
}
