/* SPDX-License-Identifier: Apache-2.0 */
/* test_instance.c - the life of instances and deliveries with a plugin that misbehaves on
 * request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "rig.h"

#include "core/plugin/instance.h"
#include "core/plugin/stage.h"

static int set_up(void **state)
{
    static rig r;
    rig_start(&r);
    rig_load(&r, TEST_PLUGIN_DIR "/puppet.so");
    r.plugins->times.cancel_ms = 20;
    r.plugins->times.start_ms = 20;
    r.plugins->times.stop_ms = 20;
    r.plugins->times.retry_ms = 5;
    *state = &r;
    return 0;
}

static int tear_down(void **state)
{
    (void)rig_stop(*state);
    return 0;
}

static outcome send_within(rig *r, uint32_t timeout_ms, const char *options)
{
    tcn_message message = rig_message();
    message.timeout_ms = timeout_ms;
    return rig_send(r, rig_block(r, "puppet", options), &message);
}

static outcome send_to(rig *r, const char *options)
{
    return send_within(r, 5000, options);
}

static void run_until(rig *r, const tcn_block *block, bool is_ready)
{
    for (int i = 0; i < 1000 && tcn_block_info_get(block)->is_ready != is_ready; i++)
        (void)uv_run(&r->loop, UV_RUN_ONCE);
    assert_int_equal(tcn_block_info_get(block)->is_ready, is_ready);
}

static void a_good_plugin_delivers(void **state)
{
    outcome out = send_to(*state, "{}");
    assert_int_equal(out.status, TOCSIN_DONE);
}

static void done_may_come_later(void **state)
{
    outcome out = send_to(*state, "{\"send\": \"timer\"}");
    assert_int_equal(out.status, TOCSIN_DONE);
}

static void done_may_come_from_another_thread(void **state)
{
    outcome out = send_to(*state, "{\"send\": \"thread\", \"text\": \"x\"}");
    assert_int_equal(out.status, TOCSIN_DONE);
    assert_string_equal(out.reason, "from a thread");
}

static void a_second_done_is_ignored_and_told(void **state)
{
    rig *r = *state;
    assert_int_equal(send_to(r, "{\"send\": \"twice\"}").status, TOCSIN_DONE);
    assert_non_null(strstr(rig_log(r), "plugin puppet called done twice"));
}

static void a_late_second_done_is_ignored_too(void **state)
{
    rig *r = *state;
    assert_int_equal(send_to(r, "{\"send\": \"late_twice\"}").status, TOCSIN_DONE);
    assert_non_null(strstr(rig_log(r), "plugin puppet called done twice"));
}

static void a_delivery_that_never_ends_is_abandoned(void **state)
{
    rig *r = *state;
    outcome out = send_within(r, 50, "{\"send\": \"never\"}");
    assert_int_equal(out.status, TOCSIN_RETRY);
    assert_int_equal(out.cause, TOCSIN_CAUSE_TIMEOUT);
    assert_string_equal(out.reason,
                        "plugin puppet did not end the delivery within 50 ms");
}

static void a_done_after_that_is_ignored(void **state)
{
    rig *r = *state;
    tcn_message message = rig_message();
    outcome out = {0};
    message.timeout_ms = 20;
    tcn_block *block = rig_block(r, "puppet", "{\"send\": \"after_all\"}");
    assert_int_equal(tcn_block_send(block, &message, rig_on_result, &out, NULL), 0);
    rig_wait(r, &out.is_done);
    assert_int_equal(out.status, TOCSIN_RETRY);
    assert_int_equal(block->self->in_flight, 0);
    assert_false(tcn_list_is_empty(&block->self->abandoned));
    while (!tcn_list_is_empty(&block->self->abandoned))
        (void)uv_run(&r->loop, UV_RUN_ONCE);
    assert_int_equal(out.calls, 1);
    assert_null(strstr(rig_log(r), "twice"));
}

static void what_is_not_accepted_has_its_class(void **state)
{
    rig *r = *state;
    outcome out = send_to(r, "{\"send\": \"refuse\"}");
    assert_int_equal(out.status, TOCSIN_RETRY);
    assert_int_equal(out.cause, TOCSIN_CAUSE_INTERNAL);
    assert_string_equal(out.reason,
                        "plugin puppet did not accept the message (E_BUSY, -3)");
}

static void what_is_denied_fails(void **state)
{
    outcome out = send_to(*state, "{\"send\": \"denied\"}");
    assert_int_equal(out.status, TOCSIN_FAIL);
    assert_int_equal(out.cause, TOCSIN_CAUSE_DENIED);
}

static void done_and_a_refusal_count_once(void **state)
{
    outcome out = send_to(*state, "{\"send\": \"busy_done\"}");
    assert_int_equal(out.status, TOCSIN_DONE);
}

static void a_nonsense_result_is_a_retry(void **state)
{
    static const char *const options[] = {"{\"send\": \"nonsense\"}",
                                          "{\"send\": \"nothing\"}"};
    for (size_t i = 0; i < TCN_COUNT(options); i++) {
        outcome out = send_to(*state, options[i]);
        assert_int_equal(out.status, TOCSIN_RETRY);
        assert_int_equal(out.cause, TOCSIN_CAUSE_INTERNAL);
        assert_string_equal(out.reason, "the plugin gave no valid result: look at "
                                        "its struct_size, status and cause");
    }
}

static void secrets_are_masked_in_reasons_and_logs(void **state)
{
    rig *r = *state;
    outcome out = send_to(r, "{\"send\": \"leak\", \"key\": \"canary-in-a-mine\"}");
    assert_string_equal(out.reason, "the key is ********");
    assert_non_null(strstr(rig_log(r), "the key is "));
    assert_null(strstr(rig_log(r), "canary-in-a-mine"));
}

static void a_plugin_writes_a_hundred_lines_a_second(void **state)
{
    rig *r = *state;
    assert_int_equal(send_to(r, "{\"send\": \"log\"}").status, TOCSIN_DONE);
    size_t lines = 0;
    for (const char *at = rig_log(r); (at = strstr(at, "again")) != NULL; at++)
        lines++;
    /* Two seconds when the clock turned over meanwhile. */
    assert_in_range(lines, 100, 200);
}

