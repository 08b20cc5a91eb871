/* SPDX-License-Identifier: Apache-2.0 */
/* test_slack.c - the plugin slack against a real HTTP receiver: the bytes of every
 * format, Slack's own limits, and what each of its answers means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <tocsin/text.h>

#include "payload.h"

#include "core/plugin/record.h"

#define HOOK "\"url\": \"URL/services/T0/B0/canary-hook\""
#define BOT                                                     \
    "\"token\": \"xoxb-canary-token\", \"channel\": \"#ops\", " \
    "\"api_url\": \"URL/api\""

static int set_up(void **state)
{
    int rc = receiver_set_up(state, "slack");
    fixture *f = *state;
    f->in.body = "ok";
    return rc;
}

static tcn_block *block(fixture *f, const char *options)
{
    char text[4096];
    (void)snprintf(text, sizeof text, "{%s}", options);
    return receiver_block(f, "slack", text);
}

static outcome send_with(fixture *f, const char *options)
{
    tcn_message message = rig_message();
    return rig_send(&f->r, block(f, options), &message);
}

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
        char document[512];
        (void)snprintf(
            document, sizeof document,
            "{\"name\": \"x%zu\", \"type\": \"slack\", \"options\": {\"url\": "
            "\"%s\", \"format\": \"prefect\", \"test_hosts\": [\"127.0.0.1\"]}}",
            i, rows[i].url);
        assert_string_equal(rig_problems(&f->r, document),
                            rows[i].is_good ? ""
                                            : "options.url: must be a webhook of Slack: "
                                              "https://hooks.slack.com/services/A/B/C");
    }
}

/* ---- Slack's limits ---- */

static const char *text_of_block(const char *json, unsigned place)
{
    char path[64];
    (void)snprintf(path, sizeof path, "blocks/%u/text/text", place);
    return payload_text(json, path);
}

static size_t units(const char *text)
{
    return tocsin_str_units(tocsin_str_of(text));
}

static void a_long_subject_is_cut(void **state)
{
    fixture *f = *state;
    tcn_message message = payload_message("body");
    message.subject = tcn_str_c(payload_filled("\xf0\x9f\x94\xa5", 4000));
    (void)rig_send(&f->r, block(f, HOOK), &message);
    const char *header = text_of_block(f->in.content, 0);
    assert_true(units(header) <= 150 && units(header) > 140);
    assert_true(payload_ends_in(header, "\xf0\x9f\x94\xa5\xe2\x80\xa6"));
}

static void a_long_body_becomes_sections_cut_at_the_sum(void **state)
{
    fixture *f = *state;
    tcn_message message = payload_message(payload_filled("sixteen letters\n", 1 << 20));
    (void)rig_send(&f->r, block(f, HOOK), &message);
    size_t sum = 0;
    unsigned count = 0;
    for (unsigned i = 0; text_of_block(f->in.content, i)[0] != '\0'; i++, count++) {
        const char *text = text_of_block(f->in.content, i);
        assert_true(units(text) <= 3000);
        sum += units(text);
    }
    assert_true(sum <= 12000 && sum > 11000);
    assert_true(
        payload_ends_in(text_of_block(f->in.content, count - 1), "letters\xe2\x80\xa6"));
    assert_true(units(payload_text(f->in.content, "text")) <= 4000);
    assert_int_equal(f->in.count, 1);
}

static void a_body_of_blank_lines_is_divided_there(void **state)
{
    fixture *f = *state;
    static char body[4200];
    memset(body, 'x', sizeof body - 1);
    memcpy(body + 2000, "\n\n", 2);
    tcn_message message = payload_message(body);
    (void)rig_send(&f->r, block(f, HOOK), &message);
    assert_int_equal(strlen(text_of_block(f->in.content, 1)), 2000);
    assert_int_equal(strlen(text_of_block(f->in.content, 2)), 2197);
}

