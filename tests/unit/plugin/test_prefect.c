/* SPDX-License-Identifier: Apache-2.0 */
/* test_prefect.c - block types that a plugin serves: how its tables are judged, how a
 * document becomes options, and what is recorded of a delivery. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/plugin/block.h"
#include "core/plugin/record.h"
#include "core/plugin/stage.h"
#include "rig.h"

#define SERVED TEST_PLUGIN_DIR "/served.so"
#define URL    "http://127.0.0.1:9/canary-path"

static int setup(void **state)
{
    static rig r;
    rig_start(&r);
    *state = &r;
    return 0;
}

static int teardown(void **state)
{
    (void)rig_stop(*state);
    return 0;
}

/* ---- tables ---- */

static void a_wrong_table_is_refused_with_its_place(void **state)
{
    static const char *const rows[][2] = {
        {"major_2", "the extension tocsin.prefect-block/1 says ABI 2.0"},
        {"short", "has 16 bytes, not 32"},
        {"many", "has 33 block types, above the maximum 32"},
        {"slug_bad", "block type \"?\": has the malformed slug \"Slack Webhook\""},
        {"slug_twice", "block type \"slack-webhook\": stands twice in"},
        {"capability_bad", "has the unknown capability \"telepathy\""},
        {"field_bad", "option \"x\": has an unknown type"},
        {"map_field", "map names the unknown field \"nothing\""},
        {"map_option", "map names the unknown option \"nothing\""},
        {"map_odd", "map does not end after \"url\""},
        {"set_option", "set names the unknown option \"nothing\""},
        {"set_value",
         "set gives format a wrong value: \"odd\" is not one of own, prefect"},
    };
    rig *r = *state;
    for (size_t i = 0; i < TCN_COUNT(rows); i++) {
        char path[512];
        tcn_problems problems;
        tcn_problems_init(&problems);
        snprintf(path, sizeof path, TEST_PLUGIN_DIR "/served_%s.so", rows[i][0]);
        assert_true(tcn_plugins_load_file(r->plugins, path, &problems) < 0);
        const char *text = problems.items[problems.count - 1].err.text;
        if (strstr(text, rows[i][1]) == NULL)
            fail_msg("%s: \"%s\" is not in \"%s\"", rows[i][0], rows[i][1], text);
        tcn_problems_deinit(&problems);
    }
}

/* ---- documents ---- */

/* What the plugin would send for a notification, recorded in a dry run. */
static const char *sent_by(rig *r, const char *block, json_t **ret_exchange)
{
    static char body[1024];
    tcn_recorder recorder;
    assert_int_equal(tcn_recorder_init(&recorder, true), 0);
    tcn_message message = rig_message();
    message.recorder = &recorder;
    message.subject = TCN_STR("hello");
    message.severity = TOCSIN_WARNING;
    tcn_block *found = tcn_plugins_block(r->plugins, tcn_str_c(block));
    assert_non_null(found);
    if (tcn_block_info_get(found)->severity != 0)
        message.severity = tcn_block_info_get(found)->severity;
    (void)rig_send(r, found, &message);
    assert_int_equal(json_array_size(recorder.exchanges), 1);
    json_t *exchange = json_array_get(recorder.exchanges, 0);
    snprintf(body, sizeof body, "%s",
             json_string_value(json_object_get(exchange, "body")));
    if (ret_exchange != NULL)
        *ret_exchange = json_incref(exchange);
    tcn_recorder_deinit(&recorder);
    return body;
}

#define SLACK(fields) \
    "{\"name\": \"a\", \"type\": \"prefect.slack-webhook\", \"options\": {" fields "}}"

static void fields_become_options_by_map_set_and_name(void **state)
{
    rig *r = *state;
    rig_load(r, SERVED);
    assert_string_equal(rig_problems(r, SLACK("\"url\": \"" URL "\"")), "");
    assert_string_equal(sent_by(r, "a", NULL), "prefect 3 prefect - hello");
    const tcn_block_info *info =
        tcn_block_info_get(tcn_plugins_block(r->plugins, TCN_STR("a")));
    assert_int_equal(info->timeout_ms, 7500);
    assert_string_equal(info->plugin_id, "served");
    assert_string_equal(info->type, "prefect.slack-webhook");
    assert_true(info->can_notify);
    assert_false(info->can_act);
}

static void unknown_fields_are_kept_and_ignored(void **state)
{
    rig *r = *state;
    rig_load(r, SERVED);
    assert_string_equal(
        rig_problems(r, SLACK("\"url\": \"" URL "\", \"sender\": \"me\", \"new\": 1")),
        "");
    assert_string_equal(sent_by(r, "a", NULL), "prefect 3 me - hello");
}

