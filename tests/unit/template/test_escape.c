/* SPDX-License-Identifier: Apache-2.0 */
/* test_escape.c - values in the output's types: escaped once, the template's text never.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/err.h"
#include "core/template/template.h"

/* x is <b> & "q"*, line end, CR, a. */
static void expect(enum tcn_tpl_type type, const char *source, const char *text)
{
    tcn_tpl_env env;
    tcn_tpl *tpl = NULL;
    tcn_tpl_error error = {0};
    tcn_arena arena;
    tcn_buf out;
    tcn_tpl_env_init(&env);
    env.type = type;
    tcn_arena_init(&arena, 0);
    tcn_buf_init(&out, 1 << 20);
    tcn_value values = tcn_dict_new(&arena, 1);
    tcn_value x = tcn_str_new(&arena, TCN_STR("<b> & \"q\"*\n\ra"));
    assert_int_equal(tcn_vdict_put_c(&arena, values.dict, "x", x), 0);
    tcn_tpl_context context = {.values = values.dict};
    assert_int_equal(tcn_tpl_compile(&tpl, &env, tcn_str_c(source), &error), 0);
    assert_int_equal(tcn_tpl_render(tpl, &context, &arena, &out, &error), 0);
    assert_string_equal(out.ptr, text);
    tcn_tpl_unref(tpl);
    tcn_buf_deinit(&out);
    tcn_arena_deinit(&arena);
}

static void writes_values_in_the_form_of_the_type(void **state)
{
    (void)state;
    expect(TCN_TPL_TEXT, "<i>{{ x }}", "<i><b> & \"q\"*\n\ra");
    expect(TCN_TPL_HTML, "<i>{{ x }}", "<i>&lt;b&gt; &amp; &#34;q&#34;*\n\ra");
    expect(TCN_TPL_JSON, "\"{{ x }}\"", "\"<b> & \\\"q\\\"*\\n\\ra\"");
    expect(TCN_TPL_MRKDWN, "<!here> {{ x }}", "<!here> &lt;b&gt; &amp; \"q\"*\n\ra");
    expect(TCN_TPL_CARD, "*{{ x }}*", "*<b\\> & \"q\"\\*\n\ra*");
    expect(TCN_TPL_URL, "/a b?x={{ x }}", "/a b?x=%3Cb%3E%20%26%20%22q%22%2A%0A%0Da");
    expect(TCN_TPL_TEXT, "<i>{% autoescape true %}{{ x }}{% endautoescape %}",
           "<i>&lt;b&gt; &amp; &#34;q&#34;*\n\ra");
    expect(TCN_TPL_HTML, "{% autoescape false %}{{ x }}{% endautoescape %}{{ '<' }}",
           "<b> & \"q\"*\n\ra&lt;");
}

