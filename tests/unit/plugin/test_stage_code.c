/* SPDX-License-Identifier: Apache-2.0 */
/* test_stage_code.c - plugin files change while deliveries are on their way: what is new
 * takes over in one swap, what is the same is not read, what is spoilt harms nothing. */
#include "stage_fixture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void code_replaced_by_rename_serves_while_the_old_ends_its_own(void **state)
{
    fixture *f = *state;
    outcome old;
    take(f, late);
    deliver(f, &old);
    folder_install(&f->dir, "puppet2", "puppet.so");
    take(f, late);
    assert_false(old.is_done);
    assert_string_equal(state_of(f, 1), "draining");
    assert_string_equal(state_of(f, 2), "active");
    expect_version(f, "2.0");
    rig_wait(&f->r, &old.is_done);
    assert_string_equal(old.receipt, "{\"version\":\"1.0\"}");
    wait_until_gone(f);
    assert_string_equal(state_of(f, 1), "retired");
}

static void the_same_content_keeps_code_and_instance(void **state)
{
    fixture *f = *state;
    take(f, one);
    tcn_block *block = block_b(f);
    const tocsin_self *self = block->self;
    folder_install(&f->dir, "puppet", "puppet.so"); /* another inode */
    assert_string_equal(changes(f, one), "");
    take(f, one);
    assert_ptr_equal(block_b(f), block);
    assert_ptr_equal(block->self, self);
    assert_string_equal(state_of(f, 1), "active");
    assert_string_equal(state_of(f, 2), "");
}

/* As if the files had stood there for long when they were read. */
static void settle(const fixture *f)
{
    tcn_list_foreach (link, &f->r.plugins->generations)
        tcn_container_of(link, tcn_plugin_file, link)->mark.is_settled = true;
}

static size_t files_read(fixture *f, const char *blocks)
{
    tcn_stage *stage = stage_of(f, blocks);
    size_t count = tcn_stage_counts_get(stage).read;
    assert_int_equal(tcn_stage_counts_get(stage).files, 1);
    tcn_stage_abort(stage);
    return count;
}

static void a_file_that_is_the_same_is_not_read(void **state)
{
    fixture *f = *state;
    take(f, one);
    assert_int_equal(files_read(f, one), 1); /* it is too new to be trusted */
    settle(f);
    assert_int_equal(files_read(f, one), 0);
    assert_string_equal(changes(f, one), "");
    take(f, one);
    assert_string_equal(state_of(f, 1), "active");
    assert_string_equal(state_of(f, 2), "");
    folder_install(&f->dir, "puppet", "puppet.so"); /* another inode */
    assert_int_equal(files_read(f, one), 1);
}

/* In place, and the times of the file are what they were, as far as they can be set. */
static void overwrite(const fixture *f, const char *byte, off_t at)
{
    struct stat before, after;
    const char *path = folder_path(&f->dir, "puppet.so");
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(fstat(fd, &before), 0);
    const struct timespec times[2] = {before.st_atim, before.st_mtim};
    do {
        assert_int_equal(pwrite(fd, byte, 1, at), 1);
        assert_int_equal(futimens(fd, times), 0);
        assert_int_equal(fstat(fd, &after), 0);
    } while (memcmp(&before.st_ctim, &after.st_ctim, sizeof after.st_ctim) == 0);
    (void)close(fd);
}

static void a_change_that_sets_the_time_back_is_seen(void **state)
{
    fixture *f = *state;
    take(f, one);
    settle(f);
    overwrite(f, "?", 0);
    const char *why = refused(f, one);
    if (strstr(why, "is not an ELF file") == NULL)
        fail_msg("%s", why);
    overwrite(f, "\x7f", 0);
    take(f, one);
    assert_string_equal(state_of(f, 1), "active");
}

static void the_owner_is_checked_of_what_is_not_read(void **state)
{
    fixture *f = *state;
    take(f, one);
    assert_int_equal(chmod(folder_path(&f->dir, "puppet.so"), 0664), 0);
    f->options.is_permission_strict = false;
    take(f, one); /* with a warning; the mark is of the mode as it is now */
    settle(f);
    assert_int_equal(files_read(f, one), 0);
    f->options.is_permission_strict = true;
    const char *why = refused(f, one);
    if (strstr(why, "can be written by group or others") == NULL)
        fail_msg("%s", why);
}

