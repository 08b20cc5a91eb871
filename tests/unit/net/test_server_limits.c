/* SPDX-License-Identifier: Apache-2.0 */
/* test_server_limits.c - sizes, deadlines and numbers of connections. Deadlines are the
 * kernel's time here, so they are short. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/compiler.h"
#include "rig.h"
#include "wire.h"

#define H "Host: t\r\n"

static char out[WIRE_MAX];

static tcn_server_limits small(void)
{
    tcn_server_limits limits = tcn_server_limits_default;
    limits.request_size = 1000;
    limits.headers = 5;
    limits.header_size = 2048;
    return limits;
}

static tcn_server_limits hasty(void)
{
    tcn_server_limits limits = tcn_server_limits_default;
    limits.header_timeout_ms = 40;
    limits.body_timeout_ms = 40;
    limits.idle_timeout_ms = 40;
    return limits;
}

static int setup_small(void **state)
{
    tcn_server_limits limits = small();
    *state = rig_start(&limits, "127.0.0.1:0", NULL);
    return 0;
}

static int setup_hasty(void **state)
{
    tcn_server_limits limits = hasty();
    *state = rig_start(&limits, "127.0.0.1:0", NULL);
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

static void takes_a_body_of_the_size_that_is_allowed(void **state)
{
    char request[2048];
    (void)snprintf(request, sizeof request,
                   "POST /echo HTTP/1.1\r\n" H "Content-Length: 1000\r\n\r\n%01000d", 7);
    assert_int_equal(ask(state, request), 200);
}

static void refuses_a_larger_body_at_once(void **state)
{
    int fd = wire_connect(rig_address(*state, 0));
    wire_send_text(fd, "POST /echo HTTP/1.1\r\n" H "Content-Length: 1001\r\n\r\n");
    assert_int_equal(wire_read_answer(fd, out, sizeof out), 413);
    (void)close(fd);
}

/* Ten megabytes are on their way while the answer comes: it must not be lost by a reset.
 */
static void lets_a_sender_of_too_much_read_why(void **state)
{
    static char body[1 << 20];
    int fd = wire_connect(rig_address(*state, 0));
    memset(body, 'x', sizeof body);
    wire_send_text(fd, "POST /echo HTTP/1.1\r\n" H "Content-Length: 10485760\r\n\r\n");
    for (int i = 0; i < 10; i++)
        wire_send(fd, body, sizeof body);
    assert_int_equal(wire_read_answer(fd, out, sizeof out), 413);
    assert_non_null(strstr(out, "{\"detail\":\"request body is too large\"}"));
    (void)close(fd);
}

