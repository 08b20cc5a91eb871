/* SPDX-License-Identifier: Apache-2.0 */
/* test_copy.c - private copies, and the traps of dlopen that they avoid. */
#include "core/gate/copy.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/folder.h"

typedef int (*number_fn)(void);

static folder dir;
static uint32_t next_generation = 1;

static int set_up(void **state)
{
    (void)state;
    folder_make(&dir);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    folder_remove(&dir);
    return 0;
}

static tcn_copy copy_of(const char *name, bool is_file)
{
    struct stat st;
    int fd = open(folder_path(&dir, name), O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    tcn_copy_source source = {
        fd, (size_t)st.st_size, name, next_generation++, dir.path, is_file};
    tcn_copy copy = {.fd = -1};
    tcn_err err = {0};
    assert_int_equal(tcn_copy_make(&source, &copy, &err), 0);
    (void)close(fd);
    return copy;
}

/* What the code of the copy says; it stays loaded. */
static number_fn load(tcn_copy *copy)
{
    void *handle = dlopen(copy->path, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL)
        fail_msg("%s", dlerror());
    tcn_copy_unlink(copy);
    tcn_copy_unmap(copy);
    void *symbol = dlsym(handle, "generation_number");
    assert_non_null(symbol);
    number_fn fn;
    memcpy(&fn, &symbol, sizeof fn);
    return fn;
}

static void a_file_replaced_by_rename_gives_new_code_beside_the_old(void **state)
{
    (void)state;
    folder_install(&dir, "generation1", "g.so");
    tcn_copy first = copy_of("g.so", false);
    number_fn old = load(&first);
    folder_install(&dir, "generation2", "g.so");
    tcn_copy second = copy_of("g.so", false);
    number_fn new = load(&second);
    assert_int_equal(old(), 11);
    assert_int_equal(new (), 21);
    assert_int_equal(old(), 12);
}

static void two_copies_of_the_same_file_share_no_state(void **state)
{
    (void)state;
    folder_install(&dir, "generation1", "g.so");
    tcn_copy first = copy_of("g.so", false), second = copy_of("g.so", false);
    number_fn a = load(&first), b = load(&second);
    assert_int_equal(a(), 11);
    assert_int_equal(a(), 12);
    assert_int_equal(b(), 11);
    assert_memory_equal(first.sha256, second.sha256, TCN_SHA256);
}

static void what_happens_to_the_file_does_not_reach_the_copy(void **state)
{
    (void)state;
    folder_install(&dir, "generation1", "g.so");
    tcn_copy copy = copy_of("g.so", false);
    number_fn fn = load(&copy);
    int fd = open(folder_path(&dir, "g.so"), O_RDWR | O_CLOEXEC);
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    for (off_t at = 0; at < st.st_size; at++)
        assert_int_equal(pwrite(fd, "\xcc", 1, at), 1);
    assert_int_equal(fn(), 11);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(fn(), 12);
    (void)close(fd);
    assert_int_equal(unlink(folder_path(&dir, "g.so")), 0);
    assert_int_equal(fn(), 13);
}

static void a_copy_in_memory_is_sealed(void **state)
{
    (void)state;
    folder_install(&dir, "generation1", "g.so");
    tcn_copy copy = copy_of("g.so", false);
    assert_true(copy.fd >= 0);
    assert_int_equal(pwrite(copy.fd, "x", 1, 0), -1);
    assert_int_equal(ftruncate(copy.fd, 0), -1);
    assert_int_equal(fcntl(copy.fd, F_ADD_SEALS, F_SEAL_GROW), -1);
    tcn_copy_deinit(&copy);
    assert_int_equal(copy.fd, -1);
}

static void copies_in_files_work_as_well_and_leave_no_name(void **state)
{
    (void)state;
    folder_install(&dir, "generation1", "g.so");
    tcn_copy first = copy_of("g.so", true);
    struct stat st;
    assert_int_equal(stat(first.path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0500);
    number_fn old = load(&first);
    assert_int_equal(stat(first.path, &st), -1);
    folder_install(&dir, "generation2", "g.so");
    tcn_copy second = copy_of("g.so", true);
    number_fn new = load(&second);
    assert_int_equal(old(), 11);
    assert_int_equal(new (), 21);
}

static void without_a_place_for_a_file_it_says_so(void **state)
{
    (void)state;
    folder_install(&dir, "generation1", "g.so");
    int fd = open(folder_path(&dir, "g.so"), O_RDONLY | O_CLOEXEC);
    tcn_copy_source source = {fd, 100, "g.so", 99, NULL, true};
    tcn_copy copy;
    tcn_err err = {0};
    assert_int_equal(tcn_copy_make(&source, &copy, &err), TCN_E_DENIED);
    assert_string_equal(err.text, "no state directory for a copy");
    source.state_dir = "/proc/none";
    err = (tcn_err){0};
    assert_int_equal(tcn_copy_make(&source, &copy, &err), TCN_E_IO);
    (void)close(fd);
}

static void a_file_that_shrinks_meanwhile_is_refused(void **state)
{
    (void)state;
    folder_write(&dir, "g.so", "12345", 5, 0644);
    int fd = open(folder_path(&dir, "g.so"), O_RDONLY | O_CLOEXEC);
    tcn_copy_source source = {fd, 6, "g.so", 98, NULL, false};
    tcn_copy copy;
    tcn_err err = {0};
    assert_int_equal(tcn_copy_make(&source, &copy, &err), TCN_E_IO);
    assert_string_equal(err.text, "became shorter while it was read");
    (void)close(fd);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(
        a_file_replaced_by_rename_gives_new_code_beside_the_old, set_up, tear_down),
    cmocka_unit_test_setup_teardown(two_copies_of_the_same_file_share_no_state, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(what_happens_to_the_file_does_not_reach_the_copy,
                                    set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_copy_in_memory_is_sealed, set_up, tear_down),
    cmocka_unit_test_setup_teardown(copies_in_files_work_as_well_and_leave_no_name,
                                    set_up, tear_down),
    cmocka_unit_test_setup_teardown(without_a_place_for_a_file_it_says_so, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(a_file_that_shrinks_meanwhile_is_refused, set_up,
                                    tear_down),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
