/* SPDX-License-Identifier: Apache-2.0 */
/* test_teams.c - the plugin teams against a real HTTP receiver: the cards, the size that
 * Teams takes, and what each answer means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "payload.h"

#define FLOW    "\"url\": \"URL/workflows/w/triggers/manual/paths/invoke?sig=canary-sig\""
#define PREFECT FLOW ", \"format\": \"prefect\", \"test_hosts\": [\"127.0.0.1\"]"
#define IMAGES \
    "https://github.com/caronc/apprise/raw/master/apprise/assets/themes/default/"
#define CONNECTOR "\"url\": \"URL/hook\", \"kind\": \"connector\""
#define ELEMENT   "attachments/0/content/body/"

static int set_up(void **state)
{
    int rc = receiver_set_up(state, "teams");
    fixture *f = *state;
    f->in.status = 202;
    return rc;
}

static tcn_block *block(fixture *f, const char *options)
{
    return receiver_block(f, "teams", options);
}

static outcome send_with(fixture *f, const char *options)
{
    return receiver_send(f, "teams", options);
}

/* ---- what goes over the wire ---- */

static void a_card_has_a_title_a_text_and_a_footer(void **state)
{
    fixture *f = *state;
    outcome out = send_with(f, FLOW);
    assert_int_equal(out.status, TOCSIN_DONE);
    assert_string_equal(out.receipt,
                        "{\"status\":202,\"accepted\":\"queued by the workflow\"}");
    assert_string_equal(f->in.method, "POST");
    assert_string_equal(f->in.path, "/workflows/w/triggers/manual/paths/invoke");
    assert_string_equal(receiver_header(f, "Content-Type"), "application/json");
    payload_golden(f->in.content, "teams-card.json");
}

static void facts_stand_below_and_empty_ones_are_left_out(void **state)
{
    fixture *f = *state;
    (void)send_with(f,
                    FLOW ", \"facts\": {\"Severity\": \"{{ severity }}\", \"Nothing\": "
                         "\"{{ nothing }}\", \"Id\": \"{{ '1_a' }}\"}, "
                         "\"footer\": false, \"full_width\": false, \"wrap\": false");
    payload_golden(f->in.content, "teams-facts.json");
}

static void a_connector_gets_a_message_card(void **state)
{
    fixture *f = *state;
    f->in.status = 200;
    f->in.body = "1";
    outcome out =
        send_with(f, CONNECTOR ", \"facts\": {\"Severity\": \"{{ severity }}\"}");
    assert_int_equal(out.status, TOCSIN_DONE);
    payload_golden(f->in.content, "teams-connector.json");
    assert_non_null(strstr(rig_log(&f->r), "connectors are retired by Microsoft"));
}

static void a_connector_is_known_by_its_host(void **state)
{
    static const char *const rows[] = {
        "https://contoso.webhook.office.com/webhookb2/x",
        "https://outlook.office.com/webhook/x",
        "https://CONTOSO.WEBHOOK.OFFICE.COM:443/webhookb2/x",
        "https://outlook.office.com/other",
        "https://x.logic.azure.com/.webhook.office.com",
        "https://webhook.office.com.example.com/",
    };
    fixture *f = *state;
    for (size_t i = 0; i < TCN_COUNT(rows); i++) {
        char options[512];
        (void)snprintf(
            options, sizeof options,
            "{\"url\": \"%s\", \"card\": {\"type\": \"AdaptiveCard\", \"version\": \"1.4\"}}",
            rows[i]);
        const char *expected =
            i < 3 ? "options.card: needs a workflow, not a connector" : "";
        assert_string_equal(rig_option_problems(&f->r, "teams", options), expected);
    }
}

static void values_are_escaped_and_the_author_s_words_are_live(void **state)
{
    fixture *f = *state;
    static const tcn_span values[] = {{9, 11}};
    tcn_message message = payload_message("**bold** <at>x</at> [a](b)");
    message.body_values = (tcn_spans){values, 1, true};
    (void)rig_send(&f->r, block(f, FLOW), &message);
    assert_string_equal(payload_text(f->in.content, ELEMENT "1/text"),
                        "**bold** <at\\>x</at\\> [a](b)");
    assert_null(strstr(f->in.content, "entities"));
}