static void timers_are_bounded(void **state)
{
    assert_string_equal(send_to(*state, "{\"send\": \"many_timers\"}").reason,
                        "64, then -5");
}

static void exchanges_are_bounded(void **state)
{
    assert_string_equal(send_to(*state, "{\"send\": \"many_calls\"}").reason,
                        "64, then -5");
}

/* 65 headers, a long one, a long body, a long answer, a long URL; what is allowed, last.
 */
static void requests_are_bounded(void **state)
{
    assert_string_equal(send_to(*state, "{\"send\": \"requests\"}").reason,
                        "-1 -1 -1 -1 -1 0");
}

static void there_are_4096_blocks_at_most(void **state)
{
    rig *r = *state;
    char name[16];
    tcn_stage *stage = NULL;
    assert_int_equal(tcn_stage_begin(r->plugins, NULL, TCN_STAGE_SOME, &stage), 0);
    for (int i = 0; i <= 4096; i++) {
        (void)snprintf(name, sizeof name, "n%d", i);
        json_t *document = json_pack("{s:s, s:s}", "name", name, "type", "puppet");
        int rc = tcn_stage_block_add(stage, document, &r->problems);
        json_decref(document);
        assert_int_equal(rc, i < 4096 ? 0 : TCN_E_LIMIT);
    }
    assert_string_equal(r->problems.items[r->problems.count - 1].err.text,
                        "there are more than 4096 blocks");
    tcn_stage_abort(stage);
}

static void a_send_that_holds_the_loop_is_named_and_counted(void **state)
{
    rig *r = *state;
    assert_int_equal(send_to(r, "{\"send\": \"slow\"}").status, TOCSIN_DONE);
    assert_non_null(
        strstr(rig_log(r), "block b: send of plugin puppet held the loop for "));
    json_t *status = tcn_plugins_status(r->plugins);
    json_t *told = json_object_get(json_array_get(json_object_get(status, "blocks"), 0),
                                   "loop_stalls");
    assert_int_equal(json_integer_value(json_object_get(told, "count")), 1);
    assert_true(json_integer_value(json_object_get(told, "longest_ms")) >= 50);
    json_decref(status);
}

static void templates_see_the_message_and_are_escaped(void **state)
{
    rig *r = *state;
    outcome out =
        send_to(r, "{\"send\": \"render\", \"text\": \"{{ severity }} <{{ subject }}>\", "
                   "\"escape\": 1, \"json\": {\"a\": [\"{{ subject }}\", 5]}, "
                   "\"map\": {\"a\": \"{{ invocation }}\"}}");
    assert_string_equal(out.reason, "|failure <Flow run \\\"x\\\" failed>"
                                    "|{\"a\":[\"Flow run \\\"x\\\" failed\",5]}"
                                    "|3f0a1c9e-1111-5222-8333-444455556666");
}

