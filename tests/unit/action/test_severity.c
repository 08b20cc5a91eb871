/* SPDX-License-Identifier: Apache-2.0 */
/* test_severity.c - names of events and how grave they are. */
#include "core/action/severity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <tocsin/plugin.h>

#include "core/base/compiler.h"

static void follows_from_the_last_part_of_the_name(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t severity;
    } known[] = {
        {"prefect.flow-run.Failed", TOCSIN_FAILURE},
        {"prefect.flow-run.Crashed", TOCSIN_FAILURE},
        {"prefect.flow-run.TimedOut", TOCSIN_FAILURE},
        {"prefect.flow-run.Late", TOCSIN_WARNING},
        {"prefect.work-pool.not-ready", TOCSIN_WARNING},
        {"prefect.flow-run.Cancelled", TOCSIN_WARNING},
        {"prefect.flow-run.Cancelling", TOCSIN_WARNING},
        {"prefect.flow-run.Completed", TOCSIN_SUCCESS},
        {"prefect.work-queue.ready", TOCSIN_SUCCESS},
        {"Failed", TOCSIN_FAILURE},
        {"order.failed", TOCSIN_INFO},
        {"prefect.flow-run.Failed.again", TOCSIN_INFO},
        {"already", TOCSIN_INFO},
        {"", TOCSIN_INFO},
    };
    for (size_t i = 0; i < TCN_COUNT(known); i++)
        assert_int_equal(tcn_severity(tcn_str_c(known[i].name)), known[i].severity);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(follows_from_the_last_part_of_the_name),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
