/* SPDX-License-Identifier: Apache-2.0 */
/* test_webhook_custom.c - the plugin webhook in the way of Prefect's Custom Webhook, and
 * Prefect's types of it. */
#include "webhook_fixture.h"

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
        char options[512], expected[200];
        (void)snprintf(options, sizeof options, "{\"placeholders\": true, %s}",
                       rows[i][0]);
        (void)snprintf(expected, sizeof expected,
                       "%s neither subject, body, name nor a key of secrets", rows[i][1]);
        assert_string_equal(rig_option_problems(&f->r, "webhook", options), expected);
    }
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

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, receiver_tear_down)
static const struct CMUnitTest cases[] = {
    CASE(placeholders_are_replaced_once),   CASE(no_subject_is_the_word_null),
    CASE(form_data_is_a_form_or_a_text),    CASE(without_data_there_is_no_body),
    CASE(unknown_placeholders_are_refused), CASE(prefect_s_types_have_their_time_limits),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
