/* SPDX-License-Identifier: Apache-2.0 */
/* test_slack.c - the plugin slack against a real HTTP receiver: the bytes of every
 * format, and which options are wrong. */
#include "slack_fixture.h"

#include <stdlib.h>

#include "core/plugin/record.h"

/* ---- what goes over the wire ---- */

static void blocks_are_a_header_sections_and_a_footer(void **state)
{
    fixture *f = *state;
    outcome out = send_with(f, HOOK);
    assert_int_equal(out.status, TOCSIN_DONE);
    assert_string_equal(out.receipt, "{\"status\":200}");
    assert_string_equal(f->in.method, "POST");
    assert_string_equal(f->in.path, "/services/T0/B0/canary-hook");
    assert_string_equal(receiver_header(f, "Content-Type"),
                        "application/json; charset=utf-8");
    assert_string_equal(receiver_header(f, "Authorization"), "");
    payload_golden(f->in.content, "slack-blocks.json");
}

static void a_text_shows_its_subject_in_bold(void **state)
{
    fixture *f = *state;
    (void)send_with(f, HOOK ", \"format\": \"text\"");
    payload_golden(f->in.content, "slack-text.json");
}

static void a_bot_posts_with_token_channel_and_metadata(void **state)
{
    fixture *f = *state;
    f->in.body = "{\"ok\":true,\"channel\":\"C1\",\"ts\":\"1503435956.000247\"}";
    outcome out = send_with(f, BOT ", \"thread_ts\": \"1.5\"");
    assert_int_equal(out.status, TOCSIN_DONE);
    assert_string_equal(out.receipt, "{\"channel\":\"C1\",\"ts\":\"1503435956.000247\"}");
    assert_string_equal(f->in.path, "/api/chat.postMessage");
    assert_string_equal(receiver_header(f, "Authorization"), "Bearer xoxb-canary-token");
    payload_golden(f->in.content, "slack-bot.json");
}

/* The whole notification, as the engine's renderer would note where values stand. */
static void values_are_escaped_and_the_author_s_words_are_live(void **state)
{
    fixture *f = *state;
    static const tcn_span values[] = {{23, 10}};
    tcn_message message = payload_message("<https://x.io?a=1|run> <!channel> & *bold*");
    message.body_values = (tcn_spans){values, 1, true};
    (void)rig_send(&f->r, block(f, HOOK ", \"format\": \"text\""), &message);
    assert_non_null(
        strstr(f->in.content, "<https://x.io?a=1|run> &lt;!channel&gt; & *bold*"));
}

static void without_knowledge_everything_is_escaped(void **state)
{
    fixture *f = *state;
    tcn_message message = rig_message();
    message.body = TCN_STR("<!channel>");
    (void)rig_send(&f->r, block(f, HOOK), &message);
    assert_null(strstr(f->in.content, "<!channel>"));
    assert_non_null(strstr(f->in.content, "\"mrkdwn\",\"text\":\"&lt;!channel&gt;\""));
}

static void plain_markup_formats_nothing(void **state)
{
    fixture *f = *state;
    tcn_message message = payload_message("<!here> *b*");
    tcn_block *b = block(f, HOOK ", \"markup\": \"plain\"");
    (void)rig_send(&f->r, b, &message);
    assert_non_null(strstr(
        f->in.content,
        "\"type\":\"section\",\"text\":{\"type\":\"plain_text\",\"text\":\"&lt;!here&gt; *b*\"}"));
    assert_null(strstr(f->in.content, "<!here>"));
    assert_non_null(strstr(f->in.content, "\"mrkdwn\":false}"));
}

static void the_subject_may_be_empty_and_the_body_may_not(void **state)
{
    fixture *f = *state;
    tcn_message message = payload_message("body");
    message.subject = TCN_STR("");
    tcn_block *b = block(f, HOOK);
    assert_int_equal(rig_send(&f->r, b, &message).status, TOCSIN_DONE);
    assert_string_equal(payload_text(f->in.content, "blocks/0/type"), "section");
    message.body = TCN_STR(" \r\n\x01 ");
    outcome out = rig_send(&f->r, b, &message);
    assert_int_equal(out.status, TOCSIN_FAIL);
    assert_int_equal(out.cause, TOCSIN_CAUSE_REJECTED);
    assert_string_equal(out.reason, "message is empty");
    assert_int_equal(f->in.count, 1);
}

