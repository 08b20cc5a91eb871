/* SPDX-License-Identifier: Apache-2.0 */
/* test_attempt.c - what is rendered, when, and that it is sent unchanged ever after. */
#include "support.h"

#include <stdio.h>

#define SUBJECT "{{ automation.name }}: {{ flow_run.name }}"

static const char templated[] =
    "{\"type\":\"send-notification\",\"block\":\"ops\",\"subject\":\"" SUBJECT "\","
    "\"body\":\"{{ event.event }} of {{ flow.name }}\\nrun {{ flow_run.run_count }}\"}";

static void renders_subject_and_body(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    queue(f, (row_spec){.block = "ops", .action = templated});
    assert_string_equal(ops->sent[0].subject, "two failures: hopping-chinchilla");
    assert_string_equal(ops->sent[0].body,
                        "prefect.flow-run.Failed of etl-orders\nrun 2");
    assert_string_equal(ops->sent[0].event_name, "prefect.flow-run.Failed");
    assert_string_equal(ops->sent[0].action, "send-notification");
}

static void renders_a_payload(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    queue(f, (row_spec){.block = "ops",
                        .action = "{\"type\":\"call-webhook\",\"payload\":"
                                  "\"{\\\"name\\\": {{ flow_run.name | tojson }}}\"}"});
    assert_string_equal(ops->sent[0].payload, "{\"name\": \"hopping-chinchilla\"}");
    assert_string_equal(ops->sent[0].action, "call-webhook");
}

static void text_without_tags_is_sent_as_it_is(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    queue(f, (row_spec){.block = "ops",
                        .action = "{\"type\":\"send-notification\",\"subject\":\"\","
                                  "\"body\":\"a {# b #}\\r\\n\"}"});
    assert_string_equal(ops->sent[0].body, "a {# b #}\r\n");
    assert_string_equal(ops->sent[0].subject, "");
}

static void later_attempts_send_the_same_bytes(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    queue(f, (row_spec){.block = "ops", .action = templated});
    answer(f, ops, TOCSIN_RETRY, TOCSIN_CAUSE_SERVER, 500, "HTTP 500");
    assert_true(text_is(
        last_report(f)->result.rendered,
        "{\"subject\":\"two failures: hopping-chinchilla\","
        "\"body\":\"prefect.flow-run.Failed of etl-orders\\nrun 2\","
        "\"subject_values\":\"0+12 14+18\",\"body_values\":\"0+23 27+10 42+1\"}"));
    pass(f, TCN_SECOND_US);
    answer(f, ops, TOCSIN_RETRY, TOCSIN_CAUSE_SERVER, 500, "HTTP 500");
    assert_int_equal(last_report(f)->result.rendered.len, 0);
    assert_string_equal(ops->sent[1].subject, ops->sent[0].subject);
    assert_string_equal(ops->sent[1].body, ops->sent[0].body);
}

static void the_same_bytes_are_sent_after_a_restart(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    queue(f, (row_spec){.block = "ops",
                        .action = templated,
                        .attempt = 1,
                        .rendered =
                            "{\"subject\":\"as it was \\u00e9\",\"body\":\"then\\n\"}"});
    assert_string_equal(ops->sent[0].subject, "as it was \xc3\xa9");
    assert_string_equal(ops->sent[0].body, "then\n");
    assert_int_equal(ops->sent[0].attempt, 2);
    answer_retry_after(f, ops, 5000);
    tcn_str rendered = last_report(f)->result.rendered;
    assert_true(tcn_str_starts(rendered, TCN_STR("{\"paused_until_us\":")));
    assert_true(tcn_str_ends(
        rendered, TCN_STR(",\"subject\":\"as it was \xc3\xa9\",\"body\":\"then\\n\"}")));
}

static void damaged_stored_texts_end_the_action(void **state)
{
    fixture *f = *state;
    add_block(f, "ops");
    queue(f, (row_spec){.block = "ops", .attempt = 1, .rendered = "{\"subject\":"});
    assert_int_equal(last_report(f)->result.outcome, TCN_OUTBOX_DEAD);
    assert_true(text_is(last_report(f)->result.cause, "internal"));
}

static void a_template_that_fails_ends_the_action_in_prefects_words(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    queue(f, (row_spec){
                 .block = "ops",
                 .action = "{\"type\":\"send-notification\",\"subject\":\"{{ 1 // 0 }}\","
                           "\"body\":\"{{ nothing.at() }}\"}"});
    const tcn_report *report = last_report(f);
    assert_int_equal(ops->sent_count, 0);
    assert_int_equal(report->result.outcome, TCN_OUTBOX_DEAD);
    assert_true(text_is(report->result.cause, "template"));
    assert_true(text_is(report->result.reason,
                        "Template rendering failed: "
                        "ZeroDivisionError('integer division or modulo by zero')"));
    assert_true(tcn_str_ends(
        report->events[1].payload,
        TCN_STR(
            ",\"reason\":\"Template rendering failed: "
            "ZeroDivisionError('integer division or modulo by zero')\","
            "\"template_error\":\"Failed to render template due to the following error: "
            "ZeroDivisionError('integer division or modulo by zero')\","
            "\"template_source\":\"{{ 1 // 0 }}\"}")));
    assert_int_equal(report->events[1].related_count, 4);
}

static void a_template_that_does_not_compile_ends_the_action(void **state)
{
    fixture *f = *state;
    add_block(f, "ops");
    queue(f, (row_spec){.block = "ops",
                        .action = "{\"type\":\"send-notification\",\"subject\":\"\","
                                  "\"body\":\"{{ event | nofilter }}\"}"});
    assert_int_equal(last_report(f)->result.outcome, TCN_OUTBOX_DEAD);
    assert_true(text_is(last_report(f)->result.cause, "template"));
    assert_true(
        tcn_str_starts(last_report(f)->result.reason,
                       TCN_STR("Template rendering failed: TemplateAssertionError(")));
}

static void compiles_a_template_once(void **state)
{
    fixture *f = *state;
    tcn_block *ops = add_block(f, "ops");
    ops->answers_at_once = true;
    for (int i = 0; i < 50; i++)
        queue(f, (row_spec){.block = "ops", .action = templated});
    assert_int_equal(f->dispatcher->templates.by_source.count, 2);
    for (int i = 0; i < 5000; i++) {
        char action[200];
        snprintf(action, sizeof action,
                 "{\"type\":\"call-webhook\",\"payload\":\"%d {{ event.event }}\"}", i);
        queue(f, (row_spec){.block = "ops", .action = action});
        if (ops->sent_count == SENT_MAX)
            ops->sent_count = 0;
    }
    assert_int_equal(f->dispatcher->templates.by_source.count, 4096);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
static const struct CMUnitTest cases[] = {
    CASE(renders_subject_and_body),
    CASE(renders_a_payload),
    CASE(text_without_tags_is_sent_as_it_is),
    CASE(later_attempts_send_the_same_bytes),
    CASE(the_same_bytes_are_sent_after_a_restart),
    CASE(damaged_stored_texts_end_the_action),
    CASE(a_template_that_fails_ends_the_action_in_prefects_words),
    CASE(a_template_that_does_not_compile_ends_the_action),
    CASE(compiles_a_template_once),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