/* A line end in a reason is shown as \x0a. */
static void values_are_escaped_in_every_form(void **state)
{
    static const struct {
        uint32_t form;
        const char *expected;
    } forms[] = {
        {TOCSIN_ESC_NONE, "|<!c> [*]\\x0ax"},
        {TOCSIN_ESC_HTML, "|&lt;!c&gt; [*]\\x0ax"},
        {TOCSIN_ESC_SLACK, "|&lt;!c&gt; [*]\\x0ax"},
        {TOCSIN_ESC_CARD, "|<!c\\> \\[\\*\\]\\x0ax"},
        {TOCSIN_ESC_URL, "|%3C%21c%3E%20%5B%2A%5D%0Ax"},
        {TOCSIN_ESC_LINE, "|<!c> [*] x"},
    };
    for (size_t i = 0; i < TCN_COUNT(forms); i++) {
        char options[200];
        (void)snprintf(options, sizeof options,
                       "{\"send\": \"render\", \"escape\": %u, "
                       "\"text\": \"{{ '<!c> [*]\\\\nx' }}\"}",
                       forms[i].form);
        if (i > 0) { /* a block is added once to each registry */
            (void)tear_down(state);
            (void)set_up(state);
        }
        assert_string_equal(send_to(*state, options).reason, forms[i].expected);
    }
}

static void a_template_that_fails_says_why(void **state)
{
    outcome out =
        send_to(*state, "{\"send\": \"render\", \"text\": \"a\\n{{ 1 // 0 }}\"}");
    assert_int_equal(out.status, TOCSIN_FAIL);
    assert_non_null(strstr(out.reason, "template line 2"));
    assert_non_null(strstr(out.reason, "ZeroDivisionError"));
}

static void a_create_that_fails_is_a_problem_with_its_option(void **state)
{
    rig *r = *state;
    assert_string_equal(
        rig_problems(r, "{\"name\": \"x\", \"type\": \"puppet\", \"options\": "
                        "{\"life\": \"create_fails\"}}"),
        "options.life: wants to fail");
}

static void a_start_that_fails_is_tried_again(void **state)
{
    rig *r = *state;
    tcn_block *block = rig_block(r, "puppet", "{\"life\": \"start_fails\"}");
    tcn_message message = rig_message();
    assert_int_equal(tcn_block_send(block, &message, rig_on_result, NULL, NULL),
                     TCN_E_STATE);
    for (int i = 0; i < 20; i++)
        (void)uv_run(&r->loop, UV_RUN_ONCE);
    size_t tries = 0;
    for (const char *at = rig_log(r); (at = strstr(at, "no luck today")) != NULL; at++)
        tries++;
    assert_true(tries >= 3);
    json_t *status = tcn_plugins_status(r->plugins);
    json_t *told = json_array_get(json_object_get(status, "blocks"), 0);
    assert_string_equal(json_string_value(json_object_get(told, "last_error")),
                        "no luck today");
    json_decref(status);
}

static void a_start_may_take_a_while(void **state)
{
    rig *r = *state;
    tcn_block *block = rig_block(r, "puppet", "{\"life\": \"start_later\"}");
    assert_false(tcn_block_info_get(block)->is_ready);
    run_until(r, block, true);
}

static void a_start_may_fail_in_the_end(void **state)
{
    rig *r = *state;
    (void)rig_block(r, "puppet", "{\"life\": \"start_later_fails\"}");
    for (int i = 0; i < 5; i++)
        (void)uv_run(&r->loop, UV_RUN_ONCE);
    assert_non_null(strstr(rig_log(r), "the start failed in the end"));
}

static void a_start_that_never_ends_fails(void **state)
{
    rig *r = *state;
    (void)rig_block(r, "puppet", "{\"life\": \"start_never\"}");
    for (int i = 0; i < 5; i++)
        (void)uv_run(&r->loop, UV_RUN_ONCE);
    assert_non_null(strstr(rig_log(r), "start did not end within 20 ms"));
}

static void a_stop_may_take_a_while(void **state)
{
    rig *r = *state;
    (void)rig_block(r, "puppet", "{\"life\": \"stop_later\"}");
}

