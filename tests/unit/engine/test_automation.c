/* SPDX-License-Identifier: Apache-2.0 */
/* test_automation.c - definitions: what is refused and where, and what the canonical form
 * says. */
#include "fixture.h"

#include <stdlib.h>

typedef struct refusal {
    const char *trigger; /* JSON */
    const char *field, *text;
} refusal;

static json_t *document_of(const char *trigger, const char *actions)
{
    char text[4096];
    (void)snprintf(text, sizeof text,
                   "{\"name\": \"a\", \"trigger\": %s, \"actions\": %s}", trigger,
                   actions);
    json_error_t error;
    json_t *document = json_loads(text, 0, &error);
    if (document == NULL)
        fail_msg("%s in %s", error.text, text);
    return document;
}

static int parse(json_t *document, tcn_automation **ret, tcn_problems *problems)
{
    tcn_uuid id = {{7}};
    tcn_problems_init(problems);
    int rc = tcn_automation_parse(document, &id, &tcn_automation_limits_default, ret,
                                  problems);
    json_decref(document);
    return rc;
}

static void expect_problem(json_t *document, const char *field, const char *text)
{
    tcn_automation *automation = NULL;
    tcn_problems problems;
    int rc = parse(document, &automation, &problems);
    assert_int_equal(rc, TCN_E_INVALID);
    assert_null(automation);
    assert_int_equal(problems.errors, 1);
    assert_string_equal(problems.items[problems.count - 1].err.field, field);
    assert_string_equal(problems.items[problems.count - 1].err.text, text);
    tcn_problems_deinit(&problems);
}

static void wrong_triggers_are_refused_with_their_field(void **state)
{
    static const refusal cases[] = {
        {"{\"posture\": \"Sideways\"}", "trigger.posture",
         "Input should be Posture.Reactive or Posture.Proactive"},
        {"{\"within\": -1}", "trigger.within",
         "Input should be greater than or equal to 0 seconds"},
        {"{\"within\": null}", "trigger.within", "`within` should be a valid timedelta"},
        {"{\"posture\": \"Proactive\", \"within\": 5}", "trigger.within",
         "`within` for Proactive triggers must be greater than or equal to 10 seconds"},
        {"{\"expect\": [\"a\", 5]}", "trigger.expect[1]",
         "Input should be a valid string"},
        {"{\"match\": {\"x\": 1}}", "trigger.match.x",
         "Input should be a valid string or list of strings"},
        {"{\"match_related\": [{}, {\"x\": [1]}]}", "trigger.match_related[1].x[0]",
         "Input should be a valid string"},
        {"{\"threshold\": 1.5}", "trigger.threshold",
         "Input should be a valid integer, got a number with a fractional part"},
        {"{\"type\": \"metric\"}", "trigger.type",
         "Input should be 'event', 'compound' or 'sequence'"},
        {"{\"type\": \"compound\", \"triggers\": [{}], \"require\": 0}",
         "trigger.require", "require must be at least 1"},
        {"{\"type\": \"compound\", \"triggers\": [{}], \"require\": 2}",
         "trigger.require",
         "require must be less than or equal to the number of triggers"},
        {"{\"type\": \"compound\", \"triggers\": [{}]}", "trigger.require",
         "Field required"},
        {"{\"type\": \"sequence\"}", "trigger.triggers", "Field required"},
        {"{\"triggers\": [{}, {\"within\": \"soon\"}]}", "trigger.triggers[1].within",
         "Input should be a valid timedelta: seconds, or an ISO 8601 duration"},
        {"5", "trigger", "Input should be a valid dictionary"},
    };
    (void)state;
    for (size_t i = 0; i < TCN_COUNT(cases); i++)
        expect_problem(document_of(cases[i].trigger, "[]"), cases[i].field,
                       cases[i].text);
}

static void all_problems_are_told_at_once(void **state)
{
    (void)state;
    tcn_automation *automation = NULL;
    tcn_problems problems;
    json_t *document = json_loads(
        "{\"enabled\": 1, \"trigger\": {\"within\": -1, \"threshold\": \"x\"}}", 0, NULL);
    assert_int_equal(parse(document, &automation, &problems), TCN_E_INVALID);
    /* name, enabled, actions, within, threshold */
    assert_int_equal(problems.errors, 5);
    tcn_problems_deinit(&problems);
}

