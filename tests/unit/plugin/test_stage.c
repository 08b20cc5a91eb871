/* SPDX-License-Identifier: Apache-2.0 */
/* test_stage.c - plugin files and blocks change while deliveries are on their way: what
 * is new takes over in one swap, what is wrong changes nothing. */
#include "core/plugin/stage.h"

#include <dirent.h>
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

#include "folder.h"
#include "rig.h"

typedef struct fixture {
    rig r;
    folder dir;
    tcn_plugins_options options; /* of stages */
    const char *dirs[1];
} fixture;

/* ---- stages ---- */

static tcn_stage *begin(fixture *f, enum tcn_stage_scope scope)
{
    tcn_stage *stage = NULL;
    assert_int_equal(tcn_stage_begin(f->r.plugins, &f->options, scope, &stage), 0);
    return stage;
}

/* The files of the directory and these blocks. */
static tcn_stage *stage_of(fixture *f, const char *blocks)
{
    json_error_t error;
    json_t *list = json_loads(blocks, 0, &error), *block;
    if (list == NULL)
        fail_msg("%s in %s", error.text, blocks);
    size_t i;
    tcn_problems_deinit(&f->r.problems);
    tcn_stage *stage = begin(f, TCN_STAGE_ALL);
    tcn_stage_files_read(stage);
    (void)tcn_stage_files_check(stage, &f->r.problems);
    json_array_foreach(list, i, block)(void)
        tcn_stage_block_add(stage, block, &f->r.problems);
    json_decref(list);
    return stage;
}

static void on_ready(void *ud)
{
    *(bool *)ud = true;
}

/* Starts what is new; every instance has ended starting afterwards. */
static void start(fixture *f, tcn_stage *stage)
{
    bool is_ready = tcn_stage_start(stage, on_ready, &is_ready) == 0;
    rig_wait(&f->r, &is_ready);
    tcn_stage_failures(stage, &f->r.problems);
}

/* What a reload that goes well does. */
static void take(fixture *f, const char *blocks)
{
    tcn_stage *stage = stage_of(f, blocks);
    start(f, stage);
    if (f->r.problems.errors > 0)
        fail_msg("%s", f->r.problems.items[0].err.text);
    tcn_stage_commit(stage);
}

/* The first problem of a reload that is refused. */
static const char *refused(fixture *f, const char *blocks)
{
    static char text[900];
    tcn_stage *stage = stage_of(f, blocks);
    start(f, stage);
    assert_true(f->r.problems.errors > 0);
    size_t i = 0;
    while (f->r.problems.items[i].is_warning)
        i++;
    (void)snprintf(text, sizeof text, "%s", f->r.problems.items[i].err.text);
    tcn_stage_abort(stage);
    return text;
}

/* "+ plugin puppet (1.0); ~ block b (puppet)" */
static const char *changes(fixture *f, const char *blocks)
{
    static char text[900];
    size_t used = 0, i;
    const json_t *item;
    json_t *list = json_array();
    tcn_stage *stage = stage_of(f, blocks);
    assert_int_equal(tcn_stage_changes(stage, list), 0);
    text[0] = '\0';
    json_array_foreach(list, i, item) used += (size_t)snprintf(
        text + used, sizeof text - used, "%s%s %s %s (%s)", i > 0 ? "; " : "",
        json_string_value(json_object_get(item, "change")),
        json_string_value(json_object_get(item, "kind")),
        json_string_value(json_object_get(item, "name")),
        json_string_value(json_object_get(item, "detail")));
    json_decref(list);
    tcn_stage_abort(stage);
    return text;
}

/* ---- what there is ---- */

static tcn_block *block_b(fixture *f)
{
    tcn_block *block = tcn_plugins_block(f->r.plugins, TCN_STR("b"));
    assert_non_null(block);
    return block;
}

/* Sends through "b"; what comes of it stands in *ret in time. */
static void deliver(fixture *f, outcome *ret)
{
    tcn_message message = rig_message();
    *ret = (outcome){0};
    assert_int_equal(tcn_block_send(block_b(f), &message, rig_on_result, ret, NULL), 0);
}

static void expect_version(fixture *f, const char *version)
{
    outcome out;
    char receipt[64];
    deliver(f, &out);
    rig_wait(&f->r, &out.is_done);
    (void)snprintf(receipt, sizeof receipt, "{\"version\":\"%s\"}", version);
    assert_int_equal(out.status, TOCSIN_DONE);
    assert_string_equal(out.receipt, receipt);
}