static void line_ends_become_paragraphs_outside_lists(void **state)
{
    fixture *f = *state;
    tcn_message message =
        payload_message("one\ntwo\n\n\nthree\r\n- a\n- b\n1. c\n2. d\nend");
    (void)rig_send(&f->r, block(f, FLOW), &message);
    assert_string_equal(payload_text(f->in.content, ELEMENT "1/text"),
                        "one\n\ntwo\n\nthree\n\n- a\n- b\n1. c\n2. d\n\nend");
}

static void who_is_named_is_mentioned_once(void **state)
{
    fixture *f = *state;
    tcn_message message = payload_message(
        "<at>Ada</at> and <at> bob@x.io </at>, <AT>Ada</AT> <at></at> <at>");
    (void)rig_send(&f->r, block(f, FLOW), &message);
    assert_non_null(strstr(
        f->in.content,
        "\"msteams\":{\"width\":\"full\",\"entities\":[{\"type\":\"mention\",\"text\":"
        "\"<at>Ada</at>\",\"mentioned\":{\"id\":\"Ada\",\"name\":\"Ada\"}},{\"type\":"
        "\"mention\",\"text\":\"<at> bob@x.io </at>\",\"mentioned\":{\"id\":\"bob@x.io\","
        "\"name\":\"bob@x.io\"}}]}"));
}

static void an_own_card_is_sent_as_it_is(void **state)
{
    fixture *f = *state;
    (void)send_with(f, FLOW
                    ", \"card\": {\"type\": \"AdaptiveCard\", \"version\": \"1.4\", "
                    "\"body\": [{\"type\": \"TextBlock\", \"text\": \"{{ subject }}: "
                    "{{ '_a_' }}\"}]}");
    payload_golden(f->in.content, "teams-own.json");
}

static void check_recorded(const recorded *r, void *ud)
{
    fixture *f = ud;
    char options[1024];
    (void)snprintf(
        options, sizeof options,
        PREFECT ", \"wrap\": %s, \"include_image\": %s, \"image_base\": \"" IMAGES "\"",
        r->wrap ? "true" : "false", r->image ? "true" : "false");
    tcn_message message = rig_message();
    message.severity = r->severity;
    message.subject = tcn_str_c(r->subject);
    message.body = tcn_str_c(r->body);
    assert_int_equal(rig_send(&f->r, block(f, options), &message).status, TOCSIN_DONE);
    assert_string_equal(f->in.content, r->sent);
}

static void prefect_s_form_has_the_bytes_of_the_original(void **state)
{
    payload_each_recorded("prefect-teams.ndjson", check_recorded, *state);
}

static void prefect_s_form_has_no_image_without_a_place_for_it(void **state)
{
    fixture *f = *state;
    (void)send_with(f, PREFECT ", \"include_image\": true");
    assert_string_equal(payload_text(f->in.content, ELEMENT "0/id"), "title");
}

static void prefect_s_urls_are_judged_as_prefect_does(void **state)
{
    static const struct {
        const char *url;
        bool is_good;
    } rows[] = {
        {"https://x.io:443/workflows/w/triggers/manual/paths/invoke?api-version=1&sig=s",
         true},
        {"http://x.io/workflows/w-1_A/triggers/manual/paths/invoke/?sig=s", true},
        {"https://x.io/powerautomate/automations/direct/workflows/w/triggers/manual/paths/invoke?sig=s",
         true},
        {"https://x.io/powerautomate/automations/direct/cu/12/workflows/w/triggers/manual/paths/"
         "invoke?sig=s",
         true},
        {"https://x.io/workflows/w/triggers/manual/paths/invoke", false},
        {"https://x.io/workflows/w/triggers/manual/paths/invoke?a=b", false},
        {"https://x.io/workflows//triggers/manual/paths/invoke?sig=s", false},
        {"https://x.io/other/w/triggers/manual/paths/invoke?sig=s", false},
        {"https://x.io/", false},
    };
    fixture *f = *state;
    for (size_t i = 0; i < TCN_COUNT(rows); i++) {
        char options[512];
        (void)snprintf(options, sizeof options,
                       "{\"url\": \"%s\", \"format\": \"prefect\"}", rows[i].url);
        assert_string_equal(
            rig_option_problems(&f->r, "teams", options),
            rows[i].is_good
                ? ""
                : "options.url: Invalid Microsoft Teams Workflow URL provided.");
    }
}

