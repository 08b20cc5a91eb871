/* SPDX-License-Identifier: Apache-2.0 */
/* test_checks_memory.c - allocations fail in the second thread that checks automations:
 * each failure is told, all others are there, and nothing leaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/daemon/definitions.h"
#include "tests/unit/failing_alloc.h"

#define COUNT 202 /* enough for two threads */
#define DENSE 150 /* allocations that fail one by one; then every 31st */
#define LAST  4000

static bool is_second_thread(void)
{
    return gettid() != getpid();
}

static void read_objects(tcn_found *ret)
{
    static char text[COUNT * 120];
    const tcn_found_options options = {.list_key = "automations", .limit = COUNT};
    tcn_problems problems;
    char path[64];
    size_t len = 0;
    int fd = memfd_create("all.yaml", MFD_CLOEXEC);
    for (int i = 0; i < COUNT; i++)
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "- {name: a%d, trigger: {expect: [x]}, actions: [{type: "
                                "do-nothing}]}\n",
                                i);
    assert_int_equal(write(fd, text, len), len);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    tcn_problems_init(&problems);
    tcn_found_read_file(ret, path, &options, &problems);
    assert_int_equal(problems.count, 0);
    assert_int_equal(ret->count, COUNT);
    (void)close(fd);
}

/* True when the n-th allocation was reached, and failed. */
static bool check(const tcn_found *objects, size_t n)
{
    const tcn_definitions_limits limits = {
        .automations = COUNT, .automation = {.triggers = 8, .trigger_depth = 4}};
    const tcn_definitions_against against = {.limits = &limits};
    tcn_automations automations = {0};
    tcn_problems problems;
    tcn_problems_init(&problems);
    allocations = 0;
    fail_at = n;
    tcn_definitions_automations(objects, &against, &automations, &problems);
    bool was_reached = allocations >= n;
    fail_at = 0;
    assert_int_equal(automations.count + problems.errors, COUNT);
    assert_int_equal(problems.errors, was_reached ? 1 : 0);
    if (was_reached)
        assert_int_equal(problems.items[0].err.code, TCN_E_NOMEM);
    tcn_automations_deinit(&automations);
    tcn_problems_deinit(&problems);
    return was_reached;
}

static void tells_each_failure(void **state)
{
    (void)state;
    tcn_found objects = {0};
    size_t failures = 0; /* how much the second thread does is a matter of time */
    read_objects(&objects);
    may_fail = is_second_thread;
    for (size_t n = 1; n < LAST; n += n < DENSE ? 1 : 31)
        failures += check(&objects, n);
    may_fail = NULL;
    assert_in_range(failures, 1, LAST);
    tcn_found_deinit(&objects);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(tells_each_failure),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
