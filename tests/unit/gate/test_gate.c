/* SPDX-License-Identifier: Apache-2.0 */
/* test_gate.c - checks 1 to 3: place, owner and mode, size. */
#include "core/gate/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/folder.h"

typedef struct fixture {
    folder dir;
    const char *dirs[1];
    tcn_gate gate;
} fixture;

static int set_up(void **state)
{
    static fixture f;
    folder_make(&f.dir);
    f.dirs[0] = f.dir.path;
    f.gate = (tcn_gate){f.dirs, 1, false};
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    folder_remove(&f->dir);
    return 0;
}

static void expect(const fixture *f, const char *path, const char *refusal,
                   const char *warning)
{
    int fd = -1;
    tcn_file_mark mark;
    tcn_err warn = {0}, err = {0};
    int rc = tcn_gate_open(&f->gate, path, &fd, &mark, &warn, &err);
    assert_string_equal(err.text, refusal);
    if (warning != NULL)
        assert_string_equal(warn.text, warning);
    assert_int_equal(rc == 0, refusal[0] == '\0');
    if (rc == 0)
        (void)close(fd);
}

static void opens_a_file_in_a_plugin_directory(void **state)
{
    fixture *f = *state;
    folder_write(&f->dir, "a.so", "12345", 5, 0644);
    expect(f, folder_path(&f->dir, "a.so"), "", NULL);
}

static void the_directory_itself_may_be_reached_by_a_link(void **state)
{
    fixture *f = *state;
    char link[512];
    (void)snprintf(link, sizeof link, "%s-link", f->dir.path);
    folder_write(&f->dir, "a.so", "12345", 5, 0644);
    assert_int_equal(symlink(f->dir.path, link), 0);
    char path[600];
    (void)snprintf(path, sizeof path, "%s/a.so", link);
    expect(f, path, "", NULL);
    (void)unlink(link);
}

static void refuses_what_lies_elsewhere(void **state)
{
    fixture *f = *state;
    assert_int_equal(mkdir(folder_path(&f->dir, "sub"), 0755), 0);
    folder_write(&f->dir, "sub/a.so", "12345", 5, 0644);
    expect(f, folder_path(&f->dir, "sub/a.so"), "is outside the plugin directories",
           NULL);
    expect(f, "/etc/passwd", "is outside the plugin directories", NULL);
    expect(f, "a.so", "is outside the plugin directories", NULL);
    expect(f, "/nowhere/a.so", "is outside the plugin directories", NULL);
}

static void refuses_links_pipes_and_other_names(void **state)
{
    fixture *f = *state;
    assert_int_equal(symlink("/etc/passwd", folder_path(&f->dir, "link.so")), 0);
    expect(f, folder_path(&f->dir, "link.so"), "is a symbolic link", NULL);
    assert_int_equal(mkfifo(folder_path(&f->dir, "pipe.so"), 0644), 0);
    expect(f, folder_path(&f->dir, "pipe.so"), "is not a regular file", NULL);
    assert_int_equal(mkdir(folder_path(&f->dir, "dir.so"), 0755), 0);
    expect(f, folder_path(&f->dir, "dir.so"), "is not a regular file", NULL);
    folder_write(&f->dir, "a.txt", "12345", 5, 0644);
    expect(f, folder_path(&f->dir, "a.txt"), "does not end in .so", NULL);
    expect(f, folder_path(&f->dir, "none.so"),
           "cannot be opened: No such file or directory", NULL);
}

static void refuses_empty_and_huge_files(void **state)
{
    fixture *f = *state;
    folder_write(&f->dir, "empty.so", "", 0, 0644);
    expect(f, folder_path(&f->dir, "empty.so"), "is empty", NULL);
    folder_write(&f->dir, "huge.so", "x", 1, 0644);
    assert_int_equal(truncate(folder_path(&f->dir, "huge.so"), ((off_t)64 << 20) + 1), 0);
    expect(f, folder_path(&f->dir, "huge.so"), "is larger than 64 MiB", NULL);
}

static void what_others_can_write_is_refused_or_warned_about(void **state)
{
    fixture *f = *state;
    static const char text[] = "can be written by group or others (mode 0664)";
    folder_write(&f->dir, "a.so", "12345", 5, 0664);
    expect(f, folder_path(&f->dir, "a.so"), "", text);
    f->gate.is_strict = true;
    expect(f, folder_path(&f->dir, "a.so"), text, NULL);
}

static void directories_count_as_well(void **state)
{
    fixture *f = *state;
    folder_write(&f->dir, "a.so", "12345", 5, 0644);
    assert_int_equal(chmod(f->dir.path, 0777), 0);
    f->gate.is_strict = true;
    char text[400];
    (void)snprintf(text, sizeof text,
                   "lies in %s, which can be written by group or others (mode 0777)",
                   f->dir.path);
    expect(f, folder_path(&f->dir, "a.so"), text, NULL);
}

static void a_stranger_s_file_is_refused(void **state)
{
    fixture *f = *state;
    folder_write(&f->dir, "a.so", "12345", 5, 0644);
    if (chown(folder_path(&f->dir, "a.so"), 12345, (gid_t)-1) < 0)
        skip();
    f->gate.is_strict = true;
    expect(f, folder_path(&f->dir, "a.so"), "is owned by uid 12345", NULL);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(opens_a_file_in_a_plugin_directory, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(the_directory_itself_may_be_reached_by_a_link, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(refuses_what_lies_elsewhere, set_up, tear_down),
    cmocka_unit_test_setup_teardown(refuses_links_pipes_and_other_names, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(refuses_empty_and_huge_files, set_up, tear_down),
    cmocka_unit_test_setup_teardown(what_others_can_write_is_refused_or_warned_about,
                                    set_up, tear_down),
    cmocka_unit_test_setup_teardown(directories_count_as_well, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_stranger_s_file_is_refused, set_up, tear_down),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
