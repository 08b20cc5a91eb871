/* SPDX-License-Identifier: Apache-2.0 */
/* trial.c - makes the row that a firing would have queued and carries it out at once. The
 * run owns everything that its message borrows, until the plugin is done with it. */
#include "core/action/trial.h"

#include <tocsin/plugin.h>

#include "core/action/context.h"
#include "core/action/dispatcher_int.h"
#include "core/action/message.h"
#include "core/action/rendered.h"
#include "core/base/alloc.h"
#include "core/base/datetime.h"
#include "core/plugin/record.h"
#include "core/store/outbox_entry.h"
#include "core/value/document.h"

#define TEXT_MAX ((size_t)4 << 20)

typedef struct run {
    tcn_arena arena;
    tcn_recorder recorder;
    tcn_outbox_entry *entry;
    tcn_facts facts;
    tcn_context context;
    tcn_rendered rendered;
    tcn_message message;
    const char *block, *plugin; /* in arena */
    tcn_trial_cb cb;
    void *ud;
} run;

static void run_free(run *r)
{
    if (r == NULL)
        return;
    tcn_recorder_deinit(&r->recorder);
    tcn_outbox_entry_free(r->entry);
    tcn_arena_deinit(&r->arena);
    tcn_free(r);
}

/* ---- the row ---- */

static json_t *uuid_json(void)
{
    tcn_uuid id = tcn_uuid_v4();
    char text[TCN_UUID_TEXT + 1];
    return json_string(tcn_uuid_format(&id, text));
}

static json_t *text_json(tcn_str text, const char *standard)
{
    return text.len > 0 ? json_stringn(text.ptr, text.len) : json_string(standard);
}

static json_t *action_json(const tcn_trial *trial, const tcn_block_info *info)
{
    if (info->can_notify)
        return json_pack("{s:s, s:s, s:o, s:o}", "type", "send-notification", "block",
                         info->name, "subject",
                         text_json(trial->subject, "Test message from tocsin"), "body",
                         text_json(trial->body, "This message was sent to try out the "
                                                "block {{ event.resource.name }}."));
    return json_pack("{s:s, s:s, s:o}", "type", "call-webhook", "block", info->name,
                     "payload",
                     text_json(trial->payload, "{\"message\": \"a test from tocsin\"}"));
}

static json_t *automation_json(const json_t *action)
{
    return json_pack("{s:o, s:s, s:s, s:b, s:[], s:{s:s, s:o}, s:[O], s:[], s:[]}", "id",
                     uuid_json(), "name", "tocsin block send", "description", "",
                     "enabled", 1, "tags", "trigger", "type", "event", "id", uuid_json(),
                     "actions", action, "actions_on_trigger", "actions_on_resolve");
}

static json_t *event_json(const tcn_block_info *info, const char *now)
{
    return json_pack("{s:o, s:s, s:s, s:{s:s+, s:s}, s:[], s:{}, s:n, s:s}", "id",
                     uuid_json(), "occurred", now, "event", "tocsin.block.test",
                     "resource", "prefect.resource.id", "tocsin.block.", info->name,
                     "prefect.resource.name", info->name, "related", "payload", "follows",
                     "received", now);
}

static json_t *firing_json(const char *now)
{
    return json_pack("{s:o, s:o, s:s, s:s, s:i, s:{}, s:[]}", "id", uuid_json(),
                     "trigger_id", uuid_json(), "triggered", now, "due", now, "depth", 0,
                     "triggering_labels", "triggering_firings");
}

/* Takes the document over. */
static int write_own(json_t *document, tcn_arena *arena, tcn_str *ret)
{
    tcn_buf text;
    tcn_buf_init(&text, TEXT_MAX);
    int rc = document == NULL ? TCN_E_NOMEM : tcn_document_write(document, &text);
    if (rc == 0) {
        *ret = tcn_arena_str(arena, tcn_buf_str(&text));
        rc = ret->ptr == NULL ? TCN_E_NOMEM : 0;
    }
    tcn_buf_deinit(&text);
    json_decref(document);
    return rc;
}

static int make_entry(run *r, const tcn_trial *trial, const tcn_block_info *info,
                      int64_t now_us)
{
    char now[TCN_DATETIME_TEXT];
    tcn_datetime_format(now_us, now);
    tcn_outbox_entry entry = {
        .invocation = tcn_uuid_v4(),
        .created_at_us = now_us,
        .next_at_us = now_us,
        .deadline_at_us = now_us + (int64_t)info->timeout_ms * TCN_MS_US,
        .block = tcn_str_c(r->block),
    };
    json_t *action = action_json(trial, info);
    int rc = write_own(json_incref(action), &r->arena, &entry.action);
    if (rc == 0)
        rc = write_own(automation_json(action), &r->arena, &entry.automation);
    if (rc == 0)
        rc = write_own(event_json(info, now), &r->arena, &entry.event);
    if (rc == 0)
        rc = write_own(firing_json(now), &r->arena, &entry.firing);
    json_decref(action);
    return rc == 0 ? tcn_outbox_entry_make(&entry, &r->entry) : rc;
}

/* ---- its result ---- */

