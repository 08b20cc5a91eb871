/* SPDX-License-Identifier: Apache-2.0 */
/* test_url.c - what is read from URLs, what is shown of them, and how they are joined. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/alloc.h"
#include "core/base/compiler.h"
#include "core/net/url.h"

static const struct {
    const char *url, *host, *shown;
    int port;
} good[] = {
    {"http://example.com", "example.com", "http://example.com/", 80},
    {"https://example.com/", "example.com", "https://example.com/", 443},
    {"https://hooks.slack.com/services/T/B/x", "hooks.slack.com",
     "https://hooks.slack.com/***", 443},
    {"http://h:8080/?token=1", "h", "http://h:8080/***", 8080},
    {"http://[::1]:99/a", "::1", "http://[::1]:99/***", 99},
    {"HTTP://Example.COM/a#b", "Example.COM", "http://Example.COM/***", 80},
};

static void reads_and_shows(void **state)
{
    (void)state;
    for (size_t i = 0; i < TCN_COUNT(good); i++) {
        tcn_url url;
        tcn_err err = {0};
        if (tcn_url_parse(good[i].url, &url, &err) < 0)
            fail_msg("%s: %s", good[i].url, err.text);
        assert_string_equal(url.host, good[i].host);
        assert_string_equal(url.shown, good[i].shown);
        assert_int_equal(url.port, good[i].port);
    }
}

static void refuses(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "h",
        "//h/",
        "ftp://h/",
        "javascript:x",
        "http://",
        "http://u@h/",
        "http://u:p@h",
        "http://h:99999/",
        "http://h:0",
        "http://h /x",
        "http://h/\x01",
        "http://h:-1/",
        "file:///x",
    };
    for (size_t i = 0; i < TCN_COUNT(bad); i++) {
        tcn_url url;
        tcn_err err = {0};
        if (tcn_url_parse(bad[i], &url, &err) >= 0)
            fail_msg("\"%s\" was taken", bad[i]);
        assert_true(tcn_err_is_set(&err));
    }
}

static void refuses_what_is_too_long(void **state)
{
    (void)state;
    static char text[TCN_URL_MAX + 100] = "http://h/";
    tcn_url url;
    memset(text + 9, 'x', sizeof text - 10);
    assert_int_equal(tcn_url_parse(text, &url, NULL), TCN_E_LIMIT);
}

static void joins(void **state)
{
    (void)state;
    static const struct {
        const char *base, *location, *joined;
    } pairs[] = {
        {"http://h/a/b?c", "d", "http://h/a/d"},
        {"http://h/a/b?c", "/d?e#f", "http://h/d?e"},
        {"http://h/a", "//other/b", "http://other/b"},
        {"http://h/a", "https://other/b", "https://other/b"},
        {"http://h/a/b", "../c", "http://h/c"},
    };
    for (size_t i = 0; i < TCN_COUNT(pairs); i++) {
        char *joined = tcn_url_join(pairs[i].base, pairs[i].location);
        assert_non_null(joined);
        assert_string_equal(joined, pairs[i].joined);
        tcn_free(joined);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(reads_and_shows),
    cmocka_unit_test(refuses),
    cmocka_unit_test(refuses_what_is_too_long),
    cmocka_unit_test(joins),
};

int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(cases, NULL, NULL);
}
