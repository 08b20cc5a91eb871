/* SPDX-License-Identifier: Apache-2.0 */
/* rig.c - see rig.h. */
#include "core/kit/rig.h"

#include <stdio.h>
#include <sys/mman.h>
#include <tocsin/plugin.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/kit/load.h"
#include "core/plugin/stage.h"

#define BLOCK_TIMEOUT_MS 2000
#define START_MS         12000
#define SEND_MS          20000
#define STOP_MS          12000
#define LOG_BYTES        (1 << 20)

static bool open_parts(tcn_rig *rig, tcn_err *reterr)
{
    const tcn_client_options client = {.user_agent = "tocsin/kit", .guard = NULL};
    int rc = uv_loop_init(&rig->loop);
    rig->log_fd = memfd_create("tocsin-kit-log", MFD_CLOEXEC);
    rig->log = tcn_log_new(TCN_LOG_TEXT, TCN_LOG_DEBUG, rig->log_fd);
    if (rc == 0)
        rc = tcn_guard_new(NULL, 0, true, &rig->guard, reterr);
    tcn_client_options own = client;
    own.guard = rig->guard;
    if (rc == 0)
        rc = tcn_client_new(&rig->loop, &own, rig->log, &rig->client);
    if (rc == 0)
        rc = tcn_peer_start(&rig->peer, &rig->loop, reterr);
    rig->peer.is_smtp = tcn_fill_is_mail(rig->kit);
    if (rc < 0 || rig->log == NULL)
        return tcn_report_fail(rig->report, "the kit cannot run: %s",
                               reterr->text[0] != '\0' ? reterr->text : tcn_err_text(rc));
    return true;
}

bool tcn_rig_start(tcn_rig *rig, const tcn_kit *kit, const char *path, tcn_report *report)
{
    tcn_err err = {0};
    *rig = (tcn_rig){.kit = kit, .report = report};
    if (!open_parts(rig, &err))
        return false;
    const tcn_plugins_options options = {
        .loop = &rig->loop,
        .log = rig->log,
        .client = rig->client,
        .guard = rig->guard,
        /* valgrind finds the lines of code in files only. */
        .state_dir = kit->options.log_dir,
        .is_copy_file = kit->options.log_dir != NULL,
        .timeout_ms = BLOCK_TIMEOUT_MS,
        .concurrency = 4,
        .deadline_ms = 86400000,
        .drain_ms = BLOCK_TIMEOUT_MS,
    };
    tcn_problems problems;
    tcn_problems_init(&problems);
    int rc = tcn_kit_load(path != NULL ? path : kit->options.path, &options,
                          &rig->plugins, &problems, &err);
    tcn_problems_deinit(&problems);
    return rc == 0 || tcn_report_fail(report, "%s", err.text);
}

/* ---- waiting ---- */

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

bool tcn_rig_wait(tcn_rig *rig, bool (*is_true)(void *ud), void *ud, int64_t limit_ms)
{
    int64_t until_ms = tcn_clock_mono_ms() + limit_ms * rig->kit->options.slowdown;
    uv_timer_t tick;
    (void)uv_timer_init(&rig->loop, &tick);
    (void)uv_timer_start(&tick, on_tick, 5, 5);
    while (!is_true(ud) && tcn_clock_mono_ms() < until_ms)
        (void)uv_run(&rig->loop, UV_RUN_ONCE);
    bool is_reached = is_true(ud);
    uv_close((uv_handle_t *)&tick, NULL);
    (void)uv_run(&rig->loop, UV_RUN_NOWAIT);
    return is_reached;
}

static bool is_done(void *ud)
{
    const tcn_outcome *out = ud;
    return out->done > 0 || out->is_refused;
}

bool tcn_rig_wait_done(tcn_rig *rig, tcn_outcome *out, int64_t limit_ms)
{
    if (!tcn_rig_wait(rig, is_done, out, limit_ms))
        return tcn_report_fail(rig->report, "a delivery did not end within %lld s",
                               (long long)limit_ms / 1000);
    return true;
}

