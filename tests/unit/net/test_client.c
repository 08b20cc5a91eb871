/* SPDX-License-Identifier: Apache-2.0 */
/* test_client.c - what the client sends, and what it makes of every kind of answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "asker.h"
#include "core/base/compiler.h"
#include "peer.h"

#define OK_EMPTY "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

static asker a;
static asked got;
static char url[256];

static int setup(void **state)
{
    (void)state;
    asker_start(&a, NULL, true);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    asker_stop(&a);
    return 0;
}

static void one_step(const char *bytes, enum peer_end end, tcn_http_request request)
{
    const peer_step step = {bytes, end, 0};
    peer *p = peer_start(&step, 1);
    request.url = asker_url(url, sizeof url, peer_port(p), "/path?secret=1");
    asker_ask(&a, &request, &got);
    /* The peer waits for the end of kept connections. */
    asker_stop(&a);
    peer_stop(p, NULL, NULL);
    asker_start(&a, NULL, true);
}

static void sends_exactly_what_was_asked(void **state)
{
    (void)state;
    const char *requests;
    const peer_step step = {OK_EMPTY, PEER_CLOSE, 0};
    peer *p = peer_start(&step, 1);
    const tcn_header headers[] = {{TCN_STR("X-One"), TCN_STR("1")},
                                  {TCN_STR("X-Empty"), TCN_STR("")},
                                  {TCN_STR("Content-Type"), TCN_STR("text/plain")}};
    tcn_http_request request = {.method = "PUT",
                                .url = asker_url(url, sizeof url, peer_port(p), "/a?b=c"),
                                .headers = headers,
                                .header_count = TCN_COUNT(headers),
                                .body = TCN_STR("body")};
    asker_ask(&a, &request, &got);
    peer_stop(p, &requests, NULL);
    char expected[512];
    (void)snprintf(
        expected, sizeof expected,
        "PUT /a?b=c HTTP/1.1\r\nHost: %s\r\nUser-Agent: tocsin/test\r\nAccept: */*\r\n"
        "X-One: 1\r\nX-Empty:\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbody",
        (asker_url(url, sizeof url, peer_port(p), ""), url + 7));
    assert_string_equal(requests, expected);
    assert_int_equal(got.error, 0);
    assert_int_equal(got.status, 200);
}

static void sends_a_large_body_without_expecting(void **state)
{
    (void)state;
    static char body[40000];
    const char *requests;
    const peer_step step = {OK_EMPTY, PEER_CLOSE, 0};
    memset(body, 'x', sizeof body);
    peer *p = peer_start(&step, 1);
    tcn_http_request request = {.method = "POST",
                                .url = asker_url(url, sizeof url, peer_port(p), "/"),
                                .body = tcn_str_of(body, sizeof body)};
    asker_ask(&a, &request, &got);
    peer_stop(p, &requests, NULL);
    assert_int_equal(got.status, 200);
    assert_null(strstr(requests, "Expect"));
    assert_null(strstr(requests, "Content-Type"));
}