static void wait_until_gone(fixture *f)
{
    for (int i = 0; i < 10000 && tcn_plugins_leaving(f->r.plugins) > 0; i++)
        (void)uv_run(&f->r.loop, UV_RUN_ONCE);
    assert_int_equal(tcn_plugins_leaving(f->r.plugins), 0);
}

/* Of the plugin "puppet" at that generation: "active", ... */
static const char *state_of(fixture *f, int generation)
{
    static char state[32];
    json_t *status = tcn_plugins_status(f->r.plugins);
    const json_t *item;
    size_t i;
    state[0] = '\0';
    json_array_foreach(json_object_get(status, "plugins"), i, item)
    {
        if (json_integer_value(json_object_get(item, "generation")) == generation)
            (void)snprintf(state, sizeof state, "%s",
                           json_string_value(json_object_get(item, "state")));
    }
    json_decref(status);
    return state;
}

static size_t count_entries(const char *path)
{
    DIR *dir = opendir(path);
    size_t count = 0;
    assert_non_null(dir);
    while (readdir(dir) != NULL)
        count++;
    (void)closedir(dir);
    return count;
}

#define BLOCK(options) \
    "[{\"name\": \"b\", \"type\": \"puppet\", \"options\": " options "}]"
static const char one[] = BLOCK("{}");
static const char late[] = BLOCK("{\"send\": \"timer\"}");

static int set_up(void **state)
{
    static fixture f;
    f = (fixture){0};
    folder_make(&f.dir);
    rig_start_in(&f.r, f.dir.path);
    f.dirs[0] = f.dir.path;
    f.options = rig_options(&f.r, f.dirs, 1);
    folder_install(&f.dir, "puppet", "puppet.so");
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    (void)rig_stop(&f->r);
    folder_remove(&f->dir);
    return 0;
}

/* ---- code ---- */

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

/* ---- blocks ---- */

static void a_block_with_other_limits_keeps_its_instance(void **state)
{
    fixture *f = *state;
    take(f, one);
    const tocsin_self *self = block_b(f)->self;
    take(f, "[{\"name\": \"b\", \"type\": \"puppet\", \"options\": {}, \"timeout\": 7, "
            "\"concurrency\": 2}]");
    assert_ptr_equal(block_b(f)->self, self);
    assert_int_equal(tcn_block_info_get(block_b(f))->timeout_ms, 7000);
    assert_int_equal(tcn_block_info_get(block_b(f))->concurrency, 2);
    assert_true(tcn_block_info_get(block_b(f))->is_ready);
    expect_version(f, "1.0");
}

static void new_defaults_reach_blocks_without_limits_of_their_own(void **state)
{
    fixture *f = *state;
    take(f, one);
    const tocsin_self *self = block_b(f)->self;
    f->options.timeout_ms = 1234;
    take(f, one);
    assert_ptr_equal(block_b(f)->self, self);
    assert_int_equal(tcn_block_info_get(block_b(f))->timeout_ms, 1234);
}

static void a_block_with_other_options_gets_a_new_instance(void **state)
{
    fixture *f = *state;
    outcome old;
    take(f, late);
    const tocsin_self *self = block_b(f)->self;
    deliver(f, &old);
    take(f, one);
    assert_ptr_not_equal(block_b(f)->self, self);
    expect_version(f, "1.0");
    rig_wait(&f->r, &old.is_done);
    assert_int_equal(old.status, TOCSIN_DONE);
    wait_until_gone(f);
}

static void a_block_that_goes_ends_what_it_has(void **state)
{
    fixture *f = *state;
    outcome old;
    take(f, late);
    deliver(f, &old);
    take(f, "[]");
    assert_null(tcn_plugins_block(f->r.plugins, TCN_STR("b")));
    rig_wait(&f->r, &old.is_done);
    assert_int_equal(old.status, TOCSIN_DONE);
    wait_until_gone(f);
}

static void a_drain_has_an_end(void **state)
{
    fixture *f = *state;
    outcome old;
    f->options.drain_ms = 20;
    f->r.plugins->times.cancel_ms = 20;
    take(f, BLOCK("{\"send\": \"never\"}"));
    deliver(f, &old);
    take(f, one);
    rig_wait(&f->r, &old.is_done);
    assert_int_equal(old.status, TOCSIN_RETRY);
    assert_int_equal(old.cause, TOCSIN_CAUSE_CANCELED);
    wait_until_gone(f);
    expect_version(f, "1.0");
}

static void the_end_does_not_wait_for_a_drain(void **state)
{
    fixture *f = *state;
    outcome old;
    f->r.plugins->times.cancel_ms = 20;
    take(f, BLOCK("{\"send\": \"never\"}"));
    deliver(f, &old);
    take(f, one); /* ten seconds to drain, and the daemon ends now: see tear_down */
    bool is_closed = false;
    tcn_plugins_close(f->r.plugins, on_ready, &is_closed);
    rig_wait(&f->r, &is_closed);
    assert_true(old.is_done);
    tcn_err err = {0};
    assert_int_equal(tcn_plugins_new(&f->options, &f->r.plugins, &err), 0);
}

