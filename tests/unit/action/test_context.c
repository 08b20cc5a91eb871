/* SPDX-License-Identifier: Apache-2.0 */
/* test_context.c - what templates of an action can name, and what it says. */
#include "support.h"

#include <stdlib.h>

#include "core/action/context.h"
#include "core/store/outbox_entry.h"

/* The text that a webhook with this payload template sends for a row. */
static void renders(fixture *f, row_spec row, const char *template, const char *expected)
{
    if (f->plugins.count == 0)
        add_block(f, "ops");
    tcn_block *ops = f->plugins.blocks[0];
    ops->answers_at_once = true;
    json_t *action = json_pack("{s:s, s:s}", "type", "call-webhook", "payload", template);
    char *text = json_dumps(action, JSON_COMPACT);
    row.block = "ops";
    row.action = text;
    size_t before = ops->sent_count;
    uint64_t id = queue(f, row);
    const tcn_outbox_result *result = &report_of(f, id)->result;
    if (ops->sent_count == before)
        print_error("%s: %.*s\n", template, TCN_STR_ARG(result->reason));
    assert_int_equal(ops->sent_count, before + 1);
    assert_string_equal(ops->sent[before].payload, expected);
    free(text);
    json_decref(action);
}

static void names_automation_event_and_labels(void **state)
{
    fixture *f = *state;
    renders(f, (row_spec){0}, "{{ automation.name }} {{ automation.description }}",
            "two failures says so");
    renders(f, (row_spec){0}, "{{ event.event }} {{ event.payload.big }}",
            "prefect.flow-run.Failed 123456789012345678901234567890");
    renders(f, (row_spec){0}, "{{ labels['prefect.resource.id'] }}",
            "prefect.flow-run.d8a7c3f0-5b1e-4c2a-9f3d-0a1b2c3d4e5f");
    renders(f, (row_spec){0}, "{{ labels.prefect.resource.id }}",
            "prefect.flow-run.d8a7c3f0-5b1e-4c2a-9f3d-0a1b2c3d4e5f");
}

static void names_the_firing_and_its_trigger(void **state)
{
    fixture *f = *state;
    renders(f, (row_spec){0},
            "{{ firing.triggered.isoformat() }} {{ firing.trigger.threshold }}",
            "2026-01-02T03:04:06.100000+00:00 2");
    renders(f, (row_spec){0}, "{{ firing.triggering_event.event }}",
            "prefect.flow-run.Failed");
    renders(f, (row_spec){0},
            "{{ firings | length }} {{ events | length }} {{ events[0].id }}",
            "1 1 9d8c7b6a-5f4e-4d3c-b2a1-0f9e8d7c6b5a");
}

static void names_the_flow_run_and_what_belongs_to_it(void **state)
{
    fixture *f = *state;
    renders(f, (row_spec){0}, "{{ flow_run.id }}",
            "d8a7c3f0-5b1e-4c2a-9f3d-0a1b2c3d4e5f");
    renders(f, (row_spec){0}, "{{ flow_run.state.name }} {{ flow_run.state.message }}",
            "Failed bad row 7");
    renders(f, (row_spec){0}, "{{ flow_run.state.timestamp }}",
            "2026-01-02 03:04:05.600000+00:00");
    renders(f, (row_spec){0}, "{{ flow_run.tags | join(', ') }}", "prod, us");
    renders(f, (row_spec){0}, "{{ flow_run.flow_id }} {{ flow_run.deployment_id }}",
            "1f2e3d4c-5b6a-4798-8a9b-0c1d2e3f4a5b 70cb25fe-e33d-4f96-b1bc-74aa4e50b761");
    renders(f, (row_spec){0}, "{{ flow_run.work_pool_name }}", "k8s-pool");
    renders(f, (row_spec){0},
            "{{ flow.name }} {{ deployment.name }} {{ work_pool.type }}",
            "etl-orders nightly kubernetes");
    renders(f, (row_spec){0}, "{{ flow_run.start_time }}", "");
    renders(f, (row_spec){0}, "{{ flow_run | ui_url }}",
            "https://ui.example/runs/flow-run/d8a7c3f0-5b1e-4c2a-9f3d-0a1b2c3d4e5f");
    renders(f, (row_spec){0}, "{{ task_run }} {{ work_queue }} {{ concurrency_limit }}",
            "None None None");
    renders(f, (row_spec){0}, "{{ variables }}", "{}");
}

