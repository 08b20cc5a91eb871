/* SPDX-License-Identifier: Apache-2.0 */
/* test_server.c - what the server understands, refuses and answers, over real sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/compiler.h"
#include "rig.h"
#include "wire.h"

#define H "Host: t\r\n"

static char out[WIRE_MAX];

static int setup(void **state)
{
    *state = rig_start(&tcn_server_limits_default, "127.0.0.1:0", NULL);
    return 0;
}

static int teardown(void **state)
{
    rig_stop(*state);
    return 0;
}

static int ask(void **state, const char *request)
{
    return wire_ask(rig_address(*state, 0), request, out, sizeof out);
}

static void gives_the_handler_what_was_asked(void **state)
{
    int status = ask(state, "PUT /a%20b/%C3%A9?y=1&x=a%2Bb+c HTTP/1.1\r\n" H
                            "X-TEST:  two words \r\nContent-Length: 5\r\n\r\nhello");
    assert_int_equal(status, 200);
    assert_non_null(strstr(out, "\r\nX-Reply: yes\r\n"));
    assert_non_null(
        strstr(out, "\r\n\r\nPUT /a b/\xc3\xa9 x=a+b c h=two words body=hello"));
}

static void decodes_once(void **state)
{
    assert_int_equal(ask(state, "GET /%2541?x=%2525 HTTP/1.1\r\n" H "\r\n"), 200);
    assert_non_null(strstr(out, "GET /%41 x=%25 "));
}

static void joins_chunks(void **state)
{
    int status =
        ask(state, "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"
                   "3\r\nabc\r\n4;ext=1\r\ndefg\r\n0\r\nTrailer: x\r\n\r\n");
    assert_int_equal(status, 200);
    assert_non_null(strstr(out, "body=abcdefg"));
}

static void answers_204_without_a_body(void **state)
{
    assert_int_equal(ask(state, "POST /now HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n"),
                     204);
    assert_null(strstr(out, "Content-Length"));
}

static void answers_head_without_a_body(void **state)
{
    int fd = wire_connect(rig_address(*state, 0));
    wire_send_text(fd, "HEAD /echo HTTP/1.1\r\n" H "Connection: close\r\n\r\n");
    assert_true(wire_read_all(fd, out, sizeof out));
    assert_non_null(strstr(out, "200 OK"));
    assert_non_null(strstr(out, "Content-Length: "));
    assert_string_equal(strstr(out, "\r\n\r\n"), "\r\n\r\n");
    (void)close(fd);
}

static void takes_options_for_the_whole_server(void **state)
{
    assert_int_equal(ask(state, "OPTIONS * HTTP/1.1\r\n" H "\r\n"), 200);
    assert_non_null(strstr(out, "OPTIONS / "));
}

static void keeps_the_connection(void **state)
{
    int fd = wire_connect(rig_address(*state, 0));
    for (int i = 0; i < 50; i++) {
        wire_send_text(fd,
                       "POST /echo?x=1 HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabc");
        assert_int_equal(wire_read_answer(fd, out, sizeof out), 200);
    }
    assert_int_equal(rig_counts(*state).connections, 1);
    (void)close(fd);
}

static void answers_pipelined_requests_in_order(void **state)
{
    int fd = wire_connect(rig_address(*state, 0));
    char all[8192] = "";
    for (int i = 0; i < 20; i++) {
        char one[128];
        (void)snprintf(one, sizeof one,
                       "POST /echo?x=%d HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\nab", i);
        memcpy(all + strlen(all), one, strlen(one) + 1);
    }
    wire_send_text(fd, all);
    for (int i = 0; i < 20; i++) {
        char expected[32];
        (void)snprintf(expected, sizeof expected, "x=%d h=", i);
        assert_int_equal(wire_read_answer(fd, out, sizeof out), 200);
        assert_non_null(strstr(out, expected));
    }
    (void)close(fd);
}

static void answers_later(void **state)
{
    int fd = wire_connect(rig_address(*state, 0));
    for (int i = 0; i < 3; i++) {
        wire_send_text(fd, "POST /hold HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\nab");
        rig_wait_held(*state, 1);
        rig_release(*state);
        assert_int_equal(wire_read_answer(fd, out, sizeof out), 200);
        assert_non_null(strstr(out, "held"));
    }
    (void)close(fd);
}

static void answers_many_later(void **state)
{
    int fds[200];
    for (size_t i = 0; i < TCN_COUNT(fds); i++) {
        fds[i] = wire_connect(rig_address(*state, 0));
        wire_send_text(fds[i], "GET /hold HTTP/1.1\r\n" H "\r\n");
    }
    rig_wait_held(*state, TCN_COUNT(fds));
    rig_release(*state);
    for (size_t i = 0; i < TCN_COUNT(fds); i++) {
        assert_int_equal(wire_read_answer(fds[i], out, sizeof out), 200);
        (void)close(fds[i]);
    }
}

static void answers_a_half_closed_client(void **state)
{
    int fd = wire_connect(rig_address(*state, 0));
    wire_send_text(fd, "POST /echo HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\nab");
    (void)shutdown(fd, SHUT_WR);
    assert_true(wire_read_all(fd, out, sizeof out));
    assert_non_null(strstr(out, "body=ab"));
    (void)close(fd);
}

static void answers_a_half_closed_client_later(void **state)
{
    int fd = wire_connect(rig_address(*state, 0));
    wire_send_text(fd, "POST /hold HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\nab");
    rig_wait_held(*state, 1);
    (void)shutdown(fd, SHUT_WR);
    /* Several turns of the loop, so that the server has seen the end of the input. */
    for (int i = 0; i < 50; i++)
        (void)rig_counts(*state);
    rig_release(*state);
    assert_true(wire_read_all(fd, out, sizeof out));
    assert_non_null(strstr(out, "held"));
    (void)close(fd);
}

