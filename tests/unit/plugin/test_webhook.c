/* SPDX-License-Identifier: Apache-2.0 */
/* test_webhook.c - the plugin webhook against a real HTTP receiver: what goes over the
 * wire, and what each answer means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "receiver.h"

static int set_up(void **state)
{
    return receiver_set_up(state, "webhook");
}

/* options: members after "url", such as "\"method\": \"PUT\"". path may hold templates.
 */
static tcn_block *block(fixture *f, const char *path, const char *options)
{
    char text[2048];
    (void)snprintf(text, sizeof text, "{\"url\": \"%s%s\"%s%s}", f->url, path,
                   options[0] != '\0' ? ", " : "", options);
    return rig_block(&f->r, "webhook", text);
}

static outcome send_with(fixture *f, const char *path, const char *options)
{
    tcn_message message = rig_message();
    return rig_send(&f->r, block(f, path, options), &message);
}

/* ---- what goes over the wire ---- */

static void the_standard_body_tells_everything(void **state)
{
    fixture *f = *state;
    outcome out = send_with(f, "/hook", "");
    assert_int_equal(out.status, TOCSIN_DONE);
    assert_int_equal(out.code, 200);
    assert_memory_equal(out.receipt, "{\"status\":200,", 14);
    assert_string_equal(f->in.method, "POST");
    assert_string_equal(f->in.path, "/hook");
    assert_string_equal(
        f->in.content,
        "{\"invocation\":\"" INVOCATION "\","
        "\"automation\":{\"id\":\"aaaaaaaa-1111-4222-8333-444455556666\",\"name\":\"two failures\"},"
        "\"event\":{\"event\":\"prefect.flow-run.Failed\"},"
        "\"subject\":\"Flow run \\\"x\\\" failed\",\"body\":\"line one\\nline two\","
        "\"severity\":\"failure\",\"fired\":\"2026-01-02T03:04:05.678Z\"}");
    assert_string_equal(receiver_header(f, "Content-Type"), "application/json");
    assert_string_equal(receiver_header(f, "webhook-id"), INVOCATION);
    assert_string_equal(receiver_header(f, "Idempotency-Key"), INVOCATION);
    assert_string_equal(receiver_header(f, "webhook-attempt"), "1");
    assert_string_equal(receiver_header(f, "User-Agent"), "tocsin/test");
    assert_int_equal(strlen(receiver_header(f, "webhook-timestamp")), 10);
}

static void the_standard_body_cleans_texts(void **state)
{
    fixture *f = *state;
    tcn_message message = rig_message();
    message.subject = TCN_STR("a\r\nb\rc\x01\x02\xff\xed\xa0\x80!");
    message.event = (tcn_str){NULL, 0};
    message.attempt = 7;
    assert_int_equal(rig_send(&f->r, block(f, "/", ""), &message).status, TOCSIN_DONE);
    assert_non_null(strstr(f->in.content,
                           "\"event\":null,\"subject\":\"a\\nb\\nc\xef\xbf\xbd\xef\xbf"
                           "\xbd\xef\xbf\xbd\xef\xbf\xbd!\""));
    assert_string_equal(receiver_header(f, "webhook-attempt"), "7");
}

static void a_json_body_has_templates_in_its_strings(void **state)
{
    fixture *f = *state;
    (void)send_with(f, "/",
                    "\"json\": {\"text\": \"{{ subject }}: {{ body }}\", \"n\": 1}");
    assert_string_equal(
        f->in.content,
        "{\"text\":\"Flow run \\\"x\\\" failed: line one\\nline two\",\"n\":1}");
    assert_string_equal(receiver_header(f, "Content-Type"), "application/json");
}

static void values_in_a_json_text_are_escaped(void **state)
{
    fixture *f = *state;
    (void)send_with(f, "/", "\"body\": \"{\\\"t\\\": \\\"{{ subject }}\\\"}\"");
    assert_string_equal(f->in.content, "{\"t\": \"Flow run \\\"x\\\" failed\"}");
    assert_string_equal(receiver_header(f, "Content-Type"), "application/json");
}

