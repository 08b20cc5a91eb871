/* SPDX-License-Identifier: Apache-2.0 */
/* test_rate.c - how rates are written, in blocks and by plugins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "rig.h"

#include "core/plugin/rate.h"

static void rates_are_read(void **state)
{
    static const struct {
        const char *text;
        tcn_rates rates;
    } rows[] = {
        {"1/s burst 4", {{{1, 4, 1000000}}, 1}},
        {"60/30s", {{{60, 60, 30000000}}, 1}},
        {" 4/s,60/30s , 100/h burst 5 ",
         {{{4, 4, 1000000}, {60, 60, 30000000}, {100, 5, INT64_C(3600000000)}}, 3}},
        {"1000000/1ms burst 1", {{{1000000, 1, 1000}}, 1}},
        {"2/d", {{{2, 2, INT64_C(86400000000)}}, 1}},
    };
    (void)state;
    for (size_t i = 0; i < TCN_COUNT(rows); i++) {
        tcn_rates rates;
        memset(&rates, 0, sizeof rates);
        assert_int_equal(tcn_rates_parse(tcn_str_c(rows[i].text), &rates, NULL), 0);
        assert_memory_equal(&rates, &rows[i].rates, sizeof rates);
    }
}

static void what_is_no_rate_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "1",
        "1/",
        "/s",
        "0/s",
        "1/0s",
        "-1/s",
        "1.5/s",
        "1/5",
        "1/2d",
        "1/s burst",
        "1/s burst 0",
        "1/s burst x",
        "1/s bursts 4",
        "1/s,",
        ",1/s",
        "1000001/s",
        "1/s burst 4 5",
        "1 / s",
        "1/w",
    };
    (void)state;
    for (size_t i = 0; i < TCN_COUNT(rows); i++) {
        tcn_rates rates;
        if (tcn_rates_parse(tcn_str_c(rows[i]), &rates, NULL) != TCN_E_INVALID)
            fail_msg("\"%s\" was taken", rows[i]);
    }
    tcn_rates rates;
    assert_int_equal(tcn_rates_parse(TCN_STR("1/s, 2/s, 3/s, 4/s, 5/s"), &rates, NULL),
                     TCN_E_LIMIT);
}

static int set_up(void **state)
{
    static rig r;
    rig_start(&r);
    rig_load(&r, TEST_PLUGIN_DIR "/puppet.so");
    *state = &r;
    return 0;
}

static int tear_down(void **state)
{
    (void)rig_stop(*state);
    return 0;
}

static void a_block_may_have_rates(void **state)
{
    static const char *const rows[][2] = {
        {"\"1/s burst 4\"", ""},
        {"[\"4/s\", \"60/30s\"]", ""},
        {"5", "rate: must be a rate such as \"1/s burst 4\", or a list of them"},
        {"[]", "rate: must be a rate such as \"1/s burst 4\", or a list of them"},
        {"[\"4/s\", 5]", "rate: must be a list of texts"},
        {"[\"4/s, 5/m\"]",
         "rate: \"4/s, 5/m\" is not a rate such as \"1/s burst 4\" or \"60/30s\""},
        {"\"often\"",
         "rate: \"often\" is not a rate such as \"1/s burst 4\" or \"60/30s\""},
        {"[\"1/s\", \"2/s\", \"3/s\", \"4/s\", \"5/s\"]", "rate: are more than 4"},
    };
    rig *r = *state;
    for (size_t i = 0; i < TCN_COUNT(rows); i++) {
        char document[300];
        (void)snprintf(document, sizeof document,
                       "{\"name\": \"b%zu\", \"type\": \"puppet\", \"rate\": %s}", i,
                       rows[i][0]);
        assert_string_equal(rig_problems(r, document), rows[i][1]);
    }
    const tcn_block_info *info =
        tcn_block_info_get(tcn_plugins_block(r->plugins, TCN_STR("b1")));
    assert_int_equal(info->rates.count, 2);
    assert_int_equal(info->rates.items[1].period_us, 30000000);
}

static void a_plugin_sets_the_rate_of_blocks_without_one(void **state)
{
    rig *r = *state;
    const char *own = "{\"name\": \"own\", \"type\": \"puppet\", \"rate\": \"9/s\", "
                      "\"options\": {\"rate_limit\": \"1/s burst 4\"}}";
    const char *plain = "{\"name\": \"plain\", \"type\": \"puppet\", "
                        "\"options\": {\"rate_limit\": \"1/s burst 4\"}}";
    assert_string_equal(rig_problems(r, own), "");
    assert_string_equal(rig_problems(r, plain), "");
    const tcn_block_info *info =
        tcn_block_info_get(tcn_plugins_block(r->plugins, TCN_STR("own")));
    assert_int_equal(info->rates.items[0].count, 9);
    info = tcn_block_info_get(tcn_plugins_block(r->plugins, TCN_STR("plain")));
    assert_int_equal(info->rates.count, 1);
    assert_int_equal(info->rates.items[0].burst, 4);
}

static void a_plugin_cannot_set_nonsense(void **state)
{
    rig *r = *state;
    assert_string_equal(rig_problems(r, "{\"name\": \"x\", \"type\": \"puppet\", "
                                        "\"options\": {\"rate_limit\": \"fast\"}}"),
                        "options.rate_limit: set_rate: \"fast\" is not a rate such as "
                        "\"1/s burst 4\" or \"60/30s\"");
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
static const struct CMUnitTest cases[] = {
    cmocka_unit_test(rates_are_read),
    cmocka_unit_test(what_is_no_rate_is_refused),
    CASE(a_block_may_have_rates),
    CASE(a_plugin_sets_the_rate_of_blocks_without_one),
    CASE(a_plugin_cannot_set_nonsense),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
