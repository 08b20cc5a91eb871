/* SPDX-License-Identifier: Apache-2.0 */
/* test_events.c - the events that an ended action sends: names, ids, order, labels,
 * payloads. */
#include "support.h"

#include <stdio.h>

#include "core/event/decode.h"

static const char automation_id[] =
    "prefect.automation.0a9b8c7d-6e5f-4a3b-8c2d-1e0f9a8b7c6d";

static const tcn_report *run(fixture *f, row_spec row)
{
    uint64_t id = queue(f, row);
    for (size_t i = 0; i < f->plugins.count; i++) {
        if (open_count(f->plugins.blocks[i]) > 0)
            answer(f, f->plugins.blocks[i], TOCSIN_DONE, 0, 200, "");
    }
    const tcn_report *report = report_of(f, id);
    assert_non_null(report);
    return report;
}

static void labels_are(const tcn_resource *resource, const char *const *expected)
{
    for (uint32_t i = 0; i < resource->count; i++) {
        assert_non_null(expected[2 * i]);
        assert_true(text_is(resource->labels[i].key, expected[2 * i]));
        assert_true(text_is(resource->labels[i].value, expected[2 * i + 1]));
    }
    assert_null(expected[2 * resource->count]);
}

static void come_as_triggered_then_executed(void **state)
{
    fixture *f = *state;
    add_block(f, "ops");
    const tcn_report *report = run(f, (row_spec){.block = "ops", .action_index = 3});
    assert_int_equal(report->event_count, 2);
    const tcn_event *triggered = &report->events[0], *executed = &report->events[1];
    assert_true(text_is(triggered->name, "prefect.automation.action.triggered"));
    assert_true(text_is(executed->name, "prefect.automation.action.executed"));
    tcn_uuid id =
        tcn_emitted_id(&report->result.invocation, "prefect.automation.action.triggered");
    assert_true(tcn_uuid_eq(&triggered->id, &id));
    id = tcn_emitted_id(&report->result.invocation, "prefect.automation.action.executed");
    assert_true(tcn_uuid_eq(&executed->id, &id));
    assert_true(executed->has_follows);
    assert_true(tcn_uuid_eq(&executed->follows, &triggered->id));
    tcn_uuid event_id;
    assert_true(
        tcn_uuid_parse(TCN_STR("9d8c7b6a-5f4e-4d3c-b2a1-0f9e8d7c6b5a"), &event_id));
    assert_true(triggered->has_follows);
    assert_true(tcn_uuid_eq(&triggered->follows, &event_id));
    assert_int_equal(triggered->depth, 1);
    assert_int_equal(executed->occurred_at_us, test_now_us);
    char invocation[TCN_UUID_TEXT + 1], payload[200];
    snprintf(
        payload, sizeof payload,
        "{\"action_index\":3,\"action_type\":\"send-notification\",\"invocation\":\"%s\"}",
        tcn_uuid_format(&report->result.invocation, invocation));
    assert_true(text_is(triggered->payload, payload));
    assert_true(text_is(executed->payload, payload));
}

static void carry_the_labels_of_prefect(void **state)
{
    fixture *f = *state;
    add_block(f, "ops");
    const tcn_event *event = &run(f, (row_spec){.block = "ops"})->events[1];
    labels_are(&event->resource,
               (const char *const[]){"prefect.resource.id", automation_id,
                                     "prefect.resource.name", "two failures",
                                     "prefect.trigger-type", "event", "prefect.posture",
                                     "Reactive", NULL});
    assert_true(text_is(event->resource.id, automation_id));
    assert_int_equal(event->related_count, 4);
    labels_are(&event->related[0],
               (const char *const[]){
                   "prefect.resource.id",
                   "prefect.block-document.3d50f57b-f631-4ae9-b484-6095da907e45",
                   "prefect.resource.role", "block", "prefect.resource.name", "ops",
                   NULL});
    labels_are(&event->related[1],
               (const char *const[]){"prefect.resource.id",
                                     "prefect.block-type.tocsin-webhook",
                                     "prefect.resource.role", "block-type", NULL});
    labels_are(&event->related[2],
               (const char *const[]){"prefect.resource.id",
                                     "prefect.event.11111111-2222-4333-8444-555555555555",
                                     "prefect.resource.role",
                                     "automation-triggered-event", NULL});
    labels_are(&event->related[3],
               (const char *const[]){"prefect.resource.id",
                                     "prefect.event.9d8c7b6a-5f4e-4d3c-b2a1-0f9e8d7c6b5a",
                                     "prefect.resource.role", "triggering-event", NULL});
    assert_true(text_is(event->related[3].role, "triggering-event"));
}