static void the_host_knows_severity_and_private_addresses(void **state)
{
    rig *r = *state;
    rig_load(r, SERVED);
    assert_string_equal(
        rig_problems(r, SLACK("\"url\": \"" URL "\", \"notify_type\": \"failure\", "
                              "\"allow_private_urls\": false")),
        "");
    assert_string_equal(sent_by(r, "a", NULL), "prefect 4 prefect - hello");
    tcn_message message = rig_message();
    outcome got = rig_send(r, tcn_plugins_block(r->plugins, TCN_STR("a")), &message);
    assert_int_equal(got.cause, TOCSIN_CAUSE_DENIED);
    assert_non_null(strstr(got.reason, "refused to connect to 127.0.0.1"));
}

static void wrong_fields_are_named(void **state)
{
    rig *r = *state;
    rig_load(r, SERVED);
    assert_string_equal(rig_problems(r, SLACK("")), "options.url: is required");
    assert_string_equal(
        rig_problems(r, SLACK("\"url\": \"ftp://x\", \"notify_type\": \"bad\", "
                              "\"allow_private_urls\": 1, \"sender\": 5")),
        "options.notify_type: must be one of info, success, warning, failure\n"
        "options.allow_private_urls: must be true or false\n"
        "options.url: must be an absolute http or https URL\n"
        "options.sender: 5 is not a text");
    assert_string_equal(rig_problems(r, SLACK("\"url\": \"" URL "\", \"timeout\": 1e9")),
                        "timeout: 1e+09 is above the maximum 1h");
}

static void a_reference_gives_its_options(void **state)
{
    rig *r = *state;
    rig_load(r, SERVED);
    assert_string_equal(
        rig_problems(r,
                     "{\"name\": \"m\", \"type\": \"prefect.email-notify\", "
                     "\"options\": {\"url\": \"" URL "\", \"credentials\": {\"$block\": "
                     "{\"slug\": \"email-server-credentials\", \"name\": \"c\", "
                     "\"data\": {\"username\": \"ada\", \"password\": "
                     "\"canary-password\"}}}}}"),
        "");
    assert_string_equal(sent_by(r, "m", NULL), "own 3 ada ******** hello");
    json_t *shown = tcn_block_describe(tcn_plugins_block(r->plugins, TCN_STR("m")));
    char *text = json_dumps(shown, 0);
    assert_null(strstr(text, "canary"));
    assert_non_null(strstr(text, "\"credentials\": {\"block\": \"c\"}"));
    free(text);
    json_decref(shown);
}

static void a_reference_to_another_plugins_type_is_refused(void **state)
{
    rig *r = *state;
    rig_load(r, SERVED);
    assert_string_equal(
        rig_problems(r,
                     "{\"name\": \"m\", \"type\": \"prefect.email-notify\", "
                     "\"options\": {\"url\": \"" URL "\", \"credentials\": {\"$block\": "
                     "{\"slug\": \"aws-credentials\", \"data\": {}}}}}"),
        "options.credentials: names a block of type \"aws-credentials\", which plugin "
        "served does not serve");
}

static void a_type_that_sends_nothing_has_no_instance(void **state)
{
    rig *r = *state;
    rig_load(r, SERVED);
    assert_string_equal(
        rig_problems(r, "{\"name\": \"c\", \"type\": "
                        "\"prefect.email-server-credentials\", \"options\": {}}"),
        "");
    const tcn_block *block = tcn_plugins_block(r->plugins, TCN_STR("c"));
    assert_null(block->self);
    assert_false(tcn_block_info_get(block)->can_notify);
    json_t *status = tcn_block_status(block);
    assert_string_equal(json_string_value(json_object_get(status, "state")), "stored");
    json_decref(status);
}

static void a_type_that_nobody_serves_is_kept_and_refuses_use(void **state)
{
    rig *r = *state;
    assert_string_equal(
        rig_problems(r, "{\"name\": \"d\", \"type\": \"prefect.discord-webhook\", "
                        "\"options\": {\"webhook_token\": \"canary-token\"}}"),
        "warning: type: no plugin provides block type \"discord-webhook\"");
    tcn_block *block = tcn_plugins_block(r->plugins, TCN_STR("d"));
    assert_string_equal(tcn_block_info_get(block)->refusal,
                        "no plugin provides block type \"discord-webhook\"");
    tcn_message message = rig_message();
    assert_int_equal(tcn_block_send(block, &message, rig_on_result, NULL, NULL),
                     TCN_E_STATE);
    json_t *shown = tcn_block_describe(block);
    char *text = json_dumps(shown, 0);
    assert_null(strstr(text, "canary"));
    free(text);
    json_decref(shown);
}

/* ---- names ---- */