static void nesting_and_number_of_triggers_are_limited(void **state)
{
    (void)state;
    tcn_buf text;
    tcn_buf_init(&text, 2048);
    for (int i = 0; i < 17; i++)
        (void)tcn_buf_add_c(&text, "{\"triggers\":[");
    (void)tcn_buf_add_c(&text, "{}");
    for (int i = 0; i < 17; i++)
        (void)tcn_buf_add_c(&text, "]}");
    tcn_automation *automation = NULL;
    tcn_problems problems;
    assert_int_equal(parse(document_of(text.ptr, "[]"), &automation, &problems),
                     TCN_E_INVALID);
    assert_string_equal(problems.items[0].err.text,
                        "Triggers may be nested at most 16 deep");
    tcn_buf_deinit(&text);
    tcn_problems_deinit(&problems);
}

static void automations_that_feed_themselves_are_refused(void **state)
{
    (void)state;
    static const char running[] =
        "{\"posture\": \"Reactive\", \"expect\": [\"prefect.flow-run.Running\"]}";
    static const char narrow[] =
        "{\"expect\": [\"prefect.flow-run.*\"], \"match_related\": "
        "{\"prefect.resource.role\": \"tag\"}}";
    static const char inferred[] =
        "[{\"type\": \"run-deployment\", \"source\": \"inferred\"}]";
    static const char selected[] = "[{\"type\": \"run-deployment\"}]";
    tcn_automation *automation = NULL;
    tcn_problems problems;
    assert_int_equal(parse(document_of(running, inferred), &automation, &problems),
                     TCN_E_INVALID);
    assert_non_null(
        strstr(problems.items[0].err.text, "Running an inferred deployment from"));
    tcn_problems_deinit(&problems);
    assert_int_equal(parse(document_of(running, selected), &automation, &problems),
                     TCN_E_INVALID);
    assert_non_null(
        strstr(problems.items[0].err.text, "Running a selected deployment from"));
    tcn_problems_deinit(&problems);
    assert_int_equal(parse(document_of(narrow, selected), &automation, &problems), 0);
    tcn_problems_deinit(&problems);
    tcn_automation_free(automation);
}

static void the_canonical_form_spells_defaults_out(void **state)
{
    (void)state;
    tcn_automation *automation = NULL;
    tcn_problems problems;
    json_t *document =
        document_of("{\"posture\": \"Proactive\", \"within\": \"PT1M30S\", "
                    "\"expect\": [\"b\", \"a\", \"b\"]}",
                    "[{\"type\": \"run-deployment\", \"schedule_after\": \"PT2H\"}]");
    assert_int_equal(parse(document, &automation, &problems), 0);
    json_t *expected = json_loads(
        "{\"name\":\"a\",\"description\":\"\",\"enabled\":true,\"tags\":[],\"trigger\":{\"type\":"
        "\"event\",\"match\":{},\"match_related\":{},\"after\":[],\"expect\":[\"b\",\"a\"],"
        "\"for_each\":[],\"posture\":\"Proactive\",\"threshold\":1,\"within\":90.0},\"actions\":[{"
        "\"type\":\"run-deployment\",\"source\":\"selected\",\"deployment_id\":null,\"parameters\":"
        "null,\"job_variables\":null,\"schedule_after\":7200.0}],\"actions_on_trigger\":[],"
        "\"actions_on_resolve\":[],\"id\":\"07000000-0000-0000-0000-000000000000\"}",
        0, NULL);
    json_object_del(json_object_get(automation->document, "trigger"), "id");
    assert_true(json_equal(automation->document, expected));
    json_decref(expected);
    tcn_problems_deinit(&problems);
    tcn_automation_free(automation);
}

/* What a real server returned is canonical already. */
static void recorded_automations_are_their_own_canonical_form(void **state)
{
    (void)state;
    FILE *file = fopen(TCN_TEST_DATA "/automations/canonical.ndjson", "r");
    assert_non_null(file);
    char line[8192];
    size_t count = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        json_t *record = json_loads(line, 0, NULL);
        json_t *document = json_object_get(record, "automation");
        tcn_automation *automation = NULL;
        tcn_problems problems;
        assert_int_equal(parse(json_incref(document), &automation, &problems), 0);
        if (!json_equal(automation->document, document))
            fail_msg("%s differs", json_string_value(json_object_get(record, "file")));
        tcn_automation_free(automation);
        tcn_problems_deinit(&problems);
        json_decref(record);
        count++;
    }
    (void)fclose(file);
    assert_true(count > 20);
}

