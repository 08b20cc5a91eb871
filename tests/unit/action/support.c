/* SPDX-License-Identifier: Apache-2.0 */
/* support.c - see support.h. Deliveries stay open until a test answers them, so every
 * order of answers can be played. */
#include "support.h"

#include <stdio.h>

#include "core/action/attempt.h"
#include "core/store/outbox_entry.h"

int64_t test_now_us, test_mono_us;

const char notification[] = "{\"type\":\"send-notification\",\"block\":\"ops\","
                            "\"subject\":\"A subject\",\"body\":\"A body\"}";
const char webhook[] =
    "{\"type\":\"call-webhook\",\"block\":\"ops\",\"payload\":\"A payload\"}";
const char failed_event[] =
    "{\"occurred\":\"2026-01-02T03:04:05.678901Z\",\"event\":\"prefect.flow-run.Failed\","
    "\"resource\":{\"prefect.resource.id\":"
    "\"prefect.flow-run.d8a7c3f0-5b1e-4c2a-9f3d-0a1b2c3d4e5f\","
    "\"prefect.resource.name\":\"hopping-chinchilla\",\"prefect.run-count\":\"2\","
    "\"prefect.state-message\":\"bad row 7\",\"prefect.state-name\":\"Failed\","
    "\"prefect.state-timestamp\":\"2026-01-02T03:04:05.600000Z\","
    "\"prefect.state-type\":\"FAILED\"},"
    "\"related\":[{\"prefect.resource.id\":"
    "\"prefect.flow.1f2e3d4c-5b6a-4798-8a9b-0c1d2e3f4a5b\","
    "\"prefect.resource.role\":\"flow\",\"prefect.resource.name\":\"etl-orders\"},"
    "{\"prefect.resource.id\":\"prefect.deployment.70cb25fe-e33d-4f96-b1bc-74aa4e50b761\","
    "\"prefect.resource.role\":\"deployment\",\"prefect.resource.name\":\"nightly\"},"
    "{\"prefect.resource.id\":\"prefect.work-pool.5e6f7a8b-9c0d-4e1f-a2b3-c4d5e6f7a8b9\","
    "\"prefect.resource.role\":\"work-pool\",\"prefect.resource.name\":\"k8s-pool\","
    "\"prefect.work-pool.type\":\"kubernetes\"},"
    "{\"prefect.resource.id\":\"prefect.tag.prod\",\"prefect.resource.role\":\"tag\"},"
    "{\"prefect.resource.id\":\"prefect.tag.us\",\"prefect.resource.role\":\"tag\"}],"
    "\"payload\":{\"big\":123456789012345678901234567890},"
    "\"id\":\"9d8c7b6a-5f4e-4d3c-b2a1-0f9e8d7c6b5a\",\"follows\":null,"
    "\"received\":\"2026-01-02T03:04:06Z\"}";
static const char plain_automation[] =
    "{\"name\":\"two failures\",\"description\":\"says so\",\"enabled\":true,\"tags\":[\"oncall\"],"
    "\"trigger\":{\"type\":\"event\",\"id\":\"2b3c4d5e-6f70-4182-93a4-b5c6d7e8f901\","
    "\"match\":{\"prefect.resource.id\":\"prefect.flow-run.*\"},\"match_related\":{},"
    "\"after\":[],\"expect\":[\"prefect.flow-run.Failed\"],\"for_each\":[],"
    "\"posture\":\"Reactive\",\"threshold\":2,\"within\":10.0},"
    "\"actions\":[],\"actions_on_trigger\":[],\"actions_on_resolve\":[],"
    "\"id\":\"0a9b8c7d-6e5f-4a3b-8c2d-1e0f9a8b7c6d\"}";
static const char plain_firing[] =
    "{\"id\":\"7a8b9c0d-1e2f-4a3b-8c4d-5e6f7a8b9c0d\","
    "\"trigger_id\":\"2b3c4d5e-6f70-4182-93a4-b5c6d7e8f901\","
    "\"triggered\":\"2026-01-02T03:04:06.100000Z\",\"due\":\"2026-01-02T03:04:06.100000Z\","
    "\"depth\":1,\"triggering_labels\":{\"prefect.resource.id\":"
    "\"prefect.flow-run.d8a7c3f0-5b1e-4c2a-9f3d-0a1b2c3d4e5f\"},\"triggering_firings\":[]}";