static void one_block_comes_and_goes(void **state)
{
    fixture *f = *state;
    take(f, one);
    const tocsin_self *self = block_b(f)->self;
    json_t *document = json_pack("{s:s, s:s}", "name", "c", "type", "puppet");
    tcn_stage *stage = begin(f, TCN_STAGE_SOME);
    assert_int_equal(tcn_stage_block_add(stage, document, &f->r.problems), 0);
    json_decref(document);
    start(f, stage);
    tcn_stage_commit(stage);
    assert_int_equal(tcn_plugins_block_count(f->r.plugins), 2);
    stage = begin(f, TCN_STAGE_SOME);
    assert_int_equal(tcn_stage_block_remove(stage, TCN_STR("none")), TCN_E_NOT_FOUND);
    assert_int_equal(tcn_stage_block_remove(stage, TCN_STR("c")), 0);
    tcn_stage_commit(stage);
    assert_null(tcn_plugins_block(f->r.plugins, TCN_STR("c")));
    assert_ptr_equal(block_b(f)->self, self);
    wait_until_gone(f);
}

static void what_changes_is_told_in_words(void **state)
{
    fixture *f = *state;
    assert_string_equal(changes(f, one), "+ plugin puppet (1.0); + block b (puppet)");
    take(f, one);
    assert_string_equal(changes(f, late), "~ block b (puppet)");
    assert_string_equal(changes(f, "[]"), "- block b (puppet)");
    folder_install(&f->dir, "puppet2", "puppet.so");
    assert_string_equal(changes(f, one),
                        "~ plugin puppet (1.0 → 2.0); ~ block b (puppet 1.0 → 2.0)");
    assert_int_equal(unlink(folder_path(&f->dir, "puppet.so")), 0);
    assert_string_equal(changes(f, "[]"), "- plugin puppet (1.0); - block b (puppet)");
}

/* ---- refusals ---- */

static void an_abort_leaves_all_as_it_was(void **state)
{
    fixture *f = *state;
    take(f, one);
    const tocsin_self *self = block_b(f)->self;
    folder_install(&f->dir, "puppet2", "puppet.so");
    tcn_stage *stage = stage_of(f, late);
    start(f, stage);
    tcn_stage_abort(stage);
    wait_until_gone(f);
    assert_ptr_equal(block_b(f)->self, self);
    expect_version(f, "1.0");
    assert_string_equal(state_of(f, 1), "active");
    assert_string_equal(state_of(f, 2), "retired");
}

static void a_start_that_fails_is_a_problem_and_the_old_runs_on(void **state)
{
    static const char *const lives[][2] = {
        {BLOCK("{\"life\": \"start_fails\"}"), "no luck today"},
        {BLOCK("{\"life\": \"start_later_fails\"}"), "the start failed in the end"},
        {BLOCK("{\"life\": \"start_never\"}"), "start did not end within 20 ms"},
    };
    fixture *f = *state;
    f->r.plugins->times.start_ms = 20;
    take(f, one);
    for (size_t i = 0; i < TCN_COUNT(lives); i++) {
        char expected[200];
        (void)snprintf(expected, sizeof expected,
                       "block \"b\" (puppet) did not start: %s", lives[i][1]);
        assert_string_equal(refused(f, lives[i][0]), expected);
        wait_until_gone(f);
        expect_version(f, "1.0");
    }
}

static void a_start_that_takes_a_while_is_waited_for(void **state)
{
    fixture *f = *state;
    tcn_stage *stage = stage_of(f, BLOCK("{\"life\": \"start_later\"}"));
    bool is_ready = false;
    assert_int_equal(tcn_stage_start(stage, on_ready, &is_ready), 1);
    assert_false(is_ready);
    rig_wait(&f->r, &is_ready);
    tcn_stage_commit(stage);
    assert_true(tcn_block_info_get(block_b(f))->is_ready);
}

static void a_stage_may_be_given_up_while_instances_start(void **state)
{
    fixture *f = *state;
    bool is_ready = false;
    take(f, one);
    tcn_stage *stage = stage_of(f, BLOCK("{\"life\": \"start_later\"}"));
    assert_int_equal(tcn_stage_start(stage, on_ready, &is_ready), 1);
    tcn_stage_abort(stage);
    wait_until_gone(f);
    assert_false(is_ready);
    expect_version(f, "1.0");
}