/* Only a host of test_hosts is called without TLS. */
static void prefect_s_form_goes_over_tls(void **state)
{
    fixture *f = *state;
    outcome out =
        send_with(f, FLOW ", \"format\": \"prefect\", \"test_hosts\": [\"localhost\"]");
    assert_int_equal(out.status, TOCSIN_RETRY);
    assert_int_equal(out.cause, TOCSIN_CAUSE_TLS);
    assert_int_equal(f->in.count, 0);
}

static void the_body_may_not_be_empty(void **state)
{
    fixture *f = *state;
    static const char *const options[] = {FLOW, PREFECT};
    for (size_t i = 0; i < TCN_COUNT(options); i++) {
        tcn_message message = payload_message(" \n ");
        outcome out = rig_send(&f->r, block(f, options[i]), &message);
        assert_int_equal(out.status, TOCSIN_FAIL);
        assert_int_equal(out.cause, TOCSIN_CAUSE_REJECTED);
        assert_string_equal(out.reason, "message is empty");
    }
    assert_int_equal(f->in.count, 0);
}

/* ---- the size ---- */

static size_t sent_bytes(const fixture *f)
{
    return strlen(f->in.content);
}

static void a_long_body_is_cut_to_what_fits(void **state)
{
    static const char *const options[] = {FLOW, CONNECTOR, PREFECT};
    static const char *const words[] = {"sixteen letters ", "\"\\\\\n",
                                        "\xf0\x9f\x94\xa5"};
    fixture *f = *state;
    f->in.status = 200;
    f->in.body = "1";
    for (size_t i = 0; i < TCN_COUNT(options) * TCN_COUNT(words); i++) {
        tcn_message message =
            payload_message(payload_filled(words[i % TCN_COUNT(words)], 900000));
        tcn_block *b = block(f, options[i / TCN_COUNT(words)]);
        assert_int_equal(rig_send(&f->r, b, &message).status, TOCSIN_DONE);
        assert_true(sent_bytes(f) <= 28000 && sent_bytes(f) > 27980);
        assert_true(strstr(f->in.content, "\xe2\x80\xa6\"") != NULL ||
                    strstr(f->in.content, "\\u2026\"") != NULL);
    }
}

static void the_title_is_cut_when_the_body_is_not_enough(void **state)
{
    fixture *f = *state;
    tcn_message message = payload_message("the body");
    message.subject = tcn_str_c(payload_filled("x", 100000));
    (void)rig_send(&f->r, block(f, FLOW ", \"facts\": {\"F\": \"v\"}"), &message);
    assert_true(sent_bytes(f) <= 28000 && sent_bytes(f) > 27900);
    assert_string_equal(payload_text(f->in.content, ELEMENT "1/text"), "\xe2\x80\xa6");
    assert_string_equal(payload_text(f->in.content, ELEMENT "2/facts/0/value"), "v");
}

static void facts_are_dropped_last(void **state)
{
    fixture *f = *state;
    tcn_message message = payload_message("the body");
    message.automation_name = tcn_str_c(payload_filled("y", 40000));
    (void)rig_send(&f->r, block(f, FLOW ", \"facts\": {\"F\": \"{{ subject * 3000 }}\"}"),
                   &message);
    assert_string_equal(payload_text(f->in.content, ELEMENT "1/text"), "the body");
    assert_null(strstr(f->in.content, "FactSet"));
}

static void a_cut_tears_no_link_and_no_escape(void **state)
{
    static const char *const words[] = {"[Runbook](https://wiki/runbook)", "\\_\\*",
                                        "<at>Ada</at>"};
    fixture *f = *state;
    for (size_t i = 0; i < TCN_COUNT(words); i++) {
        char end[64];
        tcn_message message = payload_message(payload_filled(words[i], 60000));
        (void)rig_send(&f->r, block(f, FLOW), &message);
        (void)snprintf(end, sizeof end, "%s\xe2\x80\xa6", i == 1 ? "\\*" : words[i]);
        const char *text = payload_text(f->in.content, ELEMENT "1/text");
        if (i == 1 && payload_ends_in(text, "\\_\xe2\x80\xa6"))
            continue;
        assert_true(payload_ends_in(text, end));
    }
}