static void texts_are_cleaned(void **state)
{
    fixture *f = *state;
    tcn_message message = payload_message("a\r\nb\rc\x01\xff\xed\xa0\x80!");
    message.subject = TCN_STR("one\ntwo");
    (void)rig_send(&f->r, block(f, HOOK ", \"format\": \"text\""), &message);
    assert_non_null(strstr(f->in.content,
                           "\"*one two*\\na\\nb\\nc\xef\xbf\xbd\xef\xbf\xbd"
                           "\xef\xbf\xbd\xef\xbf\xbd!\""));
}

/* ---- own blocks ---- */

static void own_blocks_are_sent_with_a_fallback(void **state)
{
    fixture *f = *state;
    (void)send_with(
        f,
        HOOK ", \"blocks\": {\"blocks\": [{\"type\": \"section\", \"text\": "
             "{\"type\": \"mrkdwn\", \"text\": \"*{{ subject }}*: {{ severity }}\"}}]}");
    assert_string_equal(
        f->in.content,
        "{\"text\":\"Flow run \\\"x\\\" failed\\nline one\\nline two\",\"blocks\":"
        "[{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\",\"text\":"
        "\"*Flow run \\\"x\\\" failed*: failure\"}}],"
        "\"unfurl_links\":false,\"unfurl_media\":false}");
}

static void values_in_own_blocks_are_escaped(void **state)
{
    fixture *f = *state;
    static const tcn_span values[] = {{2, 7}};
    tcn_message message = payload_message("> <!here>");
    message.body_values = (tcn_spans){values, 1, true};
    (void)rig_send(&f->r,
                   block(f, HOOK
                         ", \"blocks\": [{\"type\": \"section\", \"text\": {\"type\": "
                         "\"mrkdwn\", \"text\": \"<!date> {{ body }} {{ '<' }}\"}}]"),
                   &message);
    assert_string_equal(text_of_block(f->in.content, 0), "<!date> > &lt;!here&gt; &lt;");
}

/* ---- Prefect's form ---- */

#define PREFECT \
    "\"url\": \"URL/services/T0/B0/canary\", \"format\": \"prefect\", \"test_hosts\": [\"127.0.0.1\"]"
#define IMAGES \
    "https://github.com/caronc/apprise/raw/master/apprise/assets/themes/default/"

/* Without the time at which it was sent. */
static void cut_time(char *sent)
{
    char *begin = strstr(sent, "\"ts\": ");
    assert_non_null(begin);
    char *end = strchr(begin, '}');
    assert_non_null(end);
    memmove(begin, end, strlen(end) + 1);
}

typedef struct prefect_block {
    fixture *f;
    tcn_block *block;
} prefect_block;

static void check_recorded(const recorded *r, void *ud)
{
    const prefect_block *p = ud;
    tcn_message message = rig_message();
    message.severity = r->severity;
    message.subject = tcn_str_c(r->subject);
    message.body = tcn_str_c(r->body);
    assert_int_equal(rig_send(&p->f->r, p->block, &message).status, TOCSIN_DONE);
    char *sent = strdup(p->f->in.content);
    assert_non_null(sent);
    cut_time(sent);
    cut_time(r->sent);
    assert_string_equal(sent, r->sent);
    free(sent);
}

static void prefect_s_form_has_the_bytes_of_the_original(void **state)
{
    fixture *f = *state;
    prefect_block p = {f, block(f, PREFECT ", \"image_base\": \"" IMAGES "\"")};
    payload_each_recorded("prefect-slack.ndjson", check_recorded, &p);
    assert_string_equal(receiver_header(f, "Accept"), "application/json");
    assert_string_equal(receiver_header(f, "Content-Type"),
                        "application/json; charset=utf-8");
}

static void prefect_s_form_has_no_icons_without_a_place_for_them(void **state)
{
    fixture *f = *state;
    (void)send_with(f, PREFECT);
    assert_null(strstr(f->in.content, "icon"));
    const char *time = strstr(f->in.content, "\"ts\": ");
    assert_non_null(time);
    double seconds = strtod(time + 6, NULL);
    assert_true(seconds > 1.7e9 && seconds < 1e11);
}

/* There the original is named after the library that it is made with. */
static void prefect_s_form_for_the_government_has_another_footer(void **state)
{
    fixture *f = *state;
    tcn_message message = rig_message();
    tcn_block *b =
        rig_block(&f->r, "slack",
                  "{\"url\": \"https://hooks.slack-gov.com/services/T0/B0/x\", "
                  "\"format\": \"prefect\"}");
    tcn_recorder recorder;
    assert_int_equal(tcn_recorder_init(&recorder, true), 0);
    message.recorder = &recorder;
    (void)rig_send(&f->r, b, &message);
    const json_t *exchange = json_array_get(recorder.exchanges, 0);
    const char *sent = json_string_value(json_object_get(exchange, "body"));
    assert_non_null(sent);
    assert_non_null(strstr(sent, "\"footer\": \"Apprise\""));
    tcn_recorder_deinit(&recorder);
}

