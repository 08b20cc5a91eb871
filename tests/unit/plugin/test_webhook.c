/* SPDX-License-Identifier: Apache-2.0 */
/* test_webhook.c - the plugin webhook against a real HTTP receiver: what goes over the
 * wire, and which options are wrong. */
#include "webhook_fixture.h"

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

static void a_url_that_is_too_long_is_refused(void **state)
{
    fixture *f = *state;
    static char body[8000];
    memset(body, '<', sizeof body);
    tcn_message message = rig_message();
    message.body = tcn_str_of(body, sizeof body);
    outcome out =
        rig_send(&f->r, block(f, "/", "\"params\": {\"a\": \"{{ body }}\"}"), &message);
    assert_int_equal(out.status, TOCSIN_FAIL);
    assert_int_equal(out.cause, TOCSIN_CAUSE_TOO_LARGE);
    assert_string_equal(out.reason, "the URL is longer than 16 KiB");
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

/* ---- signatures ---- */

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
    for (size_t i = 0; i < TCN_COUNT(rows); i++)
        assert_string_equal(rig_option_problems(&f->r, "webhook", rows[i][0]),
                            rows[i][1]);
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
    CASE(a_url_that_is_too_long_is_refused),
    CASE(an_empty_message_is_refused),
    CASE(call_webhook_sends_its_payload),
    CASE(authorization_is_basic_or_bearer),
    CASE(a_bearer_token_is_sent),
    CASE(cookies_are_sent_in_one_header),
    CASE(a_cookie_cannot_leave_its_place),
    CASE(the_standard_signature_is_that_of_the_specification),
    CASE(an_old_key_signs_as_well),
    CASE(the_github_signature_is_that_of_its_documentation),
    CASE(a_new_plugin_works_as_it_is),
    CASE(wrong_options_are_refused),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