static void outlives_a_client_that_goes_before_its_answer(void **state)
{
    for (int i = 0; i < 20; i++) {
        int fd = wire_connect(rig_address(*state, 0));
        wire_send_text(fd, "POST /hold HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\nab");
        rig_wait_held(*state, 1);
        wire_reset(fd);
        rig_release(*state);
    }
    rig_wait_connections(*state, 0);
    assert_int_equal(ask(state, "GET /now HTTP/1.1\r\n" H "\r\n"), 204);
}

/* Whether the request is still seen is a matter of chance. */
static void outlives_a_client_that_goes_at_once(void **state)
{
    for (int i = 0; i < 100; i++) {
        int fd = wire_connect(rig_address(*state, 0));
        wire_send_text(fd, "POST /hold HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\nab");
        wire_reset(fd);
        if (i % 10 == 0)
            rig_release(*state);
    }
    assert_int_equal(ask(state, "GET /now HTTP/1.1\r\n" H "\r\n"), 204);
}

static void outlives_a_client_that_goes_in_the_middle(void **state)
{
    const char request[] =
        "POST /echo HTTP/1.1\r\n" H "Content-Length: 20\r\n\r\n0123456789";
    for (size_t len = 1; len < sizeof request; len++) {
        int fd = wire_connect(rig_address(*state, 0));
        wire_send(fd, request, len);
        if (len % 2 == 0)
            wire_reset(fd);
        else
            (void)close(fd);
    }
    rig_wait_connections(*state, 0);
    assert_int_equal(rig_counts(*state).requests, 0);
}