static void refuses_chunks_that_become_too_much(void **state)
{
    int fd = wire_connect(rig_address(*state, 0));
    wire_send_text(fd, "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 40; i++)
        wire_send_text(fd, "20\r\n01234567890123456789012345678901\r\n");
    assert_int_equal(wire_read_answer(fd, out, sizeof out), 413);
    assert_non_null(strstr(out, "{\"detail\":\"request body is too large\"}"));
    (void)close(fd);
}

static void refuses_many_and_long_headers(void **state)
{
    char request[8192];
    assert_int_equal(ask(state, "GET /now HTTP/1.1\r\n" H
                                "A: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\nE: 1\r\n\r\n"),
                     431);
    (void)snprintf(request, sizeof request,
                   "GET /now HTTP/1.1\r\n" H "A: %03000d\r\n\r\n", 7);
    assert_int_equal(ask(state, request), 431);
}

static void refuses_long_targets(void **state)
{
    rig *r = rig_start(&tcn_server_limits_default, "127.0.0.1:0", NULL);
    (void)state;
    static char request[200000];
    const int lengths[] = {9000, 100000};
    for (size_t i = 0; i < TCN_COUNT(lengths); i++) {
        (void)snprintf(request, sizeof request, "GET /%0*d HTTP/1.1\r\n" H "\r\n",
                       lengths[i], 7);
        assert_int_equal(wire_ask(rig_address(r, 0), request, out, sizeof out), 414);
    }
    rig_stop(r);
}

static void ends_a_silent_connection(void **state)
{
    int fd = wire_connect(rig_address(*state, 0));
    assert_true(wire_read_all(fd, out, sizeof out));
    assert_string_equal(out, "");
    (void)close(fd);
}

static void answers_408_to_slow_headers(void **state)
{
    int fd = wire_connect(rig_address(*state, 0));
    wire_send_text(fd, "GET /now HTTP/1.1\r\nHost:");
    assert_int_equal(wire_read_answer(fd, out, sizeof out), 408);
    assert_int_equal(wire_read_answer(fd, out, sizeof out), 0);
    (void)close(fd);
    rig_wait_connections(*state, 0);
}

static void answers_408_to_a_body_that_stops(void **state)
{
    int fd = wire_connect(rig_address(*state, 0));
    wire_send_text(fd, "POST /echo HTTP/1.1\r\n" H "Content-Length: 10\r\n\r\nabc");
    assert_int_equal(wire_read_answer(fd, out, sizeof out), 408);
    assert_int_equal(wire_read_answer(fd, out, sizeof out), 0);
    (void)close(fd);
    rig_wait_connections(*state, 0);
}

static void answers_408_to_a_body_that_drips(void **state)
{
    int fd = wire_connect(rig_address(*state, 0));
    wire_send_text(fd, "POST /echo HTTP/1.1\r\n" H "Content-Length: 100000\r\n\r\n");
    int64_t sent = 0;
    /* One byte at a time, with a turn of the loop between: far less than 1 KiB a second
     * once the deadline is over. */
    while (rig_counts(*state).connections == 1 && sent++ < 100000) {
        struct timespec nap = {.tv_nsec = 5000000};
        wire_send_text(fd, "x");
        (void)nanosleep(&nap, NULL);
    }
    assert_int_equal(rig_counts(*state).requests, 0);
    assert_int_equal(rig_counts(*state).refused, 1);
    (void)close(fd);
}

static void ends_an_idle_connection(void **state)
{
    int fd = wire_connect(rig_address(*state, 0));
    wire_send_text(fd, "GET /now HTTP/1.1\r\n" H "\r\n");
    assert_int_equal(wire_read_answer(fd, out, sizeof out), 204);
    assert_int_equal(wire_read_answer(fd, out, sizeof out), 0);
    (void)close(fd);
}

static void ends_a_client_that_does_not_read_its_answer(void **state)
{
    tcn_server_limits limits = hasty();
    rig *r = rig_start(&limits, "127.0.0.1:0", NULL);
    (void)state;
    int fd = wire_connect(rig_address(r, 0));
    wire_send_text(fd, "GET /hold HTTP/1.1\r\n" H "\r\nGET /now HTTP/1.1\r\n" H "\r\n");
    rig_wait_held(r, 1);
    rig_release(r);
    rig_wait_connections(r, 0);
    (void)close(fd);
    rig_stop(r);
}

/* Of an answer that is not read any further. */
static int status_begun(int fd)
{
    char line[sizeof "HTTP/1.1 200" - 1];
    assert_int_equal(recv(fd, line, sizeof line, MSG_WAITALL), sizeof line);
    return (line[9] - '0') * 100 + (line[10] - '0') * 10 + line[11] - '0';
}

/* The first answer, of 4 MiB, stays on its way; small ones are given all the same. */
static void refuses_large_answers_while_many_wait_to_be_read(void **state)
{
    tcn_server_limits limits = tcn_server_limits_default;
    limits.answers = (size_t)6 << 20;
    rig *r = rig_start(&limits, "127.0.0.1:0", NULL);
    (void)state;
    int fd = wire_connect(rig_address(r, 0));
    int room = 4096; /* in the kernel, which would take all of the answer */
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room), 0);
    wire_send_text(fd, "GET /big HTTP/1.1\r\n" H "\r\n");
    assert_int_equal(status_begun(fd), 200);
    const char *again = "GET /big HTTP/1.1\r\n" H "Connection: close\r\n\r\n";
    assert_int_equal(wire_ask(rig_address(r, 0), again, out, sizeof out), 503);
    assert_non_null(strstr(out, "Retry-After: 1\r\n"));
    assert_int_equal(
        wire_ask(rig_address(r, 0), "GET /echo HTTP/1.1\r\n" H "\r\n", out, sizeof out),
        200);
    (void)close(fd);
    rig_wait_connections(r, 0);
    fd = wire_connect(rig_address(r, 0));
    wire_send_text(fd, again);
    assert_int_equal(status_begun(fd), 200);
    (void)close(fd);
    rig_stop(r);
}

