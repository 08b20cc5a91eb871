/* SPDX-License-Identifier: Apache-2.0 */
/* test_check.c - actions that are refused, warned about, and fine. */
#include "support.h"

#include <stdio.h>

typedef struct checked {
    tcn_problems problems;
    int rc;
} checked;

static checked check(const char *json, const tcn_blocks *blocks)
{
    checked c = {0};
    tcn_problems_init(&c.problems);
    json_t *action = json_loads(json, JSON_DECODE_ANY, NULL);
    assert_non_null(action);
    c.rc = tcn_action_check(action, "actions[2]", blocks, NULL, &c.problems);
    json_decref(action);
    return c;
}

/* Exactly one problem, with that field and text. */
static void expect(const char *json, bool is_warning, const char *field, const char *text)
{
    checked c = check(json, NULL);
    if (c.problems.count != 1)
        print_error("%s\n", json);
    assert_int_equal(c.problems.count, 1);
    assert_string_equal(c.problems.items[0].err.field, field);
    assert_string_equal(c.problems.items[0].err.text, text);
    assert_int_equal(c.problems.items[0].is_warning, is_warning);
    assert_int_equal(c.rc, is_warning ? 0 : TCN_E_INVALID);
    tcn_problems_deinit(&c.problems);
}

static void refuse(const char *json, const char *field, const char *text)
{
    expect(json, false, field, text);
}

static void approve(const char *json)
{
    checked c = check(json, NULL);
    if (c.problems.count != 0)
        print_error("%s: %s\n", json, c.problems.items[0].err.text);
    assert_int_equal(c.problems.count, 0);
    assert_int_equal(c.rc, 0);
    tcn_problems_deinit(&c.problems);
}

static void approves_what_tocsin_carries_out(void **state)
{
    (void)state;
    approve("{\"type\":\"do-nothing\"}");
    approve(
        "{\"type\":\"send-notification\",\"block\":\"x\",\"body\":\"{{ event.id }}\"}");
    approve("{\"type\":\"send-notification\",\"block_document_id\":"
            "\"3d50f57b-f631-4ae9-b484-6095da907e45\",\"subject\":\"\",\"body\":\"b\"}");
    approve("{\"type\":\"call-webhook\",\"block\":\"x\"}");
    approve(
        "{\"type\":\"call-webhook\",\"block\":\"x\",\"payload\":{\"a\":\"{{ event.id }}\"}}");
}

static void refuses_unknown_types_with_the_nearest(void **state)
{
    (void)state;
    refuse("{}", "actions[2].type", "Field required");
    refuse("[]", "actions[2]", "Input should be a valid dictionary");
    refuse(
        "{\"type\":\"send-notificaton\"}", "actions[2].type",
        "unknown action type \"send-notificaton\", did you mean \"send-notification\"?");
    refuse("{\"type\":\"declare-incident\"}", "actions[2].type",
           "unknown action type \"declare-incident\"");
}

static void warns_of_types_that_need_a_server(void **state)
{
    (void)state;
    static const char *const types[] = {
        "cancel-flow-run",  "suspend-flow-run",  "resume-flow-run",  "delete-flow-run",
        "pause-deployment", "resume-deployment", "pause-work-queue", "resume-work-queue",
        "pause-work-pool",  "resume-work-pool",  "pause-automation", "resume-automation",
        "run-deployment",
    };
    for (size_t i = 0; i < TCN_COUNT(types); i++) {
        char json[100], text[200];
        bool has_source = i >= 4;
        snprintf(json, sizeof json, "{\"type\":\"%s\"%s}", types[i],
                 has_source ? ",\"source\":\"inferred\"" : "");
        snprintf(text, sizeof text,
                 "no plugin provides the action type \"%s\": it will end failed",
                 types[i]);
        expect(json, true, "actions[2].type", text);
    }
    expect(
        "{\"type\":\"change-flow-run-state\",\"state\":\"FAILED\",\"name\":null}", true,
        "actions[2].type",
        "no plugin provides the action type \"change-flow-run-state\": it will end failed");
}

/* The last problem is the warning about the missing plugin. */
static void refuse_with_warning(const char *json, const char *field, const char *text)
{
    checked c = check(json, NULL);
    assert_int_equal(c.problems.count, 2);
    assert_string_equal(c.problems.items[0].err.field, field);
    assert_string_equal(c.problems.items[0].err.text, text);
    assert_int_equal(c.rc, TCN_E_INVALID);
    tcn_problems_deinit(&c.problems);
}

static void checks_the_fields_of_each_type(void **state)
{
    (void)state;
    refuse("{\"type\":\"send-notification\",\"block\":\"x\"}", "actions[2].body",
           "Field required");
    refuse("{\"type\":\"send-notification\",\"block\":\"x\",\"body\":7}",
           "actions[2].body", "Input should be a valid string");
    refuse("{\"type\":\"call-webhook\",\"block\":\"x\",\"payload\":[1]}",
           "actions[2].payload", "Input should be a valid string or an object");
    refuse("{\"type\":\"call-webhook\",\"block_document_id\":\"x\"}",
           "actions[2].block_document_id", "Input should be a valid UUID");
    refuse_with_warning("{\"type\":\"pause-work-pool\"}", "actions[2].work_pool_id",
                        "work_pool_id is required");
    refuse_with_warning("{\"type\":\"pause-automation\",\"source\":\"inferred\","
                        "\"automation_id\":\"3d50f57b-f631-4ae9-b484-6095da907e45\"}",
                        "actions[2].automation_id", "automation_id is not allowed");
    refuse_with_warning("{\"type\":\"run-deployment\",\"source\":\"inferred\","
                        "\"schedule_after\":-1}",
                        "actions[2].schedule_after",
                        "schedule_after must be non-negative");
    refuse_with_warning("{\"type\":\"run-deployment\",\"source\":\"inferred\","
                        "\"schedule_after\":\"soon\"}",
                        "actions[2].schedule_after", "Input should be a valid timedelta");
    refuse_with_warning("{\"type\":\"change-flow-run-state\"}", "actions[2].state",
                        "Field required");
    refuse_with_warning("{\"type\":\"change-flow-run-state\",\"state\":\"PAUSED\","
                        "\"force\":\"yes\"}",
                        "actions[2].force", "Input should be a valid boolean");
    refuse_with_warning("{\"type\":\"pause-deployment\",\"source\":\"guessed\","
                        "\"deployment_id\":\"3d50f57b-f631-4ae9-b484-6095da907e45\"}",
                        "actions[2].source", "Input should be 'selected' or 'inferred'");
}