static void a_fence_is_closed_and_opened_again(void **state)
{
    fixture *f = *state;
    static char body[8000];
    (void)snprintf(body, sizeof body, "log:\n```\n%s```\nend",
                   payload_filled("0123456789 ab\n", 5000));
    tcn_message message = payload_message(body);
    (void)rig_send(&f->r, block(f, HOOK), &message);
    assert_true(payload_ends_in(text_of_block(f->in.content, 1), "ab\n```"));
    assert_memory_equal(text_of_block(f->in.content, 2), "```\n0123", 8);
    assert_true(payload_ends_in(text_of_block(f->in.content, 2), "```\nend"));
}

static void links_and_entities_are_not_torn(void **state)
{
    fixture *f = *state;
    static const char *const words[] = {"<https://example.com/a/b/c|d>", "&lt;&amp;&gt;"};
    for (size_t i = 0; i < TCN_COUNT(words); i++) {
        tcn_message message = payload_message(payload_filled(words[i], 9000));
        (void)rig_send(&f->r, block(f, HOOK), &message);
        for (unsigned k = 1; k < 3; k++) {
            const char *text = text_of_block(f->in.content, k);
            assert_true(text[0] == words[i][0]);
            assert_true(payload_ends_in(text, i == 0 ? ">" : ";"));
        }
    }
}

static void split_sends_several_messages(void **state)
{
    fixture *f = *state;
    tcn_message message = payload_message(payload_filled("sixteen letters\n", 40000));
    outcome out = rig_send(&f->r, block(f, HOOK ", \"overflow\": \"split\""), &message);
    assert_int_equal(out.status, TOCSIN_DONE);
    assert_int_equal(f->in.count, 4);
    assert_string_equal(payload_text(f->in.contents[0], "blocks/0/type"), "header");
    assert_string_equal(payload_text(f->in.contents[1], "blocks/0/type"), "section");
    for (unsigned i = 0; i < 4; i++)
        assert_null(strstr(f->in.contents[i], "\xe2\x80\xa6\"}}"));
}

static void split_ends_after_five_messages(void **state)
{
    fixture *f = *state;
    tcn_message message = payload_message(payload_filled("sixteen letters\n", 1 << 20));
    (void)rig_send(&f->r, block(f, HOOK ", \"overflow\": \"split\""), &message);
    assert_int_equal(f->in.count, 5);
    assert_null(strstr(f->in.contents[3], "\xe2\x80\xa6\"}}"));
    assert_non_null(strstr(f->in.contents[4], "\xe2\x80\xa6\"}}"));
}

