/* SPDX-License-Identifier: Apache-2.0 */
/* test_webhook_answers.c - the plugin webhook: what each answer means, and how a delivery
 * ends that gets none. */
#include "webhook_fixture.h"

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

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, receiver_tear_down)
static const struct CMUnitTest cases[] = {
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
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
