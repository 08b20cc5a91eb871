/* SPDX-License-Identifier: Apache-2.0 */
/* test_child.c - whatever a child does, its parent goes on and knows what it was. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/kit/child.h"

static tcn_child run(tcn_child_fn fn, uint32_t limit_ms)
{
    tcn_child child = {.limit_ms = limit_ms, .output_max = 100000};
    tcn_err err = {0};
    assert_int_equal(tcn_child_run(&child, fn, NULL, &err), 0);
    return child;
}

static void assert_end(tcn_child child, const char *expected)
{
    char text[160];
    const char *end = tcn_child_end(&child, text);
    assert_string_equal(end != NULL ? end : "good", expected);
    tcn_child_deinit(&child);
}

static int speaks(int out, void *ud)
{
    (void)ud;
    assert_int_equal(write(out, "result", 6), 6);
    printf("hello ");
    fprintf(stderr, "there");
    return 0;
}

static void output_and_words_come_back(void **state)
{
    (void)state;
    tcn_child child = run(speaks, 10000);
    assert_string_equal(child.output.ptr, "result");
    assert_string_equal(child.spoken.ptr, "therehello ");
    assert_end(child, "good");
}

static int crashes(int out, void *ud)
{
    (void)out;
    (void)ud;
    abort();
}

static int exits(int out, void *ud)
{
    (void)out;
    (void)ud;
    exit(3);
}

static int exits_as_if_all_was_well(int out, void *ud)
{
    (void)out;
    (void)ud;
    exit(0);
}

static int hangs(int out, void *ud)
{
    (void)out;
    (void)ud;
    while (pause() < 0)
        ;
    return 0;
}

/* Its own child holds the pipes open, and lives on. */
static int leaves_a_process(int out, void *ud)
{
    (void)ud;
    if (fork() == 0)
        (void)hangs(out, ud);
    return 0;
}

static int floods(int out, void *ud)
{
    static char bytes[400000];
    (void)ud;
    for (size_t done = 0; done < sizeof bytes;) {
        ssize_t n = write(out, bytes, sizeof bytes - done);
        assert_true(n > 0);
        done += (size_t)n;
    }
    return 0;
}

static void each_end_has_its_words(void **state)
{
    (void)state;
    assert_end(run(crashes, 10000), "crashed (signal 6, Aborted)");
    assert_end(run(exits, 10000), "ended the process (exit 3)");
    assert_end(run(exits_as_if_all_was_well, 10000), "ended the process (exit 0)");
    assert_end(run(hangs, 1000), "did not end within 1 s");
    assert_end(run(leaves_a_process, 1000), "did not end within 1 s");
}

static void too_much_output_is_cut(void **state)
{
    (void)state;
    tcn_child child = run(floods, 10000);
    assert_int_equal(child.output.len, 100000);
    assert_end(child, "good");
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(output_and_words_come_back),
    cmocka_unit_test(each_end_has_its_words),
    cmocka_unit_test(too_much_output_is_cut),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