static void prefect_s_urls_are_judged(void **state)
{
    static const struct {
        const char *url;
        bool is_good;
    } rows[] = {
        {"https://hooks.slack.com/services/T1/B2/c3", true},
        {"http://HOOKS.slack.com/services/T1/B2/c3/", true},
        {"https://hooks.slack-gov.com/services/T1/B2/c3", true},
        {"http://127.0.0.1:9/services/T1/B2/c3", true},
        {"https://hooks.slack.com/services/T1/B2", false},
        {"https://hooks.slack.com/services/T1/B2/c3/d4", false},
        {"https://hooks.slack.com/services/T1/B2/c_3", false},
        {"https://hooks.slack.com/workflows/T1/B2/c3", false},
        {"https://hooks.slack.com.example.com/services/T1/B2/c3", false},
        {"http://127.0.0.2/services/T1/B2/c3", false},
    };
    fixture *f = *state;
    for (size_t i = 0; i < TCN_COUNT(rows); i++) {
        char options[512];
        (void)snprintf(
            options, sizeof options,
            "{\"url\": \"%s\", \"format\": \"prefect\", \"test_hosts\": [\"127.0.0.1\"]}",
            rows[i].url);
        assert_string_equal(rig_option_problems(&f->r, "slack", options),
                            rows[i].is_good ? ""
                                            : "options.url: must be a webhook of Slack: "
                                              "https://hooks.slack.com/services/A/B/C");
    }
}

/* ---- configuration ---- */

static void wrong_options_are_refused(void **state)
{
    static const char *const rows[][2] = {
        {"{}",
         "options.url: url (of an incoming webhook) or token (of a bot) is required"},
        {"{\"url\": \"http://a/\", \"token\": \"x\", \"channel\": \"c\"}",
         "options.token: only one of url and token is allowed"},
        {"{\"token\": \"x\"}", "options.channel: is required with token"},
        {"{\"url\": \"http://a/\", \"channel\": \"c\"}",
         "options.channel: needs token: a webhook has its channel"},
        {"{\"url\": \"http://a/\", \"thread_ts\": \"1\"}",
         "options.thread_ts: needs token: a webhook cannot reply"},
        {"{\"token\": \"x\", \"channel\": \"c\", \"format\": \"prefect\"}",
         "options.format: needs url: Prefect's block is a webhook"},
        {"{\"url\": \"http://a/\", \"format\": \"text\", \"blocks\": []}",
         "options.blocks: are used with format: blocks only"},
        {"{\"url\": \"http://a/\", \"blocks\": {\"type\": \"divider\"}}",
         "options.blocks: must be a list of blocks, or a mapping with that list as blocks"},
        {"{\"url\": \"http://a/\", \"blocks\": []}", "options.blocks: holds no block"},
        {"{\"url\": \"http://a/\", \"blocks\": [{\"text\": \"x\"}]}",
         "options.blocks: holds a block without a type"},
        {"{\"url\": \"http://a/\", \"overflow\": \"wrap\"}",
         "options.overflow: \"wrap\" is not one of cut, split"},
    };
    fixture *f = *state;
    for (size_t i = 0; i < TCN_COUNT(rows); i++)
        assert_string_equal(rig_option_problems(&f->r, "slack", rows[i][0]), rows[i][1]);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, receiver_tear_down)
static const struct CMUnitTest cases[] = {
    CASE(blocks_are_a_header_sections_and_a_footer),
    CASE(a_text_shows_its_subject_in_bold),
    CASE(a_bot_posts_with_token_channel_and_metadata),
    CASE(values_are_escaped_and_the_author_s_words_are_live),
    CASE(without_knowledge_everything_is_escaped),
    CASE(plain_markup_formats_nothing),
    CASE(the_subject_may_be_empty_and_the_body_may_not),
    CASE(texts_are_cleaned),
    CASE(own_blocks_are_sent_with_a_fallback),
    CASE(values_in_own_blocks_are_escaped),
    CASE(prefect_s_form_has_the_bytes_of_the_original),
    CASE(prefect_s_form_has_no_icons_without_a_place_for_them),
    CASE(prefect_s_form_for_the_government_has_another_footer),
    CASE(prefect_s_urls_are_judged),
    CASE(wrong_options_are_refused),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