/* libcurl reads as long as something comes, and nothing of it is head or body. */
static void ends_an_answer_that_does_not_end(void **state)
{
    (void)state;
    static const char head[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;";
    size_t size = (size_t)40 << 20;
    char *bytes = malloc(size);
    assert_non_null(bytes);
    memset(bytes, 'e', size);
    memcpy(bytes, head, sizeof head - 1);
    bytes[size - 1] = '\0';
    one_step(bytes, PEER_CLOSE, (tcn_http_request){0});
    free(bytes);
    assert_int_equal(got.error, TCN_E_IO);
    assert_non_null(strstr(got.text, "the answer does not end"));
}

static void sends_each_method(void **state)
{
    (void)state;
    static const char *const methods[] = {"GET",   "POST",   "PUT",
                                          "PATCH", "DELETE", "OPTIONS"};
    for (size_t i = 0; i < TCN_COUNT(methods); i++) {
        const char *requests;
        const peer_step step = {OK_EMPTY, PEER_CLOSE, 0};
        peer *p = peer_start(&step, 1);
        tcn_http_request request = {.method = methods[i],
                                    .url = asker_url(url, sizeof url, peer_port(p), "/")};
        asker_ask(&a, &request, &got);
        peer_stop(p, &requests, NULL);
        assert_int_equal(got.status, 200);
        assert_memory_equal(requests, methods[i], strlen(methods[i]));
        bool has_length = strstr(requests, "Content-Length: 0\r\n") != NULL;
        assert_int_equal(has_length, methods[i][0] == 'P');
    }
    one_step("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", PEER_CLOSE,
             (tcn_http_request){.method = "HEAD"});
    assert_int_equal(got.error, 0);
    assert_int_equal(got.body_len, 0);
}

static void uses_a_connection_again(void **state)
{
    (void)state;
    size_t connections;
    const peer_step steps[] = {
        {OK_EMPTY, PEER_KEEP, 0}, {OK_EMPTY, PEER_KEEP, 0}, {OK_EMPTY, PEER_CLOSE, 0}};
    peer *p = peer_start(steps, TCN_COUNT(steps));
    tcn_http_request request = {.url = asker_url(url, sizeof url, peer_port(p), "/")};
    for (size_t i = 0; i < TCN_COUNT(steps); i++) {
        asker_ask(&a, &request, &got);
        assert_int_equal(got.status, 200);
    }
    peer_stop(p, NULL, &connections);
    assert_int_equal(connections, 1);
}

static void shows_headers_in_lower_case(void **state)
{
    (void)state;
    one_step(
        "HTTP/1.1 201 Created\r\nX-THING:  two words \r\nContent-Length: 2\r\n\r\nhi",
        PEER_CLOSE, (tcn_http_request){0});
    assert_int_equal(got.status, 201);
    assert_int_equal(got.header_count, 2);
    assert_string_equal(got.first_name, "x-thing");
    assert_string_equal(got.first_value, "two words");
    assert_string_equal(got.body, "hi");
    assert_string_equal(got.text, "");
    assert_int_equal(got.retry_after_ms, -1);
}

static void forgets_interim_answers(void **state)
{
    (void)state;
    one_step(
        "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\nB: 1\r\n\r\n",
        PEER_CLOSE, (tcn_http_request){0});
    assert_int_equal(got.status, 204);
    assert_int_equal(got.header_count, 1);
    assert_string_equal(got.first_name, "b");
}

static void passes_on_every_status(void **state)
{
    (void)state;
    for (int status = 200; status < 600; status += 33) {
        char bytes[128];
        (void)snprintf(bytes, sizeof bytes, "HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n",
                       status);
        one_step(bytes, PEER_CLOSE, (tcn_http_request){0});
        assert_int_equal(got.error, 0);
        assert_int_equal(got.status, status);
    }
}

static void reads_retry_after(void **state)
{
    (void)state;
    one_step("HTTP/1.1 429 X\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", PEER_CLOSE,
             (tcn_http_request){0});
    assert_int_equal(got.status, 429);
    assert_int_equal(got.retry_after_ms, 7000);
    one_step("HTTP/1.1 503 X\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n",
             PEER_CLOSE, (tcn_http_request){0});
    assert_int_equal(got.retry_after_ms, -1);
}

typedef struct failure {
    const char *bytes;
    enum peer_end end;
    int error;
} failure;

static const failure failures[] = {
    {NULL, PEER_CLOSE, TCN_E_IO},
    {NULL, PEER_RESET, TCN_E_IO},
    {"HTTP/1.1 200", PEER_CLOSE, TCN_E_IO},
    {"HTTP/1.1 200", PEER_RESET, TCN_E_IO},
    {"HTTP/1.1 200 OK\r\nContent-Le", PEER_RESET, TCN_E_IO},
    {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", PEER_CLOSE, TCN_E_IO},
    {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", PEER_RESET, TCN_E_IO},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", PEER_CLOSE,
     TCN_E_IO},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab", PEER_CLOSE,
     TCN_E_IO},
    {"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", PEER_CLOSE, TCN_E_IO},
    {"hello, this is no HTTP\r\n\r\n", PEER_CLOSE, TCN_E_IO},
    {"HTTP/1.1 abc OK\r\n\r\n", PEER_CLOSE, TCN_E_IO},
    {"HTTP/9.9 200 OK\r\n\r\n", PEER_CLOSE, TCN_E_IO},
    {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", PEER_HOLD, TCN_E_TIMEOUT},
    {NULL, PEER_HOLD, TCN_E_TIMEOUT},
    {"HTTP/1.1 200 OK\r\nX: ", PEER_HOLD, TCN_E_TIMEOUT},
    {"HTTP/1.1 200 OK\r\nX-Endless: trickle\r\nX-Endless: trickle\r\n", PEER_DRIP,
     TCN_E_TIMEOUT},
};

static void names_what_went_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < TCN_COUNT(failures); i++) {
        one_step(failures[i].bytes, failures[i].end,
                 (tcn_http_request){.timeout_ms = 150});
        if (got.error != failures[i].error)
            fail_msg("case %zu: %s (%s)", i, tcn_err_name(got.error), got.text);
        assert_int_equal(got.status, 0);
        assert_null(strstr(got.text, "secret"));
        assert_null(strstr(got.text, "path"));
        assert_memory_equal(got.text, "http://127.0.0.1:", 17);
        assert_true(got.elapsed_ms < 600);
    }
}

