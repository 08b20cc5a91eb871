/* SPDX-License-Identifier: Apache-2.0 */
/* test_sdk_text.c - the helpers of text.h and http.h: forms, cleaning, cuts, URLs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <tocsin/http.h>

static void assert_text(tocsin_text *t, const char *expected)
{
    assert_false(t->failed);
    assert_string_equal(t->ptr == NULL ? "" : t->ptr, expected);
    tocsin_text_free(t);
}

static void a_text_grows_up_to_its_limit(void **state)
{
    (void)state;
    tocsin_text t = {.limit = 10};
    tocsin_text_add_c(&t, "12345");
    tocsin_text_add_int(&t, -1234);
    tocsin_text_add_c(&t, "");
    assert_string_equal(t.ptr, "12345-1234");
    assert_false(t.failed);
    tocsin_text_add_c(&t, "x");
    assert_true(t.failed);
    assert_string_equal(t.ptr, "12345-1234");
    tocsin_text_free(&t);
    assert_false(t.failed);
}

static void characters_are_well_formed_or_not(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
    } rows[] = {
        {"a", 1},
        {"\xc3\xa9", 2},
        {"\xe2\x80\xa6", 3},
        {"\xf0\x9f\x94\xa5", 4},
        {"\xf4\x8f\xbf\xbf", 4},
        {"\xc0\x80", 0},         /* overlong */
        {"\xe0\x80\x80", 0},     /* overlong */
        {"\xed\xa0\x80", 0},     /* a surrogate */
        {"\xf4\x90\x80\x80", 0}, /* above U+10FFFF */
        {"\xe2\x80", 0},         /* cut off */
        {"\xff", 0},
        {"\x80", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(tocsin_utf8_length(rows[i].bytes, strlen(rows[i].bytes)),
                         rows[i].length);
    assert_int_equal(tocsin_utf8_point("\xf0\x9f\x94\xa5", 4), 0x1f525);
}

static void a_cut_counts_as_receivers_may(void **state)
{
    (void)state;
    tocsin_str s = tocsin_str_of("a\xc3\xa9\xf0\x9f\x94\xa5z");
    assert_int_equal(tocsin_str_units(s), 5);
    static const size_t fits[] = {0, 1, 3, 3, 7, 8, 8};
    for (size_t units = 0; units < 7; units++)
        assert_int_equal(tocsin_str_fit(s, units), fits[units]);
}

static void texts_are_cleaned_for_json(void **state)
{
    (void)state;
    tocsin_text t = TOCSIN_ZERO;
    tocsin_text_add_json(&t,
                         tocsin_str_part("a\r\nb\rc\td\0\x1b\x7f\"\\\xff\xc3\xa9", 16));
    assert_text(&t, "\"a\\nb\\nc\\td\\\"\\\\\xef\xbf\xbd\xc3\xa9\"");
    tocsin_text_add_json_ascii(
        &t, tocsin_str_part("a\r\n\0\x1b\x7f\"\\\xff\xf0\x9f\x94\xa5", 13));
    assert_text(&t, "\"a\\r\\n\\u0000\\u001b\\u007f\\\"\\\\\\ufffd\\ud83d\\udd25\"");
    tocsin_text_add_clean(&t, tocsin_str_of("\r\n\r\r\n x\x01"));
    assert_text(&t, "\n\n\n x");
}