static void json_is_utf8_whatever_a_value_holds(void **state)
{
    static const struct {
        tcn_str value;
        const char *text;
    } rows[] = {
        {{"a\xff z", 4}, "a\xef\xbf\xbd z"},
        {{"\xed\xa0\x80\"", 4}, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\\\""},
        {{"\xc3", 1}, "\xef\xbf\xbd"},
        {{"gr\xc3\xbc\xc3\x9f", 6}, "gr\xc3\xbc\xc3\x9f"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tcn_buf out;
        tcn_buf_init(&out, 100);
        assert_int_equal(tcn_tpl_escape_of(TCN_TPL_JSON)(rows[i].value, &out), 0);
        assert_string_equal(out.ptr, rows[i].text);
        tcn_buf_deinit(&out);
    }
}

static void gives_one_line_whatever_stands_in_it(void **state)
{
    (void)state;
    expect(TCN_TPL_HEADER, "a\n{{ x }}", "a <b> & \"q\"*  a");
    expect(TCN_TPL_HEADER, "{{ x|safe }}\r\nb", "<b> & \"q\"*  a b");
    expect(TCN_TPL_HEADER, "no tag\r\nBcc: b", "no tag  Bcc: b");
    expect(TCN_TPL_HEADER, "{% macro m() %}\n{{ x }}{% endmacro %}{{ m() }}",
           " <b> & \"q\"*  a");
}

static void gives_values_of_json_outside_of_strings(void **state)
{
    (void)state;
    expect(
        TCN_TPL_JSON,
        "{\"a\": {{ x }}, \"b\": {{ [1, none, 2.5, true] }}, \"c\": {{ nope }}}",
        "{\"a\": \"\\u003cb\\u003e \\u0026 \\\"q\\\"*\\n\\ra\", \"b\": [1, null, 2.5, true], "
        "\"c\": null}");
    expect(TCN_TPL_JSON,
           "[{% for i in [1, 2] %}{{ i }}{{ ', ' if not loop.last }}{% endfor %}]",
           "[1, 2]");
    expect(TCN_TPL_JSON,
           "[{% set j = joiner(',') %}{% for i in 'ab' %}{{ j() }}{{ i }}{% endfor %}]",
           "[\"a\",\"b\"]");
    expect(TCN_TPL_JSON, "[{{ '1, 2'|safe }}]", "[1, 2]");
}

static void stays_inside_strings_of_json(void **state)
{
    (void)state;
    expect(
        TCN_TPL_JSON, "{\"a\": \"{{ [x]|tojson }}\"}",
        "{\"a\": \"[\\\"\\\\u003cb\\\\u003e \\\\u0026 \\\\\\\"q\\\\\\\"*\\\\n\\\\ra\\\"]\"}");
    expect(TCN_TPL_JSON, "{\"a\\\"{{ x[7:9] }}\\{{ x[6] }}\": 1}",
           "{\"a\\\"q\\\"\\\\\\\"\": 1}");
    expect(TCN_TPL_JSON, "Dear {{ x[6:8] }}", "Dear \\\"q");
    expect(TCN_TPL_JSON, "{% set t %}say {{ x[6] }}{% endset %}{\"a\": \"{{ t }}\"}",
           "{\"a\": \"say \\\"\"}");
    expect(TCN_TPL_JSON, "{% set t %}{\"k\": {{ x[6] }}}{% endset %}{\"a\": {{ t }}}",
           "{\"a\": {\"k\": \"\\\"\"}}");
    expect(
        TCN_TPL_JSON,
        "{% macro m(v) %}{{ v }}{% endmacro %}{\"a\": {{ m(x[7]) }}, \"c\": \"{{ m(x[6]) }}\"}",
        "{\"a\": \"q\", \"c\": \"\\\"\"}");
}

static void trusts_only_what_is_safe_for_the_type(void **state)
{
    (void)state;
    expect(TCN_TPL_CARD, "{{ ['*']|tojson }}{{ '*'|e }}{{ '*'|safe }}",
           "\\[\"\\*\"\\]\\**");
    expect(TCN_TPL_MRKDWN,
           "{% macro m() %}<b>{{ caller('<') }}{% endmacro %}"
           "{% call(a) m() %}<{{ a }}>{% endcall %}",
           "<b><&lt;>");
}

static void leaves_what_is_safe_as_it_is(void **state)
{
    (void)state;
    expect(TCN_TPL_HTML, "{{ '<u>'|safe }}{{ '<u>'|e }}", "<u>&lt;u&gt;");
    expect(TCN_TPL_JSON, "{{ x|tojson }}",
           "\"\\u003cb\\u003e \\u0026 \\\"q\\\"*\\n\\ra\"");
    expect(TCN_TPL_CARD, "{{ '*'|safe }}{{ '*' }}{{ 1 }}", "*\\*1");
}

static void escapes_what_macros_and_blocks_hold_once(void **state)
{
    (void)state;
    expect(TCN_TPL_HTML, "{% macro m(a) %}<i>{{ a }}</i>{% endmacro %}{{ m('<') }}",
           "<i>&lt;</i>");
    expect(TCN_TPL_MRKDWN, "{% set y %}<{{ '<' }}>{% endset %}{{ y }}", "<&lt;>");
}

static void knows_types_by_name(void **state)
{
    (void)state;
    enum tcn_tpl_type type = TCN_TPL_TEXT;
    assert_true(tcn_tpl_type_of(TCN_STR("mrkdwn"), &type));
    assert_int_equal(type, TCN_TPL_MRKDWN);
    assert_false(tcn_tpl_type_of(TCN_STR("pdf"), &type));
    assert_int_equal(type, TCN_TPL_MRKDWN);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(writes_values_in_the_form_of_the_type),
    cmocka_unit_test(json_is_utf8_whatever_a_value_holds),
    cmocka_unit_test(gives_one_line_whatever_stands_in_it),
    cmocka_unit_test(gives_values_of_json_outside_of_strings),
    cmocka_unit_test(stays_inside_strings_of_json),
    cmocka_unit_test(trusts_only_what_is_safe_for_the_type),
    cmocka_unit_test(leaves_what_is_safe_as_it_is),
    cmocka_unit_test(escapes_what_macros_and_blocks_hold_once),
    cmocka_unit_test(knows_types_by_name),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