static void survives_a_reset_before_the_request_is_read(void **state)
{
    (void)state;
    const peer_step steps[] = {{NULL, PEER_RESET, 1}, {NULL, PEER_RESET, 4}};
    for (size_t i = 0; i < TCN_COUNT(steps); i++) {
        peer *p = peer_start(&steps[i], 1);
        tcn_http_request request = {.url = asker_url(url, sizeof url, peer_port(p), "/")};
        asker_ask(&a, &request, &got);
        /* It may come so early that there never was a connection. */
        assert_true(got.error == TCN_E_IO || got.error == TCN_E_CONNECT);
        peer_stop(p, NULL, NULL);
    }
}

static void says_when_nobody_listens(void **state)
{
    (void)state;
    const peer_step step = {OK_EMPTY, PEER_CLOSE, 0};
    peer *p = peer_start(&step, 0);
    int port = peer_port(p);
    peer_stop(p, NULL, NULL);
    tcn_http_request request = {.url = asker_url(url, sizeof url, port, "/x?y=z")};
    asker_ask(&a, &request, &got);
    assert_int_equal(got.error, TCN_E_CONNECT);
    assert_non_null(strstr(got.text, "/***: "));
}

static void says_when_a_name_is_unknown(void **state)
{
    (void)state;
    tcn_http_request request = {.url = "http://no-such-host.invalid/"};
    asker_ask(&a, &request, &got);
    assert_int_equal(got.error, TCN_E_RESOLVE);
}

static void keeps_so_much_of_a_body(void **state)
{
    (void)state;
    one_step("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789", PEER_CLOSE,
             (tcn_http_request){.max_response = 4});
    assert_int_equal(got.error, 0);
    assert_true(got.is_truncated);
    assert_string_equal(got.body, "0123");
}

static void gives_an_endless_body_up(void **state)
{
    (void)state;
    one_step(
        "HTTP/1.1 200 OK\r\n\r\nendless endless endless endless endless endless endless",
        PEER_REPEAT, (tcn_http_request){.max_response = 100});
    assert_int_equal(got.error, 0);
    assert_int_equal(got.status, 200);
    assert_true(got.is_truncated);
    assert_int_equal(got.body_len, 100);
}

static void gives_endless_headers_up(void **state)
{
    (void)state;
    one_step(
        "HTTP/1.1 200 OK\r\nX-Very: much, very much, more and more and more of it\r\n",
        PEER_REPEAT, (tcn_http_request){0});
    assert_int_equal(got.error, TCN_E_IO);
}

static void cancels(void **state)
{
    (void)state;
    const peer_step step = {NULL, PEER_HOLD, 0};
    peer *p = peer_start(&step, 1);
    tcn_exchange *exchange = NULL;
    tcn_http_request request = {.url = asker_url(url, sizeof url, peer_port(p), "/")};
    assert_int_equal(asker_begin(&a, &request, &got, &exchange, NULL), 0);
    for (int i = 0; i < 5; i++)
        (void)uv_run(&a.loop, UV_RUN_NOWAIT);
    tcn_exchange_cancel(exchange);
    tcn_exchange_cancel(exchange);
    assert_false(got.is_done);
    asker_wait(&a, &got);
    assert_int_equal(got.error, TCN_E_CANCELED);
    asker_stop(&a);
    peer_stop(p, NULL, NULL);
    asker_start(&a, NULL, true);
}

