/* SPDX-License-Identifier: Apache-2.0 */
/* events.c - prefect.automation.action.triggered, .executed and .failed, in the shape in
 * which a Prefect server sends them: both come when the action has finished. Their ids
 * follow from the invocation, so that a repeated end gives the same events. */
#include "core/action/report.h"

#include <stdio.h>

#include "core/base/datetime.h"
#include "core/value/json.h"

#define EVENT_MAX      ((size_t)4 << 20)
#define RELATED_MAX    4
#define FOLLOWS_WITHIN (5 * TCN_MINUTE_US) /* events further apart are not ordered */

#define NAME_TRIGGERED "prefect.automation.action.triggered"
#define NAME_EXECUTED  "prefect.automation.action.executed"
#define NAME_FAILED    "prefect.automation.action.failed"

typedef struct event_maker {
    tcn_arena *arena;
    const tcn_report_input *input;
    tcn_resource resource;
    tcn_resource related[RELATED_MAX];
    uint32_t related_count;
    bool is_out_of_memory;
} event_maker;

/* ---- resources ---- */

static tcn_str join(event_maker *maker, const char *prefix, tcn_str text)
{
    size_t prefix_len = strlen(prefix);
    char *joined = tcn_arena_alloc(maker->arena, prefix_len + text.len + 1);
    if (joined == NULL) {
        maker->is_out_of_memory = true;
        return (tcn_str){0};
    }
    memcpy(joined, prefix, prefix_len);
    if (text.len > 0)
        memcpy(joined + prefix_len, text.ptr, text.len);
    joined[prefix_len + text.len] = 0;
    return tcn_str_of(joined, prefix_len + text.len);
}

static tcn_str keep(event_maker *maker, tcn_str text)
{
    return join(maker, "", text);
}

/* Labels with an empty value are left out. */
static tcn_resource resource_of(event_maker *maker, const tcn_label *labels, size_t count)
{
    tcn_resource resource = {0};
    resource.labels = tcn_arena_zero(maker->arena, count * sizeof *labels);
    if (resource.labels == NULL) {
        maker->is_out_of_memory = true;
        return resource;
    }
    for (size_t i = 0; i < count; i++) {
        if (labels[i].value.len > 0)
            resource.labels[resource.count++] = labels[i];
        if (tcn_str_eq_c(labels[i].key, "prefect.resource.id"))
            resource.id = labels[i].value;
        else if (tcn_str_eq_c(labels[i].key, "prefect.resource.role"))
            resource.role = labels[i].value;
    }
    return resource;
}

static void add_related(event_maker *maker, tcn_str id, const char *role, tcn_str name)
{
    const tcn_label labels[] = {
        {TCN_STR("prefect.resource.id"), id},
        {TCN_STR("prefect.resource.role"), tcn_str_c(role)},
        {TCN_STR("prefect.resource.name"), name},
    };
    maker->related[maker->related_count++] =
        resource_of(maker, labels, TCN_COUNT(labels));
}

static void make_related(event_maker *maker)
{
    const tcn_facts *facts = maker->input->facts;
    const tcn_block_info *block = maker->input->block;
    if (block != NULL) {
        char id[TCN_UUID_TEXT + 1];
        add_related(maker,
                    join(maker, "prefect.block-document.",
                         tcn_str_c(tcn_uuid_format(&block->id, id))),
                    "block", keep(maker, tcn_str_c(block->name)));
        add_related(
            maker, join(maker, "prefect.block-type.tocsin-", tcn_str_c(block->plugin_id)),
            "block-type", (tcn_str){0});
    }
    if (facts->emitted_id.len > 0)
        add_related(maker, join(maker, "prefect.event.", facts->emitted_id),
                    "automation-triggered-event", (tcn_str){0});
    if (facts->has_event)
        add_related(maker, join(maker, "prefect.event.", facts->event_id),
                    "triggering-event", (tcn_str){0});
}

