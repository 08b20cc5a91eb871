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
    expect(TCN_TPL_HEADER, "a\n{{ x }}", "a\n<b> & \"q\"*  a");
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
    cmocka_unit_test(leaves_what_is_safe_as_it_is),
    cmocka_unit_test(escapes_what_macros_and_blocks_hold_once),
    cmocka_unit_test(knows_types_by_name),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