static void cancels_what_is_open_when_it_closes(void **state)
{
    (void)state;
    const peer_step step = {NULL, PEER_HOLD, 1};
    peer *p = peer_start(&step, 0);
    asked all[20];
    tcn_http_request request = {.url = asker_url(url, sizeof url, peer_port(p), "/")};
    for (size_t i = 0; i < TCN_COUNT(all); i++)
        assert_int_equal(asker_begin(&a, &request, &all[i], NULL, NULL), 0);
    for (int i = 0; i < 5; i++)
        (void)uv_run(&a.loop, UV_RUN_NOWAIT);
    asker_stop(&a);
    peer_stop(p, NULL, NULL);
    for (size_t i = 0; i < TCN_COUNT(all); i++) {
        assert_int_equal(all[i].calls, 1);
        assert_int_equal(all[i].error, TCN_E_CANCELED);
    }
    asker_start(&a, NULL, true);
}

static void refuses_requests_that_cannot_be_sent(void **state)
{
    (void)state;
    static const struct {
        const char *method, *url, *name, *value, *text;
    } bad[] = {
        {"GET", "ftp://h/", "", "", "URL is not http or https"},
        {"GET", "file:///etc/passwd", "", "", "URL is not http or https"},
        {"GET", "/relative", "", "", "URL is not usable"},
        {"GET", "http://u:p@h/", "", "", "URL holds a user name or password"},
        {"GET", "http://h:0/", "", "", "port"},
        {"GET", "http://h/a\nb", "", "", "URL is not usable"},
        {"BAD METHOD", "http://h/", "", "", "method is not usable"},
        {"CONNECT", "http://h/", "", "", "method is not usable"},
        {"GET", "http://h/", "A B", "c", "header name is not a token"},
        {"GET", "http://h/", "A", "c\r\nB: d", "value of header A holds a line break"},
        {"GET", "http://h/", "A", "c\nB: d", "value of header A holds a line break"},
        {"GET", "http://h/", "A", "c\033d",
         "value of header A holds a control character"},
        {"GET", "http://h/", "Content-Length", "3",
         "header Content-Length cannot be set"},
        {"GET", "http://h/", "host", "x", "header host cannot be set"},
    };
    for (size_t i = 0; i < TCN_COUNT(bad); i++) {
        tcn_err err = {0};
        const tcn_header header = {tcn_str_c(bad[i].name), tcn_str_c(bad[i].value)};
        tcn_http_request request = {.method = bad[i].method,
                                    .url = bad[i].url,
                                    .headers = &header,
                                    .header_count = header.name.len > 0 ? 1 : 0};
        assert_true(asker_begin(&a, &request, &got, NULL, &err) < 0);
        if (strstr(err.text, bad[i].text) == NULL)
            fail_msg("%s: %s", bad[i].text, err.text);
    }
}

static void never_connects_where_the_guard_says_no(void **state)
{
    (void)state;
    static const struct {
        const char *url, *text;
    } urls[] = {
        {"http://127.0.0.1:1/", "refused to connect to 127.0.0.1 (loopback address)"},
        {"http://2130706433:1/", "refused to connect to 127.0.0.1 (loopback address)"},
        {"http://0x7f.1:1/", "refused to connect to 127.0.0.1 (loopback address)"},
        {"http://0177.0.0.1:1/", "refused to connect to 127.0.0.1 (loopback address)"},
        {"http://[::1]:1/", "refused to connect to ::1 (loopback address)"},
        {"http://[::ffff:10.0.0.7]:1/",
         "refused to connect to ::ffff:10.0.0.7 (private network)"},
        {"http://10.0.0.7:1/", "refused to connect to 10.0.0.7 (private network)"},
        {"http://169.254.169.254/",
         "refused to connect to 169.254.169.254 (link-local address)"},
        {"http://localhost:1/", "(loopback address)"},
    };
    asker strict;
    asker_start(&strict, NULL, false);
    for (size_t i = 0; i < TCN_COUNT(urls); i++) {
        tcn_http_request request = {.url = urls[i].url};
        asker_ask(&strict, &request, &got);
        assert_int_equal(got.error, TCN_E_DENIED);
        if (strstr(got.text, urls[i].text) == NULL)
            fail_msg("%s: %s", urls[i].url, got.text);
    }
    asker_stop(&strict);
}