static void one_stage_at_a_time(void **state)
{
    fixture *f = *state;
    tcn_stage *stage = begin(f, TCN_STAGE_SOME), *other = NULL;
    assert_int_equal(tcn_stage_begin(f->r.plugins, NULL, TCN_STAGE_ALL, &other),
                     TCN_E_BUSY);
    tcn_stage_abort(stage);
}

static void a_start_that_must_not_fail_keeps_what_cannot_be_made(void **state)
{
    fixture *f = *state;
    json_t *list = json_loads("[{\"name\": \"b\", \"type\": \"gone\"}, {\"name\": \"c\", "
                              "\"type\": \"puppet\", \"options\": {\"life\": "
                              "\"create_fails\"}}, {\"name\": \"d\", \"type\": "
                              "\"puppet\", \"options\": {\"send\": \"no such\"}}]",
                              0, NULL);
    tcn_stage *stage = begin(f, TCN_STAGE_ALL);
    tcn_stage_lenient(stage);
    tcn_stage_files_read(stage);
    (void)tcn_stage_files_check(stage, &f->r.problems);
    for (size_t i = 0; i < json_array_size(list); i++)
        assert_int_equal(
            tcn_stage_block_add(stage, json_array_get(list, i), &f->r.problems), 0);
    json_decref(list);
    tcn_stage_commit(stage);
    assert_int_equal(tcn_plugins_block_count(f->r.plugins), 3);
    tcn_message message = rig_message();
    assert_int_equal(tcn_block_send(block_b(f), &message, rig_on_result, NULL, NULL),
                     TCN_E_STATE);
    take(f, one); /* the files are right again */
    expect_version(f, "1.0");
}

/* ---- many ---- */

static void many_reloads_leave_nothing_behind(void **state)
{
    fixture *f = *state;
    take(f, one);
    folder_install(&f->dir, "puppet2", "puppet.so");
    take(f, one);
    wait_until_gone(f);
    size_t descriptors = count_entries("/proc/self/fd");
    for (int i = 0; i < 250; i++) {
        outcome out;
        deliver(f, &out);
        folder_install(&f->dir, i % 2 == 0 ? "puppet" : "puppet2", "puppet.so");
        take(f, i % 3 == 0 ? late : one);
        (void)refused(f, BLOCK("{\"life\": \"start_fails\"}"));
        (void)refused(f, BLOCK("{\"life\": \"create_fails\"}"));
        (void)refused(f, BLOCK("{\"send\": \"no such\"}"));
        rig_wait(&f->r, &out.is_done);
        assert_int_equal(out.status, TOCSIN_DONE);
    }
    wait_until_gone(f);
    assert_int_equal(count_entries("/proc/self/fd"), descriptors);
    assert_string_equal(state_of(f, 3), "");
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
static const struct CMUnitTest cases[] = {
    CASE(code_replaced_by_rename_serves_while_the_old_ends_its_own),
    CASE(the_same_content_keeps_code_and_instance),
    CASE(a_file_that_is_the_same_is_not_read),
    CASE(a_change_that_sets_the_time_back_is_seen),
    CASE(the_owner_is_checked_of_what_is_not_read),
    CASE(a_configured_sum_holds_for_what_is_not_read),
    CASE(a_file_that_is_not_wanted_is_not_read_again),
    CASE(files_are_tried_together),
    CASE(a_file_that_got_another_name_is_the_same_code),
    CASE(content_that_was_loaded_before_is_used_again),
    CASE(there_is_a_limit_of_generations),
    CASE(what_happens_to_the_file_leaves_the_running_code_alone),
    CASE(copies_have_names_when_debuggers_want_them),
    CASE(a_refused_file_stands_in_the_status),
    CASE(a_block_with_other_limits_keeps_its_instance),
    CASE(new_defaults_reach_blocks_without_limits_of_their_own),
    CASE(a_block_with_other_options_gets_a_new_instance),
    CASE(a_block_that_goes_ends_what_it_has),
    CASE(a_drain_has_an_end),
    CASE(the_end_does_not_wait_for_a_drain),
    CASE(one_block_comes_and_goes),
    CASE(what_changes_is_told_in_words),
    CASE(an_abort_leaves_all_as_it_was),
    CASE(a_start_that_fails_is_a_problem_and_the_old_runs_on),
    CASE(a_start_that_takes_a_while_is_waited_for),
    CASE(a_stage_may_be_given_up_while_instances_start),
    CASE(one_stage_at_a_time),
    CASE(a_start_that_must_not_fail_keeps_what_cannot_be_made),
    CASE(many_reloads_leave_nothing_behind),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