static void values_in_a_plain_text_are_not(void **state)
{
    fixture *f = *state;
    (void)send_with(f, "/", "\"body\": \"{{ subject }}\"");
    assert_string_equal(f->in.content, "Flow run \"x\" failed");
    assert_string_equal(receiver_header(f, "Content-Type"), "text/plain; charset=utf-8");
}

static void the_content_type_may_be_set(void **state)
{
    fixture *f = *state;
    (void)send_with(
        f, "/",
        "\"body\": \"x={{ subject }}\", \"content_type\": \"application/x-json\"");
    assert_string_equal(f->in.content, "x=Flow run \\\"x\\\" failed");
    assert_string_equal(receiver_header(f, "Content-Type"), "application/x-json");
}

static void forms_and_params_are_encoded(void **state)
{
    fixture *f = *state;
    (void)send_with(
        f, "/a?x=1#fragment",
        "\"form\": {\"a b\": \"{{ severity }}&\"}, \"params\": {\"q\": \"1+{{ body }}\"}");
    assert_string_equal(f->in.content, "a%20b=failure%26");
    assert_string_equal(f->in.query, "1+line one\nline two");
    assert_string_equal(receiver_header(f, "Content-Type"),
                        "application/x-www-form-urlencoded");
}

static void values_in_the_url_cannot_leave_their_place(void **state)
{
    fixture *f = *state;
    tcn_message message = rig_message();
    message.subject = TCN_STR("../x?q=evil#@host/ü");
    assert_int_equal(
        rig_send(&f->r, block(f, "/a/{{ subject }}/b?q={{ subject }}", ""), &message)
            .status,
        TOCSIN_DONE);
    assert_string_equal(f->in.path, "/a/../x?q=evil#@host/ü/b");
    assert_string_equal(f->in.query, "../x?q=evil#@host/ü");
}

static void get_and_head_have_no_body(void **state)
{
    fixture *f = *state;
    (void)send_with(f, "/", "\"method\": \"GET\"");
    assert_string_equal(f->in.method, "GET");
    assert_string_equal(f->in.content, "");
    assert_string_equal(receiver_header(f, "Content-Type"), "");
    assert_string_equal(receiver_header(f, "webhook-id"), INVOCATION);
}

static void headers_of_the_user_win(void **state)
{
    fixture *f = *state;
    (void)send_with(
        f, "/",
        "\"headers\": {\"x-custom\": \"{{ severity }}!\", \"WEBHOOK-ID\": \"mine\", "
        "\"content-type\": \"text/x-own\", \"X-Secret\": \"a {{ \\\"b\\\" }}\"}");
    assert_string_equal(receiver_header(f, "X-Custom"), "failure!");
    assert_string_equal(receiver_header(f, "webhook-id"), "mine");
    assert_string_equal(receiver_header(f, "Content-Type"), "text/x-own");
}

static void a_line_break_in_a_header_is_refused(void **state)
{
    fixture *f = *state;
    outcome out = send_with(f, "/", "\"headers\": {\"X-Custom\": \"{{ body }}\"}");
    assert_int_equal(out.status, TOCSIN_FAIL);
    assert_int_equal(out.cause, TOCSIN_CAUSE_REJECTED);
    assert_string_equal(
        out.reason, "header X-Custom holds a line break or another control character");
    assert_int_equal(f->in.count, 0);
}

static void an_empty_message_is_refused(void **state)
{
    fixture *f = *state;
    tcn_message message = rig_message();
    message.body = TCN_STR(" \n\t");
    outcome out = rig_send(&f->r, block(f, "/", ""), &message);
    assert_int_equal(out.status, TOCSIN_FAIL);
    assert_int_equal(out.cause, TOCSIN_CAUSE_REJECTED);
    assert_string_equal(out.reason, "message is empty");
}