static void put(rig *r, const char *document, const tcn_block_origin *origin,
                const char *problem)
{
    tcn_stage *stage = NULL;
    tcn_problems problems;
    tcn_problems_init(&problems);
    assert_int_equal(tcn_stage_begin(r->plugins, NULL, TCN_STAGE_SOME, &stage), 0);
    json_t *parsed = json_loads(document, 0, NULL);
    assert_non_null(parsed);
    (void)tcn_stage_block_put(stage, parsed, origin, &problems);
    json_decref(parsed);
    assert_string_equal(problems.count > 0 ? problems.items[0].err.text : "", problem);
    if (problems.errors > 0)
        tcn_stage_abort(stage);
    else
        tcn_stage_commit(stage);
    tcn_problems_deinit(&problems);
}

static void a_name_of_a_file_may_be_used_for_another_type(void **state)
{
    rig *r = *state;
    rig_load(r, SERVED);
    const tcn_uuid id = tcn_uuid_v4();
    const tcn_block_origin api = {.is_api = true, .id = &id};
    const tcn_block_origin file = {.source = "blocks.d/x.yaml"};
    put(r, SLACK("\"url\": \"" URL "\""), &file, "");
    put(r, SLACK("\"url\": \"" URL "\""), &api,
        "block \"a\" (prefect.slack-webhook) exists in the store; delete it or rename");
    put(r,
        "{\"name\": \"a\", \"type\": \"prefect.email-notify\", \"options\": {\"url\": \"" URL
        "\"}}",
        &api, "");
    char text[TCN_UUID_TEXT + 1];
    const tcn_block *by_name = tcn_plugins_block(r->plugins, TCN_STR("a"));
    const tcn_block *by_id =
        tcn_plugins_block(r->plugins, tcn_str_c(tcn_uuid_format(&id, text)));
    assert_string_equal(tcn_block_info_get(by_name)->source, "blocks.d/x.yaml");
    assert_true(tcn_block_info_get(by_id)->is_api);
    assert_string_equal(tcn_block_info_get(by_id)->type, "prefect.email-notify");
}

static void a_changed_severity_keeps_the_instance(void **state)
{
    rig *r = *state;
    rig_load(r, SERVED);
    const tcn_uuid id = tcn_uuid_v4();
    const tcn_block_origin api = {.is_api = true, .id = &id};
    put(r, SLACK("\"url\": \"" URL "\""), &api, "");
    const tocsin_self *before = tcn_plugins_block(r->plugins, TCN_STR("a"))->self;
    put(r, SLACK("\"url\": \"" URL "\", \"notify_type\": \"success\""), &api, "");
    const tcn_block *after = tcn_plugins_block(r->plugins, TCN_STR("a"));
    assert_ptr_equal(after->self, before);
    assert_int_equal(tcn_block_info_get(after)->severity, TOCSIN_SUCCESS);
    assert_int_equal(tcn_plugins_block_count(r->plugins), 1);
}

/* ---- previews ---- */

static void a_preview_is_shown_in_place_of_requests(void **state)
{
    rig *r = *state;
    rig_load(r, SERVED);
    assert_int_equal(setenv("SERVED_PREVIEW", "1", 1), 0);
    assert_string_equal(
        rig_problems(r, "{\"name\": \"s\", \"type\": \"served\", \"options\": {\"url\": "
                        "\"" URL "\", \"password\": \"canary-password\"}}"),
        "");
    json_t *exchange = NULL;
    assert_string_equal(sent_by(r, "s", &exchange), "own 3 - ******** hello");
    assert_string_equal(json_string_value(json_object_get(exchange, "protocol")),
                        "bytes");
    json_decref(exchange);
    unsetenv("SERVED_PREVIEW");
}

static void a_secret_url_is_shown_to_its_host(void **state)
{
    rig *r = *state;
    rig_load(r, SERVED);
    (void)rig_block(r, "served", "{\"url\": \"" URL "?sig=canary\"}");
    json_t *exchange = NULL;
    (void)sent_by(r, "b", &exchange);
    assert_string_equal(json_string_value(json_object_get(exchange, "url")),
                        "http://127.0.0.1:9/***");
    json_decref(exchange);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
static const struct CMUnitTest cases[] = {
    CASE(a_wrong_table_is_refused_with_its_place),
    CASE(fields_become_options_by_map_set_and_name),
    CASE(unknown_fields_are_kept_and_ignored),
    CASE(the_host_knows_severity_and_private_addresses),
    CASE(wrong_fields_are_named),
    CASE(a_reference_gives_its_options),
    CASE(a_reference_to_another_plugins_type_is_refused),
    CASE(a_type_that_sends_nothing_has_no_instance),
    CASE(a_type_that_nobody_serves_is_kept_and_refuses_use),
    CASE(a_name_of_a_file_may_be_used_for_another_type),
    CASE(a_changed_severity_keeps_the_instance),
    CASE(a_preview_is_shown_in_place_of_requests),
    CASE(a_secret_url_is_shown_to_its_host),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