/* The connection is open already, for somebody who may use it. */
static void asks_the_guard_again_before_a_connection_is_shared(void **state)
{
    (void)state;
    const char *requests;
    const peer_step step = {OK_EMPTY, PEER_HOLD, 0};
    peer *p = peer_start(&step, 1);
    tcn_http_request request = {.url =
                                    asker_url(url, sizeof url, peer_port(p), "/first")};
    asker_ask(&a, &request, &got);
    assert_int_equal(got.status, 200);
    request.flags = TCN_HTTP_NO_PRIVATE;
    request.url = asker_url(url, sizeof url, peer_port(p), "/second");
    asker_ask(&a, &request, &got);
    assert_int_equal(got.error, TCN_E_DENIED);
    asker_stop(&a);
    peer_stop(p, &requests, NULL);
    assert_null(strstr(requests, "/second"));
    asker_start(&a, NULL, true);
}

static void checks_the_target_before_it_asks_a_proxy(void **state)
{
    (void)state;
    static const char *const allow[] = {"127.0.0.1", NULL};
    const peer_step step = {OK_EMPTY, PEER_CLOSE, 0};
    const char *requests;
    asker strict;
    asker_start(&strict, allow, false);
    peer *p = peer_start(&step, 1);
    char proxy[64];
    tcn_http_request request = {.url = "http://10.0.0.7/",
                                .proxy =
                                    asker_url(proxy, sizeof proxy, peer_port(p), "")};
    asker_ask(&strict, &request, &got);
    assert_int_equal(got.error, TCN_E_DENIED);
    assert_string_equal(got.text, "refused to connect to 10.0.0.7 (private network)");
    request.url = "http://127.0.0.1:9/x";
    asker_ask(&strict, &request, &got);
    assert_int_equal(got.status, 200);
    peer_stop(p, &requests, NULL);
    assert_memory_equal(requests, "GET http://127.0.0.1:9/x HTTP/1.1", 33);
    asker_stop(&strict);
}

static void leaves_the_environment_alone(void **state)
{
    (void)state;
    assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
    one_step(OK_EMPTY, PEER_CLOSE, (tcn_http_request){0});
    assert_int_equal(got.status, 200);
    assert_int_equal(unsetenv("http_proxy"), 0);
}

static void speaks_of_tls_when_tls_fails(void **state)
{
    (void)state;
    const peer_step step = {"HTTP/1.1 400 no TLS here\r\n\r\n", PEER_CLOSE, 2};
    peer *p = peer_start(&step, 1);
    (void)snprintf(url, sizeof url, "https://127.0.0.1:%d/", peer_port(p));
    tcn_http_request request = {.url = url};
    asker_ask(&a, &request, &got);
    peer_stop(p, NULL, NULL);
    assert_int_equal(got.error, TCN_E_TLS);
}

static size_t open_descriptors(void)
{
    size_t count = 0;
    for (int fd = 0; fd < 1024; fd++)
        count += fd == dup2(fd, fd);
    return count;
}

static void leaves_no_descriptors_behind(void **state)
{
    (void)state;
    one_step(NULL, PEER_RESET, (tcn_http_request){0});
    size_t before = open_descriptors();
    for (int i = 0; i < 100; i++)
        one_step(i % 2 == 0 ? NULL : "HTTP/1.1 2", PEER_RESET, (tcn_http_request){0});
    assert_int_equal(open_descriptors(), before);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
static const struct CMUnitTest cases[] = {
    CASE(sends_exactly_what_was_asked),
    CASE(sends_a_large_body_without_expecting),
    CASE(ends_an_answer_that_does_not_end),
    CASE(sends_each_method),
    CASE(uses_a_connection_again),
    CASE(shows_headers_in_lower_case),
    CASE(forgets_interim_answers),
    CASE(passes_on_every_status),
    CASE(reads_retry_after),
    CASE(names_what_went_wrong),
    CASE(survives_a_reset_before_the_request_is_read),
    CASE(says_when_nobody_listens),
    CASE(says_when_a_name_is_unknown),
    CASE(keeps_so_much_of_a_body),
    CASE(gives_an_endless_body_up),
    CASE(gives_endless_headers_up),
    CASE(cancels),
    CASE(cancels_what_is_open_when_it_closes),
    CASE(refuses_requests_that_cannot_be_sent),
    CASE(never_connects_where_the_guard_says_no),
    CASE(asks_the_guard_again_before_a_connection_is_shared),
    CASE(checks_the_target_before_it_asks_a_proxy),
    CASE(leaves_the_environment_alone),
    CASE(speaks_of_tls_when_tls_fails),
    CASE(leaves_no_descriptors_behind),
};

int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(cases, NULL, NULL);
}