static void a_folder_that_others_write_is_one_warning(void **state)
{
    fixture *f = *state;
    f->options.is_permission_strict = false;
    folder_install(&f->dir, "served", "a.so");
    folder_install(&f->dir, "hostile_good", "b.so");
    assert_int_equal(chmod(f->dir.path, 0777), 0);
    take(f, one);
    assert_int_equal(f->r.problems.count, 1);
    const char *why = f->r.problems.items[0].err.text;
    if (strstr(why, "/a.so: lies in ") == NULL || strstr(why, " (as 2 others)") == NULL)
        fail_msg("%s", why);
}

static void a_configured_sum_holds_for_what_is_not_read(void **state)
{
    fixture *f = *state;
    take(f, one);
    settle(f);
    assert_int_equal(files_read(f, one), 0);
    json_t *sha256 = json_pack("{s:[s]}", "puppet", "00");
    f->options.sha256 = sha256;
    const char *why = refused(f, one);
    json_decref(sha256);
    f->options.sha256 = NULL;
    if (strstr(why, "has another SHA-256 than configured") == NULL)
        fail_msg("%s", why);
}

/* As if the file had stood there for long when it was read. */
static void settle_unwanted(const fixture *f)
{
    for (size_t i = 0; i < f->r.plugins->unwanted.count; i++)
        f->r.plugins->unwanted.items[i].mark.is_settled = true;
}

static void a_file_that_is_not_wanted_is_not_read_again(void **state)
{
    static const char *const nothing[] = {"nothing"};
    fixture *f = *state;
    f->options.allow = nothing;
    f->options.allow_count = 1;
    take(f, "[]");
    assert_int_equal(files_read(f, "[]"), 1);
    settle_unwanted(f);
    assert_int_equal(files_read(f, "[]"), 0);
    json_t *sha256 = json_pack("{s:[s]}", "puppet", "00");
    f->options.sha256 = sha256;
    const char *why = refused(f, "[]");
    json_decref(sha256);
    f->options.sha256 = NULL;
    if (strstr(why, "has another SHA-256 than configured") == NULL)
        fail_msg("%s", why);
    f->options.allow_count = 0;
    take(f, one); /* it is wanted now */
    expect_version(f, "1.0");
}

static void files_are_tried_together(void **state)
{
    fixture *f = *state;
    folder meeting;
    folder_make(&meeting);
    folder_install(&f->dir, "meets_a", "meets_a.so");
    folder_install(&f->dir, "meets_b", "meets_b.so");
    assert_int_equal(setenv("TOCSIN_MEETING", meeting.path, 1), 0);
    f->r.plugins->loader.probe_ms = 20000;
    tcn_stage *stage = begin(f, TCN_STAGE_ALL);
    tcn_stage_files_read(stage);
    assert_int_equal(unsetenv("TOCSIN_MEETING"), 0);
    (void)tcn_stage_files_check(stage, &f->r.problems);
    tcn_stage_abort(stage);
    folder_remove(&meeting);
    assert_int_equal(f->r.problems.errors, 2);
    for (size_t i = 0; i < f->r.problems.count; i++) {
        const tcn_problem *problem = &f->r.problems.items[i];
        if (!problem->is_warning && strstr(problem->err.text, "declined to load") == NULL)
            fail_msg("%s", problem->err.text);
    }
}

static void a_file_that_got_another_name_is_the_same_code(void **state)
{
    fixture *f = *state;
    take(f, one);
    const tocsin_self *self = block_b(f)->self;
    assert_int_equal(
        rename(folder_path(&f->dir, "puppet.so"), folder_path(&f->dir, "other.so")), 0);
    assert_string_equal(changes(f, one), "");
    take(f, one);
    assert_ptr_equal(block_b(f)->self, self);
}

static void content_that_was_loaded_before_is_used_again(void **state)
{
    fixture *f = *state;
    take(f, one);
    folder_install(&f->dir, "puppet2", "puppet.so");
    take(f, one);
    expect_version(f, "2.0");
    folder_install(&f->dir, "puppet", "puppet.so");
    take(f, one);
    expect_version(f, "1.0");
    assert_string_equal(state_of(f, 1), "active");
    assert_string_equal(state_of(f, 3), "");
}

