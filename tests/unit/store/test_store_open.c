/* SPDX-License-Identifier: Apache-2.0 */
/* test_store_open.c - what may be opened, by how many, and what is said otherwise. */
#include "fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void makes_files_for_the_owner_only(void **state)
{
    fixture *f = *state;
    assert_int_equal(fixture_commit_events(f, 0, 1), 0);
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < TCN_COUNT(suffixes); i++) {
        struct stat info;
        assert_int_equal(stat(fixture_text(f, "%s%s", f->path, suffixes[i]), &info), 0);
        assert_int_equal(info.st_mode & 0777, 0600);
    }
}

static void refuses_a_second_opener(void **state)
{
    fixture *f = *state;
    tcn_store *second = NULL;
    tcn_store_options options = {.path = f->path, .loop = &f->loop};
    tcn_err err = {0};
    assert_int_equal(tcn_store_open(&options, &second, &err), TCN_E_BUSY);
    assert_string_equal(err.text, fixture_text(f, "another tocsin (pid %d) holds %s.lock",
                                               (int)getpid(), f->path));
    assert_null(second);
    assert_int_equal(fixture_commit_events(f, 0, 1), 0);
}

static void opens_again_after_a_close(void **state)
{
    fixture *f = *state;
    assert_int_equal(tcn_store_next_sequence(f->store), 1);
    assert_int_equal(fixture_commit_events(f, 0, 3), 0);
    assert_int_equal(fixture_commit_events(f, 3, 3), 0);
    fixture_reopen(f);
    assert_int_equal(tcn_store_next_sequence(f->store), 3);
    assert_int_equal(access(fixture_text(f, "%s.lock", f->path), F_OK), 0);
}

static void assert_refused(fixture *f, int code, const char *text)
{
    tcn_err err = {0};
    assert_int_equal(fixture_open(f, TCN_STORE_FULL, &err), code);
    if (strstr(err.text, text) == NULL)
        fail_msg("'%s' is not in '%s'", text, err.text);
    f->store = NULL;
}

static void refuses_another_programs_database(void **state)
{
    fixture *f = *state;
    fixture_close(f);
    unlink(f->path);
    fixture_sql(f, "CREATE TABLE theirs (a)");
    assert_refused(f, TCN_E_INVALID, "another program's database");
    assert_int_equal(fixture_sql_number(f, "SELECT count(*) FROM sqlite_schema"), 1);
}

static void refuses_a_file_that_is_no_database(void **state)
{
    fixture *f = *state;
    fixture_close(f);
    int fd = open(f->path, O_WRONLY | O_TRUNC | O_CREAT, 0600);
    assert_int_equal(write(fd, "this is a letter to a friend, and a long one, too\n", 50),
                     50);
    assert_int_equal(ftruncate(fd, 8192), 0);
    close(fd);
    assert_refused(f, TCN_E_INVALID, "is not a store of tocsin");
}

static void refuses_a_newer_form(void **state)
{
    fixture *f = *state;
    fixture_close(f);
    fixture_sql(f, "PRAGMA user_version = 99");
    assert_refused(f, TCN_E_UNSUPPORTED, "written by a newer tocsin");
}

static void says_why_a_folder_does_not_do(void **state)
{
    fixture *f = *state;
    tcn_store *store = NULL;
    tcn_store_options options = {.path = fixture_text(f, "%s/none/t.db", f->folder),
                                 .loop = &f->loop};
    tcn_err err = {0};
    assert_int_equal(tcn_store_open(&options, &store, &err), TCN_E_IO);
    assert_non_null(strstr(err.text, "No such file or directory"));
}

static void lets_go_of_the_lock_when_killed(void **state)
{
    fixture *f = *state;
    fixture_close(f);
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        tcn_err err = {0};
        char done = fixture_open(f, TCN_STORE_NORMAL, &err) == 0;
        (void)!write(ready[1], &done, 1);
        for (;;)
            pause();
    }
    char done = 0;
    assert_int_equal(read(ready[0], &done, 1), 1);
    assert_int_equal(done, 1);
    assert_refused(f, TCN_E_BUSY,
                   fixture_text(f, "another tocsin (pid %d) holds", (int)pid));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    tcn_err err = {0};
    assert_int_equal(fixture_open(f, TCN_STORE_NORMAL, &err), 0);
    close(ready[0]);
    close(ready[1]);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(makes_files_for_the_owner_only, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(refuses_a_second_opener, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(opens_again_after_a_close, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(refuses_another_programs_database, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(refuses_a_file_that_is_no_database, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(refuses_a_newer_form, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(says_why_a_folder_does_not_do, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(lets_go_of_the_lock_when_killed, fixture_setup,
                                    fixture_teardown),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