static void make_resource(event_maker *maker)
{
    const tcn_facts *facts = maker->input->facts;
    const tcn_label labels[] = {
        {TCN_STR("prefect.resource.id"),
         join(maker, "prefect.automation.", facts->automation_id)},
        {TCN_STR("prefect.resource.name"), keep(maker, facts->automation_name)},
        {TCN_STR("prefect.trigger-type"), keep(maker, facts->trigger_type)},
        {TCN_STR("prefect.posture"), keep(maker, facts->posture)},
    };
    maker->resource = resource_of(maker, labels, TCN_COUNT(labels));
}

/* ---- payloads ---- */

static void add_text(tcn_buf *out, const char *key, tcn_str text)
{
    tcn_buf_printf(out, ",\"%s\":", key);
    tcn_buf_add_json(out, text);
}

static void add_basics(tcn_buf *out, const tcn_facts *facts)
{
    tcn_buf_printf(out, "{\"action_index\":%u,\"action_type\":\"%s\"",
                   facts->entry->action_index, facts->type->name);
    add_text(out, "invocation", facts->invocation);
}

/* What the plugin kept of the answer, member by member; a receipt that is no object is
 * left out. */
static int add_receipt(tcn_buf *out, tcn_str receipt)
{
    tcn_arena arena;
    tcn_arena_init(&arena, 0);
    const tcn_json_limits limits = {.depth = 32, .is_strict = true};
    tcn_value value = {.type = TCN_V_MISSING};
    int rc = tcn_json_read(receipt, &arena, &limits, &value, NULL);
    for (uint32_t i = 0; rc >= 0 && value.type == TCN_V_DICT && i < value.dict->count;
         i++) {
        tcn_str key = tcn_text_str(value.dict->entries[i].key.text);
        if (tcn_str_eq_c(key, "status_code"))
            continue;
        tcn_buf_add_char(out, ',');
        tcn_buf_add_json(out, key);
        tcn_buf_add_char(out, ':');
        rc = tcn_json_write(value.dict->entries[i].value, out);
    }
    tcn_arena_deinit(&arena);
    return rc == TCN_E_NOMEM ? rc : 0;
}

static void add_reason(tcn_buf *out, const tcn_report_input *input)
{
    const char *prefix = "";
    if (input->is_from_plugin)
        prefix = input->facts->type->means == TCN_ACTION_NOTIFY ? "Notification failed: "
                                                                : "Webhook call failed: ";
    tcn_buf text;
    tcn_buf_init(&text, EVENT_MAX);
    tcn_buf_add_c(&text, prefix);
    tcn_buf_add_str(&text, input->result.reason);
    if (tcn_buf_status(&text) < 0)
        out->status = tcn_buf_status(&text);
    else
        add_text(out, "reason", tcn_buf_str(&text));
    tcn_buf_deinit(&text);
}

static void add_template_failure(tcn_buf *out, const tcn_render_failure *failure)
{
    tcn_buf text;
    tcn_buf_init(&text, EVENT_MAX);
    tcn_buf_add_c(&text, "Failed to render template due to the following error: ");
    if (tcn_tpl_error_repr(&failure->error, &text) < 0)
        out->status = TCN_E_NOMEM;
    else
        add_text(out, "template_error", tcn_buf_str(&text));
    tcn_buf_deinit(&text);
    add_text(out, "template_source", failure->source);
}

static int add_details(tcn_buf *out, const tcn_report_input *input)
{
    const tcn_outbox_result *result = &input->result;
    if (result->outcome != TCN_OUTBOX_DONE)
        add_reason(out, input);
    if (input->failure != NULL)
        add_template_failure(out, input->failure);
    if (input->facts->type->means != TCN_ACTION_ON_BLOCK)
        return tcn_buf_status(out);
    if (result->code > 0)
        tcn_buf_printf(out, ",\"status_code\":%d", result->code);
    int rc = result->receipt.len > 0 ? add_receipt(out, result->receipt) : 0;
    return rc < 0 ? rc : tcn_buf_status(out);
}