static void there_is_a_limit_of_generations(void **state)
{
    fixture *f = *state;
    char expected[600];
    f->options.max_generations = 1;
    take(f, one);
    folder_install(&f->dir, "puppet2", "puppet.so");
    (void)snprintf(expected, sizeof expected,
                   "plugin %s: 1 generations are loaded; restart the daemon to load new "
                   "plugin code",
                   folder_path(&f->dir, "puppet.so"));
    assert_string_equal(refused(f, one), expected);
    expect_version(f, "1.0");
    folder_install(&f->dir, "puppet", "puppet.so");
    take(f, late); /* settings go on changing */
    expect_version(f, "1.0");
}

static void what_happens_to_the_file_leaves_the_running_code_alone(void **state)
{
    enum {
        OVERWRITTEN,
        TRUNCATED,
        DELETED,
        GARBAGE,
        WRITABLE,
        KINDS
    };
    static const char *const texts[KINDS] = {
        [OVERWRITTEN] = "is not an ELF file",
        [TRUNCATED] = "is empty",
        [DELETED] = "no plugin \"puppet\" is loaded",
        [GARBAGE] = "is not an ELF file",
        [WRITABLE] = "can be written by group or others (mode 0664)",
    };
    fixture *f = *state;
    const char *path = folder_path(&f->dir, "puppet.so");
    static char noise[100000];
    memset(noise, 0x5a, sizeof noise);
    take(f, late);
    for (int kind = 0; kind < KINDS; kind++) {
        outcome before, after;
        folder_install(&f->dir, "puppet", "puppet.so");
        f->options.is_permission_strict = kind == WRITABLE;
        deliver(f, &before);
        int fd = open(path, O_RDWR | O_CLOEXEC);
        if (kind == OVERWRITTEN)
            assert_int_equal(pwrite(fd, noise, sizeof noise, 0), sizeof noise);
        else if (kind == TRUNCATED)
            assert_int_equal(ftruncate(fd, 0), 0);
        else if (kind == DELETED)
            assert_int_equal(unlink(path), 0);
        else if (kind == GARBAGE)
            folder_write(&f->dir, "puppet.so", noise, sizeof noise, 0644);
        else
            assert_int_equal(fchmod(fd, 0664), 0);
        (void)close(fd);
        const char *why = refused(f, late);
        if (strstr(why, texts[kind]) == NULL)
            fail_msg("%d: %s", kind, why);
        rig_wait(&f->r, &before.is_done);
        deliver(f, &after);
        rig_wait(&f->r, &after.is_done);
        assert_string_equal(before.receipt, "{\"version\":\"1.0\"}");
        assert_string_equal(after.receipt, "{\"version\":\"1.0\"}");
    }
}

static void copies_have_names_when_debuggers_want_them(void **state)
{
    fixture *f = *state;
    char copies[300];
    f->r.plugins->loader.is_file_wanted = true;
    f->r.plugins->loader.state_dir = f->dir.path;
    take(f, one);
    (void)snprintf(copies, sizeof copies, "%s/plugin-copies", f->dir.path);
    assert_int_equal(count_entries(copies), 3);
    expect_version(f, "1.0");
}

static void a_refused_file_stands_in_the_status(void **state)
{
    fixture *f = *state;
    take(f, one);
    folder_write(&f->dir, "broken.so", "nothing", 7, 0644);
    (void)refused(f, one);
    json_t *status = tcn_plugins_status(f->r.plugins);
    const json_t *list = json_object_get(status, "plugins");
    const json_t *last = json_array_get(list, json_array_size(list) - 1);
    assert_string_equal(json_string_value(json_object_get(last, "state")), "refused");
    assert_string_equal(json_string_value(json_object_get(last, "last_error")),
                        "is not an ELF file");
    json_decref(status);
}

static const struct CMUnitTest cases[] = {
    CASE(code_replaced_by_rename_serves_while_the_old_ends_its_own),
    CASE(the_same_content_keeps_code_and_instance),
    CASE(a_file_that_is_the_same_is_not_read),
    CASE(a_change_that_sets_the_time_back_is_seen),
    CASE(the_owner_is_checked_of_what_is_not_read),
    CASE(a_folder_that_others_write_is_one_warning),
    CASE(a_configured_sum_holds_for_what_is_not_read),
    CASE(a_file_that_is_not_wanted_is_not_read_again),
    CASE(files_are_tried_together),
    CASE(a_file_that_got_another_name_is_the_same_code),
    CASE(content_that_was_loaded_before_is_used_again),
    CASE(there_is_a_limit_of_generations),
    CASE(what_happens_to_the_file_leaves_the_running_code_alone),
    CASE(copies_have_names_when_debuggers_want_them),
    CASE(a_refused_file_stands_in_the_status),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
