/* SPDX-License-Identifier: Apache-2.0 */
/* stage_fixture.h - a registry on a loop, a directory with one plugin, stages of what
 * stands there, and what became of them. */
#ifndef TESTS_PLUGIN_STAGE_FIXTURE_H
#define TESTS_PLUGIN_STAGE_FIXTURE_H

#include "core/plugin/stage.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "rig.h"
#include "tests/unit/folder.h"

typedef struct fixture {
    rig r;
    folder dir;
    tcn_plugins_options options; /* of stages */
    const char *dirs[1];
} fixture;

/* ---- stages ---- */

static inline tcn_stage *begin(fixture *f, enum tcn_stage_scope scope)
{
    tcn_stage *stage = NULL;
    assert_int_equal(tcn_stage_begin(f->r.plugins, &f->options, scope, &stage), 0);
    return stage;
}

/* The files of the directory and these blocks. */
static inline tcn_stage *stage_of(fixture *f, const char *blocks)
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

static inline void on_ready(void *ud)
{
    *(bool *)ud = true;
}

/* Starts what is new; every instance has ended starting afterwards. */
static inline void start(fixture *f, tcn_stage *stage)
{
    bool is_ready = tcn_stage_start(stage, on_ready, &is_ready) == 0;
    rig_wait(&f->r, &is_ready);
    tcn_stage_failures(stage, &f->r.problems);
}

/* What a reload that goes well does. */
static inline void take(fixture *f, const char *blocks)
{
    tcn_stage *stage = stage_of(f, blocks);
    start(f, stage);
    if (f->r.problems.errors > 0)
        fail_msg("%s", f->r.problems.items[0].err.text);
    tcn_stage_commit(stage);
}

/* The first problem of a reload that is refused. */
static inline const char *refused(fixture *f, const char *blocks)
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
static inline const char *changes(fixture *f, const char *blocks)
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

static inline tcn_block *block_b(fixture *f)
{
    tcn_block *block = tcn_plugins_block(f->r.plugins, TCN_STR("b"));
    assert_non_null(block);
    return block;
}

/* Sends through "b"; what comes of it stands in *ret in time. */
static inline void deliver(fixture *f, outcome *ret)
{
    tcn_message message = rig_message();
    *ret = (outcome){0};
    assert_int_equal(tcn_block_send(block_b(f), &message, rig_on_result, ret, NULL), 0);
}

static inline void expect_version(fixture *f, const char *version)
{
    outcome out;
    char receipt[64];
    deliver(f, &out);
    rig_wait(&f->r, &out.is_done);
    (void)snprintf(receipt, sizeof receipt, "{\"version\":\"%s\"}", version);
    assert_int_equal(out.status, TOCSIN_DONE);
    assert_string_equal(out.receipt, receipt);
}

static inline void wait_until_gone(fixture *f)
{
    for (int i = 0; i < 10000 && tcn_plugins_leaving(f->r.plugins) > 0; i++)
        (void)uv_run(&f->r.loop, UV_RUN_ONCE);
    assert_int_equal(tcn_plugins_leaving(f->r.plugins), 0);
}

/* Of the plugin "puppet" at that generation: "active", ... */
static inline const char *state_of(fixture *f, int generation)
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

static inline size_t count_entries(const char *path)
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

static inline int set_up(void **state)
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

static inline int tear_down(void **state)
{
    fixture *f = *state;
    (void)rig_stop(&f->r);
    folder_remove(&f->dir);
    return 0;
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

#endif