static void without_an_event_only_the_firing_is_known(void **state)
{
    fixture *f = *state;
    row_spec row = {.event = ""};
    renders(f, row, "{{ event }}", "None");
    renders(f, row, "{{ flow_run is defined }} {{ variables is defined }}",
            "False False");
    renders(f, row, "{{ events }} {{ firing.triggering_event }}", "[] None");
}

static void an_action_on_the_trigger_sees_the_firings_event(void **state)
{
    fixture *f = *state;
    static const char emitted[] =
        "{\"occurred\":\"2026-01-02T03:04:06.1Z\",\"event\":\"prefect.automation.triggered\","
        "\"resource\":{\"prefect.resource.id\":"
        "\"prefect.automation.0a9b8c7d-6e5f-4a3b-8c2d-1e0f9a8b7c6d\"},\"related\":[],"
        "\"payload\":{\"triggering_labels\":{\"a\":\"b\"},\"triggering_event\":"
        "{\"occurred\":\"2026-01-02T03:04:05Z\",\"event\":\"order.paid\","
        "\"resource\":{\"prefect.resource.id\":\"order.1\"},\"related\":[],\"payload\":{},"
        "\"id\":\"9d8c7b6a-5f4e-4d3c-b2a1-0f9e8d7c6b5a\",\"follows\":null}},"
        "\"id\":\"11111111-2222-4333-8444-555555555555\",\"follows\":null}";
    row_spec row = {.event = emitted, .emitted = emitted};
    renders(f, row, "{{ event.event }} {{ event.payload.triggering_labels }}",
            "prefect.automation.triggered {'a': 'b'}");
    renders(f, row, "{{ firing.triggering_event.event }} {{ events | length }}",
            "order.paid 1");
}

static void a_composite_shows_the_firings_inside_it(void **state)
{
    fixture *f = *state;
    static const char automation[] =
        "{\"name\":\"both\",\"id\":\"0a9b8c7d-6e5f-4a3b-8c2d-1e0f9a8b7c6d\","
        "\"trigger\":{\"type\":\"compound\",\"id\":\"00000000-0000-4000-8000-000000000001\","
        "\"require\":\"all\",\"within\":60.0,\"triggers\":["
        "{\"type\":\"event\",\"id\":\"00000000-0000-4000-8000-000000000002\",\"expect\":[\"a\"],"
        "\"posture\":\"Reactive\",\"threshold\":1,\"within\":0.0},"
        "{\"type\":\"event\",\"id\":\"00000000-0000-4000-8000-000000000003\",\"expect\":[\"b\"],"
        "\"posture\":\"Reactive\",\"threshold\":5,\"within\":0.0}]}}";
#define CHILD(n, event)                                                    \
    "{\"id\":\"00000000-0000-4000-8000-00000000001" n "\",\"depth\":1,"    \
    "\"trigger_id\":\"00000000-0000-4000-8000-00000000000" n "\","         \
    "\"triggered\":\"2026-01-02T03:04:0" n "Z\",\"triggering_labels\":{}," \
    "\"triggering_event\":" event ",\"triggering_firings\":[]}"
#define CHILD_EVENT                                                               \
    "{\"occurred\":\"2026-01-02T03:04:05Z\",\"event\":\"a\","                     \
    "\"resource\":{\"prefect.resource.id\":\"r\"},\"related\":[],\"payload\":{}," \
    "\"id\":\"9d8c7b6a-5f4e-4d3c-b2a1-0f9e8d7c6b50\",\"follows\":null}"
    static const char firing[] =
        "{\"id\":\"7a8b9c0d-1e2f-4a3b-8c4d-5e6f7a8b9c0d\",\"depth\":1,"
        "\"trigger_id\":\"00000000-0000-4000-8000-000000000001\","
        "\"triggered\":\"2026-01-02T03:04:06Z\",\"triggering_labels\":{},"
        "\"triggering_firings\":[" CHILD("2", CHILD_EVENT) "," CHILD("3", "null") "]}";
    row_spec row = {.automation = automation, .firing = firing};
    renders(f, row,
            "{% for x in firings %}{{ x.triggered.second }}{{ x.trigger.type }} "
            "{% endfor %}",
            "6compound 2event 3event ");
    renders(f, row, "{{ events | map(attribute='event') | join(' ') }}",
            "prefect.flow-run.Failed a");
    renders(f, row, "{{ firing.triggering_firings[1].trigger.threshold }}", "5");
}