static void sends_continue_before_a_body(void **state)
{
    int fd = wire_connect(rig_address(*state, 0));
    wire_send_text(fd, "POST /echo HTTP/1.1\r\n" H
                       "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    assert_int_equal(wire_read_answer(fd, out, sizeof out), 100);
    wire_send_text(fd, "ok");
    assert_int_equal(wire_read_answer(fd, out, sizeof out), 200);
    (void)close(fd);
}

static void sends_a_large_answer(void **state)
{
    int fd = wire_connect(rig_address(*state, 0));
    wire_send_text(fd, "GET /big HTTP/1.1\r\n" H "Connection: close\r\n\r\n");
    size_t total = 0;
    ssize_t n = recv(fd, out, sizeof out, 0);
    while (n > 0) {
        total += (size_t)n;
        n = recv(fd, out, sizeof out, 0);
    }
    assert_true(total > (size_t)4 << 20);
    (void)close(fd);
}

static void takes_an_absolute_target_of_its_own_host_only(void **state)
{
    assert_int_equal(ask(state, "GET http://t/echo?x=1 HTTP/1.1\r\n" H "\r\n"), 200);
    assert_non_null(strstr(out, "GET /echo x=1 "));
    assert_int_equal(ask(state, "GET http://other/echo HTTP/1.1\r\n" H "\r\n"), 400);
}

typedef struct refusal {
    const char *request;
    int status;
    const char *detail;
} refusal;

static const refusal refusals[] = {
    {"POST / HTTP/1.1\r\n" H
     "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     400, "both Content-Length and Transfer-Encoding"},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400,
     "Content-Length is repeated"},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400,
     "Transfer-Encoding is not chunked"},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: identity\r\n\r\n", 400,
     "Transfer-Encoding is not chunked"},
    {"GET / HTTP/1.1\r\n" H "Host: u\r\n\r\n", 400, "Host is repeated"},
    {"GET / HTTP/1.1\r\n" H "Bad Name: 1\r\n\r\n", 400, "header name is not a token"},
    {"GET / HTTP/1.1\r\n" H "Bad\tName: 1\r\n\r\n", 400, "header name is not a token"},
    {"GET / HTTP/1.1\r\n" H "Content-Length : 3\r\n\r\nabc", 400,
     "header name is not a token"},
    {"GET / HTTP/1.1\r\n" H ": 1\r\n\r\n", 400, "header block is malformed"},
    {"GET / HTTP/1.1\r\n" H ":\r\n\r\n", 400, "header block is malformed"},
    {"GET / HTTP/1.1\r\n" H "A: x\r\n y\r\nB: 1\r\n\r\n", 400,
     "header block is malformed"},
    {"GET / HTTP/1.1\r\n" H "A: x\ry\r\n\r\n", 400,
     "header value holds a control character"},
    {"GET / HTTP/1.1\r\n" H "A: x\001y\r\n\r\n", 400,
     "header value holds a control character"},
    {"G@T / HTTP/1.1\r\n" H "\r\n", 400, "request method is not a token"},
    {"GET /%zz HTTP/1.1\r\n" H "\r\n", 400, "bad escape in the path"},
    {"GET /%4 HTTP/1.1\r\n" H "\r\n", 400, "bad escape in the path"},
    {"GET /%00 HTTP/1.1\r\n" H "\r\n", 400, "bad escape in the path"},
    {"GET /%ff HTTP/1.1\r\n" H "\r\n", 400, "bad escape in the path"},
    {"GET /?x=%00 HTTP/1.1\r\n" H "\r\n", 400, "bad escape in the query"},
    {"GET /?x=% HTTP/1.1\r\n" H "\r\n", 400, "bad escape in the query"},
    {"GET /\xc3\xa9 HTTP/1.1\r\n" H "\r\n", 400,
     "request target holds a character that must be escaped"},
    {"GET /a#b HTTP/1.1\r\n" H "\r\n", 400,
     "request target holds a character that must be escaped"},
    {"GET a HTTP/1.1\r\n" H "\r\n", 400, "request target does not begin with /"},
    {"CONNECT t:80 HTTP/1.1\r\n" H "\r\n", 400, "request target does not begin with /"},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 2\r\nExpect: the-unexpected\r\n\r\nab", 417,
     "unknown expectation"},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 99999999\r\n\r\nab", 413,
     "request body is too large"},
};

static void refuses_what_could_be_read_in_two_ways(void **state)
{
    for (size_t i = 0; i < TCN_COUNT(refusals); i++) {
        char expected[128];
        (void)snprintf(expected, sizeof expected, "\r\n\r\n{\"detail\":\"%s\"}",
                       refusals[i].detail);
        int status = ask(state, refusals[i].request);
        if (status != refusals[i].status || strstr(out, expected) == NULL)
            fail_msg("%s gave %s", refusals[i].request, out);
        assert_non_null(strstr(out, "Connection: close"));
        assert_non_null(strstr(out, "Content-Type: application/json"));
    }
    assert_int_equal(rig_counts(*state).requests, 0);
    assert_int_equal(rig_counts(*state).refused, TCN_COUNT(refusals));
}

static void refuses_a_nul_anywhere(void **state)
{
    const char target[] = "GET /now\0x HTTP/1.1\r\n" H "\r\n";
    const char value[] = "GET /now HTTP/1.1\r\n" H "A: x\0y\r\nB: 1\r\n\r\n";
    const char last[] = "GET /now HTTP/1.1\r\n" H "A: x\0y\r\n\r\n";
    const char *address = rig_address(*state, 0);
    assert_int_equal(wire_ask_bytes(address, target, sizeof target - 1, out, sizeof out),
                     400);
    assert_int_equal(wire_ask_bytes(address, value, sizeof value - 1, out, sizeof out),
                     400);
    assert_int_equal(wire_ask_bytes(address, last, sizeof last - 1, out, sizeof out),
                     400);
}

/* A line without a name ends the headers for libmicrohttpd 0.9.75. */
static void never_makes_two_requests_of_one(void **state)
{
    int fd = wire_connect(rig_address(*state, 0));
    wire_send_text(fd, "GET /now HTTP/1.1\r\n" H ":\r\nGET /now HTTP/1.1\r\n" H "\r\n");
    (void)wire_read_all(fd, out, sizeof out);
    assert_int_equal(rig_counts(*state).requests, 0);
    (void)close(fd);
}