static void a_stop_that_fails_is_told(void **state)
{
    rig *r = *state;
    (void)rig_block(r, "puppet", "{\"life\": \"stop_fails\"}");
    assert_non_null(strstr(rig_stop(r), "stop of plugin puppet failed (-15); it is "
                                        "destroyed all the same"));
    rig_start(r);
}

static void closing_cancels_what_is_in_flight(void **state)
{
    rig *r = *state;
    tcn_message message = rig_message();
    outcome out = {0};
    tcn_block *block = rig_block(r, "puppet", "{\"send\": \"never\"}");
    assert_int_equal(tcn_block_send(block, &message, rig_on_result, &out, NULL), 0);
    (void)rig_stop(r);
    assert_int_equal(out.calls, 1);
    assert_int_equal(out.status, TOCSIN_RETRY);
    assert_int_equal(out.cause, TOCSIN_CAUSE_CANCELED);
    rig_start(r);
}

static void two_thousand_deliveries_use_their_handles_again(void **state)
{
    rig *r = *state;
    tcn_message message = rig_message();
    tcn_block *block = rig_block(r, "puppet", "{}");
    for (int i = 0; i < 2000; i++)
        assert_int_equal(rig_send(r, block, &message).status, TOCSIN_DONE);
    (void)uv_run(&r->loop, UV_RUN_NOWAIT);
}

static void block_documents_are_checked(void **state)
{
    static const char *const rows[][2] = {
        {"[]", ": a block must be a mapping"},
        {"{\"type\": \"puppet\"}", "name: is required"},
        {"{\"name\": \"A b\", \"type\": \"puppet\"}",
         "name: must be 1 to 64 characters of a-z, 0-9 and -"},
        {"{\"name\": \"a\"}", "type: is required: the id of a plugin"},
        {"{\"name\": \"a\", \"type\": \"slak\"}", "type: no plugin \"slak\" is loaded"},
        {"{\"name\": \"a\", \"type\": \"puppet\", \"rate\": \"1\"}",
         "rate: \"1\" is not a rate such as \"1/s burst 4\" or \"60/30s\""},
        {"{\"name\": \"a\", \"type\": \"pupet\"}",
         "type: no plugin \"pupet\" is loaded (did you mean \"puppet\"?)"},
        {"{\"name\": \"a\", \"type\": \"prefect.slak-webhook\"}",
         "type: no plugin provides block type \"slak-webhook\" (did you mean "
         "\"prefect.slack-webhook\"?)"},
        {"{\"name\": \"a\", \"type\": \"puppet\", \"timout\": 5}",
         "timout: is not a key of a block (did you mean \"timeout\"?)"},
        {"{\"name\": \"a\", \"type\": \"puppet\", \"url\": 5}",
         "url: is not a key of a block; options of its type stand below \"options\""},
        {"{\"name\": \"a\", \"type\": \"puppet\", \"timeout\": \"2h\"}",
         "timeout: 2h is above the maximum 1h"},
        {"{\"name\": \"a\", \"type\": \"puppet\", \"concurrency\": 0}",
         "concurrency: 0 is below the minimum 1"},
    };
    rig *r = *state;
    for (size_t i = 0; i < TCN_COUNT(rows); i++)
        assert_string_equal(rig_problems(r, rows[i][0]), rows[i][1]);
    assert_string_equal(rig_problems(r, "{\"name\": \"a\", \"type\": \"puppet\"}"), "");
    assert_string_equal(rig_problems(r, "{\"name\": \"a\", \"type\": \"puppet\"}"),
                        "name: a block \"a\" exists already");
    assert_int_equal(tcn_plugins_block_count(r->plugins), 1);
}

