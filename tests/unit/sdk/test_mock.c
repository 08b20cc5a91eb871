/* SPDX-License-Identifier: Apache-2.0 */
/* test_mock.c - the mock host, driven by a plugin that does what its options say (toy.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <tocsin/mock.h>

#include "toy.h"

static tocsin_mock *toy_new(const char *mode, const char *life)
{
    tocsin_mock *m = tocsin_mock_new(toy_entry);
    tocsin_mock_set(m, "url", "http://127.0.0.1/x");
    tocsin_mock_set(m, "mode", mode);
    tocsin_mock_set(m, "life", life);
    tocsin_mock_set(m, "token", "xoxb-1234");
    return m;
}

static tocsin_mock *toy_start(const char *mode)
{
    tocsin_mock *m = toy_new(mode, "good");
    assert_int_equal(tocsin_mock_start(m), TOCSIN_OK);
    return m;
}

static void replies_come_in_their_order_and_requests_are_kept(void **state)
{
    tocsin_mock *m = toy_start("http");
    (void)state;
    tocsin_mock_reply(m, 200, "ok");
    tocsin_mock_reply_header(m, tocsin_mock_reply(m, 429, "slow down"), "Retry-After",
                             "30");
    tocsin_delivery *first = tocsin_mock_deliver(m, NULL);
    tocsin_delivery *second = tocsin_mock_deliver(m, NULL);
    tocsin_delivery *third = tocsin_mock_deliver(m, NULL);
    assert_int_equal(first->result.status, TOCSIN_DONE);
    assert_int_equal(second->result.status, TOCSIN_RETRY);
    assert_int_equal(second->result.retry_after_ms, 30000);
    assert_string_equal(third->result.reason.ptr, "the mock has no reply scripted");
    assert_int_equal(m->request_count, 3);
    assert_string_equal(m->requests[0].url, "http://127.0.0.1/x");
    assert_string_equal(m->requests[0].body.ptr, "The flow run olive-swan failed.");
    assert_string_equal(tocsin_mock_header(&m->requests[0], "x-invocation"),
                        first->message.invocation.ptr);
    assert_string_equal(m->rate, "1/s burst 4");
    assert_int_equal(tocsin_mock_free(m), 0);
}

static void mail_has_a_code_for_each_recipient(void **state)
{
    tocsin_mock *m = toy_start("smtp");
    (void)state;
    tocsin_mock_reply_item *r = tocsin_mock_reply(m, 250, "");
    tocsin_mock_reply_rcpt(r, 250);
    tocsin_mock_reply_rcpt(r, 550);
    tocsin_delivery *d = tocsin_mock_deliver(m, NULL);
    assert_int_equal(d->result.code, 550);
    assert_int_equal(m->requests[0].rcpt_count, 2);
    assert_string_equal(m->requests[0].rcpts[1].ptr, "b@x");
    assert_int_equal(tocsin_mock_free(m), 0);
}

static void options_are_checked_as_the_daemon_does(void **state)
{
    static const struct {
        const char *key, *value, *text;
    } wrong[] = {
        {"mode", "fax", "is none of the choices"},
        {"url", "ftp://x", "is no http or https URL"},
        {"wait", "2 weeks", "has an unknown unit"},
        {"wait", "61s", "is above the maximum"},
        {"token", "a\nb", "holds a line break"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        tocsin_mock *m = toy_new("http", "good");
        tocsin_mock_set(m, wrong[i].key, wrong[i].value);
        assert_int_equal(tocsin_mock_create(m), TOCSIN_E_INVALID);
        assert_string_equal(m->error.key, wrong[i].key);
        assert_string_equal(m->error.text, wrong[i].text);
        assert_int_equal(tocsin_mock_free(m), 0);
    }
    tocsin_mock *m = tocsin_mock_new(toy_entry);
    assert_int_equal(tocsin_mock_create(m), TOCSIN_E_INVALID);
    assert_string_equal(m->error.key, "url");
    tocsin_mock_set(m, "urll", "x");
    assert_int_equal(tocsin_mock_free(m), 1);
}

static void options_are_read_by_type(void **state)
{
    tocsin_mock *m = toy_start("http");
    int64_t number = 0;
    double real = 0;
    tocsin_str text = TOCSIN_ZERO;
    char small[4];
    size_t len;
    (void)state;
    assert_int_equal(m->host.opt_int(&m->config, "wait", &number), TOCSIN_OK);
    assert_int_equal(number, 1500);
    assert_int_equal(m->host.opt_int(&m->config, "size", &number), TOCSIN_OK);
    assert_int_equal(number, 65536);
    assert_int_equal(m->host.opt_num(&m->config, "share", &real), TOCSIN_OK);
    assert_true(real > 0.49 && real < 0.51);
    assert_int_equal(m->host.opt_str(&m->config, "token", &text), TOCSIN_E_DENIED);
    assert_int_equal(m->host.opt_str(&m->config, "wait", &text), TOCSIN_E_INVALID);
    assert_int_equal(m->host.opt_str(&m->config, "text", &text), TOCSIN_E_NOT_FOUND);
    assert_int_equal(m->host.secret(&m->config, "token", NULL, small, sizeof small, &len),
                     TOCSIN_E_LIMIT);
    assert_int_equal(m->host.secret(&m->config, "url", NULL, small, sizeof small, &len),
                     TOCSIN_E_INVALID);
    assert_int_equal(tocsin_mock_free(m), 0);
}

static void a_secret_map_shows_its_names_only(void **state)
{
    tocsin_mock *m = toy_new("http", "good");
    const tocsin_pair *pairs = NULL;
    uint64_t count = 0;
    char buf[16];
    size_t len = 0;
    (void)state;
    tocsin_mock_set(m, "headers", "X-Key=hush");
    assert_int_equal(tocsin_mock_start(m), TOCSIN_OK);
    assert_int_equal(m->host.opt_map(&m->config, "headers", &pairs, &count), TOCSIN_OK);
    assert_int_equal(count, 1);
    assert_string_equal(pairs[0].name.ptr, "X-Key");
    assert_int_equal(pairs[0].value.len, 0);
    assert_int_equal(
        m->host.secret(&m->config, "headers", "X-Key", buf, sizeof buf, &len), TOCSIN_OK);
    assert_string_equal(buf, "hush");
    assert_int_equal(tocsin_mock_free(m), 0);
}

static void what_breaks_the_contract_is_a_problem(void **state)
{
    static const struct {
        const char *mode, *text;
    } wrong[] = {
        {"twice", "done was called twice for one delivery\n"},
        {"never", "done was not called within 2 s of the cancel\n"},
        {"secret", "the reason holds the secret \"token\"\n"},
        {"break", "done: the reason is not one line of at most 1000 bytes\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        tocsin_mock *m = toy_start(wrong[i].mode);
        (void)tocsin_mock_deliver(m, NULL);
        assert_string_equal(m->problems, wrong[i].text);
        assert_int_equal(tocsin_mock_free(m), 1);
    }
}

static void time_passes_only_when_it_is_told(void **state)
{
    tocsin_mock *m = toy_start("timer");
    (void)state;
    tocsin_delivery *d = tocsin_mock_send(m, NULL);
    tocsin_mock_advance(m, 699);
    assert_int_equal(d->done_count, 0);
    tocsin_mock_advance(m, 1);
    assert_int_equal(d->done_count, 1);
    tocsin_mock_advance(m, 5000);
    assert_int_equal(m->instance->ticks, 5);
    assert_int_equal(tocsin_mock_free(m), 0);
}

static void a_cancel_ends_the_exchanges(void **state)
{
    tocsin_mock *m = toy_start("http");
    (void)state;
    tocsin_mock_reply(m, 200, "")->delay_ms = 60000;
    tocsin_delivery *d = tocsin_mock_send(m, NULL);
    tocsin_mock_cancel(m, d);
    tocsin_mock_run(m);
    assert_int_equal(d->result.status, TOCSIN_FAIL);
    /* As does the time limit of the message. */
    tocsin_mock_reply(m, 200, "")->delay_ms = 60000;
    d = tocsin_mock_deliver(m, NULL);
    assert_true(d->is_canceled);
    assert_int_equal(tocsin_mock_free(m), 0);
}

