/* SPDX-License-Identifier: Apache-2.0 */
/* rate.c - reads rates. What they mean stands with tcn_rate; who keeps to them is the
 * dispatcher. */
#include "core/plugin/rate.h"

#include <stdio.h>

#include "core/base/datetime.h"
#include "core/plugin/call.h"

#define COUNT_MAX  1000000
#define PERIOD_MIN TCN_MS_US
#define PERIOD_MAX TCN_DAY_US
#define RATE_TEXT  64
#define SET_MAX    512

static int refuse(tcn_str text, tcn_err *reterr)
{
    return tcn_err_set(reterr, TCN_E_INVALID,
                       "\"%.*s\" is not a rate such as \"1/s burst 4\" or \"60/30s\"",
                       (int)(text.len < RATE_TEXT ? text.len : RATE_TEXT), text.ptr);
}

/* "s", "30s", "5m". */
static bool read_period(tcn_str text, int64_t *ret_us)
{
    char with_number[RATE_TEXT];
    if (text.len == 0 || text.len >= sizeof with_number - 1)
        return false;
    bool has_number = text.ptr[0] >= '0' && text.ptr[0] <= '9';
    int len = snprintf(with_number, sizeof with_number, "%s%.*s", has_number ? "" : "1",
                       TCN_STR_ARG(text));
    /* Without a unit, "10/5" says nothing. */
    char last = text.ptr[text.len - 1];
    return last >= 'a' && last <= 'z' &&
           tcn_duration_config(tcn_str_of(with_number, (size_t)len), ret_us) &&
           *ret_us >= PERIOD_MIN && *ret_us <= PERIOD_MAX;
}

static bool read_count(tcn_str text, uint32_t *ret)
{
    int64_t count = 0;
    bool is_good = tcn_str_int(text, 1, COUNT_MAX, &count);
    *ret = (uint32_t)count;
    return is_good;
}

static int read_one(tcn_str text, tcn_rate *ret, tcn_err *reterr)
{
    tcn_str rest = tcn_str_trim(text), count = {0}, period = {0}, word = {0};
    tcn_rate rate = {0};
    bool is_good = tcn_str_split(&rest, '/', &count) &&
                   tcn_str_split(&rest, ' ', &period) && read_count(count, &rate.count) &&
                   read_period(period, &rate.period_us);
    rate.burst = rate.count;
    rest = tcn_str_trim(rest);
    if (is_good && rest.len > 0)
        is_good = tcn_str_split(&rest, ' ', &word) && tcn_str_eq_c(word, "burst") &&
                  read_count(tcn_str_trim(rest), &rate.burst);
    if (!is_good)
        return refuse(tcn_str_trim(text), reterr);
    *ret = rate;
    return 0;
}

int tcn_rates_parse(tcn_str text, tcn_rates *ret, tcn_err *reterr)
{
    tcn_rates rates = {0};
    tcn_str rest = text, part;
    bool is_open = text.len == 0 || text.ptr[text.len - 1] == ',';
    int rc = is_open ? refuse(text, reterr) : 0;
    while (rc == 0 && tcn_str_split(&rest, ',', &part)) {
        if (rates.count == TCN_RATES_MAX)
            return tcn_err_set(reterr, TCN_E_LIMIT, "are more than %d", TCN_RATES_MAX);
        rc = read_one(part, &rates.items[rates.count++], reterr);
    }
    if (rc == 0)
        *ret = rates;
    return rc;
}

int tcn_rates_read(const json_t *value, tcn_rates *ret, tcn_err *reterr)
{
    if (json_is_string(value))
        return tcn_rates_parse(
            tcn_str_of(json_string_value(value), json_string_length(value)), ret, reterr);
    if (!json_is_array(value) || json_array_size(value) == 0)
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "must be a rate such as \"1/s burst 4\", or a list of them");
    tcn_rates rates = {0};
    size_t i;
    const json_t *item;
    json_array_foreach(value, i, item)
    {
        tcn_rates one = {0};
        if (!json_is_string(item))
            return tcn_err_set(reterr, TCN_E_INVALID, "must be a list of texts");
        if (i == TCN_RATES_MAX)
            return tcn_err_set(reterr, TCN_E_LIMIT, "are more than %d", TCN_RATES_MAX);
        tcn_str text = {json_string_value(item), json_string_length(item)};
        int rc = tcn_rates_parse(text, &one, reterr);
        if (rc == 0 && one.count > 1)
            rc = refuse(text, reterr);
        if (rc < 0)
            return rc;
        rates.items[rates.count++] = one.items[0];
    }
    *ret = rates;
    return 0;
}

int32_t tcn_rates_use(tocsin_self *self, const char *rate)
{
    if (!tcn_plugins_on_loop(self->plugins) || !self->is_creating)
        return TOCSIN_E_STATE;
    if (rate == NULL || strnlen(rate, SET_MAX + 1) > SET_MAX)
        return TOCSIN_E_INVALID;
    tcn_rates rates;
    tcn_err err = {0};
    if (tcn_rates_parse(tcn_str_c(rate), &rates, &err) < 0)
        return tcn_call_refuse(self, "set_rate", TCN_E_INVALID, err.text);
    self->rates = rates;
    return TOCSIN_OK;
}