static void an_own_card_that_is_too_large_fails(void **state)
{
    fixture *f = *state;
    tcn_message message = payload_message(payload_filled("x", 30000));
    outcome out = rig_send(
        &f->r,
        block(f, FLOW ", \"card\": {\"type\": \"AdaptiveCard\", \"version\": \"1.4\", "
                      "\"body\": [{\"type\": \"TextBlock\", \"text\": \"{{ body }}\"}]}"),
        &message);
    assert_int_equal(out.status, TOCSIN_FAIL);
    assert_int_equal(out.cause, TOCSIN_CAUSE_TOO_LARGE);
    assert_string_equal(out.reason, "the card makes a message of more than 28,000 bytes");
    assert_int_equal(f->in.count, 0);
}

/* ---- what answers mean ---- */

static void every_answer_of_a_workflow_has_its_class(void **state)
{
    static const answer_row rows[] = {
        {200, "", TOCSIN_DONE, TOCSIN_CAUSE_NONE, ""},
        {202, "", TOCSIN_DONE, TOCSIN_CAUSE_NONE, ""},
        {400, "{\"error\":{\"code\":\"WorkflowTriggerIsNotEnabled\"}}", TOCSIN_FAIL,
         TOCSIN_CAUSE_GONE,
         "answered 400: {\"error\":{\"code\":\"WorkflowTriggerIsNotEnabled\"}} (the workflow is "
         "switched off)"},
        {400, "{\"error\":{\"code\":\"TriggerInputSchemaMismatch\"}}", TOCSIN_FAIL,
         TOCSIN_CAUSE_REJECTED, "answered 400: "},
        {400, "", TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, "answered 400"},
        {401, "", TOCSIN_FAIL, TOCSIN_CAUSE_AUTH,
         "answered 401 (the signature in the URL"},
        {403, "", TOCSIN_FAIL, TOCSIN_CAUSE_AUTH,
         "answered 403 (the signature in the URL"},
        {404, "", TOCSIN_FAIL, TOCSIN_CAUSE_GONE, "answered 404"},
        {410, "", TOCSIN_FAIL, TOCSIN_CAUSE_GONE, "answered 410"},
        {302, "", TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, "answered 302"},
        {408, "", TOCSIN_RETRY, TOCSIN_CAUSE_TIMEOUT, "answered 408"},
        {413, "", TOCSIN_FAIL, TOCSIN_CAUSE_TOO_LARGE, "answered 413"},
        {429, "", TOCSIN_RETRY, TOCSIN_CAUSE_RATE_LIMIT, "answered 429"},
        {500, "", TOCSIN_RETRY, TOCSIN_CAUSE_SERVER, "answered 500"},
        {501, "", TOCSIN_RETRY, TOCSIN_CAUSE_SERVER, "answered 501"},
        {503, "", TOCSIN_RETRY, TOCSIN_CAUSE_SERVER, "answered 503"},
    };
    payload_answers(*state, block(*state, FLOW), rows, TCN_COUNT(rows));
}

static void every_answer_of_a_connector_has_its_class(void **state)
{
    static const answer_row rows[] = {
        {200, "1", TOCSIN_DONE, TOCSIN_CAUSE_NONE, ""},
        {200,
         "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ...",
         TOCSIN_RETRY, TOCSIN_CAUSE_RATE_LIMIT, "answered 200: Webhook message"},
        {200, "... returned HTTP error 403", TOCSIN_FAIL, TOCSIN_CAUSE_AUTH,
         "answered 200"},
        {200, "... returned HTTP error 404", TOCSIN_FAIL, TOCSIN_CAUSE_GONE,
         "answered 200"},
        {200, "... returned HTTP error 413", TOCSIN_FAIL, TOCSIN_CAUSE_TOO_LARGE,
         "answered 200"},
        {200, "... returned HTTP error 500", TOCSIN_RETRY, TOCSIN_CAUSE_SERVER,
         "answered 200"},
        {200, "HTTP error 2x0", TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, "answered 200"},
        {200, "HTTP error 200", TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, "answered 200"},
        {200, "10", TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, "answered 200: 10"},
        {200, "", TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, "answered 200"},
        {400, "Bad payload received", TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, "answered 400"},
        {404, "", TOCSIN_FAIL, TOCSIN_CAUSE_GONE, "answered 404"},
        {429, "", TOCSIN_RETRY, TOCSIN_CAUSE_RATE_LIMIT, "answered 429"},
        {502, "", TOCSIN_RETRY, TOCSIN_CAUSE_SERVER, "answered 502"},
    };
    payload_answers(*state, block(*state, CONNECTOR), rows, TCN_COUNT(rows));
}