static void fallbacks_lead_somewhere_and_not_round(void **state)
{
    static const char *const documents[] = {
        "{\"name\": \"a\", \"type\": \"puppet\", \"fallback\": \"b\"}",
        "{\"name\": \"b\", \"type\": \"puppet\", \"fallback\": \"c\"}",
        "{\"name\": \"c\", \"type\": \"puppet\", \"fallback\": \"b\"}",
        "{\"name\": \"d\", \"type\": \"puppet\", \"fallback\": \"nowhere\"}",
        "{\"name\": \"e\", \"type\": \"puppet\"}",
    };
    static const char *const expected[] = {
        "leads in a circle, or through 8 blocks and more",
        "leads in a circle, or through 8 blocks and more",
        "leads in a circle, or through 8 blocks and more",
        "there is no block \"nowhere\"",
    };
    rig *r = *state;
    size_t first = r->problems.count;
    tcn_stage *stage = NULL;
    assert_int_equal(tcn_stage_begin(r->plugins, NULL, TCN_STAGE_SOME, &stage), 0);
    for (size_t i = 0; i < TCN_COUNT(documents); i++) {
        json_t *document = json_loads(documents[i], 0, NULL);
        assert_int_equal(tcn_stage_block_add(stage, document, &r->problems), 0);
        json_decref(document);
    }
    for (size_t i = 0; i < TCN_COUNT(documents); i++) {
        json_t *document = json_loads(documents[i], 0, NULL);
        tcn_stage_fallback_check(stage, document, &r->problems);
        json_decref(document);
    }
    assert_int_equal(r->problems.count - first, TCN_COUNT(expected));
    for (size_t i = 0; i < TCN_COUNT(expected); i++)
        assert_string_equal(r->problems.items[first + i].err.text, expected[i]);
    tcn_stage_abort(stage);
}

static void a_block_is_found_by_name_and_by_id(void **state)
{
    rig *r = *state;
    tcn_block *block = rig_block(r, "puppet", "{}");
    const tcn_block_info *info = tcn_block_info_get(block);
    char id[TCN_UUID_TEXT + 1];
    assert_ptr_equal(
        tcn_plugins_block(r->plugins, tcn_str_c(tcn_uuid_format(&info->id, id))), block);
    assert_string_equal(info->plugin_id, "puppet");
    assert_true(info->can_notify);
    assert_false(info->can_act);
    assert_int_equal(info->concurrency, 4);
    assert_int_equal(info->timeout_ms, 30000);
    assert_null(tcn_plugins_block(r->plugins, TCN_STR("none")));
    assert_false(tcn_block_has_action(block, TCN_STR("call-webhook")));
}

static void a_hanging_stop_leaves_the_rest_alone(void **state)
{
    rig *r = *state;
    (void)rig_block(r, "puppet", "{\"life\": \"stop_never\"}");
    /* The registry stays in memory: the plugin may still call its host. */
    static tcn_plugins *kept;
    kept = r->plugins;
    const char *log = rig_stop(r);
    assert_non_null(strstr(log, "stop of plugin puppet did not end within 20 ms"));
    tcn_list *stuck = tcn_list_first(&kept->instances);
    assert_non_null(stuck);
    assert_int_equal(tcn_container_of(stuck, tocsin_self, link)->state,
                     TCN_INSTANCE_STUCK);
    rig_start(r);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
static const struct CMUnitTest cases[] = {
    CASE(a_good_plugin_delivers),
    CASE(done_may_come_later),
    CASE(done_may_come_from_another_thread),
    CASE(a_second_done_is_ignored_and_told),
    CASE(a_late_second_done_is_ignored_too),
    CASE(a_delivery_that_never_ends_is_abandoned),
    CASE(a_done_after_that_is_ignored),
    CASE(what_is_not_accepted_has_its_class),
    CASE(what_is_denied_fails),
    CASE(done_and_a_refusal_count_once),
    CASE(a_nonsense_result_is_a_retry),
    CASE(secrets_are_masked_in_reasons_and_logs),
    CASE(a_plugin_writes_a_hundred_lines_a_second),
    CASE(timers_are_bounded),
    CASE(exchanges_are_bounded),
    CASE(requests_are_bounded),
    CASE(there_are_4096_blocks_at_most),
    CASE(a_send_that_holds_the_loop_is_named_and_counted),
    CASE(templates_see_the_message_and_are_escaped),
    CASE(values_are_escaped_in_every_form),
    CASE(a_template_that_fails_says_why),
    CASE(a_create_that_fails_is_a_problem_with_its_option),
    CASE(a_start_that_fails_is_tried_again),
    CASE(a_start_may_take_a_while),
    CASE(a_start_may_fail_in_the_end),
    CASE(a_start_that_never_ends_fails),
    CASE(a_stop_may_take_a_while),
    CASE(a_stop_that_fails_is_told),
    CASE(closing_cancels_what_is_in_flight),
    CASE(two_thousand_deliveries_use_their_handles_again),
    CASE(block_documents_are_checked),
    CASE(fallbacks_lead_somewhere_and_not_round),
    CASE(a_block_is_found_by_name_and_by_id),
    CASE(a_hanging_stop_leaves_the_rest_alone),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
