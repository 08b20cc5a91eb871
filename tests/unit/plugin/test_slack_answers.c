/* SPDX-License-Identifier: Apache-2.0 */
/* test_slack_answers.c - the plugin slack: what each answer of Slack means, and what a
 * person is told of it. */
#include "slack_fixture.h"

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

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, receiver_tear_down)
static const struct CMUnitTest cases[] = {
    CASE(every_answer_of_a_webhook_has_its_class),
    CASE(every_answer_of_the_api_has_its_class),
    CASE(retry_after_stands_in_the_header_or_the_body),
    CASE(no_answer_in_time_is_a_retry),
    CASE(secrets_stay_out_of_reasons_and_logs),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
