/* SPDX-License-Identifier: Apache-2.0 */
/* test_redirect.c - what is followed, and what the next host gets to see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "asker.h"
#include "core/base/compiler.h"
#include "peer.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone"
#define FOUND(to)                         \
    "HTTP/1.1 302 Found\r\nLocation: " to \
    "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

static asker a;
static asked got;
static char url[256];
static const char *requests;

static const tcn_header headers[] = {
    {{"Authorization", 13}, {"Bearer s3cret", 13}},
    {{"webhook-signature", 17}, {"v1,s3cret", 9}},
    {{"X-Key", 5}, {"s3cret", 6}},
    {{"webhook-id", 10}, {"inv-1", 5}},
    {{"Content-Type", 12}, {"text/plain", 10}},
};

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

static void follow(const peer_step *steps, size_t count, uint32_t flags)
{
    peer *p = peer_start(steps, count);
    tcn_http_request request = {
        .method = "POST",
        .url = asker_url(url, sizeof url, peer_port(p), "/first?k=v"),
        .headers = headers,
        .header_count = TCN_COUNT(headers),
        .body = TCN_STR("body"),
        .flags = flags};
    asker_ask(&a, &request, &got);
    peer_stop(p, &requests, NULL);
}

static void is_an_answer_when_not_asked_for(void **state)
{
    (void)state;
    const peer_step steps[] = {{FOUND("/second"), PEER_CLOSE, 0}};
    follow(steps, 1, 0);
    assert_int_equal(got.error, 0);
    assert_int_equal(got.status, 302);
}

static void becomes_get(void **state)
{
    (void)state;
    static const char *const lines[] = {"301 Moved", "302 Found", "303 See Other"};
    for (size_t i = 0; i < TCN_COUNT(lines); i++) {
        char first[192];
        (void)snprintf(
            first, sizeof first,
            "HTTP/1.1 %s\r\nLocation: /second?x=1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
            lines[i]);
        const peer_step steps[] = {{first, PEER_CLOSE, 0}, {OK, PEER_CLOSE, 0}};
        follow(steps, 2, TCN_HTTP_FOLLOW);
        assert_int_equal(got.status, 200);
        assert_string_equal(got.body, "done");
        const char *second = strstr(requests, "GET /second?x=1 HTTP/1.1\r\n");
        assert_non_null(second);
        assert_null(strstr(second, "Content-"));
        assert_non_null(strstr(second, "Authorization: Bearer s3cret"));
    }
}

static void keeps_method_and_body(void **state)
{
    (void)state;
    static const char *const lines[] = {"307 Temporary", "308 Permanent"};
    for (size_t i = 0; i < TCN_COUNT(lines); i++) {
        char first[192];
        (void)snprintf(
            first, sizeof first,
            "HTTP/1.1 %s\r\nLocation: second\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
            lines[i]);
        const peer_step steps[] = {{first, PEER_CLOSE, 0}, {OK, PEER_CLOSE, 0}};
        follow(steps, 2, TCN_HTTP_FOLLOW);
        assert_int_equal(got.status, 200);
        const char *second = strstr(requests, "POST /second HTTP/1.1\r\n");
        assert_non_null(second);
        assert_non_null(strstr(second, "Content-Type: text/plain"));
        assert_non_null(strstr(second, "\r\n\r\nbody"));
    }
}

static void shows_another_host_no_secrets(void **state)
{
    (void)state;
    char first[192];
    const peer_step steps[] = {{first, PEER_CLOSE, 0}, {OK, PEER_CLOSE, 0}};
    peer *p = peer_start(steps, 2);
    (void)snprintf(first, sizeof first,
                   "HTTP/1.1 307 X\r\nLocation: http://localhost:%d/second\r\n"
                   "Connection: close\r\nContent-Length: 0\r\n\r\n",
                   peer_port(p));
    tcn_http_request request = {.method = "POST",
                                .url = asker_url(url, sizeof url, peer_port(p), "/first"),
                                .headers = headers,
                                .header_count = TCN_COUNT(headers),
                                .body = TCN_STR("body"),
                                .flags = TCN_HTTP_FOLLOW};
    asker_ask(&a, &request, &got);
    peer_stop(p, &requests, NULL);
    assert_int_equal(got.status, 200);
    const char *second = strstr(requests, "POST /second HTTP/1.1\r\n");
    assert_non_null(second);
    assert_null(strstr(second, "s3cret"));
    assert_non_null(strstr(second, "webhook-id: inv-1"));
}

static void ends_after_five(void **state)
{
    (void)state;
    const peer_step steps[] = {
        {FOUND("/1"), PEER_CLOSE, 0}, {FOUND("/2"), PEER_CLOSE, 0},
        {FOUND("/3"), PEER_CLOSE, 0}, {FOUND("/4"), PEER_CLOSE, 0},
        {FOUND("/5"), PEER_CLOSE, 0}, {FOUND("/6"), PEER_CLOSE, 0},
    };
    follow(steps, TCN_COUNT(steps), TCN_HTTP_FOLLOW);
    assert_int_equal(got.status, 302);
    assert_non_null(strstr(requests, "GET /5 "));
    assert_null(strstr(requests, "GET /6 "));
}

static void goes_nowhere_it_must_not(void **state)
{
    (void)state;
    static const char *const targets[] = {
        FOUND("ftp://h/"), FOUND("file:///etc/passwd"), FOUND("http://u:p@h/"),
        FOUND("http://"),  FOUND("gopher://h/"),
    };
    for (size_t i = 0; i < TCN_COUNT(targets); i++) {
        const peer_step steps[] = {{targets[i], PEER_CLOSE, 0}};
        follow(steps, 1, TCN_HTTP_FOLLOW);
        assert_int_equal(got.error, 0);
        assert_int_equal(got.status, 302);
    }
}

static void passes_through_the_guard(void **state)
{
    (void)state;
    const peer_step steps[] = {{FOUND("http://169.254.169.254/latest"), PEER_CLOSE, 0}};
    follow(steps, 1, TCN_HTTP_FOLLOW);
    assert_int_equal(got.error, TCN_E_DENIED);
    assert_string_equal(got.text,
                        "refused to connect to 169.254.169.254 (link-local address)");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
static const struct CMUnitTest cases[] = {
    CASE(is_an_answer_when_not_asked_for),
    CASE(becomes_get),
    CASE(keeps_method_and_body),
    CASE(shows_another_host_no_secrets),
    CASE(ends_after_five),
    CASE(goes_nowhere_it_must_not),
    CASE(passes_through_the_guard),
};

int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(cases, NULL, NULL);
}