/* One request must never become two: whatever follows a refused one is not looked at. */
static void reads_nothing_behind_a_refused_request(void **state)
{
    int fd = wire_connect(rig_address(*state, 0));
    wire_send_text(fd, "POST / HTTP/1.1\r\n" H "Content-Length: 44\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                       "GET /now HTTP/1.1\r\n" H "\r\n");
    (void)wire_read_all(fd, out, sizeof out);
    assert_non_null(strstr(out, "400 Bad Request"));
    assert_null(strstr(out + 10, "HTTP/1.1"));
    assert_int_equal(rig_counts(*state).requests, 0);
    (void)close(fd);
}

static void asks_for_a_host(void **state)
{
    assert_int_equal(ask(state, "GET /now HTTP/1.1\r\n\r\n"), 400);
    assert_int_equal(ask(state, "GET /now HTTP/1.0\r\n\r\n"), 204);
}

static void ends_open_connections_when_it_quiets_down(void **state)
{
    int idle = wire_connect(rig_address(*state, 0));
    int held = wire_connect(rig_address(*state, 0));
    wire_send_text(idle, "GET /now HTTP/1.1\r\n" H "\r\n");
    assert_int_equal(wire_read_answer(idle, out, sizeof out), 204);
    wire_send_text(held, "GET /hold HTTP/1.1\r\n" H "\r\n");
    rig_wait_held(*state, 1);
    rig_quiesce(*state);
    assert_true(wire_read_all(idle, out, sizeof out));
    rig_release(*state);
    assert_true(wire_read_all(held, out, sizeof out));
    assert_non_null(strstr(out, "held"));
    assert_non_null(strstr(out, "Connection: close"));
    (void)close(idle);
    (void)close(held);
}

static void closes_with_requests_that_are_not_answered(void **state)
{
    int held = wire_connect(rig_address(*state, 0));
    int half = wire_connect(rig_address(*state, 0));
    wire_send_text(half, "POST /echo HTTP/1.1\r\n" H "Content-Length: 10\r\n\r\nabc");
    wire_send_text(held, "GET /hold HTTP/1.1\r\n" H "\r\n");
    rig_wait_held(*state, 1);
    rig_close(*state);
    (void)wire_read_all(held, out, sizeof out);
    assert_string_equal(out, "");
    /* The teardown answers what is held, after its connection has gone. */
    (void)close(held);
    (void)close(half);
}

static void listens_on_several_addresses(void **state)
{
    (void)state;
    char folder[] = "/tmp/tcn-net-XXXXXX";
    char unix_address[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(unix_address, sizeof unix_address, "unix:%s/s", folder);
    rig *r = rig_start(&tcn_server_limits_default, "[::1]:0", unix_address);
    struct stat st;
    assert_int_equal(stat(unix_address + 5, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(wire_ask(rig_address(r, i), "GET /now HTTP/1.1\r\n" H "\r\n",
                                  out, sizeof out),
                         204);
    rig_stop(r);
    assert_int_equal(stat(unix_address + 5, &st), -1);
    assert_int_equal(rmdir(folder), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
static const struct CMUnitTest cases[] = {
    CASE(gives_the_handler_what_was_asked),
    CASE(decodes_once),
    CASE(joins_chunks),
    CASE(answers_204_without_a_body),
    CASE(answers_head_without_a_body),
    CASE(takes_options_for_the_whole_server),
    CASE(keeps_the_connection),
    CASE(answers_pipelined_requests_in_order),
    CASE(answers_later),
    CASE(answers_many_later),
    CASE(answers_a_half_closed_client),
    CASE(answers_a_half_closed_client_later),
    CASE(outlives_a_client_that_goes_before_its_answer),
    CASE(outlives_a_client_that_goes_at_once),
    CASE(outlives_a_client_that_goes_in_the_middle),
    CASE(sends_continue_before_a_body),
    CASE(sends_a_large_answer),
    CASE(takes_an_absolute_target_of_its_own_host_only),
    CASE(refuses_what_could_be_read_in_two_ways),
    CASE(refuses_a_nul_anywhere),
    CASE(never_makes_two_requests_of_one),
    CASE(reads_nothing_behind_a_refused_request),
    CASE(asks_for_a_host),
    CASE(ends_open_connections_when_it_quiets_down),
    CASE(closes_with_requests_that_are_not_answered),
    cmocka_unit_test(listens_on_several_addresses),
};

int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(cases, NULL, NULL);
}
