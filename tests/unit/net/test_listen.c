/* SPDX-License-Identifier: Apache-2.0 */
/* test_listen.c - addresses, and socket files that are there already. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

#include "core/base/compiler.h"
#include "core/net/listen.h"

static char folder[64];
static char address[128];

static int setup(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/tcn-net-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(address, sizeof address, "unix:%s/s", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)unlink(address + 5);
    return rmdir(folder);
}

static int open_one(const char *text, tcn_listen_socket *ret, tcn_err *err)
{
    *err = (tcn_err){0};
    return tcn_listen_open(tcn_str_c(text), ret, err);
}

static void shut(tcn_listen_socket *socket)
{
    tcn_listen_shut(socket);
    tcn_listen_deinit(socket);
}

static void shows_the_port_that_was_chosen(void **state)
{
    (void)state;
    static const char *const texts[] = {"127.0.0.1:0", "[::1]:0", "localhost:0"};
    for (size_t i = 0; i < TCN_COUNT(texts); i++) {
        tcn_listen_socket made;
        tcn_err err;
        assert_int_equal(open_one(texts[i], &made, &err), 0);
        assert_null(strstr(made.address, ":0"));
        assert_non_null(strchr(made.address, ':'));
        shut(&made);
    }
}

static void refuses_a_port_in_use(void **state)
{
    (void)state;
    tcn_listen_socket first;
    tcn_listen_socket second;
    tcn_err err;
    assert_int_equal(open_one("127.0.0.1:0", &first, &err), 0);
    assert_int_equal(open_one(first.address, &second, &err), UV_EADDRINUSE);
    assert_non_null(strstr(err.text, "cannot listen on 127.0.0.1:"));
    shut(&first);
}

static void refuses_what_is_no_address(void **state)
{
    (void)state;
    static const char *const texts[] = {"",        "4200",     ":4200",  "127.0.0.1",
                                        "h:70000", "h:x",      "::1:80", "[::1]",
                                        "[h]:80",  "1.2.3.4:", "unix:",  "h:-1"};
    for (size_t i = 0; i < TCN_COUNT(texts); i++) {
        tcn_listen_socket made;
        tcn_err err;
        if (open_one(texts[i], &made, &err) >= 0)
            fail_msg("\"%s\" was taken", texts[i]);
    }
}

static void replaces_a_stale_socket_file(void **state)
{
    (void)state;
    tcn_listen_socket made;
    tcn_err err;
    assert_int_equal(open_one(address, &made, &err), 0);
    (void)close(made.fd); /* as a killed process leaves it */
    made.fd = -1;
    tcn_listen_deinit(&made);
    assert_int_equal(open_one(address, &made, &err), 0);
    struct stat st;
    assert_int_equal(stat(address + 5, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
    shut(&made);
    assert_int_equal(stat(address + 5, &st), -1);
}

static void refuses_a_living_socket_file(void **state)
{
    (void)state;
    tcn_listen_socket first;
    tcn_listen_socket second;
    tcn_err err;
    assert_int_equal(open_one(address, &first, &err), 0);
    assert_int_equal(open_one(address, &second, &err), UV_EADDRINUSE);
    assert_non_null(strstr(err.text, "another process listens there"));
    shut(&first);
}

static void never_removes_other_files(void **state)
{
    (void)state;
    tcn_listen_socket made;
    tcn_err err;
    int fd = open(address + 5, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
    assert_int_equal(open_one(address, &made, &err), TCN_E_EXISTS);
    assert_int_equal(access(address + 5, F_OK), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
static const struct CMUnitTest cases[] = {
    CASE(shows_the_port_that_was_chosen), CASE(refuses_a_port_in_use),
    CASE(refuses_what_is_no_address),     CASE(replaces_a_stale_socket_file),
    CASE(refuses_a_living_socket_file),   CASE(never_removes_other_files),
};

int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(cases, NULL, NULL);
}