static void forms_are_written(void **state)
{
    (void)state;
    tocsin_text t = TOCSIN_ZERO;
    unsigned char bytes[8];
    tocsin_text_add_url(&t, tocsin_str_of("a-Z_0.~ /\xc3\xa9"));
    assert_text(&t, "a-Z_0.~%20%2F%C3%A9");
    tocsin_text_add_hex(&t, "\x00\xff\x1a", 3);
    assert_text(&t, "00ff1a");
    static const char *const coded[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="};
    for (size_t len = 0; len <= 4; len++) {
        tocsin_text_add_base64(&t, "foob", len);
        assert_int_equal(tocsin_base64_decode(tocsin_str_of(coded[len]), bytes, 8), len);
        assert_memory_equal(bytes, "foob", len);
        assert_text(&t, coded[len]);
    }
    assert_int_equal(tocsin_base64_decode(tocsin_str_of("Zm9v!"), bytes, 8), -1);
    assert_int_equal(tocsin_base64_decode(tocsin_str_of("Zm9vYmFy"), bytes, 5), -1);
}

static void times_are_written(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {
        {INT64_C(1767323045678), "2026-01-02T03:04:05.678Z"},
        {0, "1970-01-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {INT64_C(951782399000), "2000-02-28T23:59:59.000Z"},
        {INT64_C(951782400000), "2000-02-29T00:00:00.000Z"},
        {INT64_C(4107542400000), "2100-03-01T00:00:00.000Z"},
    };
    (void)state;
    tocsin_text t = TOCSIN_ZERO;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tocsin_text_add_time(&t, rows[i].ms, 3);
        assert_text(&t, rows[i].text);
    }
    tocsin_text_add_time(&t, rows[0].ms, 0);
    assert_text(&t, "2026-01-02T03:04:05Z");
}

static void spaces_are_stripped_as_python_does(void **state)
{
    (void)state;
    tocsin_str s = tocsin_str_of("\xe3\x80\x80\x1c x \xff\xc2\xa0\n");
    tocsin_str both = tocsin_str_strip(s, false), end = tocsin_str_strip(s, true);
    assert_int_equal(both.len, 3);
    assert_memory_equal(both.ptr, "x \xff", 3);
    assert_ptr_equal(end.ptr, s.ptr);
    assert_ptr_equal(end.ptr + end.len, both.ptr + both.len);
    assert_int_equal(tocsin_str_strip(tocsin_str_of(" \t"), false).len, 0);
    assert_true(tocsin_str_is_blank(tocsin_str_of(" \n")));
}

static void a_url_has_its_parts(void **state)
{
    static const char *const rows[][5] = {
        {"https://a.io/b?c", "https", "a.io", "", "/b?c"},
        {"http://a.io:80", "http", "a.io", "80", ""},
        {"http://[::1]:8080/x", "http", "[::1]", "8080", "/x"},
        {"http://a.io?x=:1", "http", "a.io", "", "?x=:1"},
        {"nothing", "", "", "", ""},
        {"", "", "", "", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tocsin_url url = tocsin_url_split(tocsin_str_of(rows[i][0]));
        assert_true(tocsin_str_eq(url.scheme, rows[i][1]));
        assert_true(tocsin_str_eq(url.host, rows[i][2]));
        assert_true(tocsin_str_eq(url.port, rows[i][3]));
        assert_true(tocsin_str_eq(url.path, rows[i][4]));
    }
    const tocsin_str hosts[] = {tocsin_str_of("A.io"), tocsin_str_of("b.io:80")};
    static const struct {
        const char *url;
        bool is_on;
    } hosted[] = {
        {"http://a.io:99/", true}, {"http://a.i/", false},       {"http://b.io/", false},
        {"http://B.io:80/", true}, {"http://b.io:8080/", false},
    };
    for (size_t i = 0; i < sizeof hosted / sizeof hosted[0]; i++) {
        tocsin_url url = tocsin_url_split(tocsin_str_of(hosted[i].url));
        assert_int_equal(tocsin_url_is_on(&url, hosts, 2), hosted[i].is_on);
    }
}

static void retry_after_is_heeded_where_it_may(void **state)
{
    (void)state;
    tocsin_reply reply = {.struct_size = sizeof reply, .retry_after_ms = 7000};
    static const int statuses[] = {408, 425, 429, 503, 400, 404, 501};
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        tocsin_result result = TOCSIN_ZERO;
        reply.status = statuses[i];
        tocsin_http_judge(&reply, &result);
        assert_int_equal(result.code, statuses[i]);
        assert_int_equal(result.retry_after_ms, i < 4 ? 7000 : -1);
    }
}

static void errors_below_http_have_classes(void **state)
{
    static const struct {
        int32_t error;
        uint32_t status, cause;
    } rows[] = {
        {TOCSIN_E_RESOLVE, TOCSIN_RETRY, TOCSIN_CAUSE_NETWORK},
        {TOCSIN_E_CONNECT, TOCSIN_RETRY, TOCSIN_CAUSE_NETWORK},
        {TOCSIN_E_IO, TOCSIN_RETRY, TOCSIN_CAUSE_NETWORK},
        {TOCSIN_E_TLS, TOCSIN_RETRY, TOCSIN_CAUSE_TLS},
        {TOCSIN_E_TIMEOUT, TOCSIN_RETRY, TOCSIN_CAUSE_TIMEOUT},
        {TOCSIN_E_CANCELED, TOCSIN_RETRY, TOCSIN_CAUSE_CANCELED},
        {TOCSIN_E_DENIED, TOCSIN_FAIL, TOCSIN_CAUSE_DENIED},
        {TOCSIN_E_NOMEM, TOCSIN_RETRY, TOCSIN_CAUSE_INTERNAL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tocsin_reply reply = {.struct_size = sizeof reply, .error = rows[i].error};
        tocsin_result result = TOCSIN_ZERO;
        tocsin_http_judge(&reply, &result);
        assert_int_equal(result.status, rows[i].status);
        assert_int_equal(result.cause, rows[i].cause);
        assert_int_equal(result.retry_after_ms, -1);
    }
}

static void what_a_peer_says_is_one_line(void **state)
{
    (void)state;
    static const char page[] = "<html>\r\n<b>bad\t\x1b[2J\x7f</b>";
    char reason[TOCSIN_HTTP_REASON];
    tocsin_reply reply = TOCSIN_ZERO;
    reply.status = 502;
    reply.body.ptr = page;
    reply.body.len = sizeof page - 1;
    assert_string_equal(tocsin_http_explain(&reply, reason),
                        "answered 502: <html>  <b>bad  [2J </b>");
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_text_grows_up_to_its_limit),
    cmocka_unit_test(characters_are_well_formed_or_not),
    cmocka_unit_test(a_cut_counts_as_receivers_may),
    cmocka_unit_test(texts_are_cleaned_for_json),
    cmocka_unit_test(forms_are_written),
    cmocka_unit_test(times_are_written),
    cmocka_unit_test(spaces_are_stripped_as_python_does),
    cmocka_unit_test(a_url_has_its_parts),
    cmocka_unit_test(retry_after_is_heeded_where_it_may),
    cmocka_unit_test(errors_below_http_have_classes),
    cmocka_unit_test(what_a_peer_says_is_one_line),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