static const char plain_emitted[] =
    "{\"occurred\":\"2026-01-02T03:04:06.1Z\",\"event\":\"prefect.automation.triggered\","
    "\"resource\":{\"prefect.resource.id\":"
    "\"prefect.automation.0a9b8c7d-6e5f-4a3b-8c2d-1e0f9a8b7c6d\"},\"related\":[],"
    "\"payload\":{\"triggering_labels\":{},\"triggering_event\":null},"
    "\"id\":\"11111111-2222-4333-8444-555555555555\",\"follows\":null}";

/* ---- the room of plugins ---- */

tcn_block *tcn_plugins_block(tcn_plugins *plugins, tcn_str name_or_id)
{
    for (size_t i = 0; i < plugins->count; i++) {
        if (tcn_str_eq_c(name_or_id, plugins->blocks[i]->info.name))
            return plugins->blocks[i];
    }
    return NULL;
}

const tcn_template_settings *tcn_plugins_templates(const tcn_plugins *plugins)
{
    static tcn_template_settings settings = {.cached = 4096};
    (void)plugins;
    tcn_tpl_limits_default(&settings.limits);
    return &settings;
}

tcn_block *tcn_blocks_find(const tcn_blocks *blocks, tcn_str name_or_id)
{
    return tcn_plugins_block(blocks->plugins, name_or_id);
}

const char *tcn_blocks_lack(const tcn_blocks *blocks, tcn_str name_or_id,
                            char out[TCN_LACK_TEXT])
{
    (void)blocks;
    (void)snprintf(out, TCN_LACK_TEXT, "there is no block \"%.*s\"",
                   TCN_STR_ARG(name_or_id));
    return out;
}

const tcn_blocks *tcn_plugins_blocks(const tcn_plugins *plugins)
{
    static tcn_blocks blocks;
    blocks.plugins = (tcn_plugins *)(uintptr_t)plugins;
    return &blocks;
}

const tcn_block_info *tcn_block_info_get(const tcn_block *block)
{
    return &block->info;
}

bool tcn_block_has_action(const tcn_block *block, tcn_str action)
{
    return block->has_webhook && tcn_str_eq_c(action, "call-webhook");
}

const char *tcn_cause_name(uint32_t cause)
{
    if (cause == TOCSIN_CAUSE_RATE_LIMIT)
        return "rate_limit";
    if (cause == TOCSIN_CAUSE_REJECTED)
        return "rejected";
    return cause == TOCSIN_CAUSE_SERVER ? "server" : "network";
}

static void copy_text(char *out, size_t size, tcn_str text)
{
    snprintf(out, size, "%.*s", TCN_STR_ARG(text));
}

static void remember(tcn_block *block, const tcn_message *message, uint64_t number)
{
    assert_true(block->sent_count < SENT_MAX);
    sent *s = &block->sent[block->sent_count++];
    *s = (sent){
        .number = number,
        .attempt = message->attempt,
        .severity = message->severity,
        .timeout_ms = message->timeout_ms,
    };
    assert_true(tcn_uuid_parse(message->invocation, &s->invocation));
    copy_text(s->subject, sizeof s->subject, message->subject);
    copy_text(s->body, sizeof s->body, message->body);
    copy_text(s->payload, sizeof s->payload, message->payload);
    copy_text(s->action, sizeof s->action, message->action);
    copy_text(s->event_name, sizeof s->event_name, message->event_name);
    copy_text(s->progress, sizeof s->progress, message->progress);
}

/* The block finds the counter of all sends in front of its plugins. */
static tcn_plugins *plugins_at_work;

int tcn_block_send(tcn_block *block, const tcn_message *message, tcn_delivery_cb cb,
                   void *ud, tcn_delivery **ret)
{
    if (block->send_rc < 0)
        return block->send_rc;
    tcn_delivery *delivery = tcn_alloc_zero(sizeof *delivery);
    if (delivery == NULL)
        return TCN_E_NOMEM;
    remember(block, message, plugins_at_work->sends++);
    if (block->answers_at_once) {
        tcn_free(delivery);
        *ret = NULL;
        cb(&block->answer, ud);
        return 0;
    }
    *delivery = (tcn_delivery){.block = block, .cb = cb, .ud = ud};
    tcn_list_append(&block->open, &delivery->link);
    *ret = delivery;
    return 0;
}