static int make_payload(event_maker *maker, bool has_details, tcn_str *ret)
{
    tcn_buf out;
    tcn_buf_init(&out, EVENT_MAX);
    add_basics(&out, maker->input->facts);
    int rc = has_details ? add_details(&out, maker->input) : 0;
    tcn_buf_add_char(&out, '}');
    if (rc >= 0)
        rc = tcn_buf_status(&out);
    if (rc >= 0) {
        *ret = tcn_arena_str(maker->arena, tcn_buf_str(&out));
        rc = ret->ptr != NULL ? 0 : TCN_E_NOMEM;
    }
    tcn_buf_deinit(&out);
    return rc;
}

/* ---- events ---- */

static int finish(event_maker *maker, tcn_event *event, bool has_details)
{
    event->resource = maker->resource;
    event->related_count = maker->related_count;
    event->related = tcn_arena_zero(maker->arena, sizeof maker->related);
    if (event->related == NULL)
        return TCN_E_NOMEM;
    memcpy(event->related, maker->related, sizeof maker->related);
    event->received_at_us = maker->input->result.at_us;
    event->depth = maker->input->facts->depth;
    int rc = make_payload(maker, has_details, &event->payload);
    if (rc < 0)
        return rc;
    tcn_buf out;
    tcn_buf_init(&out, 2 * EVENT_MAX);
    rc = tcn_event_encode(event, &out);
    if (rc >= 0) {
        event->source = tcn_arena_str(maker->arena, tcn_buf_str(&out));
        rc = event->source.ptr != NULL ? 0 : TCN_E_NOMEM;
    }
    tcn_buf_deinit(&out);
    return rc;
}

/* A message that went on to a fallback tells again, of another block. */
static tcn_uuid event_id(const tcn_facts *facts, const char *name)
{
    tcn_str block = facts->entry->block;
    tcn_str first = tcn_dict_text(facts->action, "block");
    if (first.len == 0)
        first = tcn_dict_text(facts->action, "block_document_id");
    if (block.len == 0 || tcn_str_eq(block, first))
        return tcn_emitted_id(&facts->entry->invocation, name);
    char text[200];
    snprintf(text, sizeof text, "%s %.*s", name, TCN_STR_ARG(block));
    return tcn_emitted_id(&facts->entry->invocation, text);
}

static void make_triggered(const tcn_facts *facts, tcn_event *event)
{
    event->name = TCN_STR(NAME_TRIGGERED);
    event->id = event_id(facts, NAME_TRIGGERED);
    event->occurred_at_us = facts->triggered_at_us;
    int64_t apart_us = facts->triggered_at_us - facts->event.occurred_at_us;
    event->has_follows =
        facts->has_event && apart_us > -FOLLOWS_WITHIN && apart_us < FOLLOWS_WITHIN;
    if (event->has_follows)
        event->follows = facts->event.id;
}

static void make_ended(const tcn_report_input *input, const tcn_event *triggered,
                       tcn_event *event)
{
    bool is_done = input->result.outcome == TCN_OUTBOX_DONE;
    event->name = is_done ? TCN_STR(NAME_EXECUTED) : TCN_STR(NAME_FAILED);
    event->id = event_id(input->facts, is_done ? NAME_EXECUTED : NAME_FAILED);
    event->occurred_at_us = input->result.at_us;
    event->has_follows = true;
    event->follows = triggered->id;
}

int tcn_report_add_events(tcn_report *report, const tcn_report_input *input)
{
    event_maker maker = {.arena = &report->arena, .input = input};
    make_resource(&maker);
    make_related(&maker);
    if (maker.is_out_of_memory)
        return TCN_E_NOMEM;
    make_triggered(input->facts, &report->events[0]);
    make_ended(input, &report->events[0], &report->events[1]);
    int rc = finish(&maker, &report->events[0], false);
    if (rc >= 0)
        rc = finish(&maker, &report->events[1], true);
    report->event_count = rc >= 0 ? 2 : 0;
    return rc;
}