static void start_and_stop_may_take_their_time(void **state)
{
    static const struct {
        const char *life;
        int32_t rc;
        uint32_t problems;
    } lives_of[] = {
        {"pending", TOCSIN_OK, 0},      {"late_error", TOCSIN_E_CONNECT, 0},
        {"never", TOCSIN_E_TIMEOUT, 1}, {"stop_late", TOCSIN_OK, 0},
        {"stop_never", TOCSIN_OK, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof lives_of / sizeof lives_of[0]; i++) {
        tocsin_mock *m = toy_new("http", lives_of[i].life);
        assert_int_equal(tocsin_mock_start(m), lives_of[i].rc);
        assert_int_equal(tocsin_mock_free(m), lives_of[i].problems);
    }
}

static void workers_may_not_call_what_belongs_to_the_loop(void **state)
{
    tocsin_mock *m = toy_start("work");
    (void)state;
    assert_int_equal(m->worker_threads, 2);
    tocsin_delivery *d = tocsin_mock_deliver(m, NULL);
    assert_int_equal(d->result.status, TOCSIN_DONE);
    assert_string_equal(m->problems, "http was called on a worker: it is [loop]\n");
    (void)tocsin_mock_free(m);
}

static const char *rendered(tocsin_mock *m, uint32_t escape)
{
    tocsin_message msg = tocsin_mock_message();
    msg.subject = tocsin_mock_str("a \"b\" <c>*");
    msg.flags = escape;
    return tocsin_mock_deliver(m, &msg)->result.reason.ptr;
}

static void templates_are_filled_and_escaped(void **state)
{
    tocsin_mock *m = toy_new("render", "good");
    (void)state;
    tocsin_mock_set(m, "text", "<{{ subject }}> {{who}}");
    tocsin_mock_context(m, "who", "me & you");
    assert_int_equal(tocsin_mock_start(m), TOCSIN_OK);
    assert_string_equal(rendered(m, TOCSIN_ESC_NONE), "<a \"b\" <c>*> me & you");
    assert_string_equal(rendered(m, TOCSIN_ESC_JSON), "<a \\\"b\\\" <c>*> me & you");
    assert_string_equal(rendered(m, TOCSIN_ESC_SLACK),
                        "<a \"b\" &lt;c&gt;*> me &amp; you");
    assert_string_equal(rendered(m, TOCSIN_ESC_URL),
                        "<a%20%22b%22%20%3Cc%3E%2A> me%20%26%20you");
    assert_string_equal(rendered(m, TOCSIN_ESC_CARD), "<a \"b\" <c\\>\\*> me & you");
    tocsin_mock_render(m, "text", NULL, 0, "as told");
    assert_string_equal(rendered(m, TOCSIN_ESC_NONE), "as told");
    tocsin_mock_render(m, "text", NULL, TOCSIN_E_INVALID, "line 1: no");
    assert_string_equal(rendered(m, TOCSIN_ESC_NONE), "line 1: no");
    assert_int_equal(tocsin_mock_free(m), 0);
}

static void the_texts_of_the_message_can_be_rendered(void **state)
{
    tocsin_mock *m = toy_start("http");
    tocsin_str text = TOCSIN_ZERO;
    tocsin_message msg = tocsin_mock_message();
    (void)state;
    msg.subject = tocsin_mock_str("a <b>");
    tocsin_mock_reply(m, 200, "")->delay_ms = 5;
    tocsin_delivery *d = tocsin_mock_send(m, &msg);
    assert_int_equal(m->host.render(d, "@subject", NULL, TOCSIN_ESC_SLACK, &text, NULL),
                     TOCSIN_OK);
    assert_string_equal(text.ptr, "a &lt;b&gt;");
    tocsin_mock_render(m, "@body", NULL, 0, "*bold* a &lt;b&gt;");
    assert_int_equal(m->host.render(d, "@body", NULL, TOCSIN_ESC_SLACK, &text, NULL),
                     TOCSIN_OK);
    assert_string_equal(text.ptr, "*bold* a &lt;b&gt;");
    tocsin_mock_run(m);
    assert_int_equal(tocsin_mock_free(m), 0);
}

static void prepare_runs_before_send_and_may_end_the_delivery(void **state)
{
    tocsin_mock *m = toy_start("prepare");
    (void)state;
    tocsin_delivery *d = tocsin_mock_deliver(m, NULL);
    assert_int_equal(d->done_count, 1);
    assert_string_equal(d->result.reason.ptr, "ended by prepare");
    assert_int_equal(m->request_count, 0);
    assert_int_equal(tocsin_mock_free(m), 0);
}

static void services_fail_when_they_are_told(void **state)
{
    tocsin_mock *m = toy_start("http");
    (void)state;
    tocsin_mock_fail(m, "http", TOCSIN_E_NOMEM);
    tocsin_delivery *d = tocsin_mock_deliver(m, NULL);
    assert_int_equal(d->accepted, TOCSIN_E_NOMEM);
    assert_int_equal(d->done_count, 0);
    tocsin_mock_reply(m, 200, "");
    assert_int_equal(tocsin_mock_deliver(m, NULL)->result.status, TOCSIN_DONE);
    assert_int_equal(tocsin_mock_free(m), 0);
}

/* RFC 4231, cases 1, 2 and 6. */
static void signatures_are_right(void **state)
{
    static const uint8_t first[4] = {0xb0, 0x34, 0x4c, 0x61};
    static const uint8_t second[4] = {0x5b, 0xdc, 0xc1, 0x46};
    static const uint8_t sixth[4] = {0x60, 0xe4, 0x31, 0x59};
    static const char large[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    uint8_t key[131], out[32];
    (void)state;
    memset(key, 0x0b, 20);
    tocsin_mock_hmac_sha256(key, 20, "Hi There", 8, out);
    assert_memory_equal(out, first, 4);
    tocsin_mock_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, out);
    assert_memory_equal(out, second, 4);
    memset(key, 0xaa, sizeof key);
    tocsin_mock_hmac_sha256(key, sizeof key, large, sizeof large - 1, out);
    assert_memory_equal(out, sixth, 4);
}

static void ignore(tocsin_call *call, const tocsin_reply *reply, void *ud)
{
    (void)call;
    (void)reply;
    (void)ud;
}

static void requests_are_bounded_as_by_the_daemon(void **state)
{
    static char url[16386] = "http://x/", value[8193];
    tocsin_mock *m = toy_start("http");
    tocsin_pair header = {tocsin_mock_str("x"), {value, sizeof value - 2}};
    tocsin_http_request request = TOCSIN_ZERO;
    (void)state;
    memset(value, 'v', sizeof value);
    request.struct_size = sizeof request;
    request.method = "GET";
    request.url = "http://x/";
    request.headers = &header;
    request.header_count = 1;
    assert_int_equal(m->host.http(&m->self, NULL, &request, ignore, NULL, NULL),
                     TOCSIN_OK);
    header.value.len++;
    assert_int_equal(m->host.http(&m->self, NULL, &request, ignore, NULL, NULL),
                     TOCSIN_E_INVALID);
    memset(url + strlen(url), 'u', sizeof url - 1 - strlen(url));
    request.url = url;
    request.header_count = 0;
    assert_int_equal(m->host.http(&m->self, NULL, &request, ignore, NULL, NULL),
                     TOCSIN_E_INVALID);
    assert_int_equal(tocsin_mock_free(m), 0);
}

static void events_and_lines_are_kept(void **state)
{
    tocsin_mock *m = toy_start("http");
    (void)state;
    assert_int_equal(m->host.emit(&m->self, tocsin_mock_str("{\"event\":\"a.b\"}"), NULL),
                     TOCSIN_OK);
    assert_int_equal(m->host.emit(&m->self, tocsin_mock_str("no"), NULL),
                     TOCSIN_E_INVALID);
    assert_string_equal(m->events[0], "{\"event\":\"a.b\"}");
    m->host.log(&m->self, TOCSIN_LOG_WARNING, "hello", 5);
    assert_string_equal(m->log, "<4>hello\n");
    m->host.log(&m->self, TOCSIN_LOG_WARNING, "xoxb-1234", 9);
    assert_int_equal(tocsin_mock_free(m), 1);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(replies_come_in_their_order_and_requests_are_kept),
    cmocka_unit_test(mail_has_a_code_for_each_recipient),
    cmocka_unit_test(options_are_checked_as_the_daemon_does),
    cmocka_unit_test(options_are_read_by_type),
    cmocka_unit_test(a_secret_map_shows_its_names_only),
    cmocka_unit_test(what_breaks_the_contract_is_a_problem),
    cmocka_unit_test(time_passes_only_when_it_is_told),
    cmocka_unit_test(a_cancel_ends_the_exchanges),
    cmocka_unit_test(start_and_stop_may_take_their_time),
    cmocka_unit_test(workers_may_not_call_what_belongs_to_the_loop),
    cmocka_unit_test(templates_are_filled_and_escaped),
    cmocka_unit_test(the_texts_of_the_message_can_be_rendered),
    cmocka_unit_test(prepare_runs_before_send_and_may_end_the_delivery),
    cmocka_unit_test(services_fail_when_they_are_told),
    cmocka_unit_test(signatures_are_right),
    cmocka_unit_test(requests_are_bounded_as_by_the_daemon),
    cmocka_unit_test(events_and_lines_are_kept),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