static void finish(tcn_delivery *delivery, const tcn_delivery_result *result)
{
    tcn_list_remove(&delivery->link);
    delivery->cb(result, delivery->ud);
    tcn_free(delivery);
}

void tcn_delivery_cancel(tcn_delivery *delivery)
{
    const tcn_delivery_result canceled = {
        .status = TOCSIN_RETRY, .cause = TOCSIN_CAUSE_CANCELED, .retry_after_ms = -1};
    finish(delivery, &canceled);
}

/* ---- the fixture ---- */

static int64_t now(void)
{
    return test_now_us;
}

static int64_t mono(void)
{
    return test_mono_us;
}

static void take_report(tcn_report *report, void *ud)
{
    fixture *f = ud;
    assert_true(f->report_count < REPORTS_MAX);
    f->reports[f->report_count++] = report;
}

fixture *fixture_new(void)
{
    fixture *f = tcn_alloc_zero(sizeof *f);
    assert_non_null(f);
    assert_int_equal(uv_loop_init(&f->loop), 0);
    assert_true(
        tcn_datetime_parse(TCN_STR("2026-01-02T03:04:06.100000Z"), &test_now_us, NULL));
    test_mono_us = 1000 * TCN_SECOND_US;
    plugins_at_work = &f->plugins;
    const tcn_dispatcher_options options = {
        .loop = &f->loop,
        .plugins = &f->plugins,
        .ui_url = "https://ui.example",
        .concurrency = 64,
        .max_per_block = 100000,
        .report = take_report,
        .ud = f,
        .seed = 42,
        .wall_us = now,
        .mono_us = mono,
    };
    assert_int_equal(tcn_dispatcher_new(&options, &f->dispatcher), 0);
    return f;
}

void note_closed(void *ud)
{
    *(bool *)ud = true;
}

void fixture_free(fixture *f)
{
    tcn_dispatcher_close(f->dispatcher, note_closed, &f->is_closed);
    while (uv_run(&f->loop, UV_RUN_NOWAIT) != 0)
        continue;
    assert_true(f->is_closed);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    for (size_t i = 0; i < f->report_count; i++)
        tcn_report_free(f->reports[i]);
    for (size_t i = 0; i < f->plugins.count; i++)
        tcn_free(f->plugins.blocks[i]);
    tcn_free(f);
}

int setup(void **state)
{
    *state = fixture_new();
    return 0;
}

int teardown(void **state)
{
    fixture_free(*state);
    return 0;
}

tcn_block *add_block(fixture *f, const char *name)
{
    tcn_block *block = tcn_alloc_zero(sizeof *block);
    assert_non_null(block);
    assert_true(f->plugins.count < BLOCKS_MAX);
    block->info = (tcn_block_info){
        .name = name,
        .plugin_id = "webhook",
        .can_notify = true,
        .can_act = true,
        .is_ready = true,
        .concurrency = 4,
        .timeout_ms = 30000,
        .deadline_ms = 24 * 3600 * 1000,
        .destination = f->plugins.count + 1,
    };
    assert_true(
        tcn_uuid_parse(TCN_STR("3d50f57b-f631-4ae9-b484-6095da907e45"), &block->info.id));
    block->has_webhook = true;
    block->answer = (tcn_delivery_result){.status = TOCSIN_DONE, .retry_after_ms = -1};
    tcn_list_init(&block->open);
    f->plugins.blocks[f->plugins.count++] = block;
    return block;
}

static tcn_str or_else(const char *text, const char *fallback)
{
    return tcn_str_c(text != NULL ? text : fallback);
}

tcn_outbox_entry *make_entry(fixture *f, row_spec row)
{
    uint64_t id = ++f->next_id;
    tcn_outbox_entry entry = {
        .id = id,
        .action_index = row.action_index,
        .attempt = row.attempt,
        .created_at_us = test_now_us,
        .next_at_us = test_now_us + row.next_in_us,
        .deadline_at_us =
            test_now_us + (row.deadline_in_us != 0 ? row.deadline_in_us : TCN_DAY_US),
        .block = or_else(row.block, ""),
        .action = or_else(row.action, notification),
        .automation = or_else(row.automation, plain_automation),
        .firing = or_else(row.firing, plain_firing),
        .event = or_else(row.event, failed_event),
        .emitted = or_else(row.emitted, plain_emitted),
        .progress = or_else(row.progress, ""),
        .rendered = or_else(row.rendered, ""),
    };
    memcpy(entry.invocation.bytes, &id, sizeof id);
    tcn_outbox_entry *made = NULL;
    assert_int_equal(tcn_outbox_entry_make(&entry, &made), 0);
    return made;
}

