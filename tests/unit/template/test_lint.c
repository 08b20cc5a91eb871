/* SPDX-License-Identifier: Apache-2.0 */
/* test_lint.c - names that cannot be meant, and what was probably meant instead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/err.h"
#include "core/template/lint.h"

typedef struct findings {
    tcn_buf text; /* "line:column message (hint)\n" for each */
} findings;

static void add(void *ud, const tcn_tpl_error *finding)
{
    findings *all = ud;
    (void)tcn_buf_printf(&all->text, "%u:%u %s (%s)\n", finding->line, finding->column,
                         finding->message, finding->hint);
}

static void expect(const char *source, const tcn_vdict *values, const char *text)
{
    findings all;
    tcn_tpl_env env;
    tcn_tpl_env_init(&env);
    tcn_buf_init(&all.text, 1 << 16);
    assert_int_equal(tcn_tpl_lint(&env, tcn_str_c(source), values, add, &all, NULL), 0);
    assert_string_equal(all.text.ptr != NULL ? all.text.ptr : "", text);
    tcn_buf_deinit(&all.text);
}

static void finds_misspelt_variables(void **state)
{
    (void)state;
    expect("a\n{{ evnt.id }}", NULL, "2:4 'evnt' is undefined (event)\n");
    expect("{{ colour }}", NULL, "1:4 'colour' is undefined ()\n");
}

static void finds_misspelt_fields(void **state)
{
    (void)state;
    expect("{{ flow_run.nmae }}", NULL, "1:12 flow_run has no field 'nmae' (name)\n");
    expect("{{ event['idd'] }}", NULL, "1:9 event has no field 'idd' (id)\n");
}

static void knows_what_objects_compute(void **state)
{
    (void)state;
    expect("{{ event.url }}{{ firing.all_events() }}{{ event.payload.x }}", NULL, "");
}

static void knows_what_the_template_assigns(void **state)
{
    (void)state;
    expect("{% macro m(a, b=1) %}{{ a }}{{ caller() }}{% endmacro %}"
           "{% for x, y in event.resource %}{{ x }}{{ y.z }}{{ loop.index }}{% endfor %}"
           "{% set event2 = 1 %}{{ event2.x }}{{ m(range(3)) }}",
           NULL, "");
    expect("{% set event = x %}{{ event.idd }}", NULL, "1:16 'x' is undefined ()\n");
}

static void leaves_questions_alone(void **state)
{
    (void)state;
    expect("{{ colour|default('x') }}{{ flow.x|d(y) }}{{ flow.z is defined }}", NULL,
           "1:38 'y' is undefined ()\n");
}

static void knows_the_variables_that_are_given(void **state)
{
    (void)state;
    tcn_arena arena;
    tcn_arena_init(&arena, 0);
    tcn_value values = tcn_dict_new(&arena, 2);
    assert_int_equal(tcn_vdict_put_c(&arena, values.dict, "flow", tcn_int(1)), 0);
    expect("{{ flow.anything }}{{ flow_run.anything }}", values.dict,
           "1:31 flow_run has no field 'anything' ()\n");
    tcn_arena_deinit(&arena);
}

static void fails_where_the_template_does_not_parse(void **state)
{
    (void)state;
    findings all = {0};
    tcn_tpl_error error = {0};
    tcn_tpl_env env;
    tcn_tpl_env_init(&env);
    assert_int_equal(tcn_tpl_lint(&env, TCN_STR("{{ a"), NULL, add, &all, &error),
                     TCN_E_SYNTAX);
    assert_int_equal(error.line, 1);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(finds_misspelt_variables),
    cmocka_unit_test(finds_misspelt_fields),
    cmocka_unit_test(knows_what_objects_compute),
    cmocka_unit_test(knows_what_the_template_assigns),
    cmocka_unit_test(leaves_questions_alone),
    cmocka_unit_test(knows_the_variables_that_are_given),
    cmocka_unit_test(fails_where_the_template_does_not_parse),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
