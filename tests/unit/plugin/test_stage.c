/* SPDX-License-Identifier: Apache-2.0 */
/* test_stage.c - blocks change while deliveries are on their way: what is new takes over
 * in one swap, what is wrong changes nothing. */
#include "stage_fixture.h"

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

static const struct CMUnitTest cases[] = {
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
