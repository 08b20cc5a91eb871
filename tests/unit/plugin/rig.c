/* SPDX-License-Identifier: Apache-2.0 */
/* rig.c - see rig.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "rig.h"

#include "core/base/clock.h"

tcn_plugins_options rig_options(rig *r, const char *const *dirs, size_t dir_count)
{
    return (tcn_plugins_options){
        .loop = &r->loop,
        .log = r->log,
        .client = r->client,
        .guard = r->guard,
        .dirs = dirs,
        .dir_count = dir_count,
        .max_generations = 100,
        .drain_ms = 10000,
        .timeout_ms = 30000,
        .concurrency = 4,
        .deadline_ms = 86400000,
    };
}

static void start_in(rig *r, const char *const *dirs, size_t dir_count)
{
    memset(r, 0, sizeof *r);
    tcn_err err = {0};
    assert_int_equal(uv_loop_init(&r->loop), 0);
    r->log_file = tmpfile();
    assert_non_null(r->log_file);
    r->log = tcn_log_new(TCN_LOG_TEXT, TCN_LOG_DEBUG, fileno(r->log_file));
    assert_non_null(r->log);
    assert_int_equal(tcn_guard_new(NULL, 0, true, &r->guard, &err), 0);
    tcn_client_options client = {.user_agent = "tocsin/test", .guard = r->guard};
    assert_int_equal(tcn_client_new(&r->loop, &client, r->log, &r->client), 0);
    tcn_plugins_options options = rig_options(r, dirs, dir_count);
    assert_int_equal(tcn_plugins_new(&options, &r->plugins, &err), 0);
    tcn_problems_init(&r->problems);
}

void rig_start(rig *r)
{
    const char *const dirs[] = {TEST_PLUGIN_DIR, WEBHOOK_DIR};
    start_in(r, dirs, 2);
}

void rig_start_in(rig *r, const char *dir)
{
    start_in(r, &dir, 1);
}

static void set_flag(void *ud)
{
    *(bool *)ud = true;
}

const char *rig_stop(rig *r)
{
    bool is_closed = false, is_client_closed = false;
    tcn_plugins_close(r->plugins, set_flag, &is_closed);
    rig_wait(r, &is_closed);
    tcn_client_close(r->client, set_flag, &is_client_closed);
    rig_wait(r, &is_client_closed);
    (void)uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&r->loop), 0);
    tcn_guard_free(r->guard);
    tcn_log_free(r->log);
    const char *log = rig_log(r);
    (void)fclose(r->log_file);
    tcn_problems_deinit(&r->problems);
    return log;
}

void rig_load(rig *r, const char *path)
{
    if (tcn_plugins_load_file(r->plugins, path, &r->problems) < 0)
        fail_msg("%s", r->problems.items[0].err.text);
}

tcn_block *rig_block(rig *r, const char *plugin, const char *options)
{
    json_error_t error;
    json_t *parsed = json_loads(options, 0, &error);
    if (parsed == NULL)
        fail_msg("%s in %s", error.text, options);
    char name[32] = "b";
    size_t number = tcn_plugins_block_count(r->plugins);
    if (number > 0)
        (void)snprintf(name, sizeof name, "b%zu", number + 1);
    json_t *document =
        json_pack("{s:s, s:s, s:o}", "name", name, "type", plugin, "options", parsed);
    if (tcn_plugins_block_add(r->plugins, document, &r->problems) < 0)
        fail_msg("%s: %s", r->problems.items[0].err.field, r->problems.items[0].err.text);
    json_decref(document);
    tcn_block *block = tcn_plugins_block(r->plugins, tcn_str_c(name));
    assert_non_null(block);
    return block;
}

const char *rig_problems(rig *r, const char *document)
{
    static char text[4096];
    size_t used = 0;
    json_error_t error;
    json_t *parsed = json_loads(document, JSON_DECODE_ANY, &error);
    if (parsed == NULL)
        fail_msg("%s in %s", error.text, document);
    tcn_problems problems;
    tcn_problems_init(&problems);
    (void)tcn_plugins_block_add(r->plugins, parsed, &problems);
    json_decref(parsed);
    text[0] = '\0';
    for (size_t i = 0; i < problems.count; i++) {
        const tcn_problem *p = &problems.items[i];
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s%s: %s",
                                 i > 0 ? "\n" : "", p->is_warning ? "warning: " : "",
                                 p->err.field, p->err.text);
    }
    tcn_problems_deinit(&problems);
    return text;
}

const char *rig_option_problems(rig *r, const char *plugin, const char *options)
{
    char document[1024];
    int len = snprintf(document, sizeof document,
                       "{\"name\": \"x%zu\", \"type\": \"%s\", \"options\": %s}",
                       tcn_plugins_block_count(r->plugins), plugin, options);
    assert_in_range(len, 1, sizeof document - 1);
    return rig_problems(r, document);
}

tcn_message rig_message(void)
{
    return (tcn_message){
        .kind = TCN_MESSAGE_NOTIFY,
        .severity = TOCSIN_FAILURE,
        .attempt = 1,
        .timeout_ms = 5000,
        .fired_at_ms = INT64_C(1767323045678),
        .invocation = TCN_STR("3f0a1c9e-1111-5222-8333-444455556666"),
        .subject = TCN_STR("Flow run \"x\" failed"),
        .body = TCN_STR("line one\nline two"),
        .automation_id = TCN_STR("aaaaaaaa-1111-4222-8333-444455556666"),
        .automation_name = TCN_STR("two failures"),
        .event_id = TCN_STR("bbbbbbbb-1111-4222-8333-444455556666"),
        .event_name = TCN_STR("prefect.flow-run.Failed"),
        .event = TCN_STR("{\"event\":\"prefect.flow-run.Failed\"}"),
    };
}

static void copy(char *to, size_t size, tcn_str text)
{
    (void)snprintf(to, size, "%.*s", TCN_STR_ARG(text));
}

void rig_on_result(const tcn_delivery_result *result, void *ud)
{
    outcome *out = ud;
    out->is_done = true;
    out->calls++;
    out->status = result->status;
    out->cause = result->cause;
    out->code = result->code;
    out->retry_after_ms = result->retry_after_ms;
    copy(out->reason, sizeof out->reason, result->reason);
    copy(out->receipt, sizeof out->receipt, result->receipt);
    copy(out->progress, sizeof out->progress, result->progress);
}

void rig_wait(rig *r, const bool *flag)
{
    int64_t until_ms = tcn_clock_mono_ms() + 10000;
    while (!*flag) {
        if (tcn_clock_mono_ms() > until_ms)
            fail_msg("nothing happened within 10 s");
        if (uv_run(&r->loop, UV_RUN_ONCE) == 0 && !*flag)
            (void)usleep(1000); /* another thread has it */
    }
}

outcome rig_send(rig *r, tcn_block *block, const tcn_message *message)
{
    outcome out = {0};
    assert_int_equal(tcn_block_send(block, message, rig_on_result, &out, NULL), 0);
    rig_wait(r, &out.is_done);
    assert_int_equal(out.calls, 1);
    return out;
}

const char *rig_log(rig *r)
{
    static char text[65536];
    ssize_t n = pread(fileno(r->log_file), text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    return text;
}