static tcn_value object(const char *json, enum tcn_prefect_kind kind, tcn_arena *arena,
                        tcn_facts *facts)
{
    static tcn_outbox_entry entry;
    entry = (tcn_outbox_entry){
        .action = TCN_STR("{\"type\":\"do-nothing\"}"),
        .automation = TCN_STR("{}"),
        .firing = TCN_STR("{\"triggered\":\"2026-01-02T03:04:06Z\"}"),
        .event = tcn_str_c(json),
    };
    tcn_value value = {0};
    assert_int_equal(tcn_facts_read(&entry, arena, facts, NULL), 0);
    assert_int_equal(tcn_object_from_event(&facts->event, kind, arena, &value), 0);
    return value;
}

static void resources_without_a_uuid_are_no_objects(void **state)
{
    (void)state;
    tcn_arena arena;
    tcn_facts facts;
    tcn_arena_init(&arena, 0);
    static const char json[] =
        "{\"occurred\":\"2026-01-02T03:04:05Z\",\"event\":\"x\",\"resource\":"
        "{\"prefect.resource.id\":\"prefect.flow-run.mine\"},\"related\":[],\"payload\":{},"
        "\"id\":\"9d8c7b6a-5f4e-4d3c-b2a1-0f9e8d7c6b50\",\"follows\":null}";
    assert_int_equal(object(json, TCN_PREFECT_FLOW_RUN, &arena, &facts).type, TCN_V_NONE);
    assert_int_equal(object(json, TCN_PREFECT_FLOW, &arena, &facts).type, TCN_V_NONE);
    tcn_arena_deinit(&arena);
}

static void pools_tell_their_status_in_the_name_of_the_event(void **state)
{
    fixture *f = *state;
    row_spec row = {.event =
                        "{\"occurred\":\"2026-01-02T03:04:05Z\","
                        "\"event\":\"prefect.work-pool.not-ready\",\"resource\":"
                        "{\"prefect.resource.id\":"
                        "\"prefect.work-pool.47fa7475-97f6-475b-b680-d18e1cd5d762\","
                        "\"prefect.resource.name\":\"process-pool\"},\"related\":[],"
                        "\"payload\":{},\"id\":\"9d8c7b6a-5f4e-4d3c-b2a1-0f9e8d7c6b50\","
                        "\"follows\":null}"};
    renders(f, row,
            "{{ work_pool.name }} {{ work_pool.status.value }} {{ work_pool.is_paused }}",
            "process-pool NOT_READY False");
}

static void a_task_run_is_what_its_event_carries(void **state)
{
    fixture *f = *state;
    row_spec row = {
        .event = "{\"occurred\":\"2026-01-02T03:04:05Z\","
                 "\"event\":\"prefect.task-run.Failed\",\"resource\":"
                 "{\"prefect.resource.id\":"
                 "\"prefect.task-run.01a20375-e7f6-71ea-88cc-c4bcdae53e77\","
                 "\"prefect.resource.name\":\"load-1\"},\"related\":["
                 "{\"prefect.resource.id\":"
                 "\"prefect.flow-run.66ed2ebc-d86f-4b22-88e6-8d3ca23c1ff6\","
                 "\"prefect.resource.role\":\"flow-run\"}],\"payload\":{\"task_run\":"
                 "{\"name\":\"load\",\"task_key\":\"load-2bb69857\",\"run_count\":3}},"
                 "\"id\":\"9d8c7b6a-5f4e-4d3c-b2a1-0f9e8d7c6b50\",\"follows\":null}"};
    renders(f, row,
            "{{ task_run.name }} {{ task_run.task_key }} {{ task_run.run_count }}",
            "load-1 load-2bb69857 3");
    renders(f, row, "{{ task_run.flow_run_id }} {{ flow_run.name }}",
            "66ed2ebc-d86f-4b22-88e6-8d3ca23c1ff6 ");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
static const struct CMUnitTest cases[] = {
    CASE(names_automation_event_and_labels),
    CASE(names_the_firing_and_its_trigger),
    CASE(names_the_flow_run_and_what_belongs_to_it),
    CASE(without_an_event_only_the_firing_is_known),
    CASE(an_action_on_the_trigger_sees_the_firings_event),
    CASE(a_composite_shows_the_firings_inside_it),
    cmocka_unit_test(resources_without_a_uuid_are_no_objects),
    CASE(pools_tell_their_status_in_the_name_of_the_event),
    CASE(a_task_run_is_what_its_event_carries),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