static void a_retry_sends_only_what_was_not_sent(void **state)
{
    fixture *f = *state;
    tcn_message message = payload_message(payload_filled("sixteen letters\n", 30000));
    tcn_block *b = block(f, HOOK ", \"overflow\": \"split\"");
    f->in.good = 2;
    f->in.good_body = "ok";
    f->in.status = 500;
    outcome out = rig_send(&f->r, b, &message);
    assert_int_equal(out.status, TOCSIN_RETRY);
    assert_string_equal(out.progress, "2");
    f->in.status = 200;
    message.progress = TCN_STR("2");
    message.attempt = 2;
    assert_int_equal(rig_send(&f->r, b, &message).status, TOCSIN_DONE);
    assert_int_equal(f->in.count, 4);
    assert_string_equal(f->in.contents[3], f->in.contents[2]);
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

static void long_texts_in_own_blocks_are_cut(void **state)
{
    fixture *f = *state;
    tcn_message message = payload_message(payload_filled("x", 9000));
    (void)rig_send(
        &f->r,
        block(
            f, HOOK
            ", \"blocks\": [{\"type\": \"header\", \"text\": {\"type\": "
            "\"plain_text\", \"text\": \"{{ body }}\"}},"
            "{\"text\": {\"text\": \"{{ body }}\", \"type\": \"mrkdwn\"}, \"type\": \"section\"},"
            "{\"type\": \"section\", \"fields\": [{\"type\": \"mrkdwn\", \"text\": \"{{ body }}\"}]},"
            "{\"type\": \"image\", \"image_url\": \"http://x/\", \"alt_text\": \"{{ body }}\"},"
            "{\"type\": \"actions\", \"elements\": [{\"type\": \"button\", \"text\": "
            "{\"type\": \"plain_text\", \"text\": \"{{ body }}\"}}]}]"),
        &message);
    assert_true(units(text_of_block(f->in.content, 0)) <= 150);
    assert_true(units(text_of_block(f->in.content, 1)) <= 3000);
    assert_true(units(text_of_block(f->in.content, 1)) > 2900);
    assert_true(units(payload_text(f->in.content, "blocks/2/fields/0/text")) <= 2000);
    assert_true(units(payload_text(f->in.content, "blocks/3/alt_text")) <= 2000);
    assert_true(units(payload_text(f->in.content, "blocks/4/elements/0/text/text")) <=
                75);
}

static void what_cannot_be_cut_in_own_blocks_fails(void **state)
{
    static const char *const rows[][2] = {
        {"{\"type\": \"actions\", \"elements\": [{\"type\": \"button\", \"url\": \"{{ body }}\"}]}",
         "blocks: button.url is longer than 3000 characters"},
        {"{\"type\": \"actions\", \"elements\": [{\"type\": \"button\", \"value\": \"{{ body }}\"}]}",
         "blocks: button.value is longer than 2000 characters"},
        {"{\"type\": \"divider\", \"block_id\": \"{{ body }}\"}",
         "blocks: block.block_id is longer than 255 characters"},
        {"{\"type\": \"context\", \"elements\": [1,2,3,4,5,6,7,8,9,10,11]}",
         "blocks: context.elements holds more than 10 items"},
    };
    fixture *f = *state;
    tcn_message message = payload_message(payload_filled("x", 9000));
    for (size_t i = 0; i < TCN_COUNT(rows); i++) {
        char options[512];
        (void)snprintf(options, sizeof options, HOOK ", \"blocks\": [%s]", rows[i][0]);
        outcome out = rig_send(&f->r, block(f, options), &message);
        assert_int_equal(out.status, TOCSIN_FAIL);
        assert_int_equal(out.cause, TOCSIN_CAUSE_TOO_LARGE);
        assert_string_equal(out.reason, rows[i][1]);
    }
    assert_int_equal(f->in.count, 0);
}

/* ---- what answers mean ---- */

static void every_answer_of_a_webhook_has_its_class(void **state)
{
    static const answer_row rows[] = {
        {200, "ok", TOCSIN_DONE, TOCSIN_CAUSE_NONE, ""},
        {200, "ok\n", TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, "answered 200: ok"},
        {200, "<html>", TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, "answered 200: <html>"},
        {204, "", TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, "answered 204"},
        {301, "", TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, "answered 301"},
        {400, "invalid_payload", TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED,
         "answered 400: invalid_payload"},
        {400, "no_text", TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, "answered 400: no_text"},
        {400, "invalid_blocks_format", TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED,
         "answered 400: invalid_b"},
        {400, "user_not_found", TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED,
         "answered 400: user_not_found"},
        {403, "invalid_token", TOCSIN_FAIL, TOCSIN_CAUSE_AUTH,
         "answered 403: invalid_token (the URL of the webhook is not valid (any more))"},
        {403, "action_prohibited", TOCSIN_FAIL, TOCSIN_CAUSE_GONE,
         "answered 403: action_proh"},
        {404, "no_service", TOCSIN_FAIL, TOCSIN_CAUSE_GONE,
         "answered 404: no_service (the webhook was removed or switched off)"},
        {404, "no_team", TOCSIN_FAIL, TOCSIN_CAUSE_GONE, "answered 404: no_team"},
        {404, "channel_not_found", TOCSIN_FAIL, TOCSIN_CAUSE_GONE,
         "answered 404: channel_not"},
        {410, "channel_is_archived", TOCSIN_FAIL, TOCSIN_CAUSE_GONE,
         "answered 410: channel_is"},
        {413, "", TOCSIN_FAIL, TOCSIN_CAUSE_TOO_LARGE, "answered 413"},
        {408, "", TOCSIN_RETRY, TOCSIN_CAUSE_TIMEOUT, "answered 408"},
        {429, "", TOCSIN_RETRY, TOCSIN_CAUSE_RATE_LIMIT, "answered 429"},
        {500, "rollup_error", TOCSIN_RETRY, TOCSIN_CAUSE_SERVER,
         "answered 500: rollup_error"},
        {501, "", TOCSIN_RETRY, TOCSIN_CAUSE_SERVER, "answered 501"},
        {503, "", TOCSIN_RETRY, TOCSIN_CAUSE_SERVER, "answered 503"},
    };
    payload_answers(*state, block(*state, HOOK), rows, TCN_COUNT(rows));
}

#define NOT_OK(word) "{\"ok\":false,\"error\":\"" word "\"}"

static void every_answer_of_the_api_has_its_class(void **state)
{
    static const answer_row rows[] = {
        {200, "{\"ok\": true}", TOCSIN_DONE, TOCSIN_CAUSE_NONE, ""},
        {200, NOT_OK("ratelimited"), TOCSIN_RETRY, TOCSIN_CAUSE_RATE_LIMIT,
         "Slack refused: ra"},
        {200, NOT_OK("rate_limited"), TOCSIN_RETRY, TOCSIN_CAUSE_RATE_LIMIT, ""},
        {200, NOT_OK("internal_error"), TOCSIN_RETRY, TOCSIN_CAUSE_SERVER, ""},
        {200, NOT_OK("fatal_error"), TOCSIN_RETRY, TOCSIN_CAUSE_SERVER, ""},
        {200, NOT_OK("service_unavailable"), TOCSIN_RETRY, TOCSIN_CAUSE_SERVER, ""},
        {200, NOT_OK("request_timeout"), TOCSIN_RETRY, TOCSIN_CAUSE_SERVER, ""},
        {200, NOT_OK("team_added_to_org"), TOCSIN_RETRY, TOCSIN_CAUSE_SERVER, ""},
        {200, NOT_OK("invalid_auth"), TOCSIN_FAIL, TOCSIN_CAUSE_AUTH,
         "Slack refused: invalid_auth (the token is not valid)"},
        {200, NOT_OK("not_authed"), TOCSIN_FAIL, TOCSIN_CAUSE_AUTH, ""},
        {200, NOT_OK("account_inactive"), TOCSIN_FAIL, TOCSIN_CAUSE_AUTH, ""},
        {200, NOT_OK("token_revoked"), TOCSIN_FAIL, TOCSIN_CAUSE_AUTH, ""},
        {200, NOT_OK("token_expired"), TOCSIN_FAIL, TOCSIN_CAUSE_AUTH, ""},
        {200, NOT_OK("missing_scope"), TOCSIN_FAIL, TOCSIN_CAUSE_AUTH, ""},
        {200, NOT_OK("no_permission"), TOCSIN_FAIL, TOCSIN_CAUSE_AUTH, ""},
        {200, NOT_OK("channel_not_found"), TOCSIN_FAIL, TOCSIN_CAUSE_GONE, ""},
        {200, NOT_OK("not_in_channel"), TOCSIN_FAIL, TOCSIN_CAUSE_GONE, ""},
        {200, NOT_OK("is_archived"), TOCSIN_FAIL, TOCSIN_CAUSE_GONE, ""},
        {200, NOT_OK("msg_too_long"), TOCSIN_FAIL, TOCSIN_CAUSE_TOO_LARGE, ""},
        {200, NOT_OK("msg_blocks_too_long"), TOCSIN_FAIL, TOCSIN_CAUSE_TOO_LARGE, ""},
        {200, NOT_OK("\\u00e9 new word"), TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED,
         "Slack refused: \xc3\xa9 new word"},
        {200, "{\"ok\":false}", TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED,
         "Slack refused: no reason"},
        {200, "<html>", TOCSIN_RETRY, TOCSIN_CAUSE_SERVER,
         "the answer is not one of Slack's API"},
        {200, "{\"ok\":tr", TOCSIN_RETRY, TOCSIN_CAUSE_SERVER, "the answer is not"},
        {200, "", TOCSIN_RETRY, TOCSIN_CAUSE_SERVER, "the answer is not"},
        {429, "", TOCSIN_RETRY, TOCSIN_CAUSE_RATE_LIMIT, "answered 429"},
        {500, "", TOCSIN_RETRY, TOCSIN_CAUSE_SERVER, "answered 500"},
        {403, "", TOCSIN_FAIL, TOCSIN_CAUSE_AUTH, "answered 403"},
    };
    payload_answers(*state, block(*state, BOT), rows, TCN_COUNT(rows));
}

static void retry_after_stands_in_the_header_or_the_body(void **state)
{
    fixture *f = *state;
    tcn_message message = rig_message();
    tcn_block *b = block(f, HOOK);
    f->in.status = 429;
    f->in.body = "{\"ok\":false,\"error\":\"ratelimited\",\"retry_after\":12}";
    assert_int_equal(rig_send(&f->r, b, &message).retry_after_ms, 12000);
    f->in.retry_after = "7";
    assert_int_equal(rig_send(&f->r, b, &message).retry_after_ms, 7000);
    f->in.retry_after = "soon";
    f->in.body = "{\"retry_after\":\"soon\"}";
    assert_int_equal(rig_send(&f->r, b, &message).retry_after_ms, -1);
    f->in.status = 503;
    f->in.retry_after = "3";
    assert_int_equal(rig_send(&f->r, b, &message).retry_after_ms, 3000);
}

static void no_answer_in_time_is_a_retry(void **state)
{
    fixture *f = *state;
    tcn_message message = rig_message();
    message.timeout_ms = 100;
    f->in.status = 0;
    outcome out = rig_send(&f->r, block(f, HOOK), &message);
    assert_int_equal(out.status, TOCSIN_RETRY);
    assert_int_equal(out.cause, TOCSIN_CAUSE_TIMEOUT);
    tcn_request_answer(f->in.held, 200, NULL, (tcn_str){NULL, 0});
}

static void secrets_stay_out_of_reasons_and_logs(void **state)
{
    fixture *f = *state;
    tcn_message message = rig_message();
    f->in.status = 400;
    f->in.body = "you sent xoxb-canary-token";
    outcome out = rig_send(&f->r, block(f, BOT), &message);
    assert_string_equal(out.reason, "answered 400: you sent ********");
    tcn_block *closed = rig_block(
        &f->r, "slack", "{\"url\": \"http://127.0.0.1:1/services/T0/B0/canary-hook\"}");
    out = rig_send(&f->r, closed, &message);
    assert_int_equal(out.cause, TOCSIN_CAUSE_NETWORK);
    assert_null(strstr(out.reason, "canary"));
    assert_null(strstr(out.reason, "services"));
    assert_null(strstr(rig_log(&f->r), "canary"));
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
    for (size_t i = 0; i < TCN_COUNT(rows); i++) {
        char document[512];
        (void)snprintf(document, sizeof document,
                       "{\"name\": \"x%zu\", \"type\": \"slack\", \"options\": %s}", i,
                       rows[i][0]);
        assert_string_equal(rig_problems(&f->r, document), rows[i][1]);
    }
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
    CASE(prefect_s_form_has_the_bytes_of_the_original),
    CASE(prefect_s_form_has_no_icons_without_a_place_for_them),
    CASE(prefect_s_form_for_the_government_has_another_footer),
    CASE(prefect_s_urls_are_judged),
    CASE(a_long_subject_is_cut),
    CASE(a_long_body_becomes_sections_cut_at_the_sum),
    CASE(a_body_of_blank_lines_is_divided_there),
    CASE(a_fence_is_closed_and_opened_again),
    CASE(links_and_entities_are_not_torn),
    CASE(split_sends_several_messages),
    CASE(split_ends_after_five_messages),
    CASE(a_retry_sends_only_what_was_not_sent),
    CASE(own_blocks_are_sent_with_a_fallback),
    CASE(values_in_own_blocks_are_escaped),
    CASE(long_texts_in_own_blocks_are_cut),
    CASE(what_cannot_be_cut_in_own_blocks_fails),
    CASE(every_answer_of_a_webhook_has_its_class),
    CASE(every_answer_of_the_api_has_its_class),
    CASE(retry_after_stands_in_the_header_or_the_body),
    CASE(no_answer_in_time_is_a_retry),
    CASE(secrets_stay_out_of_reasons_and_logs),
    CASE(wrong_options_are_refused),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