static void call_webhook_sends_its_payload(void **state)
{
    fixture *f = *state;
    tcn_message message = rig_message();
    message.kind = TCN_MESSAGE_ACTION;
    message.action = TCN_STR("call-webhook");
    message.payload = TCN_STR("{\"a\": 1}");
    message.body = (tcn_str){NULL, 0};
    tcn_block *b = block(f, "/", "");
    assert_true(tcn_block_has_action(b, TCN_STR("call-webhook")));
    assert_false(tcn_block_has_action(b, TCN_STR("run-deployment")));
    assert_int_equal(rig_send(&f->r, b, &message).status, TOCSIN_DONE);
    assert_string_equal(f->in.content, "{\"a\": 1}");
    assert_string_equal(receiver_header(f, "Content-Type"), "application/json");
    message.payload = TCN_STR("plain");
    assert_int_equal(rig_send(&f->r, b, &message).status, TOCSIN_DONE);
    assert_string_equal(receiver_header(f, "Content-Type"), "text/plain; charset=utf-8");
}

static void authorization_is_basic_or_bearer(void **state)
{
    fixture *f = *state;
    (void)send_with(f, "/",
                    "\"auth\": \"basic\", \"username\": \"Aladdin\", "
                    "\"password\": \"open sesame\"");
    assert_string_equal(receiver_header(f, "Authorization"),
                        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

static void a_bearer_token_is_sent(void **state)
{
    fixture *f = *state;
    (void)send_with(f, "/", "\"auth\": \"bearer\", \"token\": \"t-o-k-e-n\"");
    assert_string_equal(receiver_header(f, "Authorization"), "Bearer t-o-k-e-n");
}

static void cookies_are_sent_in_one_header(void **state)
{
    fixture *f = *state;
    (void)send_with(f, "/", "\"cookies\": {\"session\": \"abc\", \"theme\": \"dark\"}");
    assert_string_equal(receiver_header(f, "Cookie"), "session=abc; theme=dark");
}

static void a_cookie_cannot_leave_its_place(void **state)
{
    fixture *f = *state;
    outcome out = send_with(f, "/", "\"cookies\": {\"a\": \"x; admin=1\"}");
    assert_int_equal(out.status, TOCSIN_FAIL);
    assert_int_equal(out.cause, TOCSIN_CAUSE_REJECTED);
    assert_string_equal(out.reason, "cookie a holds a character that cookies cannot");
    assert_int_equal(f->in.count, 0);
}

/* ---- the way of Prefect's Custom Webhook ---- */

#define CUSTOM \
    "\"placeholders\": true, \"name\": \"ops\", \"secrets\": {\"key\": \"canary a/b\"}, "

static void placeholders_are_replaced_once(void **state)
{
    fixture *f = *state;
    tcn_message message = rig_message();
    message.body = TCN_STR("{{ key }} & \"{{name}}\"");
    tcn_block *b = block(
        f, "/h/{{key}}/{{ name }}?q={{body}}",
        CUSTOM
        "\"headers\": {\"X-Custom\": \"{{ key }}-{{name}}\"}, "
        "\"cookies\": {\"c\": \"{{name}}\"}, \"json_data\": {\"{{name}}\": 1, \"a\": "
        "[\"{{subject}}\", true, \"{{ body }}!\"], \"b\": \"{{ a b }} {{{name}}}\"}");
    assert_int_equal(rig_send(&f->r, b, &message).status, TOCSIN_DONE);
    assert_string_equal(f->in.path, "/h/canary a/b/ops");
    assert_string_equal(f->in.query, "{{ key }} & \"{{name}}\"");
    assert_string_equal(receiver_header(f, "X-Custom"), "canary a/b-ops");
    assert_string_equal(receiver_header(f, "Cookie"), "c=ops");
    assert_string_equal(receiver_header(f, "Content-Type"), "application/json");
    assert_string_equal(f->in.content,
                        "{\"{{name}}\":1,\"a\":[\"Flow run \\\"x\\\" failed\",true,"
                        "\"{{ key }} & \\\"{{name}}\\\"!\"],\"b\":\"{{ a b }} {ops}\"}");
}

static void no_subject_is_the_word_null(void **state)
{
    fixture *f = *state;
    tcn_message message = rig_message();
    message.subject = TCN_STR("");
    tcn_block *b = block(f, "/", CUSTOM "\"json_data\": {\"s\": \"{{subject}}\"}");
    (void)rig_send(&f->r, b, &message);
    assert_string_equal(f->in.content, "{\"s\":\"null\"}");
}

static void form_data_is_a_form_or_a_text(void **state)
{
    fixture *f = *state;
    tcn_message message = rig_message();
    tcn_block *form =
        block(f, "/", CUSTOM "\"form_data\": {\"a b\": \"{{name}}&\", \"n\": 5}");
    (void)rig_send(&f->r, form, &message);
    assert_string_equal(f->in.content, "a%20b=ops%26&n=5");
    assert_string_equal(receiver_header(f, "Content-Type"),
                        "application/x-www-form-urlencoded");
    tcn_block *text = block(f, "/", CUSTOM "\"form_data\": \"<{{name}}>\\n\"");
    (void)rig_send(&f->r, text, &message);
    assert_string_equal(f->in.content, "<ops>\n");
    assert_string_equal(receiver_header(f, "Content-Type"), "");
}

static void without_data_there_is_no_body(void **state)
{
    fixture *f = *state;
    tcn_message message = rig_message();
    (void)rig_send(&f->r, block(f, "/", CUSTOM "\"params\": {\"q\": \"{{subject}}\"}"),
                   &message);
    assert_string_equal(f->in.content, "");
    assert_string_equal(f->in.query, "Flow run \"x\" failed");
}

static void unknown_placeholders_are_refused(void **state)
{
    static const char *const rows[][2] = {
        {"\"url\": \"http://a/{{nope}}\"", "options.url: {{nope}} is"},
        {"\"url\": \"http://a/\", \"json_data\": {\"a\": [\"{{ b.c }}\"]}",
         "options.json_data: {{b.c}} is"},
        {"\"url\": \"http://a/\", \"form_data\": \"{{nope}}\"",
         "options.form_data: {{nope}} is"},
        {"\"url\": \"http://a/\", \"headers\": {\"A\": \"{{nope}}\"}",
         "options.headers: {{nope}} is"},
        {"\"url\": \"http://a/\", \"params\": {\"A\": \"{{nope}}\"}",
         "options.params: {{nope}} is"},
        {"\"url\": \"http://a/\", \"cookies\": {\"A\": \"{{nope}}\"}",
         "options.cookies: {{nope}} is"},
    };
    fixture *f = *state;
    for (size_t i = 0; i < TCN_COUNT(rows); i++) {
        char document[512], expected[200];
        (void)snprintf(document, sizeof document,
                       "{\"name\": \"x%zu\", \"type\": \"webhook\", \"options\": "
                       "{\"placeholders\": true, %s}}",
                       i, rows[i][0]);
        (void)snprintf(expected, sizeof expected,
                       "%s neither subject, body, name nor a key of secrets", rows[i][1]);
        assert_string_equal(rig_problems(&f->r, document), expected);
    }
}

/* The example of the Standard Webhooks specification. */
static void the_standard_signature_is_that_of_the_specification(void **state)
{
    fixture *f = *state;
    (void)send_with(
        f, "/",
        "\"sign\": \"standard\", "
        "\"signing_key\": \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\", "
        "\"headers\": {\"webhook-id\": \"msg_p5jXN8AQM9LWM0D4loKWxJek\", "
        "\"webhook-timestamp\": \"1614265330\"}, "
        "\"content_type\": \"text/plain\", \"body\": \"{\\\"test\\\": 2432232314}\"");
    assert_string_equal(f->in.content, "{\"test\": 2432232314}");
    assert_string_equal(receiver_header(f, "webhook-signature"),
                        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void an_old_key_signs_as_well(void **state)
{
    fixture *f = *state;
    (void)send_with(f, "/",
                    "\"sign\": \"standard\", \"signing_key\": \"new key\", "
                    "\"signing_key_old\": \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"");
    const char *both = receiver_header(f, "webhook-signature");
    assert_memory_equal(both, "v1,", 3);
    assert_non_null(strstr(both, " v1,"));
}

/* The example of GitHub's documentation. */
static void the_github_signature_is_that_of_its_documentation(void **state)
{
    fixture *f = *state;
    (void)send_with(
        f, "/",
        "\"sign\": \"github\", \"signing_key\": \"It's a Secret to Everybody\", "
        "\"body\": \"Hello, World!\"");
    assert_string_equal(
        receiver_header(f, "X-Hub-Signature-256"),
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
}

/* ---- what answers mean ---- */

static void every_status_has_its_class(void **state)
{
    static const struct {
        int status;
        uint32_t result, cause;
    } rows[] = {
        {200, TOCSIN_DONE, TOCSIN_CAUSE_NONE},
        {204, TOCSIN_DONE, TOCSIN_CAUSE_NONE},
        {301, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED},
        {304, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED},
        {400, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED},
        {401, TOCSIN_FAIL, TOCSIN_CAUSE_AUTH},
        {403, TOCSIN_FAIL, TOCSIN_CAUSE_AUTH},
        {404, TOCSIN_FAIL, TOCSIN_CAUSE_GONE},
        {407, TOCSIN_FAIL, TOCSIN_CAUSE_AUTH},
        {408, TOCSIN_RETRY, TOCSIN_CAUSE_TIMEOUT},
        {410, TOCSIN_FAIL, TOCSIN_CAUSE_GONE},
        {413, TOCSIN_FAIL, TOCSIN_CAUSE_TOO_LARGE},
        {418, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED},
        {425, TOCSIN_RETRY, TOCSIN_CAUSE_SERVER},
        {429, TOCSIN_RETRY, TOCSIN_CAUSE_RATE_LIMIT},
        {500, TOCSIN_RETRY, TOCSIN_CAUSE_SERVER},
        {501, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED},
        {502, TOCSIN_RETRY, TOCSIN_CAUSE_SERVER},
        {503, TOCSIN_RETRY, TOCSIN_CAUSE_SERVER},
        {504, TOCSIN_RETRY, TOCSIN_CAUSE_SERVER},
        {505, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED},
        {507, TOCSIN_RETRY, TOCSIN_CAUSE_SERVER},
    };
    fixture *f = *state;
    tcn_message message = rig_message();
    tcn_block *b = block(f, "/", "");
    for (size_t i = 0; i < TCN_COUNT(rows); i++) {
        f->in.status = rows[i].status;
        outcome out = rig_send(&f->r, b, &message);
        assert_int_equal(out.code, rows[i].status);
        assert_int_equal(out.status, rows[i].result);
        assert_int_equal(out.cause, rows[i].cause);
        assert_int_equal(out.retry_after_ms, -1);
        char reason[32] = "";
        if (out.status != TOCSIN_DONE)
            (void)snprintf(reason, sizeof reason, "answered %d", rows[i].status);
        assert_string_equal(out.reason, reason);
    }
}

static void the_user_s_lists_come_first(void **state)
{
    fixture *f = *state;
    tcn_message message = rig_message();
    tcn_block *b = block(f, "/", "\"success\": \"202, 404\", \"retry\": \"400-403\"");
    static const int rows[][2] = {{202, TOCSIN_DONE},  {404, TOCSIN_DONE},
                                  {200, TOCSIN_FAIL},  {401, TOCSIN_RETRY},
                                  {500, TOCSIN_RETRY}, {410, TOCSIN_FAIL}};
    for (size_t i = 0; i < TCN_COUNT(rows); i++) {
        f->in.status = rows[i][0];
        assert_int_equal(rig_send(&f->r, b, &message).status, rows[i][1]);
    }
}

static void retry_after_counts_where_it_may(void **state)
{
    fixture *f = *state;
    tcn_message message = rig_message();
    tcn_block *b = block(f, "/", "");
    f->in.retry_after = "7";
    f->in.status = 429;
    assert_int_equal(rig_send(&f->r, b, &message).retry_after_ms, 7000);
    f->in.status = 503;
    assert_int_equal(rig_send(&f->r, b, &message).retry_after_ms, 7000);
    f->in.status = 400;
    assert_int_equal(rig_send(&f->r, b, &message).retry_after_ms, -1);
    f->in.status = 429;
    f->in.retry_after = "soon";
    assert_int_equal(rig_send(&f->r, b, &message).retry_after_ms, -1);
}

static void the_reason_holds_both_ends_of_the_answer(void **state)
{
    fixture *f = *state;
    static char body[5000];
    memset(body, 'x', sizeof body - 1);
    memcpy(body, "begin", 5);
    memcpy(body + sizeof body - 4, "end", 3);
    f->in.status = 500;
    f->in.body = body;
    outcome out = send_with(f, "/", "");
    assert_memory_equal(out.reason, "answered 500: begin", 19);
    assert_string_equal(out.reason + strlen(out.reason) - 3, "end");
    assert_true(strlen(out.reason) <= 1000);
}

static void no_answer_in_time_is_a_retry(void **state)
{
    fixture *f = *state;
    tcn_message message = rig_message();
    message.timeout_ms = 100;
    f->in.status = 0;
    outcome out = rig_send(&f->r, block(f, "/", ""), &message);
    assert_int_equal(out.status, TOCSIN_RETRY);
    assert_int_equal(out.cause, TOCSIN_CAUSE_TIMEOUT);
    assert_int_equal(f->in.count, 1);
    tcn_request_answer(f->in.held, 200, NULL, (tcn_str){NULL, 0});
}

static void a_canceled_delivery_ends_at_once(void **state)
{
    fixture *f = *state;
    tcn_message message = rig_message();
    outcome out = {0};
    tcn_delivery *delivery = NULL;
    f->in.status = 0;
    assert_int_equal(
        tcn_block_send(block(f, "/", ""), &message, rig_on_result, &out, &delivery), 0);
    while (f->in.count == 0)
        (void)uv_run(&f->r.loop, UV_RUN_ONCE);
    tcn_delivery_cancel(delivery);
    rig_wait(&f->r, &out.is_done);
    assert_int_equal(out.status, TOCSIN_RETRY);
    assert_int_equal(out.cause, TOCSIN_CAUSE_CANCELED);
    tcn_request_answer(f->in.held, 200, NULL, (tcn_str){NULL, 0});
}

static void nobody_listening_is_a_network_retry(void **state)
{
    fixture *f = *state;
    tcn_message message = rig_message();
    tcn_block *b =
        rig_block(&f->r, "webhook", "{\"url\": \"http://127.0.0.1:1/secret-path\"}");
    outcome out = rig_send(&f->r, b, &message);
    assert_int_equal(out.status, TOCSIN_RETRY);
    assert_int_equal(out.cause, TOCSIN_CAUSE_NETWORK);
    assert_int_not_equal(out.reason[0], '\0');
    assert_null(strstr(out.reason, "secret-path"));
}

static void a_refused_address_fails(void **state)
{
    fixture *f = *state;
    tcn_message message = rig_message();
    tcn_block *b = rig_block(&f->r, "webhook", "{\"url\": \"http://169.254.169.254/\"}");
    outcome out = rig_send(&f->r, b, &message);
    assert_int_equal(out.status, TOCSIN_FAIL);
    assert_int_equal(out.cause, TOCSIN_CAUSE_DENIED);
}

static void redirects_are_followed_only_when_asked(void **state)
{
    fixture *f = *state;
    f->in.status = 307;
    f->in.location = "/other";
    outcome out = send_with(f, "/", "\"follow\": true");
    assert_int_equal(out.status, TOCSIN_DONE);
    assert_string_equal(f->in.path, "/other");
    assert_string_equal(f->in.method, "POST");
    assert_int_equal(f->in.count, 2);
}

static void a_template_that_fails_fails_the_delivery(void **state)
{
    fixture *f = *state;
    outcome out = send_with(f, "/", "\"body\": \"{{ 1 // 0 }}\"");
    assert_int_equal(out.status, TOCSIN_FAIL);
    assert_int_equal(out.cause, TOCSIN_CAUSE_TEMPLATE);
    assert_int_equal(f->in.count, 0);
}

static void secrets_stay_out_of_reasons_and_logs(void **state)
{
    fixture *f = *state;
    static const char *const canaries[] = {"canary-token", "canary-header",
                                           "canary-path"};
    f->in.status = 400;
    f->in.body = "you sent canary-token, canary-header";
    outcome out = send_with(f, "/canary-path",
                            "\"auth\": \"bearer\", \"token\": \"canary-token\", "
                            "\"headers\": {\"X-Secret\": \"canary-header\"}");
    assert_string_equal(receiver_header(f, "X-Secret"), "canary-header");
    assert_string_equal(out.reason, "answered 400: you sent ********, ********");
    for (size_t i = 0; i < TCN_COUNT(canaries); i++)
        assert_null(strstr(rig_log(&f->r), canaries[i]));
}

static void prefect_s_types_have_their_time_limits(void **state)
{
    static const struct {
        const char *type, *options;
        uint32_t timeout_ms;
    } rows[] = {
        {"webhook", "\"url\": \"http://a/\"", 5000},
        {"custom-webhook", "\"url\": \"http://a/\", \"name\": \"n\"", 10000},
        {"custom-webhook", "\"url\": \"http://a/\", \"name\": \"n\", \"timeout\": 2.5",
         2500},
    };
    fixture *f = *state;
    for (size_t i = 0; i < TCN_COUNT(rows); i++) {
        char document[512], name[8];
        (void)snprintf(name, sizeof name, "x%zu", i);
        (void)snprintf(document, sizeof document,
                       "{\"name\": \"%s\", \"type\": \"prefect.%s\", \"options\": {%s}}",
                       name, rows[i].type, rows[i].options);
        assert_string_equal(rig_problems(&f->r, document), "");
        tcn_block *made = tcn_plugins_block(f->r.plugins, tcn_str_c(name));
        assert_non_null(made);
        assert_int_equal(tcn_block_info_get(made)->timeout_ms, rows[i].timeout_ms);
    }
}

/* ---- what "tocsin plugin new" writes ---- */

static void a_new_plugin_works_as_it_is(void **state)
{
    fixture *f = *state;
    char options[256];
    tcn_message message = rig_message();
    rig_load(&f->r, TEST_PLUGIN_DIR "/shout.so");
    (void)snprintf(options, sizeof options, "{\"url\": \"%s/shout\"}", f->url);
    tcn_block *b = rig_block(&f->r, "shout", options);
    assert_int_equal(rig_send(&f->r, b, &message).status, TOCSIN_DONE);
    assert_string_equal(f->in.content, "{\"title\": \"Flow run \\\"x\\\" failed\", "
                                       "\"text\": \"line one\\nline two\"}");
    f->in.status = 503;
    assert_int_equal(rig_send(&f->r, b, &message).status, TOCSIN_RETRY);
    f->in.status = 400;
    assert_int_equal(rig_send(&f->r, b, &message).status, TOCSIN_FAIL);
}

/* ---- configuration ---- */

static void wrong_options_are_refused(void **state)
{
    static const char *const rows[][2] = {
        {"{}", "options.url: is required"},
        {"{\"url\": \"http://a/\", \"success\": \"2xx\"}",
         "options.success: is not a list of statuses such as 200-299, 304"},
        {"{\"url\": \"http://a/\", \"retry\": \"500-400\"}",
         "options.retry: is not a list of statuses such as 429, 500-599"},
        {"{\"url\": \"http://a/\", \"body\": \"x\", \"json\": {}}",
         "options.json: only one of body, json and form is allowed"},
        {"{\"url\": \"http://a/\", \"method\": \"GET\", \"body\": \"x\"}",
         "options.method: GET and HEAD have no body"},
        {"{\"url\": \"http://a/\", \"headers\": {\"Host\": \"x\"}}",
         "options.headers: must not hold Host, Content-Length, Transfer-Encoding or Connection"},
        {"{\"url\": \"http://a/\", \"headers\": {\"A: b\": \"x\"}}",
         "options.headers: holds a malformed header name"},
        {"{\"url\": \"http://a/\", \"headers\": {\"A\": \"x\", \"a\": \"y\"}}",
         "options.headers: holds the same header twice"},
        {"{\"url\": \"http://a/\", \"auth\": \"basic\", \"username\": \"x\"}",
         "options.password: is required with auth: basic"},
        {"{\"url\": \"http://a/\", \"headers\": {\"Cookie\": \"x\"}, \"cookies\": {\"a\": "
         "\"b\"}}",
         "options.headers: holds Cookie, which cookies set"},
        {"{\"url\": \"http://a/\", \"cookies\": {\"a=\": \"b\"}}",
         "options.cookies: holds a malformed name"},
        {"{\"url\": \"http://a/\", \"cert_file\": \"c.pem\"}",
         "options.key_file: is required: cert_file and key_file go together"},
        {"{\"url\": \"http://a/\", \"key_file\": \"c.pem\"}",
         "options.cert_file: is required: cert_file and key_file go together"},
        {"{\"url\": \"http://a/\", \"secrets\": {\"a\": \"b\"}}",
         "options.secrets: needs placeholders: true"},
        {"{\"url\": \"http://a/\", \"placeholders\": true, \"json\": {}}",
         "options.json: is a template: with placeholders there are json_data and form_data"},
        {"{\"url\": \"http://a/\", \"form_data\": {}}",
         "options.form_data: needs placeholders: true"},
        {"{\"url\": \"http://a/\", \"placeholders\": true, \"json_data\": {}, \"form_data\": {}}",
         "options.form_data: both `Form Data` and `JSON Data` provided"},
        {"{\"url\": \"http://a/\", \"auth\": \"bearer\"}",
         "options.token: is required with auth: bearer"},
        {"{\"url\": \"http://a/\", \"sign\": \"github\"}",
         "options.signing_key: is required with sign"},
        {"{\"url\": \"http://a/\", \"methid\": \"PUT\"}",
         "options.methid: is not an option of webhook (did you mean \"method\"?)"},
    };
    fixture *f = *state;
    for (size_t i = 0; i < TCN_COUNT(rows); i++) {
        char document[512];
        (void)snprintf(document, sizeof document,
                       "{\"name\": \"x%zu\", \"type\": \"webhook\", \"options\": %s}", i,
                       rows[i][0]);
        assert_string_equal(rig_problems(&f->r, document), rows[i][1]);
    }
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, receiver_tear_down)
static const struct CMUnitTest cases[] = {
    CASE(the_standard_body_tells_everything),
    CASE(the_standard_body_cleans_texts),
    CASE(a_json_body_has_templates_in_its_strings),
    CASE(values_in_a_json_text_are_escaped),
    CASE(values_in_a_plain_text_are_not),
    CASE(the_content_type_may_be_set),
    CASE(forms_and_params_are_encoded),
    CASE(values_in_the_url_cannot_leave_their_place),
    CASE(get_and_head_have_no_body),
    CASE(headers_of_the_user_win),
    CASE(a_line_break_in_a_header_is_refused),
    CASE(an_empty_message_is_refused),
    CASE(call_webhook_sends_its_payload),
    CASE(authorization_is_basic_or_bearer),
    CASE(a_bearer_token_is_sent),
    CASE(cookies_are_sent_in_one_header),
    CASE(a_cookie_cannot_leave_its_place),
    CASE(placeholders_are_replaced_once),
    CASE(no_subject_is_the_word_null),
    CASE(form_data_is_a_form_or_a_text),
    CASE(without_data_there_is_no_body),
    CASE(unknown_placeholders_are_refused),
    CASE(the_standard_signature_is_that_of_the_specification),
    CASE(an_old_key_signs_as_well),
    CASE(the_github_signature_is_that_of_its_documentation),
    CASE(every_status_has_its_class),
    CASE(the_user_s_lists_come_first),
    CASE(retry_after_counts_where_it_may),
    CASE(the_reason_holds_both_ends_of_the_answer),
    CASE(no_answer_in_time_is_a_retry),
    CASE(a_canceled_delivery_ends_at_once),
    CASE(nobody_listening_is_a_network_retry),
    CASE(a_refused_address_fails),
    CASE(redirects_are_followed_only_when_asked),
    CASE(a_template_that_fails_fails_the_delivery),
    CASE(secrets_stay_out_of_reasons_and_logs),
    CASE(prefect_s_types_have_their_time_limits),
    CASE(a_new_plugin_works_as_it_is),
    CASE(wrong_options_are_refused),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
