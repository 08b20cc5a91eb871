/* SPDX-License-Identifier: Apache-2.0 */
/* test_retry_after.c - seconds, three forms of a date, and all the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/base/compiler.h"
#include "core/base/datetime.h"
#include "core/net/retry_after.h"

#define YEAR_MS (INT64_C(366) * 86400 * 1000)

static const struct {
    const char *value;
    int64_t wait_ms;
} values[] = {
    {"0", 0},
    {"7", 7000},
    {" 120 ", 120000},
    {"99999999999999999999999", YEAR_MS},
    {"Sun, 06 Nov 1994 08:49:47 GMT", 10000},
    {"Sunday, 06-Nov-94 08:49:47 GMT", 10000},
    {"Sun Nov  6 08:49:47 1994", 10000},
    {"Mon, 07 Nov 1994 08:49:37 GMT", 86400000},
    {"Sun, 06 Nov 2094 08:49:37 GMT", YEAR_MS},
    {"Sun, 06 Nov 1994 08:49:37 GMT", -1},
    {"Sun, 06 Nov 1994 08:49:36 GMT", -1},
    {"Thu, 01 Jan 1970 00:00:00 GMT", -1},
    {"", -1},
    {"-1", -1},
    {"+5", -1},
    {"1.5", -1},
    {"5 seconds", -1},
    {"soon", -1},
    {"Sunday", -1},
    {"Sun, 06 Nov 1994", -1},
    {"Sun, 32 Nov 1994 08:49:47 GMT", -1},
    {"Sun, 06 Nix 1994 08:49:47 GMT", -1},
    {"Sun, 06 Nov 1994 25:49:47 GMT", -1},
    {"Sun, 06 Nov 1994 08:49:47 CET", -1},
    {"Sun, 06 Nov 1994 08:49:47 GMT and more", -1},
    {"Sun, 06 Nov 1994 08:49:47", -1},
    {"1994-11-06T08:49:47Z", -1},
};

static void reads_what_servers_send(void **state)
{
    (void)state;
    int64_t now_us = 0;
    assert_true(tcn_datetime_parse(TCN_STR("1994-11-06T08:49:37Z"), &now_us, NULL));
    for (size_t i = 0; i < TCN_COUNT(values); i++) {
        int64_t wait_ms = tcn_retry_after_ms(tcn_str_c(values[i].value), now_us);
        if (wait_ms != values[i].wait_ms)
            fail_msg("\"%s\": %lld", values[i].value, (long long)wait_ms);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(reads_what_servers_send),
};

int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(cases, NULL, NULL);
}