static void checks_templates_as_prefect_does(void **state)
{
    (void)state;
    refuse(
        "{\"type\":\"send-notification\",\"block\":\"x\",\"body\":\"{{ event.id\"}",
        "actions[2].body",
        "'body' is not a valid template: unexpected end of template, expected 'end of print "
        "statement'. (line 1, column 12 of the text)");
    refuse("{\"type\":\"send-notification\",\"block\":\"x\",\"body\":\"b\","
           "\"subject\":\"a {# b\"}",
           "actions[2].subject",
           "'subject' is not a valid template: Missing end of comment tag "
           "(line 1, column 5 of the text)");
    refuse(
        "{\"type\":\"call-webhook\",\"block\":\"x\",\"payload\":{\"a\":\"{% endfor %}\"}}",
        "actions[2].payload",
        "'payload' is not a valid template: Encountered unknown tag 'endfor'. "
        "(line 2, column 12 of the text)");
}

static void checks_templates_in_parameters(void **state)
{
    (void)state;
    refuse_with_warning(
        "{\"type\":\"run-deployment\",\"source\":\"inferred\",\"parameters\":"
        "{\"a\":\"{{ event }}\",\"b\":{\"c\":[1,\"{{ x\"]},"
        "\"d\":{\"__prefect_kind\":\"json\",\"value\":\"{\"},"
        "\"e\":{\"__prefect_kind\":\"jinja\"}}}",
        "actions[2].parameters",
        "Invalid parameters: \n"
        "b.c[1]: Invalid jinja: unexpected end of template, expected 'end of print "
        "statement'.\n  "
        "d: Invalid JSON: string or '}' expected near end of file\n  "
        "e: Missing 'template' key in __prefect object");
}

static void warns_of_keys_that_nobody_reads(void **state)
{
    (void)state;
    expect(
        "{\"type\":\"send-notification\",\"block\":\"x\",\"body\":\"b\",\"subjekt\":\"s\"}",
        true, "actions[2].subjekt", "unknown key is ignored, did you mean \"subject\"?");
    expect("{\"type\":\"do-nothing\",\"why\":1}", true, "actions[2].why",
           "unknown key is ignored");
}

static void warns_of_names_that_no_context_has(void **state)
{
    (void)state;
    expect("{\"type\":\"send-notification\",\"block\":\"x\","
           "\"body\":\"{{ flow_run.nmae }}\"}",
           true, "actions[2].body",
           "flow_run has no field 'nmae', did you mean \"name\"? "
           "(line 1, column 12 of the text)");
    expect("{\"type\":\"call-webhook\",\"block\":\"x\","
           "\"payload\":{\"a\":\"{{ colour }}\"}}",
           true, "actions[2].payload",
           "'colour' is undefined (line 2, column 12 of the text)");
}

static void looks_blocks_up(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    checked c = check(notification, &(tcn_blocks){&f->plugins});
    assert_int_equal(c.rc, 0);
    ops->info.can_notify = false;
    c = check(notification, &(tcn_blocks){&f->plugins});
    assert_string_equal(c.problems.items[0].err.field, "actions[2].block");
    assert_string_equal(c.problems.items[0].err.text,
                        "The referenced block was not a notification block");
    tcn_problems_deinit(&c.problems);
    ops->has_webhook = false;
    c = check(webhook, &(tcn_blocks){&f->plugins});
    assert_string_equal(c.problems.items[0].err.text,
                        "The referenced block was not a webhook block");
    tcn_problems_deinit(&c.problems);
    ops->info.name = "other";
    c = check(webhook, &(tcn_blocks){&f->plugins});
    assert_string_equal(c.problems.items[0].err.text, "there is no block \"ops\"");
    tcn_problems_deinit(&c.problems);
}

static void wants_one_block(void **state)
{
    (void)state;
    refuse("{\"type\":\"call-webhook\"}", "actions[2].block_document_id",
           "Field required (or \"block\", the name of a block)");
    refuse("{\"type\":\"call-webhook\",\"block\":\"x\",\"block_document_id\":"
           "\"3d50f57b-f631-4ae9-b484-6095da907e45\"}",
           "actions[2].block", "stands beside block_document_id; give one of them");
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(approves_what_tocsin_carries_out),
    cmocka_unit_test(refuses_unknown_types_with_the_nearest),
    cmocka_unit_test(warns_of_types_that_need_a_server),
    cmocka_unit_test(checks_the_fields_of_each_type),
    cmocka_unit_test(checks_templates_as_prefect_does),
    cmocka_unit_test(checks_templates_in_parameters),
    cmocka_unit_test(warns_of_keys_that_nobody_reads),
    cmocka_unit_test(warns_of_names_that_no_context_has),
    cmocka_unit_test_setup_teardown(looks_blocks_up, setup, teardown),
    cmocka_unit_test(wants_one_block),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
