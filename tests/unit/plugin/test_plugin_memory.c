/* SPDX-License-Identifier: Apache-2.0 */
/* test_plugin_memory.c - the n-th allocation fails, for every n: nothing crashes, nothing
 * leaks, and a delivery that was taken ends once. malloc, calloc and realloc are wrapped
 * by the linker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "rig.h"
#include "tests/unit/failing_alloc.h"

static const char document[] =
    "{\"name\": \"b\", \"type\": \"puppet\", \"timeout\": 5, \"options\": {\"send\": \"render\", "
    "\"text\": \"{{ subject }} {{ severity }}\", \"json\": {\"a\": [\"{{ body }}\", 1, \"x\"]}, "
    "\"map\": {\"a\": \"{{ invocation }}\", \"b\": \"y\"}, \"key\": \"secret!\"}}";

/* Counts allocations from here on. */
static void begin(size_t n)
{
    allocations = 0;
    fail_at = n;
}

static bool is_over(void)
{
    bool is_reached = fail_at != 0 && allocations >= fail_at;
    fail_at = 0;
    return !is_reached;
}

static void a_block_or_a_problem(void **state)
{
    (void)state;
    rig r;
    json_t *block = json_loads(document, 0, NULL);
    assert_non_null(block);
    for (size_t n = 1;; n++) {
        rig_start(&r);
        rig_load(&r, TEST_PLUGIN_DIR "/puppet.so");
        begin(n);
        int rc = tcn_plugins_block_add(r.plugins, block, &r.problems);
        bool is_last = is_over();
        assert_int_equal(tcn_plugins_block_count(r.plugins), rc == 0);
        assert_int_equal(tcn_plugins_block(r.plugins, TCN_STR("b")) != NULL, rc == 0);
        (void)rig_stop(&r);
        if (is_last) {
            assert_int_equal(rc, 0);
            break;
        }
    }
    json_decref(block);
}

static void a_delivery_ends_once_or_is_not_taken(void **state)
{
    (void)state;
    rig r;
    rig_start(&r);
    rig_load(&r, TEST_PLUGIN_DIR "/puppet.so");
    json_t *parsed = json_loads(document, 0, NULL);
    assert_int_equal(tcn_plugins_block_add(r.plugins, parsed, &r.problems), 0);
    json_decref(parsed);
    tcn_block *block = tcn_plugins_block(r.plugins, TCN_STR("b"));
    tcn_message message = rig_message();
    bool is_last = false;
    for (size_t n = 1; !is_last; n++) {
        outcome out = {0};
        begin(n);
        int rc = tcn_block_send(block, &message, rig_on_result, &out, NULL);
        is_last = is_over();
        assert_int_equal(out.calls, rc == 0);
        (void)uv_run(&r.loop, UV_RUN_NOWAIT);
    }
    (void)rig_stop(&r);
}

static void a_request_is_sent_or_ends(void **state)
{
    (void)state;
    rig r;
    rig_start(&r);
    rig_load(&r, WEBHOOK_DIR "/webhook.so");
    tcn_block *block = rig_block(&r, "webhook", "{\"url\": \"http://127.0.0.1:1/\"}");
    tcn_message message = rig_message();
    bool is_last = false;
    for (size_t n = 1; !is_last; n++) {
        outcome out = {0};
        begin(n);
        int rc = tcn_block_send(block, &message, rig_on_result, &out, NULL);
        is_last = is_over();
        if (rc == 0)
            rig_wait(&r, &out.is_done);
        assert_int_equal(out.calls, rc == 0);
    }
    (void)rig_stop(&r);
}

static void a_file_is_loaded_or_refused(void **state)
{
    (void)state;
    rig r;
    bool is_last = false;
    for (size_t n = 1; !is_last; n++) {
        rig_start(&r);
        begin(n);
        int rc =
            tcn_plugins_load_file(r.plugins, TEST_PLUGIN_DIR "/puppet.so", &r.problems);
        is_last = is_over();
        assert_true(rc <= 0);
        (void)rig_stop(&r);
    }
}

static int reload(rig *r, const char *options)
{
    tcn_stage *stage = NULL;
    json_t *block = json_loads(options, 0, NULL);
    if (block == NULL)
        return TCN_E_NOMEM;
    tcn_problems problems;
    tcn_problems_init(&problems);
    int rc = tcn_stage_begin(r->plugins, NULL, TCN_STAGE_SOME, &stage);
    if (rc == 0) {
        rc = tcn_stage_block_add(stage, block, &problems);
        if (rc == 0)
            (void)tcn_stage_start(stage, NULL, NULL);
        json_t *changes = json_array();
        if (rc == 0)
            rc = changes == NULL ? TCN_E_NOMEM : tcn_stage_changes(stage, changes);
        json_decref(changes);
        if (rc == 0)
            tcn_stage_commit(stage);
        else
            tcn_stage_abort(stage);
    }
    tcn_problems_deinit(&problems);
    json_decref(block);
    return rc;
}

static void a_reload_is_taken_or_changes_nothing(void **state)
{
    (void)state;
    rig r;
    rig_start(&r);
    rig_load(&r, TEST_PLUGIN_DIR "/puppet.so");
    (void)rig_block(&r, "puppet", "{}");
    bool is_last = false;
    for (size_t n = 1; !is_last; n++) {
        const tocsin_self *old = tcn_plugins_block(r.plugins, TCN_STR("b"))->self;
        begin(n);
        int rc = reload(&r, n % 2 == 0 ? "{\"name\":\"b\",\"type\":\"puppet\","
                                         "\"options\":{\"send\":\"timer\"}}"
                                       : "{\"name\":\"b\",\"type\":\"puppet\","
                                         "\"options\":{\"send\":\"never\"}}");
        is_last = is_over();
        const tcn_block *block = tcn_plugins_block(r.plugins, TCN_STR("b"));
        assert_non_null(block);
        assert_true(tcn_block_info_get(block)->is_ready);
        assert_true((block->self == old) == (rc != 0));
        (void)uv_run(&r.loop, UV_RUN_NOWAIT);
    }
    (void)rig_stop(&r);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_block_or_a_problem),
    cmocka_unit_test(a_delivery_ends_once_or_is_not_taken),
    cmocka_unit_test(a_request_is_sent_or_ends),
    cmocka_unit_test(a_file_is_loaded_or_refused),
    cmocka_unit_test(a_reload_is_taken_or_changes_nothing),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