uint64_t queue(fixture *f, row_spec row)
{
    tcn_outbox_entry *entry = make_entry(f, row);
    uint64_t id = entry->id;
    size_t before = f->report_count;
    assert_int_equal(tcn_dispatcher_take(f->dispatcher, &entry, 1), 0);
    assert_int_equal(f->report_count, before);
    settle(f);
    return id;
}

void settle(fixture *f)
{
    do
        tcn_dispatcher_turn(f->dispatcher);
    while (uv_is_active((uv_handle_t *)&f->dispatcher->idle) &&
           uv_run(&f->loop, UV_RUN_NOWAIT) >= 0);
}

void pass(fixture *f, int64_t us)
{
    test_now_us += us;
    test_mono_us += us;
    settle(f);
}

/* The first thing that is due after now, or that could not be done now. */
static const tcn_heap_item *first_due(const fixture *f)
{
    const tcn_heap_item *first = NULL;
    for (int need = 0; need < TCN_PLACE_NEEDS; need++) {
        const tcn_heap_item *item = tcn_heap_first(&f->dispatcher->awake[need]);
        if (item != NULL && (first == NULL || tcn_heap_is_before(item, first)))
            first = item;
    }
    return first;
}

void pass_slowly(fixture *f, int64_t us)
{
    int64_t end_us = test_mono_us + us;
    const tcn_heap_item *first = first_due(f);
    while (first != NULL && first->at_us <= end_us) {
        pass(f, first->at_us > test_mono_us ? first->at_us - test_mono_us : 0);
        const tcn_heap_item *next = first_due(f);
        if (next != NULL && next->at_us <= test_mono_us)
            break;
        first = next;
    }
    pass(f, end_us - test_mono_us);
}

/* ---- answers and reports ---- */

static void end_oldest(fixture *f, tcn_block *block, const tcn_delivery_result *result)
{
    tcn_list *first = tcn_list_first(&block->open);
    assert_non_null(first);
    finish(tcn_container_of(first, tcn_delivery, link), result);
    settle(f);
}

void answer(fixture *f, tcn_block *block, uint32_t status, uint32_t cause, int32_t code,
            const char *reason)
{
    const tcn_delivery_result result = {
        .status = status,
        .cause = cause,
        .code = code,
        .retry_after_ms = -1,
        .reason = tcn_str_c(reason),
    };
    end_oldest(f, block, &result);
}

void answer_done(fixture *f, tcn_block *block)
{
    answer(f, block, TOCSIN_DONE, 0, 200, "");
}

void answer_retry(fixture *f, tcn_block *block)
{
    answer(f, block, TOCSIN_RETRY, TOCSIN_CAUSE_SERVER, 500, "HTTP 500");
}

void answer_retry_after(fixture *f, tcn_block *block, int64_t retry_after_ms)
{
    const tcn_delivery_result result = {
        .status = TOCSIN_RETRY,
        .cause = TOCSIN_CAUSE_RATE_LIMIT,
        .code = 429,
        .retry_after_ms = retry_after_ms,
        .reason = TCN_STR("HTTP 429"),
    };
    end_oldest(f, block, &result);
}

size_t open_count(const tcn_block *block)
{
    size_t count = 0;
    tcn_list_foreach (it, &block->open)
        count++;
    return count;
}

const tcn_report *last_report(const fixture *f)
{
    assert_true(f->report_count > 0);
    return f->reports[f->report_count - 1];
}

const tcn_report *report_of(const fixture *f, uint64_t id)
{
    for (size_t i = f->report_count; i > 0; i--) {
        if (f->reports[i - 1]->result.id == id)
            return f->reports[i - 1];
    }
    return NULL;
}

bool text_is(tcn_str text, const char *expected)
{
    if (tcn_str_eq_c(text, expected))
        return true;
    print_error("is \"%.*s\"\nnot \"%s\"\n", TCN_STR_ARG(text), expected);
    return false;
}
