/* SPDX-License-Identifier: Apache-2.0 */
/* test_guard.c - every range that is refused, in every form that an address can take. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/compiler.h"
#include "core/net/guard.h"

static const char *check(const tcn_guard *guard, const char *address, const char *host,
                         bool no_private)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, address, &in.sin_addr) == 1)
        return tcn_guard_check(guard, (void *)&in, sizeof in, tcn_str_c(host),
                               no_private);
    assert_int_equal(inet_pton(AF_INET6, address, &in6.sin6_addr), 1);
    return tcn_guard_check(guard, (void *)&in6, sizeof in6, tcn_str_c(host), no_private);
}

static tcn_guard *guard_of(const char *const *allow, size_t count, bool private_allowed)
{
    tcn_guard *guard = NULL;
    assert_int_equal(tcn_guard_new(allow, count, private_allowed, &guard, NULL), 0);
    return guard;
}

static const struct {
    const char *address, *reason;
    bool is_private;
} ranges[] = {
    {"0.0.0.0", "unspecified address", false},
    {"0.1.2.3", "unspecified address", false},
    {"10.0.0.0", "private network", true},
    {"10.255.255.255", "private network", true},
    {"100.64.0.0", "private network", true},
    {"100.127.255.255", "private network", true},
    {"127.0.0.1", "loopback address", true},
    {"127.255.255.254", "loopback address", true},
    {"169.254.169.254", "link-local address", false},
    {"172.16.0.0", "private network", true},
    {"172.31.255.255", "private network", true},
    {"192.0.0.8", "reserved network", false},
    {"192.168.1.1", "private network", true},
    {"198.18.0.0", "reserved network", false},
    {"198.19.255.255", "reserved network", false},
    {"224.0.0.1", "multicast address", false},
    {"239.255.255.255", "multicast address", false},
    {"240.0.0.1", "reserved network", false},
    {"255.255.255.255", "reserved network", false},
    {"::", "unspecified address", false},
    {"::1", "loopback address", true},
    {"::7f00:1", "loopback address", true},
    {"::ffff:10.0.0.7", "private network", true},
    {"::ffff:169.254.169.254", "link-local address", false},
    {"64:ff9b::10.0.0.7", "private network", true},
    {"64:ff9b::169.254.169.254", "link-local address", false},
    {"64:ff9b:1::127.0.0.1", "loopback address", true},
    {"2002:a00:7::1", "private network", true},
    {"::ffff:0:10.0.0.7", "private network", true},
    {"::ffff:0:169.254.169.254", "link-local address", false},
    {"2001:0:808:808::80ff:fffe", "loopback address", true},
    {"2001::5601:5601", "link-local address", false},
    {"fc00::1", "private network", true},
    {"fdff::1", "private network", true},
    {"fd00:ec2::254", "metadata address", false},
    {"fe80::1", "link-local address", false},
    {"febf::1", "link-local address", false},
    {"fec0::1", "private network", true},
    {"ff02::1", "multicast address", false},
};

static void knows_every_range(void **state)
{
    (void)state;
    tcn_guard *lax = guard_of(NULL, 0, true);
    tcn_guard *strict = guard_of(NULL, 0, false);
    for (size_t i = 0; i < TCN_COUNT(ranges); i++) {
        const char *address = ranges[i].address;
        const char *reason = check(strict, address, "", false);
        if (reason == NULL || strcmp(reason, ranges[i].reason) != 0)
            fail_msg("%s: %s", address, reason);
        reason = check(lax, address, "", false);
        if ((reason == NULL) != ranges[i].is_private)
            fail_msg("%s with private allowed: %s", address, reason);
        if (check(lax, address, "", true) == NULL)
            fail_msg("%s with no_private", address);
    }
    tcn_guard_free(lax);
    tcn_guard_free(strict);
}

static void lets_public_addresses_pass(void **state)
{
    (void)state;
    static const char *const addresses[] = {
        "1.1.1.1",         "9.255.255.255",        "11.0.0.0",         "100.63.255.255",
        "100.128.0.0",     "126.255.255.255",      "128.0.0.0",        "169.253.255.255",
        "169.255.0.0",     "172.15.255.255",       "172.32.0.0",       "192.0.1.0",
        "192.167.255.255", "192.169.0.0",          "198.17.255.255",   "198.20.0.0",
        "223.255.255.255", "2001:4860:4860::8888", "64:ff9b::1.1.1.1", "::ffff:8.8.8.8",
        "2002:808:808::1", "2001::f7f7:f7f7",      "2001:1::a00:7",
    };
    tcn_guard *guard = guard_of(NULL, 0, false);
    for (size_t i = 0; i < TCN_COUNT(addresses); i++)
        if (check(guard, addresses[i], "", true) != NULL)
            fail_msg("%s", addresses[i]);
    tcn_guard_free(guard);
}

static void has_exceptions(void **state)
{
    (void)state;
    static const char *const allow[] = {"127.0.0.0/8", "fd00::/8",
                                        "10.0.0.7",    "Relay.Internal.",
                                        "169.254.1.1", "169.254.0.0/16"};
    tcn_guard *guard = guard_of(allow, TCN_COUNT(allow), false);
    assert_null(check(guard, "127.0.0.1", "", false));
    assert_null(check(guard, "::ffff:127.0.0.1", "", false));
    assert_null(check(guard, "fd12::1", "", false));
    assert_null(check(guard, "10.0.0.7", "", false));
    assert_non_null(check(guard, "10.0.0.8", "", false));
    assert_null(check(guard, "10.0.0.8", "relay.internal", false));
    assert_null(check(guard, "10.0.0.8", "RELAY.internal.", false));
    assert_non_null(check(guard, "10.0.0.8", "relay.internal.example", false));
    /* Only the very address opens what is never open. */
    assert_null(check(guard, "169.254.1.1", "", false));
    assert_non_null(check(guard, "169.254.169.254", "", false));
    assert_non_null(check(guard, "169.254.169.254", "relay.internal", false));
    /* Nothing opens a private address to who must not have one. */
    assert_non_null(check(guard, "10.0.0.7", "relay.internal", true));
    tcn_guard_free(guard);
}

static void refuses_exceptions_that_mean_nothing(void **state)
{
    (void)state;
    static const char *const bad[] = {"",          "10.0.0.0/33", "10.0.0.0/",
                                      "::/129",    "a b",         "10.0.0.0/8/8",
                                      "http://h/", "h:80",        "*.example"};
    for (size_t i = 0; i < TCN_COUNT(bad); i++) {
        tcn_guard *guard = NULL;
        tcn_err err = {0};
        if (tcn_guard_new(&bad[i], 1, false, &guard, &err) != TCN_E_INVALID)
            fail_msg("\"%s\"", bad[i]);
        assert_non_null(strstr(err.text, "is not a network, an address or a host name"));
    }
}

static void refuses_other_families(void **state)
{
    (void)state;
    tcn_guard *guard = guard_of(NULL, 0, true);
    struct sockaddr other = {.sa_family = AF_UNIX};
    assert_non_null(tcn_guard_check(guard, &other, sizeof other, TCN_STR(""), false));
    tcn_guard_free(guard);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(knows_every_range),
    cmocka_unit_test(lets_public_addresses_pass),
    cmocka_unit_test(has_exceptions),
    cmocka_unit_test(refuses_exceptions_that_mean_nothing),
    cmocka_unit_test(refuses_other_families),
};

int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(cases, NULL, NULL);
}