/* ---- blocks ---- */

typedef struct block_wait {
    tcn_rig *rig;
    const char *name;
} block_wait;

static bool has_started(void *ud)
{
    const block_wait *w = ud;
    tcn_block *block = tcn_plugins_block(w->rig->plugins, tcn_str_c(w->name));
    return block != NULL && tcn_block_info_get(block)->is_ready;
}

static tcn_fill fill_of(const tcn_rig *rig)
{
    return (tcn_fill){.base = rig->peer.base, .path = "/kit", .port = rig->peer.port};
}

json_t *tcn_rig_options(const tcn_rig *rig)
{
    const tcn_fill fill = fill_of(rig);
    return tcn_fill_options(rig->kit, &fill);
}

static void tell_refusal(tcn_rig *rig, const tcn_problems *problems, tcn_err *why)
{
    tcn_err first = {0};
    for (size_t i = 0; i < problems->count && !tcn_err_is_set(&first); i++)
        if (!problems->items[i].is_warning)
            first = problems->items[i].err;
    if (why != NULL) {
        *why = first;
        if (!tcn_err_is_set(why))
            (void)tcn_err_set(why, TCN_E_INVALID, "refused without a reason");
        return;
    }
    (void)tcn_report_fail(
        rig->report, "a block is refused: %s%s%s%s", first.field,
        first.field[0] != '\0' ? ": " : "", first.text,
        rig->kit->options.options == NULL
            ? " (the kit made the options up; give yours with --options FILE)"
            : "");
}

tcn_block *tcn_rig_block_with(tcn_rig *rig, const char *name, json_t *options,
                              tcn_err *why)
{
    const char *id = json_string_value(json_object_get(rig->kit->plugin, "id"));
    json_t *document =
        json_pack("{s:s, s:s, s:o}", "name", name, "type", id, "options", options);
    tcn_problems problems;
    tcn_problems_init(&problems);
    int rc = tcn_plugins_block_add(rig->plugins, document, &problems);
    json_decref(document);
    if (rc < 0)
        tell_refusal(rig, &problems, why);
    tcn_problems_deinit(&problems);
    if (rc < 0)
        return NULL;
    block_wait wait = {rig, name};
    if (!tcn_rig_wait(rig, has_started, &wait, START_MS)) {
        json_t *told =
            tcn_block_describe(tcn_plugins_block(rig->plugins, tcn_str_c(name)));
        const char *error = json_string_value(json_object_get(told, "last_error"));
        (void)tcn_report_fail(rig->report, "a block did not start: %s",
                              error != NULL ? error : "no reason was given");
        json_decref(told);
        return NULL;
    }
    return tcn_plugins_block(rig->plugins, tcn_str_c(name));
}

tcn_block *tcn_rig_block(tcn_rig *rig, const char *name)
{
    return tcn_rig_block_with(rig, name, tcn_rig_options(rig), NULL);
}

/* ---- deliveries ---- */

tcn_message tcn_rig_message(void)
{
    return (tcn_message){
        .kind = TCN_MESSAGE_NOTIFY,
        .severity = TOCSIN_FAILURE,
        .attempt = 1,
        .timeout_ms = BLOCK_TIMEOUT_MS,
        .fired_at_ms = INT64_C(1795338358307),
        .invocation = TCN_STR(TCN_RIG_INVOCATION),
        .subject = TCN_STR("Flow run olive-swan failed"),
        .body = TCN_STR("The flow run olive-swan failed.\nIt was the second time."),
        .automation_id = TCN_STR("aaaaaaaa-1111-4222-8333-444455556666"),
        .automation_name = TCN_STR("failures"),
        .event_id = TCN_STR("bbbbbbbb-1111-4222-8333-444455556666"),
        .event_name = TCN_STR("prefect.flow-run.Failed"),
        .event = TCN_STR("{\"event\":\"prefect.flow-run.Failed\"}"),
    };
}

