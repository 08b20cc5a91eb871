/* SPDX-License-Identifier: Apache-2.0 */
/* test_document.c - what is written is what jansson reads as the same value. */
#include "core/value/document.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void what_is_written_is_compact_and_the_same_value(void **state)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        "[[],{},[{}],{\"\":[]}]",
        "{\"b\":1,\"a\":-9223372036854775808,\"c\":9223372036854775807}",
        "[true,false,null]",
        "\"alone\"",
        "[\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\\u0000x\",\"/\",\"\xc3\xa4\xf0\x9f\x98\x80\"]",
        "{\"k\":\"v\",\"\xe2\x82\xac\":{\"x\":[1,[2,[3]]]}}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        json_t *document = json_loads(texts[i], JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        assert_non_null(document);
        tcn_buf out;
        tcn_buf_init(&out, 4096);
        assert_int_equal(tcn_document_write(document, &out), 0);
        json_t *again =
            json_loadb(out.ptr, out.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        if (!json_equal(document, again))
            fail_msg("%s became %.*s", texts[i], (int)out.len, out.ptr);
        char *theirs = json_dumps(document, JSON_COMPACT | JSON_ENCODE_ANY);
        assert_int_equal(strlen(theirs), out.len);
        free(theirs);
        json_decref(again);
        json_decref(document);
        tcn_buf_deinit(&out);
    }
}

static void a_number_is_as_short_as_it_may_be(void **state)
{
    static const char text[] =
        "[0.1,5.0,600.0,7.488,1e-07,-1e+300,2.2250738585072014e-308,1e+16,0.3333333333333333]";
    (void)state;
    json_t *document = json_loads(text, 0, NULL);
    tcn_buf out;
    assert_non_null(document);
    tcn_buf_init(&out, 4096);
    assert_int_equal(tcn_document_write(document, &out), 0);
    assert_int_equal(tcn_buf_add(&out, "", 1), 0);
    assert_string_equal(out.ptr, text);
    json_decref(document);
    tcn_buf_deinit(&out);
}

static void a_limit_is_kept_and_nothing_is_no_document(void **state)
{
    (void)state;
    tcn_buf out;
    tcn_buf_init(&out, 8);
    json_t *document = json_string("longer than that");
    assert_int_equal(tcn_document_write(document, &out), TCN_E_LIMIT);
    json_decref(document);
    tcn_buf_deinit(&out);
    tcn_buf_init(&out, 8);
    assert_int_equal(tcn_document_write(NULL, &out), TCN_E_NOMEM);
    tcn_buf_deinit(&out);
}

static void a_nul_character_is_for_our_own_documents(void **state)
{
    static const char *const texts[] = {"[\n\"a secret\\u0000\"]", "{\"k\\u0000\": 1}"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        json_t *json = NULL;
        tcn_err err = {0};
        assert_int_equal(tcn_document_read(tcn_str_c(texts[i]), &json, &err),
                         TCN_E_SYNTAX);
        assert_string_equal(err.text, "a text holds a NUL character (\\u0000)");
        assert_int_equal(err.line, 2 - i);
    }
    json_t *json = NULL;
    assert_int_equal(tcn_document_read_own(tcn_str_c(texts[0]), &json, NULL), 0);
    assert_int_equal(json_string_length(json_array_get(json, 0)), 9);
    json_decref(json);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(what_is_written_is_compact_and_the_same_value),
    cmocka_unit_test(a_number_is_as_short_as_it_may_be),
    cmocka_unit_test(a_limit_is_kept_and_nothing_is_no_document),
    cmocka_unit_test(a_nul_character_is_for_our_own_documents),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