/* A handler may take its time: that is not the client's fault. */
static void never_ends_a_request_that_waits_for_its_answer(void **state)
{
    int fd = wire_connect(rig_address(*state, 0));
    int other = wire_connect(rig_address(*state, 0));
    wire_send_text(fd, "GET /hold HTTP/1.1\r\n" H "\r\n");
    rig_wait_held(*state, 1);
    assert_int_equal(wire_read_answer(other, out, sizeof out),
                     0); /* the deadline is over */
    rig_release(*state);
    assert_int_equal(wire_read_answer(fd, out, sizeof out), 200);
    (void)close(fd);
    (void)close(other);
}

static void limits_connections(void **state)
{
    (void)state;
    tcn_server_limits limits = tcn_server_limits_default;
    limits.connections_per_address = 3;
    rig *r = rig_start(&limits, "127.0.0.1:0", NULL);
    int fds[3];
    for (size_t i = 0; i < TCN_COUNT(fds); i++)
        fds[i] = wire_connect(rig_address(r, 0));
    rig_wait_connections(r, 3);
    int fd = wire_connect(rig_address(r, 0));
    (void)wire_read_all(fd, out, sizeof out);
    (void)close(fd);
    for (size_t i = 0; i < TCN_COUNT(fds); i++)
        (void)close(fds[i]);
    rig_wait_connections(r, 0);
    assert_int_equal(
        wire_ask(rig_address(r, 0), "GET /now HTTP/1.1\r\n" H "\r\n", out, sizeof out),
        204);
    rig_stop(r);
}

/* At the limit new connections wait in the backlog; they are served when others have
 * gone. */
static void serves_again_after_the_limit_was_reached(void **state)
{
    (void)state;
    tcn_server_limits limits = tcn_server_limits_default;
    limits.connections = 2;
    rig *r = rig_start(&limits, "127.0.0.1:0", NULL);
    int first = wire_connect(rig_address(r, 0));
    int second = wire_connect(rig_address(r, 0));
    rig_wait_connections(r, 2);
    int third = wire_connect(rig_address(r, 0));
    wire_send_text(third, "GET /now HTTP/1.1\r\n" H "\r\n");
    (void)close(first);
    (void)close(second);
    assert_int_equal(wire_read_answer(third, out, sizeof out), 204);
    (void)close(third);
    rig_stop(r);
}

#define SMALL(name) cmocka_unit_test_setup_teardown(name, setup_small, teardown)
#define HASTY(name) cmocka_unit_test_setup_teardown(name, setup_hasty, teardown)
static const struct CMUnitTest cases[] = {
    SMALL(takes_a_body_of_the_size_that_is_allowed),
    SMALL(refuses_a_larger_body_at_once),
    SMALL(lets_a_sender_of_too_much_read_why),
    SMALL(refuses_chunks_that_become_too_much),
    SMALL(refuses_many_and_long_headers),
    cmocka_unit_test(refuses_long_targets),
    HASTY(ends_a_silent_connection),
    HASTY(answers_408_to_slow_headers),
    HASTY(answers_408_to_a_body_that_stops),
    HASTY(answers_408_to_a_body_that_drips),
    HASTY(ends_an_idle_connection),
    cmocka_unit_test(ends_a_client_that_does_not_read_its_answer),
    cmocka_unit_test(refuses_large_answers_while_many_wait_to_be_read),
    HASTY(never_ends_a_request_that_waits_for_its_answer),
    cmocka_unit_test(limits_connections),
    cmocka_unit_test(serves_again_after_the_limit_was_reached),
};

int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(cases, NULL, NULL);
}