static void copy(char *to, size_t size, tcn_str text)
{
    (void)snprintf(to, size, "%.*s", TCN_STR_ARG(text));
}

static void on_result(const tcn_delivery_result *result, void *ud)
{
    tcn_outcome *out = ud;
    out->done++;
    out->status = result->status;
    out->cause = result->cause;
    out->retry_after_ms = result->retry_after_ms;
    copy(out->reason, sizeof out->reason, result->reason);
    copy(out->receipt, sizeof out->receipt, result->receipt);
    copy(out->progress, sizeof out->progress, result->progress);
}

/* A plugin of actions only gets one of its actions, with what that requires. */
static void suit(tcn_rig *rig, const tcn_block *block, tcn_message *message)
{
    const json_t *actions = json_object_get(rig->kit->plugin, "actions");
    if (tcn_block_info_get(block)->can_notify || message->kind != TCN_MESSAGE_NOTIFY)
        return;
    const json_t *action = json_array_get(actions, 0);
    const tcn_fill fill = fill_of(rig);
    json_t *params = tcn_fill_params(action, &fill);
    size_t len = json_dumpb(params, rig->params, sizeof rig->params, JSON_COMPACT);
    json_decref(params);
    message->kind = TCN_MESSAGE_ACTION;
    message->action = tcn_str_c(json_string_value(json_object_get(action, "type")));
    message->payload =
        len <= sizeof rig->params ? tcn_str_of(rig->params, len) : TCN_STR("{}");
}

void tcn_rig_begin(tcn_rig *rig, tcn_block *block, const tcn_message *message,
                   tcn_outcome *out, tcn_delivery **ret)
{
    tcn_message own = message != NULL ? *message : tcn_rig_message();
    *out = (tcn_outcome){0};
    suit(rig, block, &own);
    int64_t began_us = tcn_clock_mono_us();
    out->is_refused = tcn_block_send(block, &own, on_result, out, ret) < 0;
    out->slot_us = tcn_clock_mono_us() - began_us;
}

bool tcn_rig_send(tcn_rig *rig, tcn_block *block, const tcn_message *message,
                  tcn_outcome *out)
{
    tcn_rig_begin(rig, block, message, out, NULL);
    if (out->is_refused)
        return tcn_report_fail(rig->report, "the block does not take a message");
    if (!tcn_rig_wait_done(rig, out, SEND_MS))
        return false;
    if (strstr(out->reason, "did not end the delivery") != NULL)
        return tcn_report_fail(rig->report, "done is not called");
    if (tcn_str_find(tcn_rig_log(rig), TCN_STR("done twice")) != SIZE_MAX)
        return tcn_report_fail(rig->report, "done is called twice for one delivery");
    if (tcn_str_find(tcn_rig_log(rig), TCN_STR("called done and refused")) != SIZE_MAX)
        return tcn_report_fail(rig->report,
                               "done is called, and the message refused: one "
                               "of them tells how it ends");
    return true;
}

const char *tcn_rig_status_name(uint32_t status)
{
    static const char *const names[] = {"nothing", "DONE", "RETRY", "FAIL"};
    return names[status < TCN_COUNT(names) ? status : 0];
}

/* What means success in a body is the peer's own matter: a few usual ones are tried, or
 * the one that the author knows. */