static void ids_of_triggers_follow_from_their_place(void **state)
{
    (void)state;
    static const char nested[] = "{\"triggers\": [{}, {}]}";
    tcn_automation *first = NULL;
    tcn_automation *second = NULL;
    tcn_problems problems;
    assert_int_equal(parse(document_of(nested, "[]"), &first, &problems), 0);
    tcn_problems_deinit(&problems);
    assert_int_equal(parse(document_of(nested, "[]"), &second, &problems), 0);
    tcn_problems_deinit(&problems);
    assert_true(json_equal(first->document, second->document));
    const json_t *children =
        json_object_get(json_object_get(first->document, "trigger"), "triggers");
    assert_false(json_equal(json_object_get(json_array_get(children, 0), "id"),
                            json_object_get(json_array_get(children, 1), "id")));
    tcn_automation_free(first);
    tcn_automation_free(second);
}

/* An owner and a name, as JSON. */
static json_t *owned(const char *owner, const char *name)
{
    json_t *document = document_of("{\"expect\": [\"x\"]}", "[]");
    json_object_set_new(document, "owner_resource",
                        json_loads(owner, JSON_DECODE_ANY, NULL));
    json_object_set_new(document, "name", json_string(name));
    return document;
}

static void an_owner_is_kept_and_makes_the_id(void **state)
{
    (void)state;
    json_t *documents[] = {owned("\"prefect.deployment.1\"", "a"),
                           owned("\"prefect.deployment.2\"", "a"), owned("null", "a"),
                           owned("\"prefect.deployment.1\"", "b")};
    const tcn_uuid expected = tcn_uuid_v5_named("prefect.deployment.1", TCN_STR("a"));
    tcn_uuid ids[4];
    for (size_t i = 0; i < 4; i++) {
        ids[i] = tcn_automation_origin_id(documents[i]);
        for (size_t k = 0; k < i; k++)
            assert_false(tcn_uuid_eq(&ids[i], &ids[k]));
    }
    assert_true(tcn_uuid_eq(&ids[0], &expected));
    tcn_uuid file_id = tcn_automation_file_id(TCN_STR("a"));
    assert_true(tcn_uuid_eq(&ids[2], &file_id));
    for (size_t i = 0; i < 4; i++) {
        tcn_automation *automation = NULL;
        tcn_problems problems;
        bool has_owner = i != 2;
        assert_int_equal(parse(documents[i], &automation, &problems), 0);
        assert_true((automation->owner != NULL) == has_owner);
        assert_true((json_object_get(automation->document, "owner_resource") != NULL) ==
                    has_owner);
        tcn_problems_deinit(&problems);
        tcn_automation_free(automation);
    }
}

static void an_owner_is_a_text_of_some_length(void **state)
{
    char longer[1100] = "\"";
    (void)state;
    memset(longer + 1, 'x', 1025);
    longer[1026] = '"';
    expect_problem(owned("7", "a"), "owner_resource", "Input should be a valid string");
    expect_problem(owned("\"\"", "a"), "owner_resource",
                   "String should have at least 1 character");
    expect_problem(owned(longer, "a"), "owner_resource",
                   "String should have at most 1024 characters");
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(wrong_triggers_are_refused_with_their_field),
    cmocka_unit_test(all_problems_are_told_at_once),
    cmocka_unit_test(nesting_and_number_of_triggers_are_limited),
    cmocka_unit_test(automations_that_feed_themselves_are_refused),
    cmocka_unit_test(the_canonical_form_spells_defaults_out),
    cmocka_unit_test(recorded_automations_are_their_own_canonical_form),
    cmocka_unit_test(ids_of_triggers_follow_from_their_place),
    cmocka_unit_test(an_owner_is_kept_and_makes_the_id),
    cmocka_unit_test(an_owner_is_a_text_of_some_length),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