static void without_a_triggering_event_follow_nothing(void **state)
{
    fixture *f = *state;
    add_block(f, "ops");
    const tcn_report *report = run(f, (row_spec){.block = "ops", .event = ""});
    assert_false(report->events[0].has_follows);
    assert_int_equal(report->events[0].related_count, 3);
}

static void do_not_follow_an_event_that_is_long_ago(void **state)
{
    fixture *f = *state;
    static const char late[] =
        "{\"id\":\"7a8b9c0d-1e2f-4a3b-8c4d-5e6f7a8b9c0d\",\"trigger_id\":\"x\",\"depth\":31,"
        "\"triggered\":\"2026-01-02T03:09:05.7Z\",\"triggering_labels\":{},"
        "\"triggering_firings\":[]}";
    const tcn_report *report =
        run(f, (row_spec){.action = "{\"type\":\"do-nothing\"}", .firing = late});
    assert_false(report->events[0].has_follows);
    assert_int_equal(report->events[0].related_count, 2);
    assert_int_equal(report->events[0].depth, 31);
}

static void tell_why_a_notification_failed(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    queue(f, (row_spec){.block = "ops"});
    answer(f, ops, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, 400,
           "HTTP 400: no \"such\" thing");
    const tcn_event *failed = &last_report(f)->events[1];
    assert_true(text_is(failed->name, "prefect.automation.action.failed"));
    assert_true(tcn_str_ends(
        failed->payload,
        TCN_STR(
            ",\"reason\":\"Notification failed: HTTP 400: no \\\"such\\\" thing\"}")));
}

static void tell_what_a_webhook_answered(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    ops->answers_at_once = true;
    ops->answer.code = 201;
    ops->answer.receipt = TCN_STR(
        "{\"status_code\":1,\"response_body\":\"ok\",\"n\":12345678901234567890123}");
    queue(f, (row_spec){.block = "ops", .action = webhook});
    assert_true(tcn_str_ends(last_report(f)->events[1].payload,
                             TCN_STR(",\"status_code\":201,\"response_body\":\"ok\","
                                     "\"n\":12345678901234567890123}")));
    ops->answer.receipt = TCN_STR("no JSON");
    queue(f, (row_spec){.block = "ops", .action = webhook});
    assert_true(tcn_str_ends(last_report(f)->events[1].payload,
                             TCN_STR(",\"status_code\":201}")));
    ops->answer = (tcn_delivery_result){.status = TOCSIN_FAIL,
                                        .code = 404,
                                        .retry_after_ms = -1,
                                        .reason = TCN_STR("HTTP 404")};
    queue(f, (row_spec){.block = "ops", .action = webhook});
    assert_true(tcn_str_ends(
        last_report(f)->events[1].payload,
        TCN_STR(",\"reason\":\"Webhook call failed: HTTP 404\",\"status_code\":404}")));
}

static void are_encoded_as_the_decoder_reads_them(void **state)
{
    fixture *f = *state;
    add_block(f, "ops");
    const tcn_report *report = run(f, (row_spec){.block = "ops"});
    tcn_arena arena;
    tcn_arena_init(&arena, 0);
    for (size_t i = 0; i < 2; i++) {
        tcn_event event;
        tcn_event_error error;
        assert_int_equal(tcn_event_decode(report->events[i].source,
                                          &tcn_event_limits_default, &arena, &event,
                                          &error),
                         0);
        assert_true(tcn_str_eq(event.name, report->events[i].name));
        assert_true(tcn_str_eq(event.payload, report->events[i].payload));
        assert_int_equal(event.occurred_at_us, report->events[i].occurred_at_us);
        assert_true(tcn_uuid_eq(&event.follows, &report->events[i].follows));
        assert_int_equal(event.related_count, 4);
    }
    tcn_arena_deinit(&arena);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
static const struct CMUnitTest cases[] = {
    CASE(come_as_triggered_then_executed),
    CASE(carry_the_labels_of_prefect),
    CASE(without_a_triggering_event_follow_nothing),
    CASE(do_not_follow_an_event_that_is_long_ago),
    CASE(tell_why_a_notification_failed),
    CASE(tell_what_a_webhook_answered),
    CASE(are_encoded_as_the_decoder_reads_them),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