bool tcn_rig_please(tcn_rig *rig, tcn_block *block)
{
    static const char *const bodies[] = {
        "",
        "ok",
        "1",
        "{\"ok\":true}",
        "{}",
        "{\"ok\":true,\"success\":true,\"status\":\"success\",\"code\":0,\"errcode\":0,"
        "\"id\":\"kit\"}",
        "{\"status\":1}",
    };
    const char *own = rig->kit->options.answer;
    tcn_outcome out;
    for (size_t i = 0; i < (own != NULL ? 1 : TCN_COUNT(bodies)); i++) {
        rig->peer.script = (tcn_peer_script){TCN_PEER_ANSWER, 200, NULL,
                                             tcn_str_c(own != NULL ? own : bodies[i])};
        if (!tcn_rig_send(rig, block, NULL, &out))
            return false;
        if (rig->peer.count == 0)
            return tcn_report_skip(rig->report, "no request came to the kit's peer (%s)",
                                   out.status == TOCSIN_DONE ? "the message is DONE"
                                                             : out.reason);
        if (out.status == TOCSIN_DONE)
            return true;
    }
    return tcn_report_fail(
        rig->report, "an answer 200 is %s: %s%s", tcn_rig_status_name(out.status),
        out.reason,
        rig->peer.is_smtp || own != NULL
            ? ""
            : " (if success looks otherwise, give its body with --answer TEXT)");
}

tcn_str tcn_rig_log(tcn_rig *rig)
{
    static char text[LOG_BYTES];
    ssize_t n = pread(rig->log_fd, text, sizeof text, 0);
    return tcn_str_of(text, n > 0 ? (size_t)n : 0);
}

/* ---- the end ---- */

static bool is_set(void *ud)
{
    return *(const bool *)ud;
}

static void set_flag(void *ud)
{
    *(bool *)ud = true;
}

static bool commit_removal(tcn_rig *rig, const char *name, tcn_stage **stage)
{
    tcn_err err = {0};
    if (tcn_stage_begin(rig->plugins, NULL, TCN_STAGE_SOME, stage) < 0 ||
        tcn_stage_block_remove(*stage, tcn_str_c(name)) < 0)
        return tcn_report_fail(rig->report, "the kit cannot remove a block: %s",
                               err.text);
    tcn_stage_commit(*stage);
    return true;
}

static bool has_no_instances(void *ud)
{
    const tcn_rig *rig = ud;
    json_t *status = tcn_plugins_status(rig->plugins);
    json_t *plugin = json_array_get(json_object_get(status, "plugins"), 0);
    bool is_none = json_integer_value(json_object_get(plugin, "instances")) == 0;
    json_decref(status);
    return is_none;
}

bool tcn_rig_remove(tcn_rig *rig, const char *name)
{
    tcn_stage *stage = NULL;
    if (!commit_removal(rig, name, &stage))
        return false;
    if (tcn_plugins_block_count(rig->plugins) == 0 &&
        !tcn_rig_wait(rig, has_no_instances, rig, STOP_MS))
        return tcn_report_fail(rig->report, "stop did not end within 5 s");
    return true;
}

bool tcn_rig_stop(tcn_rig *rig)
{
    bool is_closed = false, is_client_closed = false;
    tcn_plugins_close(rig->plugins, set_flag, &is_closed);
    if (!tcn_rig_wait(rig, is_set, &is_closed, STOP_MS))
        return tcn_report_fail(rig->report, "the plugin did not end within %d s",
                               STOP_MS / 1000);
    if (tcn_str_find(tcn_rig_log(rig), TCN_STR("did not end within")) != SIZE_MAX)
        return tcn_report_fail(rig->report, "stop did not end within 5 s");
    tcn_client_close(rig->client, set_flag, &is_client_closed);
    (void)tcn_rig_wait(rig, is_set, &is_client_closed, STOP_MS);
    tcn_peer_close(&rig->peer);
    (void)uv_run(&rig->loop, UV_RUN_DEFAULT);
    tcn_peer_deinit(&rig->peer);
    if (uv_loop_close(&rig->loop) < 0)
        return tcn_report_fail(rig->report,
                               "something of the plugin is left on the loop");
    tcn_guard_free(rig->guard);
    tcn_log_free(rig->log);
    (void)close(rig->log_fd);
    return true;
}
