/* SPDX-License-Identifier: Apache-2.0 */
/* test_file_mark.c - what a mark sees of a file that was changed behind its back. */
#include "core/base/file_mark.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"

typedef struct fixture {
    char path[64], other[80];
    tcn_file_mark mark;
} fixture;

/* As if the file's last change were long ago. */
static tcn_file_mark mark_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return tcn_file_mark_of(&st, tcn_clock_wall_us() + 10 * TCN_FILE_SETTLES_US);
}

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "wbe");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
    static fixture f;
    (void)snprintf(f.path, sizeof f.path, "/var/tmp/tocsin-mark-XXXXXX");
    int fd = mkstemp(f.path);
    assert_true(fd >= 0);
    (void)close(fd);
    (void)snprintf(f.other, sizeof f.other, "%s.other", f.path);
    put(f.path, "one");
    f.mark = mark_of(f.path);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    (void)unlink(f->path);
    (void)unlink(f->other);
    return 0;
}

/* The clock of files is coarse: until it has gone on. */
static void until_the_clock_goes_on(const fixture *f, void (*change)(const fixture *f))
{
    tcn_file_mark now;
    do {
        change(f);
        now = mark_of(f->path);
    } while (now.changed_ns == f->mark.changed_ns);
    assert_false(tcn_file_mark_holds(&f->mark, &now));
}

static void set_back(const fixture *f)
{
    const struct timespec times[2] = {
        {f->mark.modified_ns / 1000000000, f->mark.modified_ns % 1000000000},
        {f->mark.modified_ns / 1000000000, f->mark.modified_ns % 1000000000}};
    put(f->path, "two");
    assert_int_equal(utimensat(AT_FDCWD, f->path, times, 0), 0);
}

static void replace(const fixture *f)
{
    put(f->other, "two");
    assert_int_equal(rename(f->other, f->path), 0);
}

static void change_mode(const fixture *f)
{
    assert_int_equal(chmod(f->path, 0644), 0);
}

static void a_file_that_nobody_touched_is_the_same(void **state)
{
    fixture *f = *state;
    tcn_file_mark now = mark_of(f->path);
    assert_true(tcn_file_mark_holds(&f->mark, &now));
}

static void an_older_mtime_does_not_hide_a_change(void **state)
{
    fixture *f = *state;
    until_the_clock_goes_on(f, set_back);
    assert_int_equal(mark_of(f->path).modified_ns, f->mark.modified_ns);
    assert_int_equal(mark_of(f->path).size, f->mark.size);
}

static void another_file_and_another_mode_are_seen(void **state)
{
    fixture *f = *state;
    until_the_clock_goes_on(f, change_mode);
    until_the_clock_goes_on(f, replace);
}

static void another_size_is_seen_at_once(void **state)
{
    fixture *f = *state;
    put(f->path, "three");
    tcn_file_mark now = mark_of(f->path);
    assert_false(tcn_file_mark_holds(&f->mark, &now));
}

static void one_that_was_touched_just_now_is_read_again(void **state)
{
    fixture *f = *state;
    struct stat st;
    assert_int_equal(stat(f->path, &st), 0);
    int64_t changed_us = f->mark.changed_ns / 1000;
    for (int64_t age_us = -1000000; age_us < 4000000; age_us += 500000) {
        tcn_file_mark then = tcn_file_mark_of(&st, changed_us + age_us);
        assert_int_equal(tcn_file_mark_holds(&then, &f->mark),
                         age_us >= TCN_FILE_SETTLES_US);
    }
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
static const struct CMUnitTest cases[] = {
    CASE(a_file_that_nobody_touched_is_the_same),
    CASE(an_older_mtime_does_not_hide_a_change),
    CASE(another_file_and_another_mode_are_seen),
    CASE(another_size_is_seen_at_once),
    CASE(one_that_was_touched_just_now_is_read_again),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