static void retry_after_is_the_peer_s_or_half_a_minute(void **state)
{
    fixture *f = *state;
    tcn_message message = rig_message();
    tcn_block *flow = block(f, FLOW), *connector = block(f, CONNECTOR);
    f->in.status = 429;
    f->in.retry_after = "9";
    assert_int_equal(rig_send(&f->r, flow, &message).retry_after_ms, 9000);
    f->in.status = 501;
    assert_int_equal(rig_send(&f->r, flow, &message).retry_after_ms, 9000);
    f->in.status = 200;
    f->in.retry_after = NULL;
    f->in.body = "HTTP error 429";
    assert_int_equal(rig_send(&f->r, connector, &message).retry_after_ms, 30000);
    f->in.body = "HTTP error 503";
    assert_int_equal(rig_send(&f->r, connector, &message).retry_after_ms, -1);
}

static void secrets_stay_out_of_reasons_and_logs(void **state)
{
    fixture *f = *state;
    tcn_message message = rig_message();
    tcn_block *closed =
        rig_block(&f->r, "teams",
                  "{\"url\": \"http://127.0.0.1:1/workflows/w/invoke?sig=canary-sig\"}");
    outcome out = rig_send(&f->r, closed, &message);
    assert_int_equal(out.cause, TOCSIN_CAUSE_NETWORK);
    assert_null(strstr(out.reason, "canary"));
    assert_null(strstr(out.reason, "workflows"));
    assert_null(strstr(rig_log(&f->r), "canary"));
}

/* ---- configuration ---- */

static void wrong_options_are_refused(void **state)
{
    static const char *const rows[][2] = {
        {"{}", "options.url: is required"},
        {"{\"url\": \"http://a/\", \"kind\": \"connector\", \"card\": {}}",
         "options.card: needs a workflow, not a connector"},
        {"{\"url\": \"http://a/\", \"card\": []}",
         "options.card: must be a mapping: an Adaptive Card"},
        {"{\"url\": \"http://a/\", \"card\": {\"type\": \"Card\"}}",
         "options.card: must have type: AdaptiveCard"},
        {"{\"url\": \"http://a/\", \"card\": {\"type\": \"AdaptiveCard\"}}",
         "options.card: must have a version, such as \"1.4\""},
        {"{\"url\": \"http://a/\", \"card\": {}, \"facts\": {\"a\": \"b\"}}",
         "options.card: is the whole message: no facts, no format beside it"},
    };
    fixture *f = *state;
    for (size_t i = 0; i < TCN_COUNT(rows); i++)
        assert_string_equal(rig_option_problems(&f->r, "teams", rows[i][0]), rows[i][1]);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, receiver_tear_down)
static const struct CMUnitTest cases[] = {
    CASE(a_card_has_a_title_a_text_and_a_footer),
    CASE(facts_stand_below_and_empty_ones_are_left_out),
    CASE(a_connector_gets_a_message_card),
    CASE(a_connector_is_known_by_its_host),
    CASE(values_are_escaped_and_the_author_s_words_are_live),
    CASE(line_ends_become_paragraphs_outside_lists),
    CASE(who_is_named_is_mentioned_once),
    CASE(an_own_card_is_sent_as_it_is),
    CASE(prefect_s_form_has_the_bytes_of_the_original),
    CASE(prefect_s_form_has_no_image_without_a_place_for_it),
    CASE(prefect_s_urls_are_judged_as_prefect_does),
    CASE(prefect_s_form_goes_over_tls),
    CASE(the_body_may_not_be_empty),
    CASE(a_long_body_is_cut_to_what_fits),
    CASE(the_title_is_cut_when_the_body_is_not_enough),
    CASE(facts_are_dropped_last),
    CASE(a_cut_tears_no_link_and_no_escape),
    CASE(an_own_card_that_is_too_large_fails),
    CASE(every_answer_of_a_workflow_has_its_class),
    CASE(every_answer_of_a_connector_has_its_class),
    CASE(retry_after_is_the_peer_s_or_half_a_minute),
    CASE(secrets_stay_out_of_reasons_and_logs),
    CASE(wrong_options_are_refused),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