static const char *result_name(const run *r, const tcn_delivery_result *result)
{
    bool is_held = r->recorder.is_dry && json_array_size(r->recorder.exchanges) > 0;
    if (is_held)
        return "dry-run";
    if (result->status == TOCSIN_DONE)
        return "done";
    return result->status == TOCSIN_RETRY ? "retry" : "fail";
}

/* A JSON object, or the text when it is none. */
static json_t *receipt_json(tcn_str receipt)
{
    if (receipt.len == 0)
        return json_null();
    json_t *json = json_loadb(receipt.ptr, receipt.len, 0, NULL);
    return json != NULL ? json : json_stringn(receipt.ptr, receipt.len);
}

static json_t *report_json(const run *r, const tcn_delivery_result *result)
{
    const char *name = result_name(r, result);
    bool is_plain = strcmp(name, "retry") == 0 || strcmp(name, "fail") == 0;
    return json_pack(
        "{s:s, s:s, s:b, s:s, s:s?, s:i, s:o, s:o, s:O}", "block", r->block, "plugin",
        r->plugin, "dry_run", r->recorder.is_dry ? 1 : 0, "result", name, "cause",
        is_plain ? tcn_cause_name(result->cause) : NULL, "code", (int)result->code,
        "reason",
        is_plain ? json_stringn(result->reason.ptr, result->reason.len) : json_null(),
        "receipt", receipt_json(result->receipt), "exchanges", r->recorder.exchanges);
}

static void on_delivered(const tcn_delivery_result *result, void *ud)
{
    run *r = ud;
    json_t *report = report_json(r, result);
    r->cb(report, r->ud);
    json_decref(report);
    run_free(r);
}

/* ---- the way through ---- */

static int render(run *r, tcn_dispatcher *dispatcher, tcn_err *reterr)
{
    int rc = tcn_facts_read(r->entry, &r->arena, &r->facts, reterr);
    if (rc < 0)
        return rc;
    tcn_context_init(&r->context, &r->facts, &r->arena,
                     tcn_dispatcher_now_us(dispatcher));
    tcn_render_failure failure = {0};
    rc = tcn_rendered_make(&r->context, tcn_dispatcher_templates(dispatcher),
                           &dispatcher->scratch, &r->rendered, &failure);
    if (rc < 0 && failure.source.ptr != NULL)
        return tcn_err_set(reterr, TCN_E_INVALID, "the template does not render: %s",
                           failure.error.message);
    return rc;
}

static int prepare(run *r, tcn_dispatcher *dispatcher, const tcn_trial *trial,
                   const tcn_block_info *info, tcn_err *reterr)
{
    int rc = tcn_recorder_init(&r->recorder, trial->is_dry);
    r->block = tcn_arena_str(&r->arena, tcn_str_c(info->name)).ptr;
    r->plugin = tcn_arena_str(&r->arena, tcn_str_c(info->plugin_id)).ptr;
    if (r->block == NULL || r->plugin == NULL)
        rc = TCN_E_NOMEM;
    if (rc == 0)
        rc = make_entry(r, trial, info, tcn_dispatcher_now_us(dispatcher));
    if (rc == 0)
        rc = render(r, dispatcher, reterr);
    if (rc < 0)
        return rc;
    tcn_message_fill(&r->message, info, &r->facts, &r->rendered, &r->context);
    r->message.attempt = 1;
    r->message.timeout_ms = info->timeout_ms;
    r->message.recorder = &r->recorder;
    r->message.is_test = true;
    return 0;
}

int tcn_trial_start(tcn_dispatcher *dispatcher, const tcn_trial *trial, tcn_trial_cb cb,
                    void *ud, tcn_err *reterr)
{
    tcn_block *block = tcn_plugins_block(dispatcher->options.plugins, trial->block);
    if (block == NULL) {
        const tcn_blocks *blocks = tcn_plugins_blocks(dispatcher->options.plugins);
        char text[TCN_LACK_TEXT];
        return tcn_err_set(reterr, TCN_E_NOT_FOUND, "%s",
                           tcn_blocks_lack(blocks, trial->block, text));
    }
    const tcn_block_info *info = tcn_block_info_get(block);
    if (info->refusal != NULL)
        return tcn_err_set(reterr, TCN_E_STATE, "block \"%s\" cannot be used: %s",
                           info->name, info->refusal);
    if (!info->can_notify && !info->can_act)
        return tcn_err_set(reterr, TCN_E_STATE,
                           "block \"%s\" (%s) sends nothing: other blocks refer to it",
                           info->name, info->type);
    run *r = tcn_alloc_zero(sizeof *r);
    if (r == NULL)
        return tcn_err_no_memory(reterr);
    tcn_arena_init(&r->arena, 0);
    r->cb = cb;
    r->ud = ud;
    int rc = prepare(r, dispatcher, trial, info, reterr);
    if (rc == 0)
        rc = tcn_block_send(block, &r->message, on_delivered, r, NULL);
    if (rc == TCN_E_STATE)
        (void)tcn_err_set(reterr, rc, "block \"%s\" is not ready: it has not started",
                          info->name);
    if (rc < 0) {
        run_free(r);
        return tcn_err_set(reterr, rc, "%s", tcn_err_text(rc));
    }
    return 0;
}
